// One node of a TTree (structures/t_tree.h, which also says what Traits are): a sorted array, and what finds places in it with
// few looks at elements.
//
//   | AvlNode | prefix of the first element | base | tags, 2 bytes each ... | elements ... |
//
// prefix is there when Traits has prefixes: as an integer of the same order. Tags are there when elements also point to their data
// (Traits::Prefetch), where a look is a cache miss: tag = (prefix - base) >> shift, held between 0 and 65,535, so tags are in
// order, spread over the prefixes that the node holds, and those that equal a key's tag are the only ones to look at. Of scores
// that differ, that is mostly none.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "structures/avl_tree.h"

namespace kvorum {

inline constexpr uint64_t kTopBit = uint64_t{1} << 63;

// An integer with the same order as the prefix. No NaN.
inline uint64_t OrderedImage(double value) {
  const auto bits = std::bit_cast<uint64_t>(value + 0.0);  // So that both zeros are one.
  return (bits & kTopBit) != 0 ? ~bits : bits | kTopBit;
}
inline uint64_t OrderedImage(std::unsigned_integral auto value) { return value; }
inline uint64_t OrderedImage(std::signed_integral auto value) {
  return static_cast<uint64_t>(int64_t{value}) ^ kTopBit;
}

template <bool kHasPrefix, bool kHasTags>
struct TTreeNodeFields {};
template <>
struct TTreeNodeFields<true, false> {
  uint64_t prefix;
};
template <>
struct TTreeNodeFields<true, true> {
  uint64_t prefix;
  uint64_t base;
};

template <typename Traits, typename Key>
concept TTreePrefixes = requires(const Key& key) {
  Traits::PrefixOf(key);
};
template <typename Traits, typename Element>
concept TTreePrefetches = requires(const Element& element) {
  Traits::Prefetch(element);
};
template <typename Traits, typename Element>
inline constexpr bool kTTreeHasTags = TTreePrefixes<Traits, Element>&& TTreePrefetches<Traits, Element>;

template <typename Element, typename Traits>
struct TTreeNode : AvlNode, TTreeNodeFields<TTreePrefixes<Traits, Element>, kTTreeHasTags<Traits, Element>> {
  static constexpr bool kHasPrefix = TTreePrefixes<Traits, Element>;
  static constexpr bool kPrefetches = TTreePrefetches<Traits, Element>;
  static constexpr bool kHasTags = kTTreeHasTags<Traits, Element>;
  template <typename Key>
  static constexpr bool kKeyHasPrefix = kHasPrefix&& TTreePrefixes<Traits, Key>;

  static_assert(std::is_trivially_copyable_v<Element> && alignof(Element) <= 8 && sizeof(Element) <= 32);

  // Larger ones spare a level of the tree and a share of the header, and cost more to move elements in.
  static constexpr size_t kMaxBlockBytes = 512;
  // Blocks grow in such steps, so that they move rarely.
  static constexpr size_t kBlockStep = 64;

  static constexpr size_t TagsBytes(size_t capacity) { return kHasTags ? (2 * capacity + 7) / 8 * 8 : 0; }
  static constexpr size_t BlockBytes(size_t capacity) {
    return sizeof(TTreeNode) + TagsBytes(capacity) + capacity * sizeof(Element);
  }
  // How many elements fit the block of a node that must hold `size`.
  static constexpr size_t CapacityFor(size_t size) {
    const size_t bytes = std::min((BlockBytes(size) + kBlockStep - 1) / kBlockStep * kBlockStep, kMaxBlockBytes);
    size_t capacity = (bytes - sizeof(TTreeNode)) / (sizeof(Element) + (kHasTags ? 2 : 0));
    while (BlockBytes(capacity) > bytes) --capacity;
    return capacity;
  }

  size_t size() const { return weight; }
  size_t capacity() const { return spare[0]; }
  void set_capacity(size_t capacity) { spare[0] = static_cast<uint8_t>(capacity); }
  uint16_t* tags() { return reinterpret_cast<uint16_t*>(this + 1); }
  const uint16_t* tags() const { return reinterpret_cast<const uint16_t*>(this + 1); }
  Element* elements() { return reinterpret_cast<Element*>(reinterpret_cast<char*>(this + 1) + TagsBytes(capacity())); }
  const Element* elements() const { return const_cast<TTreeNode*>(this)->elements(); }

  static void Prefetch(const Element& element) {
    if constexpr (kPrefetches) Traits::Prefetch(element);
  }
  template <typename Key>
  static uint64_t ImageOf(const Key& key) {
    return OrderedImage(Traits::PrefixOf(key));
  }

  void RefreshPrefix() {
    if constexpr (kHasPrefix) this->prefix = ImageOf(elements()[0]);
  }

