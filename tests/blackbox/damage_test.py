#!/usr/bin/python3
"""Every file of a data folder, damaged in every way: each start works with all that was acknowledged, or refuses with words.

By itself a sample that a seed draws. By hand, `tests/blackbox/damage_test.py --full --build DIR` damages every byte of every file and
cuts it at each, in some 20 minutes; --seed S draws a sample again.
"""
# kvorum-test: no-server no-peer
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
from crash_load import dump
from kvorum_test import Server, main

SAMPLE = 60 if os.environ.get("KVORUM_SANITIZER") else 150
FULL = "--full" in sys.argv
SEED = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else random.randrange(1 << 32)
DATABASES = 2


class Folder:
    """A data folder whose writes are numbered: the key `n` of each state says which it is, and `states` what it holds."""

    def __init__(self, source):
        self.source, self.states, self.n = source, {}, 0
        self.path = tempfile.mkdtemp(prefix="data-", dir=os.environ["KVORUM_DIR"])

    def start(self, durability):
        self.server = Server("--dir", self.path, "--durability", durability, "--databases", DATABASES)
        self.client = self.server.client()
        if self.n == 0:
            self.states[0] = dump(self.client, DATABASES)

    def write(self, count):
        draw = self.source.randrange
        for _ in range(count):
            self.n += 1
            i = draw(4)
            words = self.source.choice((
                ("SET", f"s{i}", self.source.randbytes(draw(60))), ("RPUSH", f"l{i}", draw(1000), "element"), ("SADD", f"t{i}", draw(10)),
                ("HSET", f"h{i}", f"f{draw(9)}", draw(100)), ("ZADD", f"z{i}", draw(100), f"m{draw(9)}"), ("DEL", f"s{i}", f"l{i}"),
                ("SET", "big", self.source.randbytes(1500)), ("EXPIRE", f"h{i}", 10_000), ("COPY", f"h{i}", f"h{i}", "DB", 1, "REPLACE")))
            replies = self.client.pipeline(("MULTI",), words, ("SET", "n", self.n), ("EXEC",))
            assert isinstance(replies[3], list), replies
            self.states[self.n] = dump(self.client, DATABASES)

    def keep(self, other):
        """Copies what is there into another folder, but for what is there already and for the servers' own."""
        for name in os.listdir(self.path):
            if name != "lock":
                shutil.copy(os.path.join(self.path, name), other)

    def keep_journal(self, other):
        """Its newest state, in place of what is there."""
        for name in os.listdir(self.path):
            if name.startswith("journal"):
                shutil.copy(os.path.join(self.path, name), other)


def build(source):
    """The states, and three folders: with older files that newer ones cover, with files that are all needed, and after a kill -9."""
    data = Folder(source)
    covered, all_needed, killed = (tempfile.mkdtemp(prefix=name, dir=os.environ["KVORUM_DIR"]) for name in ("covered-", "needed-", "killed-"))
    data.start("sync")
    data.write(12)
    assert data.client.call("SAVE") == "OK"
    data.write(15)
    assert data.server.stop() is None
    data.keep(all_needed)  # the snapshot, and the segment after it
    data.keep(covered)
    for _ in range(2):
        # A segment goes with the first write after the snapshot that covers it, so it is copied before.
        data.start("sync")
        data.write(12)
        assert data.server.stop() is None
        data.keep_journal(all_needed)
        data.keep(covered)
        data.start("sync")
        assert data.client.call("SAVE") == "OK"
        data.write(3)
        assert data.server.stop() is None
        data.keep_journal(all_needed)
    data.keep(covered)
    data.start("sync")
    data.write(6)
    data.server.kill()
    data.keep(killed)
    return data, covered, all_needed, killed


class Damage:
    """Something done to the bytes from `start` to `end` of a file: `how` is a function of all of them, None removes it."""

    def __init__(self, name, text, how, start=0, end=1 << 60):
        self.name, self.text, self.how, self.start, self.end = name, text, how, start, end

    def __repr__(self):
        return f"{self.name}: {self.text}"


