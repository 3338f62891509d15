// Effects as bytes: the commands that one turn of the event loop leaves to be replayed, one after another.
//
//   effects = command*
//   command = varint database, varint number of words (at least 1), word*
//   word    = varint number of bytes, those bytes
//
// Varints as in base/bytes.h, shortest form only, so that the same effects are the same bytes everywhere. Nothing
// brackets a transaction: an entry of the journal is replayed whole or not at all, so the commands of a transaction
// need only stand in one entry. Nothing here is checksummed either: the entry is.
//
// Threads: one. Ownership: EffectsBuffer owns its bytes; EffectsReader borrows what it reads, and its words point into
// that. Complexity: Word is one copy and no allocation but when the buffer grows; Next is O(words), and allocates only
// for a command with more words than any before.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/check.h"

namespace kvorum {

class EffectsBuffer {
 public:
  // A command of `words` words for database `db`; as many calls of Word must follow.
  void Begin(int db, size_t words) {
    CHECK(words_to_come_ == 0 && words > 0 && db >= 0);
    char* const start = bytes_.Prepare(2 * kMaxVarintBytes);
    char* const end = PutVarint(PutVarint(start, static_cast<uint64_t>(db)), words);
    bytes_.Commit(static_cast<size_t>(end - start));
    words_to_come_ = words;
    ++commands_;
  }
  void Word(std::string_view word) {
    CHECK(words_to_come_ > 0);
    char* const start = bytes_.Prepare(kMaxVarintBytes + word.size());
    char* const body = PutVarint(start, word.size());
    if (!word.empty()) std::memcpy(body, word.data(), word.size());
    bytes_.Commit(static_cast<size_t>(body - start) + word.size());
    --words_to_come_;
  }
  // A whole command: of anything that a string_view can be made of.
  template <typename Words>
  void Command(int db, const Words& words) {
    Begin(db, std::size(words));
    for (const auto& word : words) Word(word);
  }

  bool empty() const { return commands_ == 0; }
  size_t commands() const { return commands_; }
  size_t size() const { return bytes_.size(); }
  std::string_view bytes() const {
    CHECK(words_to_come_ == 0);
    return bytes_.view();
  }
  // Gives back memory that is not in use.
  void Release() {
    if (bytes_.empty() && bytes_.capacity() > kSmallBytes) bytes_.Resize(kSmallBytes);
  }
  // Keeps its memory for the next turn, unless this one was huge.
  void Clear() {
    CHECK(words_to_come_ == 0);
    bytes_.Clear();
    if (bytes_.capacity() > kKeptBytes) bytes_.Resize(kKeptBytes);
    commands_ = 0;
  }

 private:
  static constexpr size_t kKeptBytes = 1 << 20;
  static constexpr size_t kSmallBytes = 16 << 10;

  Buffer bytes_;
  size_t commands_ = 0;
  size_t words_to_come_ = 0;
};

// while (reader.Next()) Replay(reader.db(), reader.words());
// if (reader.damaged()) ...
class EffectsReader {
 public:
  explicit EffectsReader(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  // False at the end, and where the bytes are no effects: whatever they are, nothing outside of them is read.
  bool Next();
  int db() const { return db_; }
  const std::vector<std::string_view>& words() const { return words_; }
  bool damaged() const { return damaged_; }
  // Of the next command, or of the one that is damaged.
  size_t offset() const { return size_ - rest_.size(); }

 private:
  std::string_view rest_;
  size_t size_;
  int db_ = 0;
  bool damaged_ = false;
  std::vector<std::string_view> words_;
};

}  // namespace kvorum
