// SearchService: the indexes of FT.CREATE on the keys of database 0: what they are called, and how they follow the data.
//
// The shard tells of each key that changes. Keys that an index covers are remembered, and read again at the end of the turn, or before
// the next search, whichever is first; so a search sees all writes before it, and a key that is written often in one turn is read
// once. A new index reads the keys that are there already in slices, kKeysASlice a turn, of which the first is at once; meanwhile it follows
// changes like any other. What removed documents leave in lists is swept out in slices too.
//
// Indexes are stated as effects (FT.CREATE and so on), and snapshots hold the commands that make them. After a start they are made anew from
// the keys. An index holds the documents of all keys in the keyspace, of expired ones too until they are deleted: when that is, the clock says, which may be
// set back.
//
// Threads: the shard's. Ownership: owns indexes and cursors; borrows the keyspace.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "keyspace/keyspace.h"
#include "search/aggregate.h"
#include "search/index.h"

namespace kvorum {

inline constexpr size_t kKeysASlice = 512;
inline constexpr size_t kBlocksASlice = 256;
inline constexpr size_t kMaxSearchCursors = 128;  // of one index
inline constexpr int kSearchDatabase = 0;

struct SearchSettings {
  int default_dialect = kDefaultDialect;
  uint64_t timeout_ms = 500;  // 0: none
};

struct SearchCursor {
  std::string index;
  std::vector<AggregateRow> rows;
  size_t next = 0;
  uint64_t count = 0;
  int64_t max_idle_ms = 0;
  int64_t used_ms = 0;
};

class GraphFiles;
class LazyFree;

class SearchService {
 public:
  struct NamedIndex {
    std::unique_ptr<SearchIndex> index;
    std::vector<std::string> definition;  // the words behind the name, those of FT.ALTER joined in
    bool is_scanning = false;             // reads keys that were there before it
    uint64_t scan_cursor = 0;
    size_t scanned = 0;
    DocId renewed_to = 0;  // documents up to this one lack fields: the scan puts them again
    uint64_t uses = 0;
  };

  explicit SearchService(Keyspace* keyspace);
  ~SearchService();
  // Where insertions of vectors are prepared; without it they are where they come.
  void SetVectorWork(VectorWork* work) { work_ = work; }
  // Where indexes that are no more are freed; without it here and at once.
  void SetReclaimer(LazyFree* reclaimer) { reclaimer_ = reclaimer; }

  // --- For the shard
  bool active() const { return !indexes_.empty(); }
  void KeyChanged(int db, std::string_view key);
  // FLUSHALL, SWAPDB: all keys of the database may be others.
  void DatabaseChanged(int db);
  // Reads what has changed.
  void CatchUp();
  // A slice of what is to be done in the background. True: there is more.
  bool Work(int64_t now_ms);
  // The graphs of vector fields in a data folder (shard/graph_files.h); nullptr: there are none.
  void SetGraphFiles(std::unique_ptr<GraphFiles> graphs);
  GraphFiles* graph_files() { return graphs_.get(); }
  // While data is loaded, an index that is made finds its graphs there; `warn` is told what is wrong with them.
  void SetGraphWarnings(std::function<void(const std::string&)> warn) { warn_ = std::move(warn); }
  // The commands that make the indexes and aliases there are, for snapshots; as effects, too.
  std::vector<std::vector<std::string>> DefinitionCommands() const;
  std::vector<std::string> DefinitionEffects() const;
  // While those are executed behind a snapshot's data: an index takes all documents, with SKIPINITIALSCAN too. Which of them it had before
  // nothing says, and those must not go.
  void SetRestoring(bool restoring) { restoring_ = restoring; }

  // --- For commands
  // By name or alias; null when there is none. CatchUp comes first.
  NamedIndex* Find(std::string_view name_or_alias);
  NamedIndex* FindExact(std::string_view name);
  const std::map<std::string, NamedIndex, std::less<>>& indexes() const { return indexes_; }
  // These give the error, empty when there is none.
  std::string Create(std::string_view name, std::span<const std::string_view> words);
  // Documents there are have the new fields when they have been read again, in the background, or without `scans` when they are written.
  // They are found meanwhile, but where a TEXT field is new, for which all else is made anew. Graphs of vectors stay as they are.
  std::string Alter(NamedIndex* index, std::span<const std::string_view> field_words, bool scans);
  void Drop(NamedIndex* index);
  // Drops all there is.
  void Clear();
  std::string AddAlias(std::string_view alias, std::string_view name);
  bool RemoveAlias(std::string_view alias);

  // A hash or JSON as a document; null when it is not there, or something else.
  std::unique_ptr<Document> Open(std::string_view key, int64_t now_ms) const;
  std::vector<std::unique_ptr<Document>> OpenAll(std::span<const std::string_view> keys, int64_t now_ms) const;

  uint64_t AddCursor(SearchCursor cursor);
  SearchCursor* FindCursor(uint64_t id, std::string_view index);
  bool RemoveCursor(uint64_t id);
  size_t CursorsOf(std::string_view index) const;

  SearchSettings settings;

 private:
  static std::unique_ptr<Document> Opened(const Entry* entry, int64_t now_ms);
  // Null: *error says why.
  std::unique_ptr<SearchIndex> Make(std::string_view name, Schema schema, std::string* error);
  void LoadGraphs(SearchIndex* index);
  void Reclaim(std::unique_ptr<SearchIndex> index);
  // Of vectors that waited while their graph was written. True: there is more.
  static bool GoOn(SearchIndex* index);
  // Of vectors in graphs that no document has taken. True: there is more.
  static bool EndAdoption(SearchIndex* index);
  void Read(NamedIndex& index, std::string_view key);
  static void ReadTogether(NamedIndex& index, std::span<const Entry* const> entries);
  void StartScan(NamedIndex* index);
  bool ScanSlice(NamedIndex* index);
  void DropIdleCursors(int64_t now_ms);

  Keyspace* keyspace_;
  VectorWork* work_ = nullptr;
  LazyFree* reclaimer_ = nullptr;
  std::unique_ptr<GraphFiles> graphs_;
  std::function<void(const std::string&)> warn_;
  std::map<std::string, NamedIndex, std::less<>> indexes_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::unordered_set<std::string> changed_;
  bool all_changed_ = false;
  bool restoring_ = false;
  std::map<uint64_t, SearchCursor> cursors_;
  uint64_t next_cursor_ = 1;
};

}  // namespace kvorum
