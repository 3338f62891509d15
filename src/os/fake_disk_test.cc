#include "os/fake_disk.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace kvorum {
namespace {

std::unique_ptr<File> Open(FakeDisk& disk, const char* path, OpenMode mode) {
  std::unique_ptr<File> file;
  const FileError error = disk.Open(path, mode, &file);
  EXPECT_FALSE(error) << error.text();
  return file;
}

bool Exists(FakeDisk& disk, const char* path) {
  std::unique_ptr<File> file;
  return !disk.Open(path, OpenMode::kRead, &file);
}

// A file d/a with "synced" that is on the disk in full, name and all.
std::unique_ptr<File> SyncedFile(FakeDisk& disk) {
  EXPECT_FALSE(disk.CreateFolder("d"));
  auto file = Open(disk, "d/a", OpenMode::kCreate);
  EXPECT_FALSE(file->Write(0, "synced"));
  EXPECT_FALSE(file->Sync());
  EXPECT_FALSE(disk.SyncFolder("d"));
  return file;
}

TEST(FakeDisk, ACrashTakesWhatWasNotSynced) {
  FakeDisk disk(1);
  const auto file = SyncedFile(disk);
  EXPECT_FALSE(file->Write(6, " not"));
  disk.Crash(FakeDisk::Keep::kSynced);
  EXPECT_EQ(disk.Contents("d/a"), "synced");
  EXPECT_TRUE(file->Write(6, "x"));  // it was open over the crash
  EXPECT_EQ(disk.Contents("d/a"), "synced");
}

TEST(FakeDisk, NamesAreSyncedByThemselves) {
  FakeDisk disk(1);
  SyncedFile(disk);
  EXPECT_FALSE(Open(disk, "d/b", OpenMode::kCreate)->Sync());
  EXPECT_FALSE(disk.Rename("d/a", "d/c"));
  disk.Crash(FakeDisk::Keep::kSynced);
  EXPECT_TRUE(Exists(disk, "d/a"));
  EXPECT_FALSE(Exists(disk, "d/b"));
  EXPECT_FALSE(Exists(disk, "d/c"));

  EXPECT_FALSE(Open(disk, "d/b", OpenMode::kCreate)->Write(0, "lost"));
  EXPECT_FALSE(disk.SyncFolder("d"));
  EXPECT_FALSE(disk.Remove("d/a"));
  disk.Crash(FakeDisk::Keep::kSynced);
  EXPECT_TRUE(Exists(disk, "d/a"));
  EXPECT_EQ(disk.Contents("d/b"), "");  // its name was synced, its bytes were not
}

TEST(FakeDisk, KilledProcessesLoseNothingButTheMachineStillMay) {
  FakeDisk disk(1);
  EXPECT_FALSE(SyncedFile(disk)->Write(6, " and more"));
  disk.Crash(FakeDisk::Keep::kEverything);
  EXPECT_EQ(disk.Contents("d/a"), "synced and more");
  disk.Crash(FakeDisk::Keep::kSynced);
  EXPECT_EQ(disk.Contents("d/a"), "synced");
}

TEST(FakeDisk, PagesArriveInAnyMixture) {
  // Three pages are overwritten and two added; over many seeds each is seen old, new and torn, with the size old and
  // new.
  std::set<std::string> seen;
  std::set<uint64_t> sizes;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    FakeDisk disk(seed);
    EXPECT_FALSE(disk.CreateFolder("d"));
    const auto file = Open(disk, "d/a", OpenMode::kCreate);
    EXPECT_FALSE(file->Write(0, std::string(3 * FakeDisk::kPageBytes, 'o')));
    EXPECT_FALSE(file->Sync());
    EXPECT_FALSE(disk.SyncFolder("d"));
    EXPECT_FALSE(file->Write(0, std::string(5 * FakeDisk::kPageBytes, 'n')));
    disk.Crash(FakeDisk::Keep::kSome);
    const std::string bytes = disk.Contents("d/a");
    std::string shape;
    for (size_t page = 0; page < 3; ++page) {
      const std::string part = bytes.substr(page * FakeDisk::kPageBytes, FakeDisk::kPageBytes);
      const size_t old = part.find('o');
      EXPECT_EQ(part.find('n', old), std::string::npos);  // a page is torn once
      shape += old == 0 ? 'o' : old == std::string::npos ? 'n' : 't';
    }
    seen.insert(shape);
    sizes.insert(bytes.size());
    disk.Crash(FakeDisk::Keep::kSome);
    EXPECT_EQ(disk.Contents("d/a"), bytes);  // what a crash left is there to stay
  }
  EXPECT_EQ(seen.size(), 27u);
  EXPECT_EQ(*sizes.begin(), 3 * FakeDisk::kPageBytes);
  EXPECT_EQ(*sizes.rbegin(), 5 * FakeDisk::kPageBytes);
  EXPECT_GT(sizes.size(), 10u);
}

