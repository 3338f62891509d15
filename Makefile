# What people type. Each target installs what it lacks (packages.txt), so it works on a fresh Debian 12.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build run test check format asan tsan fuzz bench docs clean

# How many compilers at once; a C++ file can take a gigabyte.
JOBS ?= $(shell nproc)
PORT ?= 6379
DATA ?= data
ARGS ?=
FUZZ_SECONDS ?= 60

help:
	@echo "Kvorum: a server that Redis clients can use."
	@echo
	@echo "  make run      build the server and start it on port $(PORT), in the folder ./$(DATA)"
	@echo "                (PORT=7000, DATA=folder, ARGS='--maxmemory 1gb' for any other directive)"
	@echo "  make test     build and run every test; the last line counts them"
	@echo
	@echo "  make build    leaves build/release/bin/kvorum"
	@echo "  make check    format, layering, sizes, clang-tidy"
	@echo "  make format   lays the code out as make check wants it"
	@echo "  make asan     every test under the address and undefined-behaviour sanitizers"
	@echo "  make tsan     the tests of what has threads under the thread sanitizer"
	@echo "  make fuzz     each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "  make bench    micro benchmarks, and the server against Debian's Redis"
	@echo "  make docs     docs/compatibility.md from the server's command table"
	@echo "  make clean    removes build/"
	@echo
	@echo "CONTRIBUTING.md tells the rest."

build:
	@tools/setup build
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build build/release --target kvorum -j $(JOBS)

run: build
	@tools/setup run
	@tools/run_server --port $(PORT) --dir $(DATA) $(ARGS)

test:
	@tools/setup build test
	@tools/build_tests release $(JOBS)
	@tests/run --build build/release

check:
	@tools/setup build test check
	@tools/check

format:
	@tools/setup check
	@tools/check_format --fix

asan:
	@tools/setup build test check
	@tools/build_tests asan-ubsan $(JOBS)
	@tests/run --build build/asan-ubsan

tsan:
	@tools/setup build test check
	@tools/build_tests tsan $(JOBS)
	@tests/run --build build/tsan --threads-only

fuzz:
	@tools/setup build fuzz
	@cmake --preset fuzz --log-level=WARNING >/dev/null
	@cmake --build build/fuzz --target all_fuzzers -j $(JOBS)
	@tools/fuzz --seconds $(FUZZ_SECONDS)

bench:
	@tools/setup build bench
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build build/release --target kvorum all_benchmarks -j $(JOBS)
	@bench/run

docs: build
	@tools/generate_docs

clean:
	rm -rf build
