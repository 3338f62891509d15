#!/usr/bin/python3
"""kvorum experiment from end to end: a grid over small documents, with a server of its own; what it writes, and what it says of mistakes."""
# kvorum-test: no-server no-peer
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
from kvorum_test import main

TREES = """# Balance

An AVL tree keeps the heights of two siblings within one of each other. After an insertion it is balanced by rotations.

# History

It was found in 1962 by two mathematicians.
"""
LOGS = "A journal is written before a reply is sent.\n\nA snapshot makes the journal before it superfluous.\n"


class Experiment(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]))
        (self.folder / "documents").mkdir()
        (self.folder / "documents" / "trees.md").write_text(TREES)
        (self.folder / "documents" / "logs.txt").write_text(LOGS)

    def run_plan(self, plan, *words):
        path = self.folder / "grid.json"
        path.write_text(plan if isinstance(plan, str) else json.dumps(plan))
        return subprocess.run([os.environ["KVORUM_BIN"], "experiment", str(path), *words], capture_output=True, text=True, timeout=120)

    def plan(self, **more):
        return {"documents": ["documents"], "questions": [
            {"question": "When was the tree found?", "answers": ["1962"]},
            {"question": "How is an AVL tree balanced?", "answers": [{"document": "trees.md", "text": "by rotations"}]},
            "What makes a journal superfluous?"], **more}

    def test_a_grid(self):
        grid = {"chunk_by": "characters", "chunk_size": [60, 400], "overlap": [0, 60], "embedder": "none", "retrieval": "words"}
        done = self.run_plan(self.plan(grid=grid))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("4 configurations in", done.stdout)
        self.assertIn("1 failed", done.stdout)
        self.assertIn("characters 60/60, none, hnsw, words, none: ", done.stderr, "an overlap not below the size fails, the rest goes on")
        with open(self.folder / "results" / "results.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["chunk_size"], row["overlap"], row["failure"] == "") for row in rows],
                         [("60", "0", True), ("60", "60", False), ("400", "0", True), ("400", "60", True)])
        self.assertGreater(int(rows[0]["chunks"]), int(rows[2]["chunks"]))
        self.assertEqual(rows[2]["questions_with_answers"], "2")
        self.assertEqual(float(rows[2]["recall_at_5"]), 1)
        self.assertGreater(float(rows[2]["answers_right"]), 0)
        self.assertGreater(int(rows[2]["server_bytes"]), 0)
        self.assertEqual(rows[1]["recall_at_5"], "")
        blocks = (self.folder / "results" / rows[2]["log"]).read_text().split("=" * 50 + "\n")
        self.assertEqual(len(blocks), 4)
        self.assertEqual(blocks[3], "")
        self.assertRegex(blocks[0], r"\AQuestion: When was the tree found\?\nResponse:\n(.|\n)*trees\.md")
        HTMLParser().feed((self.folder / "results" / "results.html").read_text())
        self.assertIn("overlap", (self.folder / "results" / "results.html").read_text())

    def test_models_and_embedders_that_run_elsewhere(self):
        server = subprocess.Popen([str(Path(__file__).resolve().parents[1] / "lib/model_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        url = "http://127.0.0.1:" + server.stdout.readline().split()[1]
        os.environ["OPENAI_API_KEY"] = "secret"
        try:
            models = ["none", f"ollama:ok@{url}", f"ollama:missing@{url}", f"ollama:ends-in-the-middle@{url}", f"openai:byte-by-byte@{url}/v1", "nonsense"]
            done = self.run_plan(self.plan(grid={"chunk_size": 300, "overlap": 0, "embedder": f"ollama:ok@{url}", "model": models}))
        finally:
            del os.environ["OPENAI_API_KEY"]
            server.stdin.close()
            server.wait()
            server.stdout.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("6 configurations in", done.stdout)
        self.assertIn("3 failed", done.stdout)
        with open(self.folder / "results" / "results.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["model"] for row in rows], models)
        self.assertEqual([row["failure"] != "" for row in rows], [False, False, True, True, False, True])
        self.assertIn("not found", rows[2]["failure"])
        self.assertEqual(len({row["log"] for row in rows}), 6)
        for row in (rows[1], rows[4]):
            log = (self.folder / "results" / row["log"]).read_text()
            # Word for word, but for the passages that are named behind the text.
            self.assertRegex(log, r"\A(Question: [^\n]+\nResponse:\nTrees keep their balance by rot\u00e4tions\.(.|\n)*?\n={50}\n){3}\Z")
            self.assertEqual(log.count("Question: "), 3)
            self.assertEqual(float(row["recall_at_5"]), 1)
            self.assertGreater(float(row["embed_seconds"]), 0)
            self.assertGreater(float(row["answer_seconds"]), 0)

    def test_a_configuration_that_fails_in_the_middle_leaves_the_others_alone(self):
        (self.folder / "documents" / "long.txt").write_text("".join(f"Line {i} is of twenty bytes.\n\n" for i in range(400)))
        server = subprocess.Popen([str(Path(__file__).resolve().parents[1] / "lib/model_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            embedder = "ollama:cuts-from-4-to-7@http://127.0.0.1:" + server.stdout.readline().split()[1]
            done = self.run_plan(self.plan(grid={"chunk_size": 30, "overlap": 0, "embedder": [embedder, "builtin"]}))
        finally:
            server.stdin.close()
            server.wait()
            server.stdout.close()
        self.assertIn("2 configurations in", done.stdout)
        with open(self.folder / "results" / "results.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertIn("cut its answer off", rows[0]["failure"])
        self.assertEqual(rows[1]["failure"], "")

    def test_questions_in_squads_form_bring_their_documents(self):
        squad = {"data": [{"paragraphs": [{"context": TREES, "qas": [{"question": "When?", "answers": [{"text": "1962", "answer_start": 0}]}]}]}]}
        (self.folder / "squad.json").write_text(json.dumps(squad))
        done = self.run_plan({"questions": "squad.json", "grid": {"embedder": "none", "retrieval": "words"}}, "--output", str(self.folder / "out"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "out" / "results.csv").exists())

    def test_the_help_shows_a_plan(self):
        help_text = subprocess.run([os.environ["KVORUM_BIN"], "experiment", "--help"], capture_output=True, text=True, check=True).stdout
        shown = re.search(r"\n  \{\n.*?\n  \}\n", help_text, re.DOTALL).group()
        plan = json.loads(re.sub(r"//.*", "", shown))
        self.assertEqual(set(plan["grid"]), {"chunk_by", "chunk_size", "overlap", "embedder", "index", "retrieval", "model"})
        grid = plan["grid"] | {"chunk_size": [500], "overlap": [50], "retrieval": ["hybrid"]}
        done = self.run_plan(self.plan(**plan | {"documents": ["documents"], "grid": grid, "output": "shown"}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "shown" / "results.html").exists())

    def test_mistakes(self):
        cases = (
            ("", "parse error"),
            ("{", "parse error"),
            (self.plan(gird={}), 'there is no "gird"'),
            (self.plan(documents=["nowhere"]), "nowhere"),
            (self.plan(questions="none.txt"), "none.txt: No such file"),
        )
        for plan, words in cases:
            with self.subTest(words=words):
                done = self.run_plan(plan)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
                self.assertTrue(done.stderr.startswith("kvorum experiment: "), done.stderr)
        done = self.run_plan(self.plan(grid={"embedder": "nosuch"}))
        self.assertEqual(done.returncode, 1, "none of its configurations ran")
        self.assertIn("nosuch", done.stderr)
        done = self.run_plan(self.plan(), "--port", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Without --host and --port a server is started", done.stderr)


if __name__ == "__main__":
    main()
