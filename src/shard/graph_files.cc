#include "shard/graph_files.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/fixed_hash.h"
#include "journal/names.h"
#include "shard/search_service.h"
#include "vector/hnsw_file.h"

namespace kvorum {
namespace {

constexpr std::string_view kMagic = "KVGRAPH1";
constexpr size_t kFrameHead = 8;
constexpr uint32_t kMostFrameBytes = 64 << 20;
constexpr uint64_t kSyncBytes = 16 << 20;  // between two syncs: other files' syncs wait for these too

std::string Joined(const std::pair<std::string, std::string>& name) {
  std::string joined = name.first;
  joined += '\0';
  joined += name.second;
  return joined;
}

// Appends frames to a file.
class FrameWriter {
 public:
  explicit FrameWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}

  FileError Begin() {
    bytes_ = kMagic.size();
    return file_->Write(0, kMagic);
  }
  FileError Add(std::string_view payload) {
    const auto length = static_cast<uint32_t>(payload.size());
    char head[kFrameHead];
    std::memcpy(head + 4, &length, 4);
    crc_ = Crc32c(Crc32c(crc_, head + 4, 4), payload);
    std::memcpy(head, &crc_, 4);
    if (FileError error = file_->Write(bytes_, {{head, kFrameHead}, payload})) return error;
    bytes_ += kFrameHead + payload.size();
    if (bytes_ - synced_ < kSyncBytes) return {};
    synced_ = bytes_;
    return file_->Sync();
  }
  FileError End() {
    if (FileError error = Add({})) return error;
    return file_->Sync();
  }
  uint64_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<File> file_;
  uint32_t crc_ = 0;
  uint64_t bytes_ = 0;
  uint64_t synced_ = 0;
};

class FrameReader {
 public:
  explicit FrameReader(std::unique_ptr<File> file) : file_(std::move(file)) { file_->WillReadAll(); }

  bool Begin() {
    std::string magic;
    return Read(kMagic.size(), &magic) && magic == kMagic;
  }
  // False: it is damaged.
  bool Next(std::string* payload) {
    if (!Read(kFrameHead, &head_)) return false;
    uint32_t crc, length;
    std::memcpy(&crc, head_.data(), 4);
    std::memcpy(&length, head_.data() + 4, 4);
    if (length > kMostFrameBytes || !Read(length, payload)) return false;
    crc_ = Crc32c(Crc32c(crc_, head_.data() + 4, 4), *payload);
    return crc_ == crc;
  }
  uint64_t at() const { return at_; }

 private:
  bool Read(size_t size, std::string* bytes) {
    bytes->resize(size);
    size_t read = 0;
    if (file_->Read(at_, bytes->data(), size, &read) || read != size) return false;
    at_ += size;
    return true;
  }

  std::unique_ptr<File> file_;
  std::string head_;
  uint64_t at_ = 0;
  uint32_t crc_ = 0;
};

FieldVectors* VectorsOf(SearchService& search, const std::pair<std::string, std::string>& name) {
  SearchService::NamedIndex* index = search.FindExact(name.first);
  if (index == nullptr) return nullptr;
  const Field* field = index->index->schema().Find(name.second);
  return field == nullptr || field->type != FieldType::kVector ? nullptr : index->index->vectors(*field);
}

// What a file holds.
struct ReadGraph {
  std::string name;
  std::unique_ptr<VectorIndex> graph;  // null: there is no file, or `error` says why
  std::string error;
};

void ReadFile(FileSystem& files, const std::string& path, const std::atomic<bool>& stops, ReadGraph* read) {
  std::unique_ptr<File> file;
  if (const FileError failed = files.Open(path, OpenMode::kRead, &file)) {
    if (!failed.IsMissing()) read->error = failed.text();
    return;
  }
  FrameReader reader(std::move(file));
  auto damaged = [&](std::string_view what) {
    read->error = path + " is damaged before byte " + std::to_string(reader.at()) + ": " + std::string(what);
  };
  if (!reader.Begin() || !reader.Next(&read->name)) return damaged("it does not begin as such a file does");
  HnswLoader loader(false);
  std::string payload;
  while (!stops) {
    if (!reader.Next(&payload)) return damaged("it ends too soon, or a checksum is wrong");
    if (payload.empty()) break;
    if (!loader.Take(payload)) return damaged(loader.error());
  }
  if (stops) return;
  read->graph = loader.Finish();
  if (read->graph == nullptr) damaged(loader.error());
}

// Calls visit(name, vectors) for the fields that have a graph.
template <typename Visit>
void ForEachGraph(const SearchService& search, Visit visit) {
  for (const auto& [name, index] : search.indexes()) {
    for (const Field& field : index.index->schema().fields) {
      if (field.type != FieldType::kVector || field.vector.algorithm != VectorOptions::Algorithm::kHnsw) continue;
      const FieldVectors* vectors = index.index->vectors(field);
      if (vectors != nullptr) visit(std::pair(name, field.name), *vectors);
    }
  }
}

}  // namespace

