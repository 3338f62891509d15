#!/usr/bin/python3
"""Documents that are broken, lie or are made to harm: each gets a line with the reason, or is read as far as it can be, and none keeps the rest from being read."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import zipfile
import zlib
from pathlib import Path

from kvorum_test import TestCase, main

DOCUMENTS = Path(__file__).resolve().parents[2] / "examples" / "documents"

PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> >>"
FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(content, words=""):
    return f"<< /Length {len(content)} {words} >>\nstream\n".encode() + content + b"\nendstream"


def pdf(objects, trailer=""):
    out = b"%PDF-1.5\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + (body if isinstance(body, bytes) else body.encode()) + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n".encode()


def pages(kids, count, *objects):
    return pdf(["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {count} >>", *objects])


def page_of(content, *more, trailer=""):
    return pdf(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE, content, FONT, *more], trailer)


def text_of(words):
    return stream(f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET /X Do".encode())


def docx(*runs):
    return "<w:document><w:body>" + "".join(f"<w:p><w:r><w:t>{run}</w:t></w:r></w:p>" for run in runs) + "</w:body></w:document>"


def overlapping(names, raw):
    """An archive whose entries are all the same bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(raw) + packer.flush()
    sizes = struct.pack("<III", zlib.crc32(raw), len(packed), len(raw))
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(names[0]), 0) + names[0] + packed
    entries = b"".join(b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
                       for name in names)
    return local + entries + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(entries), len(local), 0)


