#!/usr/bin/python3
"""kill -9 under load of documents with vectors, vector sets, and changes of indexes: after each restart the data is what the acknowledged commands
made of it, and after that any number of those in flight; and each index finds what the data holds, no more and no less.

KVORUM_ROUNDS and KVORUM_SEED by hand: `KVORUM_ROUNDS=100 KVORUM_SEED=5 tests/run index_crash`.
"""
# kvorum-test: no-server no-peer
import collections
import os
import random
import select
import socket
import struct
import unittest

from crash_load import Replies
from kvorum_test import Error, Server, encode, main

ROUNDS = int(os.environ.get("KVORUM_ROUNDS", 2 if os.environ.get("KVORUM_SANITIZER") else 6))
DOCUMENTS, ELEMENTS, ALL = 1500, 300, 100_000
ADDED = {b"t": ["TAG"], b"m": ["NUMERIC"], b"w": ["VECTOR", "HNSW", "6", "TYPE", "FLOAT32", "DIM", "4", "DISTANCE_METRIC", "L2"], b"x": ["TEXT"]}


class Model:
    """What the server must hold. apply returns whether the command is refused."""

    def __init__(self):
        self.documents, self.elements, self.indexes = {}, {}, {}

    def apply(self, words):
        return bool(getattr(self, words[0].lower().replace(".", "_"))(*words[1:]))

    def hset(self, key, *pairs):
        self.documents.setdefault(key, {}).update(zip(pairs[::2], pairs[1::2]))

    def hdel(self, key, field):
        self.documents.get(key, {}).pop(field, None)
        if not self.documents.get(key, True):
            del self.documents[key]

    def unlink(self, *keys):
        for key in keys:
            self.documents.pop(key, None)
            if key == b"s":
                self.elements.clear()

    def rename(self, key, to):
        if key not in self.documents:
            return True
        self.documents[to] = self.documents.pop(key)

    def vadd(self, _key, _form, _vector, name, *options):
        self.elements[name] = options[2] if len(options) > 2 else self.elements.get(name)

    def vrem(self, _key, name):
        self.elements.pop(name, None)

    def flushall(self, *_):
        self.documents.clear()
        self.elements.clear()

    def ft_create(self, name, *_):
        if name in self.indexes:
            return True
        self.indexes[name] = {b"v": ["VECTOR"], b"n": ["NUMERIC"]}

    def ft_alter(self, name, _schema, _add, field, *_):
        if name not in self.indexes or field in self.indexes[name]:
            return True
        self.indexes[name][field] = ADDED[field]

    def ft_dropindex(self, name):
        return self.indexes.pop(name, None) is None

    def data(self):
        return self.documents, self.elements, {name: set(fields) for name, fields in self.indexes.items()}


