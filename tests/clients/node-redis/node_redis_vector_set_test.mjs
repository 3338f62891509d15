#!/usr/bin/env node
// node-redis's vector sets as people use them, in both protocols.
import { createClient } from "redis";

import { assert, host, port, run, test } from "../../lib/kvorum_test.mjs";

async function withClients(body) {
  for (const RESP of [2, 3]) {
    const client = createClient({ socket: { host, port }, RESP });
    client.on("error", () => {});
    await client.connect();
    try {
      await client.flushAll();
      await body(client);
    } finally {
      client.destroy();
    }
  }
}

async function addFilms(client) {
  assert.equal(await client.vAdd("films", [1, 0, 0], "Alien", { SETATTR: { year: 1979, genre: "horror" } }), true);
  assert.equal(await client.vAdd("films", [0.9, 0.4, 0], "Aliens", { SETATTR: { year: 1986, genre: "action" } }), true);
  assert.equal(await client.vAdd("films", [0, 1, 0], "Amadeus", { SETATTR: { year: 1984, genre: "drama" }, CAS: true, EF: 300 }), true);
  assert.equal(await client.vAdd("films", [0, 0.9, 0.1], "Cabaret"), true);
}

test("vector sets: adding, looking, removing", () =>
  withClients(async (client) => {
    await addFilms(client);
    assert.equal(await client.vAdd("films", [0, 0.8, 0.2], "Cabaret"), false);
    assert.equal(await client.vCard("films"), 4);
    assert.equal(await client.vDim("films"), 3);
    assert.equal(await client.type("films"), "vectorset");
    const vector = await client.vEmb("films", "Aliens");
    assert.equal(vector.length, 3);
    assert.ok(Math.abs(vector[0] - 0.9) < 1e-4 && Math.abs(vector[1] - 0.4) < 1e-4);
    const raw = await client.vEmbRaw("films", "Alien");
    assert.equal(raw.quantization, "int8");
    assert.equal(raw.l2Norm, 1);
    assert.ok(Math.abs(raw.quantizationRange - 1) < 1e-6);
    const info = await client.vInfo("films");
    assert.equal(info["quant-type"], "int8");
    assert.equal(info["vector-dim"], 3);
    assert.equal(info.size, 4);
    assert.equal(await client.vRem("films", "Cabaret"), true);
    assert.equal(await client.vRem("films", "Cabaret"), false);
    assert.equal((await client.vRandMember("films", 9)).length, 3);
    assert.ok(["Alien", "Aliens", "Amadeus"].includes(await client.vRandMember("films")));
  }));

test("vector sets: searching, with scores and filters", () =>
  withClients(async (client) => {
    await addFilms(client);
    assert.deepEqual(await client.vSim("films", "Alien", { COUNT: 2 }), ["Alien", "Aliens"]);
    assert.deepEqual(await client.vSim("films", [0, 1, 0], { COUNT: 1, TRUTH: true }), ["Amadeus"]);
    const scores = await client.vSimWithScores("films", [1, 0, 0], { COUNT: 4 });
    assert.ok(Math.abs(scores.Alien - 1) < 1e-6);
    assert.ok(Math.abs(scores.Amadeus - 0.5) < 1e-6);
    assert.deepEqual(await client.vSim("films", "Alien", { EPSILON: 0.2 }), ["Alien", "Aliens"]);
    assert.deepEqual(await client.vSim("films", "Alien", { FILTER: '.year > 1980 and .genre in ["drama", "action"]' }), ["Aliens", "Amadeus"]);
    await assert.rejects(client.vSim("films", "Alien", { FILTER: ".year >" }), /syntax error in FILTER expression/);
    await assert.rejects(client.vSim("films", "Nobody"), /element not found in set/);
  }));

test("vector sets: attributes and links", () =>
  withClients(async (client) => {
    await addFilms(client);
    assert.deepEqual(await client.vGetAttr("films", "Alien"), { year: 1979, genre: "horror" });
    assert.equal(await client.vGetAttr("films", "Cabaret"), null);
    assert.equal(await client.vSetAttr("films", "Cabaret", { year: 1972 }), true);
    assert.deepEqual(await client.vSim("films", "Cabaret", { FILTER: ".year < 1975" }), ["Cabaret"]);
    const links = await client.vLinks("films", "Alien");
    assert.ok(links.at(-1).includes("Aliens"));
    const scored = await client.vLinksWithScores("films", "Alien");
    assert.deepEqual(Object.keys(scored.at(-1)).sort(), [...links.at(-1)].sort());
    assert.ok(scored.at(-1).Aliens > 0.95 && scored.at(-1).Aliens < 0.97);
  }));

test("vector sets: in order of names", () =>
  withClients(async (client) => {
    await addFilms(client);
    const range = (...words) => client.sendCommand(["VRANGE", "films", ...words]);
    assert.deepEqual(await range("-", "+"), ["Alien", "Aliens", "Amadeus", "Cabaret"]);
    assert.deepEqual(await range("(Alien", "[Amadeus"), ["Aliens", "Amadeus"]);
    assert.deepEqual(await range("-", "+", "2"), ["Alien", "Aliens"]);
    assert.deepEqual(await range("-", "+", "-1"), ["Alien", "Aliens", "Amadeus", "Cabaret"]);
    assert.deepEqual(await range("(Cabaret", "+"), []);
    await assert.rejects(range("Alien", "+"));
  }));

test("vector sets: reduced and binary ones", () =>
  withClients(async (client) => {
    const vector = Array.from({ length: 64 }, (_, i) => Math.sin(i));
    assert.equal(await client.vAdd("small", vector, "a", { REDUCE: 16, QUANT: "BIN", M: 8 }), true);
    assert.equal(await client.vDim("small"), 16);
    assert.deepEqual(await client.vSim("small", vector), ["a"]);
    await assert.rejects(client.vAdd("small", vector, "b", { REDUCE: 16, M: 8 }), /asked quantization mismatch/);
  }));

await run();
