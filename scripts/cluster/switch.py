# SPDX-License-Identifier: GPL-2.0-only
"""The Ethernet that joins QEMU machines: a vde switch on a unix socket.

Nothing of it is visible outside the directory it is made in.
"""

import os
import subprocess
import time


class Switch:
    """A running vde_switch; use it as a context manager."""

    def __init__(self, directory):
        self.socket = os.path.join(directory, "switch")
        self._process = None

    def __enter__(self):
        # Its standard input is a console: an end of file there would end it.
        self._process = subprocess.Popen(
            ["vde_switch", "-sock", self.socket], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        deadline = time.monotonic() + 10
        while not os.path.exists(os.path.join(self.socket, "ctl")):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise OSError("vde_switch did not start")
            time.sleep(0.02)
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.wait()
