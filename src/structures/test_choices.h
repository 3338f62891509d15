// Where randomized tests and fuzz targets take their decisions from, so that both drive a structure with the same code. For
// tests only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/random.h"

namespace kvorum {

class Choices {
 public:
  virtual ~Choices() = default;
  // One of 0 .. bound-1; bound > 0.
  virtual uint64_t Below(uint64_t bound) = 0;
};

class RandomChoices : public Choices {
 public:
  explicit RandomChoices(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t bound) override { return random_.Below(bound); }

 private:
  Random random_;
};

// Reads a fuzzer's bytes; zeros after their end.
class FuzzChoices : public Choices {
 public:
  FuzzChoices(const uint8_t* data, size_t size) : data_(data), end_(data + size) {}
  bool done() const { return data_ == end_; }
  uint64_t Below(uint64_t bound) override {
    uint64_t value = 0;
    for (uint64_t range = 1; range < bound && data_ < end_ && range < uint64_t{1} << 56; range <<= 8) {
      value = value << 8 | *data_++;
    }
    return value % bound;
  }

 private:
  const uint8_t* data_;
  const uint8_t* end_;
};

// An integer of any size, small ones and the edges of the size classes more often.
inline int64_t AnyInteger(Choices& choices) {
  uint64_t edge = uint64_t{1} << choices.Below(64);
  uint64_t value = edge + choices.Below(3) - 1;
  if (choices.Below(3) == 0) value = choices.Below(edge);
  return static_cast<int64_t>(choices.Below(2) == 0 ? value : 0 - value);
}

// A text of up to about `longest` bytes: short words, numbers, nearly numbers, and now and then lengths at the edges of the
// encodings.
inline std::string AnyText(Choices& choices, size_t longest) {
  switch (choices.Below(8)) {
    case 0:
    case 1:
      return std::to_string(AnyInteger(choices));
    case 2:
      return std::string(choices.Below(2) == 0 ? "0" : "-") + std::to_string(choices.Below(300));
    case 3: {
      size_t size = (size_t{1} << choices.Below(18)) + choices.Below(7);
      size = size > 6 ? size - 6 : size;
      return std::string(size < longest ? size : longest, static_cast<char>('a' + choices.Below(3)));
    }
    default: {
      std::string text;
      for (size_t size = choices.Below(12); size > 0; --size) text += static_cast<char>(choices.Below(256));
      return text;
    }
  }
}

}  // namespace kvorum
