// DEBUG: what test suites and developers need. Off unless enable-debug-command says otherwise.
#include <time.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/glob.h"
#include "base/numbers.h"
#include "server/config.h"
#include "server/debug_values.h"
#include "server/digest.h"
#include "server/log.h"
#include "server/persistence.h"
#include "server/server.h"

namespace kvorum {
namespace {

void UnknownSubcommand(Context& ctx) {
  ctx.Error("ERR unknown subcommand or wrong number of arguments for '" + std::string(ctx.args[1].substr(0, 128)) +
            "'. Try DEBUG HELP.");
}

void DebugSleep(Context& ctx) {
  // Text that is no number is 0, as in Redis.
  double seconds = 0;
  (void)ParseDouble(ctx.args[2], &seconds);
  seconds = std::clamp(seconds, 0.0, 1e9);
  timespec left{static_cast<time_t>(seconds), static_cast<long>((seconds - std::floor(seconds)) * 1e9)};
  while (nanosleep(&left, &left) != 0) {
  }
  ctx.reply.Ok();
}

void DebugSetActiveExpire(Context& ctx) {
  ServerOf(ctx).keyspace_settings().active_expire = ctx.args[2] != "0";
  ctx.reply.Ok();
}

void DebugPackedThreshold(Context& ctx) {
  uint64_t bytes;
  if (!ParseMemory(ctx.args[2], &bytes) || bytes > uint64_t{4} << 30) {
    return ctx.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  ServerOf(ctx).keyspace_settings().list_plain_threshold = bytes == 0 ? KeyspaceSettings().list_plain_threshold : bytes;
  ctx.reply.Ok();
}

void DebugReplyBuffer(Context& ctx) {
  ShardSettings& settings = ServerOf(ctx).shard_settings();
  int64_t number = 0;
  if (ctx.Is(2, "PEAK-RESET-TIME") && ctx.Is(3, "NEVER")) {
    settings.reply_buffer_peak_reset_ms = -1;
  } else if (ctx.Is(2, "PEAK-RESET-TIME") && ctx.Is(3, "RESET")) {
    settings.reply_buffer_peak_reset_ms = ShardSettings().reply_buffer_peak_reset_ms;
  } else if (ctx.Is(2, "PEAK-RESET-TIME")) {
    if (!ctx.IntegerArg(3, &number)) return;
    settings.reply_buffer_peak_reset_ms = number;
  } else if (ctx.Is(2, "RESIZING")) {
    // Text that is no number is 0, as in Redis.
    settings.reply_buffer_resizing = ParseInt64(ctx.args[3], &number) && number != 0;
  } else {
    return UnknownSubcommand(ctx);
  }
  ctx.reply.Ok();
}

void DebugPauseCron(Context& ctx) {
  ServerOf(ctx).cron_paused = ctx.args[2] != "0";
  ctx.reply.Ok();
}

void DebugChangeReplId(Context& ctx) {
  Log(LogLevel::kNotice, "Changing replication IDs after receiving change-repl-id");
  ServerOf(ctx).ChangeReplicationId();
  ctx.reply.Ok();
}

void DebugLog(Context& ctx) {
  Log(LogLevel::kWarning, "DEBUG LOG: " + std::string(ctx.args[2]));
  ctx.reply.Ok();
}

void DebugError(Context& ctx) { ctx.Error(ctx.args[2]); }

void DebugDigest(Context& ctx) { ctx.reply.Status(DigestOf(ctx.keyspace).Text()); }

void DebugDigestValue(Context& ctx) {
  ctx.reply.Array(ctx.args.size() - 2);
  for (std::string_view key : ctx.args.subspan(2)) {
    const Entry* entry = ctx.Read(key, lookup::kNoTouch | lookup::kNoStats | lookup::kNoNotify);
    ctx.reply.Bulk(entry == nullptr ? Digest().Text() : DigestOfValue(*entry).Text());
  }
}

void DebugConfigRewriteForceAll(Context& ctx) {
  std::string error;
  if (ServerOf(ctx).config->file().empty()) return ctx.Error("ERR The server is running without a config file");
  if (!ServerOf(ctx).config->Rewrite(true, &error)) return ctx.Error("ERR CONFIG-REWRITE-FORCE-ALL failed: " + error);
  ctx.reply.Ok();
}

void DebugPopulate(Context& ctx) {
  int64_t count;
  int64_t size = 0;
  if (ctx.args.size() > 5) return ctx.SyntaxError();
  constexpr std::string_view kError = "ERR value is out of range, must be positive";
  if (!ctx.IntegerArg(2, &count, 0, INT64_MAX, kError)) return;
  if (ctx.args.size() > 4 && !ctx.IntegerArg(4, &size, 0, 512 << 20, kError)) return;
  const std::string prefix(ctx.args.size() > 3 ? ctx.args[3] : "key");
  for (int64_t i = 0; i < count; ++i) {
    const std::string key = prefix + ":" + std::to_string(i);
    if (ctx.Write(key) != nullptr) continue;
    std::string value = "value:" + std::to_string(i);
    if (size > 0) value.resize(static_cast<size_t>(size));  // cut, or filled with zeros
    ctx.PutText(key, value);
    ctx.Changed(key);
    ctx.Effect({"SET", key, value});
  }
  ctx.reply.Ok();
}

// An attribute, which RESP2 lacks; then the reply it is about.
void ReplyAttribute(Context& ctx) {
  if (ctx.reply.resp() == 3) {
    ctx.reply.Raw("|1\r\n");
    ctx.reply.Bulk("key-popularity");
    ctx.reply.Array(2);
    ctx.reply.Bulk("key:123");
    ctx.reply.Integer(90);
  }
  ctx.reply.Bulk("Some real reply following the attribute");
}

void ReplyNumbers(Context& ctx, int count, bool as_map) {
  for (int i = 0; i < count; ++i) {
    ctx.reply.Integer(i);
    if (as_map) ctx.reply.Bool(i == 1);
  }
}

void DebugProtocol(Context& ctx) {
  constexpr int kElements = 3;
  ReplyWriter& reply = ctx.reply;
  if (ctx.Is(2, "STRING")) return reply.Bulk("Hello World");
  if (ctx.Is(2, "INTEGER")) return reply.Integer(12345);
  if (ctx.Is(2, "DOUBLE")) return reply.Double(3.141);
  if (ctx.Is(2, "NULL")) return reply.Null();
  if (ctx.Is(2, "BIGNUM")) return reply.BigNumber("1234567999999999999999999999999999999");
  if (ctx.Is(2, "VERBATIM")) return reply.Verbatim("txt", "This is a verbatim\nstring");
  if (ctx.Is(2, "TRUE")) return reply.Bool(true);
  if (ctx.Is(2, "FALSE")) return reply.Bool(false);
  if (ctx.Is(2, "ATTRIB")) return ReplyAttribute(ctx);
  if (ctx.Is(2, "ARRAY")) {
    reply.Array(kElements);
    return ReplyNumbers(ctx, kElements, false);
  }
  if (ctx.Is(2, "SET")) {
    reply.Set(kElements);
    return ReplyNumbers(ctx, kElements, false);
  }
  if (ctx.Is(2, "MAP")) {
    reply.Map(kElements);
    return ReplyNumbers(ctx, kElements, true);
  }
  if (ctx.Is(2, "PUSH")) {
    if (reply.resp() != 3) return ctx.Error("ERR RESP2 is not supported by this command");
    Buffer apart;
    ReplyWriter push(apart, 3);
    push.Push(2);
    push.Bulk("server-cpu-usage");
    push.Integer(42);
    ShardOf(ctx).Push(ctx.session, apart.view());
    return reply.Bulk("Some real reply following the push reply");
  }
  ctx.Error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

// The outcome is that it ends: what matches is tested elsewhere.
void DebugStringMatchTest(Context& ctx) {
  constexpr int kRounds = 100000;
  constexpr size_t kLongest = 32;
  constexpr std::string_view kBytes = "*?[]^-\\abc";
  const auto random_text = [&ctx, kBytes] {
    std::string text(ctx.random().Below(kLongest), ' ');
    for (char& byte : text) byte = kBytes[ctx.random().Below(kBytes.size())];
    return text;
  };
  for (int i = 0; i < kRounds; ++i) (void)GlobMatch(random_text(), random_text());
  ctx.reply.Status("Apparently Redis did not crash: test passed");
}

void DebugNothing(Context& ctx) { ctx.reply.Ok(); }

void Reload(Context& ctx, bool save) {
  Persistence* persistence = ServerOf(ctx).persistence();
  std::string error = "this server has no data folder";
  if (ctx.session.executing_multi) return ctx.Error("ERR not inside of a transaction");
  if (persistence == nullptr || !persistence->Reload(save, &error)) {
    return ctx.Error("ERR Error trying to load the data: " + error);
  }
  ctx.reply.Ok();
}

void DebugReload(Context& ctx) {
  bool save = true;
  for (size_t i = 2; i < ctx.args.size(); ++i) {
    if (!ctx.Is(i, "NOSAVE")) {
      return ctx.Error(
          "ERR DEBUG RELOAD only supports the NOSAVE option: what is loaded takes the place of what was there");
    }
    save = false;
  }
  Reload(ctx, save);
}

void DebugLoadAof(Context& ctx) { Reload(ctx, false); }

void DebugHelp(Context& ctx);

struct DebugSubcommand {
  std::string_view name;
  size_t min_args;  // with DEBUG and the name
  size_t max_args;  // 0: no limit
  void (*run)(Context&);
  std::string_view usage;
  std::string_view help;
};
constexpr DebugSubcommand kSubcommands[] = {
    {"CHANGE-REPL-ID", 2, 2, DebugChangeReplId, "", "Draws new replication ids."},
    {"CONFIG-REWRITE-FORCE-ALL", 2, 2, DebugConfigRewriteForceAll, "", "CONFIG REWRITE with every directive there is."},
    {"DIGEST", 2, 2, DebugDigest, "", "A digest of all databases; equal data has equal digests."},
    {"DIGEST-VALUE", 2, 0, DebugDigestValue, "<key> [<key> ...]", "Digests of the values of keys."},
    {"ERROR", 3, 3, DebugError, "<string>", "Replies the string as an error."},
    {"HTSTATS", 3, 0, DebugHtStats, "<dbid> [full]",
     "The size of a database's tables; full: how they are filled, too."},
    {"HTSTATS-KEY", 3, 0, DebugHtStatsKey, "<key> [full]", "The same of the table in a value."},
    {"LISTPACK", 3, 3, DebugListPack, "<key>", "Writes a small value's elements to the log."},
    {"LOADAOF", 2, 2, DebugLoadAof, "", "Drops all data and loads it again from the snapshot and the journal."},
    {"LOG", 3, 3, DebugLog, "<message>", "Writes the message to the log."},
    {"OBJECT", 3, 3, DebugObject, "<key>", "How a value is stored."},
    {"PAUSE-CRON", 3, 3, DebugPauseCron, "<0|1>", "Stops and resumes what the server does by the clock."},
    {"POPULATE", 3, 5, DebugPopulate, "<count> [<prefix>] [<size>]", "Creates keys <prefix>:0, <prefix>:1, ..."},
    {"PROTOCOL", 3, 3, DebugProtocol, "<type>",
     "Replies a value of a type of the protocol: string, integer, double, bignum, null, array, set, map, attrib, push, "
     "verbatim, true, false."},
    {"QUICKLIST", 3, 4, DebugQuickList, "<key> [<0|1>]",
     "Writes a long list's nodes to the log; 1: its elements, too."},
    {"QUICKLIST-PACKED-THRESHOLD", 3, 3, DebugPackedThreshold, "<size>",
     "List elements from this size on get a node of their own; 0 is the default."},
    {"RELOAD", 2, 0, DebugReload, "[NOSAVE]", "Saves a snapshot (or not), drops all data and loads it again."},
    {"REPLICATE", 3, 0, DebugNothing, "<string>", "Nothing: there are no replicas."},
    {"REPLYBUFFER", 4, 4, DebugReplyBuffer, "PEAK-RESET-TIME <NEVER|RESET|ms> | RESIZING <0|1>",
     "How reply buffers shrink and grow."},
    {"SDSLEN", 3, 3, DebugStringLength, "<key>", "How long a key and its string are, and what memory they take."},
    {"SET-ACTIVE-EXPIRE", 3, 3, DebugSetActiveExpire, "<0|1>",
     "Whether expired keys go before somebody looks for them."},
    {"SET-DISABLE-DENY-SCRIPTS", 3, 3, DebugNothing, "<0|1>", "Nothing: there are no scripts."},
    {"SLEEP", 3, 3, DebugSleep, "<seconds>", "Stops the server for so long."},
    {"STRINGMATCH-TEST", 2, 2, DebugStringMatchTest, "", "Matches random patterns with random texts."},
    {"STRUCTSIZE", 2, 2, DebugStructSize, "", "The sizes of the classes that data is kept in."},
    {"HELP", 2, 2, DebugHelp, "", "Prints this help."},
};

void DebugHelp(Context& ctx) {
  ctx.reply.Array(1 + 2 * std::size(kSubcommands));
  ctx.reply.Status("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const DebugSubcommand& subcommand : kSubcommands) {
    ctx.reply.Status(std::string(subcommand.name) + (subcommand.usage.empty() ? "" : " ") +
                     std::string(subcommand.usage));
    ctx.reply.Status("    " + std::string(subcommand.help));
  }
}

void Debug(Context& ctx) {
  for (const DebugSubcommand& subcommand : kSubcommands) {
    if (!ctx.Is(1, subcommand.name)) continue;
    if (ctx.args.size() < subcommand.min_args || (subcommand.max_args != 0 && ctx.args.size() > subcommand.max_args)) {
      break;
    }
    return subcommand.run(ctx);
  }
  UnknownSubcommand(ctx);
}

}  // namespace

void RegisterDebugCommands(CommandTable& table) { table.Bind("debug", Debug); }

}  // namespace kvorum
