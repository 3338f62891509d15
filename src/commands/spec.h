// What is known of every Redis 7.2 command and subcommand, whether this server has it or not: one row of data each.
// COMMAND, COMMAND INFO, COMMAND DOCS, COMMAND GETKEYS, ACL categories and docs/compatibility.md are made from the
// rows.
//
// Rows are constants: any thread may read them, and views into them live as long as the program. They stand in
// specs_<group>.cc; `keys` and `syntax` are small notations, explained below, that command_docs.h parses.
//
// keys: key specifications, split by ';'. Each is
//     FLAG... BEGIN FIND ['note']
//   FLAG   RO RW OW RM access update insert delete not_key incomplete variable_flags
//   BEGIN  @2          the first key is argument 2 (argument 0 is the command's name)
//          @STORE:5    it follows the word STORE, looked for from argument 5 on (from the end when negative)
//          @?          cannot be told
//   FIND   nothing     that one key
//          L/S/M       range: last key L (after the first; negative from the end of the arguments), step S, limit M
//          #N,F,S      the number of keys stands N after the beginning, the first F after it, S apart
//          ?           cannot be told
//
// syntax: the arguments as COMMAND DOCS tells them, in order. Each is one of
//     name             a string
//     name:type        type: int, double, pattern, time
//     name@0           a key that belongs to key specification 0 (name:type@0: and is something else than a key)
//     WORD             a literal word, named as itself in lower case; name='WORD' gives it another name
//     WORD name:int    an argument after a word; a word that stands alone before an argument is written name='WORD'
//     name(a | b)      one of
//     name{a b}        a block, one after another. WORD may stand before these two as well
//   and around them
//     [x]              optional
//     x...             one or more; x+... when the word is repeated with each
//     x^6.2.0          since; x~6.2.0 deprecated since
//     x/'text'         text to display where it is not the name
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kvorum {

// Bits of CommandSpec::flags, named as COMMAND INFO names them. Their order here is the order of that reply.
namespace flag {
inline constexpr uint32_t kWrite = 1u << 0;
inline constexpr uint32_t kReadonly = 1u << 1;
inline constexpr uint32_t kDenyOom = 1u << 2;
inline constexpr uint32_t kModule = 1u << 3;
inline constexpr uint32_t kAdmin = 1u << 4;
inline constexpr uint32_t kPubsub = 1u << 5;
inline constexpr uint32_t kNoscript = 1u << 6;
inline constexpr uint32_t kBlocking = 1u << 7;
inline constexpr uint32_t kLoading = 1u << 8;
inline constexpr uint32_t kStale = 1u << 9;
inline constexpr uint32_t kSkipMonitor = 1u << 10;
inline constexpr uint32_t kSkipSlowlog = 1u << 11;
inline constexpr uint32_t kAsking = 1u << 12;
inline constexpr uint32_t kFast = 1u << 13;
inline constexpr uint32_t kNoAuth = 1u << 14;
inline constexpr uint32_t kMayReplicate = 1u << 15;  // CLIENT PAUSE WRITE holds it back. Not in replies.
inline constexpr uint32_t kNoMandatoryKeys = 1u << 16;
inline constexpr uint32_t kProtected = 1u
                                       << 17;  // Off unless enable-debug-command and the like say so. Not in replies.
inline constexpr uint32_t kNoAsyncLoading = 1u << 18;
inline constexpr uint32_t kNoMulti = 1u << 19;
inline constexpr uint32_t kMovableKeys = 1u << 20;
inline constexpr uint32_t kAllowBusy = 1u << 21;
inline constexpr uint32_t kSyscmd = 1u << 22;  // For servers, not for users. A flag of COMMAND DOCS alone.
}  // namespace flag

// Bits of CommandSpec::acl_categories, in the order of ACL CAT.
namespace acl {
inline constexpr uint32_t kKeyspace = 1u << 0;
inline constexpr uint32_t kRead = 1u << 1;
inline constexpr uint32_t kWrite = 1u << 2;
inline constexpr uint32_t kSet = 1u << 3;
inline constexpr uint32_t kSortedSet = 1u << 4;
inline constexpr uint32_t kList = 1u << 5;
inline constexpr uint32_t kHash = 1u << 6;
inline constexpr uint32_t kString = 1u << 7;
inline constexpr uint32_t kBitmap = 1u << 8;
inline constexpr uint32_t kHyperLogLog = 1u << 9;
inline constexpr uint32_t kGeo = 1u << 10;
inline constexpr uint32_t kStream = 1u << 11;
inline constexpr uint32_t kPubsub = 1u << 12;
inline constexpr uint32_t kAdmin = 1u << 13;
inline constexpr uint32_t kFast = 1u << 14;
inline constexpr uint32_t kSlow = 1u << 15;
inline constexpr uint32_t kBlocking = 1u << 16;
inline constexpr uint32_t kDangerous = 1u << 17;
inline constexpr uint32_t kConnection = 1u << 18;
inline constexpr uint32_t kTransaction = 1u << 19;
inline constexpr uint32_t kScripting = 1u << 20;
}  // namespace acl

// By bit number.
// clang-format off
inline constexpr std::string_view kCommandFlagNames[] = {
    "write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale",
    "skip_monitor", "skip_slowlog", "asking", "fast", "no_auth", "may_replicate", "no_mandatory_keys", "protected",
    "no_async_loading", "no_multi", "movablekeys", "allow_busy", "syscmd"};
inline constexpr std::string_view kAclCategoryNames[] = {
    "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
    "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"};
// clang-format on

struct CommandSpec {
  std::string_view name;        // Lower case; a subcommand with its container: "client|list".
  std::string_view group;       // As COMMAND DOCS says it: "generic", "string", "sorted-set", ...
  std::string_view since;       // The Redis version that brought it.
  int arity;                    // Arguments with the name (and the container's); negative: at least so many.
  uint32_t flags;               // flag::k*
  uint32_t acl_categories;      // acl::k*, those that follow from flags included.
  std::string_view keys;        // Notation above.
  std::string_view syntax;      // Notation above.
  std::string_view complexity;  // May be empty, as for containers.
  std::string_view summary;
  std::string_view history;      // "6.2.0 what came; 7.0.0 what came", or empty.
  std::string_view tips;         // Words for clients, split by spaces: "request_policy:all_shards", or empty.
  std::string_view deprecation;  // "6.2.0 what to use instead", or empty.

  // `flag_words` and `acl_words` are names from the two tables, split by spaces; a wrong one does not compile.
  // Categories that follow from flags (write, read, admin with dangerous, pubsub, blocking, fast or slow) are added.
  consteval CommandSpec(std::string_view name, std::string_view group, std::string_view since, int arity,
                        std::string_view flag_words, std::string_view acl_words, std::string_view keys,
                        std::string_view syntax, std::string_view complexity, std::string_view summary,
                        std::string_view history = {}, std::string_view tips = {}, std::string_view deprecation = {});

  constexpr bool Is(uint32_t flag_bits) const { return (flags & flag_bits) != 0; }
  constexpr bool IsSubcommand() const { return name.find('|') != std::string_view::npos; }
};

// Every row, containers before their subcommands.
std::span<const CommandSpec> AllCommandSpecs();

// By name in lower case, subcommands as "client|list"; null if Redis 7.2 has no such command. O(log n).
const CommandSpec* FindCommandSpec(std::string_view name);

namespace spec_detail {
template <size_t kCount>
consteval uint32_t ParseWords(std::string_view words, const std::string_view (&names)[kCount]) {
  uint32_t bits = 0;
  while (!words.empty()) {
    const size_t end = words.find(' ');
    const std::string_view word = words.substr(0, end);
    size_t i = 0;
    while (names[i] != word) ++i;  // Past the table's end: not a constant expression, so an unknown word is an error.
    bits |= 1u << i;
    words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
  }
  return bits;
}

consteval uint32_t ImpliedCategories(uint32_t flags, uint32_t categories) {
  uint32_t implied = 0;
  if (flags & flag::kWrite) implied |= acl::kWrite;
  if ((flags & flag::kReadonly) && !(categories & acl::kScripting)) implied |= acl::kRead;
  if (flags & flag::kAdmin) implied |= acl::kAdmin | acl::kDangerous;
  if (flags & flag::kPubsub) implied |= acl::kPubsub;
  if (flags & flag::kBlocking) implied |= acl::kBlocking;
  return implied | ((flags & flag::kFast) ? acl::kFast : acl::kSlow);
}
}  // namespace spec_detail

consteval CommandSpec::CommandSpec(std::string_view name, std::string_view group, std::string_view since, int arity,
                                   std::string_view flag_words, std::string_view acl_words, std::string_view keys,
                                   std::string_view syntax, std::string_view complexity, std::string_view summary,
                                   std::string_view history, std::string_view tips, std::string_view deprecation)
    : name(name),
      group(group),
      since(since),
      arity(arity),
      flags(spec_detail::ParseWords(flag_words, kCommandFlagNames)),
      acl_categories(spec_detail::ParseWords(acl_words, kAclCategoryNames)),
      keys(keys),
      syntax(syntax),
      complexity(complexity),
      summary(summary),
      history(history),
      tips(tips),
      deprecation(deprecation) {
  acl_categories |= spec_detail::ImpliedCategories(flags, acl_categories);
}

}  // namespace kvorum
