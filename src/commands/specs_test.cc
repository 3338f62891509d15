#include <gtest/gtest.h>

#include <set>
#include <string>

#include "commands/command_docs.h"
#include "commands/command_keys.h"
#include "commands/spec.h"

namespace kvorum {
namespace {

using namespace key_use;

// The keys of a command given as one line of words; `-` stands for an empty argument. "1:RW access" for each key.
std::vector<std::string> Keys(const std::string& line, bool channels = false) {
  static std::vector<std::string> words;
  words.clear();
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    const std::string word = line.substr(at, end - at);
    words.push_back(word == "-" ? "" : word);
    at = end + 1;
  }
  const std::vector<std::string_view> args(words.begin(), words.end());
  const CommandSpec* spec = FindCommandSpec(words[0]);
  EXPECT_NE(spec, nullptr) << line;
  if (!SubcommandsOf(*spec).empty()) spec = FindCommandSpec(words[0] + "|" + words[1]);
  std::vector<KeyRef> keys;
  const bool found = channels ? ExtractShardChannels(*spec, args, keys) : ExtractKeys(*spec, args, keys);
  EXPECT_EQ(found, !keys.empty()) << line;
  std::vector<std::string> described;
  for (const KeyRef& key : keys) {
    std::string text = std::to_string(key.index) + ":";
    for (size_t i = 0; i < std::size(kKeyUseNames); ++i) {
      if (key.use & (1u << i)) text += (text.back() == ':' ? "" : " ") + std::string(kKeyUseNames[i]);
    }
    described.push_back(text);
  }
  return described;
}

using Words = std::vector<std::string>;

TEST(Specs, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for (const CommandSpec& spec : AllCommandSpecs()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_EQ(FindCommandSpec(spec.name), &spec);
  }
  EXPECT_EQ(names.size(), 432u);
  EXPECT_EQ(FindCommandSpec("nosuch"), nullptr);
  EXPECT_EQ(FindCommandSpec(""), nullptr);
}

TEST(Specs, SubcommandsFollowTheirContainer) {
  size_t subcommands = 0;
  size_t inside = 0;
  for (const CommandSpec& spec : AllCommandSpecs()) {
    subcommands += spec.IsSubcommand() ? 1 : 0;
    if (!spec.IsSubcommand()) inside += SubcommandsOf(spec).size();
    if (spec.IsSubcommand()) {
      EXPECT_NE(FindCommandSpec(spec.name.substr(0, spec.name.find('|'))), nullptr) << spec.name;
    }
    for (const CommandSpec& sub : SubcommandsOf(spec)) EXPECT_EQ(sub.group, spec.group) << sub.name;
  }
  EXPECT_EQ(subcommands, 136u);
  EXPECT_EQ(inside, subcommands);
}

void CheckArguments(const CommandSpec& spec, const std::vector<Argument>& arguments) {
  for (const Argument& argument : arguments) {
    EXPECT_FALSE(argument.name.empty()) << spec.name;
    EXPECT_LT(argument.key_spec_index, static_cast<int>(KeysOf(spec).specs.size())) << spec.name;
    EXPECT_EQ(argument.type == "key", argument.type == "key" && argument.key_spec_index >= 0) << spec.name;
    EXPECT_EQ(argument.arguments.empty(), argument.type != "oneof" && argument.type != "block") << spec.name;
    CheckArguments(spec, argument.arguments);
  }
}

TEST(Specs, EveryRowParses) {
  for (const CommandSpec& spec : AllCommandSpecs()) {
    EXPECT_NE(spec.arity, 0) << spec.name;
    if (spec.IsSubcommand()) {
      EXPECT_TRUE(spec.arity >= 2 || spec.arity <= -2) << spec.name;
    }
    EXPECT_FALSE(spec.summary.empty()) << spec.name;
    EXPECT_TRUE(spec.summary.ends_with('.')) << spec.name;
    EXPECT_FALSE(spec.Is(flag::kWrite) && spec.Is(flag::kReadonly)) << spec.name;
    HistoryOf(spec);
    DeprecationOf(spec);
    TipsOf(spec);
    CheckArguments(spec, ArgumentsOf(spec));
    for (const KeySpec& key : KeysOf(spec).specs) {
      const int kinds = __builtin_popcount(key.use & (kRO | kRW | kOW | kRM));
      EXPECT_EQ(kinds, key.use & kNotKey ? 0 : 1) << spec.name;
      if (spec.Is(flag::kReadonly) && spec.name != "pfcount") {
        EXPECT_EQ(key.use & (kRW | kOW | kRM), 0u) << spec.name;
      }
    }
    if (KeysOf(spec).simple && KeysOf(spec).has_keys) {
      EXPECT_GT(KeysOf(spec).specs.size(), 0u);
    }
  }
}

TEST(Specs, SyntaxTree) {
  const auto arguments = ArgumentsOf(*FindCommandSpec("set"));
  ASSERT_EQ(arguments.size(), 5u);
  EXPECT_EQ(arguments[0].type, "key");
  EXPECT_EQ(arguments[0].key_spec_index, 0);
  EXPECT_EQ(arguments[1].name, "value");
  EXPECT_EQ(arguments[2].type, "oneof");
  EXPECT_EQ(arguments[2].since, "2.6.12");
  EXPECT_TRUE(arguments[2].optional);
  ASSERT_EQ(arguments[2].arguments.size(), 2u);
  EXPECT_EQ(arguments[2].arguments[1].token, "XX");
  EXPECT_EQ(arguments[2].arguments[1].name, "xx");
  EXPECT_EQ(arguments[4].arguments[0].token, "EX");
  EXPECT_EQ(arguments[4].arguments[0].name, "seconds");
  EXPECT_EQ(arguments[4].arguments[0].type, "integer");

  const auto migrate = ArgumentsOf(*FindCommandSpec("migrate"));
  EXPECT_TRUE(migrate[2].arguments[1].has_token);
  EXPECT_EQ(migrate[2].arguments[1].token, "");
  const Argument& keys = migrate.back();
  EXPECT_EQ(keys.name, "keys");
  EXPECT_EQ(keys.display_text, "key");
  EXPECT_EQ(keys.since, "3.0.6");
  EXPECT_TRUE(keys.multiple && keys.optional && !keys.multiple_token);
}

TEST(Specs, LegacyRanges) {
  const auto range = [](std::string_view name) {
    const KeyRange range = KeysOf(*FindCommandSpec(name)).range;
    return std::vector<int>{range.first, range.last, range.step};
  };
  EXPECT_EQ(range("get"), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(range("del"), (std::vector<int>{1, -1, 1}));
  EXPECT_EQ(range("mset"), (std::vector<int>{1, -1, 2}));
  EXPECT_EQ(range("blpop"), (std::vector<int>{1, -2, 1}));
  EXPECT_EQ(range("rename"), (std::vector<int>{1, 2, 1}));
  EXPECT_EQ(range("bitop"), (std::vector<int>{2, -1, 1}));
  EXPECT_EQ(range("object|encoding"), (std::vector<int>{2, 2, 1}));
  EXPECT_EQ(range("eval"), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(range("ping"), (std::vector<int>{0, 0, 0}));
}

TEST(ExtractKeys, Ranges) {
  EXPECT_EQ(Keys("get k"), (Words{"1:RO access"}));
  EXPECT_EQ(Keys("mset a 1 b 2"), (Words{"1:OW update", "3:OW update"}));
  EXPECT_EQ(Keys("blpop a b 0"), (Words{"1:RW access delete", "2:RW access delete"}));
  EXPECT_EQ(Keys("object encoding k"), (Words{"2:RO"}));
  EXPECT_EQ(Keys("rename a b"), (Words{"1:RW access delete", "2:OW update"}));
  EXPECT_EQ(Keys("ping"), Words{});
  EXPECT_EQ(Keys("blpop 0"), Words{});
}

TEST(ExtractKeys, Counted) {
  EXPECT_EQ(Keys("eval x 2 a b c"), (Words{"3:RW access update", "4:RW access update"}));
  EXPECT_EQ(Keys("eval x 0 c"), Words{});
  EXPECT_EQ(Keys("eval x 3 a b"), Words{});
  EXPECT_EQ(Keys("eval x -1 a b"), Words{});
  EXPECT_EQ(Keys("eval x y a b"), Words{});
  EXPECT_EQ(Keys("eval x 9223372036854775807 a b"), Words{});
  EXPECT_EQ(Keys("lmpop 2 a b left"), (Words{"2:RW access delete", "3:RW access delete"}));
  EXPECT_EQ(Keys("sintercard 1 a limit 5"), (Words{"2:RO access"}));
  EXPECT_EQ(Keys("zunionstore d 2 a b weights 1 2"), (Words{"1:OW update", "3:RO access", "4:RO access"}));
}

TEST(ExtractKeys, Keywords) {
  EXPECT_EQ(Keys("xread count 1 streams a b 0 0"), (Words{"4:RO access", "5:RO access"}));
  EXPECT_EQ(Keys("xread block 0 streams"), Words{});
  EXPECT_EQ(Keys("georadius k 1 2 3 m"), (Words{"1:RO access"}));
  EXPECT_EQ(Keys("georadius k 1 2 3 m store d"), (Words{"1:RO access", "7:OW update"}));
  EXPECT_EQ(Keys("georadiusbymember k m 3 m storedist d"), (Words{"1:RO access", "6:OW update"}));
  EXPECT_EQ(Keys("georadius k 1 2 3 m store"), (Words{"1:RO access"}));
}

TEST(ExtractKeys, OwnRules) {
  EXPECT_EQ(Keys("set k v"), (Words{"1:OW update"}));
  EXPECT_EQ(Keys("set k v ex 10 Get"), (Words{"1:RW access update"}));
  EXPECT_EQ(Keys("bitfield k get u8 0"), (Words{"1:RO access"}));
  EXPECT_EQ(Keys("bitfield k get u8 0 set u8 0 1"), (Words{"1:RW access update"}));
  EXPECT_EQ(Keys("bitfield k overflow sat incrby u8 0 1"), (Words{"1:RW access update"}));
  EXPECT_EQ(Keys("sort k"), (Words{"1:RO access"}));
  EXPECT_EQ(Keys("sort k by store get store limit 0 store store a store b"), (Words{"1:RO access", "12:OW update"}));
  EXPECT_EQ(Keys("sort_ro k by x"), (Words{"1:RO access"}));
  EXPECT_EQ(Keys("migrate h 1 k 0 9"), (Words{"3:RW access delete"}));
  EXPECT_EQ(Keys("migrate h 1 - 0 9 copy keys a b"), (Words{"8:RW access delete", "9:RW access delete"}));
  EXPECT_EQ(Keys("migrate h 1 k 0 9 auth keys"), (Words{"3:RW access delete"}));
  EXPECT_EQ(Keys("migrate h 1 k 0 9 keys a"), Words{});
  EXPECT_EQ(Keys("migrate h 1 - 0 9 keys a auth"), (Words{"7:RW access delete", "8:RW access delete"}));
  EXPECT_EQ(Keys("migrate h 1 k 0 9 copy keys auth"), Words{});
  EXPECT_EQ(Keys("migrate h 1 k 0 9 copy auth"), (Words{"3:RW access delete"}));
}

TEST(ExtractKeys, ShardChannels) {
  EXPECT_EQ(Keys("spublish c m"), Words{});
  EXPECT_EQ(Keys("spublish c m", true), (Words{"1:not_key"}));
  EXPECT_EQ(Keys("ssubscribe c d", true), (Words{"1:not_key", "2:not_key"}));
}

}  // namespace
}  // namespace kvorum
