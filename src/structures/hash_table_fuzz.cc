// Bytes as operations on a hash table, compared with a map.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/check.h"
#include "structures/hash_table.h"

namespace {

struct Word {
  std::string key;
};
struct WordTraits {
  static std::string_view Key(const Word* word) { return word->key; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::HashTable<Word, WordTraits> table;
  std::map<std::string, std::unique_ptr<Word>> model;
  uint64_t cursor = 0;
  for (size_t i = 0; i + 2 < size; i += 3) {
    const std::string key = std::to_string(data[i + 1] * 256 + data[i + 2]);
    switch (data[i] % 8) {
      case 0:
      case 1: {
        // A run of removals, so that tables shrink too.
        for (int j = 0; j < data[i + 2] && !model.empty(); ++j) {
          auto it = model.lower_bound(key);
          if (it == model.end()) it = model.begin();
          CHECK(table.Erase(it->first) == it->second.get());
          model.erase(it);
        }
        break;
      }
      case 2:
        cursor = table.Scan(cursor, [&model](const Word* word) { CHECK(model.contains(word->key)); });
        break;
      default:
        // A run of insertions.
        for (int j = 0; j <= data[i] / 8; ++j) {
          auto word = std::make_unique<Word>(Word{key + ":" + std::to_string(j)});
          CHECK((table.Get(word->key) != nullptr) == model.contains(word->key));
          if (model.contains(word->key)) continue;
          table.Insert(word.get());
          std::string name = word->key;
          model[std::move(name)] = std::move(word);
        }
    }
    CHECK(table.size() == model.size());
  }
  table.Validate();
  for (const auto& [key, word] : model) CHECK(table.Get(key) == word.get());
  return 0;
}
