#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

class JsonCommands : public testing::Test {
 protected:
  // A command of whole words.
  std::string Run(const std::vector<std::string>& words) { return shard.Run(words); }
  std::string Set(const std::string& key, const std::string& json, const std::string& path = "$") {
    return Run({"JSON.SET", key, path, json});
  }
  std::string Get(const std::string& key, const std::string& path = "$") { return Run({"JSON.GET", key, path}); }

  TestShard shard;
};

TEST_F(JsonCommands, SetAndGet) {
  EXPECT_EQ(Set("d", "{\"a\":1,\"b\":{\"a\":2.5}}"), "OK");
  EXPECT_EQ(shard.Run("TYPE d"), "ReJSON-RL");
  EXPECT_EQ(shard.Run("OBJECT ENCODING d"), "raw");
  EXPECT_EQ(shard.Run("JSON.GET d"), "{\"a\":1,\"b\":{\"a\":2.5}}");
  EXPECT_EQ(Get("d"), "[{\"a\":1,\"b\":{\"a\":2.5}}]");
  EXPECT_EQ(Get("d", "$..a"), "[1,2.5]");
  EXPECT_EQ(Get("d", ".b.a"), "2.5");
  EXPECT_EQ(Get("d", "$.none"), "[]");
  EXPECT_EQ(Get("d", "none"), "-ERR Path '$.none' does not exist");
  EXPECT_EQ(shard.Run("JSON.GET d a $..a"), "{\"a\":[1],\"$..a\":[1,2.5]}");
  EXPECT_EQ(shard.Run("JSON.GET d a .b"), "{\"a\":1,\".b\":{\"a\":2.5}}");
  EXPECT_EQ(Run({"JSON.GET", "d", "INDENT", " ", "NEWLINE", "|", "SPACE", "_", "$.b"}), "[| {|  \"a\":_2.5| }|]");
  EXPECT_EQ(shard.Run("JSON.GET none"), "nil");
  EXPECT_EQ(Set("d", "3", "$.c"), "OK");
  EXPECT_EQ(Set("d", "4", "$.x.y"), "nil");
  EXPECT_EQ(Set("d", "[0]", "$.x"), "OK");
  EXPECT_EQ(Set("d", "4", "$.x[1]"), "-ERR array index out of range");
  EXPECT_EQ(Set("d", "4", "$.x[-1]"), "OK");
  EXPECT_EQ(Set("d", "4", "$..y"), "-Err wrong static path");
  EXPECT_EQ(Run({"JSON.SET", "d", "$.c", "5", "NX"}), "nil");
  EXPECT_EQ(Run({"JSON.SET", "d", "$.q", "5", "XX"}), "nil");
  EXPECT_EQ(Run({"JSON.SET", "d", "$.c", "5", "XX"}), "OK");
  EXPECT_EQ(Run({"JSON.SET", "d", "$.c", "5", "NX", "XX"}), "-ERR syntax error");
  EXPECT_EQ(Get("d"), "[{\"a\":1,\"b\":{\"a\":2.5},\"c\":5,\"x\":[4]}]");
  EXPECT_EQ(Set("d", "0", "$..a"), "OK");
  EXPECT_EQ(Get("d", "$..a"), "[0,0]");
  EXPECT_EQ(Set("n", "1", "$.a"), "-ERR new objects must be created at the root");
  EXPECT_EQ(Set("n", "{"), "-key must be a string at line 1 column 2");
  EXPECT_EQ(Run({"JSON.SET", "n", "$", "1", "XX"}), "nil");
  EXPECT_EQ(shard.Run("EXISTS n"), "0");
  shard.Run("SET s 1");
  EXPECT_EQ(Get("s"), "-Existing key has wrong Redis type");
  EXPECT_EQ(shard.Run("GET d"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(shard.Run("JSON.MGET d s none $.c"), "[[5], nil, nil]");
  EXPECT_EQ(shard.Run("JSON.MGET d s none .q"), "[nil, nil, nil]");
}

TEST_F(JsonCommands, KeepsItsDeadline) {
  Set("d", "1");
  shard.Run("PEXPIRE d 1000");
  Set("d", "2");
  EXPECT_EQ(shard.Run("PTTL d"), "1000");
  shard.Advance(1001);
  EXPECT_EQ(shard.Run("EXISTS d"), "0");
}

TEST_F(JsonCommands, SetsSeveral) {
  EXPECT_EQ(Run({"JSON.MSET", "a", "$", "{\"x\":1}", "b", ".", "2", "a", "$.y", "3"}), "OK");
  EXPECT_EQ(Get("a"), "[{\"x\":1,\"y\":3}]");
  EXPECT_EQ(Run({"JSON.MSET", "a", "$", "1", "c", "$.x", "2"}), "-ERR new objects must be created at the root");
  EXPECT_EQ(Run({"JSON.MSET", "a", "$", "1", "c", "$", "x"}), "-expected value at line 1 column 1");
  EXPECT_EQ(Run({"JSON.MSET", "b", "$", "1", "a", "$..q", "1"}), "-Err wrong static path");
  EXPECT_EQ(Get("b"), "[2]");
  EXPECT_EQ(Run({"JSON.MSET", "a", "$", "1", "c"}), "-ERR wrong number of arguments for 'json.mset' command");
  EXPECT_EQ(Get("a"), "[{\"x\":1,\"y\":3}]") << "all or nothing";
  // What is found only on the way leaves what was done before, also after a restart (the mirror of these tests says so).
  Run({"DEL", "d"});
  EXPECT_EQ(Run({"JSON.MSET", "d", "$", "{\"l\":[1]}", "d", "$.l[7]", "2"}), "-ERR array index out of range");
  EXPECT_EQ(Run({"JSON.GET", "d"}), "{\"l\":[1]}");
}

TEST_F(JsonCommands, Merges) {
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$", "{\"a\":{\"b\":1,\"n\":null},\"c\":[1]}"}), "OK");
  EXPECT_EQ(Get("d"), "[{\"a\":{\"b\":1},\"c\":[1]}]");
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$", "{\"a\":{\"b\":null,\"x\":2},\"c\":{\"y\":3}}"}), "OK");
  EXPECT_EQ(Get("d"), "[{\"a\":{\"x\":2},\"c\":{\"y\":3}}]");
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$.z", "{\"q\":1}"}), "OK");
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$.a", "null"}), "OK");
  EXPECT_EQ(Get("d"), "[{\"c\":{\"y\":3},\"z\":{\"q\":1}}]");
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$.*", "{\"n\":0}"}), "OK");
  EXPECT_EQ(Get("d"), "[{\"c\":{\"y\":3,\"n\":0},\"z\":{\"q\":1,\"n\":0}}]");
  // Places inside of places that are removed go with them.
  EXPECT_EQ(Run({"JSON.SET", "nested", "$", "{\"a\":[1,[2,[3,{\"b\":[4]}]]]}"}), "OK");
  EXPECT_EQ(Run({"JSON.MERGE", "nested", "$..[-1]", "null"}), "OK");
  EXPECT_EQ(Run({"JSON.GET", "nested"}), "{\"a\":[1]}");
  EXPECT_EQ(Run({"JSON.MERGE", "none", "$.a", "1"}), "-ERR new objects must be created at the root");
  // Places within each other: the parent of one goes before it.
  Run({"JSON.SET", "d", "$", "[0,[1,{\"a\":[2,3]}],[4,[5,[6,7]]]]"});
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$..[-1]", "null"}), "OK");
  EXPECT_EQ(Run({"JSON.GET", "d"}), "[0,[1]]");
  Run({"JSON.SET", "d", "$", "{\"a\":{\"a\":{\"a\":1,\"b\":2},\"b\":3},\"b\":4}"});
  EXPECT_EQ(Run({"JSON.MERGE", "d", "$..a", "null"}), "OK");
  EXPECT_EQ(Run({"JSON.GET", "d"}), "{\"b\":4}");
}

