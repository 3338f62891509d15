#include "journal/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "journal/names.h"

namespace kvorum {
namespace {

using Found = SegmentScanner::Found;

// The first place that is not as it must be.
struct BadPlace {
  std::string file;  // name
  uint64_t offset = 0;
  uint64_t index = 0;  // that must stand there
  std::string why;
};

class Scan {
 public:
  Scan(FileSystem& files, std::string folder, uint64_t covered_index, const EntryVisitor& visit, JournalScan* result)
      : files_(files), folder_(std::move(folder)), covered_index_(covered_index), visit_(visit), result_(*result) {}

  StorageError Run() {
    result_ = {};
    if (StorageError error = List()) return error;
    if (all_.empty()) return {};
    size_t first = 0;
    while (first + 1 < all_.size() && all_[first + 1].first_index <= covered_index_ + 1) ++first;
    if (all_[first].first_index > covered_index_ + 1) {
      return StorageError::Damage(
          JoinPath(folder_, all_[first].name), 0,
          fmt::format("the journal begins with entry {}, but entries from {} on are needed: segments are missing",
                      all_[first].first_index, covered_index_ + 1));
    }
    for (size_t i = 0; i < first; ++i) {  // covered: their names tell their entries
      SegmentSummary& segment = all_[i];
      segment.last_index = all_[i + 1].first_index - 1;
      segment.used_bytes = segment.file_bytes;
      result_.segments.push_back(segment);
    }
    for (size_t i = first; i < all_.size(); ++i) result_.file_bytes += all_[i].file_bytes;
    for (size_t i = first; i < all_.size(); ++i) {
      BadPlace bad;
      bool good = true;
      if (StorageError error = ReadSegment(i, i == first, &bad, &good)) return error;
      if (!good) {
        if (StorageError error = Judge(i, bad)) return error;
        break;
      }
    }
    FindUnsynced();
    return {};
  }

 private:
  struct Place {
    size_t segment;
    uint64_t offset;
    uint64_t index;
  };

  StorageError List() {
    std::vector<FolderEntry> entries;
    if (FileError error = files_.List(folder_, &entries)) return StorageError::System(error);
    for (const FolderEntry& entry : entries) {
      const FileName name = ParseFileName(entry.name);
      if (name.kind != FileKind::kSegment || !entry.is_file) continue;
      SegmentSummary& segment = all_.emplace_back();
      segment.name = entry.name;
      segment.first_index = name.index;
      segment.last_index = name.index - 1;
      segment.file_bytes = entry.bytes;
    }
    return {};
  }

  StorageError Open(size_t i) {
    file_.reset();
    if (FileError error = files_.Open(JoinPath(folder_, all_[i].name), OpenMode::kRead, &file_)) {
      return StorageError::System(error);
    }
    scanner_ = std::make_unique<SegmentScanner>(*file_, all_[i].first_index);
    return {};
  }

  // Errors that are the same wherever they turn up. Sets *good to false if there is a bad place instead.
  StorageError Sort(size_t i, Found found, BadPlace* bad, bool* good) {
    const std::string path = JoinPath(folder_, all_[i].name);
    if (found == Found::kError) return StorageError::System(scanner_->error());
    if (found == Found::kVersion) return StorageError::Version(path, scanner_->problem());
    if (found != Found::kBad) return {};
    if (scanner_->out_of_order()) return StorageError::Damage(path, scanner_->offset(), scanner_->problem());
    *bad = {all_[i].name, scanner_->offset(), scanner_->next_index(), scanner_->problem()};
    *good = false;
    return {};
  }

  StorageError ReadSegment(size_t i, bool is_first, BadPlace* bad, bool* good) {
    SegmentSummary& segment = all_[i];
    if (!is_first && segment.first_index != result_.last_index + 1) {
      const SegmentSummary& before = result_.segments.back();
      if (segment.first_index <= result_.last_index) {
        return StorageError::Damage(JoinPath(folder_, segment.name), 0,
                                    fmt::format("the segment begins with entry {}, and the one before it ends with {}",
                                                segment.first_index, result_.last_index));
      }
      *bad = {before.name, before.used_bytes, result_.last_index + 1,
              fmt::format("the segment ends with entry {}, and the next one begins with {}", result_.last_index,
                          segment.first_index)};
      *good = false;
      return {};
    }
    if (StorageError error = Open(i)) return error;
    const Found begun = scanner_->Begin();
    if (StorageError error = Sort(i, begun, bad, good); error || !*good) return error;
    if (scanner_->config_version() < result_.config_version) {
      return StorageError::Damage(
          JoinPath(folder_, segment.name), 0,
          fmt::format("the segment was begun under configuration {}, and the one before it has entries of {}",
                      scanner_->config_version(), result_.config_version));
    }
    segment.was_read = true;
    result_.segments.push_back(segment);
    return ReadFrames(i, bad, good);
  }

