#!/usr/bin/env node
// node-redis's search commands as people use them. (Its parsers of their replies are for RESP2.)
import { createClient, SCHEMA_FIELD_TYPE, FT_AGGREGATE_STEPS, FT_AGGREGATE_GROUP_BY_REDUCERS } from "redis";

import { assert, host, port, run, test } from "../../lib/kvorum_test.mjs";

async function withClient(body) {
  const client = createClient({ socket: { host, port }, RESP: 2 });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const name of await client.ft._list()) await client.ft.dropIndex(name);
    await client.flushAll();
    await client.ft.create(
      "animals",
      {
        name: { type: SCHEMA_FIELD_TYPE.TEXT, SORTABLE: true },
        species: SCHEMA_FIELD_TYPE.TAG,
        age: { type: SCHEMA_FIELD_TYPE.NUMERIC, SORTABLE: true },
      },
      { ON: "HASH", PREFIX: "noderedis:animals" },
    );
    await client.hSet("noderedis:animals:1", { name: "Fluffy the cat", species: "cat", age: 3 });
    await client.hSet("noderedis:animals:2", { name: "Ginger", species: "cat", age: 4 });
    await client.hSet("noderedis:animals:3", { name: "Rover runs", species: "dog", age: 9 });
    await body(client);
  } finally {
    client.destroy();
  }
}

test("search", () =>
  withClient(async (client) => {
    const dogs = await client.ft.search("animals", "@species:{dog}");
    assert.equal(dogs.total, 1);
    assert.equal(dogs.documents[0].id, "noderedis:animals:3");
    assert.equal(dogs.documents[0].value.name, "Rover runs");
    const cats = await client.ft.search("animals", "@species:{cat}", { SORTBY: { BY: "age", DIRECTION: "DESC" }, LIMIT: { from: 0, size: 1 } });
    assert.equal(cats.total, 2);
    assert.equal(cats.documents.length, 1);
    assert.equal(cats.documents[0].value.name, "Ginger");
    const running = await client.ft.search("animals", "$word @age:[5 +inf]", { PARAMS: { word: "running" }, DIALECT: 2, RETURN: ["age"] });
    assert.deepEqual({ ...running.documents[0].value }, { age: "9" });
  }));

test("aggregation", () =>
  withClient(async (client) => {
    const result = await client.ft.aggregate("animals", "*", {
      STEPS: [
        {
          type: FT_AGGREGATE_STEPS.GROUPBY,
          properties: "@species",
          REDUCE: [
            { type: FT_AGGREGATE_GROUP_BY_REDUCERS.AVG, property: "age", AS: "averageAge" },
            { type: FT_AGGREGATE_GROUP_BY_REDUCERS.COUNT, AS: "count" },
          ],
        },
        { type: FT_AGGREGATE_STEPS.SORTBY, BY: "@averageAge" },
      ],
    });
    assert.deepEqual(result.results.map((row) => ({ ...row })), [
      { species: "cat", averageAge: "3.5", count: "2" },
      { species: "dog", averageAge: "9", count: "1" },
    ]);
  }));

test("indexes", () =>
  withClient(async (client) => {
    const info = await client.ft.info("animals");
    assert.equal(info.index_name, "animals");
    assert.equal(Number(info.num_docs), 3);
    assert.deepEqual((await client.ft.tagVals("animals", "species")).sort(), ["cat", "dog"]);
    assert.equal(await client.ft.alter("animals", { extra: SCHEMA_FIELD_TYPE.TEXT }), "OK");
    assert.equal(await client.ft.aliasAdd("pets", "animals"), "OK");
    assert.equal((await client.ft.search("pets", "rover")).total, 1);
    await assert.rejects(client.ft.info("nothing"), /unknown/i);
    assert.equal(await client.ft.dropIndex("animals"), "OK");
    assert.deepEqual(await client.ft._list(), []);
  }));

