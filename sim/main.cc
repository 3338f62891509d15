// sim --seed N [--steps M] [--verbose]     one run, and the hash of all that happened
// sim --seeds A..B [--steps M]             many, up to the first that fails
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "base/numbers.h"
#include "sim/world.h"

namespace {

using kvorum::sim::World;
using kvorum::sim::WorldOptions;
using kvorum::sim::WorldReport;

constexpr const char* kUsage =
    "sim --seed N [--steps M] [--verbose]   one run; prints the hash of all that happened\n"
    "sim --seeds A..B [--steps M]           many; stops at the first that fails, and says how to repeat it\n";
constexpr uint64_t kSeedsAProgress = 500;

// What a failing CHECK says last.
char g_repeat[128];

void TellSeed(int signal) {
  (void)!write(STDERR_FILENO, g_repeat, std::strlen(g_repeat));
  std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

std::string Repeat(const WorldOptions& options) {
  return fmt::format("sim --seed {} --steps {} --verbose", options.seed, options.steps);
}

WorldReport RunOne(const WorldOptions& options) {
  const std::string repeat = "To repeat it: " + Repeat(options) + "\n";
  std::snprintf(g_repeat, sizeof(g_repeat), "%s", repeat.c_str());
  return World(options).Run();
}

void Print(const WorldOptions& options, const WorldReport& report) {
  fmt::print(
      "seed {}: {} steps, {} commands, {} crashes, {} entries replayed, {} snapshots made and {} loaded, {} starts "
      "failed, {} "
      "syncs failed; trace {:016x}\n",
      options.seed, report.steps, report.commands, report.crashes, report.recovered_entries, report.snapshots,
      report.recovered_snapshots, report.failed_recoveries, report.failed_syncs, report.trace_hash);
}

// Runs it once more to see which keys differ.
int Failed(WorldOptions options, const WorldReport& report) {
  Print(options, report);
  options.keep_contents = true;
  const WorldReport again = RunOne(options);
  fmt::print("FAILED {}\nTo repeat it: {}\n", again.failure.empty() ? report.failure : again.failure, Repeat(options));
  if (again.trace_hash != report.trace_hash) fmt::print("It did not happen in the same way again.\n");
  return 1;
}

int RunMany(WorldOptions options, uint64_t first, uint64_t last) {
  WorldReport sum;
  for (options.seed = first; options.seed <= last; ++options.seed) {
    const WorldReport report = RunOne(options);
    if (!report.failure.empty()) return Failed(options, report);
    sum.steps += report.steps;
    sum.commands += report.commands;
    sum.crashes += report.crashes;
    sum.snapshots += report.snapshots;
    sum.recovered_snapshots += report.recovered_snapshots;
    sum.failed_recoveries += report.failed_recoveries;
    sum.failed_syncs += report.failed_syncs;
    if ((options.seed - first + 1) % kSeedsAProgress != 0 && options.seed != last) continue;
    fmt::print(
        "{} seeds: {} steps, {} commands, {} crashes, {} snapshots made and {} loaded, {} starts failed, {} syncs "
        "failed\n",
        options.seed - first + 1, sum.steps, sum.commands, sum.crashes, sum.snapshots, sum.recovered_snapshots,
        sum.failed_recoveries, sum.failed_syncs);
    std::fflush(stdout);
  }
  return 0;
}

bool ParseNumber(std::string_view text, uint64_t* number) {
  int64_t parsed;
  if (!kvorum::ParseInt64(text, &parsed) || parsed < 0) return false;
  *number = static_cast<uint64_t>(parsed);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  WorldOptions options;
  uint64_t first = 0;
  uint64_t last = 0;
  bool is_one = false;
  bool good = argc > 1;
  for (int i = 1; i < argc && good; ++i) {
    const std::string_view word = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--verbose") {
      options.prints = true;
      continue;
    }
    ++i;
    if (word == "--seed") {
      is_one = true;
      good = ParseNumber(value, &options.seed);
    } else if (word == "--steps") {
      good = ParseNumber(value, &options.steps);
    } else if (word == "--seeds") {
      const size_t dots = value.find("..");
      good = dots != std::string_view::npos && ParseNumber(value.substr(0, dots), &first) &&
             ParseNumber(value.substr(dots + 2), &last) && first <= last;
    } else {
      good = false;
    }
  }
  if (!good || (!is_one && last == 0)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (options.prints) std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  std::signal(SIGABRT, TellSeed);
  std::signal(SIGSEGV, TellSeed);
  if (!is_one) return RunMany(options, first, last);
  const WorldReport report = RunOne(options);
  if (!report.failure.empty()) return Failed(options, report);
  Print(options, report);
  return 0;
}
