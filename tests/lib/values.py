"""Values of every type and encoding, to be moved between servers, and what they are in the end; and a real Redis, where there is one."""

import os
import shutil
import tempfile

from kvorum_test import Server


def redis_server():
    """A real Redis, or None."""
    for name in ("redis-server", "redis-check-rdb"):
        path = shutil.which(name)
        if path:
            link = os.path.join(tempfile.mkdtemp(dir=os.environ.get("KVORUM_DIR")), "redis-server")
            os.symlink(os.path.realpath(path), link)
            return Server(command=link)
    return None


def fill(client, count=700):
    """Every type and encoding, small and large."""
    client.call("SET", "string", "text")
    client.call("SET", "empty", "")
    client.call("SET", "integer", "-1234567890123")
    client.call("SET", "long", "0123456789" * 1000)
    client.call("SET", "binary", bytes(range(256)))
    client.call("RPUSH", "list", "a", "1", "-70000", "", "x" * 300)
    client.call("RPUSH", "long list", *[f"element {i}" for i in range(count)])
    client.call("RPUSH", "list of large elements", "a", "b" * 20000, "c" * 5, "d" * 100000)
    client.call("SADD", "integers", "1", "-2", "70000", "5000000000")
    client.call("SADD", "set", "a", "b", "17")
    client.call("SADD", "large set", *[f"member {i}" for i in range(count)])
    client.call("SADD", "many integers", *range(count))
    client.call("HSET", "hash", "f", "v", "n", "42")
    client.call("HSET", "large hash", *[f"{kind} {i}" for i in range(count) for kind in ("field", "value")])
    client.call("ZADD", "sorted set", "1", "a", "2.5", "b", "inf", "c", "-inf", "d")
    client.call("ZADD", "large sorted set", *[word for i in range(count) for word in (i / 7, f"member {i}")])


def content(client):
    """What the database holds, the same for equal values."""
    held = {}
    for key in client.call("KEYS", "*"):
        kind = client.call("TYPE", key)
        if kind == "string":
            value = client.call("GET", key)
        elif kind == "list":
            value = client.call("LRANGE", key, 0, -1)
        elif kind == "set":
            value = sorted(client.call("SMEMBERS", key))
        elif kind == "hash":
            pairs = client.call("HGETALL", key)
            value = sorted(zip(pairs[::2], pairs[1::2]))
        else:
            pairs = client.call("ZRANGE", key, 0, -1, "WITHSCORES")
            value = [(member, float(score)) for member, score in zip(pairs[::2], pairs[1::2])]
        held[key] = (kind, value, client.call("PTTL", key) > 0)
    return held
