// What the tests and fuzz targets of this room share: sources and sinks in memory, random values, hexadecimal.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "keyspace/entry.h"
#include "keyspace/hash_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/sorted_set_object.h"
#include "rdb/bytes.h"
#include "structures/test_choices.h"

namespace kvorum {

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

inline std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

// Gives the bytes in pieces of `piece` bytes.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view bytes, size_t piece) : bytes_(bytes), piece_(piece) {}
  Result Read(std::span<char> out) override {
    const size_t count = std::min({out.size(), piece_, bytes_.size()});
    std::memcpy(out.data(), bytes_.data(), count);
    bytes_.remove_prefix(count);
    return {count, {}};
  }

 private:
  std::string_view bytes_;
  size_t piece_;
};

class StringSink final : public ByteSink {
 public:
  std::string Write(std::string_view bytes) override {
    if (text.size() + bytes.size() > room) return "No space left on device";
    text += bytes;
    longest = std::max(longest, bytes.size());
    return {};
  }
  std::string text;
  size_t longest = 0;  // of one write
  size_t room = SIZE_MAX;
};

struct DestroyEntry {
  void operator()(Entry* entry) const { Entry::Destroy(entry); }
};
using OwnedEntry = std::unique_ptr<Entry, DestroyEntry>;

// A string, or a value of any other type and encoding.
inline OwnedEntry AnyEntry(Choices& choices, const KeyspaceSettings& settings) {
  constexpr std::string_view kKey = "key";
  // Many elements or long ones, not both.
  const size_t size = 1 + choices.Below(choices.Below(4) == 0 ? 3000 : 40);
  const size_t longest = size < 40 && choices.Below(3) == 0 ? 200000 : 50;
  const bool only_numbers = choices.Below(3) == 0;
  auto text = [&] { return only_numbers ? std::to_string(AnyInteger(choices)) : AnyText(choices, longest); };
  std::unique_ptr<Object> object;
  switch (choices.Below(6)) {
    case 0:
      return OwnedEntry(Entry::NewString(kKey, AnyText(choices, longest), Entry::kNoDeadline));
    case 1:
      return OwnedEntry(Entry::NewInteger(kKey, AnyInteger(choices), Entry::kNoDeadline));
    case 2: {
      auto list = std::make_unique<ListObject>();
      for (size_t i = 0; i < size; ++i) {
        const auto end = choices.Below(2) == 0 ? ListObject::End::kHead : ListObject::End::kTail;
        list->Push(end, {.text = text()}, ListObject::LimitsOf(settings));
      }
      // A number counts as long as its text when it is pushed and less once it is there, as in Redis; so the last one may make a list large
      // that a load finds small, and no file tells.
      list->PackIfFits(ListObject::LimitsOf(settings));
      object = std::move(list);
      break;
    }
    case 3: {
      auto set = std::make_unique<SetObject>();
      for (size_t i = 0; i < size; ++i) (void)set->Add(text(), settings);
      object = std::move(set);
      break;
    }
    case 4: {
      auto set = std::make_unique<SortedSetObject>();
      for (size_t i = 0; i < size; ++i) {
        double score = static_cast<double>(AnyInteger(choices)) / static_cast<double>(1 + choices.Below(10));
        if (choices.Below(20) == 0) score = choices.Below(2) == 0 ? INFINITY : -INFINITY;
        (void)set->Add(text(), &score, {}, SortedSetObject::LimitsOf(settings));
      }
      object = std::move(set);
      break;
    }
    default: {
      auto hash = std::make_unique<HashObject>();
      // Each field once: of a value that was too long for a listpack and is overwritten, only the encoding tells, and no file does.
      std::set<std::string> fields;
      for (size_t i = 0; i < size; ++i) {
        if (const auto [field, is_new] = fields.insert(std::string(text())); is_new)
          (void)hash->Set(*field, text(), settings);
      }
      object = std::move(hash);
    }
  }
  return OwnedEntry(Entry::NewObject(kKey, std::move(object), Entry::kNoDeadline));
}

// Equal for equal values, whatever their encoding.
inline std::string TextOf(const Entry& entry) {
  char digits[kIntegerTextBytes];
  return entry.is_string() ? "string " + std::string(entry.Text(digits)) : entry.object()->CanonicalText();
}

}  // namespace kvorum
