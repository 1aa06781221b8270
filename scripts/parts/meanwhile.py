# SPDX-License-Identifier: GPL-2.0-only
"""What is done while the guests run, with the time that these leave."""

import os
import re
import shlex
import signal
import subprocess

from .run import BACKGROUND, CACHE, give_way, say, script

# The kernels, in the order in which the parts need them.
FLAVOURS = ("uml", "x86", "uml-debug")


class Meanwhile:
    """A context in which kernels are built, and then other parts run.

    A part that needs a kernel calls scripts/build as ever, which waits for the
    lock that the other holds, and finds the rest of the work to do or nothing.
    So whatever goes wrong with a kernel is seen there.  All of this gets a CPU
    only while nobody else wants it: what the guests measure stays as it is.
    """

    def __init__(self, parts):
        self._parts = parts
        self._log = os.path.join(CACHE, "log", "test-meanwhile.log")
        self._process = None

    def __enter__(self):
        say(f"== meanwhile: building {', '.join(FLAVOURS)}, then "
            f"{', '.join(self._parts)}, the log is {self._log}\n")
        commands = [script("build", flavour) for flavour in FLAVOURS]
        commands.append(script("test", "--only", ",".join(self._parts)))
        with open(self._log, "wb") as output:
            self._process = subprocess.Popen(
                ["sh", "-c", "; ".join(map(shlex.join, commands))],
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, BACKGROUND: "1"})
        give_way(self._process.pid)
        return self

    def results(self):
        """Wait for the end, show it, and return what has passed, and so on."""
        self._process.wait()
        with open(self._log, encoding="utf-8", errors="replace") as lines:
            text = lines.read()
        kernels, _, tests = text.partition("\n== ")
        say("== meanwhile: what was built")
        say("\n".join(re.findall(r"^ .*: done in .*", kernels, re.MULTILINE)))
        say("\n== " + tests)
        found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$",
                           text, re.MULTILINE)
        if not found:
            return 0, 1, 0
        return tuple(int(number or 0) for number in found[-1])

    def __exit__(self, *exception):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()
