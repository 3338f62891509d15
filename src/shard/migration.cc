// MIGRATE: keys go to another server, by RESTORE there, and are deleted here. The shard waits for that server meanwhile, as Redis
// does: nobody can change the keys on their way.
#include "shard/migration.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "commands/context.h"
#include "protocol/request.h"
#include "rdb/writer.h"
#include "shard/shard.h"

namespace kvorum {

namespace {

using Outcome = BlockingSocket::Outcome;

std::string NameOf(std::string_view host, std::string_view port) { return std::string(host) + ":" + std::string(port); }

}  // namespace

MigrationSocket* MigrationSockets::Get(std::string_view host, std::string_view port, int64_t timeout_ms, int64_t now_ms,
                                       Outcome* outcome) {
  const std::string name = NameOf(host, port);
  *outcome = Outcome::kDone;
  if (auto found = sockets_.find(name); found != sockets_.end()) {
    found->second.used_ms = now_ms;
    return &found->second;
  }
  MigrationSocket made;
  *outcome = made.socket.Connect(std::string(host), std::atoi(std::string(port).c_str()), timeout_ms);
  if (*outcome != Outcome::kDone) return nullptr;
  made.used_ms = now_ms;
  if (sockets_.size() == kMaxSockets) {
    sockets_.erase(std::min_element(sockets_.begin(), sockets_.end(),
                                    [](const auto& a, const auto& b) { return a.second.used_ms < b.second.used_ms; }));
  }
  return &sockets_.emplace(name, std::move(made)).first->second;
}

void MigrationSockets::Close(std::string_view host, std::string_view port) { sockets_.erase(NameOf(host, port)); }

void MigrationSockets::CloseIdle(int64_t now_ms) {
  std::erase_if(sockets_, [now_ms](const auto& entry) { return now_ms - entry.second.used_ms > kIdleMs; });
}

namespace {

constexpr int64_t kDefaultTimeoutMs = 1000;

struct Migration {
  std::string_view host;
  std::string_view port;
  int64_t db;
  int64_t timeout_ms;
  bool copies = false;
  bool replaces = false;
  std::string_view user;
  bool has_user = false;
  std::string_view password;
  bool authenticates = false;
  std::vector<std::string_view> keys;
};

bool ParseMigrate(Context& ctx, Migration* migration) {
  migration->host = ctx.args[1];
  migration->port = ctx.args[2];
  migration->keys = {ctx.args[3]};
  for (size_t i = 6; i < ctx.args.size(); ++i) {
    const size_t more = ctx.args.size() - 1 - i;
    if (ctx.Is(i, "COPY")) {
      migration->copies = true;
    } else if (ctx.Is(i, "REPLACE")) {
      migration->replaces = true;
    } else if (ctx.Is(i, "AUTH") && more >= 1) {
      migration->authenticates = true;
      migration->password = ctx.args[++i];
    } else if (ctx.Is(i, "AUTH2") && more >= 2) {
      migration->authenticates = true;
      migration->has_user = true;
      migration->user = ctx.args[++i];
      migration->password = ctx.args[++i];
    } else if (ctx.Is(i, "KEYS")) {
      if (!ctx.args[3].empty()) {
        ctx.Error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
        return false;
      }
      migration->keys.assign(ctx.args.begin() + static_cast<std::ptrdiff_t>(i) + 1, ctx.args.end());
      break;
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  if (!ctx.IntegerArg(5, &migration->timeout_ms) || !ctx.IntegerArg(4, &migration->db)) return false;
  if (migration->timeout_ms <= 0) migration->timeout_ms = kDefaultTimeoutMs;
  return true;
}

void AppendCommand(std::initializer_list<std::string_view> words, std::string* out) {
  *out += "*" + std::to_string(words.size()) + "\r\n";
  for (std::string_view word : words) {
    *out += "$" + std::to_string(word.size()) + "\r\n";
    *out += word;
    *out += "\r\n";
  }
}

// What became of an attempt.
enum class Attempt : uint8_t { kReplied, kWriteFailed, kReadFailed, kWriteTimedOut, kReadTimedOut };

class MigrateCommand {
 public:
  MigrateCommand(Context& ctx, const Migration& migration)
      : ctx_(ctx), migration_(migration), writer_({.compresses = ctx.settings().rdb_compression}) {}

  void Run() {
    // A connection from the pool may have been closed there: one more attempt, if nothing can have come of the first.
    for (bool may_retry = true;; may_retry = false) {
      MigrationSockets& sockets = ShardOf(ctx_).migration_sockets();
      Outcome outcome;
      connection_ = sockets.Get(migration_.host, migration_.port, migration_.timeout_ms, ctx_.now_ms, &outcome);
      // Redis finds out about a refusal when it writes, and says so.
      if (outcome == Outcome::kRefused) return ctx_.Error("IOERR error or timeout writing to target instance");
      if (outcome != Outcome::kDone) return ctx_.Error("IOERR error or timeout connecting to the client");
      const Attempt attempt = Try();
      if (attempt != Attempt::kReplied) sockets.Close(migration_.host, migration_.port);
      const bool failed = attempt == Attempt::kWriteFailed || attempt == Attempt::kReadFailed;
      if (failed && replies_ == 0 && may_retry) continue;
      StateEffect();
      if (!target_error_.empty()) return ctx_.Error("ERR Target instance replied with error: " + target_error_);
      if (attempt == Attempt::kWriteFailed || attempt == Attempt::kWriteTimedOut)
        return ctx_.Error("IOERR error or timeout writing to target instance");
      if (attempt != Attempt::kReplied) return ctx_.Error("IOERR error or timeout reading to target instance");
      return ctx_.reply.Ok();
    }
  }

 private:
  static Attempt ReadAttempt(Outcome outcome) {
    return outcome == Outcome::kTimedOut ? Attempt::kReadTimedOut : Attempt::kReadFailed;
  }

  Outcome Send(std::string_view bytes) { return connection_->socket.Write(bytes, migration_.timeout_ms); }

  // Commands before the first RESTORE.
  std::string Introduction() {
    std::string text;
    if (migration_.authenticates) {
      if (!migration_.has_user) {
        AppendCommand({"AUTH", migration_.password}, &text);
      } else {
        AppendCommand({"AUTH", migration_.user, migration_.password}, &text);
      }
      ++introductions_;
    }
    if (connection_->db != migration_.db) {
      AppendCommand({"SELECT", std::to_string(migration_.db)}, &text);
      ++introductions_;
    }
    return text;
  }

  Attempt Try() {
    introductions_ = 0;
    sent_.clear();
    std::string text = Introduction();
    for (std::string_view key : migration_.keys) {
      Entry* entry = ctx_.Read(key, lookup::kNoStats | lookup::kNoNotify | lookup::kNoTouch);
      if (entry == nullptr) continue;
      int64_t ttl_ms = 0;
      if (entry->has_deadline()) ttl_ms = std::max<int64_t>(entry->deadline_ms() - ctx_.now_ms, 1);
      const std::string_view payload = writer_.Payload(*entry);
      if (migration_.replaces) {
        AppendCommand({"RESTORE", key, std::to_string(ttl_ms), payload, "REPLACE"}, &text);
      } else {
        AppendCommand({"RESTORE", key, std::to_string(ttl_ms), payload}, &text);
      }
      sent_.push_back(key);
      // Value after value, so that not all of them lie here at once.
      if (const Outcome outcome = Send(text); outcome != Outcome::kDone)
        return outcome == Outcome::kTimedOut ? Attempt::kWriteTimedOut : Attempt::kWriteFailed;
      text.clear();
    }
    return ReadReplies();
  }

  Attempt ReadReplies() {
    std::string introduction_error;
    std::string_view line;
    for (int i = 0; i < introductions_; ++i) {
      const Outcome outcome = connection_->socket.ReadLine(&line, migration_.timeout_ms);
      if (outcome != Outcome::kDone) return ReadAttempt(outcome);
      if (line.starts_with('-') && introduction_error.empty()) introduction_error = line.substr(1);
    }
    for (std::string_view key : sent_) {
      const Outcome outcome = connection_->socket.ReadLine(&line, migration_.timeout_ms);
      if (outcome != Outcome::kDone) return ReadAttempt(outcome);
      ++replies_;
      if (!introduction_error.empty() || line.starts_with('-')) {
        connection_->db = -1;
        if (target_error_.empty()) target_error_ = introduction_error.empty() ? line.substr(1) : introduction_error;
      } else if (!migration_.copies) {
        Remove(key);
      }
    }
    if (target_error_.empty()) connection_->db = migration_.db;
    return Attempt::kReplied;
  }

  void Remove(std::string_view key) {
    if (!ctx_.Delete(key, ctx_.settings().lazyfree_lazy_server_del)) return;  // named twice
    ctx_.Changed(key);
    ctx_.Notify(event::kGeneric, "del", key);
    removed_.push_back(key);
  }

  void StateEffect() {
    if (removed_.empty()) return;
    std::vector<std::string_view> words = {"DEL"};
    words.insert(words.end(), removed_.begin(), removed_.end());
    ctx_.Effect(Arguments(words));
  }

  Context& ctx_;
  const Migration& migration_;
  RdbWriter writer_;
  MigrationSocket* connection_ = nullptr;
  int introductions_ = 0;
  std::vector<std::string_view> sent_;
  size_t replies_ = 0;  // to RESTOREs
  std::vector<std::string_view> removed_;
  std::string target_error_;
};

void Migrate(Context& ctx) {
  Migration migration;
  if (!ParseMigrate(ctx, &migration)) return;
  // Those that are not here are not missed.
  std::erase_if(migration.keys, [&ctx](std::string_view key) { return ctx.Read(key) == nullptr; });
  if (migration.keys.empty()) return ctx.reply.Status("NOKEY");
  MigrateCommand(ctx, migration).Run();
}

}  // namespace

void RegisterMigrateCommand(CommandTable& table) { table.Bind("migrate", Migrate); }

}  // namespace kvorum
