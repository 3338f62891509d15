#!/usr/bin/env node
// kvorum-test: -- --notify-keyspace-events KEA
// ioredis as people use it. (It speaks RESP2 only.)
import Redis from "ioredis";

import { assert, host, next, port, run, test, until } from "../../lib/kvorum_test.mjs";

const connect = (options = {}) => new Redis({ host, port, ...options });

test("connects, and reads INFO as ready", async (redis) => {
  assert.equal(await redis.ping(), "PONG");
  assert.equal(redis.status, "ready");
  assert.match(redis.serverInfo?.redis_version ?? (await redis.info()).match(/redis_version:(\S+)/)[1], /^[67]\./);
});

test("strings", async (redis) => {
  assert.equal(await redis.set("name", "Ada"), "OK");
  assert.equal(await redis.get("name"), "Ada");
  assert.equal(await redis.get("nobody"), null);
  assert.equal(await redis.set("name", "Bob", "NX"), null);
  assert.equal(await redis.set("name", "Bob", "EX", 100, "GET"), "Ada");
  assert.ok((await redis.ttl("name")) > 90);
  assert.equal(await redis.append("name", "by"), 5);
  assert.equal(await redis.strlen("name"), 5);
  assert.equal(await redis.incrby("count", 41), 41);
  assert.equal(await redis.incrbyfloat("count", 0.5), "41.5");
  assert.equal(await redis.mset({ a: 1, b: 2 }), "OK");
  assert.deepEqual(await redis.mget("a", "b", "c"), ["1", "2", null]);
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  await redis.set(Buffer.from("bin\0ary"), bytes);
  assert.deepEqual(await redis.getBuffer("bin\0ary"), bytes);
  assert.equal(await redis.setbit("bits", 7, 1), 0);
  assert.equal(await redis.bitcount("bits"), 1);
  assert.equal(await redis.getdel("name"), "Bobby");
});

test("large values", async (redis) => {
  const value = Buffer.alloc(5_000_000, "kvorum");
  await redis.set("large", value);
  assert.ok((await redis.getBuffer("large")).equals(value));
});

test("hashes", async (redis) => {
  assert.equal(await redis.hset("user", { name: "Ada", born: 1815 }), 2);
  assert.deepEqual(await redis.hgetall("user"), { name: "Ada", born: "1815" });
  assert.deepEqual(await redis.hgetall("nobody"), {});
  assert.equal(await redis.hincrby("user", "born", 1), 1816);
  assert.deepEqual(await redis.hmget("user", "name", "none"), ["Ada", null]);
  assert.equal(await redis.hdel("user", "name", "none"), 1);
  assert.equal(await redis.hexists("user", "name"), 0);
});

test("lists", async (redis) => {
  assert.equal(await redis.rpush("list", "a", "b", "c"), 3);
  assert.equal(await redis.lpush("list", "z"), 4);
  assert.deepEqual(await redis.lrange("list", 0, -1), ["z", "a", "b", "c"]);
  assert.equal(await redis.lmove("list", "other", "LEFT", "RIGHT"), "z");
  assert.equal(await redis.lpos("list", "b"), 1);
  assert.deepEqual(await redis.rpop("list", 2), ["c", "b"]);
  assert.equal(await redis.linsert("list", "BEFORE", "a", "0"), 2);
});

test("sets", async (redis) => {
  assert.equal(await redis.sadd("s", 1, 2, 3), 3);
  assert.equal(await redis.sadd("t", 3, 4), 2);
  assert.deepEqual(await redis.sinter("s", "t"), ["3"]);
  assert.deepEqual((await redis.sunion("s", "t")).sort(), ["1", "2", "3", "4"]);
  assert.equal(await redis.sintercard(2, "s", "t"), 1);
  assert.deepEqual(await redis.smismember("s", 1, 9), [1, 0]);
  assert.equal(await redis.scard("s"), 3);
});

