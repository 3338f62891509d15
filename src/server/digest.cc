#include "server/digest.h"

#include <cstdio>
#include <cstring>

#include "base/hash.h"

namespace kvorum {
namespace {

std::string TextOf(const Entry& entry) {
  if (!entry.is_string()) return entry.object()->CanonicalText();
  char buffer[kIntegerTextBytes];
  return std::string(entry.Text(buffer));
}

}  // namespace

Digest Digest::Of(std::string_view bytes) {
  Digest digest;
  const XXH128_hash_t first = XXH3_128bits_withSeed(bytes.data(), bytes.size(), 1);
  const uint64_t second = XXH3_64bits_withSeed(bytes.data(), bytes.size(), 2);
  std::memcpy(digest.words_.data(), &first, sizeof(first));
  std::memcpy(digest.words_.data() + 4, &second, sizeof(uint32_t));
  return digest;
}

std::string Digest::Text() const {
  std::string text;
  for (uint32_t word : words_) {
    char digits[9];
    std::snprintf(digits, sizeof(digits), "%08x", word);
    text += digits;
  }
  return text;
}

Digest DigestOfValue(const Entry& entry) {
  return Digest::Of(std::string(TypeName(entry.type())) + ' ' + TextOf(entry));
}

Digest DigestOf(Keyspace& keyspace) {
  Digest all;
  for (int i = 0; i < keyspace.size(); ++i) {
    keyspace.database(i).ForEach([&](const Entry* entry) {
      const std::string key(entry->key());
      all.Add(Digest::Of(std::to_string(i) + ' ' + std::to_string(key.size()) + ' ' + key + ' ' +
                         std::to_string(entry->deadline_ms()) + ' ' + DigestOfValue(*entry).Text()));
    });
  }
  return all;
}

size_t SerializedLength(const Entry& entry) { return TextOf(entry).size() + 1; }

}  // namespace kvorum
