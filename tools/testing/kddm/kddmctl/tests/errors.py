# SPDX-License-Identifier: GPL-2.0-only
"""Every error message: a table of commands and what is said to each.

A row is (command, exit status, message).  The message is the whole line behind
"kddmctl: ".  Afterwards each message in the sources must have been seen, but for
those of which a list says why they cannot be had here.
"""

import os
import re

LONG = "x" * 17
NUMBER = "is not a number from"

# The kernel has no bearer yet, and no node runs.
BARE = [
    ("start id 5", 1, "start: TIPC has no node address here: run "
     "'kddmctl tipc up DEV'"),
    ("tipc up nosuch key /none", 1,
     "tipc up: /none: No such file or directory"),
    ("tipc up nosuch", 1,
     'tipc up: there is no network device "nosuch"'),
    ("tipc up 10.9.9.9", 1,
     "tipc up: 10.9.9.9: Cannot assign requested address"),
    ("tipc up lo", 1,
     "tipc up: no bearer: Failed to enable media"),
    ("tipc key set hex " + "00" * 20, 1, "tipc key set: cannot set the key: .*"),
    ("tipc up eth0 identity " + "y" * 16, 2,
     f'tipc up: identity "{"y" * 16}" does not have 1 to 15 characters'),
]

# The node is stopped.
STOPPED = [
    ("", 2, "no command; kddmctl help lists them"),
    ("frob", 2, 'no command "frob"; kddmctl help lists them'),
    ("set", 2,
     "set: what to do\\? one of: create, list, show, destroy"),
    ("set frob", 2,
     'set: "frob" is none of: create, list, show, destroy'),
    ("tipc key", 2, "tipc key: what to do\\? one of: set, generate, flush"),
    ("-x status", 2, "no option -x"),
    ("-xnosuch status", 2, "no option -xnosuch"),
    ("-b", 2, "-b: the file is missing"),
    ("-n", 2, "-n: the name is missing"),
    ("-n nosuch status", 1, 'there is no network namespace "nosuch"'),
    ("-n ../netns/k1 status", 1,
     'there is no network namespace "../netns/k1"'),
    ("-color=blue status", 2, 'color "blue" is not always, auto or never'),
    ("-b /dev/null status", 2, "either a file or a command, not both"),
    ("-b /nonexistent", 1, "batch: /nonexistent: No such file or directory"),
    ("-b /", 1, "batch: /: Is a directory"),
    ("start id", 2, "start: id is missing"),
    ("start id 1024", 2, f'start: id "1024" {NUMBER} 0 to 1023'),
    ("start id -1", 2, f'start: id "-1" {NUMBER} 0 to 1023'),
    ("start cluster 4294967296", 2,
     f'start: cluster "4294967296" {NUMBER} 0 to 4294967295'),
    ("start bogus", 2, 'start: "bogus" is not id or cluster'),
    ("start", 1, "start: TIPC address .* is no node id, give an id of 0 to 1023"),
    ("stop now", 2, 'stop: "now" is one word too many'),
    ("stop", 1, "stop: not running"),
    ("stop node 1024", 2, f'stop: node "1024" {NUMBER} 0 to 1023'),
    ("stop node 5", 1, "stop: not running"),
    ("ping", 2, "ping: the node is missing"),
    ("ping 1 bogus", 2, 'ping: "bogus" is not count or interval'),
    ("ping 1", 1, "ping: this namespace is not a running node"),
    ("config set", 2, "config set: what to set is missing"),
    ("config set bogus", 2, 'config set: "bogus" is not id, cluster, hold, '
     "object-timeout, stop-timeout, remote-stop, quorum, founders, "
     "start-timeout, leave-timeout or replicas"),
    ("config set replicas 9", 2,
     f'config set: replicas "9" {NUMBER} 1 to 8'),
    ("config set quorum", 2, "config set: the quorum policy is missing"),
    ("config set quorum all", 2,
     'config set: "all" is not auto, majority, tiebreak or none'),
    ("config set founders 0", 2,
     f'config set: founders "0" {NUMBER} 1 to 1024'),
    ("config set start-timeout 60001", 2,
     f'config set: start-timeout "60001" {NUMBER} 0 to 60000'),
    ("config set leave-timeout", 2, "config set: leave-timeout is missing"),
    ("config set remote-stop", 2, "config set: yes or no is missing"),
    ("config set remote-stop 1", 2, 'config set: "1" is not yes or no'),
    ("config set stop-timeout 60001", 2,
     f'config set: stop-timeout "60001" {NUMBER} 1 to 60000'),
    ("config set id 1 id tipc", 1,
     "config set: either an id or none, not both"),
    ("object list a state bogus", 2,
     'object list: "bogus" is no state of an object'),
    ("object list a bogus", 2,
     'object list: "bogus" is not state, from or summary'),
    ("name", 2, "name: what to do\\? one of: list, hold, release"),
    ("name hold", 2, "name hold: linker or service is missing"),
    ("name hold set a", 2, 'name hold: "set" is not linker or service'),
    ("name hold linker", 2, "name hold: the name is missing"),
    ("name hold linker a b", 2, 'name hold: "b" is one word too many'),
    ("name hold linker a", 1,
     "name hold: this namespace is not a running node"),
    ("name release service a", 1,
     "name release: this namespace is not a running node"),
    ("set create", 2, "set create: the set's name is missing"),
    (f"set create {LONG}", 2, f"set create: the set's name \"{LONG}\" does not "
     "have 1 to 16 characters"),
    ("set create a", 2, "set create: size is missing"),
    ("set create a size 0", 2, f'set create: size "0" {NUMBER} 1 to 65536'),
    ("set create a bogus", 2, 'set create: "bogus" is not size, linker, home, '
     "hold, lost-timeout, replicas, exclusive or touch-home"),
    ("set create a size 8", 1,
     "set create: this namespace is not a running node"),
    ("object get a 1 bogus", 2, 'object get: "bogus" is not nocreate, hex, raw, '
     "offset or length"),
    ("object put a 1", 2, "object put: what to put is missing"),
    ("object put a 1 two words", 2, 'object put: "two" is not text, hex or file '
     "\\(quote a text of several words\\)"),
    ("object put a 1 three words more", 2, 'object put: "three" is not nocreate '
     "or offset \\(quote a text of several words\\)"),
    ("object put a 1 hex xy", 2,
     'object put: "xy" is not a hexadecimal number'),
    ("object put a 1 hex 123", 2,
     "object put: the hexadecimal digits do not pair"),
    ("object put a 1 file /dev/zero", 2,
     "object put: the data have more than 65536 bytes"),
    ("object put a 1 file /nonexistent", 1,
     "object put: /nonexistent: No such file or directory"),
    ("object put a 1 file /", 1, "object put: /: Is a directory"),
    ("debug now", 2, 'debug: "now" is one word too many'),
    ("-j debug", 2, "debug: there is no JSON of it"),
    ("monitor now", 2, 'monitor: "now" is one word too many'),
    ("top bogus", 2, 'top: "bogus" is not interval or count'),
    ("top interval 0", 2, f'top: interval "0" {NUMBER} 1 to 3600'),
    ("wait", 2, "wait: nodes or recovered is missing"),
    ("wait for", 2, 'wait: "for" is not nodes or recovered'),
    ("wait recovered soon", 2, 'wait: "soon" is not replicas, members or timeout'),
    ("wait recovered timeout 0", 5, "wait: after 0 s the node is stopped"),
    ("wait nodes 1 soon", 2,
     'wait: "soon" is not online, possible, set or timeout'),
    ("wait nodes 1 timeout 0", 5,
     "wait: after 0 s 0 of 1 nodes are possible"),
    ("tipc up", 2, "tipc up: the device or address is missing"),
    ("tipc up abcdefghijklmnopq", 2, 'tipc up: "abcdefghijklmnopq" is neither a '
     "network device nor an address"),
    ("tipc up 10.0.0.1 remote ::1", 2,
     'tipc up: remote "::1" is not an address like the own one'),
    ("tipc up eth0 bogus", 2,
     'tipc up: "bogus" is not remote, identity, netid or key'),
    ("tipc up eth0 identity late", 1,
     "tipc up: TIPC is up: its identity and network id cannot change"),
    ("tipc up eth0 key /etc/passwd", 2,
     "tipc up: /etc/passwd is not the file of a key"),
    ("tipc up eth0", 1,
     "tipc up: no bearer: Already enabled"),
    ("tipc key set", 2, "tipc key set: file or hex is missing"),
    ("tipc key set bogus", 2, 'tipc key set: "bogus" is not file or hex'),
    ("tipc key set hex 00", 2, "tipc key set: the key has 1 bytes, not 20, 28 or "
     "36 \\(AES and 4 of salt\\)"),
    ("tipc key generate bits 130", 2,
     "tipc key generate: bits are 128, 192 or 256"),
]

