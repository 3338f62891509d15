#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "os/clock.h"

namespace kvorum {
namespace {

constexpr int64_t kShowMicros = 200000;

int64_t NowMicros() { return SystemClock().MonotonicMicros(); }

}  // namespace

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)), total_(total), is_seen_(isatty(STDERR_FILENO) != 0), started_micros_(NowMicros()) {}

double Progress::seconds() const { return static_cast<double>(NowMicros() - started_micros_) / 1e6; }

bool Progress::IsDue() {
  if (!is_seen_) return false;
  const int64_t now = NowMicros();
  if (now - shown_micros_ < kShowMicros) return false;
  shown_micros_ = now;
  is_shown_ = true;
  return true;
}

void Progress::Show(uint64_t done, uint64_t keys) {
  if (!IsDue()) return;
  std::string share;
  if (total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    share = std::to_string(static_cast<int>(part * 100)) + " %  ";
  }
  std::fprintf(stderr, "\r\033[K%s  %s%s  %.0f keys/s", what_.c_str(), share.c_str(), CountText(keys, "key").c_str(),
               static_cast<double>(keys) / std::max(seconds(), 0.001));
  std::fflush(stderr);
}

void Progress::ShowBytes(uint64_t done) {
  if (!IsDue()) return;
  std::fprintf(stderr, "\r\033[K%s  %s", what_.c_str(), BytesText(done).c_str());
  std::fflush(stderr);
}

void Progress::ShowText(const std::string& text) {
  if (!IsDue()) return;
  std::fprintf(stderr, "\r\033[K%s  %s", what_.c_str(), text.c_str());
  std::fflush(stderr);
}

void Progress::Clear() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

std::string BytesText(uint64_t bytes) {
  const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  char text[40];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string CountText(uint64_t count, const char* thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

}  // namespace kvorum
