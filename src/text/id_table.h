// IdTable: what is known of each document, by its number.
//
// Numbers are given out ascending and never again, so the table is pages of them in order; a page all of whose documents are
// gone is freed, and so is the directory of pages before the first that is left.
//
// Threads: one. Ownership: owns the values. Complexity: Find O(1), Next O(1 + gap / 64).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace kvorum {

using DocId = uint64_t;  // 1 and up
inline constexpr DocId kNoDoc = UINT64_MAX;

template <typename Value>
class IdTable {
 public:
  static constexpr size_t kPageIds = 512;

  size_t size() const { return size_; }
  bool Has(DocId id) const { return Find(id) != nullptr; }

  const Value* Find(DocId id) const {
    const uint64_t page = id / kPageIds;
    if (page < first_page_ || page - first_page_ >= pages_.size()) return nullptr;
    const Page* held = pages_[page - first_page_].get();
    const size_t index = id % kPageIds;
    if (held == nullptr || (held->live[index / 64] >> (index % 64) & 1) == 0) return nullptr;
    return &held->values[index];
  }
  Value* Find(DocId id) { return const_cast<Value*>(std::as_const(*this).Find(id)); }

  // A number that is not there yet, and not below all that are.
  Value& Put(DocId id, Value value) {
    const uint64_t page = id / kPageIds;
    if (pages_.empty()) first_page_ = page;
    CHECK(page >= first_page_);
    if (page - first_page_ >= pages_.size()) pages_.resize(static_cast<size_t>(page - first_page_) + 1);
    auto& held = pages_[page - first_page_];
    if (held == nullptr) held = std::make_unique<Page>();
    const size_t index = id % kPageIds;
    uint64_t& word = held->live[index / 64];
    CHECK((word >> (index % 64) & 1) == 0);
    word |= uint64_t{1} << (index % 64);
    ++held->count;
    ++size_;
    held->values[index] = std::move(value);
    return held->values[index];
  }

  bool Erase(DocId id) {
    Value* value = Find(id);
    if (value == nullptr) return false;
    *value = Value();
    auto& held = pages_[id / kPageIds - first_page_];
    const size_t index = id % kPageIds;
    held->live[index / 64] &= ~(uint64_t{1} << (index % 64));
    --size_;
    if (--held->count == 0) {
      held.reset();
      size_t gone = 0;
      while (gone < pages_.size() && pages_[gone] == nullptr) ++gone;
      // A whole directory at a time, so that it stays O(1) a document.
      if (gone == pages_.size() || gone > pages_.size() / 2) {
        pages_.erase(pages_.begin(), pages_.begin() + static_cast<ptrdiff_t>(gone));
        first_page_ += gone;
      }
    }
    return true;
  }

  // The first number there is from `id` on; kNoDoc at the end.
  DocId Next(DocId id) const {
    uint64_t page = std::max(id / kPageIds, first_page_);
    size_t index = page == id / kPageIds ? id % kPageIds : 0;
    for (; page - first_page_ < pages_.size(); ++page, index = 0) {
      const Page* held = pages_[page - first_page_].get();
      if (held == nullptr) continue;
      for (size_t word = index / 64; word < kPageIds / 64; ++word) {
        uint64_t bits = held->live[word];
        if (word == index / 64) bits &= ~uint64_t{0} << (index % 64);
        if (bits != 0) return page * kPageIds + word * 64 + static_cast<size_t>(std::countr_zero(bits));
      }
    }
    return kNoDoc;
  }

  void Clear() {
    pages_.clear();
    size_ = 0;
    first_page_ = 0;
  }

  // Without what values own.
  size_t MemoryBytes() const {
    size_t bytes = pages_.capacity() * sizeof(pages_[0]);
    for (const auto& page : pages_) bytes += page == nullptr ? 0 : sizeof(Page);
    return bytes;
  }

 private:
  struct Page {
    uint64_t live[kPageIds / 64] = {};
    size_t count = 0;
    Value values[kPageIds] = {};
  };

  std::vector<std::unique_ptr<Page>> pages_;
  uint64_t first_page_ = 0;
  size_t size_ = 0;
};

}  // namespace kvorum
