# SPDX-License-Identifier: GPL-2.0-only
"""A drawing of results: a bar for each case, as long as its ratio.

It is plain SVG.  The thin line over a bar goes from the lowest to the highest
ratio of the runs; the upright line stands at 1, the reference.
"""

from html import escape

from .results import title

LEFT, RIGHT, TOP, STEP = 250, 130, 70, 17
WIDTH = 900


def text(x, y, words, anchor="start", size=11):
    """Some words."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')


def line(x1, y1, x2, y2, colour):
    """A straight line."""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}"/>')


def bar(case, y, scale):
    """One case."""
    middle = y - 4
    return [
        text(LEFT - 8, y, title(case), "end"),
        f'<rect x="{LEFT}" y="{y - 10}" width="{case["ratio"] * scale:.1f}" '
        f'height="11" fill="#4a7db5"/>',
        line(LEFT + case["least"] * scale, middle,
             LEFT + case["most"] * scale, middle, "#102030"),
        text(LEFT + case["most"] * scale + 6, y,
             f"{case['ratio']:.2f}  ({case['kddm']['p50'] / 1000:.2f} us)"),
    ]


def draw(cases, description):
    """The whole drawing, as text."""
    cases = [case for case in cases if "ratio" in case]
    most = max((case["most"] for case in cases), default=1)
    scale = (WIDTH - LEFT - RIGHT) / max(most, 1)
    height = TOP + STEP * (len(cases) + 1)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(10, 20, "KDDM: time of an operation, beside its reference", size=15),
        text(10, 38, description),
    ]
    for number in range(0, int(most) + 1):
        x = LEFT + number * scale
        parts.append(line(x, TOP - 10, x, height - 10,
                          "#c03020" if number == 1 else "#d0d0d0"))
        parts.append(text(x, TOP - 14, str(number), "middle"))
    for number, case in enumerate(cases):
        parts += bar(case, TOP + STEP * (number + 1) - 4, scale)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
