# SPDX-License-Identifier: GPL-2.0-only
"""A cluster of QEMU machines on one switch."""

import contextlib
import os
import subprocess
import tempfile

from .machine import Machine, MachineError, accelerator
from .switch import Switch

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class QemuCluster:
    """As many booted machines as asked for, each with a network device eth0.

    Each of .nodes has a .name, a .device and run(command) -> status, output.
    """

    def __init__(self, count, kernel, initramfs, mem="320M"):
        self.description = (f"{count} QEMU machines ({accelerator()}), one CPU "
                            f"and {mem} of memory each, on a private switch")
        self.nodes = []
        self._count = count
        self._arguments = (kernel, initramfs)
        self._mem = mem
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="kddm-"))
            switch = stack.enter_context(Switch(directory))
            for number in range(1, self._count + 1):
                machine = Machine(f"node{number}", directory, *self._arguments,
                                  mem=self._mem, switch=switch.socket,
                                  number=number)
                machine.device = "eth0"
                self.nodes.append(stack.enter_context(machine))
            for machine in self.nodes:
                machine.wait_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def power_off(self):
        """Power all machines off; return what their kernels complained of."""
        reports = []
        for machine in self.nodes:
            try:
                machine.power_off()
            except MachineError as error:
                reports.append(str(error))
            check = subprocess.run(
                [os.path.join(SCRIPTS, "check-dmesg"), machine.dmesg],
                stderr=subprocess.PIPE, text=True, check=False)
            if check.returncode:
                reports.append(f"{machine.name}: {check.stderr}")
        return reports
