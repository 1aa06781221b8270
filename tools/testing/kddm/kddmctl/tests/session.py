# SPDX-License-Identifier: GPL-2.0-only
"""A person at a terminal: kddmctl in tmux."""

import re
import subprocess
import time

from lib import sh, wait_for

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOR = re.compile(r"\x1b\[3[1-6]m")


class Terminal:
    """A shell in a tmux of its own, in a namespace."""

    def __init__(self, node, completion):
        self.tmux = ["tmux", "-L", "kddmctl", "-f", "/dev/null"]
        sh(*node.command(*self.tmux, "new-session", "-d", "-x", "110", "-y",
                         "30", "env", "PS1=ready> ", "TERM=screen",
                         "bash", "--norc", "--noprofile"))
        self.type(f". {completion}")
        self.clear()

    def keys(self, *keys):
        """Press keys."""
        subprocess.run([*self.tmux, "send-keys", *keys], check=True)

    def type(self, line):
        """Type a line."""
        self.keys("-l", line)
        self.keys("Enter")

    def screen(self, colors=False):
        """What stands on the screen."""
        words = [*self.tmux, "capture-pane", "-p"] + (["-e"] if colors else [])
        return sh(*words)

    def clear(self):
        """An empty screen with a prompt."""
        time.sleep(0.3)
        self.keys("C-l")
        wait_for(lambda: self.screen().strip().startswith("ready>"), 5)

    def shows(self, text, seconds=10):
        """Does it come to show a text?"""
        return wait_for(lambda: re.search(text, self.screen(), re.MULTILINE),
                        seconds)

    def prompt(self):
        """Has the last command ended?"""
        return wait_for(lambda: self.screen().rstrip().endswith("ready>"), 10)

    def close(self):
        """Go."""
        sh(*self.tmux, "kill-server", check=False)


def colors(tap, term):
    """Colour on a terminal, and nowhere else."""
    term.type("kddmctl nodes")
    term.prompt()
    tap.case("a terminal shows states in colour",
             COLOR.search(term.screen(True)), repr(term.screen(True)))
    for name, line in (("NO_COLOR", "NO_COLOR=1 kddmctl nodes"),
                       ("-color=never", "kddmctl -color=never nodes"),
                       ("a dumb terminal", "TERM=dumb kddmctl nodes"),
                       ("a pipe", "kddmctl nodes | cat"),
                       ("JSON", "kddmctl -j -c nodes")):
        term.clear()
        term.type(line)
        term.prompt()
        shown = term.screen(True)
        tap.case(f"{name}: no colour",
                 "possible" in shown and not COLOR.search(shown), repr(shown))
    term.clear()
    term.type("kddmctl -c nodes | cat")
    term.prompt()
    tap.case("-c: also in a pipe", COLOR.search(term.screen(True)),
             repr(term.screen(True)))


def monitor(tap, term, node, other):
    """Events with the time, until Ctrl-C."""
    term.clear()
    term.type("kddmctl -t monitor")
    tap.case("monitor is ready", term.shows(r"\] ready$"), term.screen())
    other.must("set", "create", "seen", "size", "8")
    # A node is told of the sets that it uses.
    node.must("object", "get", "seen", "1")
    other.must("set", "destroy", "seen")
    stamp = r"^\[20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\] "
    tap.case("it shows when a set was created and destroyed",
             term.shows(stamp + "set-created seen: ") and
             term.shows(stamp + "set-destroyed seen: "), term.screen())
    term.keys("C-c")
    tap.case("Ctrl-C ends it", term.prompt(), term.screen())


def top(tap, term, node):
    """Rates that are those of what happens, in place, until q."""
    term.clear()
    term.type("echo before; kddmctl top interval 1")
    tap.case("top shows nodes and sets",
             term.shows(r"^\* +1  possible") and term.shows(r"^demo "),
             term.screen())
    load = subprocess.Popen(node.command(
        "sh", "-c", "while :; do kddmctl object get demo 1; done"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        tap.case("it shows the rate of hits",
                 term.shows(r"^demo +\d+ +[1-9]\d* ", 15), term.screen())
    finally:
        load.terminate()
        load.wait()
    tap.case("which ends with the load",
             term.shows(r"^demo +\d+ +0 ", 15), term.screen())
    tap.case("each in its place",
             len(re.findall(r"^demo ", term.screen(), re.MULTILINE)) == 1,
             term.screen())
    term.keys("q")
    tap.case("q ends it, and the screen is as before",
             term.prompt() and term.shows("^before$") and
             not re.search("^demo ", term.screen(), re.MULTILINE),
             term.screen())
    term.type("stty -a | grep -c -- ' echo '")
    tap.case("the terminal echoes again", term.shows("^1$"), term.screen())


def progress(tap, term):
    """What takes over a second says so."""
    term.clear()
    term.type("kddmctl wait nodes 9 timeout 4; echo status $?")
    tap.case("a wait shows what it waits for",
             term.shows(r"^\d of 9 nodes are possible \.\.\. [123] s"),
             term.screen())
    tap.case("and says why it ended",
             term.shows(r"^kddmctl: wait: after 4 s \d of 9") and
             term.shows("^status 5$"), term.screen())
    tap.case("and the progress is gone", r"... " not in
             term.screen().replace("timeout", ""), term.screen())


def completion(tap, term, other):
    """The Tab key."""
    for typed, want in (
            ("kddmctl mon", "kddmctl monitor"),
            ("kddmctl set sh", "kddmctl set show"),
            ("kddmctl set show de", "kddmctl set show demo"),
            ("kddmctl set create x size 8 touch", "touch-home"),
            ("kddmctl object flush demo 1 t", "object flush demo 1 to"),
            ("kddmctl tipc up eth", "tipc up eth0"),
            ("kddmctl -b /etc/hostn", "-b /etc/hostname"),
            (f"kddmctl -n {other.name} set show d",
             f"kddmctl -n {other.name} set show demo"),
            (f"kddmctl -netns={other.name} set show d",
             f"kddmctl -netns={other.name} set show demo"),
            ("kddmctl -color=al", "kddmctl -color=always"),
            ("kddmctl -time", "kddmctl -timestamp")):
        term.clear()
        term.keys("-l", typed)
        term.keys("Tab")
        tap.case(f"Tab completes \"{typed}\"",
                 term.shows(re.escape(want), 5), term.screen())
        term.keys("C-c")


def session(tap, node, other, completion_file):
    """All of it."""
    term = Terminal(node, completion_file)
    try:
        colors(tap, term)
        monitor(tap, term, node, other)
        top(tap, term, node)
        progress(tap, term)
        completion(tap, term, other)
    finally:
        term.close()
