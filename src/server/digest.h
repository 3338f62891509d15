// Digests of values and of whole databases, for DEBUG DIGEST: equal data has equal digests, however it is stored and in whatever
// order it came, on every server of ours. (Redis's digests are other numbers.)
//
// Threads: the shard's. Complexity: O(bytes), for unordered values with a sort.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "keyspace/keyspace.h"

namespace kvorum {

// 160 bits. A fresh one stands for nothing.
class Digest {
 public:
  static Digest Of(std::string_view bytes);
  // Of a set: the order does not matter.
  void Add(const Digest& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] ^= other.words_[i];
  }
  // 40 hexadecimal digits.
  std::string Text() const;

 private:
  std::array<uint32_t, 5> words_{};
};

Digest DigestOfValue(const Entry& entry);
// Keys, values, deadlines, and in which database they are.
Digest DigestOf(Keyspace& keyspace);

// How long the value would be when written down; an estimate.
size_t SerializedLength(const Entry& entry);

}  // namespace kvorum
