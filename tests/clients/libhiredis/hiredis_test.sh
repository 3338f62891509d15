#!/bin/bash
# kvorum-test: -- --notify-keyspace-events KEA
# hiredis: the program that CMake built beside the unit tests.
exec "$KVORUM_BUILD/bin/hiredis_client"
