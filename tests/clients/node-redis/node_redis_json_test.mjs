#!/usr/bin/env node
// node-redis's JSON commands, and indexes on JSON, as people use them.
import { createClient, SCHEMA_FIELD_TYPE } from "redis";

import { assert, host, port, run, test } from "../../lib/kvorum_test.mjs";

async function withClient(RESP, body) {
  const client = createClient({ socket: { host, port }, RESP });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const name of await client.ft._list()) await client.ft.dropIndex(name);
    await client.flushAll();
    await body(client.json, client);
  } finally {
    client.destroy();
  }
}

for (const resp of [2, 3]) {
  test(`documents, RESP${resp}`, () =>
    withClient(resp, async (json) => {
      const pets = { name: "Alice", pets: [{ name: "Goldie", age: 3, isCute: true }, { name: "Rex", age: 12, isCute: false }], score: 1.5 };
      assert.equal(await json.set("d", "$", pets), "OK");
      assert.deepEqual(await json.get("d"), pets);
      assert.deepEqual(await json.get("d", { path: "$..name" }), ["Alice", "Goldie", "Rex"]);
      assert.deepEqual(await json.get("d", { path: "$.pets[?(@.age>5)].name" }), ["Rex"]);
      assert.equal(await json.get("none"), null);
      assert.equal(await json.set("d", "$.name", "Bob", { condition: "NX" }), null);
      assert.equal(await json.mSet([{ key: "a", path: "$", value: { x: 1 } }, { key: "b", path: "$", value: { x: 2 } }]), "OK");
      assert.deepEqual(await json.mGet(["a", "b", "none"], "$.x"), [[1], [2], null]);
      assert.equal(await json.merge("a", "$", { y: { z: null, q: 1 }, x: null }), "OK");
      assert.deepEqual(await json.get("a"), { y: { q: 1 } });
      assert.deepEqual(await json.type("d", { path: "$.pets[0].*" }), ["string", "integer", "boolean"]);
      assert.deepEqual(await json.objKeys("d", { path: "$" }), [["name", "pets", "score"]]);
      assert.deepEqual(await json.objLen("d", { path: "$.pets[*]" }), [3, 3]);
      assert.equal(await json.del("d", { path: "$..age" }), 2);
      assert.equal(await json.clear("d", { path: "$.pets" }), 1);
      assert.deepEqual(await json.get("d"), { name: "Alice", pets: [], score: 1.5 });
      assert.equal(await json.forget("d"), 1);
      assert.ok((await json.debugMemory("a")) > 0);
    }));

  test(`values and arrays, RESP${resp}`, () =>
    withClient(resp, async (json) => {
      await json.set("d", "$", { n: 1, f: 2.5, s: "foo", b: true, a: [1, 2, 3], in: { n: "x" } });
      assert.deepEqual(await json.numIncrBy("d", "$..n", 2), [3, null]);
      assert.deepEqual(await json.numMultBy("d", "$.f", 3), [7.5]);
      assert.deepEqual(await json.strAppend("d", "bar", { path: "$.s" }), [6]);
      assert.deepEqual(await json.strLen("d", { path: "$.s" }), [6]);
      assert.deepEqual((await json.toggle("d", "$.b")).map(Number), [0]);
      assert.deepEqual(await json.arrAppend("d", "$.a", 4, "x"), [5]);
      assert.deepEqual(await json.arrInsert("d", "$.a", 0, 0), [6]);
      assert.deepEqual(await json.arrIndex("d", "$.a", 3), [3]);
      assert.deepEqual(await json.arrPop("d", { path: "$.a" }), ["x"]);
      assert.deepEqual(await json.arrTrim("d", "$.a", 1, 2), [2]);
      assert.deepEqual(await json.arrLen("d", { path: "$.a" }), [2]);
      assert.deepEqual(await json.get("d", { path: "$.a" }), [[1, 2]]);
      await assert.rejects(json.numIncrBy("none", "$", 1), /doesn't exist/);
      await assert.rejects(json.get("d", { path: "$[" }), /path/);
    }));
}

test("search", () =>
  withClient(2, async (json, client) => {
    await client.ft.create(
      "users",
      {
        "$.name": { type: SCHEMA_FIELD_TYPE.TEXT, AS: "name" },
        "$.age": { type: SCHEMA_FIELD_TYPE.NUMERIC, AS: "age", SORTABLE: true },
        "$.coins": { type: SCHEMA_FIELD_TYPE.NUMERIC, AS: "coins" },
        "$.tags[*]": { type: SCHEMA_FIELD_TYPE.TAG, AS: "tags" },
      },
      { ON: "JSON", PREFIX: "user:" },
    );
    await json.set("user:1", "$", { name: "Alice", age: 32, coins: 100, tags: ["a", "b"] });
    await json.set("user:2", "$", { name: "Bob", age: 23, coins: 15, tags: ["b"] });
    const young = await client.ft.search("users", "@age:[0 30]");
    assert.equal(young.total, 1);
    assert.equal(young.documents[0].id, "user:2");
    assert.deepEqual({ ...young.documents[0].value }, { name: "Bob", age: 23, coins: 15, tags: ["b"] });
    const sorted = await client.ft.search("users", "@tags:{b}", { SORTBY: "age", RETURN: ["name", "$.tags[0]"] });
    assert.deepEqual(sorted.documents.map(({ value }) => value.name), ["Bob", "Alice"]);
    await json.numIncrBy("user:1", "$.age", -5);
    assert.equal((await client.ft.search("users", "@age:[0 30]")).total, 2);
  }));

await run();
