#include "journal/data_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "journal/segment.h"
#include "journal/snapshot_reader.h"

namespace kvorum {
namespace {

struct Named {
  FolderEntry entry;
  FileName name;
};

FileError ListNamed(FileSystem& files, const std::string& folder, std::vector<Named>* found) {
  std::vector<FolderEntry> entries;
  if (FileError error = files.List(folder, &entries)) return error;
  for (FolderEntry& entry : entries) {
    const FileName name = entry.is_file ? ParseFileName(entry.name) : FileName{};
    found->push_back({std::move(entry), name});
  }
  return {};
}

// Reads all of a snapshot.
StorageError VerifySnapshot(FileSystem& files, const std::string& path, SnapshotHeader* header,
                            SnapshotFooter* footer) {
  std::unique_ptr<SnapshotReader> reader;
  if (StorageError error = SnapshotReader::Open(files, path, nullptr, &reader)) return error;
  *header = reader->header();
  *footer = reader->footer();
  while (true) {
    std::string_view payload;
    uint32_t records;
    bool found;
    if (StorageError error = reader->Next(&payload, &records, &found); error || !found) return error;
  }
}

// Reads all of one segment, whatever stands before and after it.
StorageError VerifySegment(FileSystem& files, const std::string& path, uint64_t first_index) {
  std::unique_ptr<File> file;
  if (FileError error = files.Open(path, OpenMode::kRead, &file)) return StorageError::System(error);
  SegmentScanner scanner(*file, first_index);
  using Found = SegmentScanner::Found;
  Found found = scanner.Begin();
  while (found == Found::kEntry || found == Found::kMark) found = scanner.Next();
  if (found == Found::kEnd) return {};
  if (found == Found::kError) return StorageError::System(scanner.error());
  if (found == Found::kVersion) return StorageError::Version(path, scanner.problem());
  return StorageError::Damage(path, scanner.offset(), scanner.problem());
}

std::string NameOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

class Inspector {
 public:
  Inspector(FileSystem& files, std::string folder, FolderReport* report)
      : files_(files), folder_(std::move(folder)), report_(*report) {}

  StorageError Run() {
    report_ = {};
    if (FileError error = ListNamed(files_, folder_, &named_)) return StorageError::System(error);
    for (const Named& named : named_) AddFile(named);
    if (StorageError error = LookAtSnapshots()) return error;
    if (StorageError error = LookAtJournal()) return error;
    return LookAtCovered();
  }

 private:
  using State = FolderFile::State;

  FolderFile& FileOf(const std::string& name) {
    return *std::find_if(report_.files.begin(), report_.files.end(),
                         [&](const FolderFile& file) { return file.name == name; });
  }

  void AddFile(const Named& named) {
    FolderFile& file = report_.files.emplace_back();
    file.name = named.entry.name;
    file.kind = named.name.kind;
    file.bytes = named.entry.bytes;
    switch (file.kind) {
      case FileKind::kUnfinishedSnapshot:
        file.state = State::kNotNeeded;
        file.text = "an unfinished snapshot, which the next start removes";
        break;
      case FileKind::kGraph:
        file.text = "a graph of vectors: no data, it is built again where it is missing or damaged";
        break;
      case FileKind::kUnfinishedGraph:
        file.text = "an unfinished graph of vectors, which the server removes";
        break;
      case FileKind::kDamaged:
        file.text = "set aside by a repair";
        break;
      case FileKind::kLock:
        file.text = "held by the server that uses the folder";
        break;
      case FileKind::kForeign:
        file.text = "not Kvorum's";
        break;
      default:
        break;
    }
  }

  StorageError LookAtSnapshots() {
    std::vector<std::pair<std::string, StorageError>> damaged;  // those newer than the newest good one come first
    for (auto named = named_.rbegin(); named != named_.rend(); ++named) {
      if (named->name.kind != FileKind::kSnapshot) continue;
      FolderFile& file = FileOf(named->entry.name);
      SnapshotHeader header;
      SnapshotFooter footer;
      StorageError error = VerifySnapshot(files_, JoinPath(folder_, file.name), &header, &footer);
      if (error.kind() == StorageError::Kind::kSystem) return error;
      if (error) {
        file.state = State::kDamaged;
        file.text = error.what();
        FolderProblem problem;
        problem.stops_the_start = report_.snapshot.empty();
        problem.error = std::move(error);
        report_.problems.push_back(std::move(problem));
        continue;
      }
      file.state = report_.snapshot.empty() ? State::kGood : State::kNotNeeded;
      file.text =
          fmt::format("covers entries up to {}: {} records in {} blocks", header.index, footer.records, footer.blocks);
      if (!report_.snapshot.empty()) continue;
      report_.snapshot = file.name;
      report_.snapshot_index = header.index;
      report_.snapshot_records = footer.records;
      report_.snapshot_micros = header.unix_micros;
    }
    return {};
  }

