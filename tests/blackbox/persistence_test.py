#!/usr/bin/python3
"""Keeping data: what clients are told while it is loaded, the policies and their changes, saving, ends of every kind, backups."""
# kvorum-test: no-server no-peer
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from kvorum_test import Client, Error, Server, encode, free_port, main

PATIENCE_S = 60
KEYS = 100_000 if os.environ.get("KVORUM_SANITIZER") else 800_000
LOADING = "LOADING Redis is loading the dataset in memory"


def new_folder():
    return tempfile.mkdtemp(prefix="data-", dir=os.environ["KVORUM_DIR"])


def info(client):
    return dict(line.split(":", 1) for line in client.call("INFO", "persistence").decode().split("\r\n") if ":" in line)


def content(folder):
    """Of each file, but for the lock, which holds nothing."""
    held = {}
    for name in os.listdir(folder):
        if name != "lock":
            with open(os.path.join(folder, name), "rb") as file:
                held[name] = file.read()
    return held


def wait_until(client, holds, what):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, what
        client.call("WAIT", 1, 10)  # the server's time passes


class Case(unittest.TestCase):
    def start(self, *directives, folder=None):
        server = Server("--dir", folder or new_folder(), *directives)
        server.data = server.arguments[1]
        self.addCleanup(server.kill)
        return server

    def refused(self, *directives):
        """The log of a start that must fail."""
        with self.assertRaises(RuntimeError) as failure:
            self.start(*directives)
        self.assertIn("ended with status 1", str(failure.exception))
        return str(failure.exception)

    def assertEnds(self, server, status=0):
        self.assertEqual(server.process.wait(PATIENCE_S), status, server.log_tail(5))

    def saved(self, client, saves):
        wait_until(client, lambda: int(info(client)["rdb_saves"]) >= saves, "no snapshot has come")


class Loading(Case):
    @classmethod
    def setUpClass(cls):
        server = Server("--dir", new_folder(), "--enable-debug-command", "yes", "--save", "")
        cls.folder = server.arguments[1]
        client = server.client()
        assert client.call("DEBUG", "POPULATE", KEYS, "key", 60) == "OK"
        assert client.call("SAVE") == "OK"
        assert client.call("SET", "after", "the snapshot") == "OK"
        assert server.stop() is None

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def begin(self, *directives):
        """Starts a server and connects to it while it loads."""
        port = free_port()
        self.log = open(os.path.join(new_folder(), "log"), "w+b")
        self.addCleanup(self.log.close)
        self.process = subprocess.Popen([*os.environ["KVORUM_SERVER"].split(), "--port", str(port), "--bind", "127.0.0.1", "--dir", self.folder,
                                         "--save", "", *directives], stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        self.addCleanup(self.end)
        return self.connect(port)

    def connect(self, port):
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return Client(port)
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), end, "nobody listens")

    def end(self):
        self.process.kill()
        self.process.wait()

    def assertEnded(self, status=0):
        self.assertEqual(self.process.wait(PATIENCE_S), status)

    def whole(self, server):
        client = server.client()
        self.assertEqual(client.call("DBSIZE"), KEYS + 1)
        self.assertEqual(client.call("GET", "after"), b"the snapshot")
        self.assertIsNone(server.stop())

    def test_clients_are_told_and_see_how_far_it_is(self):
        client = self.begin()
        told = [("GET", "key:1"), ("SET", "a", "b"), ("DBSIZE",), ("SAVE",), ("BGSAVE",), ("BGREWRITEAOF",), ("PING",), ("FLUSHALL",)]
        served = [("SUBSCRIBE", "c"), ("UNSUBSCRIBE", "c"), ("CONFIG", "SET", "durability", "memory"), ("CONFIG", "GET", "durability"),
                  ("MULTI",), ("GET", "a"), ("EXEC",)]
        replies = client.pipeline(*told, *served)
        self.assertEqual(replies[:len(told)], [LOADING] * len(told))
        replies = replies[len(told):]
        self.assertEqual(replies[0], [b"subscribe", b"c", 1])
        self.assertIsInstance(replies[2], Error)
        self.assertEqual(replies[3], [b"durability", b"periodic"])
        self.assertEqual(replies[5], LOADING)
        shown = []
        end = time.monotonic() + PATIENCE_S
        while (now := info(client))["loading"] == "1":
            self.assertLess(time.monotonic(), end)
            shown.append(float(now["loading_loaded_perc"]))
            self.assertLessEqual(int(now["loading_loaded_bytes"]), int(now["loading_total_bytes"]))
        self.assertGreater(len(set(shown)), 2, "it does not move")
        self.assertEqual(shown, sorted(shown))
        self.assertLessEqual(shown[-1], 100)
        self.assertEqual(client.call("DBSIZE"), KEYS + 1)
        self.assertEqual(client.call("PING"), "PONG")
        self.assertEqual(client.call("GET", "after"), b"the snapshot")

    def test_it_can_be_ended_meanwhile(self):
        before = content(self.folder)
        for way in ("SIGTERM", "SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN SAVE", "rules", "SIGKILL"):
            with self.subTest(way=way):
                client = self.begin(*(("--save", "1 1") if way == "rules" else ()))
                self.assertEqual(client.call("GET", "key:1"), LOADING)
                if way.startswith("SHUTDOWN"):
                    client.send(*way.split())
                    self.assertTrue(client.closed())
                    self.assertEnded()
                else:
                    self.process.send_signal(signal.SIGTERM if way == "rules" else signal.Signals[way])
                    self.assertEnded(-9 if way == "SIGKILL" else 0)
                self.assertEqual(content(self.folder), before, "what was half loaded is nothing to be saved")
        self.whole(self.start(folder=self.folder))


