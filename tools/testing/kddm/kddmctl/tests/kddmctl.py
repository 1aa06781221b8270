#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""kddmctl as its users see it: in a terminal, in scripts, and when it is wrong.

Runs as root in a test machine with KDDM, kddmctl, ip, tmux and jsonschema, and
prints TAP.
"""

import json
import os
import pwd
import shlex
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import jsonschema
import control
import errors
import genl
import lib
import session

PROGRAM = os.path.dirname(HERE)


class Schema:
    """What is promised of JSON, by command."""

    def __init__(self):
        with open(os.path.join(HERE, "schema.json"), encoding="utf-8") as file:
            self.all = json.load(file)
        self.known = {name for name in self.all["$defs"]
                      if name not in ("u16", "u32", "u64", "address", "name",
                                      "size", "ms", "optional", "object-state",
                                      "run-state", "membership", "quorum",
                                      "founders")}
        self.seen = set()

    def check(self, command, text):
        """Nothing, or what is wrong with the text."""
        self.seen.add(command)
        schema = {"$ref": f"#/$defs/{command.replace(' ', '%20')}",
                  "$defs": self.all["$defs"]}
        try:
            jsonschema.validate(json.loads(text), schema)
        except (ValueError, jsonschema.ValidationError) as error:
            return f"{error}\n{text}"
        return ""


def check_json(tap, schema, node, command, *words):
    """A command's output is one line that fits the schema."""
    status, out, err = node.ctl("-j", *command.split(), *words)
    why = err if status else schema.check(command, out)
    tap.case(f"JSON of {command}", not why and out.count("\n") == 1, why or out)


def json_of_all(tap, schema, one):
    """The JSON of each command that writes some."""
    for command, words in (
            ("status", []), ("nodes", []),
            ("set create", ["json", "size", "8", "hold", "3"]),
            ("set show", ["json"]), ("set list", []),
            ("object put", ["json", "5", "\"q\\\n"]),
            ("object get", ["json", "5", "offset", "0"]),
            ("object get", ["json", "6", "length", "3"]),
            ("object put", ["json", "7", "hex", "ff00"]),
            ("object get", ["json", "7"]),
            ("top", ["count", "1"]),
            ("wait", ["nodes", "2", "set", "json"]),
            ("wait", ["recovered", "members", "2"]),
            ("ping", ["2"]), ("services", []), ("config show", []),
            ("object list", ["json"]), ("object show", ["json", "5"]),
            ("name hold", ["linker", "json"]), ("name list", []),
            ("tipc key generate", [])):
        check_json(tap, schema, one, command, *words)
    _, out, _ = one.ctl("-j", "object", "list", "json", "summary")
    why = schema.check("object list summary", out)
    tap.case("JSON of object list summary", not why, why)
    out = one.must("-j", "-p", "nodes")
    tap.case("pretty JSON has lines and is the same",
             out.count("\n") > 10 and not schema.check("nodes", out), out)
    one.must("set", "destroy", "json")
    one.must("name", "release", "linker", "json")


def monitor_json(tap, schema, one, two):
    """Each line of monitor is JSON."""
    with subprocess.Popen(one.command("kddmctl", "-j", "monitor"),
                          stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline()]
        one.must("set", "create", "seen", "size", "8")
        one.must("set", "destroy", "seen")
        two.must("stop")
        two.must("start", "id", "2", "cluster", "7")
        two.must("stop")
        two.must("start", "id", "2")
        one.must("wait", "nodes", "2", "timeout", "20")
        one.must("config", "set", "hold", "0")
        time.sleep(0.5)
        process.terminate()
        lines += process.stdout.readlines()
    bad = [why for why in (schema.check("monitor", line) for line in lines)
           if why]
    events = {json.loads(line)["event"] for line in lines}
    tap.case("JSON of monitor", not bad, "\n".join(bad))
    tap.same("it has all events", events,
             {"ready", "node", "service", "set-created", "set-destroyed",
              "config", "refused"})
    times = [json.loads(line)["time_us"] for line in lines]
    tap.case("in the order of time", times == sorted(times) and
             abs(times[0] / 1e6 - time.time()) < 60, times)