# Two nodes run; there are the set "demo" of 8 bytes and its object 1.
RUNNING = [
    ("start id 1", 1, "start: already running as node 1"),
    ("set create demo size 8", 1,
     'set create: there is a set "demo" already'),
    ("set create a\x1bb size 8", 1, "set create: a set's name is made of "
     "printable ASCII characters, no blanks"),
    ("set create a size 8 linker nosuch", 1,
     'set create: no I/O linker "nosuch"'),
    ("set create a size 8 linker page", 1, 'set create: linker "page" wants '
     "another size, touch-home, or a home"),
    ("set create a size 8 linker file touch-home", 1, 'set create: linker '
     '"file" wants another size, touch-home, or a home'),
    ("set create a size 8 linker file touch-home home 1", 1,
     'set create: a node does not allow linker "file"'),
    ("set create a size 8 home 77", 1,
     "set create: the home is not there, or a node failed"),
    ("set show nosuch", 1, 'set show: no set "nosuch"'),
    ("set destroy nosuch", 1, 'set destroy: no set "nosuch"'),
    ("object get nosuch 1", 1, 'object get: no set "nosuch"'),
    ("object get demo 99 nocreate", 1,
     'object get: no object 99 in set "demo"'),
    ("object get demo 1 offset 8", 1,
     "object get: offset 8, but objects have 8 bytes"),
    ("object put demo 1 123456789", 1,
     "object put: 9 bytes at offset 0, but objects have 8 bytes"),
    ("object put demo 1 file {big}", 1,
     "object put: 20000 bytes at offset 0, but objects have 8 bytes"),
    ("object flush demo 1 to 77", 1,
     "object flush: there is no such node, or no other"),
    ("object sync demo 99", 1, 'object sync: no object 99 in set "demo"'),
    ("object show demo 99", 1, "object show: this node knows no object 99"),
    ("object show nosuch 1", 1, 'object show: no set "nosuch"'),
    ("object list nosuch", 1, 'object list: no set "nosuch"'),
    ("name release linker nosuch", 1,
     'name release: name "nosuch" is not held here'),
    ("name hold linker a\x1bb", 1, "name hold: a name is made of printable "
     "ASCII characters, no blanks"),
    ("ping 1", 1, "ping: node 1 is this one"),
    ("ping 77", 1, "ping: node 77 is not online"),
    ("stop node 77", 1, "stop: node 77 is not online"),
    ("wait recovered members 3 timeout 1", 5,
     "wait: after 1 s the node is serving, 2 members"),
    ("wait nodes 2 set nosuch timeout 1", 5,
     'wait: after 1 s there is no set "nosuch"'),
]

