#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz the wire format and the pure machines, and show that it finds bugs.

Each program begins with the inputs in corpus/, one line of hexadecimal digits for
each, and goes on from there.  Then the same is done with files that lack a
check: that must fail.  Prints TAP.

With --grow the corpus is written anew, as small as it can be, with what was found.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST, MOST = 400, 800  # of what is kept
TARGETS = ("wire", "recovery", "machine", "view")
# Checks that are taken out, and which program has to notice.
BUSTED = (
    ("wire", "wire.c", "size - sizeof(*w) != m->len", "0"),
    ("wire", "wire.c", "m->origin >= KDDM_MAX_NODES", "0"),
    ("wire", "rpc_pack.c", "u->len - u->pos < len", "0"),
    ("wire", "rpc_pack.c", "len >= size ||", ""),
    ("wire", "rpc_parts.c", "|| offset != p->got", ""),
    ("wire", "nametab.c", "le16_to_cpu(u->node) >= KDDM_MAX_NODES ||", ""),
    ("wire", "viewchange_wire.c", "id >= KDDM_VC_NODES ||", ""),
    ("wire", "viewchange_wire.c", "most_pends(w->type)",
     "most_pends(w->type) + 9"),
    ("wire", "bucket.c", "is_twice(b, i)", "(is_twice(b, i) && 0)"),
    ("wire", "bucket.c",
     "(desc->home != KDDM_ANY_NODE && !node_ok(desc->home)) ||", ""),
    ("recovery", "recovery_wire.c",
     "len - sizeof(*w) != m->nr * entry_size(m->op, m->words)", "0"),
    ("recovery", "recovery_wire.c", "owner < KDDM_MAX_NODES :", "true :"),
    ("recovery", "recovery_wire.c", "claim->sent > KDDM_SENT_DATA ||", ""),
    ("machine", "coherence_ext.c", "|| ext_fits(s->co, words)",
     "|| s->co->x"),
    ("view", "viewchange_attempt.c", "v->inc[n] && n != vc->self", "v->inc[n]"),
)


def read_corpus(name, folder):
    """Lines to files; how many."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(HERE, "corpus", name + ".hex")
    count = 0
    with open(path, encoding="ascii") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            with open(os.path.join(folder, f"{count:04}"), "wb") as out:
                out.write(bytes.fromhex(line))
            count += 1
    return count


def write_corpus(name, folder):
    """Files to lines, the short ones first."""
    inputs = set()
    for entry in os.scandir(folder):
        with open(entry.path, "rb") as file:
            inputs.add(file.read())
    with open(os.path.join(HERE, "corpus", name + ".hex"), "w",
              encoding="ascii") as out:
        out.write("# SPDX-License-Identifier: GPL-2.0-only\n")
        small = sorted((one for one in inputs if one and len(one) <= LONGEST),
                       key=lambda one: (len(one), one))
        for one in small[:MOST]:
            out.write(one.hex() + "\n")


def fuzz(program, folder, seconds, where):
    """Run for a time; status, what was said."""
    done = subprocess.run(
        [program, folder, f"-max_total_time={seconds}", "-max_len=1024",
         "-rss_limit_mb=1024", "-timeout=10", "-print_final_stats=1",
         f"-artifact_prefix={where}/"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        timeout=seconds + 120)
    return done.returncode, done.stdout


def number(said, name):
    """One of the final statistics."""
    found = re.search(rf"stat::{name}:\s+(\d+)", said)
    return int(found.group(1)) if found else 0


class Tap:
    """Results."""

    def __init__(self):
        self.count = self.failed = 0
        print("TAP version 13", flush=True)

    def case(self, name, verdict, why=""):
        """One of them."""
        self.count += 1
        self.failed += not verdict
        if not verdict:
            for line in why.splitlines()[-25:]:
                print("# " + line)
        print(f"{'ok' if verdict else 'not ok'} {self.count} {name}",
              flush=True)


def check(tap, out, seconds, work):
    """The real ones."""
    for name in TARGETS:
        folder = os.path.join(work, name)
        inputs = read_corpus(name, folder)
        status, said = fuzz(os.path.join(out, name), folder,
                            seconds // len(TARGETS), out)
        runs = number(said, "number_of_executed_units")
        tap.case(f"{name}: nothing found in {seconds // len(TARGETS)} s",
                 status == 0 and inputs > 10 and runs > 10000,
                 f"status {status}, {inputs} inputs, {runs} runs\n{said}")
        print(f"# {name}: {inputs} inputs in the corpus, {runs} runs")


def bust(kddm, where, name, old, new):
    """A copy of net/kddm with one check less; False if it is not there."""
    shutil.copytree(kddm, where)
    path = os.path.join(where, name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) < 1:
        return False
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))
    return True


def check_busted(tap, kddm, work):
    """Those that have a bug."""
    for index, (target, name, old, new) in enumerate(BUSTED):
        where = os.path.join(work, f"busted{index}")
        if not bust(kddm, os.path.join(where, "kddm"), name, old, new):
            tap.case(f"{name} has \"{old}\"", False)
            continue
        subprocess.run(["make", "-s", "-C", HERE, f"O={where}",
                        f"KDDM={where}/kddm", f"{where}/{target}"], check=True)
        folder = os.path.join(where, "corpus")
        read_corpus(target, folder)
        status, said = fuzz(os.path.join(where, target), folder, 30, where)
        tap.case(f"without \"{old}\" something is found", status != 0 and
                 re.search("not so|ERROR|runtime error", said), said)


def grow(out, targets, seconds, work):
    """A new corpus."""
    for name in targets:
        folder = os.path.join(work, name)
        small = os.path.join(work, name + ".small")
        read_corpus(name, folder)
        os.makedirs(small)
        status, said = fuzz(os.path.join(out, name), folder, seconds, out)
        print(said[-2000:])
        if status:
            sys.exit(f"{name}: status {status}")
        subprocess.run([os.path.join(out, name), "-merge=1", "-max_len=512",
                        small, folder], check=True, stderr=subprocess.DEVNULL)
        write_corpus(name, small)


def main():
    """Options."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="where the programs are")
    parser.add_argument("--kddm", default=os.path.join(
        HERE, "../../../../net/kddm"), help="net/kddm")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--grow", action="store_true")
    parser.add_argument("--only", choices=TARGETS, help="with --grow: this one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if args.grow:
            grow(args.out, [args.only] if args.only else TARGETS,
                 args.seconds, work)
            return 0
        tap = Tap()
        check(tap, args.out, args.seconds, work)
        check_busted(tap, args.kddm, work)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