// Is the worker's until is_done.
struct GraphFiles::Task {
  Name name;
  uint64_t changes = 0;
  std::shared_ptr<FieldVectors::Frozen> frozen;
  GraphWritten written;
  std::atomic<bool> stops{false};  // it is to be given up
  std::atomic<bool> is_done{false};

  void Run(FileSystem& files, const std::string& folder) {
    const std::string unfinished = JoinPath(folder, UnfinishedGraphName(FixedHash(Joined(name))));
    FileError error = Write(files, unfinished);
    written.given_up = stops;
    if (!error && !written.given_up) error = files.Rename(unfinished, written.path);
    if (!error) error = files.SyncFolder(folder);
    if (error) written.error = error.text();
    if (error || written.given_up) (void)!files.Remove(unfinished);
    is_done.store(true, std::memory_order_release);
    is_done.notify_one();
  }

  FileError Write(FileSystem& files, const std::string& path) {
    if (FileError error = files.Remove(path); error && !error.IsMissing()) return error;
    std::unique_ptr<File> file;
    if (FileError error = files.Open(path, OpenMode::kCreate, &file)) return error;
    FrameWriter writer(std::move(file));
    if (FileError error = writer.Begin()) return error;
    if (FileError error = writer.Add(Joined(name))) return error;
    HnswSaver saver(static_cast<const HnswIndex&>(frozen->index()));
    for (std::string piece; !stops && saver.Next(&piece);) {
      if (FileError error = writer.Add(piece)) return error;
    }
    FileError error = writer.End();
    written.bytes = writer.bytes();
    return error;
  }
};

// Reads a folder's graphs, one after another.
class GraphFiles::Reading {
 public:
  Reading(FileSystem& files, std::string folder) {
    worker_.Post([this, &files, folder = std::move(folder)] { Run(files, folder); });
  }
  ~Reading() { stops_ = true; }

  // Waits until it has been read. False: it is not among them.
  bool Take(const std::string& path, ReadGraph* read) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_listed_; });
    const auto found = graphs_.find(path);
    if (found == graphs_.end()) return false;
    changed_.wait(lock, [&] { return found->second != nullptr; });
    *read = std::move(*found->second);
    graphs_.erase(found);
    return true;
  }

 private:
  void Run(FileSystem& files, const std::string& folder) {
    std::vector<FolderEntry> entries;
    if (files.List(folder, &entries)) entries.clear();
    std::erase_if(entries, [](const FolderEntry& entry) { return ParseFileName(entry.name).kind != FileKind::kGraph; });
    {
      const std::lock_guard lock(mutex_);
      for (const FolderEntry& entry : entries) graphs_[JoinPath(folder, entry.name)];
      is_listed_ = true;
    }
    changed_.notify_all();
    for (const FolderEntry& entry : entries) {
      const std::string path = JoinPath(folder, entry.name);
      auto read = std::make_unique<ReadGraph>();
      ReadFile(files, path, stops_, read.get());
      if (stops_) return;
      {
        const std::lock_guard lock(mutex_);
        graphs_[path] = std::move(read);
      }
      changed_.notify_all();
    }
  }

  std::atomic<bool> stops_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<std::string, std::unique_ptr<ReadGraph>> graphs_;  // null: not read yet
  bool is_listed_ = false;
  // Ends before the rest goes.
  ThreadWorker worker_{"kvorum-graphs"};
};

GraphFiles::GraphFiles(FileSystem& files, std::string folder, Worker& worker, uint64_t few_changes)
    : files_(files), folder_(std::move(folder)), worker_(worker), few_changes_(few_changes) {}

GraphFiles::~GraphFiles() {
  if (task_ == nullptr) return;
  task_->stops = true;
  task_->is_done.wait(false, std::memory_order_acquire);
  task_->frozen.reset();
}

std::string GraphFiles::PathOf(const Name& name) const { return JoinPath(folder_, GraphName(FixedHash(Joined(name)))); }

// One that counts less than it did is another: it counts from 0.
uint64_t GraphFiles::ChangesSince(const std::map<Name, uint64_t>& counts, const Name& name, uint64_t changes) {
  const auto found = counts.find(name);
  return found == counts.end() || found->second > changes ? changes : changes - found->second;
}

