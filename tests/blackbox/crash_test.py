#!/usr/bin/python3
"""kill -9 under load, restart, comparison with what was acknowledged: a few rounds; tools/crash_loop runs any number by hand."""
# kvorum-test: no-server no-peer
import os
import random
import tempfile
import unittest

import crash_rounds
from crash_load import Lost
from crash_rounds import rounds
from kvorum_test import Server, main

ROUNDS = 5 if os.environ.get("KVORUM_SANITIZER") else 25


class Forgetful(Server):
    """Loses the last bytes of its journal at each start."""

    def start(self):
        segments = sorted(name for name in os.listdir(self.folder) if name.startswith("journal-"))
        if segments:
            path = os.path.join(self.folder, segments[-1])
            with open(path, "r+b") as file:
                used = len(file.read().rstrip(b"\0"))
                file.truncate(max(64, used - 2000))
        super().start()


class Crash(unittest.TestCase):
    def run_rounds(self, durability):
        seed = random.randrange(1 << 32)
        with self.subTest(seed=seed, durability=durability):
            counts = rounds(ROUNDS, seed, durability, clients=random.Random(seed).choice((2, 4, 8)))
            self.assertGreater(counts["replies"], ROUNDS)

    def test_periodic(self):
        self.run_rounds("periodic")

    def test_sync(self):
        self.run_rounds("sync")

    def test_changing(self):
        self.run_rounds("mixed")

    def test_a_loss_is_seen(self):
        self.addCleanup(setattr, crash_rounds, "Server", Server)
        crash_rounds.Server = Forgetful
        with self.assertRaises(Lost):
            rounds(ROUNDS, random.randrange(1 << 32), "periodic", kept=os.path.join(tempfile.mkdtemp(), "before"))


main()
