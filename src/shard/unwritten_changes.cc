#include "shard/unwritten_changes.h"

#include <algorithm>

#include "base/check.h"
#include "commands/command_keys.h"

namespace kvorum {
namespace {

// All keys of the command's arguments. False: it may touch others as well.
bool KnowsAllKeys(const Command& command, std::span<const std::string_view> args, std::vector<KeyRef>& keys) {
  const std::vector<KeySpec>& specs = KeysOf(*command.spec).specs;
  // BY and GET of SORT make keys from elements.
  const bool complete = std::none_of(specs.begin(), specs.end(),
                                     [](const KeySpec& spec) { return spec.begin == KeySpec::Begin::kUnknown; });
  return complete && ExtractKeys(*command.spec, args, keys) && !keys.empty();
}

}  // namespace

UnwrittenChanges::UnwrittenChanges(const EffectsBuffer& effects, const CommandTable& commands) {
  EffectsReader reader(effects.bytes());
  while (!any_ && reader.Next()) Note(commands, reader.words());
  CHECK(!reader.damaged());
  if (any_) keys_.clear();
}

void UnwrittenChanges::Note(const CommandTable& commands, std::span<const std::string_view> words) {
  const Command* command = commands.Find(words);
  std::vector<KeyRef> keys;
  // FLUSHALL, SWAPDB, FT.CREATE and the like.
  if (command == nullptr || !KnowsAllKeys(*command, words, keys)) {
    any_ = true;
    return;
  }
  for (const KeyRef& key : keys) keys_.emplace(words[static_cast<size_t>(key.index)]);
  any_ = keys_.size() > kMostKeys;
}

bool UnwrittenChanges::MayShow(const Command& command, std::span<const std::string_view> args) const {
  // Whether it is aborted may depend on a key that was watched; what it runs is asked for one by one.
  if (command.name() == "exec") return true;
  // Writes are refused before they look at anything; the rest is about the server, not about its data.
  if (!command.Is(flag::kReadonly)) return false;
  std::vector<KeyRef> keys;
  if (any_ || !KnowsAllKeys(command, args, keys)) return true;
  return std::any_of(keys.begin(), keys.end(),
                     [&](const KeyRef& key) { return keys_.contains(args[static_cast<size_t>(key.index)]); });
}

}  // namespace kvorum
