#!/usr/bin/python3
"""Connections: what they may cost, who is closed and when, and that nobody waits for anybody else."""

import os
import re
import socket
import threading
import time
import unittest

from kvorum_test import Client, Server, TestCase, encode, main

MIB = 1 << 20
WAIT_S = 120 if os.environ.get("KVORUM_SANITIZER") else 30


def wait_for(condition, what):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {WAIT_S} s: {what}")


def listed(client, name):
    """The fields of the connection with this name in CLIENT LIST, or None."""
    for line in client.call("CLIENT", "LIST").decode().splitlines():
        fields = dict(field.split("=", 1) for field in line.split(" "))
        if fields["name"] == name:
            return fields
    return None


def info(client, field):
    return int(re.search(rb"^%s:(\d+)" % field.encode(), client.call("INFO", "everything"), re.M).group(1))


class CrossProtocol(TestCase):
    def answer(self, data):
        """What comes back until the server closes the connection, which it must."""
        client = Client()
        try:
            client.send_raw(data)
            return client.reader.read()
        except ConnectionError:
            return b""
        finally:
            client.close()

    def test_http_is_turned_away(self):
        get = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 12\r\n\r\nSET evil 1\r\n"
        for request, answers in ((b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET evil 1\r\n", (b"",)),
                                 (b"post /\r\nSET evil 1\r\n", (b"",)), (b"hOsT: 127.0.0.1\r\nSET evil 1\r\n", (b"",)),
                                 (encode("POST", "/") + encode("SET", "evil", "1"), (b"",)),
                                 # The error is sent, or lost when the connection closes before all was read.
                                 (get, (b"-ERR wrong number of arguments for 'get' command\r\n", b""))):
            self.assertIn(self.answer(request), answers, request)
            self.assertEqual(self.client.call("EXISTS", "evil"), 0)

    # Redis never answers a line with a zero byte in it.
    @unittest.skipIf("KVORUM_PEER" in os.environ, "of ours")
    def test_tls_is_not_understood(self):
        hello = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + bytes(range(0x80, 0xa0)) + b"\x00\x00\x02\x13\x01\x01\x00"
        client = Client()
        client.send_raw(hello)
        self.assertEqual(self.client.call("PING"), "PONG")
        client.send_raw(b"\r\nPING\r\n")  # for us it was the beginning of a line
        self.assertTrue(client.read().startswith("ERR unknown command '\x16\x03\x01"))
        self.assertEqual(client.read(), "PONG")
        client.close()

    @unittest.skipIf("KVORUM_PEER" in os.environ, "of ours")
    def test_a_quote_in_noise_closes(self):
        self.assertEqual(self.answer(b"\x00\xff'\x01\n"), b"-ERR Protocol error: unbalanced quotes in request\r\n")


class Order(TestCase):
    def test_a_pipeline_that_repeats_its_commands(self):
        # What is remembered of the request before must not be taken for this one's.
        client = Client()
        client.send_raw(encode("SET", "a", "1") + encode("SET", "b", "2") + encode("GET", "a") + encode("get", "b") + encode("GET", "b") +
                        encode("GET") + encode("GET", "a") + encode("NOSUCH") + encode("NOSUCH") + encode("CLIENT", "ID") +
                        encode("CLIENT", "GETNAME") + encode("CLIENT", "NOSUCH") + encode("OBJECT", "ENCODING", "a") +
                        encode("OBJECT", "REFCOUNT", "nosuch") + b"PING\r\nPING x\r\n" + encode("PING", "y"))
        replies = [client.read() for _ in range(17)]
        self.assertEqual(replies[:5], ["OK", "OK", b"1", b"2", b"2"])
        self.assertErrorStarts(replies[5], "ERR wrong number of arguments for 'get' command")
        self.assertEqual(replies[6], b"1")
        self.assertErrorStarts(replies[7], "ERR unknown command 'NOSUCH'")
        self.assertErrorStarts(replies[8], "ERR unknown command 'NOSUCH'")
        self.assertIsInstance(replies[9], int)
        self.assertIsNone(replies[10])
        self.assertErrorStarts(replies[11], "ERR unknown subcommand 'NOSUCH'")
        self.assertEqual(replies[12:], [b"int", None, "PONG", b"x", b"y"])

    def test_nothing_runs_after_quit(self):
        client = Client()
        client.send_raw(encode("SET", "a", "1") + encode("QUIT") + encode("SET", "a", "2") + encode("PING") * 1000)
        self.assertEqual((client.read(), client.read()), ("OK", "OK"))
        self.assertTrue(client.closed())
        self.assertEqual(self.client.call("GET", "a"), b"1")

    @unittest.skipIf("KVORUM_PEER" in os.environ, "Redis closes a moment later")
    def test_who_has_read_the_last_reply_finds_the_end(self):
        for _ in range(300):
            client = Client()
            client.send("QUIT")
            self.assertEqual(client.socket.recv(100), b"+OK\r\n")
            # Not about to be closed, but closed: a pool that looks at its idle connections must not take it for a good one.
            self.assertEqual(client.socket.recv(1, socket.MSG_DONTWAIT), b"")
            client.close()

    def test_what_came_during_a_pause_runs_after_it(self):
        client = Client()
        client.call("CLIENT", "SETNAME", "paused")
        self.assertEqual(self.client.call("CLIENT", "PAUSE", "1000000", "WRITE"), "OK")
        count = 100000  # some megabytes, so that it takes several turns
        client.send_raw(encode("SET", "n", "0"))
        wait_for(lambda: listed(self.client, "paused")["flags"] == "b", "the pause holds the client back")
        sender = threading.Thread(target=client.send_raw, args=(encode("INCR", "n") * count,))
        sender.start()
        wait_for(lambda: int(listed(self.client, "paused")["qbuf"]) > MIB, "input is waiting")
        self.assertEqual(self.client.call("GET", "n"), None)
        self.assertEqual(self.client.call("CLIENT", "UNPAUSE"), "OK")
        self.assertEqual(client.read(), "OK")
        for i in range(1, count + 1):
            self.assertEqual(client.read(), i)
        sender.join()

    def test_many_go_at_once(self):
        clients = [Client() for _ in range(200)]
        for i, client in enumerate(clients):
            client.send_raw(encode("CLIENT", "SETNAME", f"c{i}") + encode("SET", f"k{i}", i) * 50)
        self.assertGreaterEqual(self.client.call("CLIENT", "KILL", "TYPE", "normal"), 200)
        for client in clients:
            try:
                client.reader.read()
            except ConnectionError:
                pass
            client.close()
        self.assertEqual(self.client.call("PING"), "PONG")


class Memory(unittest.TestCase):
    def serve(self, *directives):
        server = Server(*directives)
        self.addCleanup(lambda: self.assertIsNone(server.stop()))
        return server

    def test_who_does_not_read_is_not_served_without_end(self):
        # No limits are set: the replies are all there in the end, but they wait on the client's side of the wire.
        server = self.serve()
        greedy, other = server.client(), server.client()
        other.call("SET", "large", "x" * MIB)
        count = 600
        sender = threading.Thread(target=greedy.send_raw, args=(encode("GET", "large") * count,))
        sender.start()
        wait_for(lambda: info(other, "used_memory") > 250 * MIB, "replies pile up")
        for _ in range(100):
            self.assertEqual(other.call("PING"), "PONG")
        self.assertLess(info(other, "used_memory"), 300 * MIB)
        for _ in range(count):
            self.assertEqual(len(greedy.read()), MIB)
        sender.join()
        wait_for(lambda: info(other, "used_memory") < 20 * MIB, "the memory is free again")

    def test_an_idle_connection_keeps_little(self):
        server = self.serve("--hz", "100")
        client, other = server.client(), server.client()
        client.call("CLIENT", "SETNAME", "idle")
        client.call("SET", "k", "x" * MIB)
        client.call("GET", "k")

        def small():
            fields = listed(other, "idle")
            return int(fields["qbuf"]) + int(fields["qbuf-free"]) == 0 and int(fields["tot-mem"]) < 4096

        wait_for(small, "its buffers are freed")

    def test_the_largest_client_goes_first(self):
        server = self.serve()
        control = server.client()
        control.call("CLIENT", "NO-EVICT", "on")
        clients = {}
        for name, size in (("small", 100000), ("spared", 8 * MIB), ("large", 4 * MIB), ("middle", MIB)):
            client = clients[name] = server.client()
            client.call("CLIENT", "SETNAME", name)
            if name == "spared":
                client.call("CLIENT", "NO-EVICT", "on")
            client.send_raw(b"*1\r\n$%d\r\n" % (size + 1) + b"x" * size)
            wait_for(lambda: int(listed(control, name)["qbuf"]) >= size, "it was read")
        bytes_of = {name: int(listed(control, name)["tot-mem"]) for name in clients}
        slack = 100000
        control.call("CONFIG", "SET", "maxmemory-clients", str(sum(bytes_of.values()) - bytes_of["large"] + slack))
        self.assertEqual([name for name in clients if listed(control, name)], ["small", "spared", "middle"])
        control.call("CONFIG", "SET", "maxmemory-clients", str(bytes_of["small"] + bytes_of["spared"] + slack))
        self.assertEqual([name for name in clients if listed(control, name)], ["small", "spared"])
        self.assertEqual(info(control, "evicted_clients"), 2)
        self.assertTrue(clients["large"].closed())

    def test_clients_go_before_keys(self):
        # In one turn clients ask for more than there is room for: those who do so go, not the data.
        server = self.serve("--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru", "--maxmemory-clients", "3mb")
        control = server.client()
        control.call("CLIENT", "NO-EVICT", "on")
        control.pipeline(*[("SETRANGE", f"k{i}", "99999", "x") for i in range(50)])
        greedy = [server.client() for _ in range(8)]
        for client in greedy:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            try:
                client.send_raw(encode("MGET", *["k1"] * 10) * 100)
            except ConnectionError:
                pass
        wait_for(lambda: info(control, "evicted_clients") > 0, "clients are evicted")
        self.assertEqual(info(control, "evicted_keys"), 0)
        self.assertEqual(control.call("DBSIZE"), 50)
        for client in greedy:
            client.close()

    def test_transactions_count_as_input(self):
        server = self.serve("--client-query-buffer-limit", "1mb")
        client = server.client()
        client.call("MULTI")
        with self.assertRaises(ConnectionError):
            for _ in range(100):
                client.call("SET", "k", "x" * 100000)
        self.assertEqual(server.client().call("EXISTS", "k"), 0)


class Listening(unittest.TestCase):
    def test_unix_socket_and_several_addresses(self):
        server = Server("--bind", "127.0.0.1 127.0.0.2 -192.0.2.1", "--unixsocket", "kvorum.sock", "--unixsocketperm", "700")
        path = os.path.join(server.folder, "kvorum.sock")
        for client in (Client(server.port), Client(server.port, host="127.0.0.2"), Client(path=path)):
            self.assertEqual(client.call("PING"), "PONG")
            if client.socket.family == socket.AF_UNIX:
                self.assertIn(b"flags=U ", client.call("CLIENT", "INFO"))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
        self.assertIsNone(server.stop())

    def test_timeout_spares_those_who_wait(self):
        server = Server("--timeout", "1")
        waiting, monitor, idle = server.client(), server.client(), server.client()
        waiting.send("BLPOP", "list", "0")
        monitor.call("MONITOR")
        self.assertTrue(idle.closed())
        other = server.client()
        self.assertEqual(other.call("RPUSH", "list", "x"), 1)
        self.assertEqual(waiting.read(), [b"list", b"x"])
        while "RPUSH" not in monitor.read():
            pass
        self.assertIsNone(server.stop())


main()
