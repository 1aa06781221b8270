#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Break the coherence machine on purpose, in many small ways one at a time, and
# see that its tests find every one.  A test that cannot fail proves nothing.
#
# Each mutation (mutations.py) is an exact text and what to put in its place.  A
# text that is not there exactly once is an error, so the list cannot rot when
# the code changes.

import argparse
import concurrent.futures
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from mutations import MUTATIONS  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SIM = os.path.normpath(os.path.join(HERE, "../sim"))
KDDM = os.path.normpath(os.path.join(HERE, "../../../../net/kddm"))

# The tests: the table of cells, then the explorations and walks, which know
# nothing of the cells, until one of them fails.  Those that take longer run
# for what is not found before.
TABLE = ["table"]
ALL = "get,grab,nocreate,remove,forget"
MORE = ALL + ",try,downgrade,drop,fail"
SEARCH = [
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
    ("2 nodes, one leaves", ["explore", "-n", "2", "-d", "1", "-m", "6", "-o",
                             ALL]),
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
]
SLOW = [
    ("3 nodes, all operations", ["explore", "-n", "3", "-m", "8", "-o",
                                 ALL]),
    ("3 nodes, 2 users", ["explore", "-n", "3", "-u", "2", "-m", "8", "-o",
                          "get,grab"]),
    ("3 nodes, try", ["explore", "-n", "3", "-m", "8", "-r", "1", "-o",
                      "get,grab,remove,try"]),
    ("3 nodes, one leaves", ["explore", "-n", "3", "-d", "1", "-m", "8",
                             "-r", "1", "-o", "get,grab,remove"]),
    ("3 nodes, 2 users, fair", ["explore", "-n", "3", "-u", "2", "-m", "8",
                                "-f", "0,3", "-o", "grab"]),
    ("4 nodes, 2 at once", ["explore", "-n", "4", "-m", "10", "-w", "2",
                            "-f", "0,0", "-o", "get,grab,try"]),
    ("4 nodes, remove, fair", ["explore", "-n", "4", "-m", "10", "-r", "1",
                               "-f", "0,2", "-o", "grab,remove"]),
    ("4 nodes, get and grab", ["explore", "-n", "4", "-m", "10", "-o",
                               "get,grab"]),
]
VC_STORIES = ["vctests"]
VC_SEARCH = [
    ("2 nodes change views", ["vcexplore", "-n", "2", "-q", "auto", "-c", "1",
                              "-k", "1"]),
    ("2 nodes, one leaves", ["vcexplore", "-n", "2", "-F", "-c", "1", "-k",
                             "0", "-l", "1"]),
    ("3 nodes, a link breaks", ["vcexplore", "-n", "3", "-F", "-c", "1", "-k",
                                "0"]),
    ("2 nodes, three faults", ["vcexplore", "-n", "2", "-F", "-q", "auto",
                               "-c", "2", "-k", "1", "-l", "1"]),
]
VC_SLOW = [
    ("3 nodes, one crashes", ["vcexplore", "-n", "3", "-F", "-k", "1"]),
    ("3 nodes found a cluster", ["vcexplore", "-n", "3", "-k", "0"]),
]
PROGRAMS = ["vctests", "vcexplore", "recover", "table", "explore", "explore2", "counts",
            "fuzz", "walk", "walk-asan"]


RECOVER_SEARCH = [
    ("recovery, 2 nodes", ["explore", "-n", "2", "-m", "6", "-k", "1", "-j",
                           "1", "-r", "1", "-o", MORE]),
    ("recovery, 3 nodes", ["explore", "-n", "3", "-m", "8", "-k", "1", "-r",
                           "1", "-o", "get,grab,remove,forget"]),
]
RECOVER_SLOW = [
    ("recovery, 3 nodes, copies are dropped",
     ["explore", "-n", "3", "-m", "8", "-k", "1", "-r", "1", "-o",
      "get,grab,remove,forget,drop,try,downgrade"]),
    ("recovery, 3 nodes, home moves",
     ["explore", "-n", "3", "-m", "8", "-j", "1", "-r", "1", "-o",
      "get,grab,remove,forget"]),
]


def tests_of(name):
    """For a source file: what every mutation meets, and what the rest do."""
    if name.startswith("viewchange"):
        return "stories", VC_STORIES, VC_SEARCH, VC_SLOW
    if name == "recover.c":
        return "cases", ["recover"], RECOVER_SEARCH, RECOVER_SLOW
    return "table", TABLE, SEARCH, SLOW + RECOVER_SEARCH


