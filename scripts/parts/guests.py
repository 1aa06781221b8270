# SPDX-License-Identifier: GPL-2.0-only
"""Tests that boot a kernel, and the user-space simulation."""

import json
import os
import re
import shlex
import time

from figures.results import title
from .run import CACHE, TESTING, TREE, Failure, project, script

SELFTESTS = os.path.join(CACHE, "build/selftests")
# What they measure depends on what else the machine does.
ALONE = ("hold.sh", "bench.sh")


def sim(run, target="check", timeout=1200):
    """the pure code in user space: exploration and random walks, sanitized"""
    project(f"{TESTING}/sim/Makefile")
    run.need("build", script("build-tools", "sim"))
    run.ktap("sim", ["make", "-C", os.path.join(CACHE, "tree", TESTING, "sim"),
                     "O=" + os.path.join(CACHE, "build/sim"), target],
             timeout=timeout)


def sim_long(run):
    """the same with more nodes, users and steps: needs 8 GiB"""
    sim(run, "long", 7200)


def mutants(run):
    """the machine broken on purpose, a sixth of the ways, others each day"""
    mutate(run, "--sixth", str(int(time.time() / 86400) % 6))


def mutants_all(run):
    """the same in all ways"""
    mutate(run)


def mutate(run, *options):
    """Every mutation must be found."""
    run.need("build", script("build-tools", "sim"))
    run.check("mutants", [project(f"{TESTING}/mutants/run.py"), *options],
              timeout=1200)


def fuzz(run):
    """the wire format and the machine under libFuzzer, for a minute"""
    run.need("build", script("build-tools", "fuzz"))
    run.show(run.ktap("fuzz", [
        project(f"{TESTING}/fuzz/run.py"), "--out",
        os.path.join(CACHE, "build/fuzz"), "--kddm",
        os.path.join(TREE, "net/kddm")], timeout=400))


def kunit_uml(run):
    """unit tests in User Mode Linux"""
    kunit(run, "uml", [])


def kunit_qemu(run):
    """unit tests in a QEMU x86-64 machine"""
    kunit(run, "x86", ["--qemu"])


def coverage(run):
    """how many lines of the pure files the unit tests run in a kernel"""
    program_file = project(f"{TESTING}/sim/coverage.py")
    run.need("kernel", script("build", "uml-gcov"), timeout=1500)
    out = os.path.join(CACHE, "build/gcov")
    run.need("unit tests", script(
        "boot-uml", "--flavour", "uml-gcov",
        "--append", "kunit.enable=1 kunit.autorun=1", "--",
        *script("guest/gcov", out)))
    status, log = run.command("lines", [program_file, "--kernel", out])
    run.show(log)
    run.case("95 in a hundred lines of each", status == 0, f"see {log}")


def kunit(run, flavour, options):
    """The unit tests by kunit.py; then the kernel's log."""
    project("net/kddm/tests")
    run.need("kernel", script("build", flavour), timeout=1500)
    log = run.ktap("kunit", script("kunit", *options, "--raw_output=kunit",
                                   "--timeout=500"), timeout=600)
    run.show(log, only=r"^ *# .*\bbytes\b")


def selftests():
    """The names of the programs that run in a guest, from their Makefile."""
    names = []
    with open(project(f"{TESTING}/selftests/Makefile"),
              encoding="utf-8") as makefile:
        text = makefile.read().replace("\\\n", " ")
    for match in re.finditer(r"^TEST(?:_GEN)?_PROGS\s*[:+]?=(.*)$", text,
                             re.MULTILINE):
        names += match.group(1).split()
    if not names:
        raise Failure("the selftests' Makefile names no TEST_PROGS")
    return names


def selftests_at_once(run, names, command):
    """Most of the time they wait; a few look at the clock, and run alone."""
    for name in ALONE:
        run.ktap(name, command(name))
    run.ktap_all({name: command(name) for name in names if name not in ALONE},
                 os.cpu_count() or 1)


def selftests_uml(run):
    """cluster tests in namespaces of one User Mode Linux kernel, 2 CPUs"""
    in_namespaces(run, "")


def selftests_encrypted(run):
    """the same with encryption by TIPC"""
    key = "/tmp/kddm-key"
    in_namespaces(run, f"kddmctl tipc key generate >{key} && "
                  f"export KDDM_KEY={key} && ")


