#!/usr/bin/python3
"""COMMAND and its subcommands, as tools that learn the commands from the server ask them."""

from kvorum_test import Client, TestCase, main

FLAGS = {"write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "skip_monitor",
         "skip_slowlog", "asking", "fast", "no_auth", "may_replicate", "no_mandatory_keys", "no_async_loading", "no_multi",
         "movablekeys", "allow_busy"}


def docs_of(reply):
    """A reply of COMMAND DOCS in RESP2 as RESP3 has it."""
    return dict(zip(reply[::2], reply[1::2]))


def ordered(rows):
    """Rows of COMMAND by name: their order, and that of subcommands, may change from call to call."""
    return sorted(row[:9] + [ordered(row[9])] for row in rows)


class Command(TestCase):
    def setUp(self):
        self.client = Client()
        self.addCleanup(self.client.close)

    def keys(self, *words):
        return self.client.call("COMMAND", "GETKEYS", *words)

    def test_count_list_and_table_agree(self):
        table = self.client.call("COMMAND")
        names = self.client.call("COMMAND", "LIST")
        self.assertEqual(self.client.call("COMMAND", "COUNT"), len(table))
        top = sorted(name for name in names if b"|" not in name)
        self.assertEqual(top, sorted(row[0] for row in table))
        subcommands = sorted(sub[0] for row in table for sub in row[9])
        self.assertEqual(subcommands, sorted(name for name in names if b"|" in name))
        self.assertEqual(ordered(self.client.call("COMMAND", "INFO")), ordered(table))

    def test_every_row(self):
        for row in self.client.call("COMMAND"):
            for name, arity, flags, first, last, step, categories, tips, keys, subcommands in [row] + row[9]:
                self.assertNotEqual(arity, 0, name)
                self.assertLessEqual(set(flags), FLAGS, name)
                self.assertEqual(("@fast" in categories) + ("@slow" in categories), 1, name)
                self.assertEqual(first > 0, step > 0, name)
                if first > 0:
                    self.assertTrue(last < 0 or last >= first, name)
                for key in keys:
                    self.assertEqual(key[-4], b"begin_search", name)
                for subcommand in subcommands:
                    self.assertTrue(subcommand[0].startswith(name + b"|"))

    def test_info(self):
        known, unknown = self.client.call("COMMAND", "INFO", "GeT", "nosuch")
        self.assertIsNone(unknown)
        self.assertEqual(known, [b"get", 2, ["readonly", "fast"], 1, 1, 1, ["@read", "@string", "@fast"], [],
                                 [[b"flags", ["RO", "access"],
                                   b"begin_search", [b"type", b"index", b"spec", [b"index", 1]],
                                   b"find_keys", [b"type", b"range", b"spec", [b"lastkey", 0, b"keystep", 1, b"limit", 0]]]],
                                 []])
        subcommand, = self.client.call("COMMAND", "INFO", "command|docs")
        self.assertEqual(subcommand[:3], [b"command|docs", -2, ["loading", "stale"]])
        self.assertEqual(self.client.call("COMMAND", "INFO", "get|key", "command|docs|x"), [None, None])

    def test_docs(self):
        docs = docs_of(self.client.call("COMMAND", "DOCS", "set", "nosuch", "COMMAND|count"))
        self.assertEqual(list(docs), [b"set", b"command|count"])
        about = docs_of(docs[b"set"])
        self.assertEqual((about[b"since"], about[b"group"]), (b"1.0.0", b"string"))
        arguments = [docs_of(argument) for argument in about[b"arguments"]]
        self.assertEqual([argument[b"name"] for argument in arguments], [b"key", b"value", b"condition", b"get", b"expiration"])
        self.assertEqual(arguments[4][b"type"], b"oneof")
        self.assertEqual(docs_of(arguments[4][b"arguments"][0])[b"token"], b"EX")
        self.assertEqual([version for version, _ in about[b"history"]], [b"2.6.12", b"6.0.0", b"6.2.0", b"7.0.0"])
        whole = docs_of(self.client.call("COMMAND", "DOCS"))
        self.assertEqual(len(whole), self.client.call("COMMAND", "COUNT"))
        self.assertIn(b"command|docs", docs_of(docs_of(whole[b"command"])[b"subcommands"]))

    def test_docs_in_resp3_are_maps(self):
        client = Client(protocol=3)
        self.addCleanup(client.close)
        self.assertEqual(client.call("COMMAND", "DOCS", "set")[b"set"][b"group"], b"string")

    def test_list_filters(self):
        self.assertEqual(self.client.call("COMMAND", "LIST", "FILTERBY", "PATTERN", "SET"), [b"set"])
        self.assertIn(b"command|docs", self.client.call("COMMAND", "LIST", "filterby", "pattern", "command|*"))
        strings = self.client.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", "String")
        self.assertTrue({b"get", b"set"} <= set(strings) and b"ping" not in strings)
        self.assertEqual(self.client.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", "nosuch"), [])
        self.assertEqual(self.client.call("COMMAND", "LIST", "FILTERBY", "MODULE", "nosuch"), [])
        for words in (["x"], ["FILTERBY", "PATTERN"], ["FILTERBY", "x", "y"], ["FILTERBY", "PATTERN", "a", "b"]):
            self.assertEqual(self.client.call("COMMAND", "LIST", *words), "ERR syntax error")

    def test_getkeys(self):
        self.assertEqual(self.keys("get", "k"), [b"k"])
        self.assertEqual(self.keys("MSET", "a", "1", "b", "2"), [b"a", b"b"])
        self.assertEqual(self.keys("eval", "return 1", "0"), [])
        self.assertEqual(self.keys("eval", "return 1", "1", "k", "arg"), [b"k"])
        self.assertEqual(self.keys("zunionstore", "d", "260", *map(str, range(260))), [b"d"] + [b"%d" % i for i in range(260)])
        self.assertEqual(self.keys("sort", "a", "by", "x", "store", "b"), [b"a", b"b"])
        self.assertEqual(self.keys("migrate", "h", "1", "", "0", "9", "keys", "a", "b"), [b"a", b"b"])
        self.assertEqual(self.keys("nosuch", "a"), "ERR Invalid command specified")
        self.assertEqual(self.keys("ping"), "ERR The command has no key arguments")
        self.assertEqual(self.keys("get", "a", "b"), "ERR Invalid number of arguments specified for command")
        self.assertEqual(self.keys("zunionstore", "d", "0", "a"), "ERR Invalid arguments specified for command")
        flags = self.client.call("COMMAND", "GETKEYSANDFLAGS", "set", "k", "v", "GET")
        self.assertEqual(flags, [[b"k", ["RW", "access", "update"]]])

    def test_help_and_errors(self):
        lines = self.client.call("COMMAND", "HELP")
        self.assertEqual(lines[0], "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        self.assertEqual(lines[-2:], ["HELP", "    Print this help."])
        self.assertEqual(self.client.call("COMMAND", "nosuch"), "ERR unknown subcommand 'nosuch'. Try COMMAND HELP.")
        self.assertEqual(self.client.call("COMMAND", "COUNT", "x"),
                         "ERR wrong number of arguments for 'command|count' command")


main()
