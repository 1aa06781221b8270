# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU machine and the channel over which it runs commands.

The machine boots the x86 test kernel with the initramfs of
scripts/make-initramfs.  Its first serial port is the kernel's console and goes
to a file.  Its second is a unix socket: each line that we write is a number
and a command in base64; the init script answers with the command's output
and a line "@@NUMBER STATUS".  QEMU's monitor is a third channel.
"""

import base64
import os
import re
import socket
import subprocess
import time


class MachineError(Exception):
    """The machine did not do what it was asked; the text says which and why."""


def accelerator():
    """Choose KVM only where a guest can really run on it."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
        capable = re.search(r"^flags\s*:.*\b(vmx|svm)\b", cpuinfo.read(),
                            re.MULTILINE)
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError:
        capable = None
    return "kvm" if capable else "tcg"


class Machine:
    """A machine that was started; use it as a context manager."""

    def __init__(self, name, directory, kernel, initramfs, cpus=1, mem="512M",
                 switch=None, number=1, append=""):
        self.name = name
        self.dmesg = os.path.join(directory, name + ".dmesg")
        self.log = os.path.join(directory, name + ".qemu")
        self._path = os.path.join(directory, name + ".ctl")
        self._monitor = os.path.join(directory, name + ".mon")
        self._count = 0
        self._rest = b""
        self._socket = None
        self._process = None
        accel = accelerator()
        self._command = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", accel,
            "-cpu", "host" if accel == "kvm" else "max",
            "-m", mem, "-smp", str(cpus), "-nodefaults", "-no-reboot",
            "-display", "none", "-kernel", kernel, "-initrd", initramfs,
            "-append", "console=ttyS0 panic=-1 ignore_loglevel "
                       f"kddm.name={name} {append}".strip(),
            "-serial", "file:" + self.dmesg,
            "-chardev", f"socket,id=ctl,path={self._path},server=on,wait=off",
            "-serial", "chardev:ctl",
            "-monitor", f"unix:{self._monitor},server=on,wait=off",
            "-device", "virtio-rng-pci"]
        if switch:
            self._command += [
                "-netdev", f"vde,id=net,sock={switch}",
                "-device", "virtio-net-pci,netdev=net,romfile=,"
                           f"mac=52:54:00:00:00:{number:02x}"]

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.kill()

    def start(self):
        """Start QEMU and connect to it; the machine still boots afterwards."""
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)
        self._socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 10
        while True:
            try:
                self._socket.connect(self._path)
                return self
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise MachineError(
                        f"{self.name}: qemu did not start: "
                        + self._tail(self.log)) from None
                time.sleep(0.02)

    def wait_ready(self, timeout=120):
        """Wait until the machine's init script takes commands."""
        self._read_until(re.compile(rb"(?m)^@@ready\r?\n"),
                         time.monotonic() + timeout, "boot")

    def run(self, command, timeout=60, show=None):
        """Run a shell command; return its status and output.

        show, when given, is called with each piece of output as it comes.
        """
        self._count += 1
        line = base64.b64encode(command.encode()).decode()
        self._socket.sendall(f"{self._count} {line}\n".encode())
        mark = re.compile(rb"\n@@%d (\d+)\n" % self._count)
        match, output = self._read_until(mark, time.monotonic() + timeout,
                                         command, show)
        return int(match.group(1)), output.decode(errors="replace")

    def monitor(self, command):
        """Have QEMU's monitor do a command."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(10)
            monitor.connect(self._monitor)
            said = b""
            for line in (None, command):
                if line:
                    monitor.sendall(line.encode() + b"\n")
                said = b""
                while not said.endswith(b"(qemu) "):
                    data = monitor.recv(4096)
                    if not data:
                        raise MachineError(f"{self.name}: no monitor")
                    said += data
        return said.decode(errors="replace")

    def power_off(self, timeout=30):
        """Let the machine power itself off."""
        try:
            self._socket.sendall(b"0 off\n")
            self._process.wait(timeout)
        except (OSError, subprocess.TimeoutExpired):
            raise MachineError(f"{self.name}: did not power off") from None
        finally:
            self.kill()

    def kill(self):
        """End QEMU, if it is still there."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._socket:
            self._socket.close()
            self._socket = None

    def _read_until(self, mark, deadline, what, show=None):
        shown = 0
        while True:
            match = mark.search(self._rest)
            # What could be the beginning of the mark is not shown yet.
            end = match.start() if match else self._rest.rfind(b"\n@@")
            if not match and end < 0:
                end = len(re.sub(rb"\n@?\Z", b"", self._rest))
            if show and end > shown:
                show(self._rest[shown:end].decode(errors="replace"))
                shown = end
            if match:
                output = self._rest[:match.start()]
                self._rest = self._rest[match.end():]
                return match, output
            self._rest += self._receive(deadline, what)

    def _receive(self, deadline, what):
        left = deadline - time.monotonic()
        if left <= 0:
            raise MachineError(f"{self.name}: no answer to \"{what}\" in time; "
                               "its console ended with:\n"
                               + self._tail(self.dmesg))
        self._socket.settimeout(left)
        try:
            data = self._socket.recv(65536)
        except socket.timeout:
            return b""
        if not data:
            raise MachineError(f"{self.name}: the machine stopped during "
                               f"\"{what}\"; its console ended with:\n"
                               + self._tail(self.dmesg))
        return data

    @staticmethod
    def _tail(path, lines=25):
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join("  | " + line for line in file.readlines()[-lines:])