  // Of the damaged snapshots, when it is known what remains without them.
  void OfferSettingAside(bool journal_follows) {
    const std::string remains = report_.snapshot.empty() ? std::string("the journal alone")
                                                         : fmt::format("{} and the journal after it", report_.snapshot);
    for (FolderProblem& problem : report_.problems) {
      const std::string name = NameOf(problem.error.file());
      if (ParseFileName(name).kind != FileKind::kSnapshot) continue;
      if (problem.error.kind() == StorageError::Kind::kVersion) continue;
      std::string text = fmt::format("move {} aside", name);
      if (!problem.stops_the_start) {
        text += "; it is not needed";
      } else if (journal_follows) {
        text += fmt::format("; the start then uses {}, and nothing is lost", remains);
      } else {
        text += fmt::format(
            "; what remains is {}, which has a gap: more repairs follow, and what was written is lost from there on",
            remains);
      }
      problem.choices.push_back({RepairChoice::Action::kSetAside, name, 0, std::move(text)});
    }
  }

  StorageError LookAtJournal() {
    JournalScan scan;
    StorageError error = ScanJournal(files_, folder_, report_.snapshot_index, {}, &scan);
    if (error.kind() == StorageError::Kind::kSystem) return error;
    report_.last_index = std::max(scan.last_index, report_.snapshot_index);
    for (const SegmentSummary& segment : scan.segments) {
      if (!segment.was_read) continue;
      FolderFile& file = FileOf(segment.name);
      file.state = State::kGood;
      file.text = segment.last_index < segment.first_index
                      ? std::string("no entries")
                      : fmt::format("entries {} to {}", segment.first_index, segment.last_index);
      if (segment.last_micros != 0) report_.last_micros = segment.last_micros;
    }
    const bool gap_before = error && error.offset() == 0 && scan.segments.empty();
    OfferSettingAside(!gap_before);
    if (error) {
      AddJournalProblem(std::move(error), scan);
    } else if (scan.tail.found) {
      AddTail(scan.tail);
    }
    return {};
  }

  void AddTail(const TornTail& tail) {
    report_.tail = tail;
    FileOf(tail.file).state = State::kTorn;
    FileOf(tail.file).text += fmt::format("{}{}, which the next start cuts off: it had not been synced",
                                          FileOf(tail.file).text.empty() ? "" : "; ", tail.why);
    for (const std::string& name : tail.later_files) {
      FileOf(name).state = State::kTorn;
      FileOf(name).text = "behind the torn end of the journal; the next start removes it";
    }
  }

  void AddJournalProblem(StorageError error, const JournalScan& scan) {
    const std::string name = NameOf(error.file());
    FileOf(name).state = State::kDamaged;
    FileOf(name).text += (FileOf(name).text.empty() ? "" : "; ") + error.what();
    FolderProblem problem;
    if (error.kind() == StorageError::Kind::kDamage) {
      RepairChoice choice{RepairChoice::Action::kCutJournal, name, error.offset(), {}};
      choice.text = fmt::format(
          "keep the journal up to entry {}, and move {} from offset {} on, and all segments after it, aside; what was "
          "written later is lost",
          std::max(scan.last_index, report_.snapshot_index), name, error.offset());
      problem.choices.push_back(std::move(choice));
    }
    problem.error = std::move(error);
    report_.problems.push_back(std::move(problem));
  }

  // Segments that the scan did not read: covered ones, and those behind damage.
  StorageError LookAtCovered() {
    for (const Named& named : named_) {
      FolderFile& file = FileOf(named.entry.name);
      if (named.name.kind != FileKind::kSegment || file.state != State::kIgnored) continue;
      StorageError error = VerifySegment(files_, JoinPath(folder_, file.name), named.name.index);
      if (error.kind() == StorageError::Kind::kSystem) return error;
      file.state = error ? State::kDamaged : State::kNotNeeded;
      file.text = error ? error.what() : fmt::format("entries from {} on", named.name.index);
      if (!error) continue;
      FolderProblem problem;
      problem.stops_the_start = false;
      if (error.kind() == StorageError::Kind::kDamage) {
        problem.choices.push_back({RepairChoice::Action::kSetAside, file.name, 0,
                                   fmt::format("move {} aside; the start does not read it", file.name)});
      }
      problem.error = std::move(error);
      report_.problems.push_back(std::move(problem));
    }
    return {};
  }

