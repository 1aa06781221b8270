#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random and mutated netlink requests, from those who may and those who may not.

hostile.py [SECONDS [SEED]]

Two nodes; all requests go to node 1.  A user without rights, and root of a user
namespace of its own, can change nothing at all.  Root of a user namespace with a
network namespace of its own can have a node of its own there, which no other node
sees.  Root of the node may do what the interface allows; the kernel must survive it
(its log is checked by whoever runs this), and the other node must not notice, or at
most that node 1 goes and comes back.  Runs as root in a test machine and prints TAP.
"""

import concurrent.futures
import ctypes
import errno
import json
import os
import pwd
import random
import shutil
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import control
import genl
import lib

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_DUMPABLE = 4
ANY_NUMBER = 1 << 30
ENOUGH = 200
# What is said to those who have no rights, before anything is looked at.
REFUSALS = (errno.EPERM, errno.EOPNOTSUPP)
COUNTERS = ("tx", "rx", "tx-bytes", "rx-bytes", "malformed", "foreign",
            "stale", "refused", "gaps", "busy", "hits", "misses", "forwards",
            "invalidations", "rtt")
SEEDS = (
    ("status-get", {}), ("node-get", {"id": 1}), ("config-get", {}),
    ("set-get", {"name": "safe"}), ("set-get", {"name": "safe", "count": 1}),
    ("set-new", {"name": "play", "size": 64, "hold": 1}),
    ("set-new", {"name": "play", "size": 65536, "linker": "page"}),
    ("set-del", {"name": "play"}),
    ("obj-get", {"set": "play", "id": 1, "offset": 3, "length": 9}),
    ("obj-set", {"set": "play", "id": 1, "data": b"some bytes"}),
    ("obj-del", {"set": "play", "id": 1}),
    ("obj-flush", {"set": "play", "id": 1, "node": 2}),
    ("obj-sync", {"set": "play", "id": 1}),
    ("obj-info-get", {"set": "play", "id": 1}),
    ("config-set", {"hold": 3, "object-timeout": 50}),
    ("node-ping", {"id": 2}),
    ("name-new", {"kind": 1, "name": "play"}),
    ("name-del", {"kind": 1, "name": "play"}),
)
# These end what runs: so many of them are made as the attacker is told.
LIFE = (
    ("node-stop", {"id": 2}), ("node-stop", {"id": 2, "force": 1}),
    ("node-stop", {}), ("node-start", {"id": 2}),
    ("node-start", {"id": 1, "cluster": 5}), ("node-stop", {"id": 1}),
    ("node-start", {}), ("node-start", {"id": 1}),
    ("node-stop", {"id": 1, "force": 1}), ("node-start", {"id": 1}),
)
DUMPS = (
    ("node-get", {}), ("set-get", {}), ("service-get", {}),
    ("name-get", {}),
    ("obj-info-get", {"set": "play", "from": 1, "count": 3, "state": 10}),
)


# How many of these those who may do it make.
REAL = {"root": 0, "restarts": 40}


class Attacker:
    """Makes requests, and counts what is said to them."""

    def __init__(self, spec, seed, real=ANY_NUMBER):
        self.spec = spec
        self.real = real
        self.random = random.Random(seed)
        self.sent = self.refused = self.done = self.lives = 0
        self.abandoned = 0
        self.forbidden = []
        self.sock = genl.Socket(spec)
        self.sock.sock.settimeout(40)
        self.life = {spec.operations[name][0] for name, _ in LIFE}
        self.admin = {number for number, op in spec.operations.values()
                      if "uns-admin-perm" in op.get("flags", [])}

    def noise(self, longest):
        """Any bytes."""
        return self.random.randbytes(self.random.randrange(longest + 1))

    def mutate(self, raw):
        """Some bytes changed, taken out, or put in."""
        raw = bytearray(raw)
        for _ in range(self.random.randrange(1, 4)):
            where = self.random.randrange(len(raw) + 1)
            kind = self.random.randrange(4)
            if kind == 0 and where < len(raw):
                raw[where] = self.random.choice(
                    (0, 1, 4, 127, 128, 255, self.random.randrange(256)))
            elif kind == 1:
                raw[where:where] = self.noise(8)
            elif kind == 2:
                del raw[where:where + self.random.randrange(8)]
            elif where + 2 <= len(raw):
                struct.pack_into("=H", raw, where,
                                 self.random.randrange(1 << 16))
        return bytes(raw)

    def attributes(self, name, values):
        """Those of a seed, with some values that are others."""
        _, op = self.spec.operations[name]
        known = self.spec.attributes[op["attribute-set"]]
        payload = b""
        for key, given in values.items():
            kind, described = known[key]
            if described["type"] == "uint" and not self.random.randrange(3):
                given = self.random.choice(
                    (0, 1, given + 1, 1023, 1024, 65536, (1 << 32) - 1,
                     1 << 32, (1 << 64) - 1))
            payload += genl.attribute(kind, genl.value(described, given))
        if not self.random.randrange(4):
            kind, described = self.random.choice(list(known.values()))
            payload += genl.attribute(kind, self.noise(24))
        return payload

    def request(self):
        """One request, of any kind."""
        flags = genl.NLM_F_REQUEST | genl.NLM_F_ACK
        kind = self.random.randrange(10)
        if not self.random.randrange(40):
            self.abandon()
        if kind == 0:
            number = self.random.choice((0, 255, len(self.spec.operations) + 1,
                                         self.random.randrange(256)))
            self.one(number, flags | self.random.choice((0, 0x300, 0xf00)),
                     self.noise(200))
            return
        table = {1: DUMPS, 2: LIFE}.get(kind, SEEDS)
        name, values = self.random.choice(table)
        payload = self.attributes(name, values)
        if self.random.randrange(3):
            payload = self.mutate(payload)
        if table is DUMPS:
            flags |= genl.NLM_F_DUMP
        self.one(self.spec.operations[name][0], flags, payload)

    def abandon(self):
        """A dump that nobody reads to its end, and two requests at once."""
        sock = genl.Socket(self.spec, 4096)
        for name, values in self.random.sample(DUMPS, 2):
            sock.send_raw(self.spec.operations[name][0], genl.NLM_F_REQUEST |
                          genl.NLM_F_DUMP, self.attributes(name, values))
        if self.random.randrange(2):
            sock.receive()
        sock.close()
        self.abandoned += 1

    def one(self, number, flags, payload):
        """Send, and read until the answer is complete."""
        if number in self.life:
            if not self.real:
                payload = b"\xff" * 7
            else:
                self.real -= 1
        try:
            self.sock.send_raw(number, flags, payload)
            self.sent += 1
            # Flags that no request has are looked at before rights are.
            self.answer(number, not flags & 0xf00 or
                        flags & 0xf00 == genl.NLM_F_DUMP)
        except TimeoutError:
            self.forbidden.append(f"no answer to {number} {payload.hex()}")
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise

    def answer(self, number, known):
        """The answer to a request, whose flags are known or not."""
        while True:
            for kind, flags, payload in self.sock.receive():
                if kind == genl.NLMSG_DONE:
                    return
                if kind == genl.NLMSG_ERROR:
                    code = struct.unpack_from("=i", payload)[0]
                    self.refused += code != 0
                    self.done += code == 0
                    self.lives += code == 0 and number in self.life
                    if number in self.admin and (
                            -code not in REFUSALS if known else not code):
                        self.forbidden.append(f"operation {number}: {code}")
                    return
                del flags

    def attack(self, seconds):
        """For a time; starts and stops as they should be come first."""
        for name, values in LIFE if self.real else ():
            number, op = self.spec.operations[name]
            known = self.spec.attributes[op["attribute-set"]]
            self.one(number, genl.NLM_F_REQUEST | genl.NLM_F_ACK, b"".join(
                genl.attribute(known[key][0], genl.value(known[key][1], given))
                for key, given in values.items()))
        end = time.monotonic() + seconds
        # A slow kernel takes longer to be asked often enough.
        while time.monotonic() < end or (self.sent < ENOUGH and
                                         time.monotonic() < end + 100):
            self.request()
        return {"sent": self.sent, "refused": self.refused, "done": self.done,
                "abandoned": self.abandoned, "lives": self.lives,
                "forbidden": self.forbidden[:5]}


def without(value):
    """What is left without the counters."""
    if isinstance(value, dict):
        return {k: without(v) for k, v in value.items() if k not in COUNTERS}
    if isinstance(value, list):
        return [without(v) for v in value]
    return value


def snapshot(node):
    """All that a node says of itself."""
    return without([json.loads(node.must("-j", *command.split()))
                    for command in ("status", "nodes", "set list",
                                    "config show", "services",
                                    "object list safe",
                                    "object get safe 1 nocreate")])


def seen_by(node):
    """The same, but for objects that keep the sets and names of all nodes."""
    value = snapshot(node)
    del value[0]["objects"]
    return value


def become(whom):
    """Give up rights: once all files have been read, which others may not."""
    if whom in REAL:
        return
    os.setgroups([])
    user = pwd.getpwnam("nobody")
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if whom == "nobody":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    # Else its files in /proc stay root's.
    libc.prctl(PR_SET_DUMPABLE, 1)
    if libc.unshare(CLONE_NEWUSER | (CLONE_NEWNET if whom == "netns" else 0)):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user.pw_uid} 1"),
                       ("gid_map", f"0 {user.pw_gid} 1")):
        with open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write(text)


def answer_to(sock, operation, **values):
    """The error number that a request gets, or 0."""
    sock.send(operation, **values)
    return next(struct.unpack_from("=i", payload)[0]
                for kind, _, payload in sock.receive()
                if kind == genl.NLMSG_ERROR)


def no_bench(sock):
    """Measuring keeps CPUs busy: that is for root of the machine alone."""
    code = answer_to(sock, "run", kind=1, size=64, rounds=1, count=1)
    return [] if code == -errno.EPERM else [f"bench: {code}"]


class Apart:
    """Root of a user namespace, with a network namespace that belongs to it."""

    def __init__(self, spec):
        # Of the node's namespace, and opened by somebody who has rights.
        self.old = genl.Socket(spec)
        # The program's folder may be root's alone.
        self.program = os.open(shutil.which("kddmctl"), os.O_RDONLY)
        self.steps = []
        become("netns")

    def step(self, name, verdict, why=""):
        """One result."""
        self.steps.append((name, bool(verdict), str(why)))

    def ctl(self, *words):
        """kddmctl: its status and what it says."""
        done = subprocess.run(
            ["kddmctl", *words], executable=f"/proc/self/fd/{self.program}",
            pass_fds=[self.program], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
        return done.returncode, done.stdout

    def refused(self, operation, **values):
        """The node that was there before is out of its reach."""
        code = answer_to(self.old, operation, **values)
        self.step(f"{operation} by a socket of the node is refused",
                  code == -errno.EPERM, code)

    def live(self):
        """A node of its own, which has the same number as one there is."""
        lib.sh("ip", "link", "add", "eth0", "type", "veth", "peer", "name",
               "eth1")
        lib.sh("ip", "link", "set", "eth1", "up")
        for words in (("tipc", "up", "eth0"), ("start", "id", "1"),
                      ("set", "create", "mine", "size", "64"),
                      ("object", "put", "mine", "1", "own")):
            status, said = self.ctl(*words)
            self.step(" ".join(words), status == 0, said)
        self.step("what was put is there", self.ctl(
            "object", "get", "mine", "1") == (0, "own\n"))
        for what, want in (("nodes", [1]), ("set list", ["mine"])):
            status, said = self.ctl("-j", *what.split())
            got = [one.get("name", one.get("id")) for one in json.loads(said)]
            self.step(f"{what}: none but its own", got == want, got)
        self.refused("node-stop")
        self.refused("set-del", name="safe")
        self.refused("obj-set", set="safe", id=1, data=b"changed")
        self.refused("obj-get", set="safe", id=1)


def attack_as(node, whom, seconds, seed):
    """Another process, of another user: what it has counted."""
    done = subprocess.run(
        node.command("/usr/bin/python3", os.path.abspath(__file__), "--attack",
                     str(seconds), str(seed), whom),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
        timeout=seconds + 200)
    if done.returncode:
        return {"error": done.stderr[-2000:]}
    return json.loads(done.stdout)


def attack(spec, whom, seconds, seed):
    """The attacker: what it has counted."""
    measure = genl.Spec(control.ROOT, "kddm-bench")
    apart = Apart(spec) if whom == "netns" else None
    if apart:
        apart.live()
    else:
        become(whom)
    attacker = Attacker(spec, seed, REAL.get(whom, ANY_NUMBER))
    if whom not in REAL:
        attacker.forbidden += no_bench(genl.Socket(measure))
    got = attacker.attack(seconds)
    if not apart:
        return got
    # The namespace goes with this process; let it have a node then.
    apart.ctl("stop")
    status, said = apart.ctl("start", "id", "1")
    apart.step("its node can be started after that", status == 0, said)
    return {**got, "steps": apart.steps}


def unprivileged(tap, one, seconds, seed):
    """Users that may only look."""
    for name, whom in (("a user without rights", "nobody"),
                       ("root of another user namespace", "userns")):
        before = snapshot(one)
        got = attack_as(one, whom, seconds, seed)
        print(f"# {name}: {got}")
        tap.case(f"{name} sends many requests", got.get("sent", 0) > 100 and
                 got["refused"] > 50, got)
        tap.case("and does nothing that needs rights",
                 not got.get("forbidden", [1]), got)
        tap.same("and changes nothing but counters", snapshot(one), before)


def at_once(one, seconds, *attackers):
    """Several, each by whom and seed: what they have counted, and did not get."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        all_of = list(pool.map(lambda who: attack_as(one, who[0], seconds,
                                                     who[1]), attackers))
    lost = []
    for got in all_of:
        lost += [f for f in got.pop("forbidden", []) if "no answer" in f]
        lost += [got["error"]] if "error" in got else []
    return all_of, lost


