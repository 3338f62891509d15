// Files and folders: the seam between what must survive and the disk. Linux's stand behind PosixFileSystem(); tests and
// simulations put a disk there that fails, fills up and loses power (os/fake_disk.h).
//
// What is durable when: a file's bytes after Sync() of the file, its name, a rename and a removal after SyncFolder() of
// the folder. Nothing else promises anything. After a failed Sync() the bytes written before it may be lost though they
// can still be read, and a second Sync() that succeeds says nothing of them: only writing them again helps.
//
// Paths are as the process sees them; a relative one starts in its working directory.
//
// Threads: a FileSystem serves any. A File serves several at once as long as no two touch the same bytes, one of them
// writing; Sync() covers what was written before it was called. Ownership: a File closes itself, and outlives the names
// it had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

// How a call failed, or that it did not: `if (FileError error = file->Sync()) return error;`
class [[nodiscard]] FileError {
 public:
  FileError() = default;
  // The text becomes "CALL PATH: what errno says".
  FileError(int code, std::string_view call, std::string_view path);

  explicit operator bool() const { return code_ != 0; }  // true: it failed
  int code() const { return code_; }                     // errno
  const std::string& text() const { return text_; }
  // Nothing is wrong but that there is no room, or not for us.
  bool IsNoRoom() const;
  bool IsMissing() const;

 private:
  int code_ = 0;
  std::string text_;
};

class File {
 public:
  explicit File(std::string path) : path_(std::move(path)) {}
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }

  // *read is less than `size` only where the file ends.
  virtual FileError Read(uint64_t offset, char* into, size_t size, size_t* read) = 0;
  // Writes the pieces one after another from `offset` on; past the end the file grows. On failure any part of them may
  // be there.
  virtual FileError Write(uint64_t offset, const std::string_view* pieces, size_t count) = 0;
  FileError Write(uint64_t offset, std::string_view bytes) { return Write(offset, &bytes, 1); }
  FileError Write(uint64_t offset, std::initializer_list<std::string_view> pieces) {
    return Write(offset, pieces.begin(), pieces.size());
  }
  // Cuts, or lengthens by zeros.
  virtual FileError Truncate(uint64_t size) = 0;
  // Takes the room that the file needs to reach `end`, without changing its size: writes up to there do not fail for want of it. It
  // is given back by Truncate. Where the file system cannot do that, nothing is promised, and it is no error.
  virtual FileError Reserve(uint64_t end) = 0;
  // fdatasync: the bytes, and what is needed to read them.
  virtual FileError Sync() = 0;
  virtual FileError Size(uint64_t* size) = 0;
  // A hint that the file will be read from here on, once.
  virtual void WillReadAll() {}

 private:
  const std::string path_;
};

// Held until destroyed.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

enum class OpenMode {
  kRead,    // must be there
  kUpdate,  // must be there; read and write
  kCreate,  // must not be there; read and write
};

struct FolderEntry {
  std::string name;
  uint64_t bytes = 0;
  bool is_file = true;  // an ordinary one
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual FileError Open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) = 0;
  // Replaces what is at `to`, at once or not at all.
  virtual FileError Rename(const std::string& from, const std::string& to) = 0;
  virtual FileError Remove(const std::string& path) = 0;
  // Sorted by name.
  virtual FileError List(const std::string& folder, std::vector<FolderEntry>* entries) = 0;
  // No error if it is there already.
  virtual FileError CreateFolder(const std::string& path) = 0;
  virtual FileError SyncFolder(const std::string& path) = 0;
  // What an ordinary user may still write.
  virtual FileError FreeBytes(const std::string& folder, uint64_t* bytes) = 0;
  // One process at a time; fails with EWOULDBLOCK while another holds it. The kernel lets go when the process ends.
  virtual FileError Lock(const std::string& folder, std::unique_ptr<FolderLock>* lock) = 0;
};

FileSystem& PosixFileSystem();

std::string JoinPath(std::string_view folder, std::string_view name);

}  // namespace kvorum