def flip(name, offset, bit):
    return Damage(name, f"bit {bit} of byte {offset}", lambda old: old[:offset] + bytes([old[offset] ^ 1 << bit]) + old[offset + 1:],
                  offset, offset + 1)


def cut(name, offset):
    return Damage(name, f"cut at {offset}", lambda old: old[:offset], offset)


def fill(name, offset, size, byte):
    return Damage(name, f"{size} bytes from {offset} are {byte}", lambda old: (old[:offset] + bytes([byte]) * size + old[offset + size:])[:len(old)],
                  offset, offset + size)


def append(name, more):
    return Damage(name, f"{len(more)} bytes more", lambda old: old + more, 1 << 60)


def remove(name):
    return Damage(name, "removed", None)


def frames(segment):
    """(start, end, index of the entry, or of the one before a mark) of each frame; docs/formats.md draws them."""
    data, at = Path(segment).read_bytes(), 64
    while at + 48 <= len(data) and any(data[at:at + 48]):
        index, length = struct.unpack_from("<Q", data, at + 8)[0], int.from_bytes(data[at + 40:at + 47], "little")
        yield at, at + 48 + length, index
        at += 48 + length


def needed(folder):
    """The newest snapshot, and the segments that have entries above it."""
    names = sorted(os.listdir(folder))
    snapshot = max(name for name in names if name.startswith("snapshot"))
    segments = [name for name in names if name.startswith("journal")]
    return {snapshot, segments[-1]} | {name for name, following in zip(segments, segments[1:]) if int(following[8:28]) > int(snapshot[9:29]) + 1}


