"""What the Python programs under tests/ share: servers, a bare RESP client, and a main that counts.

    #!/usr/bin/python3
    # kvorum-test: -- --maxmemory 10mb          (optional: directives for the server that tests/run starts)
    from kvorum_test import Client, Server, TestCase, main

    class Example(TestCase):
        def test_get(self):
            self.assertEqual(self.client.call("GET", "missing"), None)

    main()
"""

import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 60
REPLY_TIMEOUT_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Readiness:
    """Hears from a server, as systemd does, that it can be connected to."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("")  # an abstract name that the system chooses
        self.environment = dict(os.environ, NOTIFY_SOCKET="@" + self.socket.getsockname()[1:].decode())
        return self

    def __exit__(self, *_):
        self.socket.close()

    def wait(self, process):
        """False if the process ended instead, or said nothing for too long."""
        pidfd = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(self.socket, select.POLLIN)
            poll.register(pidfd, select.POLLIN)
            while ready := poll.poll(START_TIMEOUT_S * 1000):
                if self.socket.fileno() not in (fd for fd, _ in ready):
                    return False
                if b"READY=1" in self.socket.recv(4096):
                    return True
            return False
        finally:
            os.close(pidfd)


class Server:
    """A server of the build under test, on a free port of 127.0.0.1, in a folder of its own.

    Server("--maxmemory", "10mb") adds directives; a configuration file's name may come first.
    """

    def __init__(self, *arguments, command=None, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="server-", dir=os.environ.get("KVORUM_DIR"))
        os.makedirs(self.folder, exist_ok=True)
        self.log_path = os.path.join(self.folder, "log")
        self.arguments = [str(argument) for argument in arguments]
        self.command = shlex.split(command or os.environ["KVORUM_SERVER"])
        self.start()

    def start(self):
        self.port = free_port()
        file = [] if not self.arguments or self.arguments[0].startswith("--") else self.arguments[:1]
        directives = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                      "--supervised", "systemd"]
        with open(self.log_path, "ab") as log, Readiness() as readiness:
            self.process = subprocess.Popen(self.command + file + directives + self.arguments[len(file):], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, env=readiness.environment)
            if readiness.wait(self.process):
                return
        status = self.process.poll()
        self.kill()
        what = f"is not ready after {START_TIMEOUT_S} s" if status is None else f"ended with status {status}"
        raise RuntimeError(f"the server {what}: {self.log_tail()}")

    def client(self, protocol=2):
        return Client(self.port, protocol=protocol)

    def stop(self):
        """Asks it to end. Returns None, or what was wrong with how it ended."""
        if self.process.poll() is not None:
            return f"the server had ended, with status {self.process.returncode}"
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return f"the server ignored SIGTERM for {STOP_TIMEOUT_S} s"
        return None if status == 0 else f"the server ended with status {status}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log_tail(self, lines=60):
        try:
            with open(self.log_path, errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except OSError:
            return ""


class Error(str):
    """An error reply."""


class Push(list):
    """A RESP3 push."""


class Attribute(dict):
    """A RESP3 attribute, which stands before the reply it belongs to."""


class Client:
    """A connection that sends exactly what it is told and returns replies as they came.

    Bulk and simple strings are bytes and str, errors Error, nulls None; RESP3 maps are dict where keys can be, sets are lists.
    """

    def __init__(self, port=None, host="127.0.0.1", path=None, protocol=2, timeout_s=REPLY_TIMEOUT_S):
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout_s)
            self.socket.connect(path)
        else:
            self.socket = socket.create_connection((host, port or int(os.environ["KVORUM_PORT"])), timeout_s)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")
        if protocol == 3:
            self.call("HELLO", "3")

    def send(self, *words):
        """Sends one command and does not wait."""
        self.send_raw(encode(*words))

    def send_raw(self, data):
        self.socket.sendall(data)

    def call(self, *words):
        self.send(*words)
        return self.read()

    def pipeline(self, *commands):
        self.send_raw(b"".join(encode(*words) for words in commands))
        return [self.read() for _ in commands]

    def closed(self):
        """Whether the server has closed the connection; waits for it."""
        try:
            return self.reader.read(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.reader.close()
        self.socket.close()

    def line(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"the server closed the connection after {line!r}")
        return line[:-2]

    def read(self):
        """The next reply."""
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind in b"$=!":
            if rest == b"-1":
                return None
            data = self.reader.read(int(rest) + 2)[:-2]
            return Error(data.decode(errors="replace")) if kind == b"!" else data[4:] if kind == b"=" else data
        if kind in b"*~>":
            if rest == b"-1":
                return None
            items = [self.read() for _ in range(int(rest))]
            return Push(items) if kind == b">" else items
        if kind in b"%|":
            pairs = [(self.read(), self.read()) for _ in range(int(rest))]
            return (Attribute if kind == b"|" else dict)(pairs)
        if kind == b"_":
            return None
        if kind == b"#":
            return rest == b"t"
        if kind == b",":
            return float(rest)
        if kind == b"(":
            return int(rest)
        raise ValueError(f"not a reply: {line!r}")


def encode(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class TestCase(unittest.TestCase):
    """Each test has self.client, a fresh connection to the server that tests/run started, and an empty keyspace."""

    def setUp(self):
        self.client = Client()
        self.client.call("FLUSHALL")

    def tearDown(self):
        self.client.close()

    def assertErrorStarts(self, reply, start):
        self.assertIsInstance(reply, Error)
        self.assertTrue(reply.startswith(start), f"{reply!r} does not start with {start!r}")


def main():
    """Runs the calling program's tests; the last line counts them for tests/run."""
    program = unittest.main(exit=False, warnings="ignore", verbosity=2 if "-v" in sys.argv else 1)
    result = program.result
    # A test with several subtests fails once.
    failed = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors}) + len(result.unexpectedSuccesses)
    passed = max(0, result.testsRun - failed - len(result.skipped))
    sys.stderr.flush()
    print(f"{passed} passed, {failed} failed" + (f", {len(result.skipped)} skipped" if result.skipped else ""), flush=True)
    sys.exit(1 if failed else 0)
