#!/usr/bin/env node
// kvorum-test: -- --notify-keyspace-events KEA
// node-redis as people use it, each test under RESP2 and under RESP3.
import { createClient, createClientPool, RESP_TYPES, WatchError } from "redis";

import { assert, host, port, run, test, until } from "../../lib/kvorum_test.mjs";

async function connect(RESP, options = {}) {
  const client = createClient({ socket: { host, port, reconnectStrategy: () => 5 }, RESP, ...options });
  client.on("error", () => {}); // a lost connection is told here; the tests see it elsewhere
  await client.connect();
  return client;
}

function testBoth(name, body) {
  for (const RESP of [2, 3]) {
    test(`RESP${RESP}: ${name}`, async () => {
      const client = await connect(RESP);
      try {
        await client.flushAll();
        await body(client, RESP);
      } finally {
        client.destroy();
      }
    });
  }
}

testBoth("strings", async (client) => {
  assert.equal(await client.set("name", "Ada"), "OK");
  assert.equal(await client.get("name"), "Ada");
  assert.equal(await client.get("nobody"), null);
  assert.equal(await client.set("name", "Bob", { condition: "NX" }), null);
  assert.equal(await client.set("name", "Bob", { expiration: { type: "EX", value: 100 }, GET: true }), "Ada");
  assert.ok((await client.ttl("name")) > 90);
  assert.equal(await client.incrBy("count", 41), 41);
  assert.equal(Number(await client.incrByFloat("count", 0.5)), 41.5);
  assert.equal(await client.mSet({ a: "1", b: "2" }), "OK");
  assert.deepEqual(await client.mGet(["a", "b", "c"]), ["1", "2", null]);
  const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  await client.set("binary", bytes);
  assert.deepEqual(await buffers.get("binary"), bytes);
  assert.equal(await client.setBit("bits", 7, 1), 0);
  assert.equal(await client.bitCount("bits"), 1);
  assert.equal(await client.getEx("name", { type: "PERSIST" }), "Bob");
  assert.equal(await client.ttl("name"), -1);
  assert.equal(await client.copy("name", "name2"), 1);
  assert.deepEqual((await client.keys("name*")).sort(), ["name", "name2"]);
});

testBoth("hashes", async (client) => {
  assert.equal(await client.hSet("user", { name: "Ada", born: "1815" }), 2);
  assert.deepEqual({ ...(await client.hGetAll("user")) }, { name: "Ada", born: "1815" });
  assert.equal(await client.hIncrBy("user", "born", 1), 1816);
  assert.deepEqual(await client.hmGet("user", ["name", "none"]), ["Ada", null]);
  assert.deepEqual((await client.hKeys("user")).sort(), ["born", "name"]);
  assert.equal(await client.hExists("user", "none"), 0);
  const fields = await client.hRandFieldCountWithValues("user", 5);
  assert.deepEqual(fields.map(({ field }) => field).sort(), ["born", "name"]);
});

testBoth("lists", async (client) => {
  assert.equal(await client.rPush("list", ["a", "b", "c"]), 3);
  assert.deepEqual(await client.lRange("list", 0, -1), ["a", "b", "c"]);
  assert.equal(await client.lMove("list", "other", "LEFT", "RIGHT"), "a");
  assert.deepEqual(await client.lmPop(["none", "list"], "RIGHT", { COUNT: 5 }), ["list", ["c", "b"]]);
  assert.equal(await client.exists("list"), 0);
});

testBoth("sets", async (client) => {
  assert.equal(await client.sAdd("s", ["1", "2", "3"]), 3);
  assert.equal(await client.sAdd("t", ["3", "4"]), 2);
  assert.deepEqual(await client.sInter(["s", "t"]), ["3"]);
  assert.deepEqual((await client.sMembers("s")).sort(), ["1", "2", "3"]);
  assert.deepEqual(await client.smIsMember("s", ["1", "9"]), [1, 0]);
  assert.equal(await client.sInterCard(["s", "t"]), 1);
});

