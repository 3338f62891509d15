"""Clients that write all kinds of data at once, know what was acknowledged to them, and compare it with what a restarted server has.

Each client owns its keys. So after a crash they must hold what its acknowledged commands made of them, and after that any number of
those that were in flight, in their order, a transaction whole or not at all. Beside that all clients write to two shared keys in
transactions, and pairs of a producer and a consumer move numbers through a queue with blocking commands.
"""

import collections
import os
import selectors
import socket
import time

from crash_model import ANY, Hash, Model, Sorted, Vectors
from kvorum_test import Error, encode

WIDE_KEYS = 1000
CLOCK_SLACK_MS = 200  # a turn of the server's event loop has one time, that of its begin
SHARED_COUNT, SHARED_LIST = b"shared:count", b"shared:list"


class Lost(AssertionError):
    """What the server has is not what it must have."""


def unix_ms():
    return time.time_ns() // 1_000_000


# --- connections ---


class Replies:
    """Parses what comes in, in any pieces."""

    def __init__(self):
        self.data, self.at = b"", 0

    def feed(self, data):
        self.data, self.at = self.data[self.at:] + data, 0

    def __iter__(self):
        while True:
            start = self.at
            try:
                yield self.one()
            except IndexError:
                self.at = start
                return

    def line(self):
        end = self.data.find(b"\r\n", self.at)
        if end < 0:
            raise IndexError
        line, self.at = self.data[self.at:end], end + 2
        return line

    def one(self):
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        count = int(rest)
        if count < 0:
            return None
        if kind == b"*":
            return [self.one() for _ in range(count)]
        if kind != b"$":
            raise ValueError(f"not a reply: {line!r}")
        if len(self.data) < self.at + count + 2:
            raise IndexError
        value, self.at = self.data[self.at:self.at + count], self.at + count + 2
        return value


class Item:
    """A command that was sent: what it does to the model (a transaction at its EXEC), or what its reply must be."""

    __slots__ = ("kind", "db", "words", "sent_ms")

    def __init__(self, kind, db, words, sent_ms):
        self.kind, self.db, self.words, self.sent_ms = kind, db, words, sent_ms