class Folders(Case):
    def test_two_servers_cannot_have_the_same(self):
        first = self.start()
        self.assertEqual(first.client().call("SET", "a", "1"), "OK")
        text = self.refused("--dir", first.data)
        self.assertIn(first.data, text)
        self.assertIn("is used by another server", text)
        self.refused("--dir", first.data, "--durability", "sync")
        self.refused("--dir", first.data, "--durability", "memory", "--save", "60 1")
        self.assertEqual(first.client().call("GET", "a"), b"1")
        first.kill()
        second = self.start(folder=first.data)
        self.assertEqual(second.client().call("GET", "a"), b"1")
        self.assertIsNone(second.stop())

    def test_memory_leaves_it_alone(self):
        server = self.start("--durability", "memory")
        other = self.start("--durability", "memory", folder=server.data)
        for one in (server, other):
            client = one.client()
            self.assertEqual(client.call("SET", "a", "1"), "OK")
            self.assertIsNone(one.stop())
        self.assertEqual(os.listdir(server.data), [])
        # What is there is loaded, and stays as it is.
        writer = self.start(folder=server.data)
        writer.client().call("SET", "b", "2")
        writer.client().call("SAVE")
        writer.client().call("SET", "c", "3")
        self.assertIsNone(writer.stop())
        before = content(server.data)
        reader = self.start("--durability", "memory", folder=server.data)
        client = reader.client()
        self.assertEqual(client.call("MGET", "b", "c"), [b"2", b"3"])
        client.call("SET", "b", "changed")
        self.assertIsNone(reader.stop())
        self.assertEqual(content(server.data), before)

    def test_one_that_cannot_be_written(self):
        path = os.path.join(new_folder(), "file")
        with open(path, "w"):
            pass
        self.assertIn(path, self.refused("--dir", path))

    def test_the_policy_changes_back_and_forth(self):
        """What a kill leaves: under a journal all, without one what the last snapshot or the journal's end had."""
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        source = random.Random(seed)
        server = self.start("--durability", "periodic")
        client, journal, now, kept = server.client(), True, 0, 0
        done = []
        for _ in range(60):
            what = source.choice(("write", "write", "write", "yes", "no", "save", "sync", "kill", "end"))
            done.append(what)
            with self.subTest(seed=seed, done=done):
                if what == "write":
                    now = client.call("INCR", "n")
                    self.assertEqual(client.call("RPUSH", "list", now), now)
                elif what in ("yes", "no"):
                    self.assertEqual(client.call("CONFIG", "SET", "appendonly", what), "OK")
                    journal = what == "yes"
                elif what == "sync":
                    self.assertEqual(client.call("CONFIG", "SET", "durability", "sync"), "OK")
                    journal = True
                elif what == "save":
                    self.assertEqual(client.call("SAVE"), "OK")
                    kept = now
                kept = now if journal else kept
                if what in ("kill", "end"):
                    server.kill() if what == "kill" else self.assertIsNone(server.stop())
                    journal = source.random() < 0.5
                    server = self.start("--appendonly", "yes" if journal else "no", folder=server.data)
                    client, now = server.client(), kept
                    self.assertEqual(int(client.call("GET", "n") or 0), now, server.log_tail(5))
                    self.assertEqual(client.call("LRANGE", "list", 0, -1), [b"%d" % i for i in range(1, now + 1)])
        self.assertIsNone(server.stop())

    def test_the_journal_goes_while_many_wait_for_a_sync(self):
        """All get their replies, and the server rests afterwards: it looks for events a few times a tick, not all the time."""
        server = self.start()
        admin, writers = server.client(), [server.client() for _ in range(40)]
        for i in range(40):
            self.assertEqual(admin.call("CONFIG", "SET", "durability", "sync"), "OK")
            for batch in range(3):
                for writer in writers:
                    writer.send("INCR", "n")
                if batch == 2:
                    self.assertEqual(admin.call("CONFIG", "SET", "durability", "memory"), "OK")
                for writer in writers:
                    self.assertIsInstance(writer.read(), int)
            before = int(admin.call("INFO", "stats").decode().split("eventloop_cycles:")[1].split("\r")[0])
            admin.call("WAIT", 1, 50)  # 50 ms pass
            after = int(admin.call("INFO", "stats").decode().split("eventloop_cycles:")[1].split("\r")[0])
            self.assertLess(after - before, 300, f"round {i}")
        self.assertEqual(admin.call("GET", "n"), b"4800")