def privileged(tap, one, two, seconds, seed):
    """Root of the node, twice at a time."""
    before = seen_by(two)
    (got, again), lost = at_once(one, seconds, ("root", seed),
                                 ("root", seed + 1))
    print(f"# root: {got}, and {again}")
    tap.case("root sends many requests", got.get("sent", 0) > 100, got)
    tap.case("some of which are done, and others not",
             got.get("done", 0) > 10 and got.get("refused", 0) > 10, got)
    tap.case("and each is answered", not lost, lost)
    one.ctl("set", "destroy", "play", "force")
    for name in [s["name"] for s in json.loads(one.must("-j", "set", "list"))]:
        if name != "safe":
            one.ctl("set", "destroy", name, "force")
    tap.same("the other node has not noticed", seen_by(two), before)
    tap.same("the node works", one.ctl("object", "get", "safe", "1")[:2],
             (0, "kept\n"))


def isolated(tap, one, two, seconds, seed):
    """Root of a user and a network namespace: nothing to the nodes there are."""
    before, others = snapshot(one), snapshot(two)
    with subprocess.Popen(one.command("kddmctl", "monitor"),
                          stdout=subprocess.PIPE, text=True) as monitor:
        got = attack_as(one, "netns", seconds, seed)
        monitor.terminate()
        heard = monitor.stdout.read()
    steps = got.pop("steps", [])
    bench = [f for f in got.pop("forbidden", []) if f.startswith("bench")]
    print(f"# root of another user and network namespace: {got}")
    for name, verdict, why in steps:
        tap.case(f"apart: {name}", verdict, why)
    tap.case("apart: it sends many requests, some are done", steps and
             got.get("sent", 0) > 100 and got.get("done", 0) > 10, got)
    tap.same("apart: it may not measure", bench, [])
    tap.same("apart: nothing is heard of it by the node's monitor", heard,
             "ready\n")
    tap.same("apart: the node is as it was, but for counters", snapshot(one),
             before)
    tap.same("apart: and so is the other", snapshot(two), others)


