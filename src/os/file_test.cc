// What both file systems promise, tried on each.
#include "os/file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>

#include "os/fake_disk.h"

namespace kvorum {
namespace {

class FileSystemTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      char path[] = "/tmp/kvorum-file-test-XXXXXX";
      ASSERT_NE(mkdtemp(path), nullptr);
      root_ = folder_ = path;
      files_ = &PosixFileSystem();
    } else {
      folder_ = "data";
      files_ = &fake_;
      ASSERT_FALSE(fake_.CreateFolder(folder_));
    }
  }
  void TearDown() override {
    if (!root_.empty()) std::filesystem::remove_all(root_);
  }
  std::string Path(const char* name) const { return JoinPath(folder_, name); }
  std::unique_ptr<File> Open(const char* name, OpenMode mode) {
    std::unique_ptr<File> file;
    const FileError error = files_->Open(Path(name), mode, &file);
    EXPECT_FALSE(error) << error.text();
    return file;
  }
  static std::string ReadAll(File& file) {
    std::string bytes(1000, '?');
    size_t read;
    EXPECT_FALSE(file.Read(0, bytes.data(), bytes.size(), &read));
    bytes.resize(read);
    return bytes;
  }

  FakeDisk fake_{1};
  FileSystem* files_ = nullptr;
  std::string folder_;
  std::string root_;
};

TEST_P(FileSystemTest, WritesPiecesAnywhereAndReadsThemBack) {
  const auto file = Open("a", OpenMode::kCreate);
  EXPECT_FALSE(file->Write(0, {"one ", "", "two"}));
  EXPECT_FALSE(file->Write(4, "TWO and more"));
  EXPECT_FALSE(file->Sync());
  EXPECT_EQ(ReadAll(*file), "one TWO and more");
  EXPECT_FALSE(file->Truncate(7));
  EXPECT_FALSE(file->Write(9, "x"));
  uint64_t size;
  EXPECT_FALSE(file->Size(&size));
  EXPECT_EQ(size, 10u);
  EXPECT_EQ(ReadAll(*Open("a", OpenMode::kRead)), std::string("one TWO\0\0x", 10));
  char byte[4];
  size_t read;
  EXPECT_FALSE(file->Read(8, byte, 4, &read));
  EXPECT_EQ(read, 2u);
  EXPECT_FALSE(file->Read(100, byte, 4, &read));
  EXPECT_EQ(read, 0u);
}

TEST_P(FileSystemTest, WritesMorePiecesThanOneCallTakes) {
  std::vector<std::string_view> pieces(300, "ab");
  const auto file = Open("a", OpenMode::kCreate);
  EXPECT_FALSE(file->Write(0, pieces.data(), pieces.size()));
  EXPECT_EQ(ReadAll(*file).size(), 600u);
}

TEST_P(FileSystemTest, ErrorsNameTheCallAndThePath) {
  std::unique_ptr<File> file;
  const FileError missing = files_->Open(Path("none"), OpenMode::kUpdate, &file);
  EXPECT_TRUE(missing.IsMissing());
  EXPECT_EQ(missing.text(), "open " + Path("none") + ": No such file or directory");
  Open("a", OpenMode::kCreate);
  EXPECT_EQ(files_->Open(Path("a"), OpenMode::kCreate, &file).text(), "create " + Path("a") + ": File exists");
  EXPECT_TRUE(files_->Remove(Path("none")).IsMissing());
  EXPECT_TRUE(files_->Rename(Path("none"), Path("b")).IsMissing());
}

TEST_P(FileSystemTest, NamesChange) {
  EXPECT_FALSE(Open("b", OpenMode::kCreate)->Write(0, "old"));
  EXPECT_FALSE(Open("a", OpenMode::kCreate)->Write(0, "new!"));
  EXPECT_FALSE(files_->Rename(Path("a"), Path("b")));
  EXPECT_FALSE(files_->SyncFolder(folder_));
  Open("c", OpenMode::kCreate);
  std::vector<FolderEntry> entries;
  EXPECT_FALSE(files_->List(folder_, &entries));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "b");
  EXPECT_EQ(entries[0].bytes, 4u);
  EXPECT_EQ(entries[1].name, "c");
  const auto open = Open("b", OpenMode::kRead);
  EXPECT_FALSE(files_->Remove(Path("b")));
  EXPECT_EQ(ReadAll(*open), "new!");  // outlives its name
  EXPECT_FALSE(files_->List(folder_, &entries));
  EXPECT_EQ(entries.size(), 1u);
  EXPECT_FALSE(files_->CreateFolder(folder_));
}

TEST_P(FileSystemTest, OneHoldsTheLock) {
  std::unique_ptr<FolderLock> first;
  std::unique_ptr<FolderLock> second;
  EXPECT_FALSE(files_->Lock(folder_, &first));
  EXPECT_EQ(files_->Lock(folder_, &second).code(), EWOULDBLOCK);
  first.reset();
  EXPECT_FALSE(files_->Lock(folder_, &second));
}

TEST_P(FileSystemTest, TellsFreeRoom) {
  uint64_t bytes = 0;
  EXPECT_FALSE(files_->FreeBytes(folder_, &bytes));
  EXPECT_GT(bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest, testing::Values(true, false),
                         [](const auto& info) { return info.param ? "Posix" : "Fake"; });

}  // namespace
}  // namespace kvorum
