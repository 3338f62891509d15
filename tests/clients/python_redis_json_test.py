#!/usr/bin/python3
"""The JSON commands, and indexes on JSON, through python3-redis as people use them. (Debian 12's, 4.3.)"""

import json
import os
import unittest

import redis
from redis.commands.json.path import Path
from redis.commands.search.field import GeoField, NumericField, TagField, TextField
from redis.commands.search.indexDefinition import IndexDefinition, IndexType
from redis.commands.search.query import Query

from kvorum_test import main

PORT = int(os.environ["KVORUM_PORT"])


@unittest.skipIf("KVORUM_PEER" in os.environ, "the peer has no JSON commands")
class PythonRedisJson(unittest.TestCase):
    def setUp(self):
        self.client = redis.Redis(port=PORT, decode_responses=True, socket_timeout=30)
        for name in self.client.execute_command("FT._LIST"):
            self.client.execute_command("FT.DROPINDEX", name)
        self.client.flushall()
        self.json = self.client.json()

    def test_documents(self):
        document = {"name": "Ada", "born": 1815, "tags": ["x", None, True, 1.5], "in": {"name": "hyvää"}}
        self.assertTrue(self.json.set("d", Path.root_path(), document))
        self.assertEqual(self.json.get("d"), document)
        self.assertEqual(self.json.get("d", "$..name"), ["Ada", "hyvää"])
        self.assertEqual(self.json.get("d", "$.name", "$.born"), {"$.name": ["Ada"], "$.born": [1815]})
        self.assertIsNone(self.json.get("none"))
        self.assertIsNone(self.json.set("d", "name", "Bea", nx=True))
        self.assertTrue(self.json.set("d", "name", "Bea", xx=True))
        self.json.set("e", "$", {"name": "Eve"})
        self.assertEqual(self.json.mget(["d", "e", "none"], "$.name"), [["Bea"], ["Eve"], None])
        self.assertEqual(self.json.type("d", "$.*"), ["string", "integer", "array", "object"])
        self.assertEqual(self.json.type("d"), "object")
        self.assertEqual(self.json.objkeys("d"), ["name", "born", "tags", "in"])
        self.assertEqual(self.json.objlen("d", "$.in"), [1])
        self.assertEqual(self.json.resp("e"), ["{", "name", "Eve"])
        self.assertEqual(self.json.delete("d", "$..name"), 2)
        self.assertEqual(self.json.get("d", "$.in"), [{}])
        self.assertEqual(self.json.forget("e"), 1)
        self.assertEqual(self.client.exists("e"), 0)
        self.assertEqual([module["name"] for module in self.client.module_list()], ["search", "ReJSON"])

    def test_values(self):
        self.json.set("d", "$", {"n": 1, "f": 2.5, "s": "foo", "b": False, "in": {"n": 3}})
        self.assertEqual(self.json.numincrby("d", "$..n", 2), [3, 5])
        self.assertEqual(self.json.numincrby("d", ".n", 1), 4)
        self.assertEqual(self.json.nummultby("d", "$.f", 2), [5.0])
        self.assertEqual(self.json.strappend("d", "bar", "$.s"), [6])
        self.assertEqual(self.json.strlen("d", "$.s"), [6])
        self.assertEqual(self.json.toggle("d", "$.b"), [1])
        self.assertTrue(self.json.toggle("d", ".b") is False)
        self.assertEqual(self.json.clear("d", "$.*"), 3)
        self.assertEqual(self.json.get("d"), {"n": 0, "f": 0, "s": "foobar", "b": False, "in": {}})
        with self.assertRaises(redis.ResponseError):
            self.json.numincrby("none", "$", 1)

    def test_arrays(self):
        self.json.set("d", "$", {"a": [0, 4], "in": {"a": "x"}})
        self.assertEqual(self.json.arrinsert("d", "$.a", 1, 1, 2, 3), [5])
        self.assertEqual(self.json.arrappend("d", "$..a", 5, [6]), [7, None])
        self.assertEqual(self.json.arrindex("d", "$.a", 3), [3])
        self.assertEqual(self.json.arrpop("d", "$.a"), ["[6]"])
        self.assertEqual(self.json.arrtrim("d", "$.a", 1, 3), [3])
        self.assertEqual(self.json.arrlen("d", "$.a"), [3])
        self.assertEqual(self.json.get("d", "$.a"), [[1, 2, 3]])

    def test_filters(self):
        self.json.set("d", "$", {"items": [{"name": "pen", "price": 2, "tags": ["red", "blue"]},
                                           {"name": "book", "price": 12.5, "tags": ["red"]},
                                           {"name": "lamp", "price": 30, "tags": []}]})
        self.assertEqual(self.json.get("d", "$.items[?(@.price>10)].name"), ["book", "lamp"])
        self.assertEqual(self.json.get("d", '$.items[?(@.name=~"^[bp]" && @.price<10)].name'), ["pen"])
        self.assertEqual(self.json.get("d", "$.items[?(@.tags[1])].name"), ["pen"])
        self.assertEqual(self.json.get("d", "$.items[-1:].name"), ["lamp"])
        with self.assertRaises(redis.ResponseError):
            self.json.get("d", "$.items[?(@.price>")

    def test_search(self):
        index = self.client.ft("people")
        index.create_index(
            [TextField("$.name", as_name="name"), TagField("$.tags", as_name="tags"), NumericField("$.age", as_name="age"),
             TagField("$.jobs[*].title", as_name="job"), GeoField("$.where", as_name="where")],
            definition=IndexDefinition(prefix=["person:"], index_type=IndexType.JSON))
        self.json.set("person:1", "$", {"name": "Ada Lovelace", "age": 36, "tags": ["maths", "poetry"], "where": "-0.12,51.5",
                                        "jobs": [{"title": "countess"}, {"title": "programmer"}]})
        self.json.set("person:2", "$", {"name": "Alan Turing", "age": 41, "tags": ["maths"], "jobs": [{"title": "programmer"}]})
        keys = lambda query: sorted(row.id for row in index.search(Query(query).no_content()).docs)
        self.assertEqual(keys("ada"), ["person:1"])
        self.assertEqual(keys("@tags:{maths}"), ["person:1", "person:2"])
        self.assertEqual(keys("@job:{countess}"), ["person:1"])
        self.assertEqual(keys("@age:[40 50]"), ["person:2"])
        self.assertEqual(keys("@where:[0 51 100 km]"), ["person:1"])
        self.json.numincrby("person:1", "$.age", 10)
        self.assertEqual(keys("@age:[40 50]"), ["person:1", "person:2"])
        row = index.search("turing").docs[0]
        self.assertEqual(json.loads(row.json), self.json.get("person:2"))
        row = index.search(Query("turing").return_field("$.jobs[0].title", as_field="title").return_field("name")).docs[0]
        self.assertEqual((row.title, row.name), ("programmer", "Alan Turing"))
        self.json.delete("person:2", "$.name")
        self.assertEqual(keys("turing"), [])
        self.assertEqual(index.info()["index_definition"][1], "JSON")


if __name__ == "__main__":
    main()
