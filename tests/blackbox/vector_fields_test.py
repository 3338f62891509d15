#!/usr/bin/python3
"""VECTOR fields of search indexes: equal to the data after kill -9 under load, with the graph on disk, with an old one, a damaged one, and none."""
import os
import random
import struct
import threading
import unittest

from kvorum_test import Server, TestCase, main

DIMENSIONS = 16


def blob(vector):
    return struct.pack(f"<{len(vector)}f", *vector)


def any_vector(source):
    return [source.uniform(-1, 1) for _ in range(DIMENSIONS)]


@unittest.skipIf("KVORUM_PEER" in os.environ, "the peer has no search commands")
class VectorFields(TestCase):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("KVORUM_SEED", random.randrange(1 << 32)))
        print(f"seed {self.seed}")
        self.random = random.Random(self.seed)

    def create(self, client):
        self.assertEqual(client.call("FT.CREATE", "i", "PREFIX", "1", "d:", "SCHEMA", "v", "VECTOR", "HNSW", "6", "TYPE", "FLOAT32", "DIM",
                                     str(DIMENSIONS), "DISTANCE_METRIC", "L2", "even", "TAG"), "OK")

    def wait_until_indexed(self, client):
        while True:
            info = client.call("FT.INFO", "i")
            info = dict(zip(info[::2], info[1::2]))
            if info[b"indexing"] == b"0":
                return int(info[b"num_docs"])

    def check(self, server, rounds=20):
        """The index holds what the hashes hold: each finds itself, and searches find what looking at each would."""
        client = server.client()
        documents = self.wait_until_indexed(client)
        keys = client.call("KEYS", "d:*")
        self.assertEqual(documents, len(keys))
        vectors = {}
        for key in keys:
            vectors[key] = struct.unpack(f"<{DIMENSIONS}f", client.call("HGET", key, "v"))
        if not vectors:
            return
        hits = wanted = 0
        for turn in range(rounds):
            key = self.random.choice(keys)
            reply = client.call("FT.SEARCH", "i", "*=>[KNN 1 @v $q EF_RUNTIME 200 AS s]", "RETURN", "1", "s", "PARAMS", "2", "q", blob(vectors[key]), "DIALECT", "2")
            self.assertEqual((reply[0], reply[2]), (1, [b"s", b"0"]), key)
            query = any_vector(self.random)
            even = turn % 2 == 0
            reply = client.call("FT.SEARCH", "i", "@even:{yes}=>[KNN 10 @v $q EF_RUNTIME 200]" if even else "*=>[KNN 10 @v $q EF_RUNTIME 200]",
                                "NOCONTENT", "PARAMS", "2", "q", blob(query), "DIALECT", "2")
            candidates = [key for key in vectors if not even or int(key[2:]) % 2 == 0]
            exact = sorted(candidates, key=lambda each: sum((a - b) ** 2 for a, b in zip(vectors[each], query)))[:10]
            self.assertEqual(reply[0], len(exact))
            hits += len(set(exact) & set(reply[1:]))
            wanted += len(exact)
        self.assertGreaterEqual(hits, 0.9 * wanted)
        client.close()

    def put(self, client, number, source=None):
        return client.call("HSET", f"d:{number}", "v", blob(any_vector(source or self.random)), "even", "yes" if number % 2 == 0 else "no")

    def load(self, server, seed, stop):
        """HSET, DEL, RENAME and PEXPIRE until the server is gone."""
        source = random.Random(seed)
        try:
            client = server.client()
            while not stop.is_set():
                number = source.randrange(4000)
                choice = source.randrange(20)
                if choice < 17:
                    self.put(client, number, source)
                elif choice == 17:
                    client.call("DEL", f"d:{number}")
                elif choice == 18:
                    client.call("PEXPIRE", f"d:{number}", "5")
                else:
                    client.call("COPY", f"d:{number}", f"d:{source.randrange(2000) * 2 + number % 2}", "REPLACE")
        except OSError:
            pass

    def graphs(self, server):
        return [os.path.join(folder, name) for folder, _, names in os.walk(server.folder) for name in names if name.endswith(".kvg")]

    def test_kill_under_load(self):
        server = Server("--vector-threads", "2", "--save", "", "--appendfsync", "always")
        self.create(server.client())
        for life in range(4):
            stop = threading.Event()
            loaders = [threading.Thread(target=self.load, args=(server, self.random.random(), stop)) for _ in range(3)]
            for loader in loaders:
                loader.start()
            client = server.client()
            # As many writes as make a life worth while, seen by their count.
            while int(dict(line.split(":", 1) for line in client.call("INFO", "stats").decode().split("\r\n") if ":" in line)["total_commands_processed"]) < 3000:
                pass
            if life == 1:
                client.call("BGSAVE")
            if life == 2:
                client.call("SAVE")
            server.kill()
            server.process.wait()
            stop.set()
            for loader in loaders:
                loader.join()
            server.start()
            self.check(server)
        server.stop()

    def test_the_graph_is_kept_and_damage_is_told(self):
        server = Server("--vector-threads", "1")
        client = server.client()
        self.create(client)
        for number in range(3000):
            self.put(client, number)
        self.wait_until_indexed(client)
        server.stop()
        files = self.graphs(server)
        self.assertEqual(len(files), 1)
        server.start()
        self.check(server)
        server.stop()
        kept = open(files[0], "rb").read()
        log = open(server.log_path).read()
        self.assertNotIn("damaged", log)
        for turn in range(6):
            data = bytearray(kept)
            if turn == 0:
                data = data[: self.random.randrange(len(data))]
            elif turn == 1:
                data = bytearray()
            elif turn == 2:
                data = bytearray(b"KVGRAPH1") + bytes(self.random.randrange(256) for _ in range(5000))
            else:
                data[self.random.randrange(8, len(data))] ^= 1 << self.random.randrange(8)
            with open(files[0], "wb") as file:
                file.write(data)
            server.start()
            self.check(server, 5)
            self.assertIn("is damaged", open(server.log_path).read())
            server.kill()
            server.process.wait()
        # An older graph than the data, and one of another index of that name.
        with open(files[0], "wb") as file:
            file.write(kept)
        server.start()
        client = server.client()
        for number in range(0, 3000, 3):
            self.put(client, number)
        for number in range(1, 3000, 3):
            client.call("DEL", f"d:{number}")
        client.call("FT.DROPINDEX", "i")
        self.create(client)
        server.kill()
        server.process.wait()
        with open(files[0], "wb") as file:
            file.write(kept)
        server.start()
        self.check(server)
        server.stop()


if __name__ == "__main__":
    main()
