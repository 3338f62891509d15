// Ingester: files into an index of documents on a server: read, cut into chunks, embedded, stored. A file that has not changed since
// is left alone.
//
// Threads: one. Ownership: borrows client and embedder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ask/file_list.h"
#include "ask/index_keys.h"
#include "client/resp_client.h"
#include "documents/chunker.h"
#include "documents/reader_process.h"

namespace kvorum {

class Embedder;

struct IngestOptions {
  std::string index = "documents";
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
  uint64_t bytes = 0;  // of the files looked at
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
  // A chunk that waits to be embedded and sent.
  struct Waiting {
    Chunk span;
    std::string text;
    std::string title;
    const char* kind;
    uint32_t number;
  };
  // The file at hand.
  struct Current {
    std::string id;
    std::string path;
    uint64_t stored_chunks = 0;  // that the server may have of it
    uint64_t sent_chunks = 0;
  };

  bool Fail(std::string text);
  bool Call(std::initializer_list<std::string_view> words, RespReply* reply);
  bool CreateIndex();
  bool IngestFile(const ListedFile& file);
  bool StoreFile(const std::string& hash);
  void TakeUnit(const Unit& unit);
  // Embeds and sends what waits, and reads the replies.
  bool SendWaiting();
  bool ReadReplies(size_t count);
  bool RemoveFile(const std::string& id);
  bool RemoveMissing(const FileList& list);
  void DeleteChunks(const std::string& id, uint64_t from, uint64_t to, size_t* commands);

  const IngestOptions options_;
  const IndexKeys keys_;
  RespClient* client_;
  Embedder* embedder_;
  ReaderProcess reader_;
  Current current_;
  std::vector<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  IngestCounts counts_;
  std::string error_;
};

}  // namespace kvorum
