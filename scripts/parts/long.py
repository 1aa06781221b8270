# SPDX-License-Identifier: GPL-2.0-only
"""Torture that takes long, and which data races KCSAN has seen meanwhile."""

import os
import re

from .guests import TESTING, module_program, test_module
from .ktap import PREFIX
from .run import CACHE, Failure, project, say, script

MODULES = ("kddm", "kddm_torture")
STACK = re.compile(r"\S.* (?:by|at) .*:$")
FRAME = re.compile(r" \S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(?P<module>\w+)\])?")


def durations():
    """How long the three runs take, in seconds."""
    words = os.environ.get("KDDM_LONG", "600,180,300").split(",")
    if len(words) != 3 or not all(word.isdigit() for word in words):
        raise Failure("KDDM_LONG is three numbers of seconds, as 600,180,300")
    return [int(word) for word in words]


def torture_long(run):
    """torture for 10 min with KASAN, 3 with kmemleak, 5 with KCSAN in QEMU"""
    checked, leaks, races = durations()
    if checked:
        uml(run, "8 nodes, lockdep and KASAN", "uml-debug", checked, 8,
            "--cpus", "2", "--mem", "3G")
    if leaks:
        uml(run, "kmemleak", "uml-module", leaks, 4,
            "--kmemleak", "--mem", "2G")
    if races:
        kcsan(run, races)


def uml(run, name, flavour, seconds, nodes, *options):
    """Torture in User Mode Linux."""
    module_program(run, name, "torture/run.sh", "torture", seconds, nodes,
                   flavour=flavour, options=options, limit=3 * seconds + 600)


def kcsan(run, seconds):
    """Torture in QEMU; a data race of KDDM is a failure."""
    program_file = project(f"{TESTING}/torture/run.sh")
    module = test_module(run, "x86-kcsan", "torture", "torture")
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    kept = os.path.join(CACHE, "log", "kcsan.dmesg")
    limit = 2 * seconds + 900
    # The busted variant is nothing but races.
    run.show(run.ktap("KCSAN", script(
        "boot-qemu", "--flavour", "x86-kcsan", "--cpus", "2", "--mem", "2G",
        "--timeout", str(limit), "--no-check", "--keep", kept,
        "--file", module, "--file", program_file, "--", "/kddm/run.sh",
        "--not-busted", "/kddm/kddm_torture.ko", "/kddm/selftests",
        str(seconds), "4"), timeout=limit + 200))
    with open(kept, encoding="utf-8", errors="replace") as lines:
        reports, others = split([PREFIX.sub("", line.rstrip(), count=1)
                                 for line in lines])
    judge(run, reports)
    rest = kept + ".rest"
    with open(rest, "w", encoding="utf-8") as file:
        file.write("\n".join(others) + "\n")
    run.check("nothing else in the log", script("check-dmesg", rest))


def split(lines):
    """Part a kernel log into KCSAN's reports and the other lines."""
    reports, others, report = [], [], None
    for line in lines:
        if line.startswith("BUG: KCSAN:"):
            report = [line]
            reports.append(report)
        elif report is None:
            others.append(line)
        elif line.startswith("====="):
            report = None
        else:
            report.append(line)
    return reports, others


def modules_of(report):
    """Whose the accesses are: the innermost module of each stack trace."""
    found, open_stack = set(), False
    for line in report[1:]:
        if STACK.match(line):
            open_stack = True
        frame = FRAME.match(line)
        if open_stack and frame and frame.group("module"):
            found.add(frame.group("module"))
            open_stack = False
    return found


def judge(run, reports):
    """Ours are failures; those of others are shown and counted."""
    ours = [r for r in reports if modules_of(r) & set(MODULES)]
    others = {}
    for report in reports:
        if report not in ours:
            others[report[0]] = others.get(report[0], 0) + 1
    for title, count in sorted(others.items()):
        say(f"   | of others, {count} times: {title}")
    say(f"   | KCSAN: {len(ours)} reports of KDDM, "
        f"{sum(others.values())} of others")
    if not run.case("no data race in KDDM", not ours, f"{len(ours)} reports"):
        for title in sorted({report[0] for report in ours}):
            say("   | " + title)
        for line in ours[0]:
            say("   |   " + line)