TEST(FakeDisk, AFailedSyncLosesItsPagesForGood) {
  FakeDisk disk(1);
  const auto file = SyncedFile(disk);
  EXPECT_FALSE(file->Write(0, "SYNCED"));
  disk.Fail({FakeDisk::Call::kSync});
  EXPECT_EQ(file->Sync().code(), EIO);
  EXPECT_FALSE(file->Sync());  // which says nothing
  EXPECT_EQ(disk.Contents("d/a"), "SYNCED");
  disk.Crash(FakeDisk::Keep::kSome);
  EXPECT_EQ(disk.Contents("d/a"), "synced");
}

TEST(FakeDisk, CallsFailWhenTold) {
  FakeDisk disk(1);
  const auto file = SyncedFile(disk);
  disk.Fail({.call = FakeDisk::Call::kWrite, .after = 1, .times = 2, .code = ENOSPC, .short_bytes = 2});
  EXPECT_FALSE(file->Write(0, "1"));
  const FileError error = file->Write(6, "234");
  EXPECT_TRUE(error.IsNoRoom());
  EXPECT_EQ(error.text(), "write d/a: No space left on device");
  EXPECT_EQ(disk.Contents("d/a"), "1ynced23");
  EXPECT_TRUE(file->Write(1, "2"));
  EXPECT_FALSE(file->Write(1, "2"));
  disk.Fail({.call = FakeDisk::Call::kRename, .times = 100});
  EXPECT_TRUE(disk.Rename("d/a", "d/b"));
  disk.FailNothing();
  EXPECT_FALSE(disk.Rename("d/a", "d/b"));
}

TEST(FakeDisk, FillsUp) {
  FakeDisk disk(1);
  const auto file = SyncedFile(disk);
  disk.SetCapacity(10);
  EXPECT_TRUE(file->Write(6, "123456").IsNoRoom());
  EXPECT_EQ(disk.Contents("d/a"), "synced1234");
  EXPECT_FALSE(file->Write(0, "SYNCED"));  // what is there already needs no room
  uint64_t bytes = 1;
  EXPECT_FALSE(disk.FreeBytes("d", &bytes));
  EXPECT_EQ(bytes, 0u);
  disk.SetCapacity(100);
  EXPECT_FALSE(file->Write(6, "123456"));
}

TEST(FakeDisk, ThePowerGoesOffDuringACall) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    FakeDisk disk(seed);
    const auto file = SyncedFile(disk);
    disk.StopAfter(1);
    EXPECT_FALSE(file->Write(6, "1"));
    EXPECT_FALSE(disk.stopped());
    EXPECT_TRUE(file->Write(7, "234"));
    EXPECT_TRUE(disk.stopped());
    EXPECT_TRUE(file->Write(0, "x"));
    EXPECT_TRUE(file->Sync());
    EXPECT_TRUE(disk.Remove("d/a"));
    disk.Crash(FakeDisk::Keep::kEverything);
    seen.insert(disk.Contents("d/a"));
    EXPECT_FALSE(Open(disk, "d/a", OpenMode::kUpdate)->Write(0, "x"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"synced1", "synced12", "synced123", "synced1234"}));
}

TEST(FakeDisk, TheSameSeedDoesTheSame) {
  const auto run = [](uint64_t seed) {
    FakeDisk disk(seed);
    const auto file = SyncedFile(disk);
    std::string all;
    for (int i = 0; i < 20; ++i) {
      std::unique_ptr<File> again = Open(disk, "d/a", OpenMode::kUpdate);
      EXPECT_FALSE(again->Write(static_cast<uint64_t>(i) * 100, std::string(1000, static_cast<char>('a' + i))));
      disk.Crash(FakeDisk::Keep::kSome);
      all += disk.Contents("d/a");
    }
    return all;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace kvorum
