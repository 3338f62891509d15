#!/usr/bin/python3
"""Hostile filters, queries, JSON paths, expressions and vectors: each gets an error, or what is documented, and the server goes on as before."""
import math
import os
import struct
import unittest

from kvorum_test import Error, TestCase, main


def blob(*numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


NAN, INFINITE = math.nan, math.inf
# Not 2 numbers, not finite, no direction.
WRONG_VECTORS = [b"", b"x", b"1234567", blob(1), blob(1, 2, 3), blob(NAN, 1), blob(1, INFINITE), blob(-INFINITE, 1), b"\xff" * 8, b"\0" * 65536]
DEEP = 100000


@unittest.skipIf("KVORUM_PEER" in os.environ, "the peer has neither vectors, JSON nor search")
class Hostile(TestCase):
    def setUp(self):
        super().setUp()
        self.taken = []  # what should have been refused
        self.client.call("FLUSHALL")
        for name in self.client.call("FT._LIST"):
            self.client.call("FT.DROPINDEX", name)

    def tearDown(self):
        self.assertEqual(self.taken, [])
        super().tearDown()

    def tell(self, *words):
        """What the server says; an error as such."""
        return self.client.call(*words)

    def refused(self, *words):
        reply = self.tell(*words)
        if not isinstance(reply, Error):
            self.taken.append(f"{[word[:60] for word in words]}: {str(reply)[:200]}")
        self.assertNotIn("\n", str(reply))
        return str(reply)

    def alive(self):
        self.assertEqual(self.client.call("PING"), "PONG")

    # --- Vector sets

    def fill_set(self):
        for i in range(20):
            self.client.call("VADD", "s", "VALUES", "2", str(i + 1), "1", f"e{i}", "SETATTR", '{"n":%d,"s":"x%d","a":[1,"b"]}' % (i, i))

    def test_filters_of_vsim(self):
        self.fill_set()
        for bad in [".", ".n >", "> 3", ".n ==", "(.n > 1", ".n > 1)", "()", ".n > 1 .n", "and", ".n and", "not", ".n in", ".n in [1,", ".n in [1 2", "[1,2]]",
                    '"', '.s == "x', ".s == 'x", "n > 1", ".n === 1", ".n => 1", ".n > 1e", ".n > 1..2", ".n ! 1", "#", "\0", "\xff\xfe", "@n > 1", "$", ".n > 1;", "(" * DEEP,
                    "(" * DEEP + ".n" + ")" * DEEP, "!" * DEEP, "-" * DEEP + "1", "[" * DEEP, ".n in " * 1000, ".n + " * DEEP, ".n ** " * 1000]:
            self.refused("VSIM", "s", "VALUES", "2", "1", "1", "FILTER", bad)
        # No matches rather than errors: what an element lacks, and what does not go together.
        for none in [".none > 1", ".s > 5", ".n == 'x'", ".a > 1", ".n in 5", ".n / 0 > 1", ".n % 0 == 1", ".n > 1e308 ** 2", ".n == 1e999 - 1e999"]:
            self.assertIsInstance(self.tell("VSIM", "s", "VALUES", "2", "1", "1", "FILTER", none), (list, Error), none)
            self.alive()
        self.assertEqual(len(self.tell("VSIM", "s", "VALUES", "2", "1", "1", "FILTER", ".n < 5 and .s != 'x1'")), 4)
        for words in [("COUNT", "-1"), ("COUNT", "0"), ("COUNT", "x"), ("COUNT", "99999999999999999999"), ("EF", "0"), ("EF", "-5"), ("EPSILON", "x"), ("EPSILON", "nan"),
                      ("FILTER-EF", "-1"), ("FILTER",), ("NOSUCH",), ("COUNT",)]:
            self.refused("VSIM", "s", "VALUES", "2", "1", "1", *words)

    def test_vectors_of_sets(self):
        self.fill_set()
        for bad in [blob(1), blob(1, 2, 3), b"x", b"", blob(NAN, 1), blob(1, INFINITE)]:
            self.refused("VADD", "s", "FP32", bad, "bad")
            self.refused("VSIM", "s", "FP32", bad)
        for bad in [("2", "nan", "1"), ("2", "1", "inf"), ("2", "1", "x"), ("2", "1"), ("-1", "1"), ("0",), ("3", "1", "2", "3"), ("1", "1"), ("99999999999", "1", "2"), ("x", "1", "2")]:
            self.refused("VADD", "s", "VALUES", *bad, "bad")
            self.refused("VSIM", "s", "VALUES", *bad)
        self.assertEqual(self.tell("VCARD", "s"), 20)
        # A vector without a direction is like everything and nothing.
        self.tell("VADD", "s", "FP32", blob(0, 0), "zero")
        self.assertIsInstance(self.tell("VSIM", "s", "FP32", blob(0, 0)), (list, Error))
        for bad in ["{", "x", '{"a":}', "{" * 5000, '{"a":' * DEEP]:
            self.refused("VSETATTR", "s", "e1", bad)
        for bad in [("REDUCE", "0"), ("REDUCE", "-1"), ("REDUCE", "99999999999"), ("REDUCE", "x")]:
            self.refused("VADD", "t", *bad, "FP32", blob(1, 2), "e")
        for bad in [("EF", "0"), ("EF", "x"), ("M", "1"), ("M", "-1"), ("M", "99999999"), ("SETATTR",), ("NOSUCH",)]:
            self.refused("VADD", "t", "FP32", blob(1, 2), "e", *bad)
        self.assertEqual(self.tell("EXISTS", "t"), 0)
        for bad in [("e", "f"), ("[a",), ("[a", "b"), ("[a", "[b", "x")]:
            self.refused("VRANGE", "s", *bad)
        self.alive()

    # --- Search

    def make_index(self, metric="COSINE"):
        for algorithm in ("FLAT", "HNSW"):
            self.assertEqual(self.tell("FT.CREATE", f"i{algorithm}", "PREFIX", "1", "d:", "SCHEMA", "t", "TEXT", "g", "TAG", "n", "NUMERIC", "p", "GEO", "v", "VECTOR", algorithm, "6",
                                       "TYPE", "FLOAT32", "DIM", "2", "DISTANCE_METRIC", metric), "OK")

    def test_vectors_of_fields(self):
        self.make_index()
        self.client.call("HSET", "d:good", "v", blob(1, 2), "t", "word")
        for number, bad in enumerate(WRONG_VECTORS + [blob(0, 0), blob(-0.0, 0)]):
            self.client.call("HSET", f"d:bad{number}", "v", bad, "t", "word")
            for index in ("iFLAT", "iHNSW"):
                self.assertEqual(self.tell("FT.SEARCH", index, "*", "NOCONTENT"), [1, b"d:good"])
                self.refused("FT.SEARCH", index, "*=>[KNN 2 @v $q]", "PARAMS", "2", "q", bad, "DIALECT", "2")
                self.refused("FT.SEARCH", index, "@v:[VECTOR_RANGE 1 $q]", "PARAMS", "2", "q", bad, "DIALECT", "2")
                self.refused("FT.HYBRID", index, "SEARCH", "word", "VSIM", "@v", "$q", "PARAMS", "2", "q", bad)
                info = self.tell("FT.INFO", index)
                self.assertEqual(int(dict(zip(info[::2], info[1::2]))[b"hash_indexing_failures"]), number + 1)

    def test_queries(self):
        self.make_index("L2")
        self.client.call("HSET", "d:1", "t", "word", "n", "1", "g", "a", "p", "1,1", "v", blob(1, 2))
        for bad in ["(", ")", "((word)", "\"word", "@", "@:", "@t", "@t:", "@none:x", "@t.x:y", "@n:", "@n:[", "@n:[1", "@n:[x y]", "@n:[1 2 3]", "@n:[nan 1]", "@n:word", "@g:", "@g:{",
                    "@g:{}", "@g:{a|}", "@g:[1 2]", "@p:[1 2]", "@p:[1 2 3]", "@p:[1 2 -3 km]", "@p:[1 2 3 parsec]", "@p:[x 2 3 km]", "%word", "%%%%word%%%%", "%", "w'x", "-", "~", "word => {",
                    "word => {$weight}", "word => {$weight: x}", "word => {$weight: -1}", "word => {$none: 1}", "$none", "*=>[", "*=>[KNN", "*=>[KNN]", "*=>[KNN 2]", "*=>[KNN 2 @v]", "*=>[KNN x @v $q]",
                    "*=>[KNN -1 @v $q]", "*=>[KNN 2 @t $q]", "*=>[KNN 2 @none $q]", "*=>[KNN 2 @v $none]", "*=>[KNN 2 @v $q AS]", "*=>[KNN 2 @v $q EF_RUNTIME 0]", "*=>[KNN 2 @v $q NOSUCH 1]",
                    "*=>[KNN 99999999999999999999 @v $q]", "*=>[KNN 2 @v $q]=>{$EF_RUNTIME: x}", "*=>[KNN 2 @v $q] word", "@v:[VECTOR_RANGE]", "@v:[VECTOR_RANGE x $q]", "@v:[VECTOR_RANGE -1 $q]",
                    "@v:[VECTOR_RANGE nan $q]", "@v:[VECTOR_RANGE 1 q]", "@v:word", "@v:{a}", "ismissing(@t)", "ismissing(@none)", "ismissing(", "(" * DEEP, "(" * 5000 + "word" + ")" * 5000, "-" * DEEP + "word",
                    "@t:(" * 5000, "word|" * 300000, "%" * DEEP, "\"" * 3, "*" + "a|b " * 300000]:
            self.refused("FT.SEARCH", "iHNSW", bad, "PARAMS", "2", "q", blob(1, 1), "DIALECT", "2")
            self.refused("FT.AGGREGATE", "iHNSW", bad, "PARAMS", "2", "q", blob(1, 1), "DIALECT", "2")
            self.refused("FT.EXPLAIN", "iHNSW", bad, "DIALECT", "2")
        for fine in ["", " ", "the", "word word", "\\", "\\@t", "\xff\xfe", "\0", "\u202eword", "a" * 100000, "*", "w'*'", "w'" + "*?" * 2000 + "'", "@g:{" + "|".join(map(str, range(500))) + "}", "[", "]", "{", "}"]:
            self.assertIsInstance(self.tell("FT.SEARCH", "iHNSW", fine, "NOCONTENT", "DIALECT", "2"), (list, Error), fine[:40])
            self.alive()

    def test_words_of_search_commands(self):
        self.make_index("L2")
        for bad in [("LIMIT",), ("LIMIT", "0"), ("LIMIT", "-1", "1"), ("LIMIT", "0", "99999999999999"), ("PARAMS", "1", "a"), ("PARAMS", "3", "a", "b", "c"), ("PARAMS", "-2"), ("DIALECT", "0"), ("DIALECT", "9"),
                    ("RETURN", "-1"), ("RETURN", "3", "a"), ("SORTBY",), ("INKEYS", "5", "a"), ("TIMEOUT", "-1"), ("SCORER", "nosuch"), ("SLOP", "x"), ("LANGUAGE", "klingon"), ("NOSUCH",), ("FILTER", "n", "x", "1"),
                    ("GEOFILTER", "p", "1", "2", "3", "parsec")]:
            self.refused("FT.SEARCH", "iFLAT", "*", *bad)
        for bad in ["(", "@n +", "@n + (", "1 1", "nosuch(1)", "sqrt()", "sqrt(1,2)", "'x", "\"x", "@", "$x", "(" * DEEP, "!" * DEEP, "1+" * DEEP, "substr('a')", "@n ==", "== 1", "@n & 1", "\0"]:
            self.refused("FT.AGGREGATE", "iFLAT", "*", "APPLY", bad, "AS", "x")
            self.refused("FT.AGGREGATE", "iFLAT", "*", "FILTER", bad)
        for bad in [("GROUPBY",), ("GROUPBY", "-1"), ("GROUPBY", "2", "@t"), ("GROUPBY", "1", "t"), ("GROUPBY", "1", "@t", "REDUCE"), ("GROUPBY", "1", "@t", "REDUCE", "NOSUCH", "0"), ("SORTBY", "-1"), ("LOAD", "x"),
                    ("APPLY",), ("WITHCURSOR", "COUNT", "0"), ("WITHCURSOR", "MAXIDLE", "x")]:
            self.refused("FT.AGGREGATE", "iFLAT", "*", *bad)
        vector = ["v", "VECTOR", "HNSW", "6", "TYPE", "FLOAT32", "DIM", "2", "DISTANCE_METRIC", "L2"]
        for at, bad in [(2, "TREE"), (3, "5"), (3, "-1"), (3, "99999999"), (5, "FLOAT31"), (7, "0"), (7, "-1"), (7, "99999999"), (7, "x"), (9, "L3")]:
            self.refused("FT.CREATE", "other", "SCHEMA", *vector[:at], bad, *vector[at + 1:])
        for bad in [(), ("SCHEMA",), ("SCHEMA", "t"), ("SCHEMA", "t", "NOSUCH"), ("SCHEMA", "t", "TEXT", "t", "TAG"), ("ON", "STREAM", "SCHEMA", "t", "TEXT"), ("PREFIX", "9", "a", "SCHEMA", "t", "TEXT"),
                    ("FILTER", "(", "SCHEMA", "t", "TEXT"), ("SCHEMA", "t", "TEXT", "WEIGHT", "x"), ("SCHEMA", "t", "TAG", "SEPARATOR", "ab"), 
                    ("LANGUAGE", "klingon", "SCHEMA", "t", "TEXT"), ("SCHEMA", *(word for i in range(3000) for word in (f"f{i}", "TEXT")))]:
            self.refused("FT.CREATE", "other", *bad)
        for bad in [("FT.ALTER", "iFLAT"), ("FT.ALTER", "iFLAT", "SCHEMA", "ADD"), ("FT.ALTER", "iFLAT", "SCHEMA", "ADD", "t", "TEXT"), ("FT.ALTER", "none", "SCHEMA", "ADD", "x", "TEXT"), ("FT.CURSOR", "READ", "iFLAT", "7"),
                    ("FT.CURSOR", "DEL", "iFLAT", "x"), ("FT.PROFILE", "iFLAT", "NOSUCH", "QUERY", "*"), ("FT.PROFILE", "iFLAT", "SEARCH", "QUERY", "("), ("FT.TAGVALS", "iFLAT", "t"), ("FT.TAGVALS", "iFLAT", "none"),
                    ("FT.ALIASDEL", "none"), ("FT.ALIASADD", "a", "none"), ("FT.ALIASADD", "iHNSW", "iFLAT"), ("FT.CONFIG", "SET", "NOSUCH", "1"), ("FT.INFO", "none"), ("FT.DROPINDEX", "none")]:
            self.refused(*bad)

    # --- JSON

    def test_json(self):
        self.assertEqual(self.tell("JSON.SET", "j", "$", '{"a":[1,2,{"b":"c"}],"n":1}'), "OK")
        for bad in ["$[", "$]", "$.", "$..", "$.a[", "$.a[1", "$.a[x]", "$.a[1:", "$.a[::0]", "$.a[?]", "$.a[?(]", "$.a[?(@.b==]", "$.a[?(@.b=='c]", "$['a", "$[\"a]", "$[99999999999999999999]", "$" + "[" * DEEP,
                    "$.a[?(" + "(" * DEEP, "$.a[?(" + "!" * DEEP + "@)]", "$.a b c["]:
            self.refused("JSON.GET", "j", bad)
            self.refused("JSON.DEL", "j", bad)
            self.refused("JSON.SET", "j", bad, "1")
        for bad in ["", "{", "[", "[1,", "[1 2]", "{1:2}", '{"a"}', "nul", "NaN", "Infinity", "-", "01", "1.", "1e", "1e999", '"', '"\\x"', '"\\ud800"x', "'a'", "[1]]", "{}{}", "\xff", "[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP]:
            self.refused("JSON.SET", "j", "$", bad)
            self.refused("JSON.ARRAPPEND", "j", "$.a", bad)
            self.refused("JSON.MERGE", "j", "$", bad)
        # A pattern that is none matches nothing.
        for pattern in ["(", "(" * 20000, "[", "a{2", "*"]:
            self.assertEqual(self.tell("JSON.GET", "j", f"$..[?(@.b=~'{pattern}')]"), b"[]")
        # Patterns and paths that make others take for ever.
        self.assertEqual(self.tell("JSON.SET", "long", "$", '{"s":"' + "a" * 30000 + '"}'), "OK")
        for slow in ["$[?(@=~'(a*)*b')]", "$[?(@=~'(a|a|a)*b')]", "$[?(@=~'(a?){1000}b')]", "$.." * 200 + "s", "$" + "..*" * 8]:
            self.assertIsInstance(self.tell("JSON.GET", "long", slow), (bytes, Error), slow[:40])
        self.refused("JSON.NUMINCRBY", "j", "$.n", "x")
        self.refused("JSON.NUMINCRBY", "j", "$.n", "1e999")
        self.tell("JSON.SET", "j", "$.n", "1e308")
        self.refused("JSON.NUMMULTBY", "j", "$.n", "1e308")
        self.assertEqual(self.tell("JSON.GET", "j", "$.n"), b"[1e308]")


if __name__ == "__main__":
    main()
