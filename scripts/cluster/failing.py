# SPDX-License-Identifier: GPL-2.0-only
"""What can go wrong between machines, and what must hold all the same.

On each machine a loop writes one object, a number that grows, and another loop
reads those of all machines.  Whoever reads a smaller number than before, or that
an object was lost, notes it as bad: two machines have each value that was put.

All of them write one more object, and note the version that each write has made.
Two writes of one version would mean that two groups of machines have served apart.
"""

import collections
import json
import time

from .machine import MachineError

# Written and read on each machine; what is bad is said once.
WORK = r"""
cat >/tmp/write <<'END'
i=0
while [ ! -e /tmp/end ]; do
	i=$((i + 1))
	kddmctl object put work $1 $i 2>>/tmp/errors && echo $i >/tmp/wrote
	put=$(kddmctl -j object put work 0 $1 2>>/tmp/errors) && {
		put=${put##*'"version":'}
		echo "${put%%[,\}]*}" >>/tmp/versions
	}
	sleep 0.05
done
END
cat >/tmp/read <<'END'
while [ ! -e /tmp/end ]; do
	for o in $*; do
		v=$(kddmctl object get work $o 2>/tmp/why) || {
			grep lost /tmp/why && echo "$o: lost" >>/tmp/bad
			continue
		}
		old=$(cat /tmp/seen$o 2>/dev/null)
		[ "${v:-0}" -ge "${old:-0}" ] ||
			echo "$o: $v after $old" >>/tmp/bad
		echo ${v:-0} >/tmp/seen$o
		echo x >>/tmp/reads
	done
	sleep 0.05
done
END
rm -f /tmp/end /tmp/bad /tmp/versions; touch /tmp/bad
"""


class Failing:
    """A cluster at work whose machines and links fail."""

    def __init__(self, cluster, tap):
        self.nodes = cluster.nodes
        self.tap = tap

    def number(self, node):
        """The id of a node."""
        return self.nodes.index(node) + 1

    def form(self):
        """TIPC and KDDM up, the set made, all at work."""
        for node in self.nodes:
            # It waits until TIPC has an address.
            self.must(node, f"kddmctl tipc up {node.device} "
                            f"identity {node.name}")
        for node in self.nodes:
            self.must(node, f"kddmctl start id {self.number(node)}")
        self.serve(self.nodes)
        self.must(self.nodes[0], "kddmctl set create work size 16 replicas 2")
        self.must(self.nodes[0], "kddmctl set create lone size 16")
        for node in self.nodes:
            for name in ("work", "lone"):
                self.must(node, f"kddmctl wait nodes 1 set {name} timeout 20")
        for node in self.nodes:
            self.work(node)
        time.sleep(2)

    def work(self, node):
        """Begin to write and read."""
        objects = " ".join(str(i + 1) for i in range(len(self.nodes)))
        self.must(node, WORK + f"sh /tmp/write {self.number(node)} >/dev/null "
                  f"2>&1 &\nsh /tmp/read {objects} >/dev/null 2>&1 &\n")

    @staticmethod
    def must(node, command, timeout=90):
        """A command that has to succeed."""
        status, output = node.run(command, timeout=timeout)
        if status:
            raise MachineError(f"{node.name}: {command}: {status}: {output}")
        return output

    def serve(self, nodes, timeout=60):
        """These nodes serve a view of just them."""
        for node in nodes:
            self.must(node, f"kddmctl wait recovered members {len(nodes)} "
                            f"timeout {timeout}")

    def counts(self, nodes):
        """What each has written and how often it has read."""
        return [int(self.must(node, "echo $(cat /tmp/wrote)")) +
                int(self.must(node, "grep -c x /tmp/reads"))
                for node in nodes]

    def served_twice(self, nodes):
        """Versions of the common object that were made more than once."""
        made = collections.Counter()
        for node in nodes:
            made.update(self.must(node, "cat /tmp/versions").split())
        return [version for version, times in made.items() if times > 1]

    def fine(self, what, nodes):
        """All serve and get on, and nobody has seen anything bad."""
        try:
            self.serve(nodes)
            before = self.counts(nodes)
            time.sleep(2)
            after = self.counts(nodes)
            bad = "".join(self.must(node, "cat /tmp/bad") for node in nodes)
            still = [n.name for n, a, b in zip(nodes, before, after) if a == b]
            twice = self.served_twice(nodes)
            self.tap(what, not bad.strip() and not still and not twice,
                     f"{bad.strip()} {still} {twice}")
        except MachineError as error:
            self.tap(what, False, str(error))

    def status(self, node):
        """What the node says of itself."""
        return json.loads(node.run("kddmctl -j status")[1])

    # What fails

    def link_cut(self, node, seconds):
        """The link of a machine is cut, and heals."""
        node.monitor("set_link net off")
        time.sleep(seconds)
        node.monitor("set_link net on")
        self.fine(f"{node.name}'s link is cut for {seconds} s", self.nodes)

    def killed(self, node):
        """A machine dies at once; the others go on, with what it wrote."""
        node.kill()
        self.nodes = [other for other in self.nodes if other is not node]
        self.fine(f"{node.name} is killed", self.nodes)

    def shut_down(self, node):
        """A machine shuts down, which hands over what only it had."""
        self.must(node, "kddmctl object put lone 1 last")
        node.power_off()
        self.nodes = [other for other in self.nodes if other is not node]
        status, value = self.nodes[0].run("kddmctl object get lone 1")
        self.tap(f"what only {node.name} had outlives its shutdown",
                 status == 0 and value.strip() == "last", value)
        self.fine(f"{node.name} is shut down", self.nodes)

    def deaf(self, node, other, seconds):
        """A machine does not hear another one, which hears it."""
        mac = self.must(other, f"cat /sys/class/net/{other.device}/address")
        self.must(node, f"tc qdisc add dev {node.device} clsact && tc filter add "
                  f"dev {node.device} ingress flower src_mac {mac.strip()} "
                  "action drop")
        time.sleep(seconds)
        served = [n for n in self.nodes
                  if self.status(n).get("service") == "serving"]
        self.must(node, f"tc qdisc del dev {node.device} clsact")
        self.tap(f"{node.name} does not hear {other.name}: most serve",
                 2 * len(served) > len(self.nodes),
                 str([n.name for n in served]))
        self.fine("and hears it again", self.nodes)

    def disturbed(self, what, how, seconds):
        """All links are disturbed by netem."""
        for node in self.nodes:
            self.must(node, f"tc qdisc add dev {node.device} root netem {how}")
        time.sleep(seconds)
        self.fine(what, self.nodes)
        for node in self.nodes:
            self.must(node, f"tc qdisc del dev {node.device} root")


def short(failing):
    """A cut, a death and a shutdown."""
    failing.link_cut(failing.nodes[1], 3)
    failing.killed(failing.nodes[2])
    failing.shut_down(failing.nodes[1])


def netem(failing):
    """What netem does to all links."""
    failing.disturbed("5 % are lost", "loss 5%", 10)
    failing.disturbed("5 % come twice", "duplicate 5%", 10)
    failing.disturbed("a quarter is out of order",
                      "delay 5ms reorder 25% 50%", 10)
    failing.disturbed("all are late by 50 ms", "delay 50ms", 10)


def long(failing):
    """All of it; a death and a shutdown at last."""
    nodes = failing.nodes
    for seconds in (0.5, 3, 30):
        failing.link_cut(nodes[1], seconds)
    failing.link_cut(nodes[0], 3)
    failing.deaf(nodes[0], nodes[2], 5)
    netem(failing)
    failing.killed(nodes[-1])
    failing.shut_down(nodes[-2])
