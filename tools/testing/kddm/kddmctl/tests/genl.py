# SPDX-License-Identifier: GPL-2.0-only
"""The generic netlink family "kddm", byte by byte: for what no library would do.

Numbers come from the specification, so that they cannot differ from it.
"""

import os
import socket
import struct

import yaml

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR = 1, 4, 0x300, 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
SOL_NETLINK, NETLINK_EXT_ACK, NLMSGERR_ATTR_MSG = 270, 11, 1
NLM_F_CAPPED = 0x100
GENL_ID_CTRL, CTRL_GETFAMILY, CTRL_FAMILY_ID, CTRL_FAMILY_NAME = 16, 3, 1, 2
SPECS = "Documentation/netlink/specs"


class Spec:
    """What the specification says of numbers."""

    def __init__(self, root, family="kddm"):
        path = os.path.join(root, SPECS, family + ".yaml")
        with open(path, encoding="utf-8") as file:
            spec = yaml.safe_load(file)
        self.family = family
        self.attributes = {
            s["name"]: {a["name"]: (number, a) for number, a in
                        enumerate(s["attributes"], 1)}
            for s in spec["attribute-sets"]}
        self.operations = {op["name"]: (number, op) for number, op in
                           enumerate(spec["operations"]["list"], 1)}


def attribute(kind, payload):
    """One attribute, padded."""
    raw = struct.pack("=HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def value(spec_attribute, given):
    """The bytes of a value of its type."""
    kind = spec_attribute["type"]
    if kind == "uint":
        return struct.pack("=I" if given < 1 << 32 else "=Q", given)
    if kind == "flag":
        return b""
    if kind == "string":
        return given.encode() + b"\0"
    return given


def attributes_of(raw):
    """A list of number and bytes."""
    found = []
    while len(raw) >= 4:
        length, kind = struct.unpack_from("=HH", raw)
        if length < 4 or length > len(raw):
            break
        found.append((kind & 0x3fff, raw[4:length]))
        raw = raw[length + (-length % 4):]
    return found


def message_of(raw):
    """What the kernel says in attributes of its own, behind an error."""
    for number, payload in attributes_of(raw):
        if number == NLMSGERR_ATTR_MSG:
            return payload.rstrip(b"\0").decode()
    return ""


class Socket:
    """A socket of generic netlink that knows the family."""

    def __init__(self, spec, size=1 << 17):
        self.spec = spec
        # The kernel makes its datagrams as large as what was asked for.
        self.size = size
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.bind((0, 0))
        self.sock.settimeout(30)
        self.seq = 0
        self.family = GENL_ID_CTRL
        self.send_raw(CTRL_GETFAMILY, NLM_F_REQUEST,
                      attribute(CTRL_FAMILY_NAME,
                                spec.family.encode() + b"\0"))
        (_, _, payload), = self.receive()
        ids = [raw for kind, raw in attributes_of(payload[4:])
               if kind == CTRL_FAMILY_ID]
        self.family = struct.unpack("=H", ids[0])[0]

    def send_raw(self, command, flags, payload, family=None, length=None):
        """Any message at all."""
        self.seq += 1
        body = struct.pack("=BBH", command & 255, 1, 0) + payload
        head = struct.pack("=IHHII", 16 + len(body) if length is None else
                           length, self.family if family is None else family,
                           flags, self.seq, 0)
        self.sock.send(head + body)

    def send(self, operation, flags=NLM_F_REQUEST | NLM_F_ACK, **values):
        """A request of the specification."""
        number, op = self.spec.operations[operation]
        known = self.spec.attributes[op["attribute-set"]]
        payload = b""
        for key, given in values.items():
            kind, described = known[key.replace("_", "-")]
            payload += attribute(kind, value(described, given))
        self.send_raw(number, flags, payload)

    def receive(self):
        """The messages of one datagram: type, flags, what follows."""
        raw = self.sock.recv(self.size)
        found = []
        while len(raw) >= 16:
            length, kind, flags = struct.unpack_from("=IHH", raw)
            found.append((kind, flags, raw[16:length]))
            raw = raw[length + (-length % 4):]
        return found

    def message(self):
        """What the kernel says to a request that it refuses."""
        for kind, flags, payload in self.receive():
            if kind != NLMSG_ERROR:
                continue
            # The request is repeated, as a whole or its head.
            length = struct.unpack_from("=I", payload, 4)[0]
            skip = 20 if flags & NLM_F_CAPPED else 4 + length + (-length % 4)
            return message_of(payload[skip:])
        return ""

    def ended(self):
        """What the kernel says at the end of a list; None if that goes on."""
        for kind, _, payload in self.receive():
            if kind == NLMSG_DONE:
                return message_of(payload[4:])
        return None

    def close(self):
        """The end."""
        self.sock.close()
