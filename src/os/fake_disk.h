// FakeDisk: a disk in memory that does to files what real ones may do at their worst. For tests and simulations.
//
// What it knows: of each file the bytes that can be read and the bytes that were synced; of each folder the names that
// can be read and those that were synced. What it does when told to:
//
//   Crash       what was not synced is gone, or there in any mixture: each page by itself written or not, or written up
//               to some byte; the size old, new or between; each creation, rename and removal by itself done or not.
//   StopAfter   the power goes off during the N-th call from now that changes something: a write may get part of its
//               bytes down first, other calls happen or do not. Every later call fails, until Crash.
//   Fail        the N-th call of a kind fails with an error; a write may get some of its bytes down first.
//   capacity    writes beyond it fail with ENOSPC after what fits; room that was reserved counts as used.
//
// As on Linux, a failed Sync loses the pages it should have written and forgets that they were dirty (not the size):
// they can be read until a crash, and no later Sync writes them. Everything drawn comes from the seed. A file still
// open over a crash fails every call.
//
// Threads: any. Complexity: a write costs O(its pages), a Sync O(dirty pages), a crash O(all bytes).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "os/file.h"

namespace kvorum {

class FakeDisk : public FileSystem {
 public:
  static constexpr uint64_t kPageBytes = 512;  // small, so that small tests have many

  enum class Call {
    kOpen,
    kRead,
    kWrite,
    kTruncate,
    kSync,
    kRename,
    kRemove,
    kList,
    kCreateFolder,
    kSyncFolder,
    kLock
  };
  static constexpr size_t kCalls = 11;

  enum class Keep {
    kSynced,      // nothing else: the least that a power cut leaves
    kSome,        // any mixture: a power cut
    kEverything,  // the process was killed, the machine goes on
  };

  explicit FakeDisk(uint64_t seed);
  ~FakeDisk() override;

  FileError Open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override;
  FileError Rename(const std::string& from, const std::string& to) override;
  FileError Remove(const std::string& path) override;
  FileError List(const std::string& folder, std::vector<FolderEntry>* entries) override;
  FileError CreateFolder(const std::string& path) override;
  FileError SyncFolder(const std::string& path) override;
  FileError FreeBytes(const std::string& folder, uint64_t* bytes) override;
  FileError Lock(const std::string& folder, std::unique_ptr<FolderLock>* lock) override;

  struct Fault {
    Call call;
    uint64_t after = 0;        // so many calls of this kind succeed first
    uint64_t times = 1;        // then so many fail
    int code = 5;              // EIO
    uint64_t short_bytes = 0;  // of a write that fails: so many bytes are written
  };
  void Fail(Fault fault);
  void FailNothing();
  // From now on; all bytes of all files count.
  void SetCapacity(uint64_t bytes);

  // The power goes off during the call that changes something after `calls` more of them.
  void StopAfter(uint64_t calls);
  bool stopped() const;
  // Calls so far that change something: what StopAfter counts.
  uint64_t changes() const;
  uint64_t calls(Call call) const;

  // Power off and on again. Also undoes StopAfter; faults stay.
  void Crash(Keep keep);

  // The bytes of a file as they can be read now, and changing them behind the reader's back. CHECKs that it is there.
  std::string Contents(const std::string& path) const;
  void SetContents(const std::string& path, const std::string& bytes);

 private:
  friend class FakeFile;
  friend class FakeLock;
  struct Node;
  struct Change;
  struct Tree;
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  FileError Enter(Call call, const std::string& path);
  bool StopsNow();
  FileError WriteNode(Node& node, const std::string& path, uint64_t offset, const std::string_view* pieces,
                      size_t count);
  FileError SyncNode(Node& node, const std::string& path);
  FileError ReserveNode(Node& node, const std::string& path, uint64_t end);
  FileError TruncateNode(Node& node, const std::string& path, uint64_t size);
  void Put(Node& node, uint64_t offset, std::string_view bytes);
  void CrashNode(Node& node, Keep keep);
  void CrashTree(Tree& tree, Keep keep);
  Tree* FolderOf(const std::string& path, std::string* name);
  static void Apply(Names& names, const Change& change);
  void Record(Tree& tree, Change change);
  uint64_t UsedBytes() const;

  mutable std::mutex mutex_;
  Random random_;
  std::map<std::string, std::unique_ptr<Tree>> folders_;
  std::vector<std::weak_ptr<Node>> nodes_;
  std::vector<Fault> faults_;
  uint64_t calls_[kCalls] = {};
  uint64_t changes_ = 0;
  uint64_t stop_at_ = UINT64_MAX;
  bool stopped_ = false;
  uint64_t capacity_ = UINT64_MAX;
  uint64_t generation_ = 0;  // raised by each crash, so that open files know
};

}  // namespace kvorum