# By a user without rights.
UNPRIVILEGED = [
    ("-n k1 status", 1, 'network namespace "k1": Operation not permitted'),
    ("stop", 1,
     "stop: Operation not permitted \\(CAP_NET_ADMIN is needed\\)"),
    ("object get demo 1", 1,
     "object get: Operation not permitted \\(CAP_NET_ADMIN is needed\\)"),
    ("tipc key flush", 1,
     "tipc key flush: (cannot forget the keys: )?Operation not permitted.*"),
]

# In a file of commands.
BATCH = [
    ("status\nset show nosuch\n", 1,
     'standard input:2: set show: no set "nosuch"'),
    ("\n# nothing\nobject put demo 1 'no end\n", 2,
     "standard input:3: a quotation has no end"),
    ("object put demo 1 -\n", 2, "standard input:1: object put: the standard "
     "input has the commands already"),
    ("wait" + 64 * " x" + "\n", 2, "standard input:1: more than 64 words"),
]

# Messages that nobody can bring about here, and why.
MEMORY = "there is memory"
RACE = "needs an unlucky moment"
UNSEEN = {
    "out of memory": MEMORY,
    "%s": "the library's or the C library's own words",
    "%s: %s": "of a device, a file or a socket that fails otherwise",
    "signalfd: %s": "the kernel has it",
    "output: %s": "seen by the test of a full disk",
    "the reply makes no sense": "the kernel's replies do",
    "the object changes faster than it can be read": RACE,
    "events were lost": RACE,
    "the kernel has no %s, or its module is not loaded": "this one has it",
    "\"%s\" is not case, nodes, size, rounds or count": "seen in bench.sh",
    "case \"%s\" is none of: %s": "seen in bench.sh",
    "no such case has %llu bytes": "seen in bench.sh",
    "nodes \"%s\" is not a list like 2,3,4 of up to %d ids from 0 to %d":
        "seen in bench.sh",
    "the kernel has no TIPC (CONFIG_TIPC), or its module is not loaded":
        "this one has it",
    "cannot set %s up: %s": "seen by the test of rights",
    "TIPC got no address": RACE,
}


