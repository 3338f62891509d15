#!/usr/bin/python3
# kvorum-test: timeout=120
"""`kvorum ingest --embedder` with models that run elsewhere: tests/lib/model_server.py stands for them, and misbehaves by their names."""

import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path

from kvorum_test import TestCase, free_port, main

MODEL_SERVER = Path(__file__).resolve().parents[1] / "lib" / "model_server.py"


class Embedders(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = subprocess.Popen([MODEL_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.url = f"http://127.0.0.1:{cls.models.stdout.readline().split()[1]}"

    @classmethod
    def tearDownClass(cls):
        cls.models.stdin.close()
        cls.models.wait()
        cls.models.stdout.close()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.client.call("FT.DROPINDEX", "documents")
        self.client.call("FLUSHALL")
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]))
        for i in range(5):
            (self.folder / f"{i}.txt").write_text(f"Trees of kind {i} keep their balance by rotations. " * 3)

    def run_kvorum(self, *words, **environment):
        command = [os.environ["KVORUM_BIN"], words[0], "--host", os.environ["KVORUM_HOST"], "--port", os.environ["KVORUM_PORT"], *map(str, words[1:])]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, env=dict(os.environ, **environment))

    def ingest(self, *words, **environment):
        ended = self.run_kvorum("ingest", self.folder, *words, **environment)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def ingest_error(self, *words, **environment):
        ended = self.run_kvorum("ingest", self.folder, *words, **environment)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        return ended.stderr

    def settings(self):
        words = [word.decode() for word in self.client.call("HGETALL", "documents:settings")]
        return dict(zip(words[::2], words[1::2]))

    def test_both_protocols(self):
        for name, url in (("ollama:ok", self.url), ("openai:other-order", self.url + "/v1")):
            self.assertIn("5 added", self.ingest("--embedder", f"{name}@{url}", "--start-over"))
            self.assertEqual(self.settings(), {"layout": "1", "embedder": name, "dimension": "8", "embedder-url": url})
            # Neither ingest nor ask need to be told again.
            (self.folder / "0.txt").write_text(f"{name} is something else.")
            self.assertIn("1 changed, 4 unchanged", self.ingest())
            ended = self.run_kvorum("ask", "How do trees keep their balance?", "--json")
            self.assertEqual(ended.returncode, 0, ended.stderr)
            answer = json.loads(ended.stdout)
            self.assertTrue(answer["found"])
            self.assertIn("keep their balance by rotations", answer["sentences"][0]["text"])
        # The key goes with the request.
        self.ingest("--embedder", f"openai:locked@{self.url}/v1", "--start-over", OPENAI_API_KEY="secret")
        self.assertIn("refused the key", self.ingest_error(OPENAI_API_KEY="wrong"))
        self.assertIn("refused the key", self.run_kvorum("ask", "Why?", OPENAI_API_KEY="").stderr)

    def write_lines(self):
        for i in range(5):
            (self.folder / f"{i}.txt").write_text("\n\n".join(f"Line {k} of {i}." for k in range(100)))

    def test_large_ingests_go_in_batches(self):
        self.write_lines()
        self.ingest("--embedder", f"ollama:ok@{self.url}", "--size", "20", "--overlap", "0")
        self.assertEqual(len(self.client.call("KEYS", "documents:chunk:*")), 500)

    def test_another_attempt_where_that_helps(self):
        for model in ("busy-twice-x", "cuts-once-x", "cuts-from-2-to-4-x"):
            self.assertIn("5 added", self.ingest("--embedder", f"ollama:{model}@{self.url}", "--start-over"))

    def test_what_goes_wrong_at_once(self):
        for model, words in (("missing", "Fetch it with: ollama pull missing"), ("fails", "failed with status 500"), ("no-vectors", "Is it an embedding model?"),
                             ("error-in-200", "this model does not support embeddings"), ("no-json", "no JSON"), ("cuts-always", "cut its answer off")):
            self.assertIn(words, self.ingest_error("--embedder", f"ollama:{model}@{self.url}"), model)
            self.assertEqual(self.settings(), {}, model)
        port = free_port()
        error = self.ingest_error("--embedder", f"ollama:ok@http://127.0.0.1:{port}")
        self.assertIn(f"Cannot reach Ollama at http://127.0.0.1:{port}", error)
        self.assertIn("ollama serve", error)
        self.assertIn("Check that it runs, and the URL", self.ingest_error("--embedder", f"openai:ok@http://127.0.0.1:{port}/v1"))
        with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
            error = self.ingest_error("--embedder", f"ollama:ok@http://127.0.0.1:{silent.getsockname()[1]}", "--model-timeout", "1")
            self.assertIn("nothing came for 1 s", error)

    def test_what_goes_wrong_in_the_middle_goes_on_later(self):
        # The first call learns the dimension, then each takes 64 of the 100 chunks that a file has.
        self.write_lines()
        words = ("--size", "20", "--overlap", "0")
        error = self.ingest_error("--embedder", f"ollama:cuts-from-4-to-7@{self.url}", *words)
        self.assertIn("cut its answer off", error)
        self.assertRegex(error, r"Stopped after [1-4] files?; the same command goes on there\.")
        self.assertRegex(self.ingest(*words), r"[1-4] added, [01] changed, [1-4] unchanged")
        self.assertEqual(len(self.client.call("KEYS", "documents:chunk:*")), 500)
        error = self.ingest_error("--embedder", f"ollama:silent-from-4@{self.url}", "--start-over", "--model-timeout", "1", *words)
        self.assertIn("took too long", error)
        self.assertRegex(error, "Stopped after [1-4] file")

    def test_another_model_is_an_error_that_says_what_to_do(self):
        self.ingest("--embedder", f"ollama:ok@{self.url}")
        for other in (f"ollama:byte-by-byte@{self.url}", "builtin", "none"):
            error = self.ingest_error("--embedder", other)
            self.assertIn("was made with the embedder ollama:ok, not with", error)
            self.assertIn("--start-over", error)
        self.assertIn("5 added", self.ingest("--embedder", "builtin", "--start-over"))

    def test_a_model_that_changed_its_size(self):
        # By one call when the dimension is learnt, and one for the five files; the same name is then another model.
        self.ingest("--embedder", f"ollama:larger-from-3@{self.url}")
        error = self.ingest_error()
        self.assertIn("now gives vectors of 9 numbers, and the index 'documents' has such of 8", error)
        self.assertIn("kvorum ingest --start-over", error)
        self.assertIn("now gives vectors of 9 numbers", self.run_kvorum("ask", "Why?").stderr)
        # In the middle of a run.
        self.write_lines()
        error = self.ingest_error("--embedder", f"openai:larger-from-3@{self.url}/v1", "--start-over", "--size", "20", "--overlap", "0")
        self.assertIn("a vector has 9 numbers where others have 8", error)

    def test_a_server_that_has_moved(self):
        port = free_port()
        self.ingest("--embedder", f"ollama:ok@{self.url}")
        self.client.call("HSET", "documents:settings", "embedder-url", f"http://127.0.0.1:{port}")
        self.assertIn("Cannot reach Ollama", self.run_kvorum("ask", "Why?").stderr)
        self.assertEqual(self.run_kvorum("ask", "Why?", "--embedder-url", self.url).returncode, 0)
        self.ingest("--embedder-url", self.url)
        self.assertEqual(self.settings()["embedder-url"], self.url)


if __name__ == "__main__":
    main()
