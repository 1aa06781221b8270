#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# How much of the pure files their unit tests run.
#
#   coverage.py DIR
#   coverage.py --kernel DIR
#
# Builds the unit tests below DIR with gcc's coverage, runs them, and prints the
# share of lines of each file that at least one of them has run.  Exit status 1
# if that is less than 95 in a hundred for one of them.
#
# With --kernel, DIR has what a kernel with GCOV_PROFILE_KDDM has counted while
# it ran the unit tests (.gcda), and what gcc wrote when it was built (.gcno).

import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ["table", "spaces", "recover", "view", "wire", "rpc", "recwire",
            "vctests"]
FILES = ["coherence.c", "coherence_ext.c", "coherence_obj.c",
         "coherence_serve.c", "recover.c", "view.c", "viewchange.c",
         "viewchange_attempt.c", "viewchange_decide.c",
         "viewchange_wire.c", "wire.c", "recovery_wire.c", "rpc_pack.c",
         "rpc_parts.c", "rpc_place.c"]
ENOUGH = 95


def run_tests(where):
    """Build and run; the counts of an earlier run go first."""
    subprocess.run(["make", "-s", "-C", HERE, "O=" + where, "CC=gcc",
                    "CFLAGS=-O0 -g --coverage",
                    *[os.path.join(where, name) for name in PROGRAMS]],
                   check=True)
    for old in glob.glob(where + "/*.d/*.gcda"):
        os.unlink(old)
    for name in PROGRAMS:
        subprocess.run([os.path.join(where, name)], check=True,
                       stdout=subprocess.DEVNULL)


def lines_run(pattern):
    """For each file, its lines: whether they were run."""
    found = {name: {} for name in FILES}
    for data in glob.glob(pattern):
        text = subprocess.run(["gcov", "--json-format", "--stdout", data],
                              check=True, capture_output=True, text=True)
        for report in text.stdout.splitlines():
            for file in json.loads(report)["files"]:
                lines = found.get(os.path.basename(file["file"]))
                for line in file["lines"] if lines is not None else []:
                    number = line["line_number"]
                    lines[number] = lines.get(number, 0) + line["count"]
    return found


def main():
    """Print the share of each file."""
    kernel = sys.argv[1:2] == ["--kernel"]
    if len(sys.argv) != 2 + kernel:
        sys.exit("usage: coverage.py [--kernel] DIR")
    where = os.path.abspath(sys.argv[-1])
    if not kernel:
        os.makedirs(where, exist_ok=True)
        run_tests(where)
    bad = 0
    pattern = where + ("/*.gcda" if kernel else "/*.d/*.gcda")
    for name, lines in lines_run(pattern).items():
        done = sum(1 for count in lines.values() if count)
        share = 100 * done / len(lines) if lines else 0
        missing = sorted(n for n, count in lines.items() if not count)
        print(f"{name}: {share:.1f}% of {len(lines)} lines" +
              (f", not {', '.join(map(str, missing))}" if missing else ""))
        bad += share < ENOUGH
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
