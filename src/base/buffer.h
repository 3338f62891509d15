// Buffer: bytes appended at the end and dropped from the front. What std::string would be without zeroing on resize.
//
// Threads: one. Ownership: owns its block. Complexity: amortised O(bytes appended).
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/allocator.h"
#include "base/check.h"

namespace kvorum {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t capacity) { Reserve(capacity); }
  Buffer(Buffer&& other) noexcept { Swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~Buffer() { Free(data_, capacity_); }

  const char* data() const { return data_; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t capacity() const { return capacity_; }
  size_t available() const { return capacity_ - size_; }
  std::string_view view() const { return {data_, size_}; }

  void Append(std::string_view bytes) {
    if (bytes.size() > available()) Grow(bytes.size());
    if (!bytes.empty()) std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void Append(char byte) {
    if (available() == 0) Grow(1);
    data_[size_++] = byte;
  }
  // At least `bytes` writable bytes after the end; Commit says how many were written.
  char* Prepare(size_t bytes) {
    if (bytes > available()) Grow(bytes);
    return data_ + size_;
  }
  void Commit(size_t bytes) {
    CHECK(bytes <= available());
    size_ += bytes;
  }
  // Makes room inside for `bytes` at `offset`.
  void Insert(size_t offset, std::string_view bytes) {
    CHECK(offset <= size_);
    if (bytes.size() > available()) Grow(bytes.size());
    std::memmove(data_ + offset + bytes.size(), data_ + offset, size_ - offset);
    std::memcpy(data_ + offset, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void DropFront(size_t bytes) {
    CHECK(bytes <= size_);
    size_ -= bytes;
    if (size_ > 0 && bytes > 0) std::memmove(data_, data_ + bytes, size_);
  }
  void Truncate(size_t size) {
    CHECK(size <= size_);
    size_ = size;
  }
  void Clear() { size_ = 0; }
  // Exactly this capacity, or what is needed for the bytes there are.
  void Resize(size_t capacity) {
    if (capacity < size_) capacity = size_;
    if (capacity == capacity_) return;
    char* block = capacity == 0 ? nullptr : static_cast<char*>(Allocate(capacity));
    if (size_ > 0) std::memcpy(block, data_, size_);
    Free(data_, capacity_);
    data_ = block;
    capacity_ = capacity;
  }
  void Reserve(size_t capacity) {
    if (capacity > capacity_) Resize(AllocationSize(capacity));
  }
  void Swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void Grow(size_t bytes) {
    const size_t needed = size_ + bytes;
    Reserve(needed > 2 * capacity_ ? needed : 2 * capacity_);
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace kvorum
