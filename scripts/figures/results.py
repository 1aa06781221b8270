# SPDX-License-Identifier: GPL-2.0-only
"""The results of some runs of the bench, summed up: medians over the runs.

A run is what "kddmctl -j bench" prints.  Together with a description of the
machine they are kept as JSON.
"""

import statistics

COLUMNS = ("mean", "p50", "p99", "max")


def key(case):
    """What makes it that case, in every run."""
    return (case["case"], case["size"], case["home"],
            case.get("copies", 0), case.get("cpus", 0))


def title(case):
    """How people call it."""
    words = [case["case"]]
    if case.get("copies"):
        words.append(f"n={case['copies']}")
    if case.get("cpus"):
        words.append(f"cpus={case['cpus']}")
    words.append(f"{case['size']} B")
    if case["home"] == "away":
        words.append("away")
    return " ".join(words)


def median(values):
    """Of numbers; not of none."""
    return statistics.median(values)


def summed_up(runs):
    """One case for each that was measured in any run, with medians."""
    cases = {}
    for run in runs:
        for case in run["cases"]:
            cases.setdefault(key(case), []).append(case)
    return [sum_up(same) for same in cases.values()]


def sum_up(same):
    """The medians of one case over some runs."""
    measured = [case for case in same if "ratio" in case]
    if not measured:
        return same[0]
    result = dict(measured[0])
    for side in ("kddm", "raw"):
        result[side] = {name: median([case[side][name] for case in measured])
                        for name in measured[0][side]}
    result["ratio"] = median([case["ratio"] for case in measured])
    result["least"] = min(case["ratio"] for case in measured)
    result["most"] = max(case["ratio"] for case in measured)
    for name in ("scale", "raw_scale"):
        if name in result:
            result[name] = median([case[name] for case in measured])
    result["runs"] = len(measured)
    return result


def table(cases):
    """The lines of a table; times are in microseconds."""
    lines = [f"{'case':13} {'bytes':>5} {'home':5} {'n':1} "
             + "".join(f"{name + ' us':>11}" for name in COLUMNS)
             + f" {'ops/s':>9} {'raw us':>8} {'ratio':>6} {'of runs':>11}"]
    for case in cases:
        number = case.get("copies") or case.get("cpus") or "-"
        line = (f"{case['case']:13} {case['size']:5} {case['home']:5} "
                f"{number} ")
        if "needs" in case:
            what = "CPUs" if "cpus" in case else "other nodes"
            lines.append(line + f"needs {case['needs']} {what}")
            continue
        line += "".join(f"{case['kddm'][name] / 1000:11.3f}"
                        for name in COLUMNS)
        line += (f" {case['kddm']['rate']:9.0f}"
                 f" {case['raw']['p50'] / 1000:8.3f} {case['ratio']:6.2f}"
                 f"  {case['least']:.2f}-{case['most']:.2f}")
        lines.append(line)
        if "scale" in case:
            lines.append(f"{'':14}{number} CPUs: {case['scale']:.2f} x as much, "
                         f"reference {case['raw_scale']:.2f} x")
    return lines