testBoth("sorted sets", async (client) => {
  assert.equal(await client.zAdd("z", [{ score: 1, value: "one" }, { score: 2.5, value: "more" }, { score: -1024, value: "least" }]), 3);
  assert.deepEqual(await client.zRangeWithScores("z", 0, -1),
    [{ value: "least", score: -1024 }, { value: "one", score: 1 }, { value: "more", score: 2.5 }].map((x) => ({ ...x })));
  assert.equal(await client.zScore("z", "more"), 2.5);
  assert.equal(await client.zIncrBy("z", 0.25, "one"), 1.25);
  assert.equal(await client.zRank("z", "more"), 2);
  if (!process.env.KVORUM_PEER) assert.deepEqual({ ...(await client.zRankWithScore("z", "more")) }, { rank: 2, score: 2.5 });
  assert.deepEqual(await client.zRange("z", "(1", "+inf", { BY: "SCORE", LIMIT: { offset: 1, count: 1 } }), ["more"]);
  assert.deepEqual({ ...(await client.zPopMax("z")) }, { value: "more", score: 2.5 });
  assert.deepEqual(await client.zmScore("z", ["one", "none"]), [1.25, null]);
});

testBoth("pipelines", async (client) => {
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => client.set(`key:${i}`, String(i))));
  assert.ok(replies.every((reply) => reply === "OK"));
  assert.equal(await client.dbSize(), 1000);
  const batch = await client.multi().get("key:7").get("key:8").execAsPipeline();
  assert.deepEqual(batch, ["7", "8"]);
});

testBoth("transactions", async (client) => {
  assert.deepEqual(await client.multi().set("k", "1").incr("k").hSet("h", "f", "v").hGetAll("h").exec().then((replies) =>
    replies.map((reply) => (typeof reply === "object" ? { ...reply } : reply))), ["OK", 2, 1, { f: "v" }]);
});

testBoth("optimistic locking with WATCH", async (client, RESP) => {
  const other = await connect(RESP);
  await client.set("balance", "10");
  await client.watch("balance");
  await other.decr("balance");
  await assert.rejects(client.multi().set("balance", "100").exec(), WatchError);
  await client.watch("balance");
  assert.deepEqual(await client.multi().incr("balance").exec(), [10]);
  other.destroy();
});

testBoth("pub/sub with patterns and shard channels", async (client, RESP) => {
  const subscriber = await connect(RESP);
  const got = [];
  await subscriber.subscribe("news", (message, channel) => got.push(["plain", channel, message]));
  await subscriber.pSubscribe("n*", (message, channel) => got.push(["pattern", channel, message]));
  await subscriber.sSubscribe("shard", (message, channel) => got.push(["shard", channel, message]));
  assert.equal(await client.publish("news", "hello"), 2);
  assert.equal(await client.sPublish("shard", "hi"), 1);
  await until(() => got.length === 3);
  assert.deepEqual(got, [["plain", "news", "hello"], ["pattern", "news", "hello"], ["shard", "shard", "hi"]]);
  assert.deepEqual({ ...(await client.pubSubNumSub(["news"])) }, { news: 1 });
  if (RESP === 3) assert.equal(await subscriber.get("between messages"), null);
  await subscriber.unsubscribe("news");
  await subscriber.pUnsubscribe("n*");
  await subscriber.sUnsubscribe("shard");
  assert.equal(await client.publish("news", "nobody"), 0);
  subscriber.destroy();
});

testBoth("keyspace notifications", async (client, RESP) => {
  const subscriber = await connect(RESP);
  const events = [];
  await subscriber.pSubscribe("__keyevent@0__:*", (key, channel) => events.push(`${channel.split(":")[1]} ${key}`));
  await client.lPush("list", "x");
  await client.lPop("list");
  await until(() => events.length >= 3);
  assert.deepEqual(events, ["lpush list", "lpop list", "del list"]);
  subscriber.destroy();
});

testBoth("blocking pops", async (client, RESP) => {
  const waiting = await connect(RESP);
  const blocked = () => until(async () => (await client.info("clients")).includes("blocked_clients:1"));
  const popped = waiting.blPop(["q1", "q2"], 0);
  await blocked();
  await client.rPush("q2", "job");
  assert.deepEqual({ ...(await popped) }, { key: "q2", element: "job" });
  assert.equal(await waiting.brPop("q1", 0.01), null);
  const least = waiting.bzPopMin("z", 0);
  await blocked();
  await client.zAdd("z", { score: 1.5, value: "one" });
  assert.deepEqual({ ...(await least) }, { key: "z", value: "one", score: 1.5 });
  const several = waiting.blmPop(0, ["q1", "q2"], "LEFT", { COUNT: 2 });
  await blocked();
  await client.rPush("q1", ["a", "b", "c"]);
  assert.deepEqual(await several, ["q1", ["a", "b"]]);
  waiting.destroy();
});

