# SPDX-License-Identifier: GPL-2.0-only
"""fs/dlm on the nodes of a cluster, without its daemon, for comparison.

What dlm_controld would do is done by hand: tell DLM in configfs who the nodes
are, and answer when it says that a lock space is to be made.
"""

import re
import threading

CONFIG = "/sys/kernel/config/dlm/cluster"
SPACE = "/sys/kernel/dlm/kddm"
NETWORK = "10.9.0"


def configure(cluster):
    """Let each node's DLM know all nodes."""
    count = len(cluster.nodes)
    for number, node in enumerate(cluster.nodes, 1):
        must(node, f"ip addr add {NETWORK}.{number}/24 dev {node.device}",
             "mount -t configfs none /sys/kernel/config",
             f"mkdir {CONFIG} && mkdir {CONFIG}/spaces/kddm")
        for other in range(1, count + 1):
            must(node, *comm(other, other == number),
                 f"mkdir {CONFIG}/spaces/kddm/nodes/{other}",
                 f"echo {other} >{CONFIG}/spaces/kddm/nodes/{other}/nodeid")


def comm(number, local):
    """The commands that make a node known: a socket address, in one write."""
    there = f"{CONFIG}/comms/{number}"
    return (f"mkdir {there}", f"echo {number} >{there}/nodeid",
            f"(printf '\\002\\000\\000\\000\\012\\011\\000\\{number:03o}'; "
            f"head -c 120 /dev/zero) >/tmp/addr && cat /tmp/addr >{there}/addr",
            *([f"echo 1 >{there}/local"] if local else []))


def must(node, *commands):
    """Run commands that must succeed."""
    for command in commands:
        status, output = node.run(command)
        if status:
            raise OSError(f"{node.name}: {command}: {output}")


def go_around(cluster, module, milliseconds):
    """Have all nodes load the module, once: hand-overs in a second."""
    rates = {}
    count = len(cluster.nodes)

    def one(place, node):
        command = (
            f"insmod {module} nodes={count} place={place} ms={milliseconds} & "
            f"until [ -e {SPACE}/control ]; do sleep 0.1; done; "
            f"echo 1 >{SPACE}/id; echo 1 >{SPACE}/control; "
            f"echo 0 >{SPACE}/event_done; wait $! && dmesg | grep kddm_dlm")
        _, output = node.run(command, timeout=90)
        match = re.search(r"(\d+) hand-overs to this node in (\d+) us", output)
        if match:
            rates[place] = int(match.group(1)) * 1e6 / int(match.group(2))

    threads = [threading.Thread(target=one, args=pair)
               for pair in enumerate(cluster.nodes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(rates) < count:
        raise OSError("fs/dlm did not go around")
    return sum(rates.values())
