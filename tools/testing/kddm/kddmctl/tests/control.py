# SPDX-License-Identifier: GPL-2.0-only
"""What an administrator sees and sets: configuration, objects, other nodes."""

import ctypes
import json
import os
import re
import subprocess
import time

import genl

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../../.."))
CLONE_NEWNET = 0x40000000


def config(tap, one):
    """Values are kept, used, and told of."""
    one.must("config", "set", "id", "9", "cluster", "5", "hold", "7",
             "object-timeout", "300", "stop-timeout", "200", "remote-stop",
             "no", "replicas", "2")
    got = json.loads(one.must("-j", "config", "show"))
    tap.same("what was set is shown", got, {
        "id": 9, "cluster": 5, "hold": 7, "object-timeout": 300,
        "stop-timeout": 200, "remote-stop": False, "quorum": "auto",
        "founders": 1, "start-timeout": 10000, "leave-timeout": 5000,
        "replicas": 2})
    one.must("set", "create", "conf", "size", "8")
    got = json.loads(one.must("-j", "set", "show", "conf"))
    tap.same("a new set has the hold time", got["hold"], 7)
    tap.same("and the replicas", got["replicas"], 2)
    tap.same("its objects are at home anywhere", got["home"], None)
    one.must("set", "destroy", "conf")
    one.must("stop")
    got = json.loads(one.must("-j", "start"))
    tap.same("start takes id and cluster",
             (got["id"], got["cluster"]), (9, 5))
    one.must("stop")
    one.must("config", "set", "id", "tipc", "cluster", "0", "hold", "0",
             "replicas", "1",
             "object-timeout", "10000", "stop-timeout", "5000",
             "remote-stop", "yes")
    one.must("start", "id", "1")
    one.must("wait", "nodes", "2", "timeout", "20")


def membership(tap, one, two):
    """Quorum policies, founders and timeouts."""
    one.must("stop")
    one.must("config", "set", "quorum", "majority", "founders", "3",
             "start-timeout", "200", "leave-timeout", "100")
    got = json.loads(one.must("-j", "config", "show"))
    tap.same("what has to do with membership is kept",
             [got[k] for k in ("quorum", "founders", "start-timeout",
                               "leave-timeout")], ["majority", 3, 200, 100])
    status, _, err = one.ctl("start", "id", "1")
    tap.case("another quorum policy than the cluster's is refused",
             status == 1 and
             "node 2 has quorum policy auto, not majority" in err, err)
    tap.same("the other node serves on",
             json.loads(two.must("-j", "status"))["service"], "serving")
    two.must("stop")
    begin = time.monotonic()
    one.must("start", "id", "1")
    took = time.monotonic() - begin
    status, out, _ = one.ctl("-j", "status")
    got = json.loads(out)
    tap.case("a start waits for founders as long as it is told, suspended",
             status == 6 and got["service"] == "suspended" and took < 8
             and got["quorum"] == "majority", f"{took} s, {got}")
    status, _, err = one.ctl("wait", "recovered", "timeout", "1")
    tap.case("who waits for it is told", status == 5 and
             "the node is suspended, 0 members" in err, err)
    status, _, err = one.ctl("name", "list")
    tap.case("so is who lists names", status == 1 and
             "name list: the node is suspended" in err, err)
    one.must("stop")
    one.must("config", "set", "quorum", "auto", "founders", "1",
             "start-timeout", "10000", "leave-timeout", "5000")
    one.must("start", "id", "1")
    two.must("start", "id", "2")
    got = json.loads(one.must("-j", "wait", "recovered", "members", "2",
                              "timeout", "20"))
    tap.same("wait ends when both serve", got["members"], 2)


