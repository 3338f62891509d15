// ReadAhead: documents read by a few reader processes at once, and handed out in their order, while what was found before is still being
// worked on.
//
// Threads: one that adds and takes; the object has one of its own for each process, which waits while much has been read that nobody has
// taken. Ownership: threads and processes end with the object.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "documents/reader_process.h"
#include "documents/unit.h"

namespace kvorum {

class ReadAhead {
 public:
  // `processes`: 0 for as many as suit the machine. `most_bytes`: of units that wait; about twice as many at worst.
  explicit ReadAhead(size_t processes = 0, size_t most_bytes = size_t{4} << 20);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // The document behind those that were added before.
  void Add(const std::string& path);

  struct Item {
    bool is_end = false;  // of the document; then `error` says whether it was read to its end
    Unit unit;
    DocumentError error;
    bool is_unusable = false;  // ReaderProcess::is_unusable()
  };
  // The next unit, or the end, of the first document whose end has not been taken. There must be one. Waits.
  Item Take();

 private:
  struct Document {
    std::string path;
    size_t waiting_bytes = 0;
    std::deque<Item> items;
  };

  void Run(ReaderProcess& reader);
  // The next one to read; null: the object ends. Waits.
  std::shared_ptr<Document> Begin();
  // False: the object ends. Waits.
  bool Put(Document& document, Item&& item);

  const size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Document>> documents_;
  size_t begun_ = 0;  // of them, from the first
  size_t waiting_bytes_ = 0;
  bool is_ending_ = false;
  std::vector<std::unique_ptr<ReaderProcess>> readers_;
  std::vector<std::thread> threads_;
};

}  // namespace kvorum
