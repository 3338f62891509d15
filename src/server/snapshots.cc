// When the server writes snapshots, and what follows from that.
#include <fmt/format.h>

#include "server/log.h"
#include "server/persistence.h"
#include "server/server.h"
#include "shard/search_service.h"

namespace kvorum {
namespace {

// After a failure nothing is tried by itself for so long.
constexpr int64_t kRetryMs = 5000;

bool IsRewrite(SaveReason reason) { return reason == SaveReason::kRewrite || reason == SaveReason::kGrowth; }

}  // namespace

uint64_t Persistence::changes_since_save() const {
  const uint64_t changes = server_.shard().stats().changes;
  return changes > changes_saved_ ? changes - changes_saved_ : 0;
}

bool Persistence::save_failed() const {
  return log_ == nullptr && !stats_.last_save_good && server_.settings().stop_writes_on_bgsave_error &&
         !server_.settings().save.empty();
}

bool Persistence::BeginSnapshot(SaveReason reason, std::string* error) {
  if (!Lock(error)) return false;
  if (!has_loaded_ && FolderIsInUse()) {
    *error = folder_ + " holds the data of another server, which was not loaded";
    return false;
  }
  has_loaded_ = true;  // there is nothing to load
  Shard& shard = server_.shard();
  shard.AppendEffects();
  const int64_t now = server_.clock().UnixMicros();
  last_try_ms_ = now / 1000;
  reason_ = reason;
  // What is not in the journal takes an index of its own.
  const uint64_t index = log_ != nullptr ? log_->journal().last_index() : known_index_ + 1;
  const SnapshotHeader header{.index = index,
                              .unix_micros = static_cast<uint64_t>(now),
                              .databases = static_cast<uint64_t>(shard.keyspace().size())};
  changes_at_begin_ = shard.stats().changes;
  if (const FileError failed = snapshot_->Begin(folder_, header, shard.search().DefinitionEffects())) {
    *error = failed.text();
    stats_.last_save_good = false;
    return false;
  }
  if (log_ == nullptr) {
    known_index_ = index;
  } else {
    log_->journal().EndSegment();
  }
  return true;
}

bool Persistence::Save(std::string* error) {
  if (is_saving()) {
    snapshot_->Abort();
    if (const auto outcome = snapshot_->TakeOutcome()) EndSnapshot(*outcome);
  }
  if (!BeginSnapshot(SaveReason::kAsked, error)) return false;
  snapshot_->RunToEnd();
  const auto outcome = snapshot_->TakeOutcome();
  CHECK(outcome.has_value());
  EndSnapshot(*outcome);
  *error = outcome->error;
  return outcome->good;
}

void Persistence::EndSnapshot(const SnapshotOutcome& outcome) {
  stats_.last_save_good = outcome.good;
  stats_.last_save_micros = outcome.micros;
  stats_.last_stalled_micros = outcome.stalled_micros;
  if (IsRewrite(reason_)) {
    stats_.last_rewrite_good = outcome.good;
    stats_.last_rewrite_micros = outcome.micros;
    stats_.rewrite_failures_in_a_row = outcome.good ? 0 : stats_.rewrite_failures_in_a_row + 1;
    stats_.rewrites += outcome.good;
  }
  if (!outcome.good) {
    Log(LogLevel::kWarning, "The snapshot failed, the one before it is kept: " + outcome.error);
    return;
  }
  ++stats_.saves;
  stats_.last_save_unix_ms = server_.clock().UnixMicros() / 1000;
  stats_.last_save_bytes = outcome.file_bytes;
  changes_saved_ = changes_at_begin_;
  Log(LogLevel::kNotice, fmt::format("DB saved on disk: {} keys, {:.1f} MB in {:.3f} seconds: {}", outcome.keys,
                                     static_cast<double>(outcome.file_bytes) / 1e6,
                                     static_cast<double>(outcome.micros) / 1e6, outcome.path));
  if (log_ != nullptr) log_->journal().RemoveUpTo(outcome.header.index);
  // Removing a large file takes as long as tens of thousands of commands.
  snapshot_worker_.Post([&files = files_, folder = folder_, index = outcome.header.index] {
    if (const FileError error = RemoveSnapshotsBefore(files, folder, index)) {
      Log(LogLevel::kWarning, "An older snapshot could not be removed: " + error.text());
    }
  });
}

bool Persistence::SaveRuleIsDue(std::string* why) const {
  const int64_t now_ms = server_.clock().UnixMicros() / 1000;
  if (!stats_.last_save_good && now_ms - last_try_ms_ < kRetryMs) return false;
  for (const auto& [seconds, changes] : server_.settings().save) {
    if (changes_since_save() < static_cast<uint64_t>(changes) || now_ms - stats_.last_save_unix_ms <= seconds * 1000)
      continue;
    *why = fmt::format("{} changes in {} seconds. Saving...", changes, seconds);
    return true;
  }
  return false;
}

bool Persistence::JournalHasGrown() const {
  const ServerSettings& settings = server_.settings();
  if (log_ == nullptr || settings.auto_aof_rewrite_percentage == 0) return false;
  if (!stats_.last_rewrite_good && server_.clock().UnixMicros() / 1000 - last_try_ms_ < kRetryMs) return false;
  const uint64_t bytes = log_->journal().stats().bytes;
  const auto percent = static_cast<uint64_t>(settings.auto_aof_rewrite_percentage);
  return bytes >= static_cast<uint64_t>(settings.auto_aof_rewrite_min_size) &&
         bytes >= stats_.last_save_bytes / 100 * percent;
}

void Persistence::BeginIfDue() {
  if (is_saving()) return;
  std::string why;
  SaveReason reason = SaveReason::kRule;
  if (!SaveRuleIsDue(&why)) {
    if (!JournalHasGrown()) return;
    reason = SaveReason::kGrowth;
    why = fmt::format("The journal has {} MB. A snapshot takes its place...", log_->journal().stats().bytes >> 20);
  }
  Log(LogLevel::kNotice, why);
  std::string error;
  if (!BeginSnapshot(reason, &error)) Log(LogLevel::kWarning, "The snapshot could not be begun: " + error);
}

}  // namespace kvorum
