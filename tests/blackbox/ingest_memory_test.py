#!/usr/bin/python3
"""`kvorum ingest` of inputs that grow: what it and the processes that read documents take does not grow with them; and many documents that
are read at once keep their order and their parts."""

import gzip
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from kvorum_test import TestCase, main

SMALL, LARGE = 10_000_000, 40_000_000
# Resident memory of the largest process of an ingest of the large input: how much more than of the small one, and at most. More: what ReadAhead may hold at worst
# (documents/read_ahead.h), as the small input need not have filled it; the inputs differ by 30 MB.
MOST_MORE_KB, MOST_KB = 8 << 10, 64 << 10
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def paragraphs(size):
    """Bytes of text in paragraphs, no two the same."""
    number = done = 0
    while done < size:
        number += 1
        text = f"Paragraph {number} holds {number * 7919 % 10007} words that nobody has counted, and {number} is its number. " * 8 + "\n\n"
        done += len(text)
        yield text.encode()


def base64(number):
    return (base64(number // 64) if number >= 64 else "") + DIGITS[number % 64]


@unittest.skipIf(os.environ.get("KVORUM_SANITIZER"), "a sanitizer keeps what is freed")
class Memory(TestCase):
    def setUp(self):
        super().setUp()
        self.client.call("FLUSHALL")
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]))

    def ingest_peak_kb(self, path):
        """Of the largest process of all that take part, but for the server."""
        command = [os.environ["KVORUM_BIN"], "ingest", "--host", os.environ["KVORUM_HOST"], "--port", os.environ["KVORUM_PORT"], str(path),
                   "--embedder", "none", "--start-over"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            out = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, out)
        self.assertIn(" 0 not read", out)
        return used.ru_maxrss

    def check(self, write):
        peaks = []
        for size in (SMALL, LARGE):
            path = self.folder / str(size)
            path.mkdir()
            write(path, size)
            peaks.append(self.ingest_peak_kb(path))
        self.assertLess(peaks[1], peaks[0] + MOST_MORE_KB, peaks)
        self.assertLess(peaks[1], MOST_KB, peaks)

    def test_one_text(self):
        def write(folder, size):
            with open(folder / "one.txt", "wb") as file:
                file.writelines(paragraphs(size))
        self.check(write)

    def test_one_text_without_lines(self):
        def write(folder, size):
            with open(folder / "one.txt", "wb") as file:
                file.writelines(part.replace(b"\n\n", b" ") for part in paragraphs(size))
        self.check(write)

    def test_many_texts(self):
        def write(folder, size):
            part = list(paragraphs(100_000))
            for number in range(size // 100_000):
                (folder / f"{number:05}.md").write_bytes(f"# Part {number}\n\n".encode() + b"".join(part))
        self.check(write)

    def test_one_dictionary(self):
        def write(folder, size):
            at = 0
            with open(folder / "one.index", "w") as index, gzip.open(folder / "one.dict.dz", "wb", compresslevel=1) as text:
                # Long entries: the index itself, a line for each, is held as a whole.
                for number, entry in enumerate(paragraphs(size)):
                    text.write(entry)
                    at += len(entry)
                    if number % 50 == 49:
                        index.write(f"word{number}\t{base64(at - 50 * len(entry) // 2)}\t{base64(len(entry))}\n")
        self.check(write)

    def test_many_documents_stay_apart(self):
        for number in range(300):
            (self.folder / f"{number:03}.txt").write_text("\n\n".join(f"Document {number} says {i} things here. " * (1 + number % 7) for i in range(1 + number % 40)))
        (self.folder / "005.txt").write_bytes(b"")
        self.ingest_all_but_one()
        for file in self.client.call("SMEMBERS", "documents:files"):
            record = self.client.call("HMGET", b"documents:file:" + file, "path", "chunks")
            number = int(Path(record[0].decode()).stem)
            for chunk in range(int(record[1])):
                text, path = self.client.call("HMGET", b"documents:chunk:" + file + b":%d" % chunk, "text", "path")
                self.assertEqual(path, record[0])
                self.assertTrue(text.startswith(f"Document {number} says ".encode()), text)
            last = self.client.call("HGET", b"documents:chunk:" + file + b":%d" % (int(record[1]) - 1), "text")
            self.assertIn(f" says {number % 40} things".encode(), last)
        self.assertEqual(self.client.call("SCARD", "documents:files"), 299)

    def ingest_all_but_one(self):
        out = subprocess.run([os.environ["KVORUM_BIN"], "ingest", "--host", os.environ["KVORUM_HOST"], "--port", os.environ["KVORUM_PORT"], str(self.folder),
                              "--start-over"], capture_output=True, text=True, timeout=120)
        self.assertEqual(out.returncode, 2, out.stderr)
        self.assertIn("300 files in", out.stdout)
        self.assertIn("005.txt is empty", out.stdout)


if __name__ == "__main__":
    main()
