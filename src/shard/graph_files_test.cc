#include "shard/graph_files.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/fake_disk.h"
#include "os/worker.h"
#include "shard/search_service.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

constexpr const char* kFolder = "/data";

// Does jobs when told to, or at once.
class TestWorker final : public Worker {
 public:
  void Post(std::function<void()> job) override {
    ++posted;
    at_once ? job() : later_.Post(std::move(job));
  }
  void RunAll() { later_.RunAll(); }
  bool at_once = false;
  size_t posted = 0;

 private:
  ManualWorker later_;
};

// A shard with an index of points in a plane, and a disk for its graph.
class GraphFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(disk_.CreateFolder(kFolder));
    search().SetGraphFiles(std::make_unique<GraphFiles>(disk_, kFolder, worker_));
  }
  void TearDown() override {
    // Whoever writes ends before the disk goes.
    worker_.RunAll();
    search().SetGraphFiles(nullptr);
  }

  SearchService& search() { return shard_.shard().search(); }
  GraphFiles& graphs() { return *search().graph_files(); }

  void MakeIndex(const std::string& name, const std::string& prefix) {
    ASSERT_EQ(shard_.Run("FT.CREATE " + name + " PREFIX 1 " + prefix +
                         " SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2"),
              "OK");
  }
  void Add(const std::string& prefix, size_t count) {
    for (size_t i = 0; i < count; ++i, ++next_) {
      const float point[2] = {static_cast<float>(next_ % 317), static_cast<float>(next_ / 317)};
      const std::string bytes(reinterpret_cast<const char*>(point), sizeof(point));
      ASSERT_EQ(shard_.Run({"HSET", prefix + std::to_string(next_), "v", bytes}), "1");
    }
  }
  FieldVectors* Vectors(const std::string& name) {
    const auto* index = search().FindExact(name);
    return index->index->vectors(index->index->schema().fields[0]);
  }
  std::vector<std::string> Names() {
    std::vector<FolderEntry> entries;
    EXPECT_FALSE(disk_.List(kFolder, &entries));
    std::vector<std::string> names;
    names.reserve(entries.size());
    for (const FolderEntry& entry : entries) names.push_back(entry.name);
    return names;
  }
  // Writes what is to be written.
  void Write(double share) {
    GraphWritten written;
    graphs().Begin(search(), share);
    do {
      worker_.RunAll();
    } while (graphs().Poll(search(), &written) || graphs().is_writing());
  }

  FakeDisk disk_{1};
  TestWorker worker_;
  TestShard shard_;
  size_t next_ = 0;
};

TEST_F(GraphFilesTest, GivesUpWritingWhenTooMuchWaitsForIt) {
  MakeIndex("points", "p:");
  Add("p:", 1500);
  graphs().Begin(search(), 0.25);
  ASSERT_TRUE(graphs().is_writing());
  Add("p:", FieldVectors::kMostHeld - 1);
  GraphWritten written;
  EXPECT_FALSE(graphs().Poll(search(), &written));
  EXPECT_EQ(Vectors("points")->pending(), FieldVectors::kMostHeld - 1);
  Add("p:", 1);
  EXPECT_FALSE(graphs().Poll(search(), &written));
  worker_.RunAll();
  ASSERT_TRUE(graphs().Poll(search(), &written));
  EXPECT_TRUE(written.given_up);
  EXPECT_TRUE(written.error.empty());
  EXPECT_EQ(Names(), std::vector<std::string>());
  EXPECT_FALSE(graphs().is_writing());
  // What waited comes into the graph by and by.
  uint64_t changes = Vectors("points")->changes();
  while (search().Work(TestShard::kStartMs)) {
    ASSERT_LE(Vectors("points")->changes(), changes + 16);
    changes = Vectors("points")->changes();
  }
  EXPECT_EQ(Vectors("points")->pending(), 0U);
  EXPECT_EQ(Vectors("points")->size(), 1500 + FieldVectors::kMostHeld);
  // Much more has changed since: it is tried again.
  Write(0.25);
  EXPECT_EQ(Names().size(), 1U);
}

TEST_F(GraphFilesTest, WhatWasGivenUpIsWrittenAgainWhenAsMuchHasChangedOrAtTheEnd) {
  MakeIndex("points", "p:");
  Add("p:", 1500);
  graphs().Begin(search(), 0.25);
  Add("p:", FieldVectors::kMostHeld);
  GraphWritten written;
  EXPECT_FALSE(graphs().Poll(search(), &written));
  worker_.RunAll();
  ASSERT_TRUE(graphs().Poll(search(), &written));
  ASSERT_TRUE(written.given_up);
  graphs().Begin(search(), 0);
  EXPECT_FALSE(graphs().is_writing());
  worker_.at_once = true;
  graphs().End(search(), 0);
  EXPECT_EQ(Names().size(), 1U);
}

