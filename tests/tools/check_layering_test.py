#!/usr/bin/python3
# kvorum-test: no-server
"""tools/check_layering and tools/check_size, each broken on purpose."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from kvorum_test import main

TOOLS = Path(__file__).resolve().parents[2] / "tools"

LAYERS = """
library posix: sys/*
library fmt: fmt/* -> fmt
library gtest: gtest/*
room base: | posix fmt
room keyspace: base |
room server: keyspace base | posix
helpers test: gtest
"""
CMAKE = "kvorum_room(base fmt)\nkvorum_room(keyspace kvorum_base)\nkvorum_room(server kvorum_keyspace)\n"


class Tree(unittest.TestCase):
    tool = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("tools/layering.txt", LAYERS)
        self.write("CMakeLists.txt", CMAKE)
        self.write("src/base/check.h", "#include <fmt/format.h>\n#include <vector>\n")
        self.write("src/keyspace/value.h", '#include "base/check.h"\n')
        self.write("src/keyspace/value_test.cc", '#include <gtest/gtest.h>\n\n#include "keyspace/value.h"\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_tool(self):
        result = subprocess.run([TOOLS / self.tool, str(self.root)], capture_output=True, text=True)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout

    def assert_breach(self, *parts):
        status, output = self.run_tool()
        self.assertEqual(status, 1, output)
        for part in parts:
            self.assertIn(part, output)

    def assert_clean(self):
        self.assertEqual(self.run_tool(), (0, ""))


class Layering(Tree):
    tool = "check_layering"

    def test_good_tree(self):
        self.assert_clean()

    def test_upward_include(self):
        self.write("src/base/bad.cc", '#include "base/check.h"\n#include "keyspace/value.h"\n')
        self.assert_breach("src/base/bad.cc:2: base may not include keyspace")

    def test_library_outside_the_list(self):
        self.write("src/keyspace/bad.cc", "#include <sys/socket.h>\n")
        self.assert_breach("src/keyspace/bad.cc:1: keyspace may not use posix")

    def test_unknown_library(self):
        self.write("src/keyspace/bad.cc", "#include <boost/regex.hpp>\n")
        self.assert_breach("src/keyspace/bad.cc:1: <boost/regex.hpp> belongs to no library")

    def test_a_test_helper_stays_in_tests(self):
        self.write("src/keyspace/bad.cc", "#include <gtest/gtest.h>\n")
        self.assert_breach("src/keyspace/bad.cc:1: keyspace may not use gtest")

    def test_relative_include(self):
        self.write("src/server/bad.cc", '#include "../base/check.h"\n')
        self.assert_breach('src/server/bad.cc:1: relative include')

    def test_include_without_room(self):
        self.write("src/base/bad.cc", '#include "check.h"\n')
        self.assert_breach('src/base/bad.cc:1: "check.h" lacks its room')

    def test_missing_file(self):
        self.write("src/keyspace/bad.cc", '#include "base/gone.h"\n')
        self.assert_breach('src/keyspace/bad.cc:1: "base/gone.h" does not exist')

    def test_files_in_a_circle(self):
        self.write("src/base/a.h", '#include "base/b.h"\n')
        self.write("src/base/b.h", '#include "base/a.h"\n')
        self.assert_breach("files include each other: base/a.h -> base/b.h -> base/a.h")

    def test_rooms_in_a_circle(self):
        self.write("tools/layering.txt", LAYERS.replace("room base: |", "room base: server |"))
        self.assert_breach("a cycle of rooms")

    def test_folder_that_is_no_room(self):
        self.write("src/junk/a.h", "")
        self.assert_breach("src/junk/a.h:1: not in a room")

    def test_reading_the_world(self):
        self.write("src/keyspace/bad.cc", "// getenv(\nint x = getenv(\"HOME\") != nullptr;\n")
        self.assert_breach("src/keyspace/bad.cc:2: keyspace may not call getenv")

    def test_cmake_disagrees(self):
        self.write("CMakeLists.txt", CMAKE.replace("room(base fmt)", "room(base fmt kvorum_server)"))
        self.assert_breach("CMakeLists.txt:1: base links kvorum_server")

    def test_cmake_lacks_a_room(self):
        self.write("CMakeLists.txt", CMAKE.replace("kvorum_room(server kvorum_keyspace)", ""))
        self.assert_breach("room server, which no kvorum_room makes")


class Size(Tree):
    tool = "check_size"

    def setUp(self):
        super().setUp()
        self.write("src/base/ok.cc", "int F() {\n" + "  x();\n" * 60 + "}\n")

    def test_good_tree(self):
        self.assert_clean()

    def test_long_file(self):
        self.write("src/base/long.cc", "int x;\n" * 801)
        self.assert_breach("src/base/long.cc:801: 801 lines")

    def test_long_function_is_a_warning(self):
        self.write("src/base/long.cc", "int F(int a,\n      int b) {\n" + "  x();\n" * 80 + "}\n")
        status, output = self.run_tool()
        self.assertEqual(status, 0)
        self.assertIn("warning: src/base/long.cc:2: F has 82 lines", output)

    def test_very_long_function(self):
        self.write("src/base/long.cc", "struct S {\n  S() : a_(1),\n        b_(2) {\n" + "    x();\n" * 120 + "  }\n};\n")
        self.assert_breach("src/base/long.cc:3: S has 122 lines")

    def test_a_table_is_no_function(self):
        self.write("src/base/table.cc", "constexpr Row kRows[] = {\n" + "    {F(1)},\n" * 300 + "};\n")
        self.assert_clean()

    def test_exception_needs_a_reason_and_a_use(self):
        self.write("src/base/long.cc", "int x;\n" * 801)
        self.write("tools/size_exceptions.txt", "src/base/long.cc  # one table\n")
        self.assert_clean()
        self.write("tools/size_exceptions.txt", "src/base/long.cc\nsrc/base/ok.cc  # gone\n")
        self.assert_breach("src/base/long.cc lacks its reason", "src/base/ok.cc is short enough now")


main()