# Requests that kddmctl would not make: operation, attributes, message.
RAW = [
    ("node-get", {}, "which node? the id is missing"),
    ("node-get", {"id": 99}, "node 99 is not known here"),
    ("node-ping", {}, "which node? the id is missing"),
    ("set-new", {"size": 8}, "the set's name is missing"),
    ("set-new", {"name": "raw"}, "the size of the objects is missing"),
    ("set-del", {}, "the set's name is missing"),
    ("set-get", {}, "give either the set's name or its id"),
    ("set-get", {"id": 1}, "no set has this id"),
    ("name-new", {"name": "a"}, "the kind of the name is missing"),
    ("name-new", {"kind": 1}, "the name is missing"),
    ("obj-get", {"id": 1}, "the set's name is missing"),
    ("obj-get", {"set": "demo"}, "the object's id is missing"),
    ("obj-set", {"set": "demo", "id": 1}, "the data are missing"),
    ("obj-info-get", {"id": 1}, "the set's name is missing"),
    ("obj-info-get", {"set": "demo"}, "the object's id is missing"),
]

# What the kernel says when something fails that does not fail here, or that
# other tests bring about.
FAILS = "a node or its memory fails"
ELSEWHERE = "seen in the selftests"
KERNEL_UNSEEN = {
    "node %u may not be stopped by others": "seen in control.py",
    "node %u: sets or objects are in use": "a module has them",
    "sets or objects are in use": "a module has them",
    "set \"%s\" is open on some node": "a module has it",
    "node %u does not know how": "all nodes do",
    "node %u has not stopped in time": "it has a minute",
    "node %u was started anew meanwhile": RACE,
    "node %u did not answer in time": FAILS,
    "node %u: error %d": FAILS,
    "set \"%s\" is KDDM's own": ELSEWHERE,
    "too many sets, no room for \"%s\"": ELSEWHERE,
    "the I/O linker of set \"%s\" is not here": "needs a module",
    "what is known of set \"%s\" was lost with a node": FAILS,
    "what sets there are cannot be told: error %d": FAILS,
    "put out of the cluster while it started": RACE,
    "node %d has quorum policy %s, not %s": ELSEWHERE,
    "cannot reach TIPC's topology server": FAILS,
    "node id %u is in use by %x": ELSEWHERE,
    "node ids are 0 to %u": "the policy says so before",
    "no memory for the reply": FAILS,
    "no memory for the list": FAILS,
    "no memory for a copy of the object": FAILS,
    "no memory for a node": FAILS,
    "a node cannot start: error %d": FAILS,
    "the list cannot be told: error %d": FAILS,
    "the set was destroyed meanwhile": "seen in control.py",
    "object %llu was lost with a node": ELSEWHERE,
    "object %llu went to others while this node was apart": RACE,
    "the node is suspended, it does not reach enough others": ELSEWHERE,
    "%llu is too large on this machine": "it has 64 bits",
    "object %llu was not free in time": "seen in control.py",
    "objects are not counted without CAP_NET_ADMIN": "kddmctl asks again",
    "object %llu is in use": "needs a user who keeps it",
    "object %llu: error %d": FAILS,
    "the node stops, or the set is destroyed": RACE,
    "the home is away, or a node failed; try again": RACE,
    "the node is about to stop": RACE,
    "a node did not answer in time": FAILS,
    "a node has no memory for it": FAILS,
    "set \"%s\": error %d": FAILS,
    "name \"%s\": error %d": FAILS,
    "too many names, no room for \"%s\"": "needs very many names",
    "linker \"%s\" has no directory on a node": ELSEWHERE,
    "cannot open a TIPC socket: is module tipc there?": "it is",
}


