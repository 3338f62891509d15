// Config: the directives by name, read from redis.conf files and the command line, changed and written back at run time.
//
// At the start: LoadFile and LoadArguments, each of which stops at the first error and explains it (a line to correct, with its
// place and what is allowed). Later: Match (CONFIG GET), Change (CONFIG SET), Rewrite (CONFIG REWRITE).
//
// Threads: the shard's. Ownership: owns the directives; borrows the settings, which must outlive it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "keyspace/settings.h"
#include "server/config_directive.h"
#include "server/settings.h"
#include "shard/settings.h"

namespace kvorum {

// All that directives fill.
struct Settings {
  ServerSettings server;
  ShardSettings shard;
  KeyspaceSettings keyspace;
};

class Config {
 public:
  explicit Config(Settings& settings);

  // --- The start
  // A file, or "-": stdin. CONFIG REWRITE will write this file. *error is the whole message for the user.
  [[nodiscard]] bool LoadFile(const std::string& path, std::string* error);
  // `source` stands in messages: a path, or "the command line".
  [[nodiscard]] bool LoadText(std::string_view text, const std::string& source, std::string* error);
  // The words after `kvorum server`: [file] [--directive value ...]. A word of an option that holds a space holds its values
  // too.
  [[nodiscard]] bool LoadArguments(std::span<const std::string> args, std::string* error);
  // Values that are accepted but do not (yet) do what they say: lines for the log.
  std::vector<std::string> Notes() const;

  // --- Run time
  Directive* Find(std::string_view name) const;
  // Names and values of all whose name or alias matches one of the patterns, each once.
  std::vector<std::pair<std::string_view, std::string>> Match(std::span<const std::string_view> patterns) const;
  // Sets all or none. `may_protected`: protected directives may be changed. On failure *error is the reply.
  [[nodiscard]] bool Change(std::span<const std::string_view> names_and_values, bool may_protected, Server& server,
                            std::string* error);
  // Brings the file up to date, keeping comments, order, and lines it knows nothing of. `force_all`: with every directive.
  [[nodiscard]] bool Rewrite(bool force_all, std::string* error) const;
  // What Rewrite makes of a file's text.
  std::string Rewritten(std::string_view text, bool force_all) const;
  const std::string& file() const { return file_; }
  std::span<const std::unique_ptr<Directive>> directives() const { return directives_; }

  // The directive's name nearest to this one, or empty if none is near.
  std::string_view Nearest(std::string_view name) const;

  // --- For the table
  template <typename D, typename... Args>
  D& Add(Args&&... args) {
    auto owned = std::make_unique<D>(std::forward<Args>(args)...);
    D& directive = *owned;
    directives_.push_back(std::move(owned));
    return directive;
  }

 private:
  bool LoadLine(std::string_view line, std::string* error);
  bool Include(const std::string& pattern, std::string* error);

  std::vector<std::unique_ptr<Directive>> directives_;
  std::unordered_map<std::string_view, Directive*> by_name_;  // aliases among them
  std::string file_;                                          // absolute; empty: none
  int include_depth_ = 0;
};

// The rows. What works is in config_table.cc; what belongs to features that come later, and so does nothing yet, is in
// config_table_later.cc.
void AddDirectives(Config& config, Settings& settings);
void AddPersistenceDirectives(Config& config, Settings& settings);
void AddLaterDirectives(Config& config, Settings& settings);

}  // namespace kvorum
