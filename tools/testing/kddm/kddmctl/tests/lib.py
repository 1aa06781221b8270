# SPDX-License-Identifier: GPL-2.0-only
"""Nodes in network namespaces of this kernel, and results as TAP."""

import os
import subprocess
import time

BRIDGE = "kbr"


class Tap:
    """Counts results and prints them."""

    def __init__(self):
        self.count = self.failed = 0
        print("TAP version 13", flush=True)

    def case(self, name, verdict, why=""):
        """One result; why is shown if it is a bad one."""
        self.count += 1
        if not verdict:
            self.failed += 1
            for line in str(why).splitlines():
                print("# " + line)
        print(f"{'ok' if verdict else 'not ok'} {self.count} {name}",
              flush=True)
        return bool(verdict)

    def same(self, name, got, want):
        """Two values that have to be the same."""
        return self.case(name, got == want, f"{got!r} rather than {want!r}")

    def end(self):
        """The plan, at the end; an exit status."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def sh(*words, check=True):
    """Run a program; what it says."""
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}")
    return done.stdout


def wait_for(function, seconds=20):
    """Until the function returns something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = function()
        if value:
            return value
        time.sleep(0.1)
    return function()


class Node:
    """A network namespace with a device eth0 on the bridge."""

    def __init__(self, number, mtu=None):
        self.number = number
        self.name = f"k{number}"
        sh("ip", "netns", "add", self.name)
        sh("ip", "link", "add", f"kp{number}", "type", "veth", "peer",
           "name", "eth0", "netns", self.name)
        sh("ip", "link", "set", f"kp{number}", "master", BRIDGE, "up")
        if mtu:
            self.run("ip", "link", "set", "eth0", "mtu", str(mtu))
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *words):
        """The words of a command that runs in the namespace."""
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words):
        """Run a program there."""
        return sh(*self.command(*words))

    def ctl(self, *words, stdin=None, env=None):
        """kddmctl: its status, output and errors."""
        done = subprocess.run(
            self.command("kddmctl", *words), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False, input=stdin,
            timeout=60, env={**os.environ, **(env or {})})
        return done.returncode, done.stdout, done.stderr

    def must(self, *words):
        """kddmctl, which has to succeed: its output."""
        status, out, err = self.ctl(*words)
        if status:
            raise RuntimeError(f"{' '.join(words)}: {status}: {err}")
        return out

    def start(self):
        """TIPC by kddmctl itself, and KDDM."""
        self.must("tipc", "up", "eth0")
        self.must("start", "id", str(self.number))

    def delete(self):
        """Take it away."""
        self.ctl("stop")
        sh("ip", "netns", "del", self.name, check=False)


def bridge():
    """What the devices are joined by."""
    sh("ip", "link", "add", BRIDGE, "type", "bridge")
    sh("ip", "link", "set", BRIDGE, "up")


def no_bridge():
    """The end of it."""
    sh("ip", "link", "del", BRIDGE, check=False)
