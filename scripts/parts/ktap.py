# SPDX-License-Identifier: GPL-2.0-only
"""Read the results of KUnit and kselftest programs: (K)TAP, nested or not.

Only the innermost results are counted: a line that sums up the lines below it
counts itself only when it says "not ok" though all of them passed.  A plan
("1..N") that is not fulfilled is a failure: the program ended early.  Why a
test failed is what was said before it.
"""

import collections
import re

RESULT = re.compile(r"^(?P<not>not )?ok\b\s*\d*\s*(?:-\s*)?(?P<name>.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")
PREFIX = re.compile(r"^(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?)?")
DIRECTIVE = re.compile(r"\s#\s*(?P<word>SKIP|TODO|XFAIL|ERROR)\b(?P<why>.*)$",
                       re.IGNORECASE)


class Level:
    """What was seen at one depth of nesting since the level above spoke."""

    def __init__(self):
        self.plan = None
        self.seen = 0
        self.failed = 0


def strip(line):
    """Take a kernel log's time stamp away; return depth and text."""
    # kselftest prefixes what a nested program says with "# ".
    line = PREFIX.sub("", line.rstrip("\r\n"), count=1)
    depth = 0
    while True:
        if line.startswith("    "):
            line = line[4:]
        elif line.startswith("# ") and RESULT.match(line[2:].lstrip()):
            line = line[2:]
        else:
            return depth, line.strip()
        depth += 1


def read(lines):
    """Yield (name, verdict, why): True passed, False failed, None skipped."""
    levels = {}

    def close(depth):
        """The levels deeper than depth are complete."""
        below = False
        failed = 0
        for deeper in sorted(d for d in levels if d > depth):
            level = levels.pop(deeper)
            below = below or level.seen > 0
            failed += level.failed
            if level.plan is not None and level.seen < level.plan:
                failed += 1
                yielded.append((f"plan of {level.plan}", False,
                                f"only {level.seen} results"))
        return below, failed

    yielded = []
    said = collections.deque(maxlen=8)
    for line in lines:
        depth, text = strip(line)
        plan = PLAN.match(text)
        if plan:
            levels.setdefault(depth, Level()).plan = int(plan.group(1))
            if depth == 0 and re.match(r"1\.\.0\s+# SKIP", text, re.IGNORECASE):
                yield "everything", None, text.partition("SKIP")[2].strip()
            continue
        match = RESULT.match(text)
        if not match:
            if text.startswith("#"):
                said.append("\n   |   " + text.lstrip("# "))
            continue
        below, failed_below = close(depth)
        yield from yielded
        yielded.clear()
        level = levels.setdefault(depth, Level())
        level.seen += 1
        name, verdict, why = match.group("name"), not match.group("not"), ""
        directive = DIRECTIVE.search(" " + name)
        if directive:
            name = (" " + name)[:directive.start()].strip()
            why = directive.group("why").strip()
            if directive.group("word").upper() == "SKIP":
                verdict = None
        if verdict is False:
            level.failed += 1
            why = why or "".join(said)
        said.clear()
        if not below or (verdict is False and not failed_below):
            yield name, verdict, why
    close(-1)
    yield from yielded
