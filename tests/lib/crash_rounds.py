"""Rounds of kill -9 under load, restart and comparison: what tools/crash_loop and crash_test.py run."""

import os
import random
import shutil
import subprocess
import time

from crash_load import Load, Lost, folder_text
from kvorum_test import Client, Server, free_port


def rounds(count, seed, durability, clients=4, most=4000, kept=None, tell=None):
    """Runs so many; returns what was counted. Raises Lost, with all that is needed to look into it, if the server lost anything.

    durability: periodic, sync, or mixed: it changes while it runs. kept: a folder for what was on disk before the last start.
    """
    source = random.Random(seed)
    durabilities = ("periodic", "sync") if durability == "mixed" else (durability,)
    load = Load(source, clients, durabilities=durabilities)
    server = Server("--databases", load.databases, "--durability", durabilities[0], "--enable-debug-command", "yes",
                    "--auto-aof-rewrite-min-size", "500kb")
    kept = kept or server.folder + ".before"
    began = 0
    try:
        for number in range(count):
            began = time.monotonic()
            load.run(server.port, server.kill, most)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(server.folder, kept)
            if source.random() < 0.1:
                inspect(server)
            while source.random() < 0.25:  # killed again, while it starts
                load.counts["killed at the start"] += kill_at_start(server, source)
            server.start()
            client = Client(server.port)
            load.check(client)
            client.close()
            if tell:
                tell(f"round {number + 1}: {load.acknowledged} replies, {time.monotonic() - began:.2f} s, {folder_text(server.folder)}")
    except (AssertionError, OSError, RuntimeError) as error:
        server.kill()
        raise Lost(f"round {number + 1} of seed {seed}, {durability}, {clients} clients, {most} replies at most: {error}\n"
                   f"On disk before the last start, kept in {kept}: {folder_text(kept) if os.path.isdir(kept) else 'nothing'}\n"
                   f"The server's last lines:\n{server.log_tail(25)}") from error
    complaint = server.stop()
    if complaint:
        raise Lost(f"after {count} rounds of seed {seed}: {complaint}\n{server.log_tail(25)}")
    shutil.rmtree(kept, ignore_errors=True)
    return load.counts


def inspect(server):
    """Nothing that kill -9 leaves behind needs a repair."""
    done = subprocess.run([os.environ["KVORUM_BIN"], "check", server.folder], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise Lost(f"kvorum check ended with status {done.returncode} and said:\n{done.stdout}{done.stderr}")


def kill_at_start(server, source):
    """Starts it and kills it at a random moment of its first 10 ms. Returns whether it was still running, as it should be."""
    with open(server.log_path, "ab") as log:
        process = subprocess.Popen([*server.command, "--port", str(free_port()), "--bind", "127.0.0.1", "--dir", server.folder, *server.arguments],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        status = process.wait(source.random() * 0.01)
        raise Lost(f"the server ended by itself at its start, with status {status}")
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return 1
