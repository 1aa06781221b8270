# SPDX-License-Identifier: GPL-2.0-only
"""A cluster of network namespaces in this kernel, joined by a bridge.

It is for a kernel that was booted for it (scripts/boot-uml): it makes
namespaces node1, node2, ... and a bridge in a namespace of its own.
"""

import subprocess


class Namespace:
    """One node: a network namespace with the device eth0."""

    device = "eth0"

    def __init__(self, name):
        self.name = name

    def run(self, command, timeout=60):
        """Run a shell command; return its status and output."""
        done = subprocess.run(
            ["nsenter", f"--net=/run/netns/{self.name}", "sh", "-c", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=timeout, text=True, check=False)
        return done.returncode, done.stdout


class NetnsCluster:
    """The namespaces and their bridge; they go with the kernel."""

    def __init__(self, count):
        self.description = (f"{count} network namespaces in one kernel, joined "
                            "by a bridge")
        self.nodes = []
        self._count = count

    def __enter__(self):
        self._ip("netns add switch", "-n switch link add br0 type bridge",
                 "-n switch link set br0 up")
        for number in range(1, self._count + 1):
            name = f"node{number}"
            self._ip(f"netns add {name}",
                     f"link add eth0 netns {name} address "
                     f"52:54:00:00:00:{number:02x} type veth peer name "
                     f"port{number} netns switch",
                     f"-n switch link set port{number} master br0 up",
                     f"-n {name} link set lo up",
                     f"-n {name} link set eth0 up")
            self.nodes.append(Namespace(name))
        return self

    def __exit__(self, *exception):
        pass

    def power_off(self):
        """Remove the namespaces; the kernel's log is checked by boot-uml."""
        for node in self.nodes:
            self._ip(f"netns del {node.name}")
        self._ip("netns del switch")
        return []

    @staticmethod
    def _ip(*commands):
        for command in commands:
            subprocess.run(["ip"] + command.split(), check=True)