TEST_F(JsonCommands, Deletes) {
  Set("d", "{\"a\":{\"a\":2,\"b\":3},\"b\":[\"a\",\"b\"],\"nested\":{\"a\":5,\"b\":[true,\"a\",\"b\"]}}");
  EXPECT_EQ(shard.Run("JSON.DEL d $..a"), "2") << "what lies in a deleted one is not counted";
  EXPECT_EQ(Get("d"), "[{\"b\":[\"a\",\"b\"],\"nested\":{\"b\":[true,\"a\",\"b\"]}}]");
  EXPECT_EQ(shard.Run("JSON.DEL d $..b[0]"), "2");
  EXPECT_EQ(shard.Run("JSON.FORGET d $.b[*]"), "1");
  EXPECT_EQ(Get("d"), "[{\"b\":[],\"nested\":{\"b\":[\"a\",\"b\"]}}]");
  EXPECT_EQ(shard.Run("JSON.DEL d $.none"), "0");
  EXPECT_EQ(shard.Run("JSON.DEL d"), "1");
  EXPECT_EQ(shard.Run("JSON.DEL d"), "0");
  EXPECT_EQ(shard.Run("EXISTS d"), "0");
}

TEST_F(JsonCommands, TypesAndLengths) {
  Set("d",
      "{\"a\":[1,2],\"b\":{\"a\":\"text\",\"c\":{\"a\":{\"x\":1,\"y\":2}}},\"i\":1,\"f\":1.5,\"t\":true,\"n\":null}");
  EXPECT_EQ(shard.Run("JSON.TYPE d"), "object");
  EXPECT_EQ(shard.Run("JSON.TYPE d $.*"), "[array, object, integer, number, boolean, null]");
  EXPECT_EQ(shard.Run("JSON.TYPE d .none"), "nil");
  EXPECT_EQ(shard.Run("JSON.TYPE none"), "nil");
  EXPECT_EQ(shard.Run("JSON.STRLEN d $..a"), "[nil, 4, nil]");
  EXPECT_EQ(shard.Run("JSON.STRLEN d .b.a"), "4");
  EXPECT_EQ(shard.Run("JSON.STRLEN d .i"), "-WRONGTYPE wrong type of path value - expected string but found integer");
  EXPECT_EQ(shard.Run("JSON.STRLEN d .q"), "-ERR Path '$.q' does not exist");
  EXPECT_EQ(shard.Run("JSON.STRLEN none"), "nil");
  EXPECT_EQ(shard.Run("JSON.STRLEN none $"), "-ERR could not perform this operation on a key that doesn't exist");
  EXPECT_EQ(shard.Run("JSON.ARRLEN d $..a"), "[2, nil, nil]");
  EXPECT_EQ(shard.Run("JSON.OBJLEN d $..a"), "[nil, nil, 2]");
  EXPECT_EQ(shard.Run("JSON.OBJLEN d"), "6");
  EXPECT_EQ(shard.Run("JSON.OBJKEYS d $..a"), "[nil, nil, [x, y]]");
  EXPECT_EQ(shard.Run("JSON.OBJKEYS d"), "[a, b, i, f, t, n]");
  EXPECT_EQ(shard.Run("JSON.RESP d"),
            "[{, a, [[, 1, 2], b, [{, a, text, c, [{, a, [{, x, 1, y, 2]]], i, 1, f, 1.5, t, true, n, nil]");
  EXPECT_NE(shard.Run("JSON.DEBUG MEMORY d"), "0");
  EXPECT_EQ(shard.Run("JSON.DEBUG MEMORY none"), "0");
  EXPECT_EQ(shard.Run("JSON.DEBUG MEMORY none $"), "[]");
}

