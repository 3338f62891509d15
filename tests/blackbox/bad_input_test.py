#!/usr/bin/python3
"""Bad input of every kind: an error reply or a closed connection, memory within limits, and everybody else served as before."""

import os
import random
import resource
import socket
import time
import unittest

from kvorum_test import Client, Server, TestCase, encode, main

SANITIZED = bool(os.environ.get("KVORUM_SANITIZER"))
MIB = 1 << 20


def rss(server_client):
    for line in server_client.call("INFO", "memory").split(b"\r\n"):
        if line.startswith(b"used_memory_rss:"):
            return int(line.split(b":")[1])
    raise AssertionError("INFO memory has no used_memory_rss")


def raw(data, port=None):
    """Everything the server answers to these bytes until it closes the connection, which it must."""
    client = Client(port)
    try:
        client.send_raw(data)
        return client.reader.read()
    except ConnectionError:
        return b""
    finally:
        client.close()


class Malformed(TestCase):
    def assert_protocol_error(self, data, text):
        self.assertEqual(raw(data), b"-ERR Protocol error: " + text + b"\r\n")

    def test_multibulk_length(self):
        for length in (b"x", b"2147483648", b"99999999999999999999", b"-99999999999999999999", b"1 ", b"+1"):
            self.assert_protocol_error(b"*" + length + b"\r\n", b"invalid multibulk length")

    def test_bulk_length(self):
        for length in (b"x", b"-1", b"-2", b"536870913", b"99999999999999999999", b""):
            self.assert_protocol_error(b"*1\r\n$" + length + b"\r\n", b"invalid bulk length")

    def test_bulk_mark(self):
        self.assert_protocol_error(b"*1\r\nPING\r\n", b"expected '$', got 'P'")
        self.assert_protocol_error(b"*2\r\n$3\r\nGET\r\n:1\r\n", b"expected '$', got ':'")

    def test_unbalanced_quotes(self):
        for line in (b'set "a', b"set 'a", b'set "a"b', b"set 'a'b"):
            self.assert_protocol_error(line + b"\r\n", b"unbalanced quotes in request")

    def test_endless_lines(self):
        self.assert_protocol_error(b"a" * 70000, b"too big inline request")
        self.assert_protocol_error(b"*" + b"1" * 70000, b"too big mbulk count string")
        self.assert_protocol_error(b"*1\r\n$" + b"1" * 70000, b"too big bulk count string")

    def test_empty_requests_are_nothing(self):
        self.client.send_raw(b"\r\n\r\n*0\r\n*-1\r\n\n  \r\nPING\r\n")
        self.assertEqual(self.client.read(), "PONG")

    def test_what_came_before_the_error_is_answered(self):
        self.assertEqual(raw(encode("SET", "k", "v") + encode("GET", "k") + b"*1\r\n!\r\n"),
                         b"+OK\r\n$1\r\nv\r\n-ERR Protocol error: expected '$', got '!'\r\n")

    def test_truncated_everywhere(self):
        request = encode("SET", "key", "value") + b"SET inline 'quoted value'\r\n"
        for end in range(len(request)):
            client = Client()
            client.send_raw(request[:end])
            client.close()
        self.assertEqual(self.client.call("PING"), "PONG")

    def test_half_closed(self):
        client = Client()
        client.send_raw(encode("ECHO", "x") + b"*2\r\n$4\r\nECHO")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertIn(client.reader.read(), (b"$1\r\nx\r\n", b""))
        client.close()

    def test_noise(self):
        seed = int(os.environ.get("KVORUM_SEED", random.randrange(1 << 32)))
        print(f"seed {seed} (KVORUM_SEED repeats it)", flush=True)
        chance = random.Random(seed)
        pieces = [b"*", b"$", b"\r\n", b"\n", b"\0", b"-1", b"1", b"3", b"99999999999", b"SET", b"GET", b"'", b'"', b"\\x", b" ", b"k",
                  b"MULTI", b"EXEC", b"SUBSCRIBE", b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n", b"_\r\n", b"%1\r\n", bytes(range(256))]
        for _ in range(300 if SANITIZED else 2000):
            client = Client()
            try:
                client.send_raw(b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 40))))
            except ConnectionError:
                pass
            client.close()
        self.assertEqual(self.client.call("PING"), "PONG")

    def test_a_large_promise_takes_no_memory(self):
        before = rss(self.client)
        clients = [Client() for _ in range(50)]
        for client in clients:
            client.send_raw(b"*2147483647\r\n$3\r\nGET\r\n$536870912\r\nx")
        self.assertEqual(self.client.call("PING"), "PONG")
        self.assertLess(rss(self.client) - before, 200 * MIB)
        for client in clients:
            client.close()


