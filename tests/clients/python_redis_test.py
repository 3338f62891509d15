#!/usr/bin/python3
# kvorum-test: threads -- --notify-keyspace-events KEA --requirepass sesame
"""python3-redis as people use it. (Debian 12's, 4.3, speaks RESP2 only.)"""

import os
import threading
import unittest

import redis
from redis import asyncio as redis_asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from kvorum_test import main

PORT = int(os.environ["KVORUM_PORT"])
PASSWORD = "sesame"


def connect(**options):
    return redis.Redis(port=PORT, password=PASSWORD, decode_responses=True, socket_timeout=30, **options)


def wait_until_blocked(client):
    while client.info("clients")["blocked_clients"] == 0:
        pass


class PythonRedis(unittest.TestCase):
    def setUp(self):
        self.redis = connect()
        self.addCleanup(self.redis.close)
        self.redis.flushall()

    def need(self, command):
        """Skips a test of a command that is not here yet."""
        if command not in self.redis.command():
            self.skipTest(f"no {command} yet")

    def test_authentication(self):
        with self.assertRaises(redis.AuthenticationError):
            redis.Redis(port=PORT).ping()
        with self.assertRaisesRegex(redis.ResponseError, "WRONGPASS invalid username-password pair or user is disabled."):
            redis.Redis(port=PORT, password="wrong").ping()
        self.assertTrue(redis.Redis(port=PORT, username="default", password=PASSWORD).ping())
        self.assertTrue(redis.from_url(f"redis://:{PASSWORD}@127.0.0.1:{PORT}/3").ping())

    def test_strings(self):
        self.assertTrue(self.redis.set("name", "Ada", ex=100))
        self.assertEqual(self.redis.get("name"), "Ada")
        self.assertIsNone(self.redis.set("name", "Bob", nx=True))
        self.assertEqual(self.redis.set("name", "Bob", get=True, keepttl=True), "Ada")
        self.assertTrue(90 < self.redis.ttl("name") <= 100)
        self.assertEqual(self.redis.incr("n", 5), 5)
        self.assertEqual(self.redis.incrbyfloat("n", 0.25), 5.25)
        self.assertTrue(self.redis.mset({"a": 1, "b": 2}))
        self.assertEqual(self.redis.mget("a", "none", "b"), ["1", None, "2"])
        self.assertEqual(self.redis.getrange("name", 0, 1), "Bo")
        self.assertEqual(self.redis.getex("name", persist=True), "Bob")
        self.assertEqual(self.redis.delete("a", "b", "c"), 2)
        raw = redis.Redis(port=PORT, password=PASSWORD)
        raw.set("bytes", bytes(range(256)))
        self.assertEqual(raw.get("bytes"), bytes(range(256)))

    def test_bitmaps(self):
        self.redis.setbit("bits", 100, 1)
        self.assertEqual(self.redis.bitcount("bits"), 1)
        self.assertEqual(self.redis.bitpos("bits", 1), 100)
        self.assertEqual(self.redis.bitfield("field").set("u8", "#1", 255).incrby("u8", "#1", 10).execute(), [0, 9])

    def test_hashes(self):
        self.assertEqual(self.redis.hset("user", mapping={"name": "Ada", "born": 1815}), 2)
        self.assertEqual(self.redis.hgetall("user"), {"name": "Ada", "born": "1815"})
        self.assertEqual(self.redis.hincrbyfloat("user", "born", 1.5), 1816.5)
        self.assertEqual(sorted(self.redis.hkeys("user")), ["born", "name"])
        self.assertEqual(self.redis.hmget("user", ["name", "none"]), ["Ada", None])

    def test_lists(self):
        self.redis.rpush("list", *range(10))
        self.assertEqual(self.redis.lrange("list", -2, -1), ["8", "9"])
        self.assertEqual(self.redis.lpop("list", 3), ["0", "1", "2"])
        self.assertEqual(self.redis.lmove("list", "other", "RIGHT", "LEFT"), "9")
        self.assertEqual(self.redis.lpos("list", "5"), 2)
        self.assertTrue(self.redis.ltrim("list", 0, 0))
        self.assertEqual(self.redis.llen("list"), 1)

    def test_sort(self):
        self.need("sort")
        self.redis.rpush("list", *range(3, 9))
        self.assertEqual(self.redis.sort("list", desc=True, start=0, num=2), ["8", "7"])
        self.redis.mset({f"weight_{i}": -i for i in range(10)})
        self.assertEqual(self.redis.sort("list", by="weight_*", get=["#", "weight_*"], groups=True)[0], ("8", "-8"))

    def test_sets(self):
        self.redis.sadd("s", 1, 2, 3)
        self.redis.sadd("t", 3, 4)
        self.assertEqual(self.redis.sinter("s", "t"), {"3"})
        self.assertEqual(self.redis.sdiff("s", "t"), {"1", "2"})
        self.assertEqual(self.redis.sunionstore("u", "s", "t"), 4)
        self.assertIn(self.redis.spop("u"), {"1", "2", "3", "4"})
        self.assertEqual(len(self.redis.srandmember("s", -10)), 10)

    def test_sorted_sets(self):
        self.assertEqual(self.redis.zadd("z", {"one": 1, "two": 2, "three": 3}), 3)
        self.assertEqual(self.redis.zrange("z", 0, -1, withscores=True), [("one", 1.0), ("two", 2.0), ("three", 3.0)])
        self.assertEqual(self.redis.zrevrange("z", 0, 0), ["three"])
        self.assertEqual(self.redis.zrangebyscore("z", "(1", "+inf"), ["two", "three"])
        self.assertEqual(self.redis.zadd("z", {"one": 10}, gt=True, ch=True), 1)
        self.assertEqual(self.redis.zrevrank("z", "one"), 0)
        self.assertEqual(self.redis.zpopmin("z"), [("two", 2.0)])
        self.assertEqual(self.redis.zmscore("z", ["one", "gone"]), [10.0, None])
        self.redis.zadd("words", dict.fromkeys(["ant", "bee", "cow"], 0))
        self.assertEqual(self.redis.zrangebylex("words", "[b", "+"), ["bee", "cow"])

    def test_pipelines(self):
        pipe = self.redis.pipeline(transaction=False)
        for i in range(1000):
            pipe.set(f"k{i}", i)
        pipe.lpush("k1", "x")
        replies = pipe.execute(raise_on_error=False)
        self.assertEqual(replies[:1000], [True] * 1000)
        self.assertIsInstance(replies[1000], redis.ResponseError)
        self.assertEqual(self.redis.dbsize(), 1000)

    def test_transaction_retries_until_nothing_moves(self):
        self.redis.set("n", 0)
        other, meddled = connect(), []

        def body(pipe):
            value = int(pipe.get("n"))
            if not meddled:
                meddled.append(other.incr("n"))
            pipe.multi()
            pipe.set("n", value + 10)

        self.assertEqual(self.redis.transaction(body, "n"), [True])
        self.assertEqual(self.redis.get("n"), "11")
        with self.redis.pipeline() as pipe:
            pipe.watch("n")
            other.incr("n")
            pipe.multi()
            pipe.get("n")
            with self.assertRaises(redis.WatchError):
                pipe.execute()

    def test_lock_needs_no_script_to_acquire(self):
        lock = self.redis.lock("lock", timeout=100)
        self.assertTrue(lock.acquire(blocking=False))
        self.assertFalse(connect().lock("lock").acquire(blocking=False))

    def test_pubsub(self):
        pubsub = self.redis.pubsub()
        pubsub.subscribe("news")
        pubsub.psubscribe("n*")
        types = [pubsub.get_message(timeout=30)["type"] for _ in range(2)]
        self.assertEqual(types, ["subscribe", "psubscribe"])
        self.assertEqual(self.redis.publish("news", "hello"), 2)
        first, second = pubsub.get_message(timeout=30), pubsub.get_message(timeout=30)
        self.assertEqual((first["type"], first["channel"], first["data"]), ("message", "news", "hello"))
        self.assertEqual((second["type"], second["pattern"], second["data"]), ("pmessage", "n*", "hello"))
        self.assertEqual(self.redis.pubsub_channels(), ["news"])
        self.assertEqual(self.redis.pubsub_numpat(), 1)
        pubsub.close()

    def test_keyspace_notifications(self):
        pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        pubsub.psubscribe("__keyevent@0__:*")
        while pubsub.get_message(timeout=0) is None and not pubsub.subscribed:
            pass
        self.redis.hset("h", "f", 1)
        self.redis.rename("h", "i")
        events = []
        while len(events) < 3:
            message = pubsub.get_message(timeout=1)
            if message:
                events.append(message["channel"].split(":")[1])
        self.assertEqual(events, ["hset", "rename_from", "rename_to"])
        pubsub.close()

    def test_blocking_pops(self):
        popped = []
        thread = threading.Thread(target=lambda: popped.append(connect().blpop(["q1", "q2"], timeout=0)))
        thread.start()
        wait_until_blocked(self.redis)
        self.redis.rpush("q2", "job")
        thread.join()
        self.assertEqual(popped, [("q2", "job")])
        self.assertIsNone(self.redis.brpop("q1", timeout=0.01))
        self.redis.rpush("from", "x")
        self.assertEqual(self.redis.blmove("from", "to", 1), "x")
        self.redis.zadd("z", {"one": 1})
        self.assertEqual(self.redis.bzpopmax("z", 1), ("z", "one", 1.0))

    def test_scan_iterators(self):
        pipe = self.redis.pipeline(transaction=False)
        for i in range(2000):
            pipe.set(f"scan:{i}", i).hset("h", i, i).sadd("s", f"m{i}").zadd("z", {i: i})
        pipe.execute()
        self.assertEqual(len(set(self.redis.scan_iter("scan:*", count=77))), 2000)
        self.assertEqual(list(self.redis.scan_iter(_type="zset")), ["z"])
        self.assertEqual(len(dict(self.redis.hscan_iter("h"))), 2000)
        self.assertEqual(len(set(self.redis.sscan_iter("s", match="m1*"))), 1111)
        self.assertEqual(dict(self.redis.zscan_iter("z"))["1999"], 1999.0)

    def test_expiry(self):
        self.redis.set("k", "v", px=20)
        while self.redis.exists("k"):
            pass
        self.redis.set("k", "v")
        self.assertTrue(self.redis.expireat("k", 4102444800))
        self.assertEqual(self.redis.expiretime("k"), 4102444800)
        self.assertFalse(self.redis.expire("k", 10, gt=True))
        self.assertTrue(self.redis.persist("k"))

    def test_introspection(self):
        self.assertTrue(self.redis.info()["redis_version"])
        self.assertEqual(self.redis.config_get("requirepass"), {"requirepass": PASSWORD})
        self.assertTrue(self.redis.config_set("slowlog-log-slower-than", 0))
        self.redis.get("seen by the slow log")
        self.assertIn(b"GET seen by the slow log", [entry["command"] if isinstance(entry["command"], bytes)
                                                    else entry["command"].encode() for entry in self.redis.slowlog_get()])
        self.redis.config_set("slowlog-log-slower-than", 10000)
        self.redis.client_setname("tester")
        self.assertEqual([c["name"] for c in self.redis.client_list() if int(c["id"]) == self.redis.client_id()], ["tester"])
        self.assertEqual(self.redis.command_count(), len(self.redis.command()))
        self.assertEqual(self.redis.object("encoding", "none"), None)
        seconds, _ = self.redis.time()
        self.assertGreater(seconds, 1_600_000_000)
        self.redis.set("k", "v")
        self.assertGreater(self.redis.memory_usage("k"), 0)

    def test_dump_and_restore(self):
        self.need("dump")
        raw = redis.Redis(port=PORT, password=PASSWORD)
        raw.rpush("list", *[b"item"] * 200)
        payload = raw.dump("list")
        raw.restore("copy", 0, payload)
        self.assertEqual(raw.lrange("copy", 0, -1), [b"item"] * 200)
        with self.assertRaisesRegex(redis.ResponseError, "BUSYKEY"):
            raw.restore("copy", 0, payload)
        with self.assertRaisesRegex(redis.ResponseError, "DUMP payload version or checksum are wrong"):
            raw.restore("broken", 0, payload[:-1] + b"x")

    def test_monitor(self):
        with connect().monitor() as monitor:
            self.redis.set("watched", "1")
            commands = (entry["command"] for entry in monitor.listen())
            self.assertIn("SET watched 1", (next(commands) for _ in range(5)))

    def test_reconnects_after_it_was_killed(self):
        victim = connect(retry=Retry(NoBackoff(), 3), retry_on_error=[redis.ConnectionError])
        victim.client_setname("victim")
        before = victim.client_id()
        self.assertEqual(self.redis.client_kill_filter(_id=before), 1)
        self.assertTrue(victim.set("k", "v"))
        self.assertNotEqual(victim.client_id(), before)

    def test_asyncio(self):
        import asyncio

        async def body():
            client = redis_asyncio.Redis(port=PORT, password=PASSWORD)
            await asyncio.gather(*(client.incr("n") for _ in range(50)))
            value = await client.get("n")
            async with client.pubsub() as pubsub:
                await pubsub.subscribe("news")
                await pubsub.get_message(timeout=30)
                await client.publish("news", "hello")
                message = await pubsub.get_message(timeout=30)
            await client.close()
            return value, message["data"]

        self.assertEqual(asyncio.run(body()), (b"50", b"hello"))


main()
