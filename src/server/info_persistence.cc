// INFO persistence: Redis's fields, in which a snapshot is both the RDB and the rewrite of the AOF, and ours for the journal.
#include <algorithm>

#include "server/info.h"
#include "server/info_writer.h"
#include "server/persistence.h"
#include "server/server.h"

namespace kvorum {
namespace {

int64_t WholeSeconds(int64_t micros) { return micros < 0 ? -1 : micros / 1000000; }

std::string_view Status(bool good) { return good ? "ok" : "err"; }

void LoadingLines(Server& server, const PersistenceStats& stats, InfoWriter& info) {
  const RecoveryProgress& loaded = stats.loaded;
  const uint64_t total = std::max(loaded.total_bytes, loaded.read_bytes);
  const int64_t seconds = server.clock().UnixMicros() / 1000000 - stats.load_started_unix_ms / 1000;
  info.Line("loading_start_time", stats.load_started_unix_ms / 1000);
  info.Line("loading_total_bytes", total);
  info.Line("loading_rss_used_mem", static_cast<uint64_t>(ResidentBytes()));
  info.Line("loading_loaded_bytes", loaded.read_bytes);
  info.Fraction("loading_loaded_perc",
                total == 0 ? 0 : 100.0 * static_cast<double>(loaded.read_bytes) / static_cast<double>(total));
  info.Line("loading_eta_seconds", loaded.read_bytes == 0 ? int64_t{1}
                                                          : static_cast<int64_t>(total - loaded.read_bytes) * seconds /
                                                                static_cast<int64_t>(loaded.read_bytes));
}

void JournalLines(Server& server, const JournalLog* log, InfoWriter& info) {
  info.Line("durability", DurabilityName(server.shard_settings().durability));
  if (log == nullptr) return;
  const Journal& journal = log->journal();
  const JournalStats stats = journal.stats();
  info.Line("journal_last_index", journal.last_index());
  info.Line("journal_written_index", journal.written_index());
  info.Line("journal_synced_index", journal.synced_index());
  info.Line("journal_segments", static_cast<uint64_t>(stats.segments));
  info.Line("journal_bytes", stats.bytes);
  info.Line("journal_pending_bytes", stats.pending_bytes);
  info.Line("journal_writes", stats.writes);
  info.Line("journal_failed_writes", stats.failed_writes);
  info.Line("journal_syncs", stats.syncs);
  info.Line("journal_last_sync_usec", stats.last_sync_micros);
  info.Line("journal_longest_sync_usec", stats.longest_sync_micros);
  info.Line("journal_refusal", log->refusal());
}

// Of Redis, which has them while its AOF is on.
void AppendOnlyLines(const PersistenceStats& stats, const JournalLog& log, InfoWriter& info) {
  const JournalStats journal = log.journal().stats();
  info.Line("aof_current_size", journal.bytes);
  info.Line("aof_base_size", stats.last_save_bytes);
  info.Line("aof_pending_rewrite", 0);
  info.Line("aof_buffer_length", journal.pending_bytes);
  info.Line("aof_pending_bio_fsync", log.journal().sync_running() ? 1 : 0);
  info.Line("aof_delayed_fsync", journal.delayed_syncs);
}

}  // namespace

uint64_t JournalBufferBytes(Server& server) {
  Persistence* persistence = server.persistence();
  return persistence == nullptr || persistence->log() == nullptr ? 0 : persistence->log()->journal().pending_bytes();
}

void PersistenceSection(Server& server, InfoWriter& info) {
  Persistence* persistence = server.persistence();
  if (persistence == nullptr) return;
  const PersistenceStats& stats = persistence->stats();
  const Snapshot& snapshot = persistence->snapshot();
  const JournalLog* log = persistence->log();
  const bool is_rewrite = persistence->is_saving() && persistence->save_reason() >= SaveReason::kRewrite;
  const bool is_save = persistence->is_saving() && !is_rewrite;
  const int64_t current =
      persistence->is_saving() ? WholeSeconds(server.clock().MonotonicMicros() - snapshot.begun_micros()) : -1;
  const uint64_t keys = persistence->is_saving() ? snapshot.keys() : 0;
  const uint64_t done = persistence->is_saving() ? std::min(snapshot.written_keys(), keys) : 0;
  info.Line("loading", server.shard().loading() ? 1 : 0);
  info.Line("async_loading", 0);
  for (const char* name : {"current_cow_peak", "current_cow_size", "current_cow_size_age"}) info.Line(name, 0);
  info.Fraction("current_fork_perc", keys == 0 ? 0 : 100.0 * static_cast<double>(done) / static_cast<double>(keys));
  info.Line("current_save_keys_processed", done);
  info.Line("current_save_keys_total", keys);
  info.Line("rdb_changes_since_last_save", persistence->changes_since_save());
  info.Line("rdb_bgsave_in_progress", is_save ? 1 : 0);
  info.Line("rdb_last_save_time", stats.last_save_unix_ms / 1000);
  info.Line("rdb_last_bgsave_status", Status(stats.last_save_good));
  info.Line("rdb_last_bgsave_time_sec", WholeSeconds(stats.last_save_micros));
  info.Line("rdb_current_bgsave_time_sec", is_save ? current : -1);
  info.Line("rdb_saves", stats.saves);
  info.Line("rdb_last_cow_size", 0);
  info.Line("rdb_last_load_keys_expired", 0);
  info.Line("rdb_last_load_keys_loaded", stats.loaded.snapshot_keys);
  info.Line("aof_enabled", log != nullptr ? 1 : 0);
  info.Line("aof_rewrite_in_progress", is_rewrite ? 1 : 0);
  info.Line("aof_rewrite_scheduled", persistence->is_scheduled() ? 1 : 0);
  info.Line("aof_last_rewrite_time_sec", WholeSeconds(stats.last_rewrite_micros));
  info.Line("aof_current_rewrite_time_sec", is_rewrite ? current : -1);
  info.Line("aof_last_bgrewrite_status", Status(stats.last_rewrite_good));
  info.Line("aof_rewrites", stats.rewrites);
  info.Line("aof_rewrites_consecutive_failures", stats.rewrite_failures_in_a_row);
  info.Line("aof_last_write_status", Status(log == nullptr || log->refusal().empty()));
  info.Line("aof_last_cow_size", 0);
  info.Line("module_fork_in_progress", 0);
  info.Line("module_fork_last_cow_size", 0);
  if (log != nullptr) AppendOnlyLines(stats, *log, info);
  JournalLines(server, log, info);
  info.Line("snapshot_last_usec", stats.last_save_micros);
  info.Line("snapshot_last_bytes", stats.last_save_bytes);
  info.Line("snapshot_last_stalled_usec", stats.last_stalled_micros);
  if (server.shard().loading()) LoadingLines(server, stats, info);
}

}  // namespace kvorum
