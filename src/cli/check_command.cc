#include "cli/check_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/time_text.h"
#include "journal/data_folder.h"
#include "server/trial_load.h"

namespace kvorum {
namespace {

constexpr char kFooter[] = R"(
Reads every byte of the server's files in a folder and says what they hold and what is wrong with them. It changes
nothing, unless --repair tells it to carry out one of the repairs that it has listed before: what is damaged is then moved
aside, under a name that begins with damaged-, and never deleted. A repair needs a folder that no server uses.

  kvorum check /var/lib/kvorum
  kvorum check /var/lib/kvorum --load
  kvorum check /var/lib/kvorum --repair 1

Checksums tell that all bytes are as they were written. --load tells more: whether this version of the server understands
all of them. It needs as much memory as the server, and about the time of a start.

The exit status is 0 if nothing is wrong.)";

const char* StateText(FolderFile::State state) {
  switch (state) {
    case FolderFile::State::kGood:
      return "good";
    case FolderFile::State::kNotNeeded:
      return "not needed";
    case FolderFile::State::kTorn:
      return "torn end";
    case FolderFile::State::kDamaged:
      return "DAMAGED";
    case FolderFile::State::kIgnored:
      return "-";
  }
  return "";
}

void PrintOutcome(const FolderReport& report) {
  std::string from = "the journal alone";
  if (!report.snapshot.empty()) {
    from = fmt::format("{} ({}, of {}) and the journal after it", report.snapshot,
                       CountText(report.snapshot_records, "record"), TimeText(report.snapshot_micros));
  }
  std::string end = fmt::format("entry {}", report.last_index);
  if (report.last_micros != 0) end += fmt::format(", of {}", TimeText(report.last_micros));
  if (!report.can_start()) {
    std::printf("A server does not start from this folder as it is.\n");
  } else if (report.last_index == 0) {
    std::printf("There is nothing in this folder yet; a server starts empty.\n");
  } else {
    std::printf("A server starts from %s, up to %s.\n", from.c_str(), end.c_str());
  }
}

void PrintReport(const FolderReport& report) {
  for (const FolderFile& file : report.files) {
    std::printf("  %-10s  %-38s %10s  %s\n", StateText(file.state), file.name.c_str(), BytesText(file.bytes).c_str(),
                file.text.c_str());
  }
  if (!report.files.empty()) std::printf("\n");
  PrintOutcome(report);
  if (report.tail.found) {
    std::printf(
        "\nThe journal has a torn end, as a crash leaves it: nobody was told that what stands there is safe. The next "
        "start\n"
        "cuts it off. %s.\n",
        report.tail.text().c_str());
  }
  size_t number = 0;
  for (const FolderProblem& problem : report.problems) {
    std::string where = problem.error.file();
    if (problem.error.kind() == StorageError::Kind::kDamage)
      where += fmt::format(" at offset {}", problem.error.offset());
    std::printf("\n%s%s: %s.\n", problem.stops_the_start ? "" : "Not needed, but damaged: ", where.c_str(),
                problem.error.what().c_str());
    for (const RepairChoice& choice : problem.choices) {
      std::printf("  repair %zu: %s\n", ++number, choice.text.c_str());
    }
    if (problem.choices.empty()) std::printf("  there is no repair for this\n");
  }
}

const RepairChoice* FindChoice(const FolderReport& report, size_t wanted) {
  size_t number = 0;
  for (const FolderProblem& problem : report.problems) {
    for (const RepairChoice& choice : problem.choices) {
      if (++number == wanted) return &choice;
    }
  }
  return nullptr;
}

// Whether all of it can be loaded.
bool TryToLoad(FileSystem& files, const std::string& folder, const FolderReport& report, int databases) {
  StartPlan plan;
  plan.covered_index = report.snapshot_index;
  if (!report.snapshot.empty()) plan.snapshot = JoinPath(folder, report.snapshot);
  std::unique_ptr<Progress> line;
  TrialReport loaded;
  const StorageError error = TrialLoad(
      files, folder, plan, databases,
      [&](uint64_t read, uint64_t total, uint64_t keys) {
        if (line == nullptr) line = std::make_unique<Progress>("loading " + folder, total);
        line->Show(read, keys);
      },
      &loaded);
  line.reset();
  if (error) {
    std::printf("\nIts checksums are right, but it cannot be loaded: %s\n", error.text().c_str());
    return false;
  }
  std::printf("\nAll of it can be loaded: %s, with %s in %s of the journal replayed.\n",
              CountText(loaded.keys, "key").c_str(), CountText(loaded.commands, "command").c_str(),
              loaded.entries == 1 ? "1 entry" : fmt::format("{} entries", loaded.entries).c_str());
  return true;
}

int Failed(const std::string& text) {
  std::fprintf(stderr, "kvorum check: %s\n", text.c_str());
  return 1;
}

struct Wanted {
  std::string folder;
  size_t repair = 0;  // 0: none
  bool load = false;
  int databases = 16;
};

int Check(const Wanted& wanted) {
  const std::string& folder = wanted.folder;
  const size_t repair = wanted.repair;
  FileSystem& files = PosixFileSystem();
  std::vector<FolderEntry> entries;
  if (FileError error = files.List(folder, &entries)) return Failed(error.text());
  std::unique_ptr<FolderLock> lock;
  // Only where a server has been: this is no reason to leave a file behind elsewhere.
  FileError in_use;
  for (const FolderEntry& entry : entries) {
    if (entry.name == "lock") in_use = files.Lock(folder, &lock);
  }
  if (in_use && repair != 0) return Failed(in_use.text() + ". A server uses the folder; end it before a repair");
  if (in_use && wanted.load) {
    return Failed(in_use.text() +
                  ". A server uses the folder; end it first, or load a copy that `kvorum backup` makes");
  }
  if (in_use && in_use.code() == EWOULDBLOCK) {
    std::printf("A server uses this folder now: what it is writing at this moment may look like a torn end.\n\n");
  }
  FolderReport report;
  if (StorageError error = Inspect(files, folder, &report)) return Failed(error.text());
  if (repair != 0) {
    const RepairChoice* choice = FindChoice(report, repair);
    if (choice == nullptr)
      return Failed(fmt::format("there is no repair {} here; `kvorum check {}` lists them", repair, folder));
    std::printf("Repair %zu: %s\n", repair, choice->text.c_str());
    std::vector<std::string> done;
    const FileError error = Repair(files, folder, *choice, &done);
    for (const std::string& line : done) std::printf("  %s\n", line.c_str());
    if (error) return Failed(error.text());
    std::printf("\n");
    if (StorageError failed = Inspect(files, folder, &report)) return Failed(failed.text());
  }
  PrintReport(report);
  const bool has_data = report.can_start() && report.last_index != 0;
  const bool is_loaded = !wanted.load || !has_data || TryToLoad(files, folder, report, wanted.databases);
  return report.problems.empty() && is_loaded ? 0 : 1;
}

}  // namespace

int CheckMain(int argc, char** argv) {
  Wanted wanted;
  CLI::App app("Inspects a server's data folder, and repairs it when told to.", "kvorum check");
  app.add_option("DIR", wanted.folder, "The folder")->required();
  app.add_option("--repair", wanted.repair, "Carry out this one of the repairs listed")->check(CLI::PositiveNumber);
  CLI::Option* const load =
      app.add_flag("--load", wanted.load, "Also load all of it into memory, as a start does, and throw it away");
  app.add_option("--databases", wanted.databases, "With --load: how many the server has (16)")
      ->check(CLI::PositiveNumber)
      ->needs(load);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return Check(wanted);
}

}  // namespace kvorum
