#include "journal/reader.h"

#include <fmt/format.h>

#include <vector>

#include "journal/names.h"

namespace kvorum {

using Found = SegmentScanner::Found;

// The segment that must hold the next entry: the last that does not begin after it.
StorageError JournalReader::OpenSegment() {
  std::vector<FolderEntry> entries;
  if (FileError error = files_.List(folder_, &entries)) return StorageError::System(error);
  std::string path;
  uint64_t first_index = 0;
  std::string too_late;
  for (const FolderEntry& entry : entries) {
    const FileName name = ParseFileName(entry.name);
    if (name.kind != FileKind::kSegment) continue;
    if (name.index > next_index_) {
      too_late = entry.name;
      break;
    }
    path = JoinPath(folder_, entry.name);
    first_index = name.index;
  }
  if (path.empty()) {
    return StorageError::Damage(JoinPath(folder_, too_late), 0, fmt::format("entry {} is in no segment", next_index_));
  }
  if (file_ != nullptr && path == file_->path()) {
    return StorageError::Damage(path, scanner_->offset(),
                                fmt::format("the segment ends before entry {}, and no other has it", next_index_));
  }
  if (file_ != nullptr && first_index != next_index_) {
    return StorageError::Damage(path, 0,
                                fmt::format("the segment begins with entry {}, and the one before it ends with {}",
                                            first_index, next_index_ - 1));
  }
  if (FileError error = files_.Open(path, OpenMode::kRead, &file_)) return StorageError::System(error);
  scanner_ = std::make_unique<SegmentScanner>(*file_, first_index);
  if (scanner_->Begin() != Found::kEntry) return Unreadable();
  if (scanner_->config_version() < config_version_) {
    return StorageError::Damage(
        path, 0,
        fmt::format("the segment was begun under configuration {}, and an entry before it is of {}",
                    scanner_->config_version(), config_version_));
  }
  return {};
}

StorageError JournalReader::Unreadable() const {
  if (scanner_->error()) return StorageError::System(scanner_->error());
  return StorageError::Damage(file_->path(), scanner_->offset(), scanner_->problem());
}

// One frame on.
StorageError JournalReader::Advance(bool* is_entry) {
  if (scanner_ == nullptr) {
    if (StorageError error = OpenSegment()) return error;
  }
  Found found = scanner_->Next();
  if (found == Found::kEnd || found == Found::kBad) {
    scanner_->Refresh();  // it may have been written to since it was read ahead
    found = scanner_->Next();
  }
  if (found == Found::kEnd) {  // what is wanted is written, so it is in the segment that follows
    if (StorageError error = OpenSegment()) return error;
    found = scanner_->Next();
  }
  *is_entry = found == Found::kEntry;
  if (found != Found::kEntry && found != Found::kMark) {
    if (found == Found::kEnd) {
      return StorageError::Damage(file_->path(), scanner_->offset(), fmt::format("entry {} is missing", next_index_));
    }
    return Unreadable();
  }
  config_version_ = scanner_->config_version();
  return {};
}

StorageError JournalReader::Next(uint64_t limit, JournalEntry* entry, bool* found) {
  *found = false;
  if (next_index_ > limit) return {};
  while (true) {
    bool is_entry = false;
    if (StorageError error = Advance(&is_entry)) return error;
    if (!is_entry || scanner_->entry().index < next_index_) continue;
    *entry = scanner_->entry();
    *found = true;
    ++next_index_;
    return {};
  }
}

}  // namespace kvorum