class Load:
    def __init__(self, source):
        self.random, self.model, self.counts = source, Model(), collections.Counter()

    def vector(self):
        # Now and then one that is none.
        count = 3 if self.random.random() < 0.02 else 4
        return struct.pack(f"<{count}f", *(self.random.randrange(-50, 50) + 0.5 for _ in range(count)))

    def command(self):
        draw, key = self.random, b"d:%d" % self.random.randrange(DOCUMENTS)
        kind = draw.random()
        if kind < 0.45:
            return ["HSET", key, b"v", self.vector(), b"n", b"%d" % draw.randrange(9)]
        if kind < 0.60:
            field = draw.choice((b"t", b"m", b"n", b"w", b"x"))
            return ["HSET", key, field, self.vector() if field == b"w" else b"%d" % draw.randrange(5)]
        if kind < 0.66:
            return ["HDEL", key, draw.choice((b"v", b"n", b"w"))]
        if kind < 0.70:
            return ["UNLINK", key]
        if kind < 0.73:
            other = b"d:%d" % draw.randrange(DOCUMENTS)
            return ["RENAME", key, other] if key != other else ["UNLINK", key]
        name = b"e%d" % draw.randrange(ELEMENTS)
        if kind < 0.93:
            vector = struct.pack("<4f", *(draw.randrange(1, 90) for _ in range(4)))
            return ["VADD", b"s", "FP32", vector, name, "NOQUANT"] + (["SETATTR", b'{"n":%d}' % draw.randrange(9)] if draw.random() < 0.5 else [])
        if kind < 0.975:
            return ["VREM", b"s", name]
        index = draw.choice((b"i", b"j"))
        if kind < 0.985:
            return ["FT.CREATE", index, "PREFIX", "1", "d:", "SCHEMA", "v", "VECTOR", draw.choice(("HNSW", "FLAT")), "6", "TYPE", "FLOAT32", "DIM", "4",
                    "DISTANCE_METRIC", "L2", "n", "NUMERIC"]
        if kind < 0.993:
            field = draw.choice(tuple(ADDED))
            return ["FT.ALTER", index, "SCHEMA", "ADD", field, *ADDED[field]]
        if kind < 0.997:
            return ["FT.DROPINDEX", index]
        if kind < 0.9985:
            return ["UNLINK", b"s"]
        return ["FLUSHALL"] + (["ASYNC"] if draw.random() < 0.5 else [])

    def run(self, server, most):
        """Until so many replies have come; then the server dies. Returns what was in flight."""
        depth = self.random.choice((1, 8, 64, 256))
        with socket.create_connection(("127.0.0.1", server.port), 60) as connection, socket.create_connection(("127.0.0.1", server.port), 60) as other:
            replies, in_flight, taken = Replies(), collections.deque(), 0
            while taken < most:
                batch = []
                while len(in_flight) < depth:
                    in_flight.append(self.command())
                    batch.append(encode(*in_flight[-1]))
                connection.sendall(b"".join(batch))
                if self.random.random() < 0.02:
                    other.sendall(encode(self.random.choice(("BGSAVE", "BGREWRITEAOF"))))
                other.sendall(encode("FT.SEARCH", "i", "*=>[KNN 5 @v $q]", "NOCONTENT", "DIALECT", "2", "PARAMS", "2", "q", struct.pack("<4f", 1, 2, 3, 4)))
                while select.select([other], [], [], 0)[0]:
                    other.recv(1 << 18)
                replies.feed(connection.recv(1 << 18))
                for reply in replies:
                    words = in_flight.popleft()
                    refused = self.model.apply(words)
                    if refused != isinstance(reply, Error):
                        raise AssertionError(f"{words} was answered {reply!r}")
                    taken += 1
            server.kill()
        self.counts["replies"] += taken
        return in_flight

    def settle(self, client, in_flight):
        """What is there, which is what the model has after some of those in flight."""
        keys = sorted(client.call("KEYS", "d:*"))
        documents = {}
        for key in keys:
            words = client.call("HGETALL", key)
            documents[key] = dict(zip(words[::2], words[1::2]))
        names = client.call("VRANGE", "s", "-", "+") or []
        elements = {name: client.call("VGETATTR", "s", name) for name in names}
        indexes = {}
        for name in client.call("FT._LIST"):
            info = client.call("FT.INFO", name)
            attributes = dict(zip(info[::2], info[1::2]))[b"attributes"]
            indexes[name] = {attribute[attribute.index(b"identifier") + 1] for attribute in attributes}
        actual = (documents, elements, indexes)
        while self.model.data() != actual:
            if not in_flight:
                expected = self.model.data()
                differences = [(key, one.get(key), two.get(key)) for one, two in zip(expected, actual) for key in {*one, *two} if one.get(key) != two.get(key)]
                raise AssertionError(f"not what any number of the commands in flight makes (expected, is): {differences[:8]}")
            self.model.apply(in_flight.popleft())
            self.counts["in flight and executed"] += 1
        return actual

    def check_indexes(self, client, documents, elements, indexes):
        def found(name, query, *more):
            reply = client.call("FT.SEARCH", name, query, "NOCONTENT", "LIMIT", "0", ALL, "DIALECT", "2", *more)
            if isinstance(reply, Error):
                raise AssertionError(f"{query} of {name}: {reply}")
            if reply[0] != len(reply) - 1:
                raise AssertionError(f"{query} of {name}: {reply[0]} documents, and {len(reply) - 1} are shown")
            return set(reply[1:])

        def expect(is_there, wanted, what):
            if is_there != wanted:
                raise AssertionError(f"{what} finds {len(is_there)}, not {len(wanted)}; too many: {sorted(is_there - wanted)[:5]}, "
                                     f"missing: {sorted(wanted - is_there)[:5]}")

        for name, fields in indexes.items():
            while dict(zip(*[iter(client.call("FT.INFO", name))] * 2))[b"indexing"] != b"0":
                pass
            vectors = [field for field in fields if field in (b"v", b"w")]
            covered = {key: pairs for key, pairs in documents.items() if all(len(pairs.get(field, bytes(16))) == 16 for field in vectors)}
            expect(found(name, "*"), set(covered), f"* of {name}")
            for field in vectors:
                query = f"*=>[KNN {ALL} @{field.decode()} $q]"
                expect(found(name, query, "PARAMS", "2", "q", struct.pack("<4f", 1, 2, 3, 4)), {key for key in covered if field in covered[key]}, f"{query} of {name}")
            for field, query in ((b"n", "@n:[3 3]"), (b"m", "@m:[3 3]"), (b"t", "@t:{3}"), (b"x", "@x:3")):
                if field in fields:
                    expect(found(name, query), {key for key in covered if covered[key].get(field) == b"3"}, f"{query} of {name}")
        if elements:
            expect(set(client.call("VSIM", "s", "VALUES", 4, 1, 2, 3, 4, "COUNT", ALL, "EF", 10_000)), set(elements), "VSIM")
            expect(set(client.call("VSIM", "s", "VALUES", 4, 1, 2, 3, 4, "COUNT", ALL, "FILTER", ".n==3")),
                   {name for name, attributes in elements.items() if attributes == b'{"n":3}'}, "VSIM with a filter")


