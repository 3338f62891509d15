#!/usr/bin/python3
"""A disk that fills up, a real one: a small tmpfs. Needs root, and is skipped where nothing can be mounted."""
# kvorum-test: no-server no-peer
import os
import random
import subprocess
import tempfile
import time
import unittest

from kvorum_test import Error, Server, encode, main

MEGABYTE = 1 << 20
ROOM = 32 * MEGABYTE
PATIENCE_S = 10


def mount():
    """A folder with little room, or None."""
    folder = tempfile.mkdtemp(prefix="disk-", dir=os.environ["KVORUM_DIR"])
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], capture_output=True)
    return folder if done.returncode == 0 else None


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.random_seed = random.randrange(1 << 32)
        self.random = random.Random(self.random_seed)
        print(f"seed {self.random_seed}")
        self.disk = mount()
        if self.disk is None:
            self.skipTest("nothing can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk])
        self.held = {}

    def start(self, durability, *directives):
        self.server = Server("--dir", self.disk, "--durability", durability, "--auto-aof-rewrite-percentage", 0, *directives)
        self.addCleanup(self.server.kill)
        self.client = self.server.client()

    def restart(self):
        self.server.start()
        self.client = self.server.client()

    def ballast(self, leave, name="ballast"):
        """Takes all room but so much, if there is so much."""
        with open(os.path.join(self.disk, name), "wb", buffering=0) as file:
            try:
                while ROOM - self.used() > leave:
                    file.write(bytes(4096))
            except OSError:
                pass

    def remove_ballast(self):
        os.remove(os.path.join(self.disk, "ballast"))

    def used(self):
        room = os.statvfs(self.disk)
        return (room.f_blocks - room.f_bfree) * room.f_frsize

    def write(self, count, clients=3, size=1000):
        """Some clients at once. Returns the refusals; what was acknowledged is held."""
        others = [self.server.client() for _ in range(clients)]
        batches = []
        for client in others:
            # Each has its own keys, so that the last acknowledged write of one is known.
            batches.append([(b"%d:key:%d" % (len(batches), self.random.randrange(5000)),
                             self.random.randbytes(self.random.randrange(1, size))) for _ in range(count)])
        for client, batch in zip(others, batches):
            client.send_raw(b"".join(encode("SET", key, value) for key, value in batch))
        refused = []
        for client, batch in zip(others, batches):
            for key, value in batch:
                reply = client.read()
                if reply == "OK":
                    self.held[key] = value
                else:
                    refused.append(reply)
            client.close()
        return refused

    def fill(self):
        """Until the disk is full."""
        for _ in range(1000):
            refused = self.write(100)
            if refused:
                for reply in refused:
                    self.assertIsInstance(reply, Error)
                    self.assertTrue(reply.startswith("MISCONF Errors writing to the journal: "), reply)
                    self.assertIn("No space left on device", reply)
                return
        self.fail("the disk is never full")

    def check(self):
        """What was acknowledged is there, and nothing else."""
        keys = self.client.call("KEYS", "*")
        self.assertIsInstance(keys, list)
        there = dict(zip(keys, self.client.call("MGET", *keys))) if keys else {}
        wrong = {key for key in {*there, *self.held} if there.get(key) != self.held.get(key)}
        self.assertFalse(wrong, f"{len(wrong)} keys of {len(self.held)} are wrong\n{self.server.log_tail(10)}")

    def info(self):
        return dict(line.split(":", 1) for line in self.client.call("INFO", "persistence").decode().split("\r\n") if ":" in line)

    def wait_until(self, holds, what):
        end = time.monotonic() + PATIENCE_S
        while not holds():
            self.assertLess(time.monotonic(), end, f"{what}\n{self.server.log_tail(10)}")
            self.client.call("WAIT", 1, 10)  # the server's time passes

    def writes_again(self):
        def accepted():
            reply = self.client.call("SET", "again", "yes")
            self.assertTrue(reply == "OK" or reply.startswith("MISCONF"), reply)
            return reply == "OK"
        self.wait_until(accepted, "writes are refused though there is room")
        self.held[b"again"] = b"yes"

    def saved(self, good):
        self.wait_until(lambda: self.info()["rdb_bgsave_in_progress"] == self.info()["aof_rewrite_in_progress"] == "0", "the snapshot does not end")
        self.assertEqual(self.info()["rdb_last_bgsave_status"], "ok" if good else "err", self.server.log_tail())

    def snapshots(self):
        return sorted(name for name in os.listdir(self.disk) if name.startswith("snapshot"))

    def fill_and_recover(self, durability):
        self.start(durability)
        self.ballast(6 * MEGABYTE)
        self.fill()
        self.check()  # reads go on
        info = self.info()
        self.assertIn("No space left on device", info["journal_refusal"])
        self.assertEqual(info["aof_last_write_status"], "err")
        for words in (("SET", "a", "b" * 5000), ("DEL", "1:key:1"), ("RPUSH", "l", "b" * 5000)):
            reply = self.client.call(*words)
            self.assertTrue(isinstance(reply, int | str), reply)
            if isinstance(reply, Error):
                self.assertTrue(reply.startswith("MISCONF"), reply)
            elif words[0] == "SET":
                self.held[b"a"] = b"b" * 5000
            elif words[0] == "DEL":
                self.held.pop(b"1:key:1", None)
            else:
                self.client.call("DEL", "l")
        self.check()
        self.remove_ballast()
        self.writes_again()
        self.assertEqual(self.info()["journal_refusal"], "")
        self.assertEqual(self.info()["aof_last_write_status"], "ok")
        self.assertEqual(self.write(20), [])
        self.check()
        self.server.kill()
        self.restart()
        self.check()
        self.assertIsNone(self.server.stop())

    def test_periodic_fills_and_recovers(self):
        self.fill_and_recover("periodic")

    def test_sync_fills_and_recovers(self):
        self.fill_and_recover("sync")

    def kill_while_full(self, durability):
        self.start(durability)
        self.ballast(6 * MEGABYTE)
        self.fill()
        for _ in range(3):
            self.server.kill()
            self.restart()
            self.check()
            self.write(30)  # refused or not
            self.check()
        # The disk of the last byte: not even a header finds room.
        self.ballast(0, "more")
        self.assertEqual(self.used(), ROOM)
        self.server.kill()
        self.restart()
        self.check()
        os.remove(os.path.join(self.disk, "more"))
        self.remove_ballast()
        self.writes_again()
        self.server.kill()
        self.restart()
        self.check()
        done = subprocess.run([os.environ["KVORUM_BIN"], "check", self.disk], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_periodic_killed_while_full(self):
        self.kill_while_full("periodic")

    def test_sync_killed_while_full(self):
        self.kill_while_full("sync")

    def snapshot_without_room(self, durability):
        self.start(durability)
        self.write(600, size=10000)
        self.assertEqual(self.client.call("SAVE"), "OK")
        before = self.snapshots()
        self.assertEqual(len(before), 1)
        self.write(500)
        self.ballast(MEGABYTE // 2)
        self.assertEqual(self.client.call("BGSAVE"), "Background saving started")
        self.saved(good=False)
        self.assertIn("No space left on device", self.server.log_tail())
        self.assertEqual(self.snapshots(), before, "the one before is kept, and nothing of the other")
        reply = self.client.call("SAVE")
        self.assertIsInstance(reply, Error)
        self.assertIn("No space left on device", reply)
        self.assertEqual(self.snapshots(), before)
        self.writes_again()
        self.check()
        self.server.kill()
        self.restart()
        self.check()
        self.write(20)  # room is reserved
        self.remove_ballast()
        self.ballast(MEGABYTE // 4)
        self.client.call("BGREWRITEAOF")
        self.saved(good=False)
        self.assertEqual(self.info()["aof_last_bgrewrite_status"], "err")
        self.remove_ballast()
        self.assertEqual(self.client.call("BGSAVE"), "Background saving started")
        self.saved(good=True)
        self.wait_until(lambda: len(self.snapshots()) == 1, "the older snapshot stays")
        self.assertNotEqual(self.snapshots(), before)
        self.check()
        self.server.kill()
        self.restart()
        self.check()

    def test_periodic_snapshot_without_room(self):
        self.snapshot_without_room("periodic")

    def test_sync_snapshot_without_room(self):
        self.snapshot_without_room("sync")

    def test_a_transaction_is_written_whole_or_not_at_all(self):
        self.start("sync")
        for durability in ("sync", "periodic"):
            self.client.call("CONFIG", "SET", "durability", durability)
            for size in (300_000, 700_000, 1_500_000, 3_000_000):
                self.ballast(3 * MEGABYTE)
                value = self.random.randbytes(size)
                replies = self.client.pipeline(("MULTI",), ("SET", "one", value), ("SET", "other", value), ("EXEC",))
                if isinstance(replies[3], Error):
                    self.assertRegex(replies[3], "^EXECABORT|^MISCONF")
                else:
                    self.assertEqual(replies[3], ["OK", "OK"])
                    self.held[b"one"] = self.held[b"other"] = value
                self.check()
                self.remove_ballast()
                self.writes_again()
                self.server.kill()
                self.restart()
                self.check()
                self.assertEqual(self.client.call("FLUSHALL"), "OK")
                self.held.clear()
                self.assertEqual(self.client.call("SAVE"), "OK")

    def test_a_write_too_large_for_the_disk_keeps_nobody_else_from_writing(self):
        self.start("periodic")
        self.client.call("SET", "before", "it")
        self.held[b"before"] = b"it"
        reply = self.client.call("SET", "large", bytes(ROOM))
        self.assertIsInstance(reply, Error)
        self.assertRegex(reply, "^MISCONF .*No space left on device")
        replies = self.client.pipeline(*[("SET", "small", i) for i in range(100)], ("SET", "large", bytes(ROOM)), ("SET", "small", 100))
        self.assertEqual([reply for reply in replies if reply != "OK"], [replies[100]])
        self.assertRegex(replies[100], "^MISCONF")
        self.held[b"small"] = b"100"
        self.check()
        self.server.kill()
        self.restart()
        self.check()

    def test_snapshots_only(self):
        """Without a journal a snapshot that failed has writes refused, as Redis has it, until one succeeds."""
        self.start("memory", "--save", "1 1")
        self.write(600, size=2000)
        self.ballast(MEGABYTE // 4)
        self.client.call("BGSAVE")
        self.saved(good=False)

        def refused():
            reply = self.client.call("SET", "a", "b")
            if reply == "OK":
                self.held[b"a"] = b"b"
            return isinstance(reply, Error) and reply.startswith("MISCONF")
        self.wait_until(refused, "writes are accepted though they cannot be saved")
        self.check()
        self.remove_ballast()
        self.writes_again()
        self.assertEqual(self.client.call("SAVE"), "OK")
        self.server.kill()
        self.restart()
        self.check()


main()
