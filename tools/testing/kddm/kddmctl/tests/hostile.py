#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random and mutated netlink requests, from those who may and those who may not.

hostile.py [SECONDS [SEED]]

Two nodes; all requests go to node 1.  A user without rights, and root of a user
namespace of its own, can change nothing at all.  Root of the node may do what the
interface allows; the kernel must survive it (its log is checked by whoever runs
this), and the other node must not notice.  Runs as root in a test machine and
prints TAP.
"""

import ctypes
import errno
import json
import os
import pwd
import random
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

CLONE_NEWUSER = 0x10000000
COUNTERS = ("tx", "rx", "malformed", "foreign", "stale", "refused", "gaps",
            "busy", "hits", "misses", "forwards", "invalidations", "rtt")
SEEDS = (
    ("status-get", {}), ("node-get", {"id": 1}), ("config-get", {}),
    ("set-get", {"name": "safe"}),
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
DUMPS = (
    ("node-get", {}), ("set-get", {}), ("service-get", {}),
    ("name-get", {}),
    ("obj-info-get", {"set": "play", "from": 1, "count": 3, "state": 10}),
)


class Attacker:
    """Makes requests, and counts what is said to them."""

    def __init__(self, spec, seed):
        self.spec = spec
        self.random = random.Random(seed)
        self.sent = self.refused = self.done = 0
        self.forbidden = []
        self.sock = genl.Socket(spec)
        self.sock.sock.settimeout(2)
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
        if kind == 0:
            number = self.random.choice((0, 255, len(self.spec.operations) + 1,
                                         self.random.randrange(256)))
            self.one(number, flags | self.random.choice((0, 0x300, 0xf00)),
                     self.noise(200))
            return
        table = DUMPS if kind == 1 else SEEDS
        name, values = self.random.choice(table)
        payload = self.attributes(name, values)
        if self.random.randrange(3):
            payload = self.mutate(payload)
        if table is DUMPS:
            flags |= genl.NLM_F_DUMP
        self.one(self.spec.operations[name][0], flags, payload)

    def one(self, number, flags, payload):
        """Send, and read until the answer is complete."""
        # These two would end the test, and are tried without rights only.
        name = [n for n, (k, _) in self.spec.operations.items() if k == number]
        if name and name[0] in ("node-stop", "node-start"):
            payload = b"\xff" * 7
        try:
            self.sock.send_raw(number, flags, payload)
            self.sent += 1
            self.answer(number)
        except TimeoutError:
            self.forbidden.append(f"no answer to {number} {payload.hex()}")
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise

    def answer(self, number):
        """The answer to a request."""
        while True:
            for kind, flags, payload in self.sock.receive():
                if kind == genl.NLMSG_DONE:
                    return
                if kind == genl.NLMSG_ERROR:
                    code = struct.unpack_from("=i", payload)[0]
                    self.refused += code != 0
                    self.done += code == 0
                    if code == 0 and number in self.admin:
                        self.forbidden.append(f"operation {number} was done")
                    return
                del flags

    def attack(self, seconds):
        """For a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.request()
        return {"sent": self.sent, "refused": self.refused, "done": self.done,
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
    if whom == "root":
        return
    os.setgroups([])
    user = pwd.getpwnam("nobody")
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    libc = ctypes.CDLL(None, use_errno=True)
    if whom == "userns" and libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")


def attack_as(node, whom, seconds, seed):
    """Another process, of another user: what it has counted."""
    done = subprocess.run(
        node.command("/usr/bin/python3", os.path.abspath(__file__), "--attack",
                     str(seconds), str(seed), whom),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
        timeout=seconds + 60)
    if done.returncode:
        return {"error": done.stderr[-2000:]}
    return json.loads(done.stdout)


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


def privileged(tap, one, two, seconds, seed):
    """Root of the node."""
    before = seen_by(two)
    got = attack_as(one, "root", seconds, seed)
    lost = [f for f in got.get("forbidden", []) if "no answer" in f]
    got.pop("forbidden", None)
    print(f"# root: {got}")
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


def main():
    """The attacker, or the test."""
    spec = genl.Spec(control.ROOT)
    if sys.argv[1:2] == ["--attack"]:
        become(sys.argv[4])
        attacker = Attacker(spec, int(sys.argv[3]))
        print(json.dumps(attacker.attack(float(sys.argv[2]))))
        return 0
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"# {seconds} s, seed {seed}")
    tap = lib.Tap()
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
        unprivileged(tap, one, seconds // 3, seed)
        privileged(tap, one, two, seconds // 3, seed)
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