def in_namespaces(run, before):
    """The cluster tests in User Mode Linux, behind a shell command."""
    names = selftests()
    run.need("kernel", script("build", "uml"), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    selftests_at_once(run, names, lambda name: script(
        "boot-uml", "--cpus", "2", "--timeout", "400", "--", "sh", "-c",
        before + program(SELFTESTS, name)))


def selftests_qemu(run):
    """cluster tests in a QEMU x86-64 machine, 2 CPUs"""
    names = selftests()
    run.need("kernel", script("build", "x86"), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    selftests_at_once(run, names, lambda name: script(
        "boot-qemu", "--cpus", "2", "--timeout", "500", "--", "sh", "-c",
        program("/kddm/selftests", name)))


def kddmctl(run):
    """kddmctl at a terminal, its JSON, its messages, its manual page"""
    tests = f"{TESTING}/kddmctl/tests"
    run.need("kernel", script("build", "uml"), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl"))
    run.ktap("manual", [project(f"{tests}/doc.py"),
                        os.path.join(CACHE, "bin/kddmctl")])
    run.ktap("user", script("boot-uml", "--cpus", "2", "--timeout", "280", "--",
                            "/usr/bin/python3", project(f"{tests}/kddmctl.py")))


def hostile(run):
    """random netlink requests by five kinds of users, for half a minute"""
    requests(run, "uml")


def hostile_debug(run):
    """the same with lockdep and KASAN"""
    requests(run, "uml-debug")


def requests(run, flavour):
    """Random requests in a kernel of a flavour."""
    run.need("kernel", script("build", flavour), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl"))
    run.show(run.ktap("hostile", script(
        "boot-uml", "--flavour", flavour, "--cpus", "2", "--timeout", "560",
        "--", "/usr/bin/python3",
        project(f"{TESTING}/kddmctl/tests/hostile.py"), "30")))


def program(directory, name):
    """The shell command that runs one kselftest program."""
    return f"cd {shlex.quote(directory)} && ./{shlex.quote(name)}"


def test_module(run, flavour, directory, name):
    """Build a kernel and a test module for it; return the module's path."""
    run.need("kernel", script("build-modules", flavour, directory),
             timeout=1500)
    return os.path.join(CACHE, "build", f"{flavour}-{directory}",
                        f"kddm_{name}.ko")


def module_program(run, title, path, name, *arguments, flavour="uml",
                   options=("--cpus", "2", "--mem", "2G"), limit=500):
    """Run a guest's program with a test module; show what it measured."""
    program_file = project(f"{TESTING}/{path}")
    module = test_module(run, flavour, os.path.dirname(path), name)
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    run.show(run.ktap(title, script(
        "boot-uml", "--flavour", flavour, *options, "--timeout", str(limit),
        "--", program_file, module, SELFTESTS, *map(str, arguments)),
        timeout=limit + 30))


def torture(run):
    """random operations, also without memory, 4 nodes, lockdep and KASAN"""
    module_program(run, "torture", "torture/run.sh", "torture", 45, 4,
                   flavour="uml-debug", limit=1000)


def noise(run):
    """torture, while processes send random messages to the nodes' sockets"""
    in_noise(run, "uml")


def noise_debug(run):
    """the same with lockdep and KASAN"""
    in_noise(run, "uml-debug")


def in_noise(run, flavour):
    """Torture in noise in a kernel of a flavour."""
    module_program(run, "noise", "torture/noise.sh", "torture", 30,
                   flavour=flavour, limit=400)


def failures(run):
    """nodes crash, are cut off, stop and start while 8 nodes use objects"""
    fail(run, 8, "short")


def failures_long(run):
    """more of it, with 8 nodes under lockdep and KASAN, and with 32"""
    fail(run, 8, "long", "uml-debug")
    fail(run, 32, "long")


def stop_debug(run):
    """a node stops while it is asked and memory is short, lockdep and KASAN"""
    run.need("kernel", script("build", "uml-debug"), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    run.ktap("stop.sh", script(
        "boot-uml", "--flavour", "uml-debug", "--cpus", "2", "--mem", "2G",
        "--timeout", "900", "--", "sh", "-c",
        program(SELFTESTS, "stop.sh") + " 30"), timeout=930)


def starts(run):
    """1,000 starts and stops of a node, under kmemleak and lockdep"""
    program_file = project(f"{TESTING}/failures/starts.sh")
    run.need("kernel", script("build", "uml-module"), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    run.ktap("starts", script(
        "boot-uml", "--flavour", "uml-module", "--kmemleak",
        "--timeout", "5000", "--", program_file, SELFTESTS, "1000"),
        timeout=5100)


def failures_qemu(run):
    """a link is cut and a machine killed while 3 machines use objects"""
    fail_machines(run, 300)


def failures_qemu_long(run):
    """links cut, deaf, lossy, late; a machine killed; 4 machines"""
    fail_machines(run, 900, "--long")


def fail_machines(run, limit, *options):
    """Separate kernels, whose links and machines fail."""
    run.need("kernel", script("build", "x86"), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl", "selftests"))
    run.ktap("machines", script("failing", *options), timeout=limit)


def recovery(run):
    """how long recovery takes, 10,000 objects on 4 nodes, and 16 nodes"""
    recover(run, 4, 10000)
    recover(run, 16, 10000)


def recovery_many(run):
    """the same with a million objects"""
    recover(run, 4, 1000000)


def recover(run, nodes, objects):
    """Join, leave, crash and return; what was measured is printed."""
    module_program(run, f"{nodes} nodes, {objects} objects",
                   "failures/recovery.sh", "fill", nodes, objects,
                   options=("--cpus", "2", "--mem", "4G"), limit=900)


def fail(run, nodes, length, flavour="uml"):
    """The torture of failures."""
    module_program(run, f"{nodes} nodes", "failures/run.sh", "failures",
                   nodes, length, flavour=flavour,
                   options=("--cpus", "2", "--mem", "3G"),
                   limit=400 if length == "short" else 2000)


def modules(run):
    """load and unload 2 times, and 1 with a cluster up, kmemleak and KASAN"""
    load(run, "uml-debug", 2, 1)


def modules_long(run):
    """load and unload 100 times, 100 with a cluster up, and once under load"""
    load(run, "uml-module", 100, 100, "load", limit=2400)


def client(run):
    """every call of the client interface, lockdep and KASAN, 2 CPUs"""
    module_program(run, "client", "client/run.sh", "client",
                   flavour="uml-debug", limit=600)


def rpc(run):
    """services and calls of clients, 2 CPUs"""
    rpc_module(run, "uml")


def rpc_debug(run):
    """the same with lockdep and KASAN"""
    rpc_module(run, "uml-debug")


def rpc_module(run, flavour):
    """Run the test module for RPC in a kernel of a flavour."""
    module_program(run, "rpc", "rpc/run.sh", "rpc", flavour=flavour, limit=700)


def many_some(run):
    """200,000 objects on one node, and whether anything stalls"""
    many(run, 200000)


def many_all(run):
    """5 million objects on one node of 2 GiB, and whether anything stalls"""
    many(run, 5000000)


def many(run, objects):
    """Many objects on one node; what was measured is printed."""
    module_program(run, "many", "many/run.sh", "many", objects)


def load(run, flavour, *rounds, limit=800):
    """Load and unload the module under kmemleak and lockdep."""
    project("net/kddm/Makefile")
    run.need("kernel", script("build", flavour), timeout=1500)
    run.need("tools", script("build-tools", "kddmctl"))
    run.check("loaded and unloaded", script(
        "boot-uml", "--flavour", flavour, "--kmemleak",
        "--timeout", str(limit), "--",
        *script("guest/modules", *map(str, rounds))),
        timeout=limit + 100)


def demo_uml(run):
    """scripts/demo --uml"""
    run.check("demo", script("demo", "--uml"), timeout=1500)


def demo_qemu(run):
    """scripts/demo, three QEMU machines"""
    run.check("demo", script("demo"), timeout=1500)


def bench(run):
    """every case of the bench, briefly, 5 nodes (printed, not judged)"""
    kept = os.path.join(CACHE, "log", "bench.json")
    status, log = run.command("bench", script(
        "bench", "--quick", "--cpus", "2", "--json", kept), timeout=1800)
    run.show(log)
    if not run.case("bench runs", status == 0, f"status {status}, see {log}"):
        return
    with open(kept, encoding="utf-8") as file:
        results = json.load(file)
    for case in results["runs"][0]["cases"]:
        run.case(title(case), "needs" not in case
                 and case["kddm"]["ops"] > 0 and case["raw"]["ops"] > 0,
                 f"not measured: {case}")
    drawing = os.path.join(CACHE, "log", "bench.svg")
    run.check("it is drawn from what was kept", script(
        "bench", "--from", kept, "--plot", drawing))
    run.check("the drawing is XML", [
        "python3", "-c", "import sys, xml.dom.minidom as m; "
        "assert m.parse(sys.argv[1]).getElementsByTagName('rect')", drawing])
