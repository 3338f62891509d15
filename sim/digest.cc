#include "sim/digest.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/numbers.h"
#include "base/quote.h"

namespace kvorum::sim {
namespace {

constexpr size_t kShownBytes = 300;
constexpr size_t kShownKeys = 10;

std::string ValueText(const Entry& entry) {
  char digits[kIntegerTextBytes];
  return entry.is_string() ? std::string(entry.Text(digits)) : entry.object()->CanonicalText();
}

uint64_t DigestOf(int db, const Entry& entry) {
  char digits[kIntegerTextBytes];
  const uint64_t value = entry.is_string() ? HashBytes(entry.Text(digits)) : HashBytes(entry.object()->CanonicalText());
  const uint64_t parts[] = {static_cast<uint64_t>(db), HashBytes(entry.key()), static_cast<uint64_t>(entry.type()),
                            static_cast<uint64_t>(entry.deadline_ms()), value};
  return HashBytes(reinterpret_cast<const char*>(parts), sizeof(parts));
}

std::string Shown(const std::string& text) {
  if (text.size() <= kShownBytes) return InQuotes(text);
  return InQuotes(text.substr(0, kShownBytes)) + fmt::format("... ({} bytes)", text.size());
}

}  // namespace

uint64_t DigestOf(Keyspace& keyspace) {
  uint64_t sum = 0;
  for (int db = 0; db < keyspace.size(); ++db) {
    keyspace.database(db).ForEach([&sum, db](const Entry* entry) { sum += DigestOf(db, *entry); });
  }
  return sum;
}

Contents ContentsOf(Keyspace& keyspace) {
  Contents contents;
  for (int db = 0; db < keyspace.size(); ++db) {
    keyspace.database(db).ForEach([&contents, db](const Entry* entry) {
      contents[fmt::format("{} {}", db, entry->key())] =
          fmt::format("{} deadline {}: {}", TypeName(entry->type()), entry->deadline_ms(), ValueText(*entry));
    });
  }
  return contents;
}

void Validate(Keyspace& keyspace) {
  for (int db = 0; db < keyspace.size(); ++db) {
    keyspace.database(db).ForEach([](const Entry* entry) {
      if (!entry->is_string()) entry->object()->Validate();
    });
  }
}

std::string Difference(const Contents& expected, const Contents& found) {
  std::string text;
  size_t shown = 0;
  const auto show = [&](const std::string& key, const std::string& before, const std::string& now) {
    if (++shown <= kShownKeys) text += fmt::format("  {}\n    expected {}\n    found    {}\n", key, before, now);
  };
  for (const auto& [key, value] : expected) {
    const auto other = found.find(key);
    if (other == found.end()) {
      show(key, Shown(value), "nothing");
    } else if (other->second != value) {
      show(key, Shown(value), Shown(other->second));
    }
  }
  for (const auto& [key, value] : found) {
    if (expected.count(key) == 0) show(key, "nothing", Shown(value));
  }
  return text;
}

}  // namespace kvorum::sim