TEST_F(GraphFilesTest, FilesOfIndexesThatWereDroppedGo) {
  MakeIndex("a", "a:");
  MakeIndex("b", "b:");
  Add("a:", 1100);
  Add("b:", 1100);
  Write(0);
  ASSERT_EQ(Names().size(), 2U);
  const std::vector<std::string> both = Names();
  ASSERT_EQ(shard_.Run("FT.DROPINDEX a"), "OK");
  Write(0);
  ASSERT_EQ(Names().size(), 1U);
  const std::string left = Names()[0];
  // Nothing is looked for while nothing goes.
  const size_t posted = worker_.posted;
  for (int i = 0; i < 10; ++i) Write(0);
  EXPECT_EQ(worker_.posted, posted);
  // One that is dropped while it is written.
  Add("b:", 1100);
  graphs().Begin(search(), 0);
  ASSERT_TRUE(graphs().is_writing());
  ASSERT_EQ(shard_.Run("FT.DROPINDEX b"), "OK");
  GraphWritten written;
  worker_.RunAll();
  ASSERT_TRUE(graphs().Poll(search(), &written));
  EXPECT_EQ(Names().size(), 1U);
  Write(0);
  EXPECT_EQ(Names(), std::vector<std::string>());
}

TEST_F(GraphFilesTest, FilesGoWithTheData) {
  MakeIndex("a", "a:");
  Add("a:", 1100);
  Write(0);
  ASSERT_EQ(Names().size(), 1U);
  ASSERT_EQ(shard_.Run("FLUSHALL"), "OK");
  Write(0);
  EXPECT_EQ(Names(), std::vector<std::string>());
  next_ = 0;
  Add("a:", 1100);
  Write(0);
  ASSERT_EQ(Names().size(), 1U);
  for (size_t i = 0; i < next_; ++i) ASSERT_EQ(shard_.Run("DEL a:" + std::to_string(i)), "1");
  Write(0);
  EXPECT_EQ(Names(), std::vector<std::string>());
}

TEST_F(GraphFilesTest, WhatACrashLeftGoesAfterTheStart) {
  MakeIndex("a", "a:");
  Add("a:", 1100);
  Write(0);
  ASSERT_EQ(Names().size(), 1U);
  const std::string file = Names()[0];
  std::unique_ptr<File> made;
  for (const char* name : {"vectors-0123456789abcdef.kvg", "vectors-0123456789abcdef.kvg.tmp", "vectors.txt"}) {
    ASSERT_FALSE(disk_.Open(JoinPath(kFolder, name), OpenMode::kCreate, &made));
  }
  ASSERT_FALSE(disk_.Open(JoinPath(kFolder, file + ".tmp"), OpenMode::kCreate, &made));
  // Another start, on the same data: its graph is taken over.
  TestShard after;
  SearchService& started = after.shard().search();
  started.SetGraphFiles(std::make_unique<GraphFiles>(disk_, kFolder, worker_));
  started.SetGraphWarnings([](const std::string& wrong) { FAIL() << wrong; });
  ASSERT_EQ(after.Run("FT.CREATE a PREFIX 1 a: SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2"), "OK");
  started.SetGraphWarnings(nullptr);
  // While its vectors wait for documents nothing is removed.
  ASSERT_TRUE(started.FindExact("a")->index->vectors(started.FindExact("a")->index->schema().fields[0])->is_adopting());
  started.graph_files()->Begin(started, 0);
  worker_.RunAll();
  EXPECT_EQ(Names().size(), 5U);
  next_ = 0;
  for (size_t i = 0; i < 1100; ++i) {
    const float point[2] = {static_cast<float>(i % 317), static_cast<float>(i / 317)};
    const std::string bytes(reinterpret_cast<const char*>(point), sizeof(point));
    ASSERT_EQ(after.Run({"HSET", "a:" + std::to_string(i), "v", bytes}), "1");
  }
  while (started.Work(TestShard::kStartMs)) {
  }
  started.graph_files()->Begin(started, 0);
  worker_.RunAll();
  EXPECT_EQ(Names(), (std::vector<std::string>{file, "vectors.txt"}));
  started.SetGraphFiles(nullptr);
}

TEST_F(GraphFilesTest, ReadsAheadWhatIsAskedForLater) {
  for (const char* name : {"a", "b", "c"}) MakeIndex(name, std::string(name) + ":");
  for (const char* prefix : {"a:", "b:", "c:"}) Add(prefix, 1100);
  Write(0);
  ASSERT_EQ(Names().size(), 3U);
  std::string error;
  for (const bool reads_ahead : {true, false}) {
    if (reads_ahead) graphs().BeginReading();
    for (const char* name : {"b", "a"}) {
      const std::unique_ptr<VectorIndex> graph = graphs().Load(name, "v", &error);
      ASSERT_NE(graph, nullptr) << error;
      EXPECT_EQ(graph->size(), 1100U);
      graph->Validate();
    }
    EXPECT_EQ(graphs().Load("none", "v", &error), nullptr);
    EXPECT_EQ(error, "");
    // Nobody asks for c.
    graphs().EndReading();
  }
  const std::string path = JoinPath(kFolder, Names()[0]);
  std::unique_ptr<File> file;
  ASSERT_FALSE(disk_.Open(path, OpenMode::kUpdate, &file));
  ASSERT_FALSE(file->Write(5000, "x"));
  graphs().BeginReading();
  size_t damaged = 0, whole = 0;
  for (const char* name : {"a", "b", "c"}) {
    const std::unique_ptr<VectorIndex> graph = graphs().Load(name, "v", &error);
    whole += graph != nullptr ? 1 : 0;
    damaged += error.find("is damaged before byte") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(whole, 2U);
  EXPECT_EQ(damaged, 1U);
  graphs().EndReading();
}

}  // namespace
}  // namespace kvorum
