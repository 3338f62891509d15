#include "journal/copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "journal/journal.h"
#include "journal/names.h"
#include "journal/recovery.h"
#include "journal/snapshot_reader.h"
#include "journal/snapshot_writer.h"
#include "os/worker.h"

namespace kvorum {
namespace {

// How often the server may overtake a copy with a new snapshot before the copy is given up.
constexpr int kTries = 5;
constexpr uint64_t kFlushBytes = 1 << 20;

class Copy {
 public:
  Copy(FileSystem& files, const std::string& from, const std::string& to, Clock& clock, const CopyOptions& options,
       CopyResult* result)
      : files_(files), from_(from), to_(to), clock_(clock), options_(options), result_(*result) {}

  StorageError Run() {
    if (StorageError error = ChooseSnapshot()) return error;
    if (!result_.snapshot.empty()) {
      if (StorageError error = CopySnapshot()) return error;
    }
    return CopyJournal();
  }

  // The newest snapshot that is not too new.
  StorageError ChooseSnapshot() {
    result_ = {};
    std::vector<FolderEntry> entries;
    if (FileError error = files_.List(from_, &entries)) return StorageError::System(error);
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      const FileName name = ParseFileName(entry->name);
      if (name.kind != FileKind::kSnapshot || name.index > options_.last_index) continue;
      std::unique_ptr<SnapshotReader> reader;
      if (StorageError error = SnapshotReader::Open(files_, JoinPath(from_, entry->name), nullptr, &reader))
        return error;
      if (reader->header().unix_micros > options_.last_micros) continue;
      result_.snapshot = entry->name;
      result_.snapshot_index = result_.last_index = name.index;
      result_.last_micros = reader->header().unix_micros;
      return {};
    }
    return {};
  }

 private:
  bool GoOn() const { return !options_.progress || options_.progress(done_bytes_, all_bytes_); }

  StorageError CopySnapshot() {
    std::unique_ptr<SnapshotReader> reader;
    if (StorageError error = SnapshotReader::Open(files_, JoinPath(from_, result_.snapshot), nullptr, &reader))
      return error;
    std::unique_ptr<SnapshotWriter> writer;
    if (FileError error = SnapshotWriter::Begin(files_, to_, worker_, reader->header(), {}, &writer)) {
      return StorageError::System(error);
    }
    all_bytes_ = reader->footer().file_bytes;
    Buffer block;
    while (true) {
      std::string_view payload;
      uint32_t records;
      bool found;
      if (StorageError error = reader->Next(&payload, &records, &found)) return error;
      if (!found) break;
      block.Append(payload);
      CHECK(writer->Add(&block, records));
      worker_.RunAll();
      done_bytes_ = reader->read_bytes();
      if (!GoOn()) return StorageError::Stopped();
    }
    writer->Finish();
    worker_.RunAll();
    if (writer->state() != SnapshotWriter::State::kDone) return StorageError::System(writer->error());
    result_.bytes += writer->written_bytes();
    return {};
  }

  StorageError CopyJournal() {
    JournalOptions journal_options;
    journal_options.covered_index = result_.snapshot_index;
    TornTail none;
    if (StorageError error = Journal::Open(files_, to_, worker_, clock_, std::move(journal_options), &journal_, &none))
      return error;
    const uint64_t before = all_bytes_;
    JournalScan scan;
    bool reached = false;  // the last index or time
    bool refused = false;
    const EntryVisitor visit = [&](const JournalEntry& entry) {
      reached = entry.index > options_.last_index || entry.unix_micros > options_.last_micros;
      if (reached) return false;
      all_bytes_ = before + scan.file_bytes;
      refused = !Take(entry);
      return !refused && (entry.index % 1024 != 0 || GoOn());
    };
    StorageError error = ScanJournal(files_, from_, result_.snapshot_index, visit, &scan);
    if (error && !reached && !refused) return error;
    if (refused || !journal_->Close()) return StorageError::System(journal_->refusal());
    result_.bytes += journal_->stats().bytes;
    return {};
  }

  bool Take(const JournalEntry& entry) {
    if (entry.config_version > config_version_) journal_->SetConfigVersion(config_version_ = entry.config_version);
    if (journal_->Append(entry.payload, entry.unix_micros) != entry.index) return false;
    if (journal_->pending_bytes() >= kFlushBytes) {
      journal_->Flush();
      worker_.RunAll();
    }
    ++result_.entries;
    result_.last_index = entry.index;
    result_.last_micros = entry.unix_micros;
    done_bytes_ += kFrameHeaderBytes + entry.payload.size();
    return journal_->state() == Journal::State::kOpen;
  }

  FileSystem& files_;
  const std::string& from_;
  const std::string& to_;
  Clock& clock_;
  const CopyOptions& options_;
  CopyResult& result_;
  ManualWorker worker_;
  std::unique_ptr<Journal> journal_;
  uint64_t config_version_ = 1;
  uint64_t done_bytes_ = 0;
  uint64_t all_bytes_ = 0;
};

StorageError RemoveAll(FileSystem& files, const std::string& folder) {
  std::vector<FolderEntry> entries;
  if (FileError error = files.List(folder, &entries)) return StorageError::System(error);
  for (const FolderEntry& entry : entries) {
    if (entry.name == "lock") continue;
    if (FileError error = files.Remove(JoinPath(folder, entry.name))) return StorageError::System(error);
  }
  return {};
}

StorageError RequireEmpty(FileSystem& files, const std::string& folder) {
  if (FileError error = files.CreateFolder(folder)) return StorageError::System(error);
  std::vector<FolderEntry> entries;
  if (FileError error = files.List(folder, &entries)) return StorageError::System(error);
  for (const FolderEntry& entry : entries) {
    if (entry.name != "lock")
      return StorageError::System(fmt::format("the folder {} is not empty: it has {}", folder, entry.name));
  }
  return {};
}

// A copy of nothing would look like a backup.
StorageError RequireData(FileSystem& files, const std::string& folder) {
  std::vector<FolderEntry> entries;
  if (FileError error = files.List(folder, &entries)) return StorageError::System(error);
  for (const FolderEntry& entry : entries) {
    const FileKind kind = ParseFileName(entry.name).kind;
    if (kind == FileKind::kSegment || kind == FileKind::kSnapshot) return {};
  }
  return StorageError::System(
      fmt::format("the folder {} holds no journal and no snapshot; nothing was copied", folder));
}

}  // namespace

StorageError CopyFolder(FileSystem& files, const std::string& from, const std::string& to, Clock& clock,
                        const CopyOptions& options, CopyResult* result) {
  if (StorageError error = RequireData(files, from)) return error;
  if (StorageError error = RequireEmpty(files, to)) return error;
  for (int attempt = 1;; ++attempt) {
    StorageError error = Copy(files, from, to, clock, options, result).Run();
    if (!error || error.kind() == StorageError::Kind::kStopped || attempt == kTries) return error;
    // What is missing may be what a newer snapshot made needless.
    CopyResult now;
    const StorageError look = Copy(files, from, to, clock, options, &now).ChooseSnapshot();
    if (look || now.snapshot == result->snapshot) return error;
    if (StorageError failed = RemoveAll(files, to)) return failed;
  }
}

}  // namespace kvorum