TEST_F(JsonCommands, Numbers) {
  Set("d", "{\"a\":\"b\",\"b\":[{\"a\":2},{\"a\":5.0},{\"a\":\"c\"}]}");
  EXPECT_EQ(shard.Run("JSON.NUMINCRBY d $..a 2"), "[null,4,7.0,null]");
  EXPECT_EQ(shard.Run("JSON.NUMINCRBY d $..a 2.5"), "[null,6.5,9.5,null]");
  EXPECT_EQ(shard.Run("JSON.NUMMULTBY d .b[0].a 2"), "13.0");
  EXPECT_EQ(shard.Run("JSON.NUMINCRBY d .a 2"), "-ERR Path '$.a' does not exist or does not contains a number");
  EXPECT_EQ(shard.Run("JSON.NUMINCRBY d $.q 2"), "[]");
  EXPECT_EQ(shard.Run("JSON.NUMINCRBY none . 2"), "-ERR could not perform this operation on a key that doesn't exist");
  Set("n", "9223372036854775807");
  EXPECT_EQ(shard.Run("JSON.NUMINCRBY n . 1"), "9.223372036854776e18");
  Set("n", "1e308");
  EXPECT_EQ(shard.Run("JSON.NUMMULTBY n . 10"), "-ERR result is not a number");
  EXPECT_EQ(Get("n", "."), "1e308");
  shard.Run("HELLO 3");
  EXPECT_EQ(shard.Raw("JSON.NUMINCRBY d $..a 1"), "*4\r\n_\r\n,14\r\n,10.5\r\n_\r\n");
  EXPECT_EQ(shard.Run("JSON.TYPE d $.b"), "[[array]]");
}