  uint16_t TagOf(uint64_t image) const {
    if (image <= this->base) return 0;
    return static_cast<uint16_t>(std::min<uint64_t>((image - this->base) >> spare[1], UINT16_MAX));
  }
  void SetTag(size_t index) {
    if constexpr (kHasTags) tags()[index] = TagOf(ImageOf(elements()[index]));
  }
  // Spreads the tags anew over half their range; the other half is for greater elements to come. Looks at all elements.
  void Retag() {
    if constexpr (kHasTags) {
      for (size_t i = 0; i < size(); ++i) Prefetch(elements()[i]);
      this->base = ImageOf(elements()[0]);
      const int span_bits = std::bit_width(ImageOf(elements()[size() - 1]) - this->base);
      spare[1] = static_cast<uint8_t>(std::max(span_bits - 15, 0));
      for (size_t i = 0; i < size(); ++i) SetTag(i);
    }
  }
  // Whether the tags of a node that has changed a lot still tell its elements apart.
  bool TagsAreCoarse() const {
    if constexpr (kHasTags) return size_t{tags()[size() - 1]} - tags()[0] < 16 * size();
    return false;
  }
  // Whether the tags around the index hardly tell elements apart, though spreading them anew might.
  bool IsClumpedAt(size_t index) const {
    if constexpr (kHasTags) {
      const uint16_t* tags = this->tags();
      const bool clumped =
          (index >= 2 && tags[index - 2] == tags[index]) || (index + 2 < size() && tags[index + 2] == tags[index]);
      return clumped && this->prefix != ImageOf(elements()[size() - 1]);
    }
    return false;
  }
  void CopyTagRule(const TTreeNode& from) {
    if constexpr (kHasTags) {
      this->base = from.base;
      spare[1] = from.spare[1];
    }
  }

  void Set(size_t index, const Element& element) {
    elements()[index] = element;
    SetTag(index);
    if (index == 0) RefreshPrefix();
  }
  // Moves elements within the node, with their tags; the size is the caller's affair.
  void Shift(size_t to, size_t from, size_t count) {
    if constexpr (kHasTags) std::memmove(tags() + to, tags() + from, count * sizeof(uint16_t));
    std::memmove(elements() + to, elements() + from, count * sizeof(Element));
  }
  // Copies elements of another node, with their tags, which are right only under the same rule.
  void Copy(size_t to, const TTreeNode& other, size_t from, size_t count) {
    if constexpr (kHasTags) std::memcpy(tags() + to, other.tags() + from, count * sizeof(uint16_t));
    std::memcpy(elements() + to, other.elements() + from, count * sizeof(Element));
  }

  // Three-way comparison of the key with the first element.
  template <typename Key>
  int CompareFirst(const Key& key) const {
    if constexpr (kKeyHasPrefix<Key>) {
      const uint64_t image = ImageOf(key);
      if (image != this->prefix) return image < this->prefix ? -1 : 1;
    }
    if constexpr (std::is_same_v<Key, Element>) {
      if (key == elements()[0]) return 0;
    }
    return Traits::Compare(key, elements()[0]);
  }

  struct Range {
    size_t begin;
    size_t end;
  };
  // The elements whose tags do not tell them from a key of this image.
  Range UndecidedByTag(uint64_t image) const {
    const uint16_t tag = TagOf(image);
    const uint16_t* tags = this->tags();
    // Branches here would be guesses.
    size_t begin = 0;
    for (size_t left = size(); left > 0;) {
      const size_t half = (left + 1) / 2;
      begin += tags[begin + half - 1] < tag ? half : 0;
      left -= half;
    }
    size_t end = begin;
    while (end < size() && tags[end] == tag) ++end;
    return {begin, end};
  }
  template <typename Key>
  Range Undecided(const Key& key) const {
    if constexpr (kHasTags && kKeyHasPrefix<Key>) return UndecidedByTag(ImageOf(key));
    return {0, size()};
  }

  // The first index whose element is not before the key, or is after it (kAfterEqual = 1).
  template <int kAfterEqual, typename Key>
  size_t Bound(const Key& key) const {
    // The misses of a binary search wait for each other; these do not.
    constexpr size_t kFetchAtOnce = 24;
    const Element* elements = this->elements();
    auto [low, high] = Undecided(key);
    bool fetched = !kPrefetches;
    while (low < high) {
      if (!fetched && high - low <= kFetchAtOnce) {
        for (size_t i = low; i < high; ++i) Prefetch(elements[i]);
        fetched = true;
      }
      const size_t middle = (low + high) / 2;
      const bool right = Traits::Compare(key, elements[middle]) > -kAfterEqual;
      low = right ? middle + 1 : low;
      high = right ? high : middle;
    }
    return low;
  }

  // The first index of this very element; size() if it is not here.
  size_t IndexOf(const Element& element) const {
    const auto [begin, end] = Undecided(element);
    for (size_t i = begin; i < end; ++i) {
      if (elements()[i] == element) return i;
    }
    return size();
  }
};

}  // namespace kvorum