  StorageError ReadFrames(size_t i, BadPlace* bad, bool* good) {
    SegmentSummary& segment = result_.segments.back();
    segment.used_bytes = scanner_->offset();
    result_.last_index = segment.last_index;
    MarkPlace(0, segment.first_index);  // its header included
    while (true) {
      const uint64_t offset = scanner_->offset();
      const Found found = scanner_->Next();
      result_.synced_index = std::max(result_.synced_index, scanner_->synced_index());
      if (StorageError error = Sort(i, found, bad, good); error || !*good) return error;
      if (found == Found::kEnd) return {};
      segment.used_bytes = scanner_->offset();
      result_.config_version = scanner_->config_version();
      if (found == Found::kMark) continue;
      const JournalEntry& entry = scanner_->entry();
      segment.last_index = result_.last_index = entry.index;
      if (segment.first_micros == 0) segment.first_micros = entry.unix_micros;
      segment.last_micros = entry.unix_micros;
      ++result_.entries;
      MarkPlace(offset, entry.index);
      if (visit_ && entry.index > covered_index_ && !visit_(entry)) return StorageError::Stopped();
    }
  }

  // Keeps some places, so that the end of what is known to be synced is found again when all is read.
  void MarkPlace(uint64_t offset, uint64_t index) {
    constexpr uint64_t kStepBytes = 256 << 10;
    const size_t segment = result_.segments.size() - 1;
    if (!places_.empty() && places_.back().segment == segment && offset - places_.back().offset < kStepBytes) return;
    places_.push_back({segment, offset, index});
  }

  // Begins at the last entry that is known to be synced, not behind it: a mark can follow it that is not.
  void FindUnsynced() {
    for (const Place& place : places_) {
      if (place.index > result_.synced_index) break;
      result_.unsynced_segment = place.segment;
      result_.unsynced_offset = place.offset;
    }
  }

  // Tail or damage? Collects what stands behind the bad place, in segment i and those after it.
  StorageError Judge(size_t i, const BadPlace& bad) {
    SegmentScanner::Later later;
    TornTail& tail = result_.tail;
    tail.found = true;
    tail.file = bad.file;
    tail.offset = bad.offset;
    tail.first_lost = bad.index;
    tail.why = bad.why;
    for (size_t k = i; k < all_.size(); ++k) {
      if (k > i || bad.file != all_[i].name) {
        if (StorageError error = Open(k)) return error;
        const Found begun = scanner_->Begin();
        if (begun == Found::kError) return StorageError::System(scanner_->error());
        if (begun == Found::kVersion)
          return StorageError::Version(JoinPath(folder_, all_[k].name), scanner_->problem());
        if (begun == Found::kEntry) later.synced_index = std::max(later.synced_index, scanner_->header().synced_index);
        tail.later_files.push_back(all_[k].name);
        tail.bytes += all_[k].file_bytes;
      } else {
        tail.bytes += all_[k].file_bytes - bad.offset;
      }
      if (scanner_->LookBehind(&later) == Found::kError) return StorageError::System(scanner_->error());
    }
    tail.whole_entries = later.entries;
    if (later.synced_index < bad.index) return {};
    return StorageError::Damage(
        JoinPath(folder_, bad.file), bad.offset,
        fmt::format("{}. It had been synced, up to entry {} at least; {} whole entries stand behind it", bad.why,
                    later.synced_index, later.entries));
  }

  FileSystem& files_;
  const std::string folder_;
  const uint64_t covered_index_;
  const EntryVisitor& visit_;
  JournalScan& result_;
  std::vector<SegmentSummary> all_;
  std::vector<Place> places_;
  std::unique_ptr<File> file_;
  std::unique_ptr<SegmentScanner> scanner_;
};

}  // namespace

std::string TornTail::text() const {
  std::string text = fmt::format("{} at offset {}: {}. It had not been synced: {} bytes", file, offset, why, bytes);
  if (whole_entries > 0) text += fmt::format(", and {} whole entries behind it", whole_entries);
  text += fmt::format(" were dropped; the journal ends with entry {}", first_lost - 1);
  for (const std::string& name : later_files) text += fmt::format("; {} removed", name);
  return text;
}

StorageError ScanJournal(FileSystem& files, const std::string& folder, uint64_t covered_index,
                         const EntryVisitor& visit, JournalScan* scan) {
  return Scan(files, folder, covered_index, visit, scan).Run();
}

}  // namespace kvorum