testBoth("scan iterators", async (client) => {
  const many = Array.from({ length: 2000 }, (_, i) => String(i));
  await Promise.all(many.map((i) => client.set(`scan:${i}`, i)));
  await client.sAdd("set", many);
  await client.hSet("hash", Object.fromEntries(many.map((i) => [`f${i}`, i])));
  await client.zAdd("zset", many.map((i) => ({ score: Number(i), value: `m${i}` })));
  const collect = async (batches) => {
    const found = new Set();
    for await (const batch of batches) for (const item of batch) found.add(item.field ?? item.value ?? item);
    return found;
  };
  assert.equal((await collect(client.scanIterator({ MATCH: "scan:*", COUNT: 100 }))).size, 2000);
  assert.deepEqual(await collect(client.scanIterator({ TYPE: "zset" })), new Set(["zset"]));
  assert.equal((await collect(client.sScanIterator("set"))).size, 2000);
  assert.equal((await collect(client.hScanIterator("hash"))).size, 2000);
  assert.equal((await collect(client.zScanIterator("zset"))).size, 2000);
});

testBoth("expiry", async (client) => {
  await client.set("k", "v", { expiration: { type: "PX", value: 30 } });
  await until(async () => (await client.exists("k")) === 0);
  await client.set("k", "v");
  assert.equal(await client.expireAt("k", 4102444800), 1);
  assert.equal(await client.expireTime("k"), 4102444800);
  assert.equal(await client.expire("k", 10, "GT"), 0);
  assert.equal(await client.persist("k"), 1);
});

testBoth("errors have Redis's words", async (client) => {
  await client.set("k", "text");
  await assert.rejects(client.incr("k"), { message: "ERR value is not an integer or out of range" });
  await assert.rejects(client.lPush("k", "1"), { message: "WRONGTYPE Operation against a key holding the wrong kind of value" });
});

testBoth("reconnects after it was killed", async (client, RESP) => {
  const victim = await connect(RESP, { name: "victim", database: 3 });
  const id = await victim.clientId();
  const again = new Promise((resolve) => victim.once("ready", resolve));
  assert.equal(await client.clientKill({ filter: "ID", id }), 1);
  await again;
  assert.notEqual(await victim.clientId(), id);
  assert.equal(await victim.clientGetName(), "victim");
  assert.equal((await victim.clientInfo()).db, 3);
  victim.destroy();
});

testBoth("subscriptions survive a reconnection", async (client, RESP) => {
  const subscriber = await connect(RESP, { name: "subscriber" });
  const got = [];
  await subscriber.subscribe("news", (message) => got.push(message));
  const again = new Promise((resolve) => subscriber.once("ready", resolve));
  assert.equal(await client.clientKill({ filter: "TYPE", type: "PUBSUB" }), 1);
  await again;
  await until(async () => (await client.publish("news", "back")) === 1);
  await until(() => got.length > 0);
  assert.equal(got[0], "back");
  subscriber.destroy();
});

testBoth("a pool of clients", async (client, RESP) => {
  const pool = await createClientPool({ socket: { host, port }, RESP }, { minimum: 2, maximum: 5 }).connect();
  await Promise.all(Array.from({ length: 50 }, () => pool.incr("n")));
  assert.equal(await client.get("n"), "50");
  pool.destroy();
});

testBoth("commands tell of themselves", async (client) => {
  const [get] = await client.commandInfo(["get"]);
  assert.equal(get.name, "get");
  assert.equal(get.arity, 2);
  assert.ok(get.flags.has("readonly"));
  assert.deepEqual(await client.commandGetKeys(["MSET", "a", "1", "b", "2"]), ["a", "b"]);
  assert.ok((await client.commandCount()) > 100);
});

test("client-side caching by tracking", async () => {
  const writer = await connect(3);
  await writer.flushAll();
  await writer.set("k", "old");
  const cached = await connect(3, { clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } });
  assert.equal(await cached.get("k"), "old");
  const calls = async () => Number((await writer.info("commandstats")).match(/cmdstat_get:calls=(\d+)/)[1]);
  const before = await calls();
  assert.equal(await cached.get("k"), "old");
  assert.equal(await calls(), before, "the second GET was answered from the cache");
  await writer.set("k", "new");
  await until(async () => (await cached.get("k")) === "new");
  await writer.flushAll();
  await until(async () => (await cached.get("k")) === null);
  cached.destroy();
  writer.destroy();
});

await run();
