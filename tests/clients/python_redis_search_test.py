#!/usr/bin/python3
"""The search commands through python3-redis as people use it. (Debian 12's, 4.3.)"""

import os
import struct
import unittest

import redis
from redis.commands.search import aggregation, reducers
from redis.commands.search.field import GeoField, NumericField, TagField, TextField, VectorField
from redis.commands.search.indexDefinition import IndexDefinition, IndexType
from redis.commands.search.query import NumericFilter, Query

from kvorum_test import main

PORT = int(os.environ["KVORUM_PORT"])


@unittest.skipIf("KVORUM_PEER" in os.environ, "the peer has no search commands")
class PythonRedisSearch(unittest.TestCase):
    def setUp(self):
        self.client = redis.Redis(port=PORT, decode_responses=True, socket_timeout=30)
        for name in self.client.execute_command("FT._LIST"):
            self.client.execute_command("FT.DROPINDEX", name)
        self.client.flushall()
        self.index = self.client.ft("shop")
        self.index.create_index(
            [TextField("name", weight=2.0, sortable=True), TextField("about"), NumericField("price", sortable=True),
             TagField("kind", separator=";"), GeoField("place")],
            definition=IndexDefinition(prefix=["item:"], index_type=IndexType.HASH))
        rows = [("apple", "a red fruit that keeps", 3, "fruit;red", "2.35,48.86"), ("pear", "a green fruit", 5, "fruit", "2.30,48.90"),
                ("leek", "a vegetable for soups", 2, "vegetable", "13.40,52.52"), ("tomato", "a fruit, or a vegetable", 1, "fruit;vegetable;red", "12.5,41.9")]
        for number, (name, about, price, kind, place) in enumerate(rows):
            self.client.hset(f"item:{number}", mapping={"name": name, "about": about, "price": price, "kind": kind, "place": place})

    def names(self, query):
        return [document.name for document in self.index.search(query).docs]

    def test_is_found_as_a_module(self):
        self.assertIn("search", [module["name"] for module in self.client.module_list()])

    def test_search(self):
        self.assertEqual(sorted(self.names("fruits")), ["apple", "pear", "tomato"])
        self.assertEqual(self.names(Query("fruit").sort_by("price", asc=False).paging(0, 2)), ["pear", "apple"])
        self.assertEqual(self.names(Query("fruit -vegetable @kind:{red}").dialect(2)) if hasattr(Query, "dialect") else
                         self.names("fruit -vegetable @kind:{red}"), ["apple"])
        self.assertEqual(self.names('"green fruit"'), ["pear"])
        self.assertEqual(sorted(self.names("veg*")), ["leek", "tomato"])
        self.assertEqual(self.names("%tomatto%"), ["tomato"])
        self.assertEqual(self.names(Query("*").add_filter(NumericFilter("price", 2, 3)).sort_by("price")), ["leek", "apple"])
        self.assertEqual(sorted(self.names("@place:[2.35 48.86 20 km]")), ["apple", "pear"])
        result = self.index.search(Query("fruit").no_content().with_scores())
        self.assertEqual(result.total, 3)
        scores = [document.score for document in result.docs]
        self.assertEqual(scores, sorted(scores, reverse=True))
        shown = self.index.search(Query("soup").return_fields("about").highlight(tags=("[", "]"))).docs[0]
        self.assertEqual(shown.about, "a vegetable for [soups]")

    def test_follows_changes(self):
        self.client.hset("item:9", mapping={"name": "quince", "about": "rare"})
        self.assertEqual(self.names("rare"), ["quince"])
        self.client.hset("item:9", "about", "common")
        self.assertEqual(self.names("rare"), [])
        self.client.rename("item:9", "away")
        self.assertEqual(self.names("common"), [])
        self.index.alter_schema_add(TextField("origin"))
        self.client.hset("item:0", "origin", "normandy")
        self.assertEqual(self.names("@origin:normandy"), ["apple"])

    def test_aggregate(self):
        request = (aggregation.AggregateRequest("*").group_by("@kind", reducers.count().alias("n"), reducers.avg("@price").alias("avg"))
                   .sort_by(aggregation.Asc("@avg")).limit(0, 2))
        self.assertEqual(self.index.aggregate(request).rows,
                         [["kind", "fruit;vegetable;red", "n", "1", "avg", "1"], ["kind", "vegetable", "n", "1", "avg", "2"]])
        request = aggregation.AggregateRequest("*").load("@name").apply(twice="@price * 2").filter("@twice > 5").sort_by("@twice")
        self.assertEqual(self.index.aggregate(request).rows, [["name", "apple", "twice", "6"], ["name", "pear", "twice", "10"]])
        first = self.index.aggregate(aggregation.AggregateRequest("*").load("@name").cursor(3))
        self.assertEqual(len(first.rows), 3)
        self.assertEqual(len(self.index.aggregate(first.cursor).rows), 1)

    def test_tells_of_itself(self):
        info = self.index.info()
        self.assertEqual(info["index_name"], "shop")
        self.assertEqual(info["num_docs"], "4")
        self.assertEqual(info["index_definition"][1], "HASH")
        self.assertEqual(info["index_definition"][3], ["item:"])
        self.assertEqual(sorted(self.index.tagvals("kind")), ["fruit", "red", "vegetable"])
        self.assertIn("UNION", self.index.explain("apple|pear"))
        self.index.dropindex(delete_documents=True)
        self.assertEqual(self.client.keys("item:*"), [])
        with self.assertRaises(redis.ResponseError):
            self.index.info()

    def test_vectors(self):
        def blob(*numbers):
            return struct.pack(f"<{len(numbers)}f", *numbers)

        for algorithm in ("FLAT", "HNSW"):
            index = self.client.ft("vectors")
            index.create_index([VectorField("v", algorithm, {"TYPE": "FLOAT32", "DIM": 2, "DISTANCE_METRIC": "L2"}), TagField("kind")],
                               definition=IndexDefinition(prefix=["vector:"], index_type=IndexType.HASH))
            for name, vector, kind in (("a", (0, 0), "x"), ("b", (3, 4), "y"), ("c", (6, 8), "x")):
                self.client.hset(f"vector:{name}", mapping={"v": blob(*vector), "kind": kind})

            def nearest(query, *vector):
                request = Query(query).sort_by("s").return_fields("s").paging(0, 5).dialect(2)
                return [(document.id, document.s) for document in index.search(request, query_params={"q": blob(*vector)}).docs]

            self.assertEqual(nearest("*=>[KNN 2 @v $q AS s]", 0, 0), [("vector:a", "0"), ("vector:b", "25")])
            self.assertEqual(nearest("(@kind:{x})=>[KNN 2 @v $q AS s]", 0, 0), [("vector:a", "0"), ("vector:c", "100")])
            self.assertEqual(nearest("@v:[VECTOR_RANGE 30 $q]=>{$YIELD_DISTANCE_AS: s}", 3, 4), [("vector:b", "0"), ("vector:a", "25"), ("vector:c", "25")])
            self.assertEqual(nearest("*=>[KNN 1 @v $q AS s]", 0.1, 0)[0][1], "0.0100000007078")
            with self.assertRaises(redis.ResponseError):
                nearest("*=>[KNN 1 @v $q AS s]", 0, 0, 0)
            index.dropindex(delete_documents=True)


    def test_hybrid(self):
        self.client.execute_command("FT.CREATE", "both", "PREFIX", 1, "both:", "SCHEMA", "t", "TEXT", "v", "VECTOR", "FLAT", 6,
                                    "TYPE", "FLOAT32", "DIM", 2, "DISTANCE_METRIC", "L2")
        for name, text, vector in (("a", "red apple", (0, 0)), ("b", "green pear", (1, 0)), ("c", "red cherry", (9, 9))):
            self.client.hset(f"both:{name}", mapping={"t": text, "v": struct.pack("<2f", *vector)})
        reply = self.client.execute_command("FT.HYBRID", "both", "SEARCH", "apple", "VSIM", "@v", "$q", "KNN", 2, "K", 2,
                                            "LOAD", 1, "@__key", "PARAMS", 2, "q", struct.pack("<2f", 1, 0))
        reply = dict(zip(reply[::2], reply[1::2]))
        self.assertEqual(reply["total_results"], 2)
        rows = [dict(zip(row[::2], row[1::2])) for row in reply["results"]]
        self.assertEqual([row["__key"] for row in rows], ["both:a", "both:b"])

    def test_profile_and_cursors(self):
        result, profile = self.client.execute_command("FT.PROFILE", "shop", "SEARCH", "QUERY", "fruit", "NOCONTENT")
        self.assertEqual((result[0], sorted(result[1:])), (3, ["item:0", "item:1", "item:3"]))
        self.assertIn("Total profile time", str(profile))
        rows, cursor = self.client.execute_command("FT.AGGREGATE", "shop", "*", "LOAD", 1, "@name", "WITHCURSOR", "COUNT", 1)
        self.assertEqual(len(rows), 2)
        rows, cursor = self.client.execute_command("FT.CURSOR", "READ", "shop", cursor, "COUNT", 2)
        self.assertEqual(len(rows), 3)
        self.assertEqual(self.client.execute_command("FT.CURSOR", "DEL", "shop", cursor), "OK")
        with self.assertRaises(redis.ResponseError):
            self.client.execute_command("FT.CURSOR", "READ", "shop", cursor)


if __name__ == "__main__":
    main()