class Connection:
    """Sends whole batches, and hands over each reply with the item it answers."""

    def __init__(self, load, port):
        self.load = load
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = Replies()
        self.in_flight = collections.deque()
        self.db = 0
        load.selector.register(self.socket, selectors.EVENT_READ, self)

    def read(self):
        """Takes what has come. False: there will be nothing more."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError:
            return False
        if not data:
            return False
        self.replies.feed(data)
        for reply in self.replies:
            self.load.acknowledged += 1
            self.take(self.in_flight.popleft(), reply)
        return True

    def drain(self):
        while self.read():
            pass
        self.load.selector.unregister(self.socket)
        self.socket.close()


# --- a client with its own keys ---


class Client(Connection):
    def __init__(self, load, port, index, state):
        super().__init__(load, port)
        self.index, self.random = index, load.random
        self.side = (1 + 2 * index, 2 + 2 * index)
        self.model, self.sequence = state
        self.prefix = b"c%d:" % index
        self.depth = self.random.choice((1, 4, 16, 64))
        self.wanted = self.random.choice(load.session_durabilities)
        self.batch = []

    def name(self, kind, count=3):
        return self.prefix + kind + (b"%d" % self.random.randrange(count))

    def fresh(self):
        self.sequence[0] += 1
        return b"%d" % self.sequence[0]

    # What is sent

    def add(self, kind, db, words, sent):
        self.in_flight.append(Item(kind, db, words, unix_ms() - CLOCK_SLACK_MS))
        self.batch.append(encode(*sent))

    def expect(self, reply, *words):
        self.add("expect", 0, reply, words)

    def select(self, db):
        if db != self.db:
            self.expect("OK", "SELECT", db)
            self.db = db

    def go_on(self):
        if len(self.in_flight) > self.depth // 2:
            return
        self.batch = []
        if self.wanted:
            self.expect("OK", "CLIENT", "DURABILITY", self.wanted)
            self.wanted = None
        while len(self.in_flight) < self.depth:
            self.add_some()
        self.socket.sendall(b"".join(self.batch))

    def add_some(self):
        kind = self.random.random()
        if kind < 0.08:
            self.select(0)
            entry = self.fresh()
            self.expect("OK", "MULTI")
            self.expect("QUEUED", "INCR", SHARED_COUNT)
            self.expect("QUEUED", "RPUSH", SHARED_LIST, self.prefix + entry)
            self.add("shared", 0, self.prefix + entry, ["EXEC"])
        elif kind < 0.10:
            self.select(0)
            self.add("watch", 0, None, ["GET", SHARED_COUNT])
        elif kind < 0.18:
            self.transaction()
        elif kind < 0.183:
            self.add("synced", 0, None, ["WAITAOF", 1, 0, 0])
        elif kind < 0.40:
            self.select(0)
            name = self.prefix + b"w:%d" % self.random.randrange(WIDE_KEYS)
            self.one(0, ["SET", name, self.fresh()])
        else:
            db = self.random.choice((0, 0, 0, 0, *self.side))
            self.select(db)
            self.one(db, self.command(db))

    def one(self, db, words):
        self.add("plain", db, words, words)

    def transaction(self):
        """Money from one account to another, and something else."""
        self.select(0)
        by = self.random.randrange(1, 100)
        commands = [["DECRBY", self.prefix + b"account1", by], ["INCRBY", self.prefix + b"account2", by],
                    ["RPUSH", self.prefix + b"ledger", b"%d" % by]]
        if self.random.random() < 0.1:
            commands.append(["DEL", self.prefix + b"ledger"])
        commands += [self.command(0) for _ in range(self.random.randrange(3))]
        self.expect("OK", "MULTI")
        for words in commands:
            self.expect("QUEUED", *words)
        self.add("exec", 0, commands, ["EXEC"])

    def command(self, db):
        draw, name = self.random.random, self.name
        side = self.random.choice([other for other in (0, *self.side) if other != db])
        makers = (
            lambda: ["SET", name(b"s"), self.fresh()],
            lambda: ["SET", name(b"s"), self.fresh() * self.random.randrange(1, 20000 if draw() < 0.05 else 40)],
            lambda: ["SET", name(b"s"), self.fresh(), "PX", self.random.randrange(500_000, 900_000)],
            lambda: ["SET", self.prefix + b"short:" + self.fresh(), b"gone soon", "PX", self.random.randrange(1, 60)],
            lambda: ["SET", name(b"s"), self.fresh(), "PXAT", unix_ms() + self.random.randrange(500_000, 900_000)],
            lambda: ["SETNX", name(b"s"), self.fresh()],
            lambda: ["MSET", self.prefix + b"s0", self.fresh(), self.prefix + b"s1", self.fresh()],
            lambda: ["APPEND", name(b"a"), b"+" + self.fresh()],
            lambda: ["SETRANGE", name(b"a"), self.random.randrange(40), self.fresh()],
            lambda: ["GETDEL", name(b"s")],
            lambda: ["INCR", name(b"n")],
            lambda: ["INCRBY", name(b"n"), self.random.randrange(-9, 100_000)],
            lambda: ["INCRBYFLOAT", name(b"f"), self.random.choice((b"0.5", b"-0.5", b"2"))],
            lambda: ["RPUSH", name(b"l"), *[self.fresh() for _ in range(self.random.randrange(1, 8))]],
            lambda: ["LPUSH", name(b"l"), self.fresh(), self.fresh() * 20],
            lambda: ["LPOP", name(b"l"), self.random.randrange(1, 4)],
            lambda: ["RPOP", name(b"l")],
            lambda: ["LMOVE", name(b"l"), name(b"l"), "LEFT", "RIGHT"],
            lambda: ["LTRIM", name(b"l"), 0, 199],
            lambda: ["HSET", name(b"h"), b"f%d" % self.random.randrange(300), self.fresh(), b"g", self.fresh()],
            lambda: ["HDEL", name(b"h"), b"f%d" % self.random.randrange(300), b"g"],
            lambda: ["HINCRBY", name(b"h"), b"count", 3],
            lambda: ["SADD", name(b"t"), b"%d" % self.random.randrange(800), b"m%d" % self.random.randrange(99)],
            lambda: ["SREM", name(b"t"), b"%d" % self.random.randrange(800), b"m%d" % self.random.randrange(99)],
            lambda: ["SMOVE", name(b"t"), name(b"t"), b"m%d" % self.random.randrange(99)],
            lambda: ["SADD", self.prefix + b"x:bag", self.fresh(), b"b" + self.fresh(), self.fresh()],
            lambda: ["SPOP", self.prefix + b"x:bag", self.random.randrange(1, 5)],
            lambda: ["ZADD", name(b"z"), self.random.randrange(1000), b"m%d" % self.random.randrange(300)],
            lambda: ["ZINCRBY", name(b"z"), 7, b"m%d" % self.random.randrange(300)],
            lambda: ["ZREM", name(b"z"), b"m%d" % self.random.randrange(300)],
            lambda: ["ZPOPMIN", name(b"z")],
            lambda: self.vadd(name(b"v")),
            lambda: self.vadd(name(b"v")),
            lambda: ["VREM", name(b"v"), b"e%d" % self.random.randrange(60)],
            lambda: ["VSETATTR", name(b"v"), b"e%d" % self.random.randrange(60), self.random.choice((b"", b'{"n": %s}' % self.fresh()))],
            lambda: ["UNLINK", name(b"v", 9)],
            lambda: ["RENAME", name(b"v"), name(b"v")],
            lambda: ["COPY", name(b"v"), name(b"v", 5), "DB", side, "REPLACE"],
            lambda: ["DEL", name(b"s"), name(b"l", 20)],
            lambda: ["UNLINK", name(b"h", 9), name(b"z", 9), name(b"a", 4)],
            lambda: ["RENAME", name(b"s"), name(b"s")],
            lambda: ["RENAME", name(b"h"), name(b"h")],
            lambda: ["COPY", name(b"l"), name(b"l", 5), "DB", side, "REPLACE"],
            lambda: ["COPY", name(b"z"), name(b"z", 5), "DB", side, "REPLACE"],
            lambda: ["MOVE", name(b"s"), side],
            lambda: ["PEXPIREAT", name(b"l"), unix_ms() + self.random.randrange(500_000, 900_000)],
            lambda: ["EXPIRE", name(b"h"), self.random.randrange(500, 900)],
            lambda: ["PEXPIRETIME", name(b"h")],
            lambda: ["PEXPIRETIME", name(b"s")],
            lambda: ["PERSIST", name(b"s")],
        )
        while True:
            if draw() < 0.004 and db != 0:
                return ["FLUSHDB"] + (["ASYNC"] if draw() < 0.3 else [])
            if draw() < 0.004:
                return ["SWAPDB", *self.side]
            words = self.random.choice(makers)()
            # The same key twice is another command's subject.
            if words[0] in ("COPY", "RENAME", "LMOVE", "SMOVE") and words[1] == words[2]:
                continue
            return words

    def vadd(self, name):
        """Vectors of whole numbers, which come back as such."""
        vector = [self.random.randrange(1, 100) for _ in range(3)]
        attributes = ["SETATTR", b'{"n": %s}' % self.fresh()] if self.random.random() < 0.5 else []
        return ["VADD", name, "VALUES", 3, *vector, b"e%d" % self.random.randrange(60), "NOQUANT", "CAS", *attributes]

    # What comes back, or does not

    def take(self, item, reply):
        expected = self.apply(item, reply, True)
        if expected is not ANY and expected != reply:
            raise Lost(f"client {self.index}: the reply to {item.kind} {str(item.words)[:300]} is {str(reply)[:300]}, "
                       f"not {str(expected)[:300]}")

    def apply(self, item, reply=None, acknowledged=False):
        now_ms = unix_ms()
        if item.kind == "plain":
            return self.model.apply(item.db, item.words, item.sent_ms, now_ms, reply, acknowledged)
        if item.kind == "exec":
            expected = self.model.do_exec(item.words, item.db, (item.sent_ms, now_ms), reply, acknowledged)
            return [told if wanted is ANY else wanted for wanted, told in zip(expected, reply or expected)]
        if item.kind == "expect":
            return item.words
        if item.kind == "shared":
            key = (0, b"shared:%d" % self.index)
            self.model.put(key[1], self.model.values.get(key, []) + [item.words]) if self.model_in(0) else None
            if acknowledged:
                self.load.positions[reply[0]] = item.words
                return [reply[0], reply[0]]
        if item.kind == "watch" and acknowledged:
            self.load.seen = max(self.load.seen, int(reply or 0))
        if item.kind == "synced":
            return [1, 0]
        return ANY

    def model_in(self, db):
        self.model.db = db
        return True

    def owns(self, key):
        return key[0] in self.side or key[0] == 0 and (key[1].startswith(self.prefix) or key[1] == b"shared:%d" % self.index)

    def settle(self, actual, deadlines, now_ms):
        """Finds the commands in flight that were executed; fails if no number of them explains what is there."""
        model = self.model
        mine = {key for key in actual if self.owns(key)}

        def wrong(keys):
            return {key for key in keys if not model.agrees(key, actual, deadlines, now_ms)}

        bad = wrong(mine | set(model.values))
        fewest, executed, described = len(bad) + 1, 0, ""
        while True:
            if len(bad) < fewest:
                fewest = len(bad)
                described = "\n".join(f"  {key}: is {describe(actual.get(key), deadlines.get(key))}\n"
                                      f"    must be {describe(model.values.get(key), model.deadlines.get(key))}"
                                      for key in sorted(bad)[:8])
            if not bad or not self.in_flight:
                break
            model.touched.clear()
            self.apply(self.in_flight.popleft())
            executed += 1
            bad = (bad - model.touched) | wrong(model.touched)
        if bad:
            raise Lost(f"client {self.index}: with none to all {executed} of the commands in flight, {fewest} keys or more are wrong:\n{described}")
        self.in_flight.clear()
        model.adopt(actual, deadlines)
        return executed


def describe(value, deadline):
    text = repr(value)
    return (text if len(text) < 400 else f"{text[:400]}... ({len(text)} characters)") + (f" until {deadline}" if deadline else "")


# --- a producer and a consumer ---


class Producer(Connection):
    def __init__(self, load, port, index):
        super().__init__(load, port)
        self.queue, self.done = b"q%d" % index, b"q%d:done" % index
        self.is_sorted = index % 2 == 1
        self.sent, self.produced = 0, 0

    def go_on(self):
        if len(self.in_flight) > 2:
            return
        batch = []
        for _ in range(self.load.random.randrange(1, 6)):
            self.sent += 1
            value = b"%d" % self.sent
            self.in_flight.append(self.sent)
            batch.append(encode("ZADD", self.queue, value, value) if self.is_sorted else encode("RPUSH", self.queue, value))
        self.socket.sendall(b"".join(batch))

    def take(self, item, reply):
        if not isinstance(reply, int) or isinstance(reply, Error):
            raise Lost(f"the reply to a push is {reply!r}")
        self.produced = item


class Consumer(Connection):
    def __init__(self, load, port, producer):
        super().__init__(load, port)
        self.producer, self.taken = producer, []

    def go_on(self):
        if self.in_flight:
            return
        queue, done = self.producer.queue, self.producer.done
        if self.producer.is_sorted:
            choices = ((1, ["BZPOPMIN", queue, 0]), (3, ["BZMPOP", 0, 1, queue, "MIN", "COUNT", 3]))
        else:
            choices = ((1, ["BLPOP", queue, 0]), (3, ["BLMPOP", 0, 1, queue, "LEFT", "COUNT", 3]), (0, ["BLMOVE", queue, done, "LEFT", "RIGHT", 0]))
        self.in_flight.append(self.load.random.choice(choices))
        self.socket.sendall(encode(*self.in_flight[0][1]))

    def take(self, item, reply):
        name = item[1][0]
        if name == "BLMOVE":
            taken = []
        elif name in ("BLPOP", "BZPOPMIN"):
            taken = [reply[1]]
        elif name == "BLMPOP":
            taken = reply[1]
        else:
            taken = [pair[0] for pair in reply[1]]
        self.taken += [int(value) for value in taken]

    def settle(self, actual, *_):
        """Each number is in one place, in order; what was being taken may be nowhere."""
        producer = self.producer
        queue = actual.pop((0, producer.queue), [])
        queue = [int(value) for value in (sorted(queue, key=int) if producer.is_sorted else queue)]
        done = [int(value) for value in actual.pop((0, producer.done), [])]
        at_most_lost = sum(count for count, _ in self.in_flight)
        everything = queue + done + self.taken
        missing = set(range(1, max([producer.produced, *everything]) + 1)) - set(everything)
        text = (f"queue {queue[:50]}, done {done[-50:]}, taken {self.taken[-50:]}, missing {sorted(missing)[:50]}, acknowledged "
                f"{producer.produced} of {producer.sent}, being taken at most {at_most_lost}")
        if len(set(everything)) != len(everything):
            raise Lost("a number of a queue is there twice: " + text)
        if len(missing) > at_most_lost or max(everything, default=0) > producer.sent:
            raise Lost("a number of a queue is lost, or nobody wrote it: " + text)
        if done != sorted(done) or queue != sorted(queue) or (queue and max([0, *done, *self.taken, *missing]) > queue[0]):
            raise Lost("a queue's numbers are out of order: " + text)


class Administrator(Connection):
    """Begins snapshots and changes policies; what comes back is not looked at, for a snapshot may be running already."""

    def do(self, words):
        self.in_flight.append(words)
        self.socket.sendall(encode(*words))

    def take(self, item, reply):
        self.load.counts[item[0] + (" refused" if isinstance(reply, Error) else "")] += 1


# --- all of them ---


class Load:
    """One run of clients against one server that is killed, restarted and compared, again and again."""

    def __init__(self, random, clients=4, queues=2, durabilities=("periodic",), session_durabilities=(None, "sync", "periodic")):
        self.random, self.clients, self.queues = random, clients, queues
        self.durabilities, self.session_durabilities = durabilities, session_durabilities
        self.states = [(Model(), [0]) for _ in range(clients)]
        self.databases = 1 + 2 * clients
        self.counts = collections.Counter()
        self.forget_shared()

    def forget_shared(self):
        self.positions, self.seen = {}, 0
        for i, (model, _) in enumerate(self.states):
            model.values.pop((0, b"shared:%d" % i), None)

    def run(self, port, kill, most=4000):
        """Until a random number of replies has come, and `kill` has killed the server; takes what it still had said."""
        self.selector, self.acknowledged = selectors.DefaultSelector(), 0
        self.owners = [Client(self, port, i, self.states[i]) for i in range(self.clients)]
        producers = [Producer(self, port, i) for i in range(self.queues)]
        self.consumers = [Consumer(self, port, producer) for producer in producers]
        administrator = Administrator(self, port)
        workers = [*self.owners, *producers, *self.consumers]
        end = int(most ** self.random.random())
        jobs = self.jobs(end)
        for worker in workers:
            worker.go_on()
        while self.acknowledged < end:
            while jobs and jobs[-1][0] <= self.acknowledged:
                administrator.do(jobs.pop()[1])
            ready = self.selector.select(60)
            if not ready:
                raise Lost("the server has said nothing for a minute")
            for key, _ in ready:
                if not key.data.read():
                    raise Lost("the server closed a connection")
                if isinstance(key.data, Consumer) or self.acknowledged < end:
                    key.data.go_on() if key.data is not administrator else None
        kill()
        for connection in [*workers, administrator]:
            connection.drain()
        self.selector.close()
        self.counts["replies"] += self.acknowledged

    def jobs(self, end):
        """What the administrator does after so many replies; the first is the last of the list."""
        jobs, random = [], self.random
        if random.random() < 0.6:  # a snapshot, sometimes just before the end
            moment = random.choice((random.randrange(end + 1), max(0, end - random.randrange(200))))
            jobs.append((moment, random.choice((["BGSAVE"], ["BGSAVE"], ["BGREWRITEAOF"], ["SAVE"], ["BGSAVE", "SCHEDULE"]))))
        if random.random() < 0.3:
            jobs.append((random.randrange(end + 1), ["CONFIG", "SET", "durability", random.choice(self.durabilities)]))
        if random.random() < 0.03:
            jobs.append((random.randrange(end + 1), ["DEBUG", "RELOAD"]))
        return sorted(jobs, key=lambda job: -job[0])

    def check(self, client):
        """Compares; then all goes on from what is there. `client` is a kvorum_test.Client."""
        actual, deadlines = dump(client, self.databases)
        now_ms = unix_ms()
        self.check_shared(actual)
        for consumer in self.consumers:
            consumer.settle(actual)
        executed = sum(owner.settle(actual, deadlines, now_ms) for owner in self.owners)
        strange = [key for key in actual if not any(owner.owns(key) for owner in self.owners)]
        if strange:
            raise Lost(f"nobody wrote these keys: {strange[:20]}")
        self.counts["executed, not acknowledged"] += executed
        self.forget_shared()
        names = [name for queue in range(self.queues) for name in (b"q%d" % queue, b"q%d:done" % queue)]
        client.call("DEL", SHARED_COUNT, SHARED_LIST, *names)

    def check_shared(self, actual):
        count, entries = int(actual.pop((0, SHARED_COUNT), 0)), actual.pop((0, SHARED_LIST), [])
        if count != len(entries):
            raise Lost(f"half of a transaction: the shared count is {count}, the list has {len(entries)} entries")
        if count < self.seen:
            raise Lost(f"the shared count was seen to be {self.seen} and is {count}")
        for position, entry in self.positions.items():
            if entries[position - 1:position] != [entry]:
                raise Lost(f"entry {position} of the shared list was {entry} and is {entries[position - 1:position]}")
        for owner in self.owners:
            mine = [entry for entry in entries if entry.startswith(owner.prefix)]
            if mine:
                actual[0, b"shared:%d" % owner.index] = mine


def dump(client, databases):
    """All keys with their values, in the model's types, and their deadlines."""
    actual, deadlines = {}, {}
    for db in range(databases):
        client.call("SELECT", db)
        names = client.call("KEYS", "*")
        wide = [name for name in names if b":w:" in name]
        if wide:
            actual.update(zip(((db, name) for name in wide), client.call("MGET", *wide)))
        names = [name for name in names if b":w:" not in name]
        kinds = client.pipeline(*(words for name in names for words in (("TYPE", name), ("PEXPIRETIME", name))))
        readers = {"string": ("GET",), "list": ("LRANGE", 0, -1), "set": ("SMEMBERS",), "hash": ("HGETALL",),
                   "zset": ("ZRANGE", 0, -1, "WITHSCORES"), "vectorset": ("VRANGE", "-", "+")}
        there = [(name, kind, moment) for name, kind, moment in zip(names, kinds[::2], kinds[1::2]) if kind != "none"]
        values = client.pipeline(*((readers[kind][0], name, *readers[kind][1:]) for name, kind, _ in there))
        for (name, kind, moment), value in zip(there, values):
            if value is None or value == []:
                continue  # it has just expired
            if kind == "set":
                value = set(value)
            elif kind == "hash":
                value = Hash(zip(value[::2], value[1::2]))
            elif kind == "zset":
                value = Sorted(zip(value[::2], map(float, value[1::2])))
            elif kind == "vectorset":
                value = vectors(client, name, value)
            actual[db, name] = value
            if moment > 0:
                deadlines[db, name] = moment
    client.call("SELECT", 0)
    return actual, deadlines


def vectors(client, name, elements):
    """What a vector set holds. A search for any of them finds all: the graph is that of the elements."""
    found = client.call("VSIM", name, "ELE", elements[0], "COUNT", 1000)
    if sorted(found) != sorted(elements):
        raise Lost(f"{name} has the elements {elements}, and a search finds {found}")
    values = client.pipeline(*(words for element in elements for words in (("VEMB", name, element), ("VGETATTR", name, element))))
    return Vectors((element, (tuple(round(float(x)) for x in vector), attributes))
                   for element, vector, attributes in zip(elements, values[::2], values[1::2]))


def folder_text(folder):
    return ", ".join(f"{entry.name} {entry.stat().st_size}" for entry in sorted(os.scandir(folder), key=lambda entry: entry.name))