class Saving(Case):
    def test_replies(self):
        server = self.start("--enable-debug-command", "yes")
        client = server.client()
        self.assertLess(abs(client.call("LASTSAVE") - time.time()), 60)
        self.assertEqual(client.call("SAVE"), "OK")
        client.call("DEBUG", "POPULATE", 300_000, "key", 100)
        running = "ERR Background save already in progress"
        replies = client.pipeline(("BGSAVE",), ("BGSAVE",), ("BGSAVE", "SCHEDULE"), ("SAVE",), ("BGREWRITEAOF",), ("INFO", "persistence"))
        self.assertEqual(replies[0], "Background saving started")
        self.assertEqual(replies[1:4], [running, running, running])
        self.assertEqual(replies[4], "Background append only file rewriting scheduled")
        self.assertIn(b"rdb_bgsave_in_progress:1", replies[5])
        self.assertIn(b"current_save_keys_total:300000", replies[5])
        wait_until(client, lambda: info(client)["aof_rewrites"] == "1", "the scheduled one does not come")
        self.assertEqual(info(client)["rdb_saves"], "3")
        replies = client.pipeline(("BGREWRITEAOF",), ("BGREWRITEAOF",), ("BGSAVE",), ("BGSAVE", "SCHEDULE"), ("BGSAVE", "what"))
        self.assertEqual(replies[:2], ["Background append only file rewriting started",
                                       "ERR Background append only file rewriting already in progress"])
        self.assertEqual(replies[2], "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to "
                                     "schedule a BGSAVE whenever possible.")
        self.assertEqual(replies[3:], ["Background saving scheduled", "ERR syntax error"])
        self.saved(client, 5)
        self.assertGreaterEqual(client.call("LASTSAVE"), int(time.time()) - 60)
        self.assertEqual(len([name for name in os.listdir(server.data) if name.startswith("snapshot")]), 1)
        replies = client.pipeline(("MULTI",), ("SET", "a", "1"), ("BGSAVE",), ("SAVE",), ("SET", "a", "2"), ("EXEC",))
        self.assertEqual(replies[2], "QUEUED")
        self.assertEqual(replies[3], "ERR Command not allowed inside a transaction")
        self.assertTrue(replies[5].startswith("EXECABORT"))
        replies = client.pipeline(("MULTI",), ("SET", "a", "1"), ("BGSAVE",), ("SET", "a", "2"), ("EXEC",))
        self.assertEqual(replies[4], ["OK", "Background saving started", "OK"])
        self.saved(client, 6)
        server.kill()
        client = self.start(folder=server.data).client()
        self.assertEqual(client.call("GET", "a"), b"2")

    def test_rules(self):
        server = self.start("--durability", "memory", "--save", "1 5")
        client = server.client()
        for i in range(4):
            client.call("SET", i, i)
        self.assertEqual(info(client)["rdb_changes_since_last_save"], "4")
        client.call("SET", 4, 4)
        self.saved(client, 1)
        self.assertEqual(info(client)["rdb_changes_since_last_save"], "0")
        self.assertIn("5 changes in 1 seconds. Saving...", server.log_tail())
        server.kill()
        client = self.start("--durability", "memory", "--save", "1 5", folder=server.data).client()
        self.assertEqual(client.call("DBSIZE"), 5)

    def ended(self, words, *directives):
        """The keys that are there after an end like this one."""
        server = self.start("--durability", "memory", *directives)
        client = server.client()
        client.call("SET", "a", "1")
        if words:
            client.send(*words)
            self.assertTrue(client.closed())
            self.assertEnds(server)
        else:
            self.assertIsNone(server.stop())
        return self.start("--durability", "memory", folder=server.data).client().call("DBSIZE")

    def test_shutdown(self):
        rules = ("--save", "1000 1")
        self.assertEqual(self.ended(["SHUTDOWN", "SAVE"]), 1)
        self.assertEqual(self.ended(["SHUTDOWN"]), 0)
        self.assertEqual(self.ended(["SHUTDOWN"], *rules), 1)
        self.assertEqual(self.ended(["SHUTDOWN", "NOSAVE"], *rules), 0)
        self.assertEqual(self.ended(None), 0)
        self.assertEqual(self.ended(None, *rules), 1)
        client = self.start().client()
        for words in (("SAVE", "NOSAVE"), ("WHAT",), ("ABORT", "NOW")):
            self.assertEqual(client.call("SHUTDOWN", *words), "ERR syntax error")
        self.assertEqual(client.call("SHUTDOWN", "ABORT"), "ERR No shutdown in progress.")


