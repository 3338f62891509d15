#!/usr/bin/python3
"""kvorum import and kvorum export: RDB files from and to servers, ours and a Redis."""
# kvorum-test: no-peer
import os
import subprocess
import tempfile

from kvorum_test import Server, TestCase, main
from values import content, fill, redis_server

DATABASES = (0, 3, 15)


def run(*words, **environment):
    """The subcommand's status, what it printed, and its errors."""
    done = subprocess.run([os.environ["KVORUM_BIN"], *map(str, words)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def fill_databases(client):
    for db in DATABASES:
        client.call("SELECT", db)
        fill(client, 700 if db == 0 else 20)
        client.call("PEXPIREAT", "set", 4102444800123)
    client.call("SELECT", 0)


def all_content(client):
    held = {}
    for db in DATABASES:
        client.call("SELECT", db)
        held[db] = content(client)
        assert client.call("PEXPIRETIME", "set") in (4102444800123, -2)
    client.call("SELECT", 0)
    return held


class RdbFiles(TestCase):
    maxDiff = 2000

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"])
        self.file = os.path.join(self.folder, "dump.rdb")
        self.port = ("--port", os.environ["KVORUM_PORT"])

    def start(self, server):
        self.addCleanup(server.stop)
        return server

    def start_redis(self):
        redis = redis_server()
        if redis is None:
            self.skipTest("there is no Redis on this machine")
        return self.start(redis)

    def test_from_redis(self):
        redis = self.start_redis()
        there = redis.client()
        fill_databases(there)
        before = all_content(there)
        self.assertEqual(there.call("SAVE"), "OK")
        status, out, errors = run("import", os.path.join(redis.folder, "dump.rdb"), *self.port)
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(out, "^imported [0-9]+ keys from .*RDB version")
        self.assertEqual(all_content(self.client), before)

    def test_json_goes_there_and_back(self):
        documents = {"small": '{"a":[1,2.5,null,true,"x"]}', "large": '["%s",0.30000000000000004]' % ("y" * 300000)}
        for key, document in documents.items():
            self.assertEqual(self.client.call("JSON.SET", key, "$", document), "OK")
        self.assertEqual(run("export", self.file, *self.port)[::2], (0, ""))
        self.client.call("FLUSHALL")
        self.assertEqual(run("import", self.file, *self.port, "--large", "100kb")[::2], (0, ""))
        for key, document in documents.items():
            self.assertEqual(self.client.call("JSON.GET", key), document.encode())

    def test_export_of_ours_and_back_whole_or_in_pieces(self):
        fill_databases(self.client)
        before = all_content(self.client)
        keys = sum(map(len, before.values()))
        status, out, errors = run("export", self.file, *self.port)
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(out.startswith(f"exported {keys} keys to "), out)
        self.assertEqual(os.listdir(self.folder), ["dump.rdb"])
        for large in ("1gb", "100"):
            other = self.start(Server())
            status, out, errors = run("import", self.file, "--port", other.port, "--large", large)
            self.assertEqual((status, errors), (0, ""))
            self.assertTrue(out.startswith(f"imported {keys} keys from "), out)
            self.assertEqual(all_content(other.client()), before)

    def test_export_of_redis_is_loaded_by_redis(self):
        redis = self.start_redis()
        fill_databases(redis.client())
        before = all_content(redis.client())
        self.assertEqual(run("export", self.file, "--port", redis.port)[0], 0)
        again = self.start(Server("--dbfilename", "dump.rdb", command=redis.command[0], folder=self.folder))
        self.assertEqual(all_content(again.client()), before)

    def test_part_of_it(self):
        fill_databases(self.client)
        run("export", self.file, *self.port, "--db", 3, "--match", "*hash")
        other = self.start(Server())
        self.assertEqual(run("import", self.file, "--port", other.port)[0], 0)
        self.assertEqual(other.client().call("INFO", "keyspace").count(b"keys="), 1)
        client = other.client()
        client.call("SELECT", 3)
        self.assertEqual(sorted(client.call("KEYS", "*")), [b"hash", b"large hash"])
        self.assertIn("imported 0 keys", run("import", self.file, "--port", other.port, "--db", 4)[1])

    def test_keys_that_are_there(self):
        self.client.call("MSET", "a", "old", "b", "old", "c", "old")
        run("export", self.file, *self.port)
        self.client.call("DEL", "b")
        self.client.call("SET", "a", "new")
        status, _, errors = run("import", self.file, *self.port)
        self.assertEqual(status, 1)
        self.assertRegex(errors, 'key "[ac]" is there already; --replace overwrites such keys, --keep leaves them')
        status, out, _ = run("import", self.file, *self.port, "--keep")
        self.assertIn("were there already and are as they were", out)
        self.assertEqual(self.client.call("MGET", "a", "b"), [b"new", b"old"])
        status, _, _ = run("import", self.file, *self.port, "--replace", "--large", "1")
        self.assertEqual(self.client.call("MGET", "a", "b"), [b"old", b"old"])
        status, _, errors = run("export", self.file, *self.port)
        self.assertEqual((status, errors), (1, f"kvorum export: {self.file} is there already; --force overwrites it\n"))
        self.assertEqual(run("export", self.file, *self.port, "--force")[0], 0)

    def test_a_damaged_file_changes_nothing(self):
        fill(self.client, 20)
        run("export", self.file, *self.port)
        self.client.call("FLUSHALL")
        with open(self.file, "rb") as file:
            good = file.read()
        damages = {
            len(good) // 2: good[:len(good) // 2],
            len(good) - 8: good[:-3] + bytes([good[-3] ^ 1]) + good[-2:],
            9: b"REDIS0099" + good[9:],
        }
        for offset, bad in damages.items():
            with open(self.file, "wb") as file:
                file.write(bad)
            status, _, errors = run("import", self.file, *self.port)
            self.assertEqual(status, 1)
            self.assertRegex(errors, f"kvorum import: {self.file}, offset [0-9]+: .*\nNothing was sent.\n")
        self.assertEqual(self.client.call("DBSIZE"), 0)

    def test_what_has_expired_and_files_without_a_checksum(self):
        with open(self.file, "wb") as file:
            file.write(b"REDIS0003\xfe\x05" + b"\xfd\x01\0\0\0\0\x01a\x01v" + b"\0\x01b\x01v" + b"\xff")
        status, out, errors = run("import", self.file, *self.port)
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("imported 1 key from", out)
        self.assertIn("; 1 had expired; the file has no checksum", out)
        self.client.call("SELECT", 5)
        self.assertEqual(self.client.call("KEYS", "*"), [b"b"])

    def test_streams(self):
        redis = self.start_redis()
        there = redis.client()
        there.call("XADD", "stream", "1-1", "a", "b")
        there.call("SET", "string", "text")
        there.call("SAVE")
        dump = os.path.join(redis.folder, "dump.rdb")
        status, _, errors = run("import", dump, *self.port)
        self.assertEqual(status, 1)
        self.assertRegex(errors, 'key "stream" at offset [0-9]+ is a stream, which this version does not have')
        self.assertEqual(self.client.call("DBSIZE"), 0)
        status, out, _ = run("import", dump, *self.port, "--skip-unsupported")
        self.assertEqual(status, 0)
        self.assertIn("left out 1 (a stream)", out)
        self.assertEqual(self.client.call("KEYS", "*"), [b"string"])

    def test_password_and_nobody_there(self):
        secret = self.start(Server("--requirepass", "secret"))
        client = secret.client()
        client.call("AUTH", "secret")
        client.call("SET", "k", "v")
        status, _, errors = run("export", self.file, "--port", secret.port)
        self.assertEqual(status, 1)
        self.assertIn("NOAUTH", errors)
        self.assertFalse(os.path.exists(self.file))
        self.assertEqual(run("export", self.file, "--port", secret.port, REDISCLI_AUTH="secret")[0], 0)
        self.assertEqual(run("import", self.file, "--port", secret.port, "--replace", "--password", "secret")[0], 0)
        port = secret.port
        secret.stop()
        status, _, errors = run("import", self.file, "--port", port)
        self.assertEqual(status, 1)
        self.assertIn(f"could not connect to 127.0.0.1:{port}: Connection refused", errors)


main()
