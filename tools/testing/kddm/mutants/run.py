#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Break the coherence machine on purpose, in many small ways one at a time, and
# see that its tests find every one.  A test that cannot fail proves nothing.
#
# Each mutation (mutations.py) is an exact text and what to put in its place, and
# may name the test to begin with.  A text that is not there exactly once is an
# error, so the list cannot rot when the code changes.

import argparse
import concurrent.futures
import math
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
# Of the tests: tables of states are large, and looked up anywhere.
os.environ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"

from mutations import MUTATIONS  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SIM = os.path.normpath(os.path.join(HERE, "../sim"))
KDDM = os.path.normpath(os.path.join(HERE, "../../../../net/kddm"))

SEARCHES = ["explore", "explore2", "vcexplore"]

# The tests: the cases by hand, then the explorations and walks, which know
# nothing of them, until one fails.  Those that take longer come last.
ALL = "get,grab,nocreate,remove,forget"
MORE = ALL + ",try,downgrade,drop,fail,manual,upgrade"
TESTS = [
    ("table", ["table"]),
    ("2 nodes", ["explore", "-n", "2", "-m", "6", "-o", MORE + ",kill"]),
    ("2 nodes, first touch at home", ["explore", "-n", "2", "-m", "6", "-t",
                                      "-r", "1", "-o", MORE]),
    ("counts", ["counts"]),
    ("3 nodes, get and grab", ["explore", "-n", "3", "-m", "8", "-o",
                               "get,grab"]),
    ("2 nodes, 2 users", ["explore", "-n", "2", "-u", "2", "-m", "6", "-r",
                          "1", "-o", "get,grab,remove,forget"]),
    ("2 nodes, hold", ["explore", "-n", "2", "-m", "6", "-r", "1", "-t", "-o",
                       MORE + ",hold"]),
    ("fuzz", ["fuzz", "300000", "1"]),
    ("walk, 8 nodes, sanitized", ["walk-asan", "-n", "8", "-s", "100000",
                                  "-r", "1"]),
    ("walk, 8 nodes, hold, sanitized", ["walk-asan", "-n", "8", "-t", "-s",
                                        "100000", "-r", "1"]),
    ("walk, 20 nodes", ["walk", "-n", "20", "-i", "50", "-s", "500000",
                        "-r", "2"]),
    ("3 nodes, remove", ["explore", "-n", "3", "-m", "8", "-r", "1", "-o",
                         "get,grab,remove"]),
    ("3 nodes, remove, fair", ["explore", "-n", "3", "-m", "8", "-r", "1",
                               "-f", "2,1", "-c", "-o", "get,grab,remove"]),
    ("2 objects", ["explore2"]),
    ("3 nodes, all operations", ["explore", "-n", "3", "-m", "8", "-o",
                                 ALL]),
    ("3 nodes, 2 users", ["explore", "-n", "3", "-u", "2", "-m", "8", "-o",
                          "get,grab"]),
    ("3 nodes, try", ["explore", "-n", "3", "-m", "8", "-r", "1", "-o",
                      "get,grab,remove,try"]),
    ("3 nodes, 2 users, fair", ["explore", "-n", "3", "-u", "2", "-m", "8",
                                "-f", "0,3", "-o", "grab"]),
    ("4 nodes, 2 at once", ["explore", "-n", "4", "-m", "10", "-w", "2",
                            "-f", "0,0", "-o", "get,grab,try"]),
    ("4 nodes, remove, fair", ["explore", "-n", "4", "-m", "10", "-r", "1",
                               "-f", "0,2", "-o", "grab,remove"]),
    ("4 nodes, get and grab", ["explore", "-n", "4", "-m", "10", "-o",
                               "get,grab"]),
]

