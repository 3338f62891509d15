// Any text as a configuration file: it loads, or is refused with words. What loaded can be set again directive by directive, and
// what CONFIG REWRITE makes of the file loads to the same values.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "protocol/request.h"
#include "server/config.h"

using namespace kvorum;

namespace {

// Lines that would leave this process's memory: other files, other folders.
bool ReachesOutside(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::vector<std::string> words;
    if (SplitArguments(text.substr(0, end), &words) && !words.empty() &&
        (SameWord(words[0], "include") || SameWord(words[0], "dir"))) {
      return true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

void CheckSameValues(const Config& a, const Config& b) {
  for (const auto& directive : a.directives()) CHECK(directive->Get() == b.Find(directive->name())->Get());
}

void CheckMemory(std::string_view word) {
  uint64_t bytes;
  if (!ParseMemory(word, &bytes)) return;
  uint64_t again;
  CHECK(ParseMemory(std::to_string(bytes), &again) && again == bytes);
  CHECK(ParseMemory(std::to_string(bytes) + "B", &again) && again == bytes);
}

}  // namespace

// The first byte tells whether the rewritten file has all directives.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool force_all = (data[0] & 1) != 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckMemory(text);
  if (ReachesOutside(text)) return 0;

  Settings settings;
  Config config(settings);
  std::string error;
  if (!config.LoadText(text, "fuzz", &error)) {
    CHECK(error.starts_with("\n*** FATAL CONFIG ERROR"));
    return 0;
  }
  const std::string rewritten = config.Rewritten(text, force_all);
  Settings new_settings;
  Config again(new_settings);
  CHECK(again.LoadText(rewritten, "fuzz", &error));
  CheckSameValues(config, again);
  CHECK(again.Rewritten(rewritten, force_all) == rewritten);
  for (const auto& directive : config.directives()) {
    if (directive->name() == "rename-command") continue;  // CONFIG SET does not know it
    const std::string value = directive->Get();
    CHECK(directive->Assign({&value, 1}, false, &error));
    CHECK(directive->Get() == value);
  }
  return 0;
}