def kept(node):
    """What outlives that another node goes and comes back."""
    return without([json.loads(node.must("-j", *command.split()))
                    for command in ("config show", "set list",
                                    "object get safe 1 nocreate")])


def restarts(tap, one, two, seconds, seed):
    """Root of the node also stops and starts it, and tries it with the other."""
    before = kept(two)
    (got, again), lost = at_once(one, seconds, ("restarts", seed),
                                 ("root", seed + 1))
    print(f"# root, who stops and starts: {got}, beside {again}")
    tap.case("root stops and starts the node among other things",
             got.get("done", 0) > 10 and got.get("lives", 0) > 1 and not lost,
             (got, lost))
    one.ctl("stop")
    one.ctl("config", "set", "quorum", "auto", "cluster", "0")
    status, _, err = one.ctl("start", "id", "1")
    tap.case("it can be started after that", status == 0, err)
    status, _, err = one.ctl("wait", "nodes", "2", "timeout", "20")
    tap.case("and joins the other", status == 0, err)
    for name in [s["name"] for s in json.loads(one.must("-j", "set", "list"))]:
        if name != "safe":
            one.ctl("set", "destroy", name, "force")
    tap.same("which was not stopped, and has kept what it had", kept(two),
             before)


def main():
    """The attacker, or the test."""
    spec = genl.Spec(control.ROOT)
    if sys.argv[1:2] == ["--attack"]:
        print(json.dumps(attack(spec, sys.argv[4], float(sys.argv[2]),
                                int(sys.argv[3]))))
        return 0
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"# {seconds} s, seed {seed}")
    tap = lib.Tap()
    # Where these are modules: that takes a while in some kernels.
    genl.Socket(spec).close()
    genl.Socket(genl.Spec(control.ROOT, "kddm-bench")).close()
    lib.bridge()
    one, two = lib.Node(1), lib.Node(2)
    try:
        one.start()
        two.start()
        one.must("wait", "nodes", "2", "timeout", "20")
        two.must("config", "set", "remote-stop", "no")
        two.must("set", "create", "safe", "size", "64", "home", "2")
        two.must("object", "put", "safe", "1", "kept")
        one.must("object", "get", "safe", "1")
        unprivileged(tap, one, seconds // 5, seed)
        isolated(tap, one, two, seconds // 5, seed)
        privileged(tap, one, two, seconds // 5, seed)
        restarts(tap, one, two, seconds // 5, seed)
        for node in (one, two):
            status, _, err = node.ctl("stop")
            tap.case(f"node {node.number} stops", status == 0, err)
    finally:
        one.delete()
        two.delete()
        lib.no_bridge()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
