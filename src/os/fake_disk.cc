#include "os/fake_disk.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/check.h"

namespace kvorum {

struct FakeDisk::Node {
  std::string readable;
  std::string durable;
  std::set<uint64_t> dirty;  // pages that a Sync would write
  bool size_dirty = false;
  uint64_t reserved = 0;

  uint64_t room() const { return std::max<uint64_t>(readable.size(), reserved); }
};

// What was done to a folder and is not synced. `node` says to which file, whatever its name became.
struct FakeDisk::Change {
  enum class Kind { kLink, kUnlink, kRename } kind;
  std::string name;
  std::string from;  // of a rename
  std::shared_ptr<Node> node;
};

struct FakeDisk::Tree {
  Names readable;
  Names durable;
  std::vector<Change> pending;
  bool locked = false;
};

class FakeFile : public File {
 public:
  FakeFile(FakeDisk& disk, std::string path, std::shared_ptr<FakeDisk::Node> node, uint64_t generation, bool writable)
      : File(std::move(path)), disk_(disk), node_(std::move(node)), generation_(generation), writable_(writable) {}

  FileError Read(uint64_t offset, char* into, size_t size, size_t* read) override {
    const std::lock_guard lock(disk_.mutex_);
    *read = 0;
    if (FileError error = Enter(FakeDisk::Call::kRead)) return error;
    if (offset >= node_->readable.size()) return {};
    *read = node_->readable.copy(into, size, offset);
    return {};
  }
  FileError Write(uint64_t offset, const std::string_view* pieces, size_t count) override {
    const std::lock_guard lock(disk_.mutex_);
    if (generation_ != disk_.generation_ || !writable_) return {EBADF, "write", path()};
    return disk_.WriteNode(*node_, path(), offset, pieces, count);
  }
  FileError Truncate(uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    if (generation_ != disk_.generation_ || !writable_) return {EBADF, "truncate", path()};
    return disk_.TruncateNode(*node_, path(), size);
  }
  FileError Reserve(uint64_t end) override {
    const std::lock_guard lock(disk_.mutex_);
    if (generation_ != disk_.generation_ || !writable_) return {EBADF, "reserve room for", path()};
    return disk_.ReserveNode(*node_, path(), end);
  }
  FileError Sync() override {
    const std::lock_guard lock(disk_.mutex_);
    if (generation_ != disk_.generation_) return {EBADF, "fdatasync", path()};
    return disk_.SyncNode(*node_, path());
  }
  FileError Size(uint64_t* size) override {
    const std::lock_guard lock(disk_.mutex_);
    if (generation_ != disk_.generation_ || disk_.stopped_) return {EIO, "stat", path()};
    *size = node_->readable.size();
    return {};
  }

 private:
  FileError Enter(FakeDisk::Call call) {
    if (generation_ != disk_.generation_) return {EBADF, "read", path()};
    return disk_.Enter(call, path());
  }

  FakeDisk& disk_;
  const std::shared_ptr<FakeDisk::Node> node_;
  const uint64_t generation_;
  const bool writable_;
};

class FakeLock : public FolderLock {
 public:
  FakeLock(FakeDisk& disk, bool* locked, uint64_t generation) : disk_(disk), locked_(locked), generation_(generation) {}
  ~FakeLock() override {
    const std::lock_guard lock(disk_.mutex_);
    if (generation_ == disk_.generation_) *locked_ = false;
  }