TEST_F(JsonCommands, TextsAndBooleans) {
  Set("d", "{\"a\":\"foo\",\"b\":{\"a\":\"hello\"},\"c\":{\"a\":31},\"t\":false}");
  EXPECT_EQ(Run({"JSON.STRAPPEND", "d", "$..a", "\"bar\""}), "[6, 8, nil]");
  EXPECT_EQ(Run({"JSON.STRAPPEND", "d", ".a", "\"baz\""}), "9");
  EXPECT_EQ(Run({"JSON.STRAPPEND", "d", "\"baz\""}), "-ERR Path '$' does not exist or not a string");
  EXPECT_EQ(Run({"JSON.STRAPPEND", "d", "$", "1"}),
            "-WRONGTYPE wrong type of path value - expected string but found integer");
  EXPECT_EQ(Get("d", "$..a"), "[\"foobarbaz\",\"hellobar\",31]");
  EXPECT_EQ(shard.Run("JSON.TOGGLE d .t"), "true");
  EXPECT_EQ(shard.Run("JSON.TOGGLE d $.*"), "[nil, nil, nil, 0]");
  EXPECT_EQ(shard.Run("JSON.TOGGLE d .a"), "-ERR Path '$.a' does not exist or not a bool");
}

TEST_F(JsonCommands, Arrays) {
  Set("d", "{\"a\":[\"foo\"],\"b\":{\"a\":[\"hello\",null,\"world\"]},\"c\":{\"a\":31}}");
  EXPECT_EQ(Run({"JSON.ARRAPPEND", "d", "$..a", "\"bar\"", "[1]"}), "[3, 5, nil]");
  EXPECT_EQ(Get("d", "$..a"), "[[\"foo\",\"bar\",[1]],[\"hello\",null,\"world\",\"bar\",[1]],31]");
  EXPECT_EQ(Run({"JSON.ARRAPPEND", "d", "..a", "2"}), "6");
  EXPECT_EQ(Run({"JSON.ARRAPPEND", "d", ".c", "2"}), "-ERR Path '$.c' does not exist or not an array");
  EXPECT_EQ(Run({"JSON.ARRINSERT", "d", "$..a", "1", "\"x\"", "\"y\""}), "[6, 8, nil]");
  EXPECT_EQ(Run({"JSON.ARRINSERT", "d", "$.a", "-1", "0"}), "[7]");
  EXPECT_EQ(Run({"JSON.ARRINSERT", "d", "$.a", "9", "0"}), "-ERR index out of bounds");
  EXPECT_EQ(Get("d", ".a"), "[\"foo\",\"x\",\"y\",\"bar\",[1],0,2]");
  EXPECT_EQ(shard.Run("JSON.ARRPOP d $.a 1"), "[\"x\"]");
  EXPECT_EQ(shard.Run("JSON.ARRPOP d $..a"), "[2, 2, nil]");
  EXPECT_EQ(shard.Run("JSON.ARRPOP d .a 99"), "0");
  EXPECT_EQ(shard.Run("JSON.ARRPOP d .c.a"), "-ERR Path '$.c.a' does not exist or not an array");
  EXPECT_EQ(shard.Run("JSON.ARRTRIM d $..a 1 2"), "[2, 2, nil]");
  EXPECT_EQ(Get("d", "$..a"), "[[\"y\",\"bar\"],[\"x\",\"y\"],31]");
  EXPECT_EQ(shard.Run("JSON.ARRTRIM d .a 9 1"), "0");
  EXPECT_EQ(shard.Run("JSON.ARRPOP d .a"), "nil");
  Set("e", "[[[1]],2]");
  EXPECT_EQ(Run({"JSON.ARRAPPEND", "e", "$..*", "0", "0", "0", "0", "0", "0", "0", "0"}), "[9, nil, 9, nil]")
      << "an array grows while it holds another that does";
  EXPECT_EQ(shard.Run("JSON.ARRPOP e $..*"),
            "[0, nil, 0, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil]");
  Set("i", "[0,1,3.0,3,2,1,0,3,[1]]");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i $ 3"), "[3]");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i $ 3.0"), "[2]");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i . 3 4"), "7");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i . 3 4 7"), "-1");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i . 3 -2 0"), "7");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i . [1]"), "8");
  EXPECT_EQ(shard.Run("JSON.ARRINDEX i .q 1"), "-ERR Path '$.q' does not exist");
}