class DamagedFolders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.source = random.Random(SEED)
        cls.data, cls.covered, cls.all_needed, cls.killed = build(cls.source)

    def setUp(self):
        self.outcomes = {}

    def start(self, folder):
        """(a client, None), or (None, the log of the start that was refused)."""
        self.home = tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"])
        try:
            self.server = Server("--dir", folder, "--databases", DATABASES, folder=self.home)
            return self.server.client(), None
        except RuntimeError as error:
            if "Address already in use" in str(error):
                return self.start(folder)  # somebody else has taken the port meanwhile
            self.assertRegex(str(error), "ended with status 1", f"it ended badly: {error}")
            return None, str(error)

    def check(self, folder, *words):
        done = subprocess.run([os.environ["KVORUM_BIN"], "check", folder, *words], capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (0, 1), f"{done.stdout}{done.stderr}")
        return done.stdout

    def try_one(self, whole, damage, last):
        """last: the number of the state that the folder holds."""
        folder = whole + ".damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        path = os.path.join(folder, damage.name)
        before = Path(path).read_bytes()
        after = None if damage.how is None else damage.how(before)
        if after == before:
            return
        if after is None:
            os.remove(path)
        else:
            Path(path).write_bytes(after)
        report = self.check(folder, "--load", "--databases", str(DATABASES))
        client, refusal = self.start(folder)
        least = self.least(whole, damage, last)
        if client is None:
            outcome = "refused"
            self.assertIn(damage.name, needed(whole), f"it can do without this file, and said: {refusal}")
            self.assertIn("does not start from this folder", report, "kvorum check says otherwise")
            if damage.how is not None:
                self.assertIn(damage.name, refusal)
            self.assertRegex(refusal, r"offset \d+|missing|entr", "it does not say where")
            self.assertIn("kvorum check", refusal)
        else:
            self.assertNotIn("does not start", report, "kvorum check says otherwise")
            self.assertIn("All of it can be loaded", report)
            n = int(client.call("GET", "n") or 0)
            self.assertEqual(dump(client, DATABASES), self.data.states[n], "this is no state that ever was")
            outcome = "whole" if n == last else "a tail is lost"
            self.assertGreaterEqual(n, least, f"it has write {n}, not {last}\n{self.server.log_tail(8)}\n{report}")
            # A journal that ends between two entries looks as if there never were more.
            is_cut_between = after is not None and len(after) in {start for start, _, _ in frames(os.path.join(whole, damage.name))}
            if n != last and damage.how is not None and not is_cut_between:
                self.assertRegex(self.server.log_tail(), rf"{damage.name}.*bytes were dropped|cut off", "it does not tell")
            client.close()
            self.server.kill()
        shutil.rmtree(self.home)
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if client is None and self.source.random() < 0.15:
            self.repair(folder)

    def least(self, whole, damage, last):
        """The number of writes that a server must have if it starts.

        All of them, unless the damage reaches the last frame of the journal: then nothing is left that says what stood before it.
        """
        newest = max(name for name in os.listdir(whole) if name.startswith("journal"))
        if damage.name != newest:
            return last
        before = int(newest[8:28]) - 1
        for start, end, index in frames(os.path.join(whole, newest)):
            if end <= damage.start:
                before = index
            if start >= damage.end:
                return last
        return before

    def repair(self, folder):
        """Taking the first choice again and again leads to a folder from which a server starts, or to where none helps."""
        for _ in range(8):
            report = self.check(folder)
            if "does not start" not in report:
                client, refusal = self.start(folder)
                self.assertIsNotNone(client, f"kvorum check has repaired it, and: {refusal}")
                client.close()
                self.server.kill()
                shutil.rmtree(self.home)
                self.outcomes["repaired"] = self.outcomes.get("repaired", 0) + 1
                return
            if "repair 1:" not in report:
                self.assertIn("there is no repair for this", report)
                self.outcomes["no repair"] = self.outcomes.get("no repair", 0) + 1
                return
            self.check(folder, "--repair", "1")
        self.fail(f"repairs do not end: {self.check(folder)}")

    def damages(self, folder):
        """All of them, or as many as are to be tried."""
        names = [name for name in sorted(os.listdir(folder)) if name != "lock"]
        sizes = {name: len(Path(folder, name).read_bytes().rstrip(b"\0")) + 100 for name in names}
        whole = {name: os.path.getsize(os.path.join(folder, name)) for name in names}
        sizes = {name: min(sizes[name], whole[name]) for name in names}
        draw = self.source.randrange
        if FULL:
            for name in names:
                yield from (flip(name, offset, draw(8)) for offset in range(sizes[name]))
                yield from (cut(name, offset) for offset in range(sizes[name]))
        for name in names:
            yield remove(name)
            yield cut(name, 0)
            yield append(name, b"\0")
            yield append(name, self.source.randbytes(draw(200) + 1))
            yield flip(name, whole[name] - 1, draw(8))
        for _ in range(3000 if FULL else SAMPLE):
            name = self.source.choice(names)
            offset = draw(min(64, sizes[name])) if draw(4) == 0 else draw(sizes[name])
            kind = draw(10)
            if kind < 6:
                yield flip(name, offset, draw(8))
            elif kind < 8:
                yield cut(name, offset)
            else:
                yield fill(name, offset, self.source.choice((1, 8, 512, 4096)), self.source.choice((0, 0, 255, draw(256))))

    def run_all(self, folder):
        client, refusal = self.start(shutil.copytree(folder, folder + ".copy"))
        self.assertIsNone(refusal)
        last = int(client.call("GET", "n"))
        self.server.kill()
        for number, damage in enumerate(self.damages(folder)):
            with self.subTest(damage=damage, seed=SEED, number=number):
                self.try_one(folder, damage, last)
        print(f"{self.id()}: {self.outcomes}", flush=True)
        self.assertTrue(self.outcomes.get("whole") and self.outcomes.get("refused"), "the damage did nothing")

    def test_snapshot_and_segments_that_are_needed(self):
        self.run_all(self.all_needed)

    def test_files_that_newer_ones_cover(self):
        self.run_all(self.covered)

    def test_after_a_kill(self):
        self.run_all(self.killed)


if "KVORUM_DIR" not in os.environ:
    program = Path(sys.argv[sys.argv.index("--build") + 1]).resolve() / "bin" / "kvorum" if "--build" in sys.argv else "build/release/bin/kvorum"
    os.environ.update(KVORUM_DIR=tempfile.mkdtemp(), KVORUM_BIN=str(program), KVORUM_SERVER=f"{program} server")
sys.argv = sys.argv[:1]
main()
