#!/usr/bin/python3
# kvorum-test: no-server
"""docs/compatibility.md is what `make docs` would write."""

import subprocess
import unittest
from pathlib import Path

from kvorum_test import main

TOOL = Path(__file__).resolve().parents[2] / "tools" / "generate_docs"


class CompatibilityPage(unittest.TestCase):
    def test_is_up_to_date(self):
        result = subprocess.run([TOOL, "--check"], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


main()
