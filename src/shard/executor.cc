// How a command comes to run: the checks before it, the call, and what follows from it.
#include <algorithm>

#include "base/check.h"
#include "base/numbers.h"
#include "shard/redact.h"
#include "shard/shard.h"
#include "shard/tracking.h"
#include "shard/unwritten_changes.h"

namespace kvorum {
namespace {

// Of an unknown command, this much is quoted in the error.
constexpr size_t kQuotedCommandBytes = 128;
// Replies above this are handed over whole rather than copied.
constexpr size_t kCopiedReplyBytes = 64 << 10;
// What the reply buffer keeps between commands.
constexpr size_t kScratchBytes = 16 << 10;

// As much of it, up to its first zero byte, as an error quotes.
std::string Quoted(std::string_view word, size_t most) {
  return std::string(word.substr(0, std::min(most, word.find('\0'))));
}

// Commands that a RESP2 connection may send while it is subscribed.
bool AllowedWhileSubscribed(const Command& command) {
  static constexpr std::string_view kNames[] = {
      "ping", "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe", "quit", "reset"};
  return std::find(std::begin(kNames), std::end(kNames), command.name()) != std::end(kNames);
}

// Commands that are run, not queued, between MULTI and EXEC.
bool RunsInsideMulti(const Command& command) {
  static constexpr std::string_view kNames[] = {"exec", "discard", "multi", "watch", "quit", "reset"};
  return std::find(std::begin(kNames), std::end(kNames), command.name()) != std::end(kNames);
}

// Whether it has one of the flags, or is the EXEC of a transaction with one that has.
bool IsOrQueued(const Session& session, const Command& command, uint32_t flags) {
  if (command.Is(flags)) return true;
  return session.in_multi && command.name() == "exec" &&
         std::any_of(session.queued.begin(), session.queued.end(),
                     [flags](const StoredCommand& queued) { return queued.command->Is(flags); });
}

bool NeedsMemory(const Session& session, const Command& command) {
  // Commands that are queued take memory whatever they are.
  return (session.in_multi && !RunsInsideMulti(command)) || IsOrQueued(session, command, flag::kDenyOom);
}

// What CLIENT CACHING says is for the next command; more words to CLIENT in between do not count.
bool IsClientCommand(const Command* command) { return command != nullptr && command->name().starts_with("client|"); }

}  // namespace

void Shard::UnknownCommand(Arguments args, ReplyWriter& reply) {
  const Command* container = args.size() >= 2 ? commands_->Find(args[0]) : nullptr;
  if (container != nullptr && !container->subcommands.empty()) {
    std::string upper(container->name());
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    reply.Error("ERR unknown subcommand '" + Quoted(args[1], kQuotedCommandBytes) + "'. Try " + upper + " HELP.");
    return;
  }
  std::string quoted;
  for (size_t i = 1; i < args.size() && quoted.size() < kQuotedCommandBytes; ++i) {
    quoted += '\'' + Quoted(args[i], kQuotedCommandBytes - quoted.size()) + "' ";
  }
  reply.Error("ERR unknown command '" + Quoted(args[0], kQuotedCommandBytes) +
              "', with args beginning with: " + quoted);
}

bool Shard::Admit(Session& session, const Command* command, Arguments args, ReplyWriter& reply) {
  if (command == nullptr) {
    UnknownCommand(args, reply);
    return false;
  }
  if (!command->ArityFits(args.size()) || command->handler == nullptr) {
    reply.Error("ERR wrong number of arguments for '" + std::string(command->name()) + "' command");
    return false;
  }
  if (command->Is(flag::kProtected) && settings_->enable_debug_command != "yes") {
    if (settings_->enable_debug_command != "local" || !session.is_local()) {
      reply.Error(
          "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from "
          "a "
          "local connection, otherwise you need to set this option in the configuration file, and then restart the "
          "server.");
      return false;
    }
  }
  if (!session.authenticated && !command->Is(flag::kNoAuth)) {
    reply.Error("NOAUTH Authentication required.");
    return false;
  }
  constexpr uint32_t kOfKeys = flag::kWrite | flag::kReadonly | flag::kMayReplicate;
  if (session.is_monitor && command->Is(kOfKeys)) {
    // Redis counts monitors among its replicas.
    reply.Error("ERR Replica can't interact with the keyspace");
    return false;
  }
  if (session.in_multi && command->Is(flag::kNoMulti)) {
    reply.Error("ERR Command not allowed inside a transaction");
    return false;
  }
  if (keyspace_.settings().maxmemory != 0 && MakeRoom() == Eviction::Outcome::kFailed &&
      NeedsMemory(session, *command)) {
    reply.Error("OOM command not allowed when used memory > 'maxmemory'.");
    return false;
  }
  if (log_ != nullptr && IsOrQueued(session, *command, flag::kWrite | flag::kProtected) &&
      !HasLogRoom(session, args, reply)) {
    return false;
  }
  if (save_failed && IsOrQueued(session, *command, flag::kWrite)) {
    reply.Error(
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands "
        "that may "
        "modify the data set are disabled, because this instance is configured to report errors during writes if RDB "
        "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the "
        "RDB "
        "error.");
    return false;
  }
  // There are no replicas yet.
  if (settings_->min_replicas_to_write > 0 && settings_->min_replicas_max_lag > 0 &&
      IsOrQueued(session, *command, flag::kWrite)) {
    reply.Error("NOREPLICAS Not enough good replicas to write.");
    return false;
  }
  if (session.resp == 2 && session.is_subscriber() && !AllowedWhileSubscribed(*command)) {
    reply.Error("ERR Can't execute '" + std::string(command->name()) +
                "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
    return false;
  }
  if (loading_ && !command->Is(flag::kLoading)) {
    reply.Error("LOADING Redis is loading the dataset in memory");
    return false;
  }
  return true;
}

// An EXEC that is turned away ends its transaction all the same.
void Shard::AbortExec(Session& session, ReplyWriter& reply) {
  const std::string_view text = scratch_.view();
  const std::string_view error = text.substr(text.starts_with("-ERR ") ? 5 : 1);
  const std::string why(error.substr(0, error.find('\r')));
  scratch_.Clear();
  DiscardTransaction(session);
  reply.Error("EXECABORT Transaction discarded because of: " + why);
}

void Shard::Execute(Session& session, const Command* command, Arguments args, uint64_t key_hash) {
  CHECK(session.blocked == BlockReason::kNone);
  if (key_hash != 0) keyspace_.HintHash({args[command->first_key], key_hash});
  session.last_interaction_ms = now_ms_;
  session.last_command = command;
  ReplyWriter reply(scratch_, session.resp);
  if (!Admit(session, command, args, reply)) {
    if (session.in_multi) session.multi_failed = true;
    if (command != nullptr) {
      ++command->stats.rejected;
      if (command->name() == "exec") AbortExec(session, reply);
    }
    CountError(scratch_.view(), nullptr);
  } else if (pause_mode_ != PauseMode::kNone && HoldsBack(session, *command)) {
    keyspace_.HintHash({});
    Suspend(session, BlockReason::kPaused, command, args, Entry::kNoDeadline);
    paused_.push_back(&session);
    return;
  } else if (session.in_multi && !RunsInsideMulti(*command)) {
    Queue(session, *command, args, reply);
  } else {
    Call(session, *command, args, reply);
  }
  keyspace_.HintHash({});
  Deliver(session, scratch_);
  if (has_held_pushes_) SendHeldPushes(session);
  if (session.tracking.caching && !session.in_multi && !IsClientCommand(command)) session.tracking.caching = false;
  if (session.reply_mode != ReplyMode::kOn && session.blocked == BlockReason::kNone) EndReplyMode(session);
  if (!ready_.empty()) ServeBlocked();
}

// CLIENT REPLY SKIP counts for the next command, even if that one has to wait before it replies.
void Shard::EndReplyMode(Session& session) {
  if (session.reply_mode == ReplyMode::kSkip) {
    session.reply_mode = ReplyMode::kOn;
  } else if (session.reply_mode == ReplyMode::kSkipNext) {
    session.reply_mode = ReplyMode::kSkip;
  }
}

void Shard::Deliver(Session& session, Buffer& reply) {
  if (reply.empty()) return;
  if (session.reply_mode != ReplyMode::kOn || session.internal || session.close_now) {
    reply.Clear();
    return;
  }
  if (reply.size() > kCopiedReplyBytes) {
    session.output.AppendBuffer(reply);
  } else {
    session.output.Append(reply.view());
    reply.Clear();
  }
  if (reply.capacity() > 4 * kScratchBytes) reply.Resize(kScratchBytes);
  NoteReplied(session);
  if (session.output.list_length() > 0) (void)CheckOutputLimit(session);
  session.Wake();
}

void Shard::CountError(std::string_view reply, const Command* command) {
  if (reply.empty() || reply[0] != '-') return;
  ++stats_.error_replies;
  if (command != nullptr) ++command->stats.failed;
  const std::string_view code = reply.substr(1, reply.find_first_of(" \r") - 1);
  auto it = stats_.errors_by_code.find(code);
  if (it == stats_.errors_by_code.end()) it = stats_.errors_by_code.emplace(code, 0).first;
  ++it->second;
}

inline void Shard::CountTime(const Session& session, const Command& command, Arguments args, uint64_t micros) {
  if (settings_->latency_tracking) {
    if (command.latency == nullptr) command.latency = std::make_unique<LatencyHistogram>();
    command.latency->Record(micros * 1000);
  }
  // A negative threshold becomes one that is never reached.
  const bool is_slow = micros >= static_cast<uint64_t>(settings_->slowlog_log_slower_than);
  const auto latency_micros = static_cast<uint64_t>(settings_->latency_monitor_threshold) * 1000;
  if (is_slow || (latency_micros != 0 && micros >= latency_micros)) NoteSlow(session, command, args, micros);
}

void Shard::NoteSlow(const Session& session, const Command& command, Arguments args, uint64_t micros) {
  if (micros >= static_cast<uint64_t>(settings_->slowlog_log_slower_than) && !command.Is(flag::kSkipSlowlog)) {
    const std::vector<std::string_view> shown = WithoutSecrets(command, args);
    slow_log_.Add({shown, now_ms_ / 1000, static_cast<int64_t>(micros), session.address, session.name},
                  settings_->slowlog_max_len);
  }
  // Of EXEC's commands each counts by itself.
  if (command.name() != "exec")
    NoteLatency(command.Is(flag::kFast) ? "fast-command" : "command", static_cast<int64_t>(micros));
}

void Shard::NoteLatency(std::string_view event, int64_t micros) {
  const int64_t threshold_ms = settings_->latency_monitor_threshold;
  if (threshold_ms > 0 && micros / 1000 >= threshold_ms) latency_.Add(event, now_ms_ / 1000, micros / 1000);
}

void Shard::Call(Session& session, const Command& command, Arguments args, ReplyWriter& reply) {
  const int64_t started = now_monotonic_micros_;
  const size_t reply_start = reply.buffer().size();
  Context context(*this, session, command, args, reply, keyspace_, keyspace_.database(session.db), now_ms_, random_);
  if (call_depth_++ == 0) current_ = &session;
  if (unwritten_ != nullptr && unwritten_->MayShow(command, args)) current_->saw_unwritten = true;
  command.handler(context);
  if (tracks_reads_ && command.Is(flag::kReadonly)) tracking_->RememberKeys(*current_, command, args);
  if (context.changes() > 0 && !context.effects_stated() && wants_effects) StateEffect(session.db, args);
  if (--call_depth_ == 0) {
    current_ = nullptr;
    UpdateClock();
  } else {
    // All of a transaction sees the same time.
    now_monotonic_micros_ = clock_->MonotonicMicros();
  }
  stats_.changes += context.changes();
  // A command that waits counts when it ends.
  const bool ended = serving_ ? !reblocked_ : session.blocked == BlockReason::kNone;
  if (ended) {
    ++stats_.commands_processed;
    ++session.commands_run;
    ++command.stats.calls;
    const auto micros = static_cast<uint64_t>(now_monotonic_micros_ - started);
    command.stats.microseconds += micros;
    CountTime(session, command, args, micros);
  }
  if (!monitors_.empty() && !serving_ && session.blocked != BlockReason::kVectors) FeedMonitors(session, command, args);
  const std::string_view written = reply.buffer().view().substr(reply_start);
  if (!written.empty() && written[0] == '-') CountError(written, &command);
}

}  // namespace kvorum