class Waiting(Case):
    def test_waitaof(self):
        server = self.start("--enable-debug-command", "yes")
        client, other = server.client(), server.client()
        for _ in range(20):
            client.call("INCR", "n")
            self.assertEqual(client.call("WAITAOF", 1, 0, 0), [1, 0])
            now = info(other)
            self.assertGreaterEqual(int(now["journal_synced_index"]), int(now["journal_last_index"]))
        self.assertEqual(client.call("WAITAOF", 0, 0, 0)[1], 0)
        self.assertEqual(client.pipeline(("INCR", "n"), ("WAITAOF", 1, 0, 0), ("DEBUG", "RELOAD"), ("GET", "n"))[1:], [[1, 0], "OK", b"21"])
        client.send_raw(encode("INCR", "n") + encode("WAITAOF", 1, 0, 0))
        self.assertEqual(other.call("DEBUG", "RELOAD"), "OK")
        self.assertEqual([client.read(), client.read()], [22, [1, 0]])
        self.assertEqual(other.call("CONFIG", "SET", "appendonly", "no"), "OK")
        self.assertEqual(client.call("WAITAOF", 1, 0, 0), "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
        server.kill()
        self.assertEqual(self.start(folder=server.data).client().call("GET", "n"), b"22")

    def test_a_connection_asks_for_more_or_less(self):
        server = self.start("--durability", "periodic")
        client, other = server.client(), server.client()
        self.assertEqual(client.call("CLIENT", "DURABILITY"), b"periodic")
        self.assertEqual(client.call("CLIENT", "DURABILITY", "sync"), "OK")
        for _ in range(20):
            other.send("INCR", "others")
            client.call("INCR", "n")
            other.read()
            now = info(client)
            self.assertEqual(now["journal_synced_index"], now["journal_last_index"])
        self.assertEqual(other.call("CLIENT", "DURABILITY"), b"periodic")
        self.assertEqual(client.call("CLIENT", "DURABILITY", "default"), "OK")
        self.assertEqual(client.call("CLIENT", "DURABILITY"), b"periodic")
        self.assertEqual(other.call("CONFIG", "SET", "durability", "sync"), "OK")
        self.assertEqual(client.call("CLIENT", "DURABILITY"), b"sync")
        self.assertEqual(client.call("CLIENT", "DURABILITY", "memory"), "OK")
        self.assertEqual(client.call("CLIENT", "DURABILITY"), b"memory")
        self.assertEqual(client.call("RESET"), "RESET")
        self.assertEqual(client.call("CLIENT", "DURABILITY"), b"sync")


class Backup(Case):
    def run_command(self, *words):
        done = subprocess.run([os.environ["KVORUM_BIN"], *map(str, words)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def state(self, folder):
        """The number of transactions that a server sees there, which must be whole."""
        server = self.start(folder=folder)
        client = server.client()
        n = int(client.call("GET", "n") or 0)
        self.assertEqual(int(client.call("GET", "m") or 0), -n)
        self.assertEqual(client.call("LRANGE", "list", 0, -1), [b"%d" % i for i in range(1, n + 1)])
        self.assertIsNone(server.stop())
        return n

    def test_under_load_and_back_to_any_time(self):
        server = self.start()
        writer, client = server.client(), server.client()
        acknowledged, sent, times = 0, 0, {}

        def write(until):
            """Transactions, one in flight after another, until `until` says that it is enough."""
            nonlocal acknowledged, sent
            while not until():
                sent += 1
                writer.pipeline(("MULTI",), ("INCR", "n"), ("DECR", "m"), ("RPUSH", "list", sent), ("EXEC",))
                acknowledged = sent
                times[acknowledged] = time.time_ns() // 1000

        write(lambda: sent == 100)
        backups = []
        for i in range(4):
            if i % 2:
                client.call("BGSAVE")
            before, folder = acknowledged, os.path.join(new_folder(), "backup")
            with subprocess.Popen([os.environ["KVORUM_BIN"], "backup", server.data, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True) as process:
                write(lambda: process.poll() is not None)
                self.assertEqual(process.returncode, 0, process.stdout.read())
            backups.append((before, folder, acknowledged))
            write(lambda: sent % 100 == 0)
        for before, folder, after in backups:
            n = self.state(shutil.copytree(folder, folder + ".copy"))
            self.assertTrue(before <= n <= after, f"{before} <= {n} <= {after}")
        enough = sent + 100
        write(lambda: sent == enough)
        last = os.path.join(new_folder(), "last")
        self.run_command("backup", server.data, last)
        self.assertIsNone(server.stop())
        restored = os.path.join(new_folder(), "restored")
        self.assertIn("holds the state of", self.run_command("restore", last, restored))
        self.assertEqual(self.state(restored), acknowledged)
        # Up to a time: all that was acknowledged by then, and nothing of what was sent after it. The turn of the event loop has one time.
        for n in random.sample(range(backups[-1][2], acknowledged), 5):
            until = times[n]
            seconds, micros = divmod(until, 1_000_000)
            text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)) + f".{micros:06}"
            folder = os.path.join(new_folder(), "then")
            self.run_command("restore", last, folder, "--until", text)
            self.assertEqual(self.state(folder), n, text)
        self.assertNotEqual(subprocess.run([os.environ["KVORUM_BIN"], "restore", last, restored], capture_output=True).returncode, 0, "it is not empty")


class FailingDisk(Case):
    """A file system in a file that the disk below has no room for: what is written to it finds room, but fsync fails."""

    def mounted(self):
        below, above = new_folder(), new_folder()
        image = os.path.join(below, "image")
        commands = (["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", below], ["truncate", "-s", "64m", image],
                    ["mkfs.ext4", "-q", "-O", "^has_journal", image], ["mount", "-o", "loop", image, above])
        for command in commands:
            try:
                done = subprocess.run(command, capture_output=True)
            except FileNotFoundError:
                done = None
            if done is None or done.returncode != 0:
                self.skipTest(f"{command[0]} is not possible here")
            if command[0] == "mount":
                self.addCleanup(subprocess.run, ["umount", "-l", command[-1]])
        return above

    def test_a_failed_fsync_ends_it(self):
        for durability in ("sync", "periodic"):
            with self.subTest(durability=durability):
                server = self.start("--durability", durability, folder=self.mounted())
                client, acknowledged = server.client(), 0
                reply = None
                try:
                    while not isinstance(reply := client.call("SET", acknowledged + 1, bytes(10_000)), Error):
                        acknowledged += 1
                        self.assertLess(acknowledged, 20_000)
                except ConnectionError:
                    pass
                self.assertGreater(acknowledged, 100)
                self.assertNotEqual(server.process.wait(PATIENCE_S), 0)
                self.assertIn("FATAL: the journal could not be synced", server.log_tail())


main()
