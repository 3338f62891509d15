#include "shard/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "shard/search_service.h"
#include "shard/snapshot_load.h"

namespace kvorum {
namespace {

// Of entries, between two calls of progress.
constexpr uint64_t kProgressBytes = 1 << 20;

class Recovery {
 public:
  Recovery(const RecoveryParts& parts, Shard& shard, RecoveryProgress* progress)
      : parts_(parts), shard_(shard), progress_(*progress) {}

  StorageError Run(std::unique_ptr<Journal>* journal) {
    StartPlan plan;
    if (StorageError error = PlanStart(*parts_.files, parts_.folder, &plan)) return error;
    if (StorageError error = LoadSnapshotOf(plan)) return error;
    JournalOptions options = ReplayFrom(plan);
    if (journal != nullptr) return Why(Open(std::move(options), journal));
    StorageError error = Scan(options);
    return error || !progress_.tail.found ? Why(std::move(error)) : CutTail(std::move(options));
  }
  StorageError Rehearse(const StartPlan& plan) {
    if (StorageError error = LoadSnapshotOf(plan)) return error;
    return Why(Scan(ReplayFrom(plan)));
  }

 private:
  StorageError LoadSnapshotOf(const StartPlan& plan) {
    StorageError error = CountBytes(plan);
    return error || plan.snapshot.empty() ? error : Load(plan.snapshot);
  }
  JournalOptions ReplayFrom(const StartPlan& plan) {
    JournalOptions options = parts_.journal;
    options.covered_index = plan.covered_index;
    options.replay = [this](const JournalEntry& entry) { return Replay(entry); };
    return options;
  }
  // The journal knows only that we stopped it.
  StorageError Why(StorageError error) const {
    return replay_error_.empty() ? std::move(error) : StorageError::System(replay_error_);
  }

  // Roughly: segments that the snapshot covers are counted too.
  StorageError CountBytes(const StartPlan& plan) {
    std::vector<FolderEntry> entries;
    if (FileError error = parts_.files->List(parts_.folder, &entries)) return StorageError::System(error);
    for (const FolderEntry& entry : entries) {
      const bool is_snapshot = !plan.snapshot.empty() && plan.snapshot.ends_with(entry.name);
      if (is_snapshot || ParseFileName(entry.name).kind == FileKind::kSegment) progress_.total_bytes += entry.bytes;
    }
    return {};
  }

  StorageError Open(JournalOptions options, std::unique_ptr<Journal>* journal) {
    StorageError error = Journal::Open(*parts_.files, parts_.folder, *parts_.journal_worker, *parts_.clock,
                                       std::move(options), journal, &progress_.tail);
    if (!error) progress_.last_index = (*journal)->last_index();
    return error;
  }

  StorageError Scan(const JournalOptions& options) {
    JournalScan scan;
    StorageError error = ScanJournal(*parts_.files, parts_.folder, options.covered_index, options.replay, &scan);
    progress_.last_index = std::max(scan.last_index, options.covered_index);
    progress_.tail = std::move(scan.tail);
    return error;
  }

  // Snapshots that are written without a journal go on from the last index. Whole entries in the tail would follow them.
  StorageError CutTail(JournalOptions options) {
    options.replay = nullptr;
    std::unique_ptr<Journal> journal;
    TornTail tail;
    return Journal::Open(*parts_.files, parts_.folder, *parts_.journal_worker, *parts_.clock, std::move(options),
                         &journal, &tail);
  }

  bool Report() { return !parts_.progress || parts_.progress(progress_); }

  StorageError Load(const std::string& path) {
    progress_.snapshot = path;
    SnapshotLoadProgress loaded;
    StorageError error = LoadSnapshot(
        *parts_.files, path, parts_.snapshot_worker, shard_.keyspace(),
        [this](const SnapshotLoadProgress& now) {
          progress_.read_bytes = now.read_bytes;
          progress_.snapshot_keys = now.keys;
          return Report();
        },
        &loaded);
    progress_.read_bytes = progress_.snapshot_bytes = loaded.file_bytes;
    progress_.snapshot_keys = loaded.keys;
    progress_.snapshot_index = loaded.header.index;
    progress_.snapshot_micros = static_cast<int64_t>(loaded.header.unix_micros);
    shard_.search().SetRestoring(true);
    for (size_t i = 0; !error && i < loaded.effects.size(); ++i) {
      const std::string wrong = ReplayEntry(shard_, loaded.effects[i], loaded.header.unix_micros, &progress_.commands);
      if (!wrong.empty()) error = StorageError::System(path + ": an effect in it cannot be replayed: " + wrong);
    }
    shard_.search().SetRestoring(false);
    return error;
  }

  bool Replay(const JournalEntry& entry) {
    replay_error_ = ReplayEntry(shard_, entry.payload, entry.unix_micros, &progress_.commands);
    if (!replay_error_.empty()) {
      replay_error_ = fmt::format(
          "Entry {} of the journal in {} cannot be replayed: {}. Nothing was changed. Is it of a newer version of "
          "Kvorum, or is "
          "`databases` too small?",
          entry.index, parts_.folder, replay_error_);
      return false;
    }
    ++progress_.entries;
    progress_.read_bytes += entry.payload.size() + kFrameHeaderBytes;
    if (progress_.read_bytes - reported_bytes_ < kProgressBytes) return true;
    reported_bytes_ = progress_.read_bytes;
    return Report();
  }

  const RecoveryParts& parts_;
  Shard& shard_;
  RecoveryProgress& progress_;
  uint64_t reported_bytes_ = 0;
  std::string replay_error_;
};

}  // namespace

StorageError Recover(const RecoveryParts& parts, Shard& shard, std::unique_ptr<Journal>* journal,
                     RecoveryProgress* progress) {
  return Recovery(parts, shard, progress).Run(journal);
}

StorageError Rehearse(const RecoveryParts& parts, const StartPlan& plan, Shard& shard, RecoveryProgress* progress) {
  return Recovery(parts, shard, progress).Rehearse(plan);
}

std::string ReplayEntry(Shard& shard, std::string_view effects, uint64_t unix_micros, uint64_t* commands) {
  EffectsReader reader(effects);
  const auto now_ms = static_cast<int64_t>(unix_micros / 1000);
  while (reader.Next()) {
    std::string error = shard.Replay(reader.db(), reader.words(), now_ms);
    if (!error.empty()) return std::string(reader.words()[0]) + ": " + error;
    ++*commands;
  }
  return reader.damaged() ? "its commands are damaged at byte " + std::to_string(reader.offset()) : "";
}

}  // namespace kvorum
