#!/usr/bin/python3
"""`kvorum ingest` and `kvorum ask`, on the documents of examples/documents."""

import json
import os
import pty
import select
import shutil
import subprocess
import tempfile
import termios
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kvorum_test import TestCase, main

DOCUMENTS = Path(__file__).resolve().parents[2] / "examples" / "documents"


class ModelServer:
    """Speaks as Ollama and as OpenAI do. Notes what it is asked; answers in pieces, or as `mood` says."""

    def __init__(self):
        self.asked = []
        self.mood = "well"
        self.prompt_tokens = 11
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, body, self.headers.get("Authorization")))
                if self.path == "/api/show":
                    return self.whole(200, {"model_info": {"test.context_length": 4096}})
                if outer.mood == "missing":
                    return self.whole(404, {"error": "model 'test' not found"})
                self.send_response(200)
                self.end_headers()
                for piece in ("Group commit ", "shares an fsync [1]. \u00e4", " And [77]."):
                    if self.path == "/api/chat":
                        self.line(json.dumps({"message": {"role": "assistant", "content": piece}, "done": False}))
                    else:
                        self.line("data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}) + "\n")
                    if outer.mood == "cut off":
                        return None
                if self.path == "/api/chat":
                    return self.line(json.dumps({"message": {"content": ""}, "done": True, "done_reason": "stop",
                                                 "prompt_eval_count": outer.prompt_tokens}))
                self.line("data: " + json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]}) + "\n")
                return self.line("data: [DONE]\n")

            def line(self, text):
                self.wfile.write((text + "\n").encode())
                self.wfile.flush()

            def whole(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Ask(TestCase):
    def setUp(self):
        super().setUp()
        self.client.call("FLUSHALL")
        self.client.call("FT.DROPINDEX", "documents")
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]))

    def run_kvorum(self, *words, stdin=""):
        command = [os.environ["KVORUM_BIN"], words[0], "--host", os.environ["KVORUM_HOST"], "--port", os.environ["KVORUM_PORT"], *map(str, words[1:])]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300)

    def ingest(self, *words):
        ended = self.run_kvorum("ingest", *words)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def ask(self, question, *words):
        ended = self.run_kvorum("ask", question, "--json", *words)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return json.loads(ended.stdout)

    def copy_documents(self):
        for path in DOCUMENTS.iterdir():
            if path.suffix:
                shutil.copy(path, self.folder)

    def test_answers_with_their_places(self):
        self.copy_documents()
        summary = self.ingest(self.folder)
        self.assertIn("7 files", summary)
        self.assertIn("7 added, 0 changed, 0 unchanged, 0 removed, 0 not read", summary)
        self.assertIn("1 file whose names", summary)  # terms.dict, which belongs to terms.index
        for question, name, place, words in (
                ("How does the AVL tree maintain balance?", "balanced_trees.pdf", ("page", 2), "rotating nodes"),
                ("What is a quorum?", "replication.docx", ("section", 3), "smallest number of replicas"),
                ("What does linear hashing spare a request?", "key_value_databases.pptx", ("slide", 2), "rehash"),
                ("What does a flat index compare the question with?", "vector_search.md", ("section", None), "every vector"),
                ("What does group commit let writes share?", "durability.html", ("section", None), "fsync"),
                ("How is a cache stampede avoided?", "caches.txt", ("text", 1), "letting one of them compute"),
                ("What is a tombstone?", "terms.index", ("entry", None), "deleted")):
            answer = self.ask(question)
            self.assertTrue(answer["found"], question)
            cited = [one for one in answer["citations"] if Path(one["path"]).name == name and one["kind"] == place[0]
                     and place[1] in (None, one["place"])]
            self.assertTrue(cited, (question, answer))
            numbers = {one["number"] for one in cited}
            said = " ".join(sentence["text"] for sentence in answer["sentences"] if sentence["citation"] in numbers)
            self.assertIn(words, said, question)
        # The passage on AVL trees comes first, says how, and without its heading.
        text = self.run_kvorum("ask", "How does the AVL tree maintain balance?").stdout
        self.assertRegex(text, r"\AThe AVL tree (is named|maintains balance) [^\n]*heights of the two subtrees [^\n]* and by rotating nodes [^\n]* \[1\]\n")
        self.assertNotIn("The AVL tree The AVL tree", text)
        self.assertRegex(text, r"(?m)^\[1\] balanced_trees.pdf, page 2: Balanced trees$")

    def test_what_is_not_there(self):
        self.copy_documents()
        self.ingest(self.folder)
        answer = self.ask("Who won the football championship in Uruguay?")
        self.assertFalse(answer["found"])
        self.assertEqual(answer["sentences"], [])
        self.assertTrue(self.run_kvorum("ask", "Who won the football championship in Uruguay?").stdout.startswith("Not in your documents.\n"))
        self.assertFalse(self.ask("???")["found"])
        ended = self.run_kvorum("ask", "Why?", "--index", "nosuch")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("there is no index 'nosuch'", ended.stderr)
        ended = self.run_kvorum("ask", "Why?", "--index", "nosuch", "--json")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("there is no index 'nosuch'", json.loads(ended.stdout)["error"])

    def test_a_model_answers_from_the_passages(self):
        self.copy_documents()
        self.ingest(self.folder)
        models = ModelServer()
        question = "What does group commit let writes share?"
        ended = self.run_kvorum("ask", question, "--model", "ollama:test", "--model-url", models.url)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertTrue(ended.stdout.startswith("Group commit shares an fsync [1]. \u00e4 And [77].\n\n[1] durability.html"), ended.stdout)
        self.assertNotIn("[77] ", ended.stdout)
        path, body, _ = models.asked[-1]
        self.assertEqual((path, body["model"], body["options"]["num_ctx"], body["options"]["num_predict"]), ("/api/chat", "test", 4096, 1024))
        self.assertIn("[1] durability.html", body["messages"][1]["content"])
        self.assertTrue(body["messages"][1]["content"].endswith("Question: " + question))
        self.assertIn("context of 4096 tokens, not 8192", ended.stderr)
        # OpenAI's protocol, and for programs.
        ended = self.run_kvorum("ask", question, "--json", "--model", "openai:test", "--model-url", models.url + "/v1", "--api-key", "secret")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        answer = json.loads(ended.stdout)
        self.assertEqual([citation["number"] for citation in answer["citations"]], [1])
        path, body, key = models.asked[-1]
        self.assertEqual((path, body["max_tokens"], key), ("/v1/chat/completions", 1024, "Bearer secret"))
        self.assertEqual((answer["question"], answer["model"], answer["note"]), (question, "openai:test", ""))
        self.assertNotIn("passage", answer["citations"][0])
        ended = self.run_kvorum("ask", question, "--json", "--passages", "--neighbours", "2", "--model", "ollama:test", "--model-url", models.url)
        cited = json.loads(ended.stdout)["citations"][0]
        self.assertIn(cited["text"], cited["passage"])
        self.assertGreater(len(cited["passage"]), len(cited["text"]))
        ended = self.run_kvorum("ask", question, "--passages", "--model", "ollama:test", "--model-url", models.url)
        self.assertIn("\n" + cited["text"] + "\n", ended.stdout)
        # A server that counts more tokens than there is room for has cut the prompt off.
        self.assertNotIn("may not have seen all", ended.stderr)
        models.prompt_tokens = 4096
        ended = self.run_kvorum("ask", question, "--model", "ollama:test", "--model-url", models.url)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("The model took the prompt for 4096 tokens, more than fit in a context of 4096, so it may not have seen all of it", ended.stderr)
        models.prompt_tokens = 11
        # A context that holds some passages, and one that holds none: both are said.
        ended = self.run_kvorum("ask", question, "--model", "openai:test", "--model-url", models.url + "/v1", "--context", "1000", "--answer-tokens", "400")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertRegex(ended.stderr, r"\d of the 10 passages found fit in a context of 1000 tokens")
        ended = self.run_kvorum("ask", question, "--model", "openai:test", "--model-url", models.url + "/v1", "--context", "420", "--answer-tokens", "400")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("--context", ended.stderr)
        for mood, words in (("missing", "model"), ("cut off", "answer")):
            models.mood = mood
            ended = self.run_kvorum("ask", question, "--model", "ollama:test", "--model-url", models.url)
            self.assertEqual(ended.returncode, 1, mood)
            self.assertIn(words, ended.stderr, mood)
            ended = self.run_kvorum("ask", question, "--json", "--model", "ollama:test", "--model-url", models.url)
            failed = json.loads(ended.stdout)
            self.assertEqual((ended.returncode, failed["question"]), (1, question))
            self.assertIn(words, failed["error"])
        self.assertEqual(self.run_kvorum("ask", question, "--model", "test").returncode, 1)
        # One that fails does not keep the others from being asked.
        ended = self.run_kvorum("ask", "--model", "ollama:test", "--model-url", models.url, stdin=f"{question}\n{question}\n")
        self.assertEqual((ended.returncode, ended.stderr.count("kvorum ask: ")), (1, 2), ended.stderr)
        models.server.shutdown()

    def test_questions_from_the_input(self):
        self.copy_documents()
        self.ingest(self.folder)
        lines = self.run_kvorum("ask", "--json", stdin="What is a lease?\r\n\nWhat is an epoch?").stdout.splitlines()
        self.assertEqual([json.loads(line)["question"] for line in lines], ["What is a lease?", "What is an epoch?"])
        # Without quotation marks the words are one question.
        ended = self.run_kvorum("ask", "What", "is", "a", "lease?", "--json")
        self.assertEqual(json.loads(ended.stdout)["question"], "What is a lease?", ended.stderr)

    def test_links_to_folders_are_said(self):
        (self.folder / "a.txt").write_text("A quorum is a majority of the replicas.")
        (self.folder / "to").symlink_to(DOCUMENTS)
        (self.folder / "nowhere.pdf").symlink_to("/nonexistent/x.pdf")
        self.assertIn("2 links to folders, or to nothing: not followed", self.ingest(self.folder))

    def test_questions_at_a_terminal(self):
        (self.folder / "a.txt").write_text("A quorum is a majority of the replicas.")
        self.ingest(self.folder)
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(os.environ["KVORUM_BIN"], ["kvorum", "ask", "--host", os.environ["KVORUM_HOST"], "--port", os.environ["KVORUM_PORT"]],
                      os.environ | {"TERM": "vt100"})
        shown = b""

        def read():
            nonlocal shown
            self.assertTrue(select.select([terminal], [], [], 120)[0], shown)
            shown += os.read(terminal, 4096)

        # What is typed before the prompt is there, and before the terminal is set to give each key at once (libedit does that a moment
        # after it has printed the prompt), is taken for a line that nobody edits.
        def until_asked(answers):
            while shown.count(b"[1] a.txt") < answers or b"? " not in shown.rpartition(b"[1] a.txt")[2]:
                read()
            deadline = time.monotonic() + 120
            while termios.tcgetattr(terminal)[3] & termios.ICANON:
                self.assertLess(time.monotonic(), deadline, shown)
                os.sched_yield()

        until_asked(0)
        # A letter too many, that is taken back; then the same line once more, by the arrow up.
        os.write(terminal, b"What is a quorumm\x7f?\n")
        until_asked(1)
        os.write(terminal, b"\x1b[A\n")
        until_asked(2)
        os.write(terminal, b"\x04")
        with self.assertRaises(OSError):
            # Until the other end is closed.
            while True:
                read()
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(terminal)
        self.assertEqual(shown.count(b"is a majority of the replicas. [1]"), 2, shown)

    def test_only_what_changed(self):
        self.copy_documents()
        self.ingest(self.folder)
        keys = sorted(self.client.call("KEYS", "documents:chunk:*"))
        self.assertIn("0 added, 0 changed, 7 unchanged, 0 removed", self.ingest(self.folder))
        (self.folder / "caches.txt").write_text("A monad is a burrito, as everybody knows.")
        # What is beside a dictionary's index is a part of it.
        terms = self.folder / "terms.dict"
        terms.write_bytes(terms.read_bytes().replace(b"deleted", b"removed"))
        self.assertIn("0 added, 2 changed, 5 unchanged", self.ingest(self.folder))
        (self.folder / "caches.txt").write_text("A monad is a burrito, as everybody knows!")
        (self.folder / "terms.index").unlink()
        self.assertIn("0 added, 1 changed, 5 unchanged, 0 removed", self.ingest(self.folder))
        self.assertIn("burrito", self.ask("What is a monad?")["sentences"][0]["text"])
        self.assertIn("0 added, 0 changed, 6 unchanged, 1 removed", self.ingest(self.folder, "--remove-missing"))
        self.assertEqual(self.client.call("SCARD", "documents:files"), 6)
        self.assertLess(len(self.client.call("KEYS", "documents:chunk:*")), len(keys))
        # One that is there is not forgotten, though its name is none that a folder is searched for.
        (self.folder / "notes.weird").write_text("Named itself.")
        self.assertIn("1 added", self.ingest(self.folder / "notes.weird"))
        self.assertIn("6 unchanged, 0 removed", self.ingest(self.folder, "--remove-missing"))
        (self.folder / "notes.weird").unlink()
        self.assertIn("6 unchanged, 1 removed", self.ingest(self.folder, "--remove-missing"))
        # One that was named itself, too, and that it is gone is no failure then.
        (self.folder / "named.txt").write_text("Named itself.")
        self.assertIn("1 added", self.ingest(self.folder / "named.txt"))
        (self.folder / "named.txt").unlink()
        self.assertIn("1 removed, 0 not read", self.ingest(self.folder / "named.txt", "--remove-missing"))
        # Other chunks of the same texts are a change too.
        self.assertIn("6 changed", self.ingest(self.folder, "--by", "tokens", "--size", "30", "--overlap", "5"))
        self.assertGreater(len(self.client.call("KEYS", "documents:chunk:*")), len(keys))
        # From nothing to the same as at first.
        self.copy_documents()
        self.assertIn("7 added", self.ingest(self.folder, "--start-over"))
        self.assertEqual(sorted(self.client.call("KEYS", "documents:chunk:*")), keys)

    def test_an_interrupted_ingest_goes_on(self):
        self.copy_documents()
        self.ingest(self.folder)
        keys = sorted(self.client.call("KEYS", "documents:*"))
        # As after the loss of the connection in the middle of a file: its record is not complete, and there are more chunks than it will have.
        file = self.client.call("SMEMBERS", "documents:files")[0].decode()
        count = int(self.client.call("HGET", f"documents:file:{file}", "chunks"))
        self.client.call("HSET", f"documents:file:{file}", "hash", "", "chunks", str(count + 5))
        self.client.call("HSET", f"documents:chunk:{file}:{count + 3}", "text", "left behind")
        self.assertIn("1 changed, 6 unchanged", self.ingest(self.folder))
        self.assertEqual(sorted(self.client.call("KEYS", "documents:*")), keys)

    def test_an_index_that_was_lost_or_is_anothers(self):
        (self.folder / "a.txt").write_text("A quorum is a majority of the replicas.")
        self.ingest(self.folder)
        self.client.call("FT.DROPINDEX", "documents")
        self.assertIn("1 unchanged", self.ingest(self.folder))
        self.assertIn("majority", self.run_kvorum("ask", "What is a quorum?").stdout)
        # FLUSHALL leaves definitions; one of other vectors is made anew.
        self.client.call("FLUSHALL")
        self.assertIn("1 added", self.ingest(self.folder, "--embedder", "none"))
        self.assertIn("majority", self.run_kvorum("ask", "What is a quorum?").stdout)
        self.client.call("FT.CREATE", "shop", "PREFIX", "1", "item:", "SCHEMA", "text", "TEXT")
        ended = self.run_kvorum("ingest", self.folder, "--index", "shop")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("'shop' that is none of documents", ended.stderr)
        self.client.call("FT.DROPINDEX", "shop")

    def test_what_the_server_cannot_index_is_said(self):
        (self.folder / "a.txt").write_text("A quorum is a majority of the replicas.")
        self.ingest(self.folder)
        self.client.call("FT.DROPINDEX", "documents")
        self.client.call("FT.CREATE", "documents", "PREFIX", "1", "documents:chunk:", "SCHEMA", "text", "TEXT", "vector", "VECTOR", "FLAT", "6", "TYPE", "FLOAT32", "DIM", "3",
                         "DISTANCE_METRIC", "COSINE")
        (self.folder / "a.txt").write_text("A quorum is most of the replicas.")
        ended = self.run_kvorum("ingest", self.folder)
        self.assertEqual(ended.returncode, 2, ended.stderr)
        self.assertIn("1 chunk could not be indexed by the server", ended.stdout)
        # They are not forgotten by the next one.
        ended = self.run_kvorum("ingest", self.folder)
        self.assertEqual(ended.returncode, 2, ended.stderr)
        self.assertIn("1 changed", ended.stdout)
        ended = self.run_kvorum("ingest", self.folder, "--start-over")
        self.assertEqual(ended.returncode, 0, ended.stdout)
        self.assertIn("most of the replicas", self.run_kvorum("ask", "What is a quorum?").stdout)

    def test_another_embedder_is_refused(self):
        (self.folder / "a.txt").write_text("Some text.")
        self.ingest(self.folder)
        ended = self.run_kvorum("ingest", self.folder, "--embedder", "none")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("was made with the embedder builtin:", ended.stderr)
        self.assertIn("--start-over", ended.stderr)
        self.ingest(self.folder, "--embedder", "none", "--start-over")
        self.assertEqual(self.client.call("HGET", "documents:settings", "embedder"), b"none")
        self.ask("What text?")

    def test_start_over_deletes_nothing_for_a_mistake(self):
        self.copy_documents()
        self.ingest(self.folder)
        count = self.client.call("SCARD", "documents:files")
        ended = self.run_kvorum("ingest", self.folder / "nosuch", "--start-over")
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(self.client.call("SCARD", "documents:files"), count)
        self.client.call("FT.CREATE", "shop", "PREFIX", "1", "item:", "SCHEMA", "text", "TEXT")
        ended = self.run_kvorum("ingest", self.folder, "--index", "shop", "--start-over")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn(b"item:", str(self.client.call("FT.INFO", "shop")).encode())
        self.client.call("FT.DROPINDEX", "shop")
        # Nor is an index made for nothing.
        (self.folder / "empty").mkdir()
        ended = self.run_kvorum("ingest", self.folder / "empty", "--index", "other")
        self.assertEqual((ended.returncode, self.client.call("KEYS", "other:*")), (1, []), ended.stdout)
        self.assertIn("no documents in", ended.stderr)

    def test_one_ingest_at_a_time(self):
        (self.folder / "a.txt").write_text("A quorum is a majority of the replicas.")
        run_id = next(line[7:] for line in self.client.call("INFO", "server").decode().split("\r\n") if line.startswith("run_id:"))
        holder = f"{run_id}:{self.client.call('CLIENT', 'ID')}"
        self.client.call("SET", "documents:ingest", holder)
        ended = self.run_kvorum("ingest", self.folder)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn("another ingest writes into the index 'documents' just now (client 127.0.0.1:", ended.stderr)
        self.assertEqual(self.client.call("GET", "documents:ingest"), holder.encode())
        # Who is gone, or was of another server, is in nobody's way.
        for gone in (f"{run_id}:999999", f"{'0' * 40}:{self.client.call('CLIENT', 'ID')}", "?"):
            self.client.call("SET", "documents:ingest", gone)
            self.ingest(self.folder)
            self.assertEqual(self.client.call("EXISTS", "documents:ingest"), 0)

    def test_wrong_options(self):
        for words in (("--overlap", "100", "--size", "100"), ("--size", "0"), ("--size", "-1"), ("--overlap", "99999999999999999999"), ("--embedder", "nosuch"), ("--by", "moon")):
            ended = self.run_kvorum("ingest", self.folder, *words)
            self.assertEqual(ended.returncode, 1, words)
        self.assertIn("not below the chunk size", self.run_kvorum("ingest", self.folder, "--overlap", "9", "--size", "9").stderr)
        ended = self.run_kvorum("ingest", self.folder / "nosuch")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("nosuch does not exist", ended.stderr)
        self.assertIn("tokens", self.run_kvorum("ingest", self.folder, "--by", "words").stderr, "what there is")
        for words in (("q", "--sources", "0"), ("q", "--neighbours", "1"), ("q", "--context", "-5"), ("",), (" ",)):
            ended = self.run_kvorum("ask", *words, "--json")
            self.assertEqual((ended.returncode, ended.stderr), (1, ""), words)
            self.assertEqual(set(json.loads(ended.stdout)), {"question", "error"}, words)


if __name__ == "__main__":
    main()
