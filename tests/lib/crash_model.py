"""What the keys of one client must hold after the commands it sent: a plain Redis in Python, of the commands that crash_load sends.

An acknowledged command is applied with its reply, which is checked. One that was in flight when the server died is applied without:
where its reply would have told what it did, the model holds what it can have done, and `agrees` takes any of that for right.
"""

ANY = object()  # a reply that says nothing that could be checked


class Bag:
    """A set of members that are never added twice, from which random ones are taken."""

    def __init__(self, members=()):
        self.pool = set(members)  # some of these may be gone:
        self.gone = 0             # so many
        self.fresh = set()        # these are not

    def agrees(self, actual):
        actual = actual if isinstance(actual, set) else set()
        rest = actual - self.fresh
        return self.fresh <= actual and rest <= self.pool and len(rest) == len(self.pool) - self.gone

    def __repr__(self):
        return f"Bag({len(self.pool)} - {self.gone} + {len(self.fresh)})"


class Hash(dict):
    """Its values are bytes."""


class Sorted(dict):
    """Its values are scores."""


class Vectors(dict):
    """Its values are vectors of whole numbers, with attributes or None."""


def number(value):
    return b"%d" % value


class Model:
    """Keys are (database, name). `touched` gathers the keys whose values may have changed; whoever looks clears it."""

    def __init__(self):
        self.values = {}
        self.deadlines = {}  # key: (lowest, highest) in ms since 1970
        self.touched = set()

    # --- how commands are applied ---

    def apply(self, db, words, sent_ms, now_ms, reply=None, acknowledged=False):
        """Returns what the reply must be, or ANY. now_ms: it was executed by then."""
        self.db, self.window, self.reply, self.acknowledged = db, (sent_ms, now_ms), reply, acknowledged
        name = words[0] if isinstance(words[0], str) else words[0].decode()
        arguments = [word if isinstance(word, (bytes, int)) else word.encode() for word in words[1:]]
        return getattr(self, "do_" + name.lower())(*arguments)

    def get(self, name, default=None):
        return self.values.get((self.db, name), default)

    def put(self, name, value, keep_deadline=True):
        key = (self.db, name)
        self.touched.add(key)
        if isinstance(value, (Bag, bytes, int)) or value:
            self.values[key] = value
        else:
            self.values.pop(key, None)
        if not keep_deadline or key not in self.values:
            self.deadlines.pop(key, None)

    def remove(self, name):
        key = (self.db, name)
        self.touched.add(key)
        self.deadlines.pop(key, None)
        return self.values.pop(key, None) is not None

    def change(self, name, kind):
        """The collection, for the caller to change and to `put` again."""
        return self.get(name, kind())

    # --- strings ---

    def do_set(self, name, value, *options):
        self.put(name, value, keep_deadline=False)
        if options and options[0] == b"PX":
            self.deadlines[self.db, name] = tuple(moment + options[1] for moment in self.window)
        elif options and options[0] == b"PXAT":
            self.deadlines[self.db, name] = (options[1], options[1])
        return "OK"

    def do_setnx(self, name, value):
        if self.get(name) is not None:
            return 0
        self.put(name, value)
        return 1

    def do_mset(self, *pairs):
        for name, value in zip(pairs[::2], pairs[1::2]):
            self.put(name, value, keep_deadline=False)
        return "OK"

    def do_append(self, name, value):
        self.put(name, self.get(name, b"") + value)
        return len(self.get(name))

    def do_setrange(self, name, offset, value):
        old = self.get(name, b"").ljust(offset, b"\0")
        self.put(name, old[:offset] + value + old[offset + len(value):])
        return len(self.get(name))

    def do_getdel(self, name):
        old = self.get(name)
        self.remove(name)
        return old

    def do_incrby(self, name, by):
        value = int(self.get(name, b"0")) + by
        self.put(name, number(value))
        return value

    def do_incr(self, name):
        return self.do_incrby(name, 1)

    def do_decrby(self, name, by):
        return self.do_incrby(name, -by)

    def do_incrbyfloat(self, name, halves):
        """Of multiples of a half, which are exact."""
        value = float(self.get(name, b"0")) + float(halves)
        text = (b"%d" % value) if value == int(value) else b"%.1f" % value
        self.put(name, text)
        return text

    # --- lists ---

    def do_rpush(self, name, *values):
        self.put(name, self.change(name, list) + list(values))
        return len(self.get(name))

    def do_lpush(self, name, *values):
        self.put(name, list(values[::-1]) + self.change(name, list))
        return len(self.get(name))

    def do_lpop(self, name, count):
        old = self.change(name, list)
        self.put(name, old[count:])
        return old[:count] or None

    def do_rpop(self, name):
        old = self.change(name, list)
        self.put(name, old[:-1])
        return old[-1] if old else None

    def do_ltrim(self, name, first, last):
        old = self.change(name, list)
        self.put(name, old[first:last + 1])
        return "OK"

    def do_lmove(self, source, target, *_):
        """LEFT RIGHT"""
        moved = self.do_lpop(source, 1)
        if moved is None:
            return None
        self.do_rpush(target, moved[0])
        return moved[0]

    # --- hashes ---

    def do_hset(self, name, *pairs):
        old = self.change(name, Hash)
        before = len(old)
        new = Hash(old)
        new.update(zip(pairs[::2], pairs[1::2]))
        self.put(name, new)
        return len(new) - before

    def do_hdel(self, name, *fields):
        new = Hash(self.change(name, Hash))
        removed = sum(new.pop(field, None) is not None for field in fields)
        self.put(name, new)
        return removed

    def do_hincrby(self, name, field, by):
        new = Hash(self.change(name, Hash))
        value = int(new.get(field, b"0")) + by
        new[field] = number(value)
        self.put(name, new)
        return value

    # --- sets ---

    def do_sadd(self, name, *members):
        old = self.get(name, set())
        if isinstance(old, Bag) or name.endswith(b":bag"):
            bag = old if isinstance(old, Bag) else Bag()
            new = Bag(bag.pool)
            new.gone, new.fresh = bag.gone, bag.fresh | set(members)
            self.put(name, new)
            return len(members)
        self.put(name, old | set(members))
        return len(self.get(name)) - len(old)

    def do_srem(self, name, *members):
        old = self.change(name, set)
        self.put(name, old - set(members))
        return len(old & set(members))

    def do_smove(self, source, target, member):
        if member not in self.change(source, set):
            return 0
        self.do_srem(source, member)
        self.put(target, self.change(target, set) | {member})
        return 1

    def do_spop(self, name, count):
        bag = self.change(name, Bag)
        members = bag.pool | bag.fresh
        new = Bag(members)
        if self.acknowledged:
            popped = set(self.reply)
            assert bag.gone == 0 and popped <= members, f"SPOP of {name} gave what was not there: {popped - members}"
            assert len(popped) == len(self.reply) == min(count, len(members)), f"SPOP {count} of {name} gave {len(popped)}"
            new.pool -= popped
        else:
            new.gone = bag.gone + min(count, len(members) - bag.gone)
        self.put(name, new)
        return ANY

    # --- sorted sets ---

    def do_zadd(self, name, score, member):
        new = Sorted(self.change(name, Sorted))
        added = member not in new
        new[member] = float(score)
        self.put(name, new)
        return int(added)

    def do_zincrby(self, name, by, member):
        new = Sorted(self.change(name, Sorted))
        new[member] = new.get(member, 0.0) + by
        self.put(name, new)
        return number(new[member])

    def do_zrem(self, name, member):
        new = Sorted(self.change(name, Sorted))
        removed = new.pop(member, None) is not None
        self.put(name, new)
        return int(removed)

    def do_zpopmin(self, name):
        new = Sorted(self.change(name, Sorted))
        if not new:
            return []
        score, member = min((score, member) for member, score in new.items())
        del new[member]
        self.put(name, new)
        return [member, number(score)]

    # --- vector sets ---

    def do_vadd(self, name, _, __, x, y, z, element, *options):
        new = Vectors(self.change(name, Vectors))
        added = element not in new
        attributes = options[-1] if b"SETATTR" in options else new.get(element, (None, None))[1]
        new[element] = ((x, y, z), attributes)
        self.put(name, new)
        return int(added)

    def do_vrem(self, name, element):
        new = Vectors(self.change(name, Vectors))
        removed = new.pop(element, None) is not None
        self.put(name, new)
        return int(removed)

    def do_vsetattr(self, name, element, attributes):
        new = Vectors(self.change(name, Vectors))
        if element not in new:
            return 0
        new[element] = (new[element][0], attributes or None)
        self.put(name, new)
        return 1

    # --- keys ---

    def do_del(self, *names):
        return sum(self.remove(name) for name in names)

    do_unlink = do_del

    def do_rename(self, source, target):
        key = (self.db, source)
        if key not in self.values:
            return "ERR no such key"
        value, deadline = self.values[key], self.deadlines.get(key)
        self.remove(source)
        self.take(self.db, target, value, deadline)
        return "OK"

    def do_copy(self, source, target, _, db, __):
        """DB n REPLACE"""
        key = (self.db, source)
        if key not in self.values:
            return 0
        self.take(db, target, self.values[key], self.deadlines.get(key))
        return 1

    def do_move(self, name, db):
        key = (self.db, name)
        if key not in self.values or (db, name) in self.values:
            return 0
        value, deadline = self.values[key], self.deadlines.get(key)
        self.remove(name)
        self.take(db, name, value, deadline)
        return 1

    def take(self, db, name, value, deadline):
        key = (db, name)
        self.touched.add(key)
        self.values[key] = value
        self.deadlines.pop(key, None)
        if deadline:
            self.deadlines[key] = deadline

    def of_database(self, db):
        return [key for key in self.values if key[0] == db]

    def do_flushdb(self, *_):
        for key in self.of_database(self.db):
            self.touched.add(key)
            del self.values[key]
            self.deadlines.pop(key, None)
        return "OK"

    def do_swapdb(self, one, other):
        held = {one: {}, other: {}}
        for db in (one, other):
            for key in self.of_database(db):
                held[db][key[1]] = (self.values.pop(key), self.deadlines.pop(key, None))
                self.touched.add(key)
        for source, target in ((one, other), (other, one)):
            for name, (value, deadline) in held[source].items():
                self.take(target, name, value, deadline)
        return "OK"

    def do_pexpireat(self, name, moment):
        key = (self.db, name)
        if key not in self.values:
            return 0
        self.touched.add(key)
        self.deadlines[key] = (moment, moment)
        return 1

    def do_expire(self, name, seconds):
        key = (self.db, name)
        if key not in self.values:
            return 0
        self.touched.add(key)
        self.deadlines[key] = tuple(moment + 1000 * seconds for moment in self.window)
        return 1

    def do_persist(self, name):
        key = (self.db, name)
        if key not in self.deadlines:
            return 0
        self.touched.add(key)
        del self.deadlines[key]
        return 1

    def do_pexpiretime(self, name):
        """Tells the deadline that has a window only; -1 and -2 are no deadline, no key."""
        key = (self.db, name)
        low, high = self.deadlines.get(key, (-1, -1) if key in self.values else (-2, -2))
        if self.acknowledged:
            assert low <= self.reply <= high, f"the deadline of {name} is {self.reply}, not {low} to {high}"
            if key in self.deadlines:
                self.deadlines[key] = (self.reply, self.reply)
                self.touched.add(key)
        return ANY

    # --- transactions ---

    def do_exec(self, commands, db, window, reply, acknowledged):
        """Returns the replies that the commands must have."""
        expected = []
        for i, words in enumerate(commands):
            told = reply[i] if acknowledged and i < len(reply) else None
            expected.append(self.apply(db, words, *window, told, acknowledged))
        return expected

    # --- comparison ---

    def agrees(self, key, actual, actual_deadlines, now_ms):
        """Whether the server's value of this key is a right one. Short-lived keys may be gone once their time has come."""
        value, deadline = self.values.get(key), self.deadlines.get(key)
        other = actual.get(key)
        if deadline and other is None and value is not None and deadline[0] <= now_ms:
            return True
        if isinstance(value, Bag):
            return value.agrees(other)
        if value != other or type(value) is not type(other):
            return False
        if value is None:
            return True
        low, high = deadline or (-1, -1)
        return low <= actual_deadlines.get(key, -1) <= high

    def adopt(self, actual, actual_deadlines):
        """What could have been several things is what it is now."""
        for key, value in list(self.values.items()):
            if isinstance(value, Bag):
                self.values[key] = Bag(actual.get(key, ()))
                if key not in actual:
                    del self.values[key]
            elif key not in actual:
                del self.values[key]
                self.deadlines.pop(key, None)
            elif key in self.deadlines:
                self.deadlines[key] = (actual_deadlines[key],) * 2
