// GraphFiles: the graphs of VECTOR fields in the data folder, so that a start does not build them again.
//
// They are no part of the data: a graph that is older than the data, or missing, or damaged, costs time only. After a start each document takes the
// place in the graph that a vector with the same bytes has (search/field_vectors.h), whatever snapshot and journal say; what is left of the
// graph then goes, and vectors that it lacks are inserted as ever. So these files are not tied to any snapshot: they are written
// after one, now and then while much changes, and at the end.
//
//   vectors-<16 hexadecimal digits, a hash of the names of index and field>.kvg:
//
//   file   = "KVGRAPH1", frame of the names (index, a zero byte, field), frame of each piece (vector/hnsw_file.h), empty frame
//   frame  = u32 CRC-32C of what follows, begun with that of the frame before, u32 length, bytes;          little-endian
//
// A file is written as .tmp, synced, and renamed when it is whole. While it is written the graph stands still; what comes and goes meanwhile waits
// in the field. When too much waits the writing is given up, until as much again has changed or the server ends.
//
// Threads: the shard's; the worker writes, and one that is there for it reads. Ownership: borrows file system, worker and service.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "os/file.h"
#include "os/worker.h"
#include "search/field_vectors.h"

namespace kvorum {

class SearchService;

struct GraphWritten {
  std::string path;
  std::string error;  // empty: none
  uint64_t bytes = 0;
  bool given_up = false;  // too much had come and gone meanwhile
};

class GraphFiles {
 public:
  using Name = std::pair<std::string, std::string>;  // index, field

  // Fewer than `few_changes` are inserted again sooner than a file is written.
  GraphFiles(FileSystem& files, std::string folder, Worker& worker, uint64_t few_changes = 1000);
  ~GraphFiles();
  GraphFiles(const GraphFiles&) = delete;
  GraphFiles& operator=(const GraphFiles&) = delete;

  // Begins to write the graphs that have changed by that share of their size since they were written (0: at all), and by enough to be
  // worth it. Before that files that are nobody's are removed, when there may be some and no vectors of a graph still wait for their documents.
  void Begin(SearchService& search, double share);
  // Indexes or all of their documents went. (Some may have before this was made: so at first, too.)
  void MakeTidy() { is_untidy_ = true; }
  // Goes on. True: *written is what has just been finished.
  bool Poll(SearchService& search, GraphWritten* written);
  bool is_writing() const { return task_ != nullptr || !queue_.empty(); }
  // Goes on until nothing is left, waiting.
  void Finish(SearchService& search);
  // At the end: writes what has changed by that share, what was given up before too, and waits for it.
  void End(SearchService& search, double share);

  // Where a field's file is.
  std::string PathOf(const Name& name) const;
  // What a file holds; null: there is none, or *error says what is wrong with it.
  std::unique_ptr<VectorIndex> Load(std::string_view index, std::string_view field, std::string* error);
  // Before the data is loaded: begins to read all files on a thread of its own, so that Load only waits until its own has been read. It ends with
  // EndReading, which throws away what nobody has asked for.
  void BeginReading();
  void EndReading();

 private:
  struct Task;
  class Reading;

  static uint64_t ChangesSince(const std::map<Name, uint64_t>& counts, const Name& name, uint64_t changes);
  void BeginNext(SearchService& search);
  // Also what writings left behind that a crash ended.
  void RemoveOthers(SearchService& search);

  FileSystem& files_;
  const std::string folder_;
  Worker& worker_;
  const uint64_t few_changes_;
  std::deque<Name> queue_;
  std::shared_ptr<Task> task_;
  std::unique_ptr<Reading> reading_;
  // What the fields counted of changes when they were written. One that was made anew counts from 0; that it is another is seen only if it counts
  // less than was noted, and else its file is written a little later than it might be.
  std::map<Name, uint64_t> saved_;
  std::map<Name, uint64_t> given_up_;  // what they counted then
  std::set<Name> present_;             // may have a file
  bool is_untidy_ = true;
};

}  // namespace kvorum