RECOVER_SOME = [
    ("recovery, 2 nodes", ["explore", "-n", "2", "-m", "6", "-k", "1", "-j",
                           "1", "-r", "1", "-o", MORE]),
    ("recovery, 3 nodes", ["explore", "-n", "3", "-m", "8", "-k", "1", "-r",
                           "1", "-o", "get,grab,remove,forget"]),
]
REPLICAS = [
    ("replicas, 2 nodes", ["explore", "-n", "2", "-m", "6", "-R", "2", "-k",
                           "1", "-j", "1", "-r", "1", "-o",
                           "get,grab,remove,drop,downgrade,try,forget"]),
    ("replicas, 3 nodes", ["explore", "-n", "3", "-m", "8", "-R", "2", "-k",
                           "1", "-o", "get,grab,drop"]),
    ("replicas, 3 nodes, two fail", ["explore", "-n", "3", "-m", "8", "-R",
                                     "3", "-k", "2", "-o", "get,grab"]),
]
# Nodes are cut off and come back, and recoveries are interrupted.
APART = [
    ("apart, 4 nodes", ["walk", "-n", "4", "-x", "1", "-c", "2", "-j", "1",
                        "-B", "3", "-s", "5000000", "-r", "1"]),
    ("apart, 4 nodes, replicas", ["walk", "-n", "4", "-x", "1", "-c", "2",
                                  "-j", "1", "-B", "3", "-R", "2", "-s",
                                  "5000000", "-r", "1"]),
]
RECOVER_TESTS = [("cases", ["recover"])] + RECOVER_SOME + [
    ("recovery, 3 nodes, copies are dropped",
     ["explore", "-n", "3", "-m", "8", "-k", "1", "-r", "1", "-o",
      "get,grab,remove,forget,drop,try,downgrade"]),
    ("recovery, 3 nodes, home moves",
     ["explore", "-n", "3", "-m", "8", "-j", "1", "-r", "1", "-o",
      "get,grab,remove,forget"]),
]
TESTS += [("cases", ["recover"])] + RECOVER_SOME + REPLICAS + APART
RECOVER_TESTS += REPLICAS + APART

VC_TESTS = [
    ("stories", ["vctests"]),
    ("2 nodes change views", ["vcexplore", "-n", "2", "-q", "auto", "-c", "1",
                              "-k", "1"]),
    ("2 nodes, one leaves", ["vcexplore", "-n", "2", "-F", "-c", "1", "-k",
                             "0", "-l", "1"]),
    ("3 nodes, a link breaks", ["vcexplore", "-n", "3", "-F", "-c", "1", "-k",
                                "0"]),
    ("2 nodes, three faults", ["vcexplore", "-n", "2", "-F", "-q", "auto",
                               "-c", "2", "-k", "1", "-l", "1"]),
    ("walk", ["vcwalk", "-r", "1", "-w", "15000", "-s", "60"]),
    ("3 nodes, one crashes", ["vcexplore", "-n", "3", "-F", "-k", "1"]),
    ("3 nodes found a cluster", ["vcexplore", "-n", "3", "-k", "0"]),
    ("3 nodes, all leave", ["vcexplore", "-n", "3", "-F", "-k", "0", "-l",
                            "3"]),
    ("3 nodes, a link breaks, one leaves", ["vcexplore", "-n", "3", "-F",
                                            "-c", "1", "-k", "0", "-l", "1"]),
]


def tests_of(name, first=None):
    """What the mutations of a source file meet, in this order.

    The order does not matter to the result: a test that is known to find a
    mutation, and not soon, comes first for it.
    """
    tests = TESTS
    if name.startswith("viewchange"):
        tests = VC_TESTS
    elif name == "recover.c":
        tests = RECOVER_TESTS
    return sorted(tests, key=lambda test: test[0] != first)


def copy_source(to):
    """The pure files and their tests, where a mutation can be applied."""
    kddm = os.path.join(to, "kddm")
    shutil.copytree(KDDM, kddm)
    return kddm


def finds(command, status):
    """Whether a test that ends like this has found a mutation.

    A search ends when it has seen all, and a mutation may just give it more to
    see: that it has no time or no room left says nothing.  The work of the
    other tests is given; one that takes too long for it hangs.
    """
    if command[0] in SEARCHES:
        return status == 1 or (status < 0 and status != -signal.SIGKILL)
    return status != 0


class DoesNotBuild(Exception):
    """With what the compiler said."""


class NotSound(Exception):
    """A test that fails when nothing is broken: with its name."""


