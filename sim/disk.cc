#include "sim/disk.h"

#include <utility>

namespace kvorum::sim {
namespace {

class InterruptedFile final : public File {
 public:
  InterruptedFile(std::unique_ptr<File> file, std::function<void()>& after_sync)
      : File(file->path()), file_(std::move(file)), after_sync_(after_sync) {}

  FileError Read(uint64_t offset, char* into, size_t size, size_t* read) override {
    return file_->Read(offset, into, size, read);
  }
  FileError Write(uint64_t offset, const std::string_view* pieces, size_t count) override {
    return file_->Write(offset, pieces, count);
  }
  FileError Truncate(uint64_t size) override { return file_->Truncate(size); }
  FileError Reserve(uint64_t end) override { return file_->Reserve(end); }
  FileError Sync() override {
    FileError error = file_->Sync();
    if (after_sync_) std::exchange(after_sync_, nullptr)();
    return error;
  }
  FileError Size(uint64_t* size) override { return file_->Size(size); }

 private:
  const std::unique_ptr<File> file_;
  std::function<void()>& after_sync_;
};

}  // namespace

FileError Disk::Open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) {
  if (FileError error = disk_.Open(path, mode, file)) return error;
  *file = std::make_unique<InterruptedFile>(std::move(*file), after_sync);
  return {};
}

}  // namespace kvorum::sim