def objects(tap, one, two):
    """Objects by state, one object's copies, and pages."""
    one.must("set", "create", "objs", "size", "8", "home", "1")
    batch = "".join(f"object put objs {i} x\n" for i in range(0, 600, 2))
    one.ctl("-b", "-", stdin=batch)
    for i in (10, 20, 30):
        two.must("object", "get", "objs", str(i))
    listed = json.loads(one.must("-j", "object", "list", "objs"))
    tap.same("all objects are listed, in their order",
             [o["id"] for o in listed], list(range(0, 600, 2)))
    tap.same("those that were read have a copy elsewhere",
             [o["id"] for o in listed if o["copies"]], [10, 20, 30])
    listed = json.loads(two.must("-j", "object", "list", "objs", "state",
                                 "shared"))
    tap.same("the other node has them as copies, and knows the owner",
             [(o["id"], o["hint"]) for o in listed],
             [(10, 1), (20, 1), (30, 1)])
    listed = json.loads(one.must("-j", "object", "list", "objs", "from",
                                 "590"))
    tap.same("a list may begin later", [o["id"] for o in listed],
             [590, 592, 594, 596, 598])
    counts = json.loads(one.must("-j", "object", "list", "objs", "summary"))
    tap.same("the summary counts them", counts["owner"], 300)
    shown = json.loads(one.must("-j", "set", "show", "objs"))
    tap.same("so does the set", shown["states"], {"owner": 300})
    shown = json.loads(two.must("-j", "set", "show", "objs"))
    tap.same("on the other node, too", shown["states"], {"shared": 3})
    shown = json.loads(one.must("-j", "object", "show", "objs", "20"))
    tap.same("one object: state, copyset, home",
             (shown["state"], shown["copyset"], shown["home"]),
             ("owner", [2], 1))
    two.must("object", "put", "objs", "20", "y")
    shown = json.loads(one.must("-j", "object", "show", "objs", "20"))
    tap.same("after a write elsewhere", (shown["state"], shown["hint"]),
             ("invalid", 2))