class Worker:
    """A copy of the source with its own objects."""

    def __init__(self, to):
        self.kddm = copy_source(to)
        self.out = os.path.join(to, "out")
        os.mkdir(self.out)

    def build(self, program):
        """Only what is run is built: most mutations meet one program."""
        done = subprocess.run(
            ["make", "-s", "-C", SIM, "KDDM=" + self.kddm, "O=" + self.out,
             "CFLAGS=-O2", os.path.join(self.out, program)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        if done.returncode:
            raise DoesNotBuild(done.stdout)

    def run(self, command, limit):
        """How a test ends, and the seconds of a CPU that it took."""
        self.build(command[0])
        # pylint: disable=consider-using-with
        process = subprocess.Popen(
            ["prlimit", f"--cpu={math.ceil(limit)}",
             os.path.join(self.out, command[0])] + command[1:],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_utime + usage.ru_stime

    def write(self, name, text):
        # make compares time stamps: let them differ
        path = os.path.join(self.kddm, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        now = time.time_ns()
        os.utime(path, ns=(now, now))

    def try_mutation(self, mutation, sound):
        """Whether it is found, by what, and after how many seconds."""
        _, name, text, instead, *first = mutation
        with open(os.path.join(self.kddm, name), encoding="utf-8") as f:
            source = f.read()
        start = time.monotonic()
        found = None
        try:
            self.write(name, source.replace(text, instead))
            for test, command in tests_of(name, *first):
                limit = sound.limit(test, command)
                if finds(command, self.run(command, limit)[0]):
                    found = test
                    break
        except DoesNotBuild as error:
            return False, f"does not build:\n{error}", 0
        finally:
            self.write(name, source)
        return bool(found), found, time.monotonic() - start


class Sound(Worker):
    """The source as it is: a test has to pass here before it counts."""

    def __init__(self, to, limit):
        super().__init__(to)
        self._least = limit
        self._limits = {}
        self._lock = threading.Lock()

    def limit(self, test, command):
        """What a test may take: three times what it takes here."""
        with self._lock:
            if test not in self._limits:
                status, took = self.run(command, 10 * self._least)
                if status:
                    raise NotSound(test)
                self._limits[test] = max(self._least, 3 * took)
            return self._limits[test]


def check_texts(mutations):
    """Every text is there, once."""
    bad = 0
    names = set()
    for name, path, text, instead, *first in mutations:
        with open(os.path.join(KDDM, path), encoding="utf-8") as f:
            n = f.read().count(text)
        if first and first[0] not in (test for test, _ in tests_of(path)):
            print(f"not ok - {name}: there is no test \"{first[0]}\"")
            bad += 1
        if n != 1 or text == instead or name in names:
            print(f"not ok - {name}: the text is {n} times in {path}:\n{text}")
            bad += 1
        names.add(name)
    return bad


def parse():
    parser = argparse.ArgumentParser(
        description="Break the coherence machine in small ways, one at a "
        "time, and see that its tests find each.  Exit status 0: every one "
        "was found.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(),
                        help="mutations at a time (the number of CPUs)")
    parser.add_argument("--limit", type=float, default=30,
                        help="seconds of a CPU that a test may take (30), or "
                        "three times what it takes when nothing is broken")
    parser.add_argument("--sixth", type=int, choices=range(6),
                        help="every sixth mutation, from this one on")
    parser.add_argument("--list", action="store_true",
                        help="print the names of the mutations")
    parser.add_argument("names", nargs="*", metavar="TEXT",
                        help="only mutations with this text in their name")
    return parser.parse_args()


def run_all(mutations, jobs, limit):
    """Prints a line for each; returns how many were found."""
    workers = queue.Queue()
    found = 0

    def one(mutation):
        worker = workers.get()
        try:
            return worker.try_mutation(mutation, sound)
        finally:
            workers.put(worker)

    with tempfile.TemporaryDirectory() as tmp, \
         concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        dirs = [os.path.join(tmp, str(i)) for i in range(jobs + 1)]
        for d in dirs:
            os.mkdir(d)
        sound = Sound(dirs.pop(), limit)
        for worker in pool.map(Worker, dirs):
            workers.put(worker)
        try:
            for mutation, (ok, by, seconds) in zip(
                    mutations, pool.map(one, mutations)):
                found += ok
                print(f"{'ok' if ok else 'not ok'} - {mutation[0]}: "
                      f"{'found by ' + by if ok else by or 'NOT FOUND'}"
                      f" ({seconds:.1f} s)", flush=True)
        except NotSound as test:
            print(f"not ok - fails when nothing is broken: {test}")
            pool.shutdown(cancel_futures=True)
            return 0
    return found


def main():
    args = parse()
    mutations = [m for m in MUTATIONS
                 if not args.names or any(n in m[0] for n in args.names)]
    if args.sixth is not None:
        mutations = mutations[args.sixth::6]
    if args.list:
        for m in mutations:
            print(m[0])
        return 0
    bad = check_texts(MUTATIONS)
    if bad:
        print(f"0 passed, {bad} failed")
        return 1
    found = run_all(mutations, max(args.jobs, 1), args.limit)
    print(f"{found} passed, {len(mutations) - found} failed")
    return 0 if mutations and found == len(mutations) else 1


if __name__ == "__main__":
    sys.exit(main())
