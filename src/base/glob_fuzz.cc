// The matcher against one that reads the pattern into items first and then tries every way a star can go, by a table.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/glob.h"

using namespace kvorum;

namespace {

unsigned char Fold(unsigned char byte, bool ignore_case) {
  return ignore_case && byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

// A star, or the bytes that an item matches.
struct Item {
  bool star = false;
  std::vector<bool> bytes = std::vector<bool>(256);
};

// The class whose first byte is pattern[i]; leaves i behind it.
Item ReadClass(std::string_view pattern, size_t& i, bool ignore_case) {
  Item item;
  const bool negated = i < pattern.size() && pattern[i] == '^';
  i += negated;
  while (i < pattern.size() && pattern[i] != ']') {
    const auto byte = static_cast<unsigned char>(pattern[i]);
    if (byte == '\\' && i + 1 < pattern.size()) {
      item.bytes[static_cast<unsigned char>(pattern[i + 1])] = true;
      i += 2;
      continue;
    }
    const bool range = i + 2 < pattern.size() && pattern[i + 1] == '-';
    unsigned char low = Fold(byte, ignore_case);
    unsigned char high = range ? Fold(static_cast<unsigned char>(pattern[i + 2]), ignore_case) : low;
    if (low > high) std::swap(low, high);
    for (unsigned other = 0; other < 256; ++other) {
      const unsigned char folded = Fold(static_cast<unsigned char>(other), ignore_case);
      if (folded >= low && folded <= high) item.bytes[other] = true;
    }
    i += range ? 3 : 1;
  }
  if (i < pattern.size()) ++i;
  if (negated) item.bytes.flip();
  return item;
}

std::vector<Item> ReadItems(std::string_view pattern, bool ignore_case) {
  std::vector<Item> items;
  for (size_t i = 0; i < pattern.size();) {
    char c = pattern[i++];
    if (c == '[') {
      items.push_back(ReadClass(pattern, i, ignore_case));
      continue;
    }
    Item& item = items.emplace_back();
    if (c == '*') {
      item.star = true;
    } else if (c == '?') {
      item.bytes.assign(256, true);
    } else {
      if (c == '\\' && i < pattern.size()) c = pattern[i++];
      for (unsigned other = 0; other < 256; ++other) {
        item.bytes[other] =
            Fold(static_cast<unsigned char>(other), ignore_case) == Fold(static_cast<unsigned char>(c), ignore_case);
      }
    }
  }
  return items;
}

bool Matches(const std::vector<Item>& items, std::string_view text) {
  if (text.empty()) return items.empty();
  // reached[i]: the items before the i-th can match what was read of the text.
  std::vector<bool> reached(items.size() + 1);
  reached[0] = true;
  auto skip_stars = [&] {
    for (size_t i = 0; i < items.size(); ++i) {
      if (reached[i] && items[i].star) reached[i + 1] = true;
    }
  };
  skip_stars();
  for (const char c : text) {
    std::vector<bool> next(items.size() + 1);
    for (size_t i = 0; i < items.size(); ++i) {
      if (!reached[i]) continue;
      if (items[i].star) {
        next[i] = true;
      } else if (items[i].bytes[static_cast<unsigned char>(c)]) {
        next[i + 1] = true;
      }
    }
    reached.swap(next);
    skip_stars();
  }
  return reached[items.size()];
}

}  // namespace

// The first byte is the pattern's length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 400) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Copies of their own, so that the address sanitizer sees a byte read past the end.
  const std::string pattern(bytes.substr(0, data[0]));
  const std::string text(bytes.substr(pattern.size()));
  CHECK(GlobMatch(pattern, text) == Matches(ReadItems(pattern, false), text));
  CHECK(GlobMatchIgnoringCase(pattern, text) == Matches(ReadItems(pattern, true), text));
  if (IsLiteralGlob(pattern)) CHECK(GlobMatch(pattern, text) == (pattern == text));
  std::string literal;
  for (const char c : text) literal += {'\\', c};
  CHECK(GlobMatch(literal, text));
  return 0;
}
