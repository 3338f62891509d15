#include "shard/redact.h"

#include <algorithm>

#include "commands/table.h"

namespace kvorum {
namespace {

constexpr std::string_view kRedacted = "(redacted)";

// Settings whose values are secrets.
bool IsSecretSetting(std::string_view name) {
  static constexpr std::string_view kNames[] = {"REQUIREPASS", "MASTERAUTH", "MASTERUSER", "TLS-KEY-FILE-PASS",
                                                "TLS-CLIENT-KEY-FILE-PASS"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [name](std::string_view secret) { return EqualsIgnoringCase(name, secret); });
}

}  // namespace

std::vector<std::string_view> WithoutSecrets(const Command& command, Arguments args) {
  std::vector<std::string_view> shown(args.begin(), args.end());
  const std::string_view name = command.name();
  auto redact = [&shown](size_t from, size_t count) {
    for (size_t i = from; i < std::min(from + count, shown.size()); ++i) shown[i] = kRedacted;
  };
  if (name == "auth") {
    redact(1, 2);
  } else if (name == "hello") {
    for (size_t i = 2; i < args.size(); ++i) {
      if (!EqualsIgnoringCase(args[i], "AUTH") || i + 2 >= args.size()) continue;
      redact(i + 1, 2);
      i += 2;
    }
  } else if (name == "migrate") {
    for (size_t i = 6; i < args.size(); ++i) {
      if (EqualsIgnoringCase(args[i], "AUTH")) redact(i + 1, 1);
      if (EqualsIgnoringCase(args[i], "AUTH2")) redact(i + 1, 2);
    }
  } else if (name == "config|set") {
    for (size_t i = 2; i + 1 < args.size(); i += 2) {
      if (IsSecretSetting(args[i])) redact(i + 1, 1);
    }
  } else if (name == "acl|setuser") {
    redact(2, args.size());
  }
  return shown;
}

}  // namespace kvorum