test("sorted sets", async (redis) => {
  assert.equal(await redis.zadd("z", 1, "one", 2.5, "two and a half", "-inf", "least"), 3);
  assert.deepEqual(await redis.zrange("z", 0, -1, "WITHSCORES"), ["least", "-inf", "one", "1", "two and a half", "2.5"]);
  assert.equal(await redis.zadd("z", "GT", "CH", 5, "one"), 1);
  assert.equal(await redis.zincrby("z", 0.25, "one"), "5.25");
  assert.equal(await redis.zrank("z", "one"), 2);
  assert.deepEqual(await redis.zrangebyscore("z", "(2", "+inf", "LIMIT", 0, 1), ["two and a half"]);
  assert.deepEqual(await redis.zpopmin("z"), ["least", "-inf"]);
  assert.equal(await redis.zunionstore("u", 1, "z", "WEIGHTS", 2), 2);
  assert.equal(await redis.zscore("u", "two and a half"), "5");
});

test("pipelines", async (redis) => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`key:${i}`, i);
  pipeline.get("key:999").hget("key:1", "field");
  const replies = await pipeline.exec();
  assert.equal(replies.length, 1002);
  assert.deepEqual(replies[1000], [null, "999"]);
  assert.match(replies[1001][0].message, /^WRONGTYPE /);
  assert.equal(await redis.dbsize(), 1000);
});

test("auto pipelining", async () => {
  const redis = connect({ enableAutoPipelining: true });
  await Promise.all(Array.from({ length: 500 }, (_, i) => redis.incrby("sum", i)));
  assert.equal(await redis.get("sum"), String((499 * 500) / 2));
  await redis.quit();
});

test("transactions", async (redis) => {
  assert.deepEqual(await redis.multi().set("k", "1").incr("k").exec(), [[null, "OK"], [null, 2]]);
  await assert.rejects(redis.multi().call("get").set("k", "9").exec(), /EXECABORT/);
  assert.equal(await redis.get("k"), "2");
  await redis.multi({ pipeline: false });
  assert.equal(await redis.get("k"), "QUEUED");
  assert.equal(await redis.discard(), "OK");
});

test("optimistic locking with WATCH", async (redis) => {
  const other = connect();
  await redis.set("balance", 10);
  await redis.watch("balance");
  await other.decr("balance");
  assert.equal(await redis.multi().set("balance", 100).exec(), null);
  await redis.watch("balance");
  assert.deepEqual(await redis.multi().incr("balance").exec(), [[null, 10]]);
  await other.quit();
});

test("pub/sub with patterns", async (redis) => {
  const subscriber = connect();
  assert.equal(await subscriber.subscribe("news", "weather"), 2);
  assert.equal(await subscriber.psubscribe("n*"), 3);
  const message = next(subscriber, "message");
  const patterned = next(subscriber, "pmessage");
  assert.equal(await redis.publish("news", "hello"), 2);
  assert.deepEqual(await message, ["news", "hello"]);
  assert.deepEqual(await patterned, ["n*", "news", "hello"]);
  assert.deepEqual(await redis.pubsub("NUMSUB", "news"), ["news", 1]);
  assert.deepEqual(await subscriber.ping(), ["pong", ""]);
  assert.equal(await subscriber.unsubscribe("news", "weather"), 1);
  assert.equal(await subscriber.punsubscribe("n*"), 0);
  assert.equal(await subscriber.get("leaves subscriber mode"), null);
  await subscriber.quit();
});

test("shard channels", async (redis) => {
  const subscriber = connect();
  assert.equal(await subscriber.ssubscribe("shard"), 1);
  const message = next(subscriber, "smessage");
  assert.equal(await redis.spublish("shard", "hello"), 1);
  assert.deepEqual(await message, ["shard", "hello"]);
  await subscriber.quit();
});

