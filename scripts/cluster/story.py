# SPDX-License-Identifier: GPL-2.0-only
"""The demonstration: what is done on a cluster of three nodes, and checked.

It is told once, for every kind of cluster: a node has a name, a network
device and run().
"""

HELLO = "hello from node 1"
AGAIN = "node 3 was here"


def form(cluster, told):
    """Join the nodes: TIPC below, KDDM above."""
    told.section("TIPC: give each node an identity and let it use its Ethernet "
                 "device; TIPC then finds the other nodes by itself.")
    connect(cluster, told)

    told.section("KDDM: start it on each node, with the node's number. Every "
                 "node comes to see all of them as \"possible\": able to "
                 "share objects.")
    start(cluster, told)
    for node in cluster.nodes:
        told.succeed(node, "kddmctl nodes")


def connect(cluster, told):
    """Set up TIPC on all nodes and wait until it has its links."""
    for node in cluster.nodes:
        told.succeed(node, f"tipc node set identity {node.name}")
        told.succeed(node, f"tipc bearer enable media eth device {node.device}")
    others = len(cluster.nodes) - 1
    for node in cluster.nodes:
        told.wait(node, "tipc link list", f"has TIPC links to {others} others",
                  lambda text: len([line for line in text.splitlines()
                                    if line.endswith(": up")
                                    and "broadcast" not in line]) == others,
                  parse=str)


def start(cluster, told):
    """Start KDDM on all nodes and wait until they see each other."""
    for number, node in enumerate(cluster.nodes, 1):
        told.succeed(node, f"kddmctl start id {number}")
    everybody = {number: "possible"
                 for number in range(1, len(cluster.nodes) + 1)}
    for node in cluster.nodes:
        told.wait(node, "kddmctl -j nodes",
                  f"sees {len(everybody)} possible nodes",
                  lambda nodes: states(nodes) == everybody)


def share(cluster, told):
    """Share one object between all nodes."""
    one, two, three = cluster.nodes

    told.section("A set of objects is created on node 1 and found by its name "
                 "on the others.")
    told.succeed(one, "kddmctl set create demo size 64")
    told.wait(two, "kddmctl -j set list", "knows the set \"demo\"",
              lambda sets: "demo" in names(sets))
    told.succeed(two, "kddmctl set list")

    told.section("Node 1 writes object 7, node 2 reads it.")
    told.succeed(one, f"kddmctl object put demo 7 '{HELLO}'")
    expect(told, two, HELLO)

    told.section("Node 3 overwrites the object: the copies on the other nodes "
                 "are invalidated, so nobody can read the old text.")
    told.succeed(three, f"kddmctl object put demo 7 '{AGAIN}'")
    expect(told, one, AGAIN)
    expect(told, two, AGAIN)


def leave(cluster, told):
    """One node stops; the others go on."""
    one, two, three = cluster.nodes

    told.section("Node 3 stops cleanly; the other nodes see it leave.")
    told.succeed(three, "kddmctl stop")
    for node in (one, two):
        told.wait(node, "kddmctl -j nodes", "sees two possible nodes, not node 3",
                  lambda nodes: {number: state
                                 for number, state in states(nodes).items()
                                 if state != "offline"}
                  == {1: "possible", 2: "possible"})
        told.succeed(node, "kddmctl nodes")


def expect(told, node, text):
    """Read object 7 and check that it holds the text."""
    status, output = told.command(node, "kddmctl object get demo 7")
    read = output.strip().rstrip("\0")
    told.check(f"{node.name} reads \"{text}\"", status == 0 and read == text,
               read)


def states(nodes):
    """The node table as {number: state}."""
    return {node["id"]: node["state"] for node in nodes}


def names(sets):
    """The names in a list of sets."""
    return [item.get("name") for item in sets]


def tell(cluster, told):
    """The whole story; every check is recorded in the transcript."""
    told.section("The cluster: " + cluster.description)
    for part in (form, share, leave):
        part(cluster, told)
        if told.failed:
            break
    told.section("Power off.")
    reports = cluster.power_off()
    told.check("no kernel reported a warning", not reports, "; ".join(reports))