test("cursors, profiles, explanations, settings, aliases", () =>
  withClient(async (client) => {
    const first = await client.ft.aggregateWithCursor("animals", "*", { LOAD: ["@name"], COUNT: 2 });
    assert.equal(first.results.length, 2);
    const second = await client.ft.cursorRead("animals", first.cursor);
    assert.equal(second.results.length, 1);
    assert.equal(second.cursor, 0);
    const other = await client.ft.aggregateWithCursor("animals", "*", { LOAD: ["@name"], COUNT: 1 });
    assert.equal(await client.ft.cursorDel("animals", other.cursor), "OK");
    await assert.rejects(client.ft.cursorRead("animals", other.cursor), /Cursor not found/);
    const profile = await client.ft.profileSearch("animals", "@species:{cat}");
    assert.equal(profile.results.total, 2);
    assert.equal((await client.ft.profileAggregate("animals", "*")).results.total, 3);
    assert.match(await client.ft.explain("animals", "@age:[1 4] -rover"), /INTERSECT/);
    assert.ok((await client.ft.explainCli("animals", "ginger")).length > 0);
    assert.equal(await client.ft.configSet("TIMEOUT", "700"), "OK");
    assert.equal((await client.ft.configGet("TIMEOUT")).TIMEOUT, "700");
    assert.equal(await client.ft.configSet("TIMEOUT", "500"), "OK");
    assert.equal(await client.ft.aliasAdd("pets", "animals"), "OK");
    await client.ft.create("others", { name: SCHEMA_FIELD_TYPE.TEXT }, { PREFIX: "others:" });
    assert.equal(await client.ft.aliasUpdate("pets", "others"), "OK");
    assert.equal((await client.ft.search("pets", "*")).total, 0);
    assert.equal(await client.ft.aliasDel("pets"), "OK");
    await assert.rejects(client.ft.search("pets", "*"));
    assert.deepEqual((await client.ft.tagVals("animals", "species")).sort(), ["cat", "dog"]);
  }));

test("words and vectors together (FT.HYBRID)", () =>
  withClient(async (client) => {
    const bytes = (...numbers) => Buffer.from(Float32Array.from(numbers).buffer);
    await client.ft.create("both", { t: SCHEMA_FIELD_TYPE.TEXT, v: { type: SCHEMA_FIELD_TYPE.VECTOR, ALGORITHM: "FLAT", TYPE: "FLOAT32", DIM: 2, DISTANCE_METRIC: "L2" } }, { PREFIX: "both:" });
    await client.hSet("both:a", { t: "tree", v: bytes(9, 0) });
    await client.hSet("both:b", { t: "tree tree", v: bytes(1, 0) });
    await client.hSet("both:c", { t: "leaf", v: bytes(0, 0) });
    const words = ["FT.HYBRID", "both", "SEARCH", "tree", "VSIM", "@v", "$q", "KNN", "2", "K", "2", "COMBINE", "RRF", "2", "CONSTANT", "1", "PARAMS", "2", "q", bytes(0, 0)];
    const reply = await client.sendCommand(words);
    const fields = Object.fromEntries(Array.from({ length: reply.length / 2 }, (_, i) => [reply[2 * i], reply[2 * i + 1]]));
    assert.equal(Number(fields.total_results), 3);
    assert.deepEqual(fields.results.map((row) => row[row.indexOf("__key") + 1]), ["both:b", "both:c", "both:a"]);
    assert.deepEqual(fields.warnings, []);
  }));

test("vectors", () =>
  withClient(async (client) => {
    const bytes = (...numbers) => Buffer.from(Float32Array.from(numbers).buffer);
    for (const ALGORITHM of ["FLAT", "HNSW"]) {
      await client.ft.create(
        "vectors",
        { v: { type: SCHEMA_FIELD_TYPE.VECTOR, ALGORITHM, TYPE: "FLOAT32", DIM: 2, DISTANCE_METRIC: "COSINE" }, kind: { type: SCHEMA_FIELD_TYPE.TAG } },
        { ON: "HASH", PREFIX: "noderedis:vectors" },
      );
      await client.hSet("noderedis:vectors:a", { v: bytes(1, 0), kind: "x" });
      await client.hSet("noderedis:vectors:b", { v: bytes(1, 1), kind: "y" });
      await client.hSet("noderedis:vectors:c", { v: bytes(0, 1), kind: "x" });
      const options = { PARAMS: { B: bytes(2, 0) }, SORTBY: "dist", DIALECT: 2, RETURN: ["dist"] };
      const nearest = await client.ft.search("vectors", "*=>[KNN 2 @v $B AS dist]", options);
      assert.deepEqual(nearest.documents.map((document) => document.id), ["noderedis:vectors:a", "noderedis:vectors:b"]);
      assert.equal(nearest.documents[0].value.dist, "0");
      const filtered = await client.ft.search("vectors", "(@kind:{x})=>[KNN 2 @v $B AS dist]", options);
      assert.deepEqual(filtered.documents.map((document) => document.id), ["noderedis:vectors:a", "noderedis:vectors:c"]);
      const within = await client.ft.search("vectors", "@v:[VECTOR_RANGE 0.5 $B]=>{$YIELD_DISTANCE_AS: dist}", options);
      assert.equal(within.total, 2);
      await client.ft.dropIndex("vectors");
    }
  }));

await run();