 private:
  FakeDisk& disk_;
  bool* const locked_;
  const uint64_t generation_;
};

FakeDisk::FakeDisk(uint64_t seed) : random_(seed) {}
FakeDisk::~FakeDisk() = default;

// Counts the call, and fails it if the power is off or a fault is due.
FileError FakeDisk::Enter(Call call, const std::string& path) {
  static constexpr const char* kNames[kCalls] = {"open",   "read",   "write", "truncate",      "fdatasync",
                                                 "rename", "remove", "list",  "create folder", "fsync the folder",
                                                 "lock"};
  const auto kind = static_cast<size_t>(call);
  if (stopped_) return {EIO, kNames[kind], path};
  ++calls_[kind];
  for (Fault& fault : faults_) {
    if (fault.call != call || fault.times == 0) continue;
    if (fault.after > 0) {
      --fault.after;
      continue;
    }
    --fault.times;
    return {fault.code, kNames[kind], path};
  }
  return {};
}

bool FakeDisk::StopsNow() {
  stopped_ = changes_++ >= stop_at_;
  return stopped_;
}

FakeDisk::Tree* FakeDisk::FolderOf(const std::string& path, std::string* name) {
  const size_t slash = path.rfind('/');
  *name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto found = folders_.find(slash == std::string::npos ? "." : path.substr(0, slash));
  return found == folders_.end() ? nullptr : found->second.get();
}

void FakeDisk::Apply(Names& names, const Change& change) {
  if (change.kind == Change::Kind::kLink) {
    names[change.name] = change.node;
  } else if (change.kind == Change::Kind::kRename) {
    const auto from = names.find(change.from);
    if (from != names.end() && from->second == change.node) names.erase(from);
    names[change.name] = change.node;
  } else {
    const auto found = names.find(change.name);
    if (found != names.end() && found->second == change.node) names.erase(found);
  }
}

// A call that the power cut interrupts happens or not, as drawn.
void FakeDisk::Record(Tree& tree, Change change) {
  if (StopsNow() && random_.Below(2) == 0) return;
  Apply(tree.readable, change);
  tree.pending.push_back(std::move(change));
}

FileError FakeDisk::Open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) {
  const std::lock_guard lock(mutex_);
  if (FileError error = Enter(Call::kOpen, path)) return error;
  std::string name;
  Tree* tree = FolderOf(path, &name);
  if (tree == nullptr) return {ENOENT, "open", path};
  const auto found = tree->readable.find(name);
  std::shared_ptr<Node> node = found == tree->readable.end() ? nullptr : found->second;
  if (mode == OpenMode::kCreate) {
    if (node != nullptr) return {EEXIST, "create", path};
    node = std::make_shared<Node>();
    nodes_.push_back(node);
    Record(*tree, {Change::Kind::kLink, name, {}, node});
    if (stopped_) return {EIO, "create", path};
  }
  if (node == nullptr) return {ENOENT, "open", path};
  *file = std::make_unique<FakeFile>(*this, path, std::move(node), generation_, mode != OpenMode::kRead);
  return {};
}

FileError FakeDisk::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (FileError error = Enter(Call::kRename, from)) return error;
  std::string old_name;
  std::string new_name;
  Tree* tree = FolderOf(from, &old_name);
  CHECK(tree == FolderOf(to, &new_name));  // all we ever do
  if (tree == nullptr || tree->readable.count(old_name) == 0) return {ENOENT, "rename", from};
  Record(*tree, {Change::Kind::kRename, new_name, old_name, tree->readable[old_name]});
  if (stopped_) return {EIO, "rename", from};
  return {};
}

FileError FakeDisk::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (FileError error = Enter(Call::kRemove, path)) return error;
  std::string name;
  Tree* tree = FolderOf(path, &name);
  if (tree == nullptr || tree->readable.count(name) == 0) return {ENOENT, "remove", path};
  Record(*tree, {Change::Kind::kUnlink, name, {}, tree->readable[name]});
  if (stopped_) return {EIO, "remove", path};
  return {};
}

FileError FakeDisk::List(const std::string& folder, std::vector<FolderEntry>* entries) {
  const std::lock_guard lock(mutex_);
  entries->clear();
  if (FileError error = Enter(Call::kList, folder)) return error;
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return {ENOENT, "list", folder};
  for (const auto& [name, node] : found->second->readable) entries->push_back({name, node->readable.size(), true});
  return {};
}

FileError FakeDisk::CreateFolder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (FileError error = Enter(Call::kCreateFolder, path)) return error;
  std::unique_ptr<Tree>& tree =
      folders_[path];  // durable at once: folders are made once, by hand or at the first start
  if (tree == nullptr) tree = std::make_unique<Tree>();
  return {};
}

FileError FakeDisk::SyncFolder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (FileError error = Enter(Call::kSyncFolder, path)) return error;
  const auto found = folders_.find(path);
  if (found == folders_.end()) return {ENOENT, "fsync the folder", path};
  if (StopsNow()) return {EIO, "fsync the folder", path};
  found->second->durable = found->second->readable;
  found->second->pending.clear();
  return {};
}

