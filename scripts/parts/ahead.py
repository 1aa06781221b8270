# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that are built while other parts run, with the time these leave."""

import os
import shlex
import signal
import subprocess

from .run import CACHE, say, script

# In the order in which the parts need them.
FLAVOURS = ("uml", "x86", "uml-debug")


class Ahead:
    """A context in which the kernels are built in the background.

    A part that needs one calls scripts/build as ever, which waits for the lock
    that the other holds, and finds the rest of the work to do or nothing.  So
    whatever goes wrong here is seen there.  The builds get a CPU only while
    nobody else wants it: what the parts measure stays as it is.
    """

    def __init__(self):
        self._process = None

    def __enter__(self):
        log = os.path.join(CACHE, "log", "test-ahead.log")
        say(f"== building {', '.join(FLAVOURS)} meanwhile, the log is {log}\n")
        commands = "; ".join(shlex.join(script("build", flavour))
                             for flavour in FLAVOURS)
        with open(log, "wb") as output:
            self._process = subprocess.Popen(
                ["chrt", "--idle", "0", "sh", "-c", commands],
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True)
        try:
            # Sessions share the CPUs evenly, whatever is in them, unless told.
            with open(f"/proc/{self._process.pid}/autogroup", "w",
                      encoding="ascii") as weight:
                weight.write("19")
        except OSError:
            pass
        return self

    def __exit__(self, *exception):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()