class Forgetful(Server):
    """Loses the last bytes of its journal at each start."""

    def start(self):
        segments = sorted(name for name in os.listdir(self.folder) if name.startswith("journal-"))
        if segments:
            path = os.path.join(self.folder, segments[-1])
            with open(path, "r+b") as file:
                used = len(file.read().rstrip(b"\0"))
                file.truncate(max(64, used - 2000))
        super().start()


class IndexCrash(unittest.TestCase):
    def test_the_index_is_the_data(self):
        self.run_rounds(Server)

    def test_a_loss_is_seen(self):
        with self.assertRaisesRegex(AssertionError, "not what any number"):
            self.run_rounds(Forgetful)

    def run_rounds(self, kind):
        seed = int(os.environ.get("KVORUM_SEED", random.randrange(1 << 32)))
        source = random.Random(seed)
        load = Load(source)
        durability = source.choice(("periodic", "sync"))
        server = kind("--durability", durability, "--auto-aof-rewrite-min-size", "300kb")
        self.addCleanup(server.kill)
        try:
            for number in range(ROUNDS):
                in_flight = load.run(server, source.randrange(1, 4000 if durability == "periodic" else 1500))
                server.start()
                client = server.client()
                load.check_indexes(client, *load.settle(client, in_flight))
                client.close()
        except (AssertionError, OSError, RuntimeError) as error:
            raise AssertionError(f"round {number + 1} of seed {seed}, {durability}: {error}\n{server.log_tail(15)}") from error
        self.assertIsNone(server.stop())
        if "KVORUM_ROUNDS" in os.environ:
            print(f"seed {seed}, {durability}: {ROUNDS} rounds, {dict(load.counts)}", flush=True)


main()