def copy_source(to):
    """The pure files and their tests, where a mutation can be applied."""
    kddm = os.path.join(to, "kddm")
    shutil.copytree(KDDM, kddm)
    return kddm


def programs_of(name):
    """What has to be built for a mutation of a source file."""
    if name.startswith("viewchange"):
        return [p for p in PROGRAMS if p.startswith("vc")]
    return [p for p in PROGRAMS if not p.startswith("vc")]


def build(kddm, out, programs):
    """Nothing, or what the compiler said."""
    targets = [os.path.join(out, p) for p in programs]
    done = subprocess.run(
        ["make", "-s", "-C", SIM, "KDDM=" + kddm, "O=" + out] + targets,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    if done.returncode:
        return done.stdout
    return None


def fails(out, command, limit):
    """Whether a test fails; one that hangs does."""
    command = [os.path.join(out, command[0])] + command[1:]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=limit,
                              check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def first_search(out, limit, tests):
    for name, command in tests:
        if fails(out, command, limit):
            return name
    return None


class Worker:
    """A copy of the source with its own objects."""

    def __init__(self, to):
        self.kddm = copy_source(to)
        self.out = os.path.join(to, "out")
        os.mkdir(self.out)
        error = build(self.kddm, self.out, PROGRAMS)
        if error:
            raise RuntimeError("the source does not build:\n" + error)

    def write(self, name, text):
        # make compares time stamps: let them differ
        path = os.path.join(self.kddm, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        now = time.time_ns()
        os.utime(path, ns=(now, now))

    def try_mutation(self, mutation, limit):
        _, name, text, instead = mutation
        with open(os.path.join(self.kddm, name), encoding="utf-8") as f:
            source = f.read()
        start = time.monotonic()
        try:
            self.write(name, source.replace(text, instead))
            error = build(self.kddm, self.out, programs_of(name))
            if error:
                return False, "does not build:\n" + error, 0
            units, first, quick, slow = tests_of(name)
            found = units if fails(self.out, first, limit) else None
            if not found:
                found = first_search(self.out, limit, quick + slow)
        finally:
            self.write(name, source)
        return bool(found), found, time.monotonic() - start


def check_texts(mutations):
    """Every text is there, once."""
    bad = 0
    names = set()
    for name, path, text, instead in mutations:
        with open(os.path.join(KDDM, path), encoding="utf-8") as f:
            n = f.read().count(text)
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
                        help="seconds until a test that hangs has failed (30)")
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
            return worker.try_mutation(mutation, limit)
        finally:
            workers.put(worker)

    with tempfile.TemporaryDirectory() as tmp, \
         concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        dirs = [os.path.join(tmp, str(i)) for i in range(jobs)]
        for d in dirs:
            os.mkdir(d)
        for worker in pool.map(Worker, dirs):
            workers.put(worker)
        # the tests must pass before it means something that they fail
        worker = workers.get()
        wrong = None
        for path in sorted({m[1] for m in mutations}):
            units, first, quick, slow = tests_of(path)
            every = [(units, first)] + quick + slow
            wrong = wrong or first_search(worker.out, limit, every)
        workers.put(worker)
        if wrong:
            print(f"not ok - the machine itself does not pass: {wrong}")
            return 0
        for mutation, (ok, by, seconds) in zip(
                mutations, pool.map(one, mutations)):
            found += ok
            print(f"{'ok' if ok else 'not ok'} - {mutation[0]}: "
                  f"{'found by ' + by if ok else by or 'NOT FOUND'}"
                  f" ({seconds:.1f} s)", flush=True)
    return found


def main():
    args = parse()
    mutations = [m for m in MUTATIONS
                 if not args.names or any(n in m[0] for n in args.names)]
    if args.list:
        for m in mutations:
            print(m[0])
        return 0
    bad = check_texts(mutations)
    if bad:
        print(f"0 passed, {bad} failed")
        return 1
    found = run_all(mutations, max(args.jobs, 1), args.limit)
    print(f"{found} passed, {len(mutations) - found} failed")
    return 0 if mutations and found == len(mutations) else 1


if __name__ == "__main__":
    sys.exit(main())
