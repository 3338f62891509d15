// What SCAN, SSCAN, HSCAN and ZSCAN have in common: the cursor, the options, and the form of the reply.
//
//   SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]        the others: key cursor [MATCH pattern] [COUNT count]
//
// How a command uses it, in Redis's order of errors: ParseScanCursor; look the key up (a missing one is ReplyEmptyScan, whatever
// the options are); ParseScanOptions; then ScanTable for a hash table. A small collection is given whole, with cursor 0.
//
// Threads: none of its own. Ownership: pattern and type are views of the arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/glob.h"
#include "commands/context.h"

namespace kvorum {

struct ScanOptions {
  int64_t count = 10;
  bool has_pattern = false;  // "*" is none
  std::string_view pattern = {};
  bool has_type = false;
  std::string_view type = {};  // as given: any case, perhaps no type at all

  bool Matches(std::string_view text) const { return !has_pattern || GlobMatch(pattern, text); }
};

// These reply the error and return false when the argument is wrong.
[[nodiscard]] bool ParseScanCursor(Context& ctx, size_t index, uint64_t* cursor);
// From args[first] to the end. TYPE is known where `with_type`.
[[nodiscard]] bool ParseScanOptions(Context& ctx, size_t first, bool with_type, ScanOptions* options);

// The reply's outer array and the next cursor; the array of elements is to follow.
void ReplyScanCursor(ReplyWriter& reply, uint64_t cursor);
// Cursor 0 and no elements.
void ReplyEmptyScan(ReplyWriter& reply);

// Walks a table (of any class with HashTable's Scan) from `cursor` until `count` records were visited, matching or not, and
// returns the next cursor. A sparse table is left after ten times as many steps. `visit` gets each record.
template <typename Table, typename Visit>
uint64_t ScanTable(Table& table, uint64_t cursor, int64_t count, Visit visit) {
  const int64_t max_steps = count > INT64_MAX / 10 ? INT64_MAX : count * 10;
  int64_t visited = 0;
  int64_t steps = 0;
  do {
    cursor = table.Scan(cursor, [&visited, &visit](auto* record) {
      ++visited;
      visit(record);
    });
  } while (cursor != 0 && ++steps <= max_steps && visited < count);
  return cursor;
}

}  // namespace kvorum
