// SlowLog: the commands that took longest, newest first (SLOWLOG).
//
// Threads: the shard's. Complexity: Add O(arguments kept), the rest O(entries).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "commands/context.h"

namespace kvorum {

class SlowLog {
 public:
  struct Entry {
    int64_t id;
    int64_t unix_seconds;
    int64_t micros;
    std::vector<std::string> args;  // at most kMaxArgs, each at most kMaxArgBytes and a note
    std::string address;
    std::string client_name;
  };
  static constexpr size_t kMaxArgs = 32;
  static constexpr size_t kMaxArgBytes = 128;

  struct Slow {
    Arguments args;
    int64_t unix_seconds;
    int64_t micros;
    std::string_view address;
    std::string_view client_name;
  };
  // Keeps the newest `max_length`.
  void Add(const Slow& slow, int64_t max_length);
  void Clear() { entries_.clear(); }
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::deque<Entry> entries_;
  int64_t next_id_ = 0;
};

}  // namespace kvorum