class HostileDocuments(TestCase):
    def setUp(self):
        super().setUp()
        self.client.call("FLUSHALL")
        self.client.call("FT.DROPINDEX", "documents")
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["KVORUM_DIR"]))
        self.write("good.txt", "The zebra has stripes because flies dislike them.")

    def write(self, name, content):
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def archive(self, name, *parts):
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in parts:
                archive.writestr(part, content)

    def ingest(self, seconds=5, during=lambda: None):
        command = [os.environ["KVORUM_BIN"], "ingest", "--host", os.environ["KVORUM_HOST"], "--port", os.environ["KVORUM_PORT"], str(self.folder)]
        environment = os.environ | {"KVORUM_DOCUMENT_SECONDS": str(8 * seconds if os.environ.get("KVORUM_SANITIZER") else seconds)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as ingest:
            during()
            out, err = ingest.communicate(timeout=500)
        self.assertEqual(ingest.returncode, 2 if "\nNot read" in out else 0, err)
        self.assertIn("zebra", self.texts("good.txt"))
        return out

    def texts(self, name):
        """What is stored of a file."""
        found = []
        for key in self.client.call("KEYS", "documents:chunk:*"):
            path, text = self.client.call("HMGET", key, "path", "text")
            if Path(path.decode()).name == name:
                found.append(text.decode())
        return " ".join(found)

    def check(self, summary, reasons=(), read=()):
        """Files with a line each, that says so; and words that were read of others."""
        for name, reason in reasons:
            lines = [line for line in summary.splitlines() if f"/{name} " in line]
            self.assertEqual(len(lines), 1, (name, summary))
            self.assertIn(reason, lines[0])
        for name, words in read:
            self.assertIn(words, self.texts(name), name)

    def test_broken_and_empty(self):
        self.write("empty.pdf", b"")
        self.write("broken.pdf", "%PDF-1.7\nnothing behind it")
        self.write("truncated.pptx", (DOCUMENTS / "key_value_databases.pptx").read_bytes()[:3000])
        self.write("picture.txt", bytes(range(256)) * 40)
        self.write("lonely.index", "word\tA\tB\n")
        (self.folder / "locked.txt").mkdir()
        self.check(self.ingest(), (("empty.pdf", "is empty"), ("broken.pdf", "is broken"), ("truncated.pptx", "is broken"), ("picture.txt", "is no text"),
                                   ("lonely.index", "has no dictionary beside it")))

    def test_encrypted(self):
        self.write("office.docx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + bytes(600))
        key = "<" + "5A" * 32 + ">"
        self.write("locked.pdf", page_of(text_of("x"), trailer=f"/Encrypt << /Filter /Standard /V 1 /R 2 /O {key} /U {key} /P -4 >> /ID [<00> <00>]"))
        self.archive("parts.docx", ("word/document.xml", docx("secret")))
        content = bytearray((self.folder / "parts.docx").read_bytes())
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
        self.write("parts.docx", bytes(content))
        self.check(self.ingest(), [(name, "is encrypted") for name in ("office.docx", "locked.pdf", "parts.docx")])

    def test_archives(self):
        self.archive("bomb.docx", ("word/document.xml", " " * (100 << 20)))
        self.archive("nested.docx", ("word/document.xml", b"PK\x03\x04" + bytes(1000)))
        self.archive("many.docx", ("word/document.xml", docx("one of many")), *((f"x/{i}.xml", "") for i in range(20000)))
        slides = '<p><sldIdLst>' + '<sldId r:id="a"/>' * 9000 + "</sldIdLst></p>"
        self.archive("slides.pptx", ("ppt/presentation.xml", slides), ("ppt/_rels/presentation.xml.rels", '<R><Relationship Id="a" Type="x/slide" Target="s.xml"/></R>'),
                     ("ppt/s.xml", "<s>" + " " * (60 << 20) + "</s>"))
        self.write("overlapping.docx", overlapping([b"word/document.xml", b"word/styles.xml", b"word/footnotes.xml", *(b"word/%d.xml" % i for i in range(20000))],
                                                   b"<a>" + b" " * (20 << 20) + b"</a>"))
        self.check(self.ingest(20), (("bomb.docx", "unpacks to more than 64 MiB"), ("nested.docx", "is broken"), ("slides.pptx", "unpacks to more than 512 MiB"),
                                   ("overlapping.docx", "holds no text")), [("many.docx", "one of many")])

    def test_xml(self):
        deep = "<d><body>" + "<sdt><sdtContent>" * 5000 + "</sdtContent></sdt>" * 5000 + "</body></d>"
        self.archive("deep.docx", ("word/document.xml", deep))
        laughs = '<!DOCTYPE d [<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)) + "]>"
        self.archive("laughs.docx", ("word/document.xml", laughs + docx("before &a9; after")))
        self.archive("outside.docx", ("word/document.xml", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + docx("seen &x; outside")))
        self.check(self.ingest(), [("deep.docx", "is nested deeper")], [("laughs.docx", "before &a9; after"), ("outside.docx", "seen &x; outside")])

    def test_pdf(self):
        ours = (DOCUMENTS / "balanced_trees.pdf").read_bytes()
        self.write("endless.pdf", ours.replace(b"/Count 4", b"/Count 2000000000"))
        # A page tree that contains itself; one that is deep; one with a page a million times.
        self.write("loop.pdf", ours.replace(b"/Kids [6 0 R", b"/Kids [2 0 R"))
        self.write("deep.pdf", pages("3 0 R", 1, *(f"<< /Type /Pages /Kids [{i} 0 R] /Count 1 >>" for i in range(4, 20000)), "<< /Type /Page /MediaBox [0 0 9 9] >>"))
        self.write("million.pdf", pages("3 0 R " * 1000000, 1000000, PAGE, text_of("x"), FONT))
        self.write("form.pdf", page_of(text_of("form"), stream(b"/X Do /X Do", "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>")))
        self.write("image.pdf", page_of(text_of("beside a picture"), stream(b"x", "/Type /XObject /Subtype /Image /Width 2000000000 /Height 2000000000 "
                                                                           "/ColorSpace /DeviceRGB /BitsPerComponent 8")))
        self.write("packed.pdf", page_of(stream(zlib.compress(zlib.compress(b"(aaaaaaaa) Tj " * 2000000, 9), 9), "/Filter [/FlateDecode /FlateDecode]")))
        self.write("length.pdf", page_of("<< /Length 4 0 R >>\nstream\nBT ET\nendstream"))
        self.check(self.ingest(3), [(name, "") for name in ("deep.pdf", "million.pdf", "packed.pdf", "length.pdf")], [("form.pdf", "form"), ("image.pdf", "beside a picture")])

    def test_html_and_markdown(self):
        self.write("deep.html", "<p>a</p>" + "<div><b>" * 200000)
        self.write("attributes.html", "<p " + " ".join(f"a{i}=1" for i in range(100000)) + ">text</p>")
        self.write("tables.html", "<table>" * 3000 + "<td>in tables")
        self.write("deep.md", "> " * 100000 + "quoted\n" + "- " * 50000 + "item\n" + "[" * 100000 + "\n" + "#" * 50000 + "\n" + "".join("  " * i + "- x\n" for i in range(1000)))
        # The parser takes time that grows with the square of the attributes. Another time it may be enough, so what was known stays.
        self.write("attributes.html", "<p>known before</p>")
        self.ingest(2)
        self.write("attributes.html", "<p " + " ".join(f"a{i}=1" for i in range(100000)) + ">text</p>")
        out = self.ingest(2)
        self.assertIn("known before", self.texts("attributes.html"))
        self.check(out, [("deep.html", ""), ("attributes.html", "took too long")], [("tables.html", "in tables"), ("deep.md", "quoted")])

    def test_names_that_lie(self):
        self.write("page.pdf", "<!doctype html><p>Sorry, not found.")
        self.write("report.docx", page_of(text_of("portable")))
        shutil.copy(DOCUMENTS / "replication.docx", self.folder / "notes.md")
        self.write("words.pptx", "only text")
        self.write("picture.html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        self.write("book.index", "an index of the book\n")
        self.check(self.ingest(), (("words.pptx", "is broken"), ("picture.html", "is no HTML"), ("book.index", "is no index")),
                   (("page.pdf", "Sorry, not found."), ("report.docx", "portable"), ("notes.md", "quorum")))

    def test_what_is_no_file(self):
        os.mkfifo(self.folder / "pipe.txt")
        (self.folder / "zeros.txt").symlink_to("/dev/zero")
        (self.folder / "circle.txt").symlink_to("circle.txt")
        self.write("words.index", "word\tA\tB\n")
        os.mkfifo(self.folder / "words.dict")
        with socket.socket(socket.AF_UNIX) as listener:
            here = os.getcwd()
            os.chdir(self.folder)  # the name of a socket may not be long
            listener.bind("socket.txt")
            os.chdir(here)
            self.check(self.ingest(), [("words.index", "words.dict is no file")])

    def test_large_and_growing(self):
        self.write("line.txt", "x" * (8 << 20))
        self.write("growing.txt", "it grows\n")
        is_over = threading.Event()

        def grow():
            with open(self.folder / "growing.txt", "ab", buffering=0) as file:
                for _ in range(4000):
                    if is_over.is_set():
                        return
                    file.write(b"and grows while it is read\n" * 40)

        growing = threading.Thread(target=grow)
        summary = self.ingest(during=growing.start)
        is_over.set()
        growing.join()
        self.check(summary, (), [("growing.txt", "it grows")])
        self.assertIn("0 not read", summary)


if __name__ == "__main__":
    main()
