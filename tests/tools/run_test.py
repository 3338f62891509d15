#!/usr/bin/python3
# kvorum-test: no-server
"""tests/run counts what programs say, and believes none that ends badly; tools/setup knows its sections."""

import importlib.machinery
import importlib.util
import os
import select
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from kvorum_test import main

ROOT = Path(__file__).resolve().parents[2]


def load(path):
    loader = importlib.machinery.SourceFileLoader("runner", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("runner", loader))
    loader.exec_module(module)
    return module


runner = load(ROOT / "tests" / "run")


class Counting(unittest.TestCase):
    def test_count_line(self):
        self.assertEqual(runner.count("dots\n3 passed, 0 failed\n", 0), (3, 0, 0))
        self.assertEqual(runner.count("3 passed, 2 failed, 1 skipped\n", 1), (3, 2, 1))
        self.assertEqual(runner.count("1 passed, 0 failed\nmore\n7 passed, 0 failed", 0), (7, 0, 0))

    def test_tap(self):
        self.assertEqual(runner.count("ok 1 - a\nnot ok 2 - b\nok 3 # SKIP no disk\n", 1), (1, 1, 1))

    def test_exit_status_alone(self):
        self.assertEqual(runner.count("", 0), (1, 0, 0))
        self.assertEqual(runner.count("words", 3), (0, 1, 0))

    def test_a_bad_exit_is_a_failure_whatever_was_counted(self):
        self.assertEqual(runner.count("5 passed, 0 failed\n", 139), (5, 1, 0))
        self.assertEqual(runner.count("ok 1\n", 1), (1, 1, 0))

    def test_a_program_that_does_not_end_is_killed_with_its_children(self):
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            status, text = runner.run_program(["/bin/sh", "-c", "echo begun; sleep 1000 & echo $! >child; wait"], 1, cwd=folder)
            self.assertEqual(status, 124)
            self.assertIn("begun", text)
            self.assertLess(time.monotonic() - start, 60)
            child = int(Path(folder, "child").read_text())
            try:
                ended = os.pidfd_open(child)
            except ProcessLookupError:
                return
            self.assertTrue(select.select([ended], [], [], 60)[0], "the child was killed too")
            os.close(ended)


class Setup(unittest.TestCase):
    def setup_tool(self, *sections, **environment):
        return subprocess.run([ROOT / "tools" / "setup", *sections], capture_output=True, text=True, env=dict(os.environ, **environment))

    def test_what_is_there_is_left_alone(self):
        result = self.setup_tool("build", "test")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_unknown_section(self):
        result = self.setup_tool("nonsense")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no section [nonsense]", result.stderr)


main()
