#include "journal/effects.h"

namespace kvorum {

bool EffectsReader::Next() {
  words_.clear();
  if (rest_.empty() || damaged_) return false;
  std::string_view from = rest_;
  uint64_t db;
  uint64_t count;
  damaged_ = true;
  if (!TakeVarint(&from, &db) || db > INT_MAX) return false;
  // A word takes a byte at least, so the count cannot make us ask for more memory than 16 times what is there.
  if (!TakeVarint(&from, &count) || count == 0 || count > from.size()) return false;
  words_.reserve(count);
  for (; count > 0; --count) {
    uint64_t size;
    if (!TakeVarint(&from, &size) || size > from.size()) {
      words_.clear();
      return false;
    }
    words_.push_back(from.substr(0, size));
    from.remove_prefix(size);
  }
  damaged_ = false;
  db_ = static_cast<int>(db);
  rest_ = from;
  return true;
}

}  // namespace kvorum
