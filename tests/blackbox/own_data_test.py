#!/usr/bin/python3
# kvorum-test: no-server timeout=120
"""`kvorum ingest` and `kvorum ask` where no server runs: they start one of their own on a folder, and it ends with them."""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from kvorum_test import Server, TestCase, main

DOCUMENTS = Path(__file__).resolve().parents[2] / "examples" / "documents"
QUESTION = "How does the AVL tree maintain balance?"


class OwnData(TestCase):
    def setUp(self):
        self.home = Path(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]))
        self.folder = self.home / "index"
        self.environment = dict(os.environ, XDG_DATA_HOME=str(self.home))

    def tearDown(self):
        self.wait_for_the_end()

    def run_kvorum(self, *words, stdin=""):
        return subprocess.run([os.environ["KVORUM_BIN"], *map(str, words)], input=stdin, capture_output=True, text=True, timeout=100, env=self.environment)

    def start_kvorum(self, *words):
        return subprocess.Popen([os.environ["KVORUM_BIN"], *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)

    def server_pid(self):
        lines = (self.folder / "server.log").read_text().splitlines()
        return int([line for line in lines if "Kvorum is starting" in line][-1].rsplit(" ", 1)[1])

    def wait_for_the_end(self):
        if not (self.folder / "server.log").exists():
            return
        try:
            pidfd = os.pidfd_open(self.server_pid())
        except ProcessLookupError:
            return
        self.assertTrue(select.select([pidfd], [], [], 60)[0], "the server goes on")
        os.close(pidfd)

    def ask(self, *words):
        ended = self.run_kvorum("ask", QUESTION, "--json", *words)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return json.loads(ended.stdout), ended.stderr

    def test_documents_stay_in_the_folder(self):
        ended = self.run_kvorum("ingest", DOCUMENTS, "--data", self.folder)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("7 added", ended.stdout)
        self.assertEqual(ended.stderr, f"(documents are in {self.folder})\n")
        self.wait_for_the_end()
        self.assertIn("ready to exit", (self.folder / "server.log").read_text())
        for name in (".", "server.conf"):
            self.assertEqual((self.folder / name).stat().st_mode & 0o077, 0, name)
        answer, _ = self.ask("--data", self.folder)
        self.assertEqual(Path(answer["citations"][0]["path"]).name, "balanced_trees.pdf")
        self.assertIn("7 unchanged", self.run_kvorum("ingest", DOCUMENTS, "--data", self.folder).stdout)

    def test_a_stranger_on_the_port_is_not_asked(self):
        self.assertEqual(self.run_kvorum("ingest", DOCUMENTS, "--data", self.folder).returncode, 0)
        self.wait_for_the_end()
        # As after a restart of the machine: somebody who says nothing has the port that is written down.
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            path = self.folder / "server.conf"
            lines = [f"port {stranger.getsockname()[1]}" if line.startswith("port ") else line for line in path.read_text().splitlines()]
            path.write_text("\n".join(lines) + "\n")
            self.assertTrue(self.ask("--data", self.folder)[0]["found"])
            stranger.setblocking(False)
            with self.assertRaises(BlockingIOError):
                stranger.accept()

    def test_those_who_come_at_the_same_time_share_it(self):
        self.assertEqual(self.run_kvorum("ingest", DOCUMENTS, "--data", self.folder).returncode, 0)
        first = self.start_kvorum("ask", "--json", "--data", self.folder)
        first.stdin.write("What is a quorum?\n")
        first.stdin.flush()
        self.assertTrue(json.loads(first.stdout.readline())["found"])
        pid = self.server_pid()
        for _ in range(3):
            self.assertTrue(self.ask("--data", self.folder)[0]["found"])
        self.assertEqual(self.server_pid(), pid)
        # The one who started it goes without a word; who came second is not disturbed.
        second = self.start_kvorum("ask", "--json", "--data", self.folder)
        second.stdin.write("What is a lease?\n")
        second.stdin.flush()
        self.assertTrue(json.loads(second.stdout.readline())["found"])
        first.kill()
        first.communicate()
        second.stdin.write("What is a quorum?\n")
        second.stdin.close()
        self.assertTrue(json.loads(second.stdout.readline())["found"])
        self.assertEqual(second.wait(), 0)
        second.stdout.close()
        second.stderr.close()
        self.assertEqual(self.server_pid(), pid)
        self.wait_for_the_end()

    def test_an_ingest_that_is_killed_goes_on(self):
        papers = self.home / "papers"
        papers.mkdir()
        for i in range(300):
            (papers / f"{i}.txt").write_text("\n\n".join(f"Paper {i} has a line {k} on trees." for k in range(100)))
        ingest = self.start_kvorum("ingest", papers, "--data", self.folder, "--size", "50", "--overlap", "0")
        # Killed when the server has something: its journal grows.
        while ingest.poll() is None and sum(path.stat().st_size for path in self.folder.glob("data/journal-*")) < 1 << 20:
            pass
        ingest.send_signal(signal.SIGKILL)
        ingest.communicate()
        ended = self.run_kvorum("ingest", papers, "--data", self.folder, "--size", "50", "--overlap", "0")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertRegex(ended.stdout, r"\A300 files .* 0 removed, 0 not read")
        self.assertIn("300 unchanged", self.run_kvorum("ingest", papers, "--data", self.folder, "--size", "50", "--overlap", "0").stdout)
        passages = self.run_kvorum("ask", "What is on line 77 of paper 123?", "--json", "--data", self.folder)
        self.assertIn("Paper 123 has a line 77", passages.stdout)

    def test_without_documents_the_examples_are_asked(self):
        # A folder that was named is meant.
        ended = self.run_kvorum("ask", QUESTION, "--data", self.home / "nothing")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn(f"there are no documents in {self.home}/nothing", ended.stderr)
        self.assertFalse((self.home / "nothing").exists())
        with socket.socket() as usual:
            if usual.connect_ex(("127.0.0.1", 6379)) == 0:
                return  # somebody's server, which would be asked
        self.environment["TMPDIR"] = str(self.home)
        answer, said = self.ask()
        self.assertIn("these are the examples in", said)
        self.assertEqual(Path(answer["citations"][0]["path"]).name, "balanced_trees.pdf")
        self.assertEqual(list(self.home.iterdir()), [])
        ended = self.run_kvorum("ask", QUESTION, "--index", "papers")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("there is no index 'papers'", ended.stderr)

    def test_a_server_that_was_started_by_make_run(self):
        server = Server()
        self.addCleanup(server.kill)
        where = ("--port", server.port)
        self.assertEqual(server.client().call("DBSIZE"), 0)
        answer, said = self.ask(*where)
        self.assertIn("these are the examples in", said)
        self.assertEqual(Path(answer["citations"][0]["path"]).name, "balanced_trees.pdf")
        self.assertEqual(self.ask(*where)[0]["citations"], answer["citations"])
        (self.home / "a.txt").write_text("The AVL tree of this garden maintains its balance by being tied to a pole.")
        self.assertEqual(self.run_kvorum("ingest", self.home / "a.txt", *where).returncode, 0)
        answer, said = self.ask(*where)
        self.assertEqual(said, "")
        self.assertEqual(Path(answer["citations"][0]["path"]).name, "a.txt")

    def test_what_cannot_be(self):
        self.assertIn("one of the two", self.run_kvorum("ask", "Why?", "--data", self.folder, "--port", "7").stderr)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        ended = self.run_kvorum("ask", "Why?", "--port", port)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("Without --host and --port a server is started", ended.stderr)
        (self.home / "file").write_text("")
        self.assertEqual(self.run_kvorum("ingest", DOCUMENTS, "--data", self.home / "file").returncode, 1)


if __name__ == "__main__":
    main()
