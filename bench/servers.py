"""Servers for benchmarks: started, measured and ended the same way, whichever they are."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOAD_GENERATOR = os.path.join(ROOT, "build/release/bin/load_generator")
CLIENTS = 50
SERVER_CPU, LOAD_CPU = 0, 1
KEYS = 1_000_000
TICK = os.sysconf("SC_CLK_TCK")
FILL = "__rand_int__"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """Without persistence unless `directives` say otherwise."""

    def __init__(self, name, command, directives=(), folder=None, cpus=str(SERVER_CPU)):
        self.name, self.command, self.cpus = name, command, cpus
        self.dir = tempfile.mkdtemp(prefix="kvorum-bench-", dir=folder)
        self.directives = list(directives) or ["--appendonly", "no"]
        self.start()

    def start(self, timeout_s=600):
        self.port = free_port()
        args = ["--port", str(self.port), "--save", "", "--dir", self.dir] + self.directives
        self.log = open(os.path.join(self.dir, "log"), "ab")
        self.process = subprocess.Popen(["taskset", "-c", self.cpus] + self.command + args, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                if self.cli("PING") == "PONG":
                    return
            except subprocess.CalledProcessError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"{self.name} did not start; its log is {self.log.name}")
            time.sleep(0.005)

    def cli(self, *words, stdin=None):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], stdin=stdin, check=True,
                              capture_output=True, text=True).stdout.strip()

    def ask(self, *words):
        """One command over a connection of its own; the reply is a line or a bulk string. Starts no process, which would be in the way of what
        is measured."""
        with socket.create_connection(("127.0.0.1", self.port)) as s, s.makefile("rb") as replies:
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
            line = replies.readline().decode().strip()
            if line.startswith("-"):
                sys.exit(f"{self.name}: {' '.join(words)}: {line[1:]}")
            return replies.read(int(line[1:])).decode() if line.startswith("$") else line[1:]

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def rss_bytes(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024

    def pipe(self, commands):
        """Sends commands, as lists of byte strings, through redis-cli --pipe."""
        with tempfile.TemporaryFile() as file:
            for command in commands:
                file.write(b"*%d\r\n" % len(command))
                for word in command:
                    file.write(b"$%d\r\n%s\r\n" % (len(word), word))
            file.seek(0)
            out = self.cli("--pipe", stdin=file)
        if "errors: 0" not in out:
            sys.exit(f"{self.name}: {out}")

    def load(self, pipeline, requests, words):
        """Runs redis-benchmark, or load_generator for a command with {begin}; returns requests a second, CPU microseconds a request, and
        p99 in ms."""
        words = ["x" * int(w[1:]) if w.startswith("@") else w for w in words]
        before = self.cpu_seconds()
        if "{begin}" in words:
            out = subprocess.run(
                ["taskset", "-c", str(LOAD_CPU), LOAD_GENERATOR, str(self.port), str(CLIENTS), str(pipeline), str(requests),
                 str(KEYS - 10)] + words, check=True, capture_output=True, text=True).stdout.split()
            return float(out[0]), (self.cpu_seconds() - before) / requests * 1e6, float(out[1])
        out = subprocess.run(
            ["taskset", "-c", str(LOAD_CPU), "redis-benchmark", "-p", str(self.port), "-c", str(CLIENTS), "-P",
             str(pipeline), "-n", str(requests), "-r", str(KEYS), "--csv"] + words,
            check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
        cpu = (self.cpu_seconds() - before) / requests * 1e6
        cells = [c.strip('"') for c in out.rsplit('","', 7)]
        return float(cells[1]), cpu, float(cells[6])

    def info(self, section="everything"):
        lines = (line.split(":", 1) for line in self.ask("INFO", section).splitlines())
        return dict((line[0], line[1].strip()) for line in lines if len(line) == 2)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.kill()
        shutil.rmtree(self.dir)


def find_redis(path):
    """The Redis to compare with. Debian's redis-tools holds the server too, as redis-check-rdb: it is the server under the name it is
    called by."""
    path = path or shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if path is None:
        sys.exit("there is no Redis here: apt-get install redis-server")
    if os.path.basename(path) != "redis-check-rdb":
        return path
    link = os.path.join(tempfile.mkdtemp(prefix="kvorum-bench-"), "redis-server")
    os.symlink(os.path.realpath(path), link)
    return link


def print_machine(redis, runs):
    version = subprocess.run([redis, "--version"], capture_output=True, text=True).stdout.strip()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    print(f"{version}\n{cpu}, {os.cpu_count()} processors; medians of {runs} interleaved runs; {time.strftime('%F')}")