test("keyspace notifications", async (redis) => {
  const subscriber = connect();
  const events = [];
  subscriber.on("pmessage", (_, channel, event) => events.push(`${channel} ${event}`));
  await subscriber.psubscribe("__key*__:*");
  await redis.set("k", "v");
  await redis.pexpire("k", 1);
  await until(() => events.length >= 6);
  assert.deepEqual(events, [
    "__keyspace@0__:k set", "__keyevent@0__:set k",
    "__keyspace@0__:k expire", "__keyevent@0__:expire k",
    "__keyspace@0__:k expired", "__keyevent@0__:expired k",
  ]);
  await subscriber.quit();
});

test("blocking pops", async (redis) => {
  const waiting = connect();
  const popped = waiting.blpop("q1", "q2", 0);
  await until(async () => (await redis.info("clients")).includes("blocked_clients:1"));
  await redis.rpush("q2", "job");
  assert.deepEqual(await popped, ["q2", "job"]);
  assert.equal(await waiting.brpop("q1", 0.01), null);
  const moved = waiting.blmove("from", "to", "LEFT", "RIGHT", 0);
  await until(async () => (await redis.info("clients")).includes("blocked_clients:1"));
  await redis.rpush("from", "x");
  assert.equal(await moved, "x");
  const least = waiting.bzpopmin("z", 0);
  await until(async () => (await redis.info("clients")).includes("blocked_clients:1"));
  await redis.zadd("z", 3, "three", 1, "one");
  assert.deepEqual(await least, ["z", "one", "1"]);
  await waiting.quit();
});

test("scan streams", async (redis) => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 3000; i++) pipeline.set(`scan:${i}`, i).hset("hash", `f${i}`, i).sadd("set", i).zadd("zset", i, `m${i}`);
  await pipeline.exec();
  const collect = async (stream) => {
    const found = new Set();
    for await (const batch of stream) for (const item of batch) found.add(item);
    return found;
  };
  assert.equal((await collect(redis.scanStream({ match: "scan:*", count: 100 }))).size, 3000);
  assert.equal((await collect(redis.scanStream({ type: "hash" }))).size, 1);
  assert.ok((await collect(redis.hscanStream("hash"))).has("f2999"));
  assert.equal((await collect(redis.sscanStream("set"))).size, 3000);
  assert.ok((await collect(redis.zscanStream("zset", { match: "m1*" }))).has("m1999"));
});

test("databases", async () => {
  const first = connect({ db: 1 });
  await first.set("k", "one");
  const second = connect({ db: 2 });
  assert.equal(await second.get("k"), null);
  assert.equal(await first.move("k", 2), 1);
  assert.equal(await second.get("k"), "one");
  await Promise.all([first.quit(), second.quit()]);
});

test("errors have Redis's words", async (redis) => {
  await redis.set("k", "text");
  await assert.rejects(redis.incr("k"), /^ReplyError: ERR value is not an integer or out of range$/);
  await assert.rejects(redis.lpush("k", 1), /WRONGTYPE Operation against a key holding the wrong kind of value/);
  await assert.rejects(redis.call("nonsense", "x"), /ERR unknown command 'nonsense', with args beginning with: 'x'/);
});

test("reconnects after it was killed, and repeats what waited", async (redis) => {
  const victim = connect({ connectionName: "victim", retryStrategy: () => 5 });
  await victim.set("k", "v");
  const id = await victim.client("ID");
  const waiting = victim.blpop("later", 0);
  await until(async () => (await redis.client("LIST")).match(/name=victim .*cmd=blpop/));
  const again = next(victim, "ready");
  assert.equal(await redis.client("KILL", "ID", id), 1);
  await again;
  await redis.rpush("later", "now");
  assert.deepEqual(await waiting, ["later", "now"]);
  assert.notEqual(await victim.client("ID"), id);
  await victim.quit();
});

test("monitor", async (redis) => {
  const monitor = await redis.monitor();
  const seen = next(monitor, "monitor");
  await redis.set("watched", "1");
  assert.deepEqual((await seen)[1], ["set", "watched", "1"]);
  monitor.disconnect();
});

await run({
  before: async () => {
    const redis = connect();
    await redis.flushall();
    return redis;
  },
  after: (redis) => redis.disconnect(),
});
