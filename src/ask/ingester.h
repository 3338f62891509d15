// Ingester: files into an index of documents on a server: read, cut into chunks, embedded, stored. A file that has not changed since
// is left alone.
//
// Reading, embedding and storing go on at the same time: documents are read ahead by another process, chunks of several files
// are embedded together, and replies are read when some hundred commands have none. What waits anywhere is bounded, whatever the input's size.
//
// Threads: one. Ownership: borrows client and embedder.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ask/file_list.h"
#include "ask/index_keys.h"
#include "ask/ingest_lock.h"
#include "client/resp_client.h"
#include "documents/chunker.h"
#include "documents/read_ahead.h"

namespace kvorum {

class Embedder;

struct IngestOptions {
  std::string index = "documents";
  std::string embedder_url;  // noted with the index, for those who ask it later
  ChunkOptions chunks;
  bool removes_missing = false;  // files that are gone from the paths given go from the index
  bool starts_over = false;      // deletes the index first
  bool is_flat = false;  // vectors are compared one by one, not found by a graph: exact, and slow when there are many
};

struct IngestCounts {
  uint64_t files = 0;  // looked at
  uint64_t added = 0;
  uint64_t changed = 0;
  uint64_t unchanged = 0;
  uint64_t removed = 0;
  uint64_t units = 0;
  uint64_t chunks = 0;
  uint64_t bytes = 0;           // of the files looked at
  uint64_t not_indexed = 0;     // chunks that the server has stored and not put into the index
  std::string why_not_indexed;  // the last reason of the server's
  std::vector<FileProblem> problems;
};

class Ingester {
 public:
  // `embedder` null: without vectors, for search by words alone.
  Ingester(const IngestOptions& options, RespClient* client, Embedder* embedder);

  // Shown while it runs.
  std::function<void(const IngestCounts&)> on_progress = [](const IngestCounts&) {};

  // Makes the index, or sees that the one that is there was made in the same way. False: error().
  [[nodiscard]] bool Open();
  // Deletes the index with all that is in it, if it is there. False: error().
  [[nodiscard]] bool Drop();
  // False: the server or the embedder failed, error(); what was stored stays, and the next run goes on there. Documents that cannot be
  // read are no failure, but counts().problems.
  [[nodiscard]] bool Run(const FileList& list);

  const IngestCounts& counts() const { return counts_; }
  const std::string& error() const { return error_; }

 private:
  // A file that is being worked on.
  struct File {
    std::string id;
    std::string path;
    std::string hash;  // that it is to have, when all of it is stored
    bool is_known = false;
    bool is_wanted = false;  // it is read
    uint64_t units = 0;
    uint64_t stored_chunks = 0;  // that the server may have of it
    uint64_t sent_chunks = 0;
  };
  // A chunk that waits to be embedded and sent; or, with no text, the end of its file.
  struct Waiting {
    std::shared_ptr<File> file;
    bool is_end = false;
    Chunk span;
    std::string text;
    std::string title;
    const char* kind = "";
    uint32_t number = 0;
  };

  bool Fail(std::string text);
  bool Call(std::initializer_list<std::string_view> words, RespReply* reply);
  void Send(std::initializer_list<std::string_view> words);
  bool CreateIndex();
  enum class Found : uint8_t { kFailed, kNone, kOurs, kAnothers };
  // Whether the server has a search index of that name.
  Found FindIndex();
  // What FT.INFO says of it. *failures: documents that could not be indexed, ever.
  bool ReadInfo(RespReply* info, uint64_t* failures);
  // Says of the files that were stored whole that they are, if the server has indexed all of it; else the next run tries them again.
  bool MarkComplete();
  bool RunOver(const FileList& list);
  bool Plan(const FileList& list);
  bool AskWhatIsKnown(std::span<const std::shared_ptr<File>> files);
  bool IngestFile(const std::shared_ptr<File>& file);
  void TakeUnit(const std::shared_ptr<File>& file, const Unit& unit);
  // Embeds and sends what waits. Replies are read later.
  bool SendWaiting();
  bool SendChunk(const Waiting& chunk, const float* vector);
  void Announce(File& file, uint64_t chunks);
  void SendEnd(File& file);
  // Until so many commands are left that have no reply yet.
  bool ReadReplies(size_t left = 0);
  bool RemoveFiles(const std::vector<std::string>& ids);
  bool RemoveMissing(const FileList& list);
  void DeleteChunks(const std::string& id, uint64_t from, uint64_t to);

  const IngestOptions options_;
  const IndexKeys keys_;
  IngestLock lock_;
  RespClient* client_;
  Embedder* embedder_;
  std::unique_ptr<ReadAhead> reader_;
  size_t next_file_ = 0;                       // of the list, that has not been planned
  std::deque<std::shared_ptr<File>> planned_;  // in the list's order
  std::vector<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  std::vector<std::shared_ptr<File>> stored_;  // and not marked complete
  uint64_t failures_before_ = 0;               // of indexing, before what is in stored_
  size_t open_commands_ = 0;                   // sent, or about to be, without a reply so far
  IngestCounts counts_;
  std::string error_;
};

}  // namespace kvorum
