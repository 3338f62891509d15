#include "structures/int_set.h"

#include <cstring>
#include <utility>

#include "base/allocator.h"
#include "base/check.h"

namespace kvorum {
namespace {

size_t WidthOf(int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return sizeof(int16_t);
  return value >= INT32_MIN && value <= INT32_MAX ? sizeof(int32_t) : sizeof(int64_t);
}

template <typename Integer>
int64_t LoadAs(const char* integers, size_t index) {
  Integer value;
  std::memcpy(&value, integers + index * sizeof(value), sizeof(value));
  return value;
}

int64_t Load(const char* integers, size_t width, size_t index) {
  if (width == sizeof(int16_t)) return LoadAs<int16_t>(integers, index);
  return width == sizeof(int32_t) ? LoadAs<int32_t>(integers, index) : LoadAs<int64_t>(integers, index);
}

void Store(char* integers, size_t width, size_t index, int64_t value) {
  std::memcpy(integers + index * width, &value, width);  // little-endian: the low bytes come first
}

template <typename Integer>
size_t LowerBoundAs(const char* integers, size_t count, int64_t value) {
  size_t first = 0;
  while (count > 0) {
    size_t half = count / 2;
    bool below = LoadAs<Integer>(integers, first + half) < value;
    first = below ? first + half + 1 : first;
    count = below ? count - half - 1 : half;
  }
  return first;
}

}  // namespace

IntSet& IntSet::operator=(IntSet&& other) noexcept {
  if (this != &other) {
    Clear();
    block_ = std::exchange(other.block_, nullptr);
  }
  return *this;
}

IntSet IntSet::Clone() const {
  IntSet copy;
  if (empty()) return copy;
  copy.block_ = NewBlock(block_->count, block_->width());
  copy.block_->count = block_->count;
  std::memcpy(copy.block_->integers(), block_->integers(), block_->count * block_->width());
  return copy;
}

void IntSet::Clear() {
  if (block_ != nullptr) FreeBlock(block_);
  block_ = nullptr;
}

bool IntSet::Add(int64_t value) {
  size_t index = LowerBound(value);
  size_t count = size();
  if (index < count && At(index) == value) return false;
  CHECK(count < kMaxSize);
  size_t old_width = width();
  size_t new_width = WidthOf(value) > old_width ? WidthOf(value) : old_width;
  if (block_ != nullptr && new_width == old_width &&
      sizeof(Block) + (count + 1) * old_width <= block_->allocated_bytes()) {
    char* place = block_->integers() + index * old_width;
    if (index < count) std::memmove(place + old_width, place, (count - index) * old_width);
  } else {
    Block* block = NewBlock(count + 1, new_width);
    if (block_ != nullptr) {
      CopyIntegers(block_, 0, block, 0, index);
      CopyIntegers(block_, index, block, index + 1, count - index);
      FreeBlock(block_);
    }
    block_ = block;
  }
  Store(block_->integers(), new_width, index, value);
  block_->count = static_cast<uint32_t>(count + 1);
  return true;
}

bool IntSet::Remove(int64_t value) {
  size_t index = LowerBound(value);
  size_t count = size();
  if (index == count || At(index) != value) return false;
  if (count == 1) {
    Clear();
    return true;
  }
  size_t width = block_->width();
  if (sizeof(Block) + (count - 1) * width < block_->allocated_bytes() / 2) {
    Block* block = NewBlock(count - 1, width);
    CopyIntegers(block_, 0, block, 0, index);
    CopyIntegers(block_, index + 1, block, index, count - index - 1);
    FreeBlock(block_);
    block_ = block;
  } else {
    char* place = block_->integers() + index * width;
    std::memmove(place, place + width, (count - index - 1) * width);
  }
  block_->count = static_cast<uint32_t>(count - 1);
  return true;
}

bool IntSet::Contains(int64_t value) const {
  if (block_ == nullptr || WidthOf(value) > block_->width()) return false;
  size_t index = LowerBound(value);
  return index < block_->count && At(index) == value;
}

int64_t IntSet::At(size_t index) const {
  CHECK(index < size());
  return Load(block_->integers(), block_->width(), index);
}

size_t IntSet::LowerBound(int64_t value) const {
  if (block_ == nullptr) return 0;
  const char* integers = block_->integers();
  size_t count = block_->count;
  size_t width = block_->width();
  if (Load(integers, width, count - 1) < value) return count;  // ascending insertion is common
  if (width == sizeof(int16_t)) return LowerBoundAs<int16_t>(integers, count, value);
  if (width == sizeof(int32_t)) return LowerBoundAs<int32_t>(integers, count, value);
  return LowerBoundAs<int64_t>(integers, count, value);
}

bool IntSet::Equals(const IntSet& other) const {
  if (size() != other.size()) return false;
  for (size_t i = 0; i < size(); ++i) {
    if (At(i) != other.At(i)) return false;
  }
  return true;
}

void IntSet::Validate() const {
  if (block_ == nullptr) return;
  CHECK(block_->count > 0);
  CHECK((block_->capacity_and_width & 3) <= 2);
  CHECK(bytes() <= allocated_bytes());
  for (size_t i = 1; i < size(); ++i) CHECK(At(i - 1) < At(i));
}

IntSet::Block* IntSet::NewBlock(size_t count, size_t width) {
  size_t capacity = AllocationSize(sizeof(Block) + count * width);
  size_t units = capacity / 8;
  CHECK(units * 8 == capacity && units <= UINT32_MAX >> 2);
  Block* block = static_cast<Block*>(Allocate(capacity));
  block->count = 0;
  uint32_t width_code = width == sizeof(int16_t) ? 0 : width == sizeof(int32_t) ? 1 : 2;
  block->capacity_and_width = static_cast<uint32_t>(units) << 2 | width_code;
  return block;
}

void IntSet::FreeBlock(Block* block) { Free(block, block->allocated_bytes()); }

void IntSet::CopyIntegers(const Block* from, size_t from_index, Block* to, size_t to_index, size_t count) {
  size_t from_width = from->width();
  size_t to_width = to->width();
  if (from_width == to_width) {
    std::memcpy(to->integers() + to_index * to_width, from->integers() + from_index * from_width, count * to_width);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    Store(to->integers(), to_width, to_index + i, Load(from->integers(), from_width, from_index + i));
  }
}

}  // namespace kvorum