def in_netns(node, function):
    """Call a function in the node's namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", encoding="utf-8") as old, \
         open(f"/run/netns/{node.name}", encoding="utf-8") as new:
        if libc.setns(new.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return function()
        finally:
            libc.setns(old.fileno(), CLONE_NEWNET)


def dump(sock, between, **request):
    """A dump, with something that happens after the first datagram.

    The numbers of objects, whether it was interrupted, and where the next one
    goes on.
    """
    known = sock.spec.attributes["entry"]
    sock.send("obj-info-get", genl.NLM_F_REQUEST | genl.NLM_F_DUMP, **request)
    ids, interrupted, following, first = [], False, None, True
    while True:
        for kind, flags, payload in sock.receive():
            interrupted |= bool(flags & genl.NLM_F_DUMP_INTR)
            if kind in (genl.NLMSG_DONE, genl.NLMSG_ERROR):
                return ids, interrupted, following
            got = dict(genl.attributes_of(payload[4:]))
            number = int.from_bytes(got[known["id"][0]], "little")
            if known["last"][0] in got:
                following = number
            else:
                ids.append(number)
        if first:
            between()
            first = False


def dumps(tap, one):
    """A dump says when it was interrupted, and is limited."""
    spec = genl.Spec(ROOT)
    sock = in_netns(one, lambda: genl.Socket(spec, 8192))
    ids, interrupted, following = dump(sock, lambda: None, set="objs")
    tap.case("a dump without changes is not interrupted",
             len(ids) == 300 and not interrupted and following is None,
             (len(ids), interrupted, following))
    ids, interrupted, following = dump(
        sock, lambda: one.must("object", "put", "objs", "599", "z"),
        set="objs")
    tap.case("one during which an object comes is", interrupted,
             (len(ids), following))
    ids, interrupted, following = dump(
        sock, lambda: one.must("object", "remove", "objs", "599"), set="objs")
    tap.case("one during which an object goes, too", interrupted,
             (len(ids), following))
    ids, interrupted, following = dump(sock, lambda: None, set="objs",
                                       count=100)
    tap.case("one of 100 objects says where to go on",
             (len(ids), following) == (100, 199), (len(ids), following))
    ids, interrupted, following = dump(sock, lambda: None, set="objs",
                                       **{"from": (1 << 64) - 1})
    tap.case("one from the highest number ends",
             ids == [] and following is None, (ids, following))
    sock.send("obj-info-get", genl.NLM_F_REQUEST | genl.NLM_F_DUMP, set="objs")
    said = sock.ended()
    one.must("set", "destroy", "objs")
    while said is None:
        said = sock.ended()
    tap.same("one during which the set is destroyed says so", said,
             "the set was destroyed meanwhile")
    sock.close()


def dump_names(sock, between):
    """How many names are told of, and whether the dump was interrupted."""
    sock.send("name-get", genl.NLM_F_REQUEST | genl.NLM_F_DUMP)
    count, interrupted = 0, False
    while True:
        for kind, flags, _ in sock.receive():
            interrupted |= bool(flags & genl.NLM_F_DUMP_INTR)
            if kind in (genl.NLMSG_DONE, genl.NLMSG_ERROR):
                return count, interrupted
            count += 1
        between()
        between = (lambda: None)


def name_dumps(tap, one):
    """A list of names that takes several datagrams says so, too."""
    names = [f"name-{number:03}-of-500" for number in range(500)]

    def batch(verb, some):
        """All of them."""
        status, _, err = one.ctl("-b", "-", stdin="".join(
            f"name {verb} service {name}\n" for name in some))
        tap.case(f"{verb} {len(some)} names", status == 0, err)

    batch("hold", names)
    sock = in_netns(one, lambda: genl.Socket(genl.Spec(ROOT), 4096))
    tap.same("a dump of names without changes is not interrupted",
             dump_names(sock, lambda: None), (500, False))
    count, interrupted = dump_names(
        sock, lambda: batch("release", names[:200]))
    tap.case("one during which names go is", interrupted, count)
    tap.same("the next one is not",
             dump_names(sock, lambda: None), (300, False))
    sock.close()
    batch("release", names[200:])


def other_node(tap, one, two):
    """Ping, and stop."""
    out = json.loads(one.must("-j", "ping", "2", "count", "5", "interval",
                              "0"))
    tap.case("ping measures", 0 < out["min"] <= out["average"] <=
             out["max"] < 5e9 and out["count"] == 5, out)
    nodes = {n["id"]: n for n in json.loads(one.must("-j", "nodes"))}
    tap.case("nodes shows the time", nodes[2]["rtt"] and
             nodes[1]["rtt"] is None, nodes)
    tap.same("and the version of the protocol", nodes[2]["version"], 1)
    two.must("config", "set", "remote-stop", "no")
    status, _, err = one.ctl("stop", "node", "2")
    tap.case("a node that must not be stopped by others goes on",
             status == 1 and "node 2 may not be stopped by others" in err and
             two.ctl("status")[0] == 0, err)
    two.must("config", "set", "remote-stop", "yes")
    status, _, err = one.ctl("stop", "node", "2")
    tap.case("a node is stopped by another one", status == 0 and
             two.ctl("status")[0] == 3, err)
    tap.same("and is gone", len(json.loads(one.must("-j", "nodes"))), 1)
    two.must("start", "id", "2")
    one.must("wait", "nodes", "2", "timeout", "20")
    tap.same("it can be started again", two.ctl("status")[0], 0)
    status, _, err = one.ctl("stop", "node", "1")
    tap.case("stop with the own id stops this node", status == 0 and
             one.ctl("status")[0] == 3, err)
    one.must("start", "id", "1")
    one.must("wait", "nodes", "2", "timeout", "20")


def not_in_time(tap, one, two):
    """The time that is set is the time that is waited."""
    one.must("set", "create", "slow", "size", "8", "hold", "1000")
    one.must("config", "set", "object-timeout", "1")
    # The other node keeps what it has written, unless this one is slow to ask.
    for _ in range(5):
        two.must("object", "put", "slow", "1", "x")
        status, _, err = one.ctl("object", "put", "slow", "1", "y")
        if status:
            break
    tap.case("an object operation ends in time", status == 1 and
             "object 1 was not free in time" in err, err)
    one.must("config", "set", "object-timeout", "10000")
    tap.same("or waits as long as it takes",
             one.ctl("object", "put", "slow", "1", "y")[0], 0)
    one.must("set", "destroy", "slow")


def tracing(tap, one, two):
    """Tracepoints fire, with what happened in their fields."""
    base = "/sys/kernel/tracing"
    if not os.path.isdir(base + "/events/kddm"):
        tap.case("the kernel has tracepoints # SKIP it does not", True)
        return
    with open(base + "/events/kddm/enable", "w", encoding="ascii") as file:
        file.write("1")
    one.must("set", "create", "traced", "size", "8", "home", "1")
    two.must("object", "put", "traced", "5", "x")
    one.must("object", "get", "traced", "5")
    one.must("ping", "2")
    one.must("set", "destroy", "traced")
    with open(base + "/events/kddm/enable", "w", encoding="ascii") as file:
        file.write("0")
    with open(base + "/trace", encoding="utf-8") as file:
        text = file.read()
    for what in (r"kddm_set_change: self=1 set=\d+ name=traced created",
                 r"kddm_set_change: self=1 set=\d+ name=traced destroyed",
                 r"kddm_set_change: self=2 set=\d+ name=traced forgotten",
                 r"kddm_obj_wait: self=2 set=\d+ id=5 grab",
                 r"kddm_obj_wait_end: self=2 set=\d+ id=5 grab err=0",
                 r"kddm_obj_state: self=2 set=\d+ id=5 \w+ -> writer",
                 r"kddm_obj_state: self=1 set=\d+ id=5 get -> shared "
                 r"event=data",
                 r"kddm_msg_tx: 2 -> 1 .* type=\d+",
                 r"kddm_msg_rx: 2 -> 1 .* type=\d+",
                 r"kddm_rpc_call: self=1 dst=2 service=\w+ id=\d+ len=8",
                 r"kddm_rpc_end: self=1 dst=2 .* result=0"):
        tap.case("traced: " + what.split(":")[0], re.search(what, text),
                 what + "\n" + text[-1500:])


def debugging(tap, one, two):
    """debugfs, and the report."""
    one.must("set", "create", "held", "size", "8", "hold", "1000", "home", "1")
    one.must("object", "put", "held", "3", "x")
    with subprocess.Popen(two.command("kddmctl", "object", "put", "held", "3",
                                      "secret")):
        time.sleep(0.3)
        report = one.must("debug")
    for what in (r"^== kddmctl status\n\nstate +running", r"^== kddmctl nodes",
                 r"^== kddmctl config show", r"^== kddmctl services",
                 r"^== kddmctl name list",
                 r"^== kddmctl object list held summary\n\nowner +1",
                 r"/nodes\n\nnode 1: link \w+",
                 r"^node 2: link up, .*\n  channel 0: sent \d+",
                 r"/calls\n", r"^set held:\n  3: owner, .* queued 1",
                 r"^== the kernel's log"):
        tap.case("the report has " + what[:32].encode("unicode_escape")
                 .decode(), re.search(what, report, re.MULTILINE), report)
    tap.case("but nothing of what is in objects", "secret" not in report)
    one.must("set", "destroy", "held")


def control(tap, one, two):
    """All of it."""
    config(tap, one)
    membership(tap, one, two)
    objects(tap, one, two)
    dumps(tap, one)
    name_dumps(tap, one)
    other_node(tap, one, two)
    not_in_time(tap, one, two)
    tracing(tap, one, two)
    debugging(tap, one, two)
