# SPDX-License-Identifier: GPL-2.0-only
"""The story of a run as a newcomer reads it, and the verdict of its checks."""

import json
import sys
import textwrap
import time


class Transcript:
    """Prints what is done, each command with its output, and each check."""

    def __init__(self, quiet=False):
        self._quiet = quiet
        self.passed = 0
        self.failed = 0
        self._start = time.monotonic()

    def section(self, text):
        """Say what comes next, with the seconds since the start."""
        seconds = f"[{time.monotonic() - self._start:5.1f} s] "
        self._print("\n" + textwrap.fill(text, 79, initial_indent=seconds,
                                         subsequent_indent=" " * len(seconds)))

    def command(self, node, command):
        """Run a command on a node and show it; return status and output."""
        self._print(f"\n  {node.name}# {command}")
        status, output = node.run(command)
        for line in output.splitlines():
            self._print("    " + line)
        if status:
            self._print(f"    (exit status {status})")
        return status, output

    def succeed(self, node, command):
        """Run a command whose only check is that it succeeds."""
        status, output = self.command(node, command)
        if status:
            self.check(f"{node.name}: {command}", False, output.strip())
        return output

    def check(self, text, holds, seen=""):
        """Record and show the verdict of one check."""
        if holds:
            self.passed += 1
            self._print(f"    check: {text}: yes")
        else:
            self.failed += 1
            self._quiet = False
            self._print(f"    check: {text}: NO" + (f" ({seen})" if seen else ""))
        return holds

    def wait(self, node, command, text, condition, timeout=30,
             parse=json.loads):
        """Repeat a command until condition(reply) holds, and check that.

        The reply is what parse makes of the command's output.  Only the
        verdict is shown.
        """
        deadline = time.monotonic() + timeout
        reply = None
        while True:
            status, output = node.run(command)
            try:
                reply = parse(output) if status == 0 else None
            except ValueError:
                reply = None
            holds = reply is not None and bool(condition(reply))
            if holds or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        return self.check(f"{node.name}: {text}", holds, output.strip())

    def _print(self, text):
        if not self._quiet:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
