#!/usr/bin/python3
# kvorum-test: no-peer
"""The tour in README.md is what really comes out."""

import os
import re
import subprocess
import unittest
from pathlib import Path

from kvorum_test import main

ROOT = Path(__file__).resolve().parents[2]


class Tour(unittest.TestCase):
    maxDiff = None

    def test_transcript(self):
        readme = (ROOT / "README.md").read_text()
        written = re.search(r"```console\n(\$ examples/foldoc.*?)```", readme, re.S).group(1)
        result = subprocess.run([ROOT / "examples" / "foldoc" / "tour", os.environ["KVORUM_PORT"]], capture_output=True, text=True,
                                timeout=200)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout, written)


main()
