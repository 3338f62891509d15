// What `kvorum --help` and `kvorum server --help` print.
#pragma once

namespace kvorum {

inline constexpr char kHelp[] = R"(Kvorum: a server for keys and values that every Redis client can talk to.

  kvorum server              starts a server on port 6379
  kvorum server --help       tells how to configure it
  kvorum import FILE         sends what a Redis wrote to dump.rdb to a running server
  kvorum export FILE         writes what a running server holds to such a file
  kvorum check DIR           inspects a data folder, and repairs it when told to
  kvorum backup DIR TO       copies a data folder, also while a server uses it
  kvorum restore BACKUP DIR  makes a data folder from a backup, also as of a time
  kvorum ingest PATH...      puts documents into an index: PDF, PPTX, DOCX, HTML, Markdown, text, dictionaries
  kvorum ask QUESTION        answers from them, with the sources
  kvorum experiment FILE     compares settings of both on your documents and questions
  kvorum --version

Try it: start `kvorum server` in one terminal, and in another

  redis-cli set greeting hello
  redis-cli get greeting
)";

inline constexpr char kServerHelp[] = R"(kvorum server [FILE | -] [--DIRECTIVE VALUE...]...

Starts a server in the foreground; Ctrl-C, SIGTERM or the command SHUTDOWN ends it. FILE is a configuration file in
the form of redis.conf (- reads it from standard input). Directives on the command line are named as in the file and
come after it. Nothing has to be given.

  kvorum server
      port 6379 on all addresses; other machines may connect only once there is a password
  kvorum server --port 7000 --bind 127.0.0.1
  kvorum server --requirepass 'a long password'
      clients then send AUTH, as in redis://:a%20long%20password@host:6379
  kvorum server --maxmemory 2gb --maxmemory-policy allkeys-lru
      a cache: above 2 GiB, keys that have not been used for long make room
  kvorum server --dir /var/lib/kvorum --durability sync
      replies to a write once it is on the disk; periodic, the default, syncs every second; memory keeps nothing
  kvorum server /etc/kvorum.conf --loglevel verbose
  printf 'port 7000\nmaxclients 500\n' | kvorum server -
  kvorum server --port 0 --unixsocket /run/kvorum.sock

Units: 1k is 1000 bytes and 1kb 1024; m, mb, g, gb in the same way.

All directives and their values, from a running server:   redis-cli config get '*'
Change one while it runs, and write it back to FILE:      redis-cli config set maxmemory 4gb ; redis-cli config rewrite

Data is kept in `dir`, which is the present folder unless told otherwise; kvorum check, backup and restore work on it.
)";

}  // namespace kvorum
