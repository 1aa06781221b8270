#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the documentation says of kddmctl is what kddmctl does.

doc.py PROGRAM

Prints TAP.  Needs no KDDM: the program only shows its help.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import genl
import lib

ROOT = os.path.abspath(os.path.join(HERE, "../../../../.."))
RST = os.path.join(ROOT, "Documentation/kddm/kddmctl.rst")
NETLINK = os.path.join(ROOT, "Documentation/kddm/netlink.rst")


def commands_of_help(text):
    """The commands with what follows them, as help shows them."""
    found = []
    for line in text.splitlines():
        if re.match(r"  [a-z]", line):
            found.append(line.split())
        elif re.match(r"        [\[A-Z]", line):
            found[-1] += line.split()
        elif line.startswith("  -"):
            break
    return [" ".join(words) for words in found]


def commands_of_rst(text):
    """The same, from the synopsis."""
    block = text.split("The commands are::\n\n")[1].split("\nNumbers")[0]
    found = []
    for line in block.splitlines():
        if line.startswith("    "):
            found[-1] += line.split()
        elif line.strip():
            found.append(line.split())
    return [" ".join(words) for words in found]


def name(command):
    """The words of a command itself."""
    words = []
    for word in command.split():
        if not re.fullmatch(r"[a-z]+", word) or (
                words and words[0] in ("wait", "start", "top")):
            break
        words.append(word)
    return " ".join(words[:2])


def check_page(tap, text, commands):
    """The manual page: troff finds nothing wrong, and it has all commands."""
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, "kddmctl.8")
        made = subprocess.run(
            ["/usr/bin/python3", "-B", os.path.join(HERE, "../man.py"), RST,
             page], capture_output=True, text=True, check=False)
        tap.case("the manual page can be made",
                 made.returncode == 0 and not made.stderr,
                 made.stderr + made.stdout)
        shown = subprocess.run(
            ["groff", "-ww", "-man", "-Tutf8", "-rLL=100n", page],
            capture_output=True, text=True, check=False)
    tap.case("troff has nothing to say", shown.returncode == 0 and
             not shown.stderr, shown.stderr)
    plain = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown.stdout)
    plain = " ".join(plain.split()).replace("‐", "-")
    missing = [command for command in commands if command not in plain]
    tap.case("it has all commands", not missing, missing)
    tap.case("it is kddmctl(8)", plain.startswith("kddmctl(8)") or
             plain.lower().startswith("kddmctl(8)"), plain[:60])
    tap.case("its source speaks of the exit status", "Exit status" in text)


def check_netlink(tap):
    """The operations and events, with the rights they need, are the spec's."""
    with open(NETLINK, encoding="utf-8") as file:
        text = file.read()
    known = genl.Spec(ROOT).operations.values()
    told = dict(re.findall(r"^``([a-z-]+)`` +(yes|no)  ", text, re.MULTILINE))
    want = {op["name"]: "yes" if "uns-admin-perm" in op.get("flags", [])
            else "no" for _, op in known if "do" in op or "dump" in op}
    tap.same("each operation and its rights are told", told, want)
    told = set(re.findall(r"^``([a-z-]+-ntf)``", text, re.MULTILINE))
    want = {op["name"] for _, op in known if "mcgrp" in op}
    tap.same("each event is told", told, want)
    listed = set(re.findall(r"^``([a-z-]+)`` +by ", text, re.MULTILINE))
    want = {op["name"] for _, op in known if "dump" in op}
    tap.same("each list is told", listed, want)


def main():
    """Compare, and read the page."""
    tap = lib.Tap()
    shown = subprocess.run([sys.argv[1], "help"], stdout=subprocess.PIPE,
                           text=True, check=True).stdout
    with open(RST, encoding="utf-8") as file:
        text = file.read()
    commands = commands_of_help(shown)
    tap.case("help has commands", len(commands) > 15, commands)
    tap.same("the synopsis is that of help", commands_of_rst(text), commands)
    titles = set(re.findall(r"^([a-z ]+)\n-+$", text, re.MULTILINE))
    untold = sorted({name(command) for command in commands
                     if command != "help"} - titles)
    tap.case("each command has a section", not untold, untold)
    codes = {int(code) for code in re.findall(
        r"(?:: |; |\n)(\d) [a-z]", shown.split("exit status")[1])}
    told = {int(code) for code in re.findall(r"^(\d) [A-Z`]", text,
                                             re.MULTILINE)}
    tap.case("each exit status is told", len(codes) > 4 and codes == told,
             f"{codes} {told}")
    options = re.findall(r"^  (-\w), (-\w+)", shown, re.MULTILINE)
    missing = [long for short, long in options
               if f"``{short}" not in text or f"``{long}" not in text]
    tap.case("each option is told", len(options) >= 6 and not missing, missing)
    check_page(tap, text, commands)
    check_netlink(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
