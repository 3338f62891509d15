#include "vector/back_links.h"

#include <algorithm>
#include <cstring>

#include "base/allocator.h"
#include "base/check.h"

namespace kvorum {

BackLinks::~BackLinks() {
  for (size_t node = 0; node < lists_.capacity(); ++node) Clear(static_cast<uint32_t>(node));
}

void BackLinks::Resize(uint32_t node, size_t capacity) {
  List*& list = At(node);
  List* resized = nullptr;
  if (capacity > 0) {
    resized = static_cast<List*>(Allocate(BytesOf(capacity)));
    bytes_ += BytesOf(capacity);
    resized->capacity = static_cast<uint32_t>(capacity);
    resized->count = list == nullptr ? 0 : list->count;
    if (list != nullptr) std::memcpy(resized->from, list->from, list->count * sizeof(uint32_t));
  }
  if (list != nullptr) {
    bytes_ -= BytesOf(list->capacity);
    Free(list, BytesOf(list->capacity));
  }
  list = resized;
}

void BackLinks::Add(uint32_t node, uint32_t from) {
  const List* list = At(node);
  // Steps of two words, as the allocator's, until that would copy too often.
  if (list == nullptr || list->count == list->capacity) {
    const size_t count = list == nullptr ? 0 : list->count;
    Resize(node, count + std::max<size_t>(2, count / 8 * 2));
  }
  List* grown = At(node);
  grown->from[grown->count++] = from;
}

void BackLinks::Remove(uint32_t node, uint32_t from) {
  List* list = At(node);
  CHECK(list != nullptr);
  uint32_t* end = list->from + list->count;
  uint32_t* found = std::find(list->from, end, from);
  CHECK(found != end);
  *found = end[-1];
  --list->count;
  if (list->count == 0) {
    Resize(node, 0);
  } else if (list->count + 4 < list->capacity && list->count < list->capacity / 2) {
    Resize(node, list->count);
  }
}

void BackLinks::Clear(uint32_t node) {
  if (At(node) != nullptr) Resize(node, 0);
}

std::span<const uint32_t> BackLinks::Of(uint32_t node) const {
  const List* list = At(node);
  if (list == nullptr) return {};
  return {list->from, list->count};
}

}  // namespace kvorum