class Unauthenticated(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--requirepass", "sesame")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() is None

    def test_smaller_limits(self):
        port = self.server.port
        self.assertEqual(raw(b"*11\r\n", port), b"-ERR Protocol error: unauthenticated multibulk length\r\n")
        self.assertEqual(raw(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n", port), b"-ERR Protocol error: unauthenticated bulk length\r\n")

    def test_they_are_gone_afterwards(self):
        client = Client(self.server.port)
        self.assertEqual(client.call("PING"), "NOAUTH Authentication required.")
        self.assertEqual(client.call("AUTH", "sesame"), "OK")
        self.assertEqual(client.call("SET", "k", "x" * 100000), "OK")
        self.assertEqual(client.call("DEL", *map(str, range(20))), 0)
        client.close()


class Hostile(unittest.TestCase):
    """Each test has a server of its own, set to small limits."""

    def serve(self, *directives):
        server = Server(*directives)
        self.addCleanup(lambda: self.assertIsNone(server.stop()))
        return server

    def test_a_byte_at_a_time(self):
        server = self.serve()
        slow, quick = server.client(), server.client()
        request = encode("SET", "slow", "value") + b"GET slow\r\n"
        for i in range(len(request)):
            slow.send_raw(request[i:i + 1])
            self.assertEqual(quick.call("PING"), "PONG")
        self.assertEqual((slow.read(), slow.read()), ("OK", b"value"))

    def test_a_client_that_never_reads(self):
        server = self.serve("--client-output-buffer-limit", "normal 4mb 0 0")
        greedy, other = server.client(), server.client()
        other.call("SET", "large", "x" * MIB)
        try:
            for _ in range(1000):
                greedy.send("GET", "large")
        except ConnectionError:
            pass
        while other.call("CLIENT", "LIST").count(b"\n") > 1:
            pass
        self.assertLess(rss(other), 400 * MIB)
        self.assertEqual(other.call("PING"), "PONG")

    def test_a_subscriber_that_never_reads(self):
        server = self.serve("--client-output-buffer-limit", "pubsub 4mb 0 0")
        deaf, publisher = server.client(), server.client()
        deaf.call("SUBSCRIBE", "news")
        message = "x" * 100000
        for _ in range(2000):
            if publisher.call("PUBLISH", "news", message) == 0:
                break
        else:
            self.fail("200 MB later the subscriber is still there")
        self.assertLess(rss(publisher), 400 * MIB)

    def test_query_buffer_limit(self):
        server = self.serve("--client-query-buffer-limit", "1mb")
        client, other = server.client(), server.client()
        try:
            client.send_raw(b"*1\r\n$100000000\r\n")
            for _ in range(50):
                client.send_raw(b"x" * 100000)
            self.assertTrue(client.closed())
        except ConnectionError:
            pass
        self.assertEqual(other.call("PING"), "PONG")

    def test_bulk_limit_can_be_set(self):
        server = self.serve("--proto-max-bulk-len", "1mb")
        self.assertEqual(raw(b"*1\r\n$1048577\r\n", server.port), b"-ERR Protocol error: invalid bulk length\r\n")
        client = server.client()
        self.assertEqual(client.call("SET", "k", "x" * MIB), "OK")
        self.assertEqual(client.call("APPEND", "k", "x"), "ERR string exceeds maximum allowed size (proto-max-bulk-len)")

    def test_too_many_clients(self):
        server = self.serve("--maxclients", "20")
        clients = [self.accepted(server) for _ in range(20)]
        extra = server.client()
        self.assertEqual(extra.reader.read(), b"-ERR max number of clients reached\r\n")
        extra.close()
        clients.pop().close()
        self.accepted(server)

    def accepted(self, server):
        """A client that the server has room for, as soon as it has."""
        while True:
            client = server.client()
            try:
                if client.call("PING") == "PONG":
                    return client
            except ConnectionError:
                pass
            client.close()

    def test_idle_clients_are_closed(self):
        server = self.serve("--timeout", "1")
        self.assertTrue(server.client().closed())

    def test_ten_thousand_idle_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(10000, hard - 500)
        if wanted < 1000:
            self.skipTest(f"only {hard} open files are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 500), hard))
        server = self.serve("--maxclients", str(wanted + 100))
        idle = []
        for _ in range(wanted):
            idle.append(socket.create_connection(("127.0.0.1", server.port)))
        client = server.client()
        started = time.monotonic()
        for i in range(2000):
            self.assertEqual(client.call("SET", f"k{i}", i), "OK")
        self.assertLess(time.monotonic() - started, 60)
        self.assertIn(b"connected_clients:%d\r\n" % (wanted + 1), client.call("INFO", "clients"))
        for i in (0, wanted // 2, wanted - 1):
            idle[i].sendall(b"PING\r\n")
            self.assertEqual(idle[i].recv(100), b"+PONG\r\n")
        for connection in idle:
            connection.close()
        while b"connected_clients:1\r\n" not in client.call("INFO", "clients"):
            pass

    @unittest.skipIf(SANITIZED, "sanitizers need descriptors of their own, and end the process without")
    def test_no_descriptor_for_another_connection(self):
        server = self.serve()
        client = server.client()
        self.assertEqual(client.call("PING"), "PONG")  # it has been accepted
        pid = server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        taken = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
        free = next(fd for fd in range(len(taken) + 1) if fd not in taken)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, limits[1]))
        waiting = socket.create_connection(("127.0.0.1", server.port))
        waiting.sendall(b"PING\r\n")
        while "no room for another one" not in server.log_tail():
            self.assertEqual(client.call("PING"), "PONG")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        self.assertEqual(waiting.recv(100), b"+PONG\r\n")
        waiting.close()

    def test_a_pipeline_of_any_length(self):
        server = self.serve()
        client = server.client()
        count = 20000 if SANITIZED else 200000
        client.send_raw(encode("INCR", "n") * count)
        for i in range(1, count + 1):
            self.assertEqual(client.read(), i)


main()