TEST_F(JsonCommands, Clears) {
  Set("d",
      "{\"obj\":{\"a\":1},\"arr\":[1],\"str\":\"foo\",\"bool\":true,\"int\":42,\"float\":3.14,\"none\":[],\"zero\":0}");
  EXPECT_EQ(shard.Run("JSON.CLEAR d $.*"), "4");
  EXPECT_EQ(Get("d"),
            "[{\"obj\":{},\"arr\":[],\"str\":\"foo\",\"bool\":true,\"int\":0,\"float\":0,\"none\":[],\"zero\":0}]");
  EXPECT_EQ(shard.Run("JSON.CLEAR d"), "1");
  EXPECT_EQ(shard.Run("JSON.CLEAR d"), "0");
  EXPECT_EQ(shard.Run("JSON.CLEAR none"), "-ERR could not perform this operation on a key that doesn't exist");
}

TEST_F(JsonCommands, DepthIsLimited) {
  Set("d", "{}");
  std::string path = "$";
  for (size_t i = 0; i + 1 < 128; ++i) {
    path += ".a";
    ASSERT_EQ(Set("d", "{}", path), "OK") << i;
  }
  EXPECT_EQ(Set("d", "{}", path + ".a"), "-ERR the value would be nested too deeply");
  EXPECT_EQ(Set("d", "1", path + ".a"), "OK");
  EXPECT_EQ(Run({"JSON.MERGE", "d", path, "{\"b\":[]}"}), "-ERR the value would be nested too deeply");
  EXPECT_EQ(Set("d", "[]", path + ".a"), "-ERR the value would be nested too deeply");
}

TEST_F(JsonCommands, TravelsAndIsCopied) {
  const std::string text = "{\"a\":[1,2.5,\"x\",null,true],\"long\":\"" + std::string(5000, 'y') + "\"}";
  Set("d", text);
  EXPECT_EQ(shard.Run("COPY d e"), "1");
  EXPECT_EQ(shard.Run("JSON.GET e"), text);
  const std::string reply = shard.Raw("DUMP d");
  const std::string payload = reply.substr(reply.find("\r\n") + 2, reply.size() - reply.find("\r\n") - 4);
  EXPECT_EQ(Run({"RESTORE", "f", "0", payload}), "OK");
  EXPECT_EQ(shard.Run("JSON.GET f"), text);
  EXPECT_EQ(shard.Run("RENAME f g"), "OK");
  EXPECT_NE(shard.Run("MEMORY USAGE g"), "nil");
  EXPECT_EQ(shard.Run("SCAN 0 TYPE ReJSON-RL COUNT 100").find('0'), 1u);
}

TEST_F(JsonCommands, Notifies) {
  TestSession& listener = shard.NewSession();
  shard.shard().SetNotifications(event::kKeyevent | event::kModule);
  shard.Run(listener, "PSUBSCRIBE __keyevent@0__:*");
  Set("d", "[1]");
  shard.Run("JSON.NUMINCRBY d $[0] 1");
  shard.Run("JSON.DEL d $[0]");
  shard.Run("JSON.DEL d $[0]");
  EXPECT_EQ(listener.Take(),
            "[pmessage, __keyevent@0__:*, __keyevent@0__:json.set, d] [pmessage, __keyevent@0__:*, "
            "__keyevent@0__:json.numincrby, d] [pmessage, __keyevent@0__:*, __keyevent@0__:json.del, d]");
}

}  // namespace
}  // namespace kvorum
