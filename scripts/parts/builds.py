# SPDX-License-Identifier: GPL-2.0-only
"""Builds that are not booted, the series, and the documentation."""

import glob
import os
import re
import shutil
import subprocess

from .run import CACHE, ROOT, TREE, Failure, project, say, script

TIPC = ["net/tipc/node.o", "net/tipc/socket.o"]


def builds(run):
    """W=1 and sparse for 32 bit; and without KDDM"""
    project("net/kddm/Makefile")
    sparse = subprocess.run(script("get-sparse"), stdout=subprocess.PIPE,
                            text=True, check=False).stdout.strip()
    if not sparse:
        raise Failure("no sparse")
    objects(run, "32 bit", "i386", [
        "W=1", "C=2", f"CHECK={sparse}", "net/kddm/", *TIPC])
    # All that changes there is in these files.
    run.check("without KDDM", script("build", "without", *TIPC), timeout=1200)


def big_endian(run):
    """W=1 for big endian, 64 bit; sparse looks at the order of bytes anyway"""
    project("net/kddm/Makefile")
    objects(run, "big endian, 64 bit", "s390", ["W=1", "net/kddm/"])


def objects(run, name, flavour, arguments):
    """Build some objects; a compiler's word about our files is a failure."""
    log = os.path.join(CACHE, "log", f"build-{flavour}.log")
    # What was built before keeps its warnings to itself.
    for old in glob.glob(os.path.join(CACHE, "build", flavour,
                                      "net/kddm/**/*.o"), recursive=True):
        os.unlink(old)
    run.check(f"{name}: build", script("build", flavour, *arguments),
              timeout=1200)
    with open(log, encoding="utf-8", errors="replace") as lines:
        said = [line.rstrip() for line in lines
                if re.search(r"(net/kddm|linux/kddm|net/tipc)\S*:\d+.*"
                             r"(warning|error)", line)]
    if run.case(f"{name}: warnings", not said, f"{len(said)} in {log}") is False:
        for line in said[:20]:
            say("   | " + line)


def series(run):
    """patches/ is current and gives the tree"""
    project("patches")
    run.check("series", script("check-series"), timeout=900)
    run.check("checkpatch of the patches", script("checkpatch", *[
        os.path.join(ROOT, "patches", name)
        for name in sorted(os.listdir(project("patches")))
        if re.match(r"\d{4}-.*\.patch$", name) and not name.startswith("0000")]),
        timeout=1500)


def series_build(run):
    """each patch builds and passes checkpatch (not part of a plain run)"""
    project("patches")
    run.check("series, patch by patch", script("check-series", "--build"),
              timeout=3600)


def docs(run):
    """Documentation/kddm in Sphinx: no warning"""
    project("Documentation/kddm/index.rst")
    run.need("tree", script("lay-tree"))
    out = os.path.join(CACHE, "build/docs")
    # Sphinx warns once about a page and then remembers it.
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    status, log = run.command("htmldocs", [
        "make", "-C", TREE, f"O={out}", "SPHINXDIRS=kddm",
        "PYTHON3=/usr/bin/python3", "htmldocs"], timeout=900,
        env={**os.environ, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})
    run.case("built", status == 0, f"status {status}, see {log}")
    with open(log, encoding="utf-8", errors="replace") as lines:
        said = [line.rstrip() for line in lines
                if re.search(r"kddm\S*:.*(WARNING|ERROR|warning|error)", line)]
    if not run.case("warnings", not said, f"{len(said)} in {log}"):
        for line in said[:20]:
            say("   | " + line)
