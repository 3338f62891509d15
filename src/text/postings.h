// Postings: the documents that hold one term, ascending, and where in them: the list of an inverted index.
//
// The list is blocks of at most kBlockEntries documents; a block knows its first and last document, so that a search skips blocks
// without reading them. All but the last block are sealed: allocated to their size, never changed but by compaction. An entry:
//
//   numbers only            | delta |                                                  (tags)
//   one occurrence          | delta * 2 + 1 | field | position |                       (texts)
//   several                 | delta * 2 | bytes of the rest | fields - 1 |
//                              for each field: | field | count | position, deltas ... |
//
// each number a varint; delta counts from the entry before (from the block's first document: 0). `field` and `fields - 1` are left
// out when the index has one text field, positions when it keeps none.
//
// Deletion is by the document's number: readers skip numbers that are not live, and Compact takes their entries out.
//
// Threads: one at a time. Ownership: owns its blocks. Cursors are good until the next change. Complexity: Append O(entry) amortised; SkipTo
// O(log blocks + kBlockEntries).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "text/id_table.h"

namespace kvorum {

inline constexpr size_t kMaxTextFields = 128;

// Which text fields; what a search is restricted to.
struct FieldSet {
  uint64_t bits[2] = {0, 0};

  static FieldSet All() { return {{~uint64_t{0}, ~uint64_t{0}}}; }
  static FieldSet Of(size_t field) {
    FieldSet set;
    set.Add(field);
    return set;
  }
  void Add(size_t field) { bits[field / 64] |= uint64_t{1} << (field % 64); }
  bool Has(size_t field) const { return (bits[field / 64] >> (field % 64) & 1) != 0; }
  bool IsAll() const { return (bits[0] & bits[1]) == ~uint64_t{0}; }
  bool empty() const { return (bits[0] | bits[1]) == 0; }
  FieldSet operator&(const FieldSet& other) const { return {{bits[0] & other.bits[0], bits[1] & other.bits[1]}}; }
  FieldSet operator|(const FieldSet& other) const { return {{bits[0] | other.bits[0], bits[1] | other.bits[1]}}; }
  bool operator==(const FieldSet&) const = default;
};

// Where a term stands: the field and the word's place in it. In the order of fields, then of places.
struct Occurrence {
  uint32_t field;
  uint32_t position;

  auto operator<=>(const Occurrence&) const = default;
  // One number with that order, in which different fields are far apart.
  uint64_t place() const { return uint64_t{field} << 32 | position; }
};

// What an entry holds, the same for all lists of an index.
struct PostingFormat {
  bool occurrences = true;  // false: numbers only
  bool fields = true;       // false: all in field 0
  bool positions = true;    // false: only how many
};

class Postings {
 public:
  static constexpr size_t kBlockEntries = 128;
  static constexpr size_t kBlockBytes = 4096;

  Postings() = default;
  Postings(const Postings&) = delete;
  Postings& operator=(const Postings&) = delete;
  ~Postings();

  // `id` is above all before; occurrences in order, at least one (ignored when the format has none).
  // Returns the bytes by which MemoryBytes grows.
  ptrdiff_t Append(const PostingFormat& format, DocId id, std::span<const Occurrence> occurrences);

  // Documents, those counted that are gone and not yet compacted away.
  size_t size() const { return size_; }
  size_t block_count() const { return sealed_.size() + (tail_.count > 0); }
  DocId last_id() const { return tail_.count > 0 ? tail_.last : sealed_.empty() ? 0 : sealed_.back().last; }
  // Of the blocks.
  size_t MemoryBytes() const;

  // Takes the entries of documents that are not live out of up to `max_blocks` blocks from *block on, and moves *block on; 0 when
  // the list is done.
  struct Compacted {
    size_t entries = 0;   // taken out
    ptrdiff_t bytes = 0;  // by which MemoryBytes grew (below 0)
  };
  template <typename IsLive>
  Compacted Compact(const PostingFormat& format, size_t max_blocks, size_t* block, IsLive is_live);

  void Validate(const PostingFormat& format) const;

 private:
  friend class PostingCursor;
  struct Block {
    DocId first = 0;
    DocId last = 0;
    char* data = nullptr;
    uint32_t bytes = 0;
    uint16_t count = 0;
    uint16_t unused = 0;
  };
  const Block& BlockAt(size_t index) const { return index < sealed_.size() ? sealed_[index] : tail_; }

