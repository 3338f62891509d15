#include "text/postings.h"

#include <algorithm>
#include <cstring>

#include "base/allocator.h"
#include "base/check.h"

namespace kvorum {
namespace {

void AppendNumber(std::string& out, uint64_t value) {
  char bytes[kMaxVarintBytes];
  out.append(bytes, static_cast<size_t>(PutVarint(bytes, value) - bytes));
}

ptrdiff_t BlockMemory(size_t bytes) { return bytes == 0 ? 0 : static_cast<ptrdiff_t>(AllocationSize(bytes)); }

// What stands behind the delta.
void EncodeOccurrences(const PostingFormat& format, std::span<const Occurrence> occurrences, std::string* out) {
  if (occurrences.size() == 1) {
    if (format.fields) AppendNumber(*out, occurrences[0].field);
    if (format.positions) AppendNumber(*out, occurrences[0].position);
    return;
  }
  std::string rest;
  uint64_t fields = 0;
  for (size_t begin = 0; begin < occurrences.size();) {
    size_t end = begin;
    while (end < occurrences.size() && occurrences[end].field == occurrences[begin].field) ++end;
    if (format.fields) AppendNumber(rest, occurrences[begin].field);
    AppendNumber(rest, end - begin);
    uint32_t before = 0;
    for (size_t i = begin; i < end && format.positions; ++i) {
      AppendNumber(rest, occurrences[i].position - before);
      before = occurrences[i].position;
    }
    ++fields;
    begin = end;
  }
  std::string count;
  if (format.fields) AppendNumber(count, fields - 1);
  AppendNumber(*out, count.size() + rest.size());
  *out += count;
  *out += rest;
}

}  // namespace

Postings::~Postings() {
  for (Block& block : sealed_) Free(block.data, block.bytes);
  Free(tail_.data, tail_capacity_);
}

ptrdiff_t Postings::Append(const PostingFormat& format, DocId id, std::span<const Occurrence> occurrences) {
  CHECK(id > last_id());
  std::string entry;
  const DocId before = tail_.count > 0 ? tail_.last : id;
  if (format.occurrences) {
    CHECK(!occurrences.empty());
    AppendNumber(entry, (id - before) * 2 + (occurrences.size() == 1));
    EncodeOccurrences(format, occurrences, &entry);
  } else {
    AppendNumber(entry, id - before);
  }
  if (tail_.count > 0 && (tail_.count == kBlockEntries || tail_.bytes + entry.size() > kBlockBytes)) {
    const ptrdiff_t sealing = Seal();
    return sealing + Append(format, id, occurrences);
  }
  ptrdiff_t growth = 0;
  if (tail_.bytes + entry.size() > tail_capacity_) {
    const size_t wanted = tail_.bytes + entry.size();
    const size_t capacity =
        AllocationSize(tail_.count == 0 ? wanted : std::max<size_t>(wanted, tail_capacity_ * 3 / 2));
    char* data = static_cast<char*>(Allocate(capacity));
    if (tail_.bytes > 0) std::memcpy(data, tail_.data, tail_.bytes);
    Free(tail_.data, tail_capacity_);
    growth = BlockMemory(capacity) - BlockMemory(tail_capacity_);
    tail_.data = data;
    tail_capacity_ = static_cast<uint32_t>(capacity);
  }
  std::memcpy(tail_.data + tail_.bytes, entry.data(), entry.size());
  tail_.bytes += static_cast<uint32_t>(entry.size());
  if (tail_.count++ == 0) tail_.first = id;
  tail_.last = id;
  ++size_;
  return growth;
}

ptrdiff_t Postings::Seal() {
  const size_t capacity = sealed_.capacity();
  Block sealed = tail_;
  sealed.data = static_cast<char*>(Allocate(tail_.bytes));
  std::memcpy(sealed.data, tail_.data, tail_.bytes);
  sealed_.push_back(sealed);
  Free(tail_.data, tail_capacity_);
  const ptrdiff_t growth = BlockMemory(sealed.bytes) - BlockMemory(tail_capacity_) +
                           static_cast<ptrdiff_t>((sealed_.capacity() - capacity) * sizeof(Block));
  tail_ = Block();
  tail_capacity_ = 0;
  return growth;
}

ptrdiff_t Postings::Replace(Block* block, DocId first, DocId last, size_t count, std::string_view data) {
  const size_t before = block == &tail_ ? tail_capacity_ : block->bytes;
  Free(block->data, before);
  char* bytes = data.empty() ? nullptr : static_cast<char*>(Allocate(data.size()));
  if (!data.empty()) std::memcpy(bytes, data.data(), data.size());
  // An emptied block keeps its numbers until DropEmpty, for skipping.
  *block = {count == 0 ? block->first : first,  count == 0 ? block->last : last, bytes,
            static_cast<uint32_t>(data.size()), static_cast<uint16_t>(count),    0};
  if (block == &tail_) tail_capacity_ = static_cast<uint32_t>(data.size());
  return BlockMemory(data.size()) - BlockMemory(before);
}

ptrdiff_t Postings::DropEmpty() {
  const size_t capacity = sealed_.capacity();
  std::erase_if(sealed_, [](const Block& block) { return block.count == 0; });
  if (sealed_.capacity() > 2 * sealed_.size()) sealed_.shrink_to_fit();
  return -static_cast<ptrdiff_t>((capacity - sealed_.capacity()) * sizeof(Block));
}

size_t Postings::MemoryBytes() const {
  ptrdiff_t bytes = static_cast<ptrdiff_t>(sealed_.capacity() * sizeof(Block)) + BlockMemory(tail_capacity_);
  for (const Block& block : sealed_) bytes += BlockMemory(block.bytes);
  return static_cast<size_t>(bytes);
}

void Postings::Validate(const PostingFormat& format) const {
  size_t entries = 0;
  DocId before = 0;
  for (size_t i = 0; i < sealed_.size() + 1; ++i) {
    const Block& block = BlockAt(i);
    if (block.count == 0) continue;
    CHECK(block.first > before && block.first <= block.last && block.count <= kBlockEntries);
    PostingCursor cursor(this, format);
    cursor.EnterBlock(i);
    for (size_t j = 0; j < block.count; ++j) {
      cursor.ReadEntry();
      CHECK(cursor.doc() > before && cursor.doc() <= block.last);
      CHECK(j > 0 || cursor.doc() == block.first);
      before = cursor.doc();
    }
    CHECK(before == block.last && cursor.at_ == block.data + block.bytes);
    entries += block.count;
  }
  CHECK(entries == size_);
}

bool PostingCursor::EnterBlock(size_t block) {
  block_ = block;
  entered_ = true;
  const Postings::Block& held = postings_->BlockAt(block);
  left_ = held.count;
  at_ = held.data;
  doc_ = held.first;
  return left_ > 0;
}

void PostingCursor::ReadEntry() {
  --left_;
  const uint64_t head = ReadVarint(&at_);
  if (!format_.occurrences) {
    doc_ += head;
    payload_ = at_;
    return;
  }
  doc_ += head >> 1;
  single_ = (head & 1) != 0;
  payload_ = at_;
  if (single_) {
    if (format_.fields) ReadVarint(&at_);
    if (format_.positions) ReadVarint(&at_);
  } else {
    const uint64_t rest = ReadVarint(&at_);
    at_ += rest;
  }
}

DocId PostingCursor::Next() {
  while (left_ == 0) {
    const size_t next = entered_ ? block_ + 1 : 0;
    if (doc_ == kNoDoc || next > postings_->sealed_.size()) return doc_ = kNoDoc;
    EnterBlock(next);
  }
  ReadEntry();
  return doc_;
}

DocId PostingCursor::SkipTo(DocId id) {
  if (doc_ == kNoDoc) return kNoDoc;
  const auto& sealed = postings_->sealed_;
  if (!entered_ || postings_->BlockAt(block_).last < id) {
    const size_t from = entered_ ? block_ + 1 : 0;
    if (from > sealed.size()) {
      left_ = 0;
      return doc_ = kNoDoc;
    }
    const auto found = std::partition_point(sealed.begin() + static_cast<ptrdiff_t>(from), sealed.end(),
                                            [id](const Postings::Block& block) { return block.last < id; });
    EnterBlock(static_cast<size_t>(found - sealed.begin()));
  }
  do {
    Next();
  } while (doc_ < id);
  return doc_;
}

bool PostingCursor::InFields(const FieldSet& fields) const {
  if (fields.IsAll()) return true;
  bool found = false;
  ForEachField([&](uint64_t field, uint64_t) { found = found || fields.Has(field); });
  return found;
}

void PostingCursor::AppendPlaces(const FieldSet& fields, std::vector<uint64_t>* places) const {
  if (!format_.positions || !format_.occurrences) return;
  const char* at = payload_;
  if (single_) {
    const uint64_t field = format_.fields ? ReadVarint(&at) : 0;
    if (fields.Has(field)) places->push_back(field << 32 | ReadVarint(&at));
    return;
  }
  ReadVarint(&at);
  const uint64_t count_of_fields = format_.fields ? ReadVarint(&at) + 1 : 1;
  for (uint64_t i = 0; i < count_of_fields; ++i) {
    const uint64_t field = format_.fields ? ReadVarint(&at) : 0;
    const uint64_t count = ReadVarint(&at);
    uint64_t position = 0;
    for (uint64_t j = 0; j < count; ++j) {
      position += ReadVarint(&at);
      if (fields.Has(field)) places->push_back(field << 32 | position);
    }
  }
}

}  // namespace kvorum
