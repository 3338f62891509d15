#include <gtest/gtest.h>

#include <string>

#include "commands/compatibility_page.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(CommandCommand, Info) {
  TestShard shard;
  EXPECT_EQ(shard.Run("COMMAND INFO Get nosuch get|x command|nosuch"),
            "[[get, 2, [readonly, fast], 1, 1, 1, [@read, @string, @fast], [], "
            "[[flags, [RO, access], begin_search, [type, index, spec, [index, 1]], find_keys, "
            "[type, range, spec, [lastkey, 0, keystep, 1, limit, 0]]]], []], nil, nil, nil]");
  EXPECT_TRUE(Contains(shard.Run("COMMAND INFO COMMAND|list"), "[[command|list, -2, [loading, stale], 0, 0, 0, "));
  EXPECT_EQ(shard.Run("COMMAND INFO"), shard.Run("COMMAND"));
}

TEST(CommandCommand, InfoInResp3) {
  TestShard shard;
  shard.session().resp = 3;
  EXPECT_TRUE(
      shard.Raw("COMMAND INFO get")
          .starts_with(
              "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n~3\r\n+@read\r\n"));
  EXPECT_EQ(shard.Raw("COMMAND INFO nosuch"), "*1\r\n_\r\n");
}

TEST(CommandCommand, Docs) {
  TestShard shard;
  EXPECT_EQ(shard.Run("COMMAND DOCS nosuch"), "[]");
  shard.session().resp = 3;
  EXPECT_EQ(shard.Run("COMMAND DOCS COMMAND|count nosuch"),
            "{command|count: {summary: Counts the commands., since: 2.8.13, group: server, complexity: O(1)}}");
  const std::string set = shard.Run("COMMAND DOCS set");
  EXPECT_TRUE(Contains(set, "arguments: [{name: key, type: key, display_text: key, key_spec_index: 0}, ")) << set;
  EXPECT_TRUE(Contains(set, "{name: seconds, type: integer, display_text: seconds, token: EX, since: 2.6.12}")) << set;
  EXPECT_TRUE(Contains(shard.Run("COMMAND DOCS command"), "subcommands: {command|count: {"));
}

TEST(CommandCommand, List) {
  TestShard shard;
  EXPECT_EQ(shard.Run("COMMAND LIST FILTERBY PATTERN GE?"), "[get]");
  EXPECT_EQ(shard.Run("COMMAND LIST FILTERBY pattern command|getkeys*"), "[command|getkeys, command|getkeysandflags]");
  EXPECT_TRUE(Contains(shard.Run("COMMAND LIST FILTERBY ACLCAT Transaction"), "multi"));
  EXPECT_EQ(shard.Run("COMMAND LIST FILTERBY ACLCAT nosuch"), "[]");
  EXPECT_EQ(shard.Run("COMMAND LIST FILTERBY MODULE any"), "[]");
  EXPECT_EQ(shard.Run("COMMAND LIST FILTERBY PATTERN"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("COMMAND LIST x"), "-ERR syntax error");
}

TEST(CommandCommand, GetKeys) {
  TestShard shard;
  EXPECT_EQ(shard.Run("COMMAND GETKEYS mset a 1 b 2"), "[a, b]");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS OBJECT Encoding k"), "[k]");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS eval x 0"), "[]");
  EXPECT_EQ(shard.Run("COMMAND GETKEYSANDFLAGS LMOVE a b left right"),
            "[[a, [RW, access, delete]], [b, [RW, insert]]]");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS get"), "-ERR Invalid number of arguments specified for command");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS zunion 0 a"), "-ERR Invalid arguments specified for command");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS object nosuch k"), "-ERR Invalid command specified");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS config|get k"), "-ERR Invalid command specified");
  EXPECT_EQ(shard.Run("COMMAND GETKEYS spublish c m"), "-ERR The command has no key arguments");
}

TEST(CommandCommand, Help) {
  TestShard shard;
  const std::string help = shard.Run("COMMAND HELP");
  EXPECT_TRUE(help.starts_with("[COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, (no subcommand), "));
  EXPECT_TRUE(Contains(help, "LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]")) << help;
  EXPECT_TRUE(help.ends_with("HELP,     Print this help.]")) << help;
}

TEST(CompatibilityPage, TellsWhatIsHereAndWhatIsNot) {
  CommandTable table;
  RegisterStringCommands(table);
  const std::string page = CompatibilityPage(table, "## Notes\n");
  EXPECT_TRUE(Contains(page, "| `GET key` | 1.0.0 | yes | "));
  EXPECT_TRUE(Contains(page, "| `CLUSTER INFO` | 3.0.0 | not yet | "));
  EXPECT_TRUE(Contains(page, "| `EXPIRE key seconds [NX \\| XX \\| GT \\| LT]` | 1.0.0 | not yet | "));
  EXPECT_TRUE(page.ends_with("\n## Notes\n"));
}

}  // namespace
}  // namespace kvorum