def top_rates(tap, one):
    """A rate of top is what was done, divided by the time."""
    with subprocess.Popen(one.command(
            "kddmctl", "-j", "top", "interval", "4", "count", "2"),
                          stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        begin = time.monotonic()
        batch = "object get demo 1\n" * 200
        one.ctl("-b", "-", stdin=batch)
        took = time.monotonic() - begin
        second = json.loads(process.stdout.readline())
    demo = [s for s in second["sets"] if s["name"] == "demo"][0]
    done = demo["hits"] * second["milliseconds"] / 1000
    tap.case("top counts 200 hits", 195 <= done <= 205,
             f"in {took} s: {second}")


def batches(tap, one):
    """Files of commands."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "commands")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# a set, and an object of two words\n\n"
                       "set create batch size 16\n"
                       "object put batch 1 'two words'   # said\n"
                       "object get batch 1\n"
                       'object put batch 2 "a \\"b\\" c"\n'
                       "object get batch 2\n"
                       "object put batch 3 back\\ slash\n"
                       "object get batch 3\n")
        status, out, err = one.ctl("-b", path)
        tap.same("a file of commands", (status, out, err),
                 (0, 'two words\na "b" c\nback slash\n', ""))
        with open(path, "w", encoding="utf-8") as file:
            file.write("object get batch 1\nset show nosuch\n"
                       "object get batch 2\n")
        status, out, err = one.ctl("-b", path)
        tap.same("it stops at an error, and tells the line",
                 (status, out, err), (1, "two words\n", "kddmctl: "
                 f"{path}:2: set show: no set \"nosuch\"\n"))
        status, out, err = one.ctl("-force", "-b", path)
        tap.same("-force goes on, with the status of the first error",
                 (status, out), (1, 'two words\na "b" c\n'))
    status, out, err = one.ctl("-j", "-b", "-", stdin="status\nnodes\n")
    tap.case("JSON of a file is one line for each command",
             status == 0 and out.count("\n") == 2, out + err)
    one.must("set", "destroy", "batch")


def exit_codes(tap, one):
    """What scripts go by."""
    tap.same("0: done", one.ctl("status")[0], 0)
    tap.same("1: failed", one.ctl("set", "show", "nosuch")[0], 1)
    tap.same("2: wrong command line", one.ctl("frob")[0], 2)
    tap.same("5: time is up",
             one.ctl("wait", "nodes", "3", "timeout", "1")[0], 5)
    begin = time.monotonic()
    status = one.ctl("wait", "nodes", "3", "timeout", "2")[0]
    took = time.monotonic() - begin
    tap.case("and not before", status == 5 and 1.9 <= took < 10, took)
    full = subprocess.run(one.command("sh", "-c", "kddmctl help >/dev/full"),
                          stderr=subprocess.PIPE, text=True, check=False)
    tap.case("a full disk is an error", full.returncode == 1 and
             "No space left" in full.stderr, full)


def elsewhere(tap, two):
    """The option that names another namespace."""
    for option in (["-n", two.name], [f"-netns={two.name}"]):
        out = lib.sh("kddmctl", *option, "-j", "status")
        tap.same(f"{' '.join(option)} acts on that namespace",
                 json.loads(out)["id"], two.number)
        out = lib.sh("kddmctl", "complete", *option, "sta")
        tap.same(f"{' '.join(option)} is passed when a word is completed",
                 out.split(), ["start", "status"])


def waits(tap, one, two):
    """wait ends when the node comes."""
    two.must("stop")
    tap.same("one node is left", one.ctl("wait", "nodes", "2", "timeout",
                                         "0")[0], 5)
    with subprocess.Popen(one.command("kddmctl", "-j", "wait", "nodes", "2",
                                      "timeout", "30"),
                          stdout=subprocess.PIPE, text=True) as process:
        time.sleep(1.2)
        two.must("start", "id", "2")
        out = json.loads(process.communicate(timeout=20)[0])
    tap.case("wait ends when the second has come",
             process.returncode == 0 and out["nodes"] == 2 and
             1000 <= out["milliseconds"] < 15000, out)
    tap.same("wait for a set", one.ctl("wait", "nodes", "1", "online", "set",
                                       "demo", "timeout", "5")[0], 0)


def words(command):
    """The words of a row, in which only blanks part."""
    return [word for word in command.split(" ") if word]


def table(tap, one, seen):
    """Messages while two nodes run."""
    with tempfile.NamedTemporaryFile(suffix=".big") as big:
        big.write(b"x" * 20000)
        big.flush()
        errors.check_table(tap, lambda command: one.ctl(*words(
            command.replace("{big}", big.name))), errors.RUNNING, seen)
    for text, status, message in errors.BATCH:
        errors.check_table(
            tap, lambda _command, text=text: one.ctl("-b", "-", stdin=text),
            [(text.splitlines()[-1], status, message)], seen)
    nobody = str(pwd.getpwnam("nobody").pw_uid)

    def unprivileged(command):
        done = subprocess.run(one.command(
            "setpriv", "--reuid", nobody, "--clear-groups", "--inh-caps=-all",
            "kddmctl", *shlex.split(command)), capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    errors.check_table(tap, unprivileged, errors.UNPRIVILEGED, seen)
    shown = unprivileged("-j set show demo")
    tap.case("a user sees a set, and no count of its objects",
             shown[0] == 0 and "states" not in json.loads(shown[1]), shown)
    tap.case("root sees it", "states" in json.loads(
        one.must("-j", "set", "show", "demo")))
    down = lib.Node(9)
    try:
        down.run("ip", "link", "set", "eth0", "down")
        done = subprocess.run(down.command(
            "setpriv", "--reuid", nobody, "--clear-groups", "--inh-caps=-all",
            "kddmctl", "tipc", "up", "eth0"), capture_output=True, text=True,
                              check=False)
        tap.case("a user cannot set a device up", done.returncode == 1 and
                 "cannot set eth0 up" in done.stderr, done)
        tap.case("root can", "is up, TIPC address" in
                 down.must("tipc", "up", "eth0"))
        tap.case("and the device is up", ",UP" in
                 down.run("ip", "link", "show", "eth0"))
    finally:
        down.delete()


def udp(tap, schema):
    """TIPC over UDP, from one command."""
    nodes = [lib.Node(5), lib.Node(6)]
    try:
        for node in nodes:
            node.run("ip", "addr", "add", f"10.0.0.{node.number}/24", "dev",
                     "eth0")
            node.run("ip", "link", "set", "eth0", "up")
        check_json(tap, schema, nodes[0], "tipc up", "10.0.0.5", "netid",
                   "4800", "identity", "five")
        other = nodes[1].must("tipc", "up", "10.0.0.6", "netid", "4800")
        tap.case("the other says its address", "udp:kddm is up" in other, other)
        for node in nodes:
            node.must("start", "id", str(node.number))
        tap.same("nodes meet over UDP",
                 nodes[0].ctl("wait", "nodes", "2", "timeout", "20")[0], 0)
        tap.case("by the identity that was given", "five" in
                 nodes[0].run("tipc", "node", "get", "identity"))
    finally:
        for node in nodes:
            node.delete()


def main():
    """The phases: no TIPC, a stopped node, two running ones."""
    tap, schema, seen = lib.Tap(), Schema(), []
    lib.bridge()
    one, two = lib.Node(1), lib.Node(2)
    try:
        errors.check_table(tap, lambda command: one.ctl(*words(command)),
                           errors.BARE, seen)
        check_json(tap, schema, one, "tipc up", "eth0")
        errors.check_table(tap, lambda command: one.ctl(*words(command)),
                           errors.STOPPED, seen)
        tap.same("3: status of a stopped node", one.ctl("status")[0], 3)
        check_json_stopped(tap, schema, one)
        check_json(tap, schema, one, "start", "id", "1")
        two.start()
        one.must("wait", "nodes", "2", "timeout", "20")
        one.must("set", "create", "demo", "size", "8")
        one.must("object", "put", "demo", "1", "text")
        table(tap, one, seen)
        errors.check_all_seen(tap, PROGRAM, seen)
        sock = control.in_netns(one, lambda: genl.Socket(
            genl.Spec(control.ROOT)))
        errors.check_raw(tap, sock, seen)
        sock.close()
        errors.check_kernel(tap, os.path.join(control.ROOT, "net/kddm"), seen)
        json_of_all(tap, schema, one)
        monitor_json(tap, schema, one, two)
        top_rates(tap, one)
        batches(tap, one)
        exit_codes(tap, one)
        elsewhere(tap, two)
        waits(tap, one, two)
        session.session(tap, one, two, os.path.join(
            PROGRAM, "kddmctl.bash-completion"))
        control.control(tap, one, two)
        udp(tap, schema)
        tap.same("the schema has no more commands", schema.known, schema.seen)
    finally:
        one.delete()
        two.delete()
        lib.no_bridge()
    return tap.end()


def check_json_stopped(tap, schema, one):
    """The status of a stopped node, which ends with 3."""
    _, out, _ = one.ctl("-j", "status")
    why = schema.check("status", out)
    tap.case("JSON of status while stopped", not why, why)


if __name__ == "__main__":
    sys.exit(main())
