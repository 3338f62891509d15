// Keys of arbitrary arguments for every command: whatever they are, a key's index is one of an argument after the name.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "commands/command_keys.h"

using namespace kvorum;

// The first two bytes choose among rows, the rest are arguments split by zero bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto rows = AllCommandSpecs();
  const CommandSpec& spec = rows[(data[0] * 256u + data[1]) % rows.size()];
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::vector<std::string_view> args{"name"};
  while (!rest.empty()) {
    const size_t end = rest.find('\0');
    args.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  const auto count = static_cast<int>(args.size());
  if (spec.arity >= 0 ? count != spec.arity : count < -spec.arity) return 0;
  std::vector<KeyRef> keys;
  const bool found = ExtractKeys(spec, args, keys);
  CHECK(found == !keys.empty());
  for (const KeyRef& key : keys) CHECK(key.index > 0 && key.index < count && key.use != 0);
  keys.clear();
  ExtractShardChannels(spec, args, keys);
  for (const KeyRef& key : keys) CHECK(key.index > 0 && key.index < count);
  return 0;
}
