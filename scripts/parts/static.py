# SPDX-License-Identifier: GPL-2.0-only
"""Checks of the sources: nothing is booted."""

import os
import re
import subprocess
import tempfile

from .run import ROOT, TREE, project, script

KERNEL_CODE = ["net/kddm", "include/linux/kddm.h", "include/linux/kddm_name.h",
               "include/linux/kddm_node.h", "include/linux/kddm_pack.h",
               "include/linux/kddm_rpc.h",
               "include/uapi/linux/kddm.h", "include/uapi/linux/kddm_bench.h"]
SPECS = "Documentation/netlink/specs"


def files(*below):
    """The project's files, all or those below some paths."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z",
         "--", *below], check=True, stdout=subprocess.PIPE, text=True)
    return sorted(path for path in set(listed.stdout.split("\0"))
                  if path and os.path.isfile(os.path.join(ROOT, path)))


def interpreter(path):
    """What the first line of a script asks for."""
    with open(os.path.join(ROOT, path), "rb") as file:
        return file.readline(80).decode(errors="replace")


def static(run):
    """the sources: spelling, scripts, kernel-doc, generated code"""
    project("net/kddm")
    run.need("tree", script("lay-tree"))
    shell = [path for path in files() if path.endswith(".sh")
             or re.match(r"#!.*\b(ba|da)?sh\b", interpreter(path))]
    run.check("shellcheck", ["shellcheck", "-x", "-P", "SCRIPTDIR", *shell],
              cwd=ROOT)
    run.check("codespell", ["codespell", *[
        path for path in files() if not path.startswith("patches/")]], cwd=ROOT)
    specs = [path for path in files(SPECS) if path.endswith(".yaml")]
    if run.case("specs", specs, f"{SPECS} has none"):
        run.check("yamllint", ["yamllint", "--strict", *specs], cwd=ROOT)
        generated(run)
    headers = [path for path in files(*KERNEL_CODE)
               if path.endswith((".c", ".h")) and not is_generated(path)]
    kernel_doc(run, headers)


def checkpatch(run):
    """style of each source file; the part series checks it in the patches"""
    sources = [path for path in files(*KERNEL_CODE, "tools/testing/kddm")
               if path.endswith((".c", ".h")) and not is_generated(path)]
    run.check("checkpatch", script("checkpatch", *sources), cwd=ROOT)


def is_generated(path):
    """Made by ynl-gen: its style is not ours."""
    with open(os.path.join(ROOT, path), encoding="utf-8",
              errors="replace") as file:
        return "YNL-GEN" in file.read(400)


def generated(run):
    """Every generated file is what the spec gives."""
    tool = os.path.join(TREE, "tools/net/ynl/pyynl/ynl_gen_c.py")
    found = 0
    for path in files("net", "include"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            text = file.read()
        head = re.search(r"/\*\s+(\S+\.yaml) \*/\n/\* YNL-GEN (\S+) (\S+) \*/", text)
        if not head:
            continue
        found += 1
        extra = re.search(r"/\* YNL-ARG (.*) \*/", text)
        # The tool writes the file's own name into it.
        with tempfile.TemporaryDirectory() as directory:
            made = os.path.join(directory, os.path.basename(path))
            run.need("ynl-gen", [
                "/usr/bin/python3", "-B", tool, "--mode", head.group(2),
                "--" + head.group(3), "--spec", os.path.join(TREE, head.group(1)),
                *(extra.group(1).split() if extra else []), "-o", made])
            with open(made, encoding="utf-8") as file:
                run.case(f"generated {path}", file.read() == text,
                         "not what ynl_gen_c.py makes of the spec")
    run.case("generated files", found >= 6, f"only {found} found")


def kernel_doc(run, paths):
    """Every documentation comment is well formed."""
    status, log = run.command("kernel-doc", [
        "/usr/bin/python3", "-B", os.path.join(TREE, "scripts/kernel-doc"),
        "-none", "-Wall", *paths], cwd=TREE)
    with open(log, encoding="utf-8") as file:
        said = file.read().strip()
    run.case("kernel-doc", status == 0 and not said, said)