uint64_t FakeDisk::UsedBytes() const {
  uint64_t used = 0;
  for (const auto& weak : nodes_) {
    if (const auto node = weak.lock()) used += node->room();
  }
  return used;
}

FileError FakeDisk::FreeBytes(const std::string& folder, uint64_t* bytes) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return {EIO, "ask for the free room of", folder};
  const uint64_t used = UsedBytes();
  *bytes = capacity_ > used ? capacity_ - used : 0;
  return {};
}

FileError FakeDisk::Lock(const std::string& folder, std::unique_ptr<FolderLock>* held) {
  const std::lock_guard lock(mutex_);
  if (FileError error = Enter(Call::kLock, folder)) return error;
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return {ENOENT, "lock", folder};
  if (found->second->locked) return {EWOULDBLOCK, "lock", folder};
  found->second->locked = true;
  *held = std::make_unique<FakeLock>(*this, &found->second->locked, generation_);
  return {};
}

void FakeDisk::Put(Node& node, uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const uint64_t old_size = node.readable.size();
  if (offset + bytes.size() > old_size) {
    node.readable.resize(offset + bytes.size());
    node.size_dirty = true;
  }
  std::copy(bytes.begin(), bytes.end(), node.readable.begin() + static_cast<ptrdiff_t>(offset));
  const uint64_t first = std::min(offset, old_size) / kPageBytes;  // from the old end on: a gap is zeros
  for (uint64_t page = first; page <= (offset + bytes.size() - 1) / kPageBytes; ++page) node.dirty.insert(page);
}

FileError FakeDisk::WriteNode(Node& node, const std::string& path, uint64_t offset, const std::string_view* pieces,
                              size_t count) {
  uint64_t short_bytes = 0;
  for (const Fault& fault : faults_) {
    if (fault.call == Call::kWrite && fault.times > 0 && fault.after == 0) short_bytes = fault.short_bytes;
  }
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.append(pieces[i]);
  if (FileError error = Enter(Call::kWrite, path)) {
    if (!stopped_) Put(node, offset, std::string_view(bytes).substr(0, short_bytes));
    return error;
  }
  if (StopsNow()) {
    Put(node, offset, std::string_view(bytes).substr(0, random_.Below(bytes.size() + 1)));
    return {EIO, "write", path};
  }
  const uint64_t used = UsedBytes();
  const uint64_t room = std::max<uint64_t>(offset, node.room()) - offset + (capacity_ > used ? capacity_ - used : 0);
  if (bytes.size() > room) {
    Put(node, offset, std::string_view(bytes).substr(0, room));
    return {ENOSPC, "write", path};
  }
  Put(node, offset, bytes);
  return {};
}

FileError FakeDisk::ReserveNode(Node& node, const std::string& path, uint64_t end) {
  if (stopped_) return {EIO, "reserve room for", path};
  const uint64_t used = UsedBytes();
  const uint64_t wanted = std::max(end, node.room()) - node.room();
  if (wanted > (capacity_ > used ? capacity_ - used : 0)) return {ENOSPC, "reserve room for", path};
  node.reserved = std::max(node.reserved, end);
  return {};
}

FileError FakeDisk::TruncateNode(Node& node, const std::string& path, uint64_t size) {
  if (FileError error = Enter(Call::kTruncate, path)) return error;
  if (!StopsNow() || random_.Below(2) == 0) {
    const uint64_t old_size = node.readable.size();
    node.readable.resize(size);
    node.reserved = 0;
    node.size_dirty = true;
    for (uint64_t page = std::min(size, old_size) / kPageBytes; page * kPageBytes < size; ++page)
      node.dirty.insert(page);
    node.dirty.erase(node.dirty.lower_bound((size + kPageBytes - 1) / kPageBytes), node.dirty.end());
  }
  if (stopped_) return {EIO, "truncate", path};
  return {};
}

