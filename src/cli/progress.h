// Progress: a line on a terminal that tells how far a long job is. Nothing where nobody looks.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <string>

namespace kvorum {

class Progress {
 public:
  // `what`: "checking dump.rdb". `total`: what `done` will be in the end; 0: not known.
  Progress(std::string what, uint64_t total);
  ~Progress() { Clear(); }

  // May be called often: it shows a few lines a second. `keys`: how many so far.
  void Show(uint64_t done, uint64_t keys);
  // For what is counted in bytes.
  void ShowBytes(uint64_t done);
  // For what is counted in another way.
  void ShowText(const std::string& text);
  // Removes the line, before something else is printed.
  void Clear();

  double seconds() const;

 private:
  // False: nobody looks, or it is too soon for another line.
  bool IsDue();

  const std::string what_;
  const uint64_t total_;
  const bool is_seen_;
  bool is_shown_ = false;
  int64_t started_micros_;
  int64_t shown_micros_ = 0;
};

// "1.5 MiB"
std::string BytesText(uint64_t bytes);
// "3 keys", "1 key"
std::string CountText(uint64_t count, const char* thing);

}  // namespace kvorum