  FileSystem& files_;
  const std::string folder_;
  FolderReport& report_;
  std::vector<Named> named_;
};

// A name that is free, for what is moved aside.
FileError NameAside(FileSystem& files, const std::string& folder, const std::string& name, std::string* aside) {
  std::vector<FolderEntry> entries;
  if (FileError error = files.List(folder, &entries)) return error;
  for (int number = 1;; ++number) {
    *aside = number == 1 ? "damaged-" + name : fmt::format("damaged-{}-{}", number, name);
    if (std::none_of(entries.begin(), entries.end(), [&](const FolderEntry& entry) { return entry.name == *aside; }))
      return {};
  }
}

FileError SetAside(FileSystem& files, const std::string& folder, const std::string& name,
                   std::vector<std::string>* done) {
  std::string aside;
  if (FileError error = NameAside(files, folder, name, &aside)) return error;
  if (FileError error = files.Rename(JoinPath(folder, name), JoinPath(folder, aside))) return error;
  done->push_back(fmt::format("renamed {} to {}", name, aside));
  return files.SyncFolder(folder);
}

FileError CopyRest(File& from, uint64_t offset, File& to) {
  std::string bytes(1 << 20, '\0');
  uint64_t written = 0;
  while (true) {
    size_t read;
    if (FileError error = from.Read(offset + written, bytes.data(), bytes.size(), &read)) return error;
    if (read == 0) return to.Sync();
    if (FileError error = to.Write(written, std::string_view(bytes).substr(0, read))) return error;
    written += read;
  }
}

// The rest of the file is copied and synced before the file is cut.
FileError CutFile(FileSystem& files, const std::string& folder, const std::string& name, uint64_t offset,
                  std::vector<std::string>* done) {
  std::string aside;
  if (FileError error = NameAside(files, folder, fmt::format("{}-from-{}", name, offset), &aside)) return error;
  std::unique_ptr<File> file;
  if (FileError error = files.Open(JoinPath(folder, name), OpenMode::kUpdate, &file)) return error;
  uint64_t size;
  if (FileError error = file->Size(&size)) return error;
  if (size <= offset) return {};
  std::unique_ptr<File> rest;
  if (FileError error = files.Open(JoinPath(folder, aside), OpenMode::kCreate, &rest)) return error;
  FileError error = CopyRest(*file, offset, *rest);
  if (!error) error = files.SyncFolder(folder);
  if (error) {
    (void)files.Remove(JoinPath(folder, aside));
    return error;
  }
  done->push_back(fmt::format("copied {} from offset {} on to {}", name, offset, aside));
  if (FileError failed = file->Truncate(offset)) return failed;
  if (FileError failed = file->Sync()) return failed;
  done->push_back(fmt::format("cut {} to {} bytes", name, offset));
  return {};
}

}  // namespace

bool FolderReport::can_start() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const FolderProblem& problem) { return problem.stops_the_start; });
}

StorageError PlanStart(FileSystem& files, const std::string& folder, StartPlan* plan) {
  *plan = {};
  if (FileError error = files.CreateFolder(folder)) return StorageError::System(error);
  std::vector<Named> named;
  if (FileError error = ListNamed(files, folder, &named)) return StorageError::System(error);
  for (const Named& file : named) {
    const std::string path = JoinPath(folder, file.entry.name);
    if (file.name.kind == FileKind::kUnfinishedSnapshot) {
      if (FileError error = files.Remove(path)) return StorageError::System(error);
    } else if (file.name.kind == FileKind::kSnapshot) {
      *plan = {path, file.name.index};  // sorted: the last one stays
    }
  }
  if (plan->snapshot.empty()) return {};
  // Its name may be in the system's memory only, as the process that gave it has ended. What is done next relies on it: the journal's
  // segments before it go.
  if (FileError error = files.SyncFolder(folder)) return StorageError::System(error);
  std::unique_ptr<SnapshotReader> reader;
  return SnapshotReader::Open(files, plan->snapshot, nullptr, &reader);
}

FileError RemoveSnapshotsBefore(FileSystem& files, const std::string& folder, uint64_t index) {
  std::vector<Named> named;
  if (FileError error = ListNamed(files, folder, &named)) return error;
  for (const Named& file : named) {
    if (file.name.kind != FileKind::kSnapshot || file.name.index >= index) continue;
    if (FileError error = files.Remove(JoinPath(folder, file.entry.name))) return error;
  }
  return {};
}

StorageError Inspect(FileSystem& files, const std::string& folder, FolderReport* report) {
  return Inspector(files, folder, report).Run();
}

FileError Repair(FileSystem& files, const std::string& folder, const RepairChoice& choice,
                 std::vector<std::string>* done) {
  if (choice.action == RepairChoice::Action::kSetAside) return SetAside(files, folder, choice.file, done);
  std::vector<Named> named;
  if (FileError error = ListNamed(files, folder, &named)) return error;
  // The last first: whatever a crash leaves of this has the same problem, and the same repair.
  for (auto file = named.rbegin(); file != named.rend(); ++file) {
    if (file->name.kind != FileKind::kSegment || file->entry.name <= choice.file) continue;
    if (FileError error = SetAside(files, folder, file->entry.name, done)) return error;
  }
  if (choice.offset < kSegmentHeaderBytes) return SetAside(files, folder, choice.file, done);
  return CutFile(files, folder, choice.file, choice.offset, done);
}

}  // namespace kvorum
