#!/usr/bin/python3
"""MIGRATE, DUMP and RESTORE between servers: two of ours, and ours and a Redis (redis-check-rdb of redis-tools is one, under another
name)."""
# kvorum-test: no-peer
import os
import random
import socket
import threading

from kvorum_test import Server, TestCase, main
from values import content, fill, redis_server


class Migrate(TestCase):
    maxDiff = 2000

    def setUp(self):
        super().setUp()
        self.target = Server()
        self.there = self.target.client()
        self.address = ("127.0.0.1", str(self.target.port))

    def tearDown(self):
        self.assertIsNone(self.target.stop())
        super().tearDown()

    def test_every_type_moves(self):
        fill(self.client)
        self.client.call("PEXPIRE", "hash", "1000000")
        before = content(self.client)
        self.assertEqual(self.client.call("MIGRATE", *self.address, "", 0, 5000, "KEYS", *before), "OK")
        self.assertEqual(content(self.there), before)
        self.assertEqual(self.client.call("DBSIZE"), 0)

    def connections(self):
        return int(self.there.call("INFO", "stats").decode().split("total_connections_received:")[1].split()[0])

    def test_one_connection_serves_many_calls(self):
        before = self.connections()
        for i in range(10):
            self.client.call("SET", i, i)
            self.assertEqual(self.client.call("MIGRATE", *self.address, i, i % 2, 5000), "OK")
        self.assertEqual(self.connections(), before + 1)
        self.assertEqual(self.there.call("DBSIZE"), 5)
        # When the target has gone away and come back, the next call connects anew.
        self.there.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self.client.call("SET", "k", "v")
        self.assertEqual(self.client.call("MIGRATE", *self.address, "k", 0, 5000), "OK")
        self.assertEqual(self.there.call("GET", "k"), b"v")

    def test_options(self):
        self.client.call("SET", "k", "new")
        self.there.call("SET", "k", "old")
        reply = self.client.call("MIGRATE", *self.address, "k", 0, 5000)
        self.assertEqual(reply, "ERR Target instance replied with error: BUSYKEY Target key name already exists.")
        self.assertEqual(self.client.call("MIGRATE", *self.address, "k", 0, 5000, "COPY", "REPLACE"), "OK")
        self.assertEqual(self.there.call("GET", "k"), b"new")
        self.assertEqual(self.client.call("GET", "k"), b"new")
        self.there.call("CONFIG", "SET", "requirepass", "secret")
        self.there.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        reply = self.client.call("MIGRATE", *self.address, "k", 0, 5000, "REPLACE")
        self.assertTrue(reply.startswith("ERR Target instance replied with error: NOAUTH"), reply)
        for words in (("AUTH", "secret"), ("AUTH2", "default", "secret")):
            self.assertEqual(self.client.call("MIGRATE", *self.address, "k", 0, 5000, "COPY", "REPLACE", *words), "OK")

    def test_nobody_there_or_nobody_answers(self):
        self.client.call("SET", "k", "v")
        self.assertEqual(self.client.call("MIGRATE", *self.address, "missing", 0, 100), "NOKEY")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            reply = self.client.call("MIGRATE", "127.0.0.1", port, "k", 0, 100)
            self.assertEqual(reply, "IOERR error or timeout reading to target instance")
        reply = self.client.call("MIGRATE", "127.0.0.1", port, "k", 0, 100)
        self.assertEqual(reply, "IOERR error or timeout writing to target instance")
        reply = self.client.call("MIGRATE", "no.such.host.invalid", 6379, "k", 0, 100)
        self.assertEqual(reply, "IOERR error or timeout connecting to the client")
        self.assertEqual(self.client.call("GET", "k"), b"v")

    def test_a_target_that_answers_in_part(self):
        """Keys whose arrival was confirmed are gone here, the others stay."""
        def serve(listener):
            connection, _ = listener.accept()
            with connection:
                received = b""
                while received.count(b"RESTORE") < 3 or not received.endswith(b"\r\n"):
                    received += connection.recv(65536)
                connection.sendall(b"+OK\r\n+OK\r\n")  # SELECT and one RESTORE

        self.client.call("MSET", "a", "1", "b", "2", "c", "3")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve, args=(listener,))
            thread.start()
            reply = self.client.call("MIGRATE", "127.0.0.1", listener.getsockname()[1], "", 0, 5000, "KEYS", "a", "b", "c")
            thread.join()
        self.assertEqual(reply, "IOERR error or timeout reading to target instance")
        self.assertEqual(self.client.call("MGET", "a", "b", "c"), [None, b"2", b"3"])


class WithRedis(TestCase):
    """Values from Redis and back."""

    maxDiff = 2000

    def setUp(self):
        super().setUp()
        self.redis = redis_server()
        if self.redis is None:
            self.skipTest("there is no Redis on this machine")
        self.there = self.redis.client()

    def tearDown(self):
        self.redis.stop()
        super().tearDown()

    def test_redis_migrates_to_kvorum(self):
        fill(self.there)
        self.there.call("PEXPIRE", "large hash", "1000000")
        before = content(self.there)
        self.assertEqual(self.there.call("MIGRATE", "127.0.0.1", os.environ["KVORUM_PORT"], "", 0, 5000, "KEYS", *before),
                         "OK")
        self.assertEqual(content(self.client), before)
        self.assertEqual(self.there.call("DBSIZE"), 0)

    def test_random_values_by_dump_and_restore(self):
        seed = random.randrange(1 << 32)
        print("seed", seed)
        chance = random.Random(seed)

        def text():
            kind = chance.randrange(4)
            if kind == 0:
                return str(chance.choice([1, -1]) * chance.randrange(1 << chance.randrange(1, 63)))
            if kind == 1:
                return chance.choice("abc") * chance.randrange(300)
            return bytes(chance.randrange(256) for _ in range(chance.randrange(40)))

        for i in range(60):
            count = chance.choice([1, 5, 50, 600])
            words = [text() for _ in range(count)]
            for name, command in (("list", ["RPUSH"] + [word for word in words]), ("set", ["SADD"] + words),
                                  ("hash", ["HSET"] + [word for pair in zip(words, reversed(words)) for word in pair]),
                                  ("zset", ["ZADD"] + [w for word in words for w in (chance.uniform(-9, 9), word)]),
                                  ("string", ["SET", words[0]])):
                key = f"{name} {i}"
                self.there.call(command[0], key, *command[1:])
                self.assertEqual(self.client.call("RESTORE", key, 0, self.there.call("DUMP", key)), "OK", key)
        self.assertEqual(content(self.client), content(self.there))

    def test_kvorum_migrates_to_redis(self):
        version = self.there.call("INFO", "server").decode().split("redis_version:")[1].split()[0]
        if tuple(int(part) for part in version.split(".")[:2]) < (7, 2):
            self.client.call("SET", "k", "v")
            reply = self.client.call("MIGRATE", "127.0.0.1", self.redis.port, "k", 0, 5000)
            self.assertErrorStarts(reply, "ERR Target instance replied with error: ERR DUMP payload version")
            self.assertEqual(self.client.call("GET", "k"), b"v")
            self.skipTest(f"Redis {version} is older than the format that Redis 7.2 and Kvorum write")
        fill(self.client)
        before = content(self.client)
        self.assertEqual(self.client.call("MIGRATE", "127.0.0.1", self.redis.port, "", 0, 5000, "KEYS", *before), "OK")
        self.assertEqual(content(self.there), before)


main()
