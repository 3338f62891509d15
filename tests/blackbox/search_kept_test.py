#!/usr/bin/python3
"""Search indexes are kept like keys: by the journal, by snapshots, and by what is loaded again."""
import os
import unittest

from kvorum_test import Server, TestCase, main


@unittest.skipIf("KVORUM_PEER" in os.environ, "the peer has no search commands")
class SearchIsKept(TestCase):
    def test_over_kills_and_snapshots(self):
        server = Server("--enable-debug-command", "yes")
        client = server.client()

        def found(name):
            reply = client.call("FT.SEARCH", name, "hello", "NOCONTENT")
            return sorted(reply[1:]) if isinstance(reply, list) else reply

        client.call("HSET", "doc:1", "t", "hello world")
        client.call("FT.CREATE", "before", "ON", "HASH", "PREFIX", "1", "doc:", "SCHEMA", "t", "TEXT")
        client.call("FT.ALIASADD", "alias", "before")
        client.call("SAVE")
        client.call("HSET", "doc:2", "t", "hello there")
        client.call("FT.CREATE", "after", "ON", "HASH", "PREFIX", "1", "doc:", "SCHEMA", "t", "TEXT")
        for again in (lambda: (server.kill(), server.process.wait(), server.start()), lambda: client.call("DEBUG", "RELOAD"),
                      lambda: client.call("DEBUG", "LOADAOF")):
            again()
            client = server.client()
            for name in ("before", "after", "alias"):
                self.assertEqual(found(name), [b"doc:1", b"doc:2"], name)
        client.call("FT.DROPINDEX", "before")
        server.kill()
        server.process.wait()
        server.start()
        client = server.client()
        self.assertEqual(client.call("FT._LIST"), [b"after"])
        server.stop()


if __name__ == "__main__":
    main()
