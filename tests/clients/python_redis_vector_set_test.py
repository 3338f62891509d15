#!/usr/bin/python3
"""Vector sets through python3-redis. (Debian 12's, 4.3, has no methods for them: they are called by name.)"""

import json
import os
import struct
import unittest

import redis

from kvorum_test import main

PORT = int(os.environ["KVORUM_PORT"])


def blob(*numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


@unittest.skipIf("KVORUM_PEER" in os.environ, "the peer has no vector sets")
class PythonRedisVectorSets(unittest.TestCase):
    def setUp(self):
        self.client = redis.Redis(port=PORT, decode_responses=True, socket_timeout=30)
        self.client.flushall()
        self.call = self.client.execute_command

    def test_a_collection_of_words(self):
        for word, vector, year in (("king", (1, 0.1, 0), 1000), ("queen", (0.9, 0.3, 0), 1010), ("cabbage", (0, 0.1, 1), 1950)):
            self.assertEqual(self.call("VADD", "words", "FP32", blob(*vector), word, "SETATTR", json.dumps({"year": year, "long": len(word) > 5})), 1)
        self.assertEqual(self.call("VSIM", "words", "ELE", "king", "COUNT", 2), ["king", "queen"])
        found = self.call("VSIM", "words", "FP32", blob(1, 0, 0), "WITHSCORES", "WITHATTRIBS", "FILTER", ".year < 1500 and not .long")
        self.assertEqual(found[::3], ["king", "queen"])
        self.assertTrue(0.99 < float(found[1]) <= 1 and float(found[4]) < float(found[1]))
        self.assertEqual(json.loads(found[2]), {"year": 1000, "long": False})
        self.assertEqual(self.call("VRANGE", "words", "-", "[king"), ["cabbage", "king"])
        self.assertEqual(self.call("VRANGE", "words", "-", "+", 1), ["cabbage"])
        self.assertEqual(self.call("VRANGE", "words", "(cabbage", "+", 1), ["king"])
        self.assertEqual(self.call("VRANGE", "words", "[zebra", "+"), [])
        self.assertEqual([round(float(x), 3) for x in self.call("VEMB", "words", "queen")], [0.9, 0.3, 0])
        self.assertEqual(self.call("VISMEMBER", "words", "king"), 1)
        info = self.call("VINFO", "words")
        self.assertEqual(dict(zip(info[::2], info[1::2]))["attributes-count"], 3)

    def test_transactions_and_keys(self):
        with self.client.pipeline() as pipe:
            pipe.execute_command("VADD", "v", "VALUES", 2, 1, 0, "a")
            pipe.execute_command("VADD", "v", "VALUES", 2, 0, 1, "b", "CAS")
            pipe.execute_command("VSIM", "v", "ELE", "b")
            self.assertEqual(pipe.execute(), [1, 1, ["b", "a"]])
        self.assertTrue(self.client.copy("v", "w"))
        dumped = redis.Redis(port=PORT).dump("v")
        self.assertEqual(self.client.delete("v"), 1)
        self.client.restore("v", 0, dumped)
        self.assertEqual(self.call("VSIM", "v", "ELE", "a"), self.call("VSIM", "w", "ELE", "a"))
        self.assertEqual(self.client.object("ENCODING", "v"), "raw")
        self.assertGreater(self.client.memory_usage("v"), 100)

    def test_mistakes(self):
        self.call("VADD", "v", "VALUES", 2, 1, 0, "a")
        for words, text in (
                (("VADD", "v", "FP32", b"12345", "a"), "invalid vector specification"),
                (("VADD", "v", "FP32", blob(0, 0), "a"), "invalid vector specification"),
                (("VADD", "v", "FP32", blob(float("nan"), 0), "a"), "invalid vector specification"),
                (("VADD", "v", "FP32", blob(1, 2, 3), "a"), "Vector dimension mismatch - got 3 but set has 2"),
                (("VSIM", "v", "FP32", blob(float("inf"), 0)), "invalid vector specification"),
                (("VSIM", "v", "ELE", "a", "FILTER", "(" * 1000), "syntax error in FILTER expression"),
                (("VDIM", "none"), "key does not exist")):
            with self.assertRaisesRegex(redis.ResponseError, text):
                self.call(*words)


main()