void GraphFiles::Begin(SearchService& search, double share) {
  if (is_writing()) return;
  bool is_adopting = false;
  ForEachGraph(search, [&](const Name& name, const FieldVectors& vectors) {
    is_adopting = is_adopting || vectors.is_adopting();
    if (vectors.size() == 0) {
      if (present_.erase(name) > 0) is_untidy_ = true;
      return;
    }
    const uint64_t changes =
        std::min(ChangesSince(saved_, name, vectors.changes()), ChangesSince(given_up_, name, vectors.changes()));
    if (changes < few_changes_ || static_cast<double>(changes) < share * static_cast<double>(vectors.size())) return;
    queue_.push_back(name);
  });
  // Until then what a file is good for is not known.
  if (is_untidy_ && !is_adopting) RemoveOthers(search);
  BeginNext(search);
}

void GraphFiles::RemoveOthers(SearchService& search) {
  is_untidy_ = false;
  present_.clear();
  std::set<std::string> wanted;
  ForEachGraph(search, [&](const Name& name, const FieldVectors& vectors) {
    if (vectors.size() == 0) return;
    present_.insert(name);
    wanted.insert(PathOf(name));
  });
  std::erase_if(saved_, [this](const auto& each) { return !present_.contains(each.first); });
  std::erase_if(given_up_, [this](const auto& each) { return !present_.contains(each.first); });
  worker_.Post([&files = files_, folder = folder_, wanted = std::move(wanted)] {
    std::vector<FolderEntry> entries;
    if (files.List(folder, &entries)) return;
    for (const FolderEntry& entry : entries) {
      // The worker writes one after another, so what is unfinished by now was left behind.
      const FileKind kind = ParseFileName(entry.name).kind;
      if (kind != FileKind::kGraph && kind != FileKind::kUnfinishedGraph) continue;
      const std::string path = JoinPath(folder, entry.name);
      if (!wanted.contains(path)) (void)!files.Remove(path);
    }
  });
}

void GraphFiles::BeginNext(SearchService& search) {
  while (task_ == nullptr && !queue_.empty()) {
    const Name name = std::move(queue_.front());
    queue_.pop_front();
    FieldVectors* vectors = VectorsOf(search, name);
    std::shared_ptr<FieldVectors::Frozen> frozen = vectors == nullptr ? nullptr : vectors->Freeze();
    if (frozen == nullptr) continue;
    task_ = std::make_shared<Task>();
    task_->name = name;
    task_->changes = vectors->changes();
    task_->frozen = std::move(frozen);
    task_->written.path = PathOf(name);
    worker_.Post([&files = files_, folder = folder_, task = task_] { task->Run(files, folder); });
  }
}

bool GraphFiles::Poll(SearchService& search, GraphWritten* written) {
  if (task_ == nullptr) return false;
  if (!task_->is_done.load(std::memory_order_acquire)) {
    if (task_->frozen->is_overdue()) task_->stops = true;
    return false;
  }
  *written = std::move(task_->written);
  if (written->given_up) {
    given_up_[task_->name] = task_->changes;
  } else if (written->error.empty()) {
    saved_[task_->name] = task_->changes;
    present_.insert(task_->name);
  }
  // The field goes on here, and not on the worker, who may hold the task for a moment more.
  task_->frozen.reset();
  task_.reset();
  BeginNext(search);
  return true;
}

void GraphFiles::Finish(SearchService& search) {
  GraphWritten unused;
  while (task_ != nullptr) {
    task_->is_done.wait(false, std::memory_order_acquire);
    (void)Poll(search, &unused);
  }
}

void GraphFiles::End(SearchService& search, double share) {
  Finish(search);
  given_up_.clear();
  Begin(search, share);
  Finish(search);
}

void GraphFiles::BeginReading() { reading_ = std::make_unique<Reading>(files_, folder_); }
void GraphFiles::EndReading() { reading_.reset(); }

std::unique_ptr<VectorIndex> GraphFiles::Load(std::string_view index, std::string_view field, std::string* error) {
  const Name name{index, field};
  ReadGraph read;
  if (reading_ == nullptr || !reading_->Take(PathOf(name), &read)) {
    ReadFile(files_, PathOf(name), std::atomic<bool>(false), &read);
  }
  *error = read.error;
  // Another field's may have the same hash.
  return read.name == Joined(name) ? std::move(read.graph) : nullptr;
}

}  // namespace kvorum
