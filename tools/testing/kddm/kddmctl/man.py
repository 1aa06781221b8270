#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make the manual page kddmctl.8 from Documentation/kddm/kddmctl.rst.

man.py SOURCE PAGE
"""

import sys

from docutils import core, nodes
from docutils.parsers.rst import roles

HEAD = """\
=======
kddmctl
=======

---------------------------------
control KDDM, a cluster's objects
---------------------------------

:Manual section: 8
:Manual group: KDDM

"""


def plain(_name, _raw, text, *_rest, **_more):
    """A reference to another document: its name."""
    return [nodes.emphasis(text=text.split("<")[0].strip())], []


def main():
    """Sphinx's own roles become words, its title the page's head."""
    source, page = sys.argv[1:]
    for role in ("doc", "ref"):
        roles.register_local_role(role, plain)
    with open(source, encoding="utf-8") as file:
        text = file.read()
    title = "=======\nkddmctl\n=======\n"
    if title not in text:
        sys.exit(f"{source} does not have the title kddmctl")
    made = core.publish_string(
        text.replace(title, HEAD, 1), source_path=source,
        writer_name="manpage",
        settings_overrides={"report_level": 2, "halt_level": 2,
                            "output_encoding": "unicode"})
    with open(page, "w", encoding="utf-8") as file:
        file.write(made)


if __name__ == "__main__":
    main()
