#!/usr/bin/python3
# kvorum-test: threads -- --enable-debug-command yes --enable-protected-configs yes
"""The server as a process (signals, files, the command line) and the server group of commands."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import unittest

from kvorum_test import Client, Push, Server, TestCase, main


def text(reply):
    return reply.decode() if isinstance(reply, bytes) else reply


class Process(TestCase):
    def run_server(self, *arguments, stdin=""):
        command = os.environ["KVORUM_SERVER"].split() + list(arguments)
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)

    def test_wrong_directives_stop_the_start(self):
        for arguments, message in ((["--maxmemry", "1gb"], "Did you mean 'maxmemory'?"), (["--port"], "wrong number of arguments"),
                                   (["--tls-port", "1"], "this version of Kvorum has no TLS"), (["no.conf"], "No such file")):
            ended = self.run_server(*arguments)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn(message, ended.stderr)

    def test_standard_input(self):
        ended = self.run_server("-", stdin="port 1\nappendonly perhaps\n")
        self.assertIn("at line 2\n>>> 'appendonly perhaps'\nargument must be 'yes' or 'no'", ended.stderr)

    def test_help_and_version(self):
        binary = os.environ["KVORUM_BIN"]
        for words, expected in ((["--help"], "kvorum server"), (["server", "--help"], "--maxmemory"), (["--version"], "redis=7.2")):
            ended = subprocess.run([binary, *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(ended.returncode, 0)
            self.assertIn(expected, ended.stdout)
        self.assertNotEqual(subprocess.run([binary, "nosuch"], capture_output=True, timeout=60).returncode, 0)

    def test_files_and_signals(self):
        folder = tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"])
        pid_file, log_file, socket_file = (os.path.join(folder, name) for name in ("pid", "the log", "sock"))
        for end in (signal.SIGTERM, signal.SIGINT):
            server = Server("--pidfile", pid_file, "--logfile", log_file, "--unixsocket", socket_file, "--unixsocketperm", "700")
            with open(pid_file) as file:
                self.assertEqual(int(file.read()), server.process.pid)
            self.assertEqual(os.stat(socket_file).st_mode & 0o777, 0o700)
            server.process.send_signal(end)
            self.assertEqual(server.process.wait(60), 0)
            self.assertFalse(os.path.exists(pid_file))
            self.assertFalse(os.path.exists(socket_file))
        with open(log_file) as file:
            log = file.read()
        self.assertRegex(log, rf"{server.process.pid}:M \d\d \w+ \d{{4}} [\d:]+\.\d{{3}} \* Ready to accept connections tcp")
        self.assertIn("ready to exit", log)

    def test_the_data_folder_stays(self):
        server = Server("--enable-protected-configs", "yes")
        client = server.client()
        folder = client.call("CONFIG", "GET", "dir")[1]
        self.assertEqual(client.call("CONFIG", "SET", "dir", folder), "OK")
        self.assertErrorStarts(client.call("CONFIG", "SET", "dir", "/"), "ERR CONFIG SET failed (possibly related to argument 'dir') - the data "
                                                                         "folder cannot be changed while the server runs")
        self.assertEqual(client.call("CONFIG", "GET", "dir")[1], folder)
        self.assertErrorStarts(client.call("CONFIG", "SET", "dir", "/nosuch"), "ERR CONFIG SET failed (possibly related to argument 'dir')")
        server.stop()

    def test_data_is_there_after_a_restart(self):
        server = Server()
        server.client().call("SET", "a", "1")
        self.assertIsNone(server.stop())
        server.start()
        self.assertEqual(server.client().call("GET", "a"), b"1")
        server.process.kill()
        server.process.wait()
        server.start()
        self.assertEqual(server.client().call("GET", "a"), b"1")
        server.stop()


class DebugCommands(TestCase):
    # Redis's STRINGMATCH-TEST takes long, and its tables are other tables.
    ours = unittest.skipIf("KVORUM_PEER" in os.environ, "what it says is ours")

    def debug(self, *words):
        return text(self.client.call("DEBUG", *words))

    def fill(self):
        self.client.call("FLUSHALL")
        self.client.call("SET", "text", "hello")
        self.client.call("SET", "number", "1")
        self.client.call("SETRANGE", "long", "2999", "x")
        self.client.call("RPUSH", "small", "1", "2")
        self.client.call("RPUSH", "list", *["x" * 30] * 1000)
        for i in range(1000):
            self.client.call("HSET", "hash", f"f{i}", "v")
            self.client.call("SADD", "set", f"m{i}")
            self.client.call("ZADD", "zset", i, f"m{i}")

    def test_lengths_of_strings(self):
        self.fill()
        fields = self.debug("SDSLEN", "text").replace(": ", ":").split(", ")
        self.assertEqual([field.split(":")[0] for field in fields],
                         ["key_sds_len", "key_sds_avail", "key_zmalloc", "val_sds_len", "val_sds_avail", "val_zmalloc"])
        self.assertIn("key_sds_len:4", fields)
        self.assertIn("val_sds_len:5", fields)
        self.assertIn("val_sds_len:3000, ", self.debug("SDSLEN", "long"))
        self.assertEqual(self.debug("SDSLEN", "number"), "ERR Not an sds encoded string.")
        self.assertEqual(self.debug("SDSLEN", "hash"), "ERR Not an sds encoded string.")
        self.assertEqual(self.debug("SDSLEN", "none"), "ERR no such key")

    @ours
    def test_shapes_of_tables(self):
        self.fill()
        whole = self.debug("HTSTATS", "0")
        self.assertIn(" number of elements: 8\n", whole)
        self.assertIn("[Expires HT]\n", whole)
        self.assertIn("No stats available for empty dictionaries", self.debug("HTSTATS", "5"))
        self.assertEqual(self.debug("HTSTATS", "99"), "ERR Out of range database")
        for key in ("hash", "set", "zset"):
            short, full = self.debug("HTSTATS-KEY", key), self.debug("HTSTATS-KEY", key, "full")
            self.assertIn(" number of elements: 1000\n", short)
            self.assertTrue(full.startswith(short))
            size = int(re.search(r"table size: (\d+)", full).group(1))
            by_length = [(int(n), int(count)) for n, count in re.findall(r"^   (\d+): (\d+) ", full, re.M)]
            self.assertEqual(sum(count for _, count in by_length), size)
            self.assertEqual(sum(n * count for n, count in by_length), 1000)
            self.assertEqual(max(n for n, _ in by_length), int(re.search(r"max chain length: (\d+)", full).group(1)))
        for key in ("text", "small", "list"):
            self.assertEqual(self.debug("HTSTATS-KEY", key),
                             "ERR The value stored at the specified key is not represented using an hash table")
        self.assertEqual(self.debug("HTSTATS-KEY", "none"), "ERR no such key")

    def test_lists_and_listpacks(self):
        self.fill()
        self.assertEqual(self.debug("LISTPACK", "small"), "Listpack structure printed on stdout")
        self.assertEqual(self.debug("LISTPACK", "list"), "ERR Not a listpack encoded object.")
        for words in (["list"], ["list", "1"]):
            self.assertEqual(self.debug("QUICKLIST", *words), "Quicklist structure printed on stdout")
        self.assertEqual(self.debug("QUICKLIST", "small", "x"), "ERR Not a quicklist encoded object.")
        for word in ("LISTPACK", "QUICKLIST"):
            self.assertEqual(self.debug(word, "none"), "ERR no such key")
        told = dict(field.split(":") for field in self.debug("OBJECT", "list").split(" ")[1:] if ":" in field)
        self.assertGreater(int(told["ql_nodes"]), 1)
        self.assertEqual(float(told["ql_avg_node"]), round(1000 / int(told["ql_nodes"]), 2))
        self.assertEqual(told["ql_listpack_max"], "-2")
        self.assertNotIn("ql_nodes", self.debug("OBJECT", "small"))

    @ours
    def test_the_rest(self):
        self.assertRegex(self.debug("STRUCTSIZE"), r"^bits:64 entry:\d+ ")
        self.assertEqual(self.debug("STRINGMATCH-TEST"), "Apparently Redis did not crash: test passed")

    def test_arguments(self):
        unknown = "ERR unknown subcommand or wrong number of arguments for '%s'. Try DEBUG HELP."
        for words in (["SDSLEN"], ["SDSLEN", "a", "b"], ["HTSTATS"], ["HTSTATS-KEY"], ["LISTPACK"], ["QUICKLIST"],
                      ["OBJECT", "a", "b"], ["STRUCTSIZE", "x"], ["MALLCTL", "x"], ["REPLYBUFFER", "x", "1"], ["nosuch"]):
            self.assertEqual(self.debug(*words), unknown % words[0])
        self.assertEqual(self.debug("POPULATE", "x"), "ERR value is out of range, must be positive")
        self.assertEqual(self.debug("REPLYBUFFER", "PEAK-RESET-TIME", "x"), "ERR value is not an integer or out of range")

    def test_a_push_follows_its_reply(self):
        client = Client(protocol=3)
        self.assertEqual(text(client.call("DEBUG", "PROTOCOL", "push")), "Some real reply following the push reply")
        push = client.read()
        self.assertIsInstance(push, Push)
        self.assertEqual(push, [b"server-cpu-usage", 42])

    @ours
    def test_help_names_what_is_there(self):
        lines = self.client.call("DEBUG", "HELP")
        names = [line.split(" ")[0] for line in lines[1:] if not line.startswith(" ")]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({"HTSTATS", "HTSTATS-KEY", "SDSLEN", "STRUCTSIZE", "LISTPACK", "QUICKLIST", "HELP"}, set(names))
        self.assertNotIn("MALLCTL", names)


class ServerCommands(TestCase):
    def info(self, *sections):
        lines = text(self.client.call("INFO", *sections)).split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))

    def test_info(self):
        everything = self.info("everything")
        for name, value in (("redis_version", "7.2.4"), ("redis_mode", "standalone"), ("role", "master"), ("connected_slaves", "0"),
                            ("rdb_bgsave_in_progress", "0"), ("loading", "0"), ("cluster_enabled", "0"), ("maxmemory_policy", "noeviction")):
            self.assertEqual(everything[name], value, name)
        for name in ("kvorum_version", "run_id", "uptime_in_seconds", "connected_clients", "used_memory", "used_memory_rss",
                     "used_memory_peak", "total_commands_processed", "keyspace_hits", "instantaneous_ops_per_sec", "used_cpu_user",
                     "mem_fragmentation_ratio", "master_replid", "blocked_clients", "evicted_keys", "expired_keys"):
            self.assertIn(name, everything)
        self.assertGreater(int(everything["used_memory_rss"]), 0)
        self.assertEqual(set(self.info("cluster")), {"cluster_enabled"})
        self.assertNotIn("cmdstat_info", self.info())
        self.assertIn("cmdstat_info", self.info("COMMANDSTATS"))
        self.client.call("SET", "info:key", "v", "EX", "100")
        keys, expires, average = (int(part.split("=")[1]) for part in self.info("keyspace")["db0"].split(","))
        self.assertTrue(keys >= 1 and expires >= 1 and 0 < average <= 100000)

    def test_command_statistics(self):
        self.client.call("CONFIG", "RESETSTAT")
        self.client.call("SET", "k", "v")
        self.assertTrue(self.client.call("SET", "k").startswith("ERR wrong number"))
        statistics = self.info("commandstats", "latencystats")
        self.assertRegex(statistics["cmdstat_set"], r"^calls=1,usec=\d+,usec_per_call=[\d.]+,rejected_calls=1,failed_calls=0$")
        self.assertRegex(statistics["latency_percentiles_usec_set"], r"^p50=[\d.]+,p99=[\d.]+,p99.9=[\d.]+$")

    def test_memory(self):
        self.client.call("SET", "big", "x" * 100000)
        self.assertGreaterEqual(self.client.call("MEMORY", "USAGE", "big"), 100000)
        self.assertIsNone(self.client.call("MEMORY", "USAGE", "missing"))
        self.assertEqual(text(self.client.call("MEMORY", "PURGE")), "OK")
        self.assertTrue(self.client.call("MEMORY", "DOCTOR"))

    def test_config_at_run_time(self):
        self.assertEqual(text(self.client.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")), "OK")
        self.assertEqual([text(word) for word in self.client.call("CONFIG", "GET", "maxmemory")], ["maxmemory", "104857600"])
        self.assertEqual(self.info("memory")["maxmemory_policy"], "allkeys-lru")
        self.client.call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction")

    def test_config_rewrite(self):
        path = os.path.join(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]), "kvorum.conf")
        with open(path, "w") as file:
            file.write("# ours\nmaxclients 100\n")
        server = Server(path)
        client = Client(server.port)
        client.call("CONFIG", "SET", "maxclients", "200", "requirepass", "two words")
        client.call("CONFIG", "REWRITE")
        server.process.terminate()
        self.assertEqual(server.process.wait(60), 0)
        with open(path) as file:
            written = file.read()
        self.assertTrue(written.startswith("# ours\nmaxclients 200\n"), written)
        self.assertIn('requirepass "two words"\n', written)

    def test_config_rewrite_on_a_full_disk(self):
        folder = tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"])
        path = os.path.join(folder, "kvorum.conf")
        before = "maxclients 100\n" + "# a line of ours\n" * 1000
        with open(path, "w") as file:
            file.write(before)
        server = Server(path)
        client = Client(server.port)
        client.call("CONFIG", "SET", "maxclients", "200")
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
        self.assertEqual(client.call("CONFIG", "REWRITE"), "ERR Rewriting config file: File too large")
        with open(path) as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(os.listdir(folder), ["kvorum.conf"])
        self.assertEqual(client.call("SET", "k", "v"), "OK")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        self.assertEqual(client.call("CONFIG", "REWRITE"), "OK")
        with open(path) as file:
            self.assertTrue(file.read().startswith("maxclients 200\n# a line of ours\n"))
        self.assertIsNone(server.stop())

    def test_slow_log(self):
        self.client.call("CONFIG", "SET", "slowlog-log-slower-than", "0")
        self.client.call("SLOWLOG", "RESET")
        self.client.call("SET", "slow", "v")
        self.client.call("CONFIG", "SET", "requirepass", "")
        self.client.call("CONFIG", "SET", "slowlog-log-slower-than", "10000")
        entries = [[text(word) for word in entry[3]] for entry in self.client.call("SLOWLOG", "GET")]
        self.assertIn(["SET", "slow", "v"], entries)
        self.assertIn(["CONFIG", "SET", "requirepass", "(redacted)"], entries)

    def test_shutdown(self):
        server = Server()
        client = Client(server.port)
        self.assertEqual(client.call("SHUTDOWN", "ABORT"), "ERR No shutdown in progress.")
        client.send("SHUTDOWN", "NOSAVE")
        self.assertEqual(server.process.wait(60), 0)


main()
