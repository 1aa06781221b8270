# SPDX-License-Identifier: GPL-2.0-only
"""One run of the tests: commands with logs, results, and their count."""

import concurrent.futures
import os
import re
import resource
import signal
import subprocess
import sys
import time

from . import ktap

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(SCRIPTS)
CACHE = os.path.realpath(os.environ.get(
    "KDDM_CACHE", os.path.expanduser("~/.cache/kddm")))
TREE = os.path.join(CACHE, "tree")
TESTING = "tools/testing/kddm"
# In the environment: others come first, and it takes longer.
BACKGROUND = "KDDM_BACKGROUND"
LONGER = 5 if BACKGROUND in os.environ else 1


class Failure(Exception):
    """The part cannot go on; the text says why."""


def script(name, *arguments):
    """The command line of another tool in scripts/."""
    return [os.path.join(SCRIPTS, name), *arguments]


def project(path):
    """A path in the project, which must be there."""
    full = os.path.join(ROOT, path)
    if not os.path.exists(full):
        raise Failure(f"{path} is missing")
    return full


class Run:
    """Counts results and shows those that are not a plain pass."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.part = ""
        self._times = []
        self._had = set()
        self._over = False
        self._logs = os.path.join(CACHE, "log")
        os.makedirs(self._logs, exist_ok=True)

    def start(self, name, function):
        """Run one part; whatever it raises is a failure of the part."""
        before = (self.passed, self.failed, self.skipped)
        begin, cpu = time.monotonic(), cpu_time()
        self.part = name
        say(f"== {name}: {function.__doc__.splitlines()[0]}")
        try:
            function(self)
        except Failure as failure:
            self.case(name, False, str(failure))
        except Exception as error:  # pylint: disable=broad-except
            self.case(name, False, f"{type(error).__name__}: {error}")
        passed, failed, skipped = (
            now - then for now, then in
            zip((self.passed, self.failed, self.skipped), before))
        if passed + failed + skipped == 0:
            self.case(name, False, "nothing was tested")
            failed = 1
        took, used = time.monotonic() - begin, cpu_time() - cpu
        self._times.append((took, used, name))
        say(f"   {name}: {counts(passed, failed, skipped)} "
            f"({took:.0f} s, {used:.0f} s of CPU)\n")
        return failed == 0

    def show_times(self):
        """Say what each part took."""
        if len(self._times) < 2:
            return
        say("    seconds  of CPU")
        for took, used, name in sorted(self._times, reverse=True):
            say(f"    {took:7.0f} {used:7.0f}  {name}")

    def add(self, results):
        """Count what another run has: passed, failed, skipped."""
        self.passed += results[0]
        self.failed += results[1]
        self.skipped += results[2]
        return not results[1]

    def case(self, name, verdict, why=""):
        """Count one result: True passed, False failed, None skipped."""
        if verdict:
            self.passed += 1
        elif verdict is None:
            self.skipped += 1
            say(f"   SKIP {name}" + (f": {why}" if why else ""))
        else:
            self.failed += 1
            say(f"   FAIL {name}" + (f": {why}" if why else ""))
        return verdict

    def command(self, name, command, timeout=600, quiet=False, **options):
        """Run a command with its output in a log: return status and the log.

        It is ended, with what it started, when its time is up.
        """
        log = os.path.join(self._logs, re.sub(
            r"[^\w.-]+", "_", f"test-{self.part}-{name}.log"))
        begin = shown = time.monotonic()
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, **options)
            if BACKGROUND in os.environ:
                give_way(process.pid)
            try:
                while True:
                    try:
                        status = process.wait(1)
                        break
                    except subprocess.TimeoutExpired:
                        now = time.monotonic()
                    if self._over:
                        status = 143
                        break
                    if now - begin > timeout * LONGER:
                        status = 124
                        output.write(b"\n(ended: its time was up)\n")
                        break
                    if now - shown > 30 and not quiet:
                        shown = now
                        say(f"   ... {name}: {now - begin:.0f} s")
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGTERM)
                    try:
                        process.wait(5)
                    except subprocess.TimeoutExpired:
                        os.killpg(process.pid, signal.SIGKILL)
                        process.wait()
        return status, log

    def check(self, name, command, **options):
        """A command that passes when it succeeds; else show its log's end."""
        status, log = self.command(name, command, **options)
        self.case(name, status == 0, f"status {status}, the end of {log}:\n"
                  + tail(log) if status else "")
        return status == 0

    def need(self, name, command, **options):
        """A command without which the part cannot go on; once is enough."""
        if tuple(command) in self._had:
            return
        status, log = self.command(name, command, **options)
        if status:
            raise Failure(f"{name}: status {status}, the end of {log}:\n"
                          + tail(log))
        self._had.add(tuple(command))

    def ktap(self, name, command, **options):
        """A command that prints (K)TAP: count its results one by one."""
        return self._results(name, *self.command(name, command, **options))

    def ktap_all(self, commands, at_once, **options):
        """The same of many, by name, some of them at a time."""
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            runs = {name: pool.submit(self.command, name, command, quiet=True,
                                      **options)
                    for name, command in commands.items()}
            try:
                for name, done in runs.items():
                    self._results(name, *done.result())
            except BaseException:
                # The pool waits for its threads, which look at this.
                self._over = True
                raise

    def _results(self, name, status, log):
        """Count what is in a log of (K)TAP."""
        count = failed = 0
        with open(log, encoding="utf-8", errors="replace") as lines:
            for case, verdict, why in ktap.read(lines):
                count += 1
                failed += verdict is False
                self.case(f"{name}: {case}", verdict, why)
        if count == 0 or (status and not failed):
            self.case(name, False, f"status {status}, {count} results, the end "
                      f"of {log}:\n" + tail(log))
        elif failed:
            say(f"   the log is {log}")
        return log

    def show(self, log, only=""):
        """Print a log as it is, or what of it has something in it."""
        with open(log, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if re.search(only, line):
                    say("   | " + line.rstrip())


def give_way(session):
    """Have a session run with the time that others leave.

    Sessions share the CPUs evenly, whatever is in them, unless told.
    """
    try:
        with open(f"/proc/{session}/autogroup", "w",
                  encoding="ascii") as weight:
            weight.write("19")
    except OSError:
        pass        # no such thing in this kernel


def cpu_time():
    """What all commands that have ended took, in seconds of CPU."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def counts(passed, failed, skipped):
    """The count in words; a skip is not a pass."""
    text = f"{passed} passed, {failed} failed"
    return text + (f", {skipped} skipped" if skipped else "")


def tail(path, lines=25):
    """The end of a file, indented."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join("   | " + line for line in file.readlines()[-lines:])


def say(text):
    """Print at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