  ptrdiff_t Seal();
  ptrdiff_t Replace(Block* block, DocId first, DocId last, size_t count, std::string_view data);
  ptrdiff_t DropEmpty();

  std::vector<Block> sealed_;
  Block tail_;
  uint32_t tail_capacity_ = 0;
  size_t size_ = 0;
};

// Walks a list. Before the first document until Next or SkipTo.
class PostingCursor {
 public:
  PostingCursor(const Postings* postings, const PostingFormat& format) : postings_(postings), format_(format) {}

  // The document at hand; 0 before the first, kNoDoc behind the last.
  DocId doc() const { return doc_; }
  // The next document.
  DocId Next();
  // The first document from `id` on; id > doc().
  DocId SkipTo(DocId id);

  // How often the term stands in the document: calls visit(field, count) for each field, ascending.
  template <typename Visit>
  void ForEachField(Visit visit) const;
  // Appends the places of the occurrences in these fields, ascending. None without positions.
  void AppendPlaces(const FieldSet& fields, std::vector<uint64_t>* places) const;
  bool InFields(const FieldSet& fields) const;

  // The entry without its delta, for copying.
  std::string_view payload() const { return {payload_, static_cast<size_t>(at_ - payload_)}; }
  bool single() const { return single_; }

 private:
  friend class Postings;
  bool EnterBlock(size_t block);
  void ReadEntry();

  const Postings* postings_;
  PostingFormat format_;
  DocId doc_ = 0;
  size_t block_ = 0;
  size_t left_ = 0;  // entries of the block still to read
  const char* at_ = nullptr;
  const char* payload_ = nullptr;
  bool single_ = false;
  bool entered_ = false;
};

// A varint that is known to be whole.
inline uint64_t ReadVarint(const char** at) {
  uint64_t value = static_cast<uint8_t>(**at);
  ++*at;
  if (value < 0x80) return value;
  value &= 0x7F;
  for (int shift = 7;; shift += 7) {
    const auto byte = static_cast<uint8_t>(**at);
    ++*at;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

template <typename Visit>
void PostingCursor::ForEachField(Visit visit) const {
  if (!format_.occurrences) return;
  const char* at = payload_;
  if (single_) {
    visit(format_.fields ? ReadVarint(&at) : 0, uint64_t{1});
    return;
  }
  ReadVarint(&at);
  const uint64_t fields = format_.fields ? ReadVarint(&at) + 1 : 1;
  for (uint64_t i = 0; i < fields; ++i) {
    const uint64_t field = format_.fields ? ReadVarint(&at) : 0;
    const uint64_t count = ReadVarint(&at);
    visit(field, count);
    if (!format_.positions) continue;
    for (uint64_t j = 0; j < count; ++j) ReadVarint(&at);
  }
}

template <typename IsLive>
Postings::Compacted Postings::Compact(const PostingFormat& format, size_t max_blocks, size_t* block, IsLive is_live) {
  Compacted done;
  std::string data;
  const size_t blocks = block_count();
  size_t index = *block;
  for (; index < blocks && max_blocks > 0; ++index, --max_blocks) {
    Block* held = index < sealed_.size() ? &sealed_[index] : &tail_;
    PostingCursor cursor(this, format);
    cursor.EnterBlock(index);
    data.clear();
    size_t kept = 0;
    DocId first = 0, last = 0;
    for (size_t i = 0; i < held->count; ++i) {
      cursor.ReadEntry();
      if (!is_live(cursor.doc())) continue;
      if (kept++ == 0) first = last = cursor.doc();
      char delta[kMaxVarintBytes];
      const uint64_t number = cursor.doc() - last;
      const char* end = PutVarint(delta, format.occurrences ? number * 2 + cursor.single() : number);
      data.append(delta, static_cast<size_t>(end - delta));
      data.append(cursor.payload());
      last = cursor.doc();
    }
    if (kept == held->count) continue;
    done.entries += held->count - kept;
    done.bytes += Replace(held, first, last, kept, data);
  }
  size_ -= done.entries;
  *block = index >= blocks ? 0 : index;
  if (*block == 0) done.bytes += DropEmpty();
  return done;
}

}  // namespace kvorum