def of_kernel(folder):
    """All messages of the kernel."""
    found = set()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".c"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            for function in ("NL_SET_ERR_MSG", "NL_SET_ERR_MSG_FMT",
                             "NL_SET_ERR_MSG_ATTR", "NL_SET_ERR_MSG_ATTR_FMT",
                             "GENL_SET_ERR_MSG"):
                found.update(strings(text, function))
    return found


def check_raw(tap, sock, seen):
    """What no command of kddmctl would ask for."""
    for operation, values, message in RAW:
        sock.send(operation, **values)
        got = sock.message()
        seen.append(got)
        tap.same(f"{operation} with {sorted(values)} is told what is missing",
                 got, message)


def check_kernel(tap, folder, seen):
    """Each message of the kernel was seen, or has a reason."""
    found = of_kernel(folder)
    tap.case("the kernel has messages", len(found) > 40, len(found))
    missing = [form for form in sorted(found) if form not in KERNEL_UNSEEN
               and not any(pattern(form).fullmatch(line) for line in seen)]
    tap.case("every message of the kernel was seen", not missing,
             "\n".join(missing))
    gone = sorted(set(KERNEL_UNSEEN) - found)
    tap.case("the list of those not seen is up to date, too", not gone,
             "\n".join(gone))


def strings(text, function):
    """The format strings of all calls of a function, joined."""
    found = []
    for match in re.finditer(r"\b" + function + r"\(", text):
        rest = text[match.end():match.end() + 400]
        literal = re.match(r"[^;\"]*?((?:\"(?:[^\"\\]|\\.)*\"\s*)+)", rest)
        if literal:
            parts = re.findall(r"\"((?:[^\"\\]|\\.)*)\"", literal.group(1))
            found.append("".join(parts).replace('\\"', '"'))
    return found


def pattern(form):
    """What a format string may become."""
    parts = re.split(r"%(?:zu|llu|u|d|s|x)", form)
    return re.compile("(.*: )?" + ".*".join(re.escape(p) for p in parts))


def of_program(folder):
    """All messages of kddmctl."""
    found = set()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".c"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        for function in ("usage_error", "ctl_error"):
            found.update(strings(text, function))
        if name == "args.c":
            continue
        for form in strings(text, "args_unknown"):
            found.add('"%s" is not ' + form)
    return found


def check_all_seen(tap, folder, seen):
    """Each message of the sources was seen, or has a reason."""
    found = of_program(folder)
    tap.case("the sources have messages", len(found) > 50, len(found))
    missing = [form for form in sorted(found) if form not in UNSEEN
               and not any(pattern(form).fullmatch(line) for line in seen)]
    tap.case("every message of kddmctl was seen", not missing,
             "\n".join(missing))
    gone = sorted(set(UNSEEN) - found)
    tap.case("the list of those not seen is up to date", not gone,
             "\n".join(gone))


def check_table(tap, run, rows, seen):
    """Run each row."""
    for command, status, message in rows:
        got, _, err = run(command)
        line = err.rstrip("\n")
        body = line[len("kddmctl: "):]
        seen.append(body)
        tap.case(f"\"{command.encode('unicode_escape').decode()[:50]}\" is told "
                 "what is wrong",
                 got == status and line.startswith("kddmctl: ") and
                 "\n" not in line and re.fullmatch(message, body),
                 f"status {got}: {err}rather than {status}: {message}")