FileError FakeDisk::SyncNode(Node& node, const std::string& path) {
  FileError error = Enter(Call::kSync, path);
  if (stopped_ || (!error && StopsNow())) return {EIO, "fdatasync", path};  // the crash draws which pages arrived
  if (!error) {  // the dirty pages and no others: those of a failed Sync stay lost
    if (node.size_dirty) node.durable.resize(node.readable.size());
    for (const uint64_t page : node.dirty) {
      const uint64_t begin = page * kPageBytes;
      const uint64_t end = std::min<uint64_t>(begin + kPageBytes, node.readable.size());
      if (begin >= end) continue;
      if (node.durable.size() < end) node.durable.resize(end);
      node.durable.replace(begin, end - begin, node.readable, begin, end - begin);
    }
  }
  node.dirty.clear();
  node.size_dirty = node.size_dirty && error;  // the size is not in a page: a later Sync still writes it
  return error;
}

void FakeDisk::CrashNode(Node& node, Keep keep) {
  node.reserved = 0;
  std::string kept = node.durable;
  if (keep == Keep::kSome) {
    const uint64_t small = std::min(node.durable.size(), node.readable.size());
    const uint64_t large = std::max(node.durable.size(), node.readable.size());
    if (node.size_dirty) {
      const uint64_t choice = random_.Below(3);
      kept.resize(choice == 0   ? node.durable.size()
                  : choice == 1 ? node.readable.size()
                                : small + random_.Below(large - small + 1));
    }
    for (const uint64_t page : node.dirty) {
      const uint64_t begin = page * kPageBytes;
      const uint64_t end = std::min(
          {begin + kPageBytes, static_cast<uint64_t>(kept.size()), static_cast<uint64_t>(node.readable.size())});
      if (begin >= end) continue;
      const uint64_t choice = random_.Below(4);
      const uint64_t written = choice == 0 ? 0 : choice == 1 ? random_.Below(end - begin + 1) : end - begin;
      kept.replace(begin, written, node.readable, begin, written);
    }
  }
  node.readable = node.durable = std::move(kept);
  node.dirty.clear();
  node.size_dirty = false;
}

void FakeDisk::CrashTree(Tree& tree, Keep keep) {
  for (const Change& change : tree.pending) {
    if (keep == Keep::kSome && random_.Below(2) == 0) Apply(tree.durable, change);
  }
  tree.pending.clear();
  tree.readable = tree.durable;
}

void FakeDisk::Crash(Keep keep) {
  const std::lock_guard lock(mutex_);
  ++generation_;
  stopped_ = false;
  stop_at_ = UINT64_MAX;
  for (const auto& [path, tree] : folders_) {
    tree->locked = false;
    if (keep != Keep::kEverything) CrashTree(*tree, keep);
  }
  if (keep != Keep::kEverything) {
    for (const auto& weak : nodes_) {
      if (const auto node = weak.lock()) CrashNode(*node, keep);
    }
  }
  std::erase_if(nodes_, [](const auto& weak) { return weak.expired(); });
}

void FakeDisk::Fail(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(fault);
}

void FakeDisk::FailNothing() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

void FakeDisk::SetCapacity(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void FakeDisk::StopAfter(uint64_t calls) {
  const std::lock_guard lock(mutex_);
  stop_at_ = changes_ + calls;
}

bool FakeDisk::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

uint64_t FakeDisk::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

uint64_t FakeDisk::calls(Call call) const {
  const std::lock_guard lock(mutex_);
  return calls_[static_cast<size_t>(call)];
}

std::string FakeDisk::Contents(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  std::string name;
  Tree* tree = const_cast<FakeDisk*>(this)->FolderOf(path, &name);
  CHECK(tree != nullptr && tree->readable.count(name) == 1);
  return tree->readable[name]->readable;
}

void FakeDisk::SetContents(const std::string& path, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  std::string name;
  Tree* tree = FolderOf(path, &name);
  CHECK(tree != nullptr);
  std::shared_ptr<Node>& node = tree->readable[name];
  if (node == nullptr) {
    node = std::make_shared<Node>();
    nodes_.push_back(node);
  }
  tree->durable[name] = node;
  node->readable = node->durable = bytes;
  node->dirty.clear();
  node->size_dirty = false;
}

}  // namespace kvorum
