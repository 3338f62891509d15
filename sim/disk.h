// Disk: a FakeDisk on which something else can happen in the middle of a job: after a file was synced, before the caller knows.
//
// Ownership: borrows the disk and is borrowed by whoever opens files on it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/fake_disk.h"

namespace kvorum::sim {

class Disk final : public FileSystem {
 public:
  explicit Disk(FakeDisk& disk) : disk_(disk) {}

  // Called after the next Sync of a file, once.
  std::function<void()> after_sync;

  FileError Open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override;
  FileError Rename(const std::string& from, const std::string& to) override { return disk_.Rename(from, to); }
  FileError Remove(const std::string& path) override { return disk_.Remove(path); }
  FileError List(const std::string& folder, std::vector<FolderEntry>* entries) override {
    return disk_.List(folder, entries);
  }
  FileError CreateFolder(const std::string& path) override { return disk_.CreateFolder(path); }
  FileError SyncFolder(const std::string& path) override { return disk_.SyncFolder(path); }
  FileError FreeBytes(const std::string& folder, uint64_t* bytes) override { return disk_.FreeBytes(folder, bytes); }
  FileError Lock(const std::string& folder, std::unique_ptr<FolderLock>* lock) override {
    return disk_.Lock(folder, lock);
  }

 private:
  FakeDisk& disk_;
};

}  // namespace kvorum::sim
