#include "commands/command_keys.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/check.h"
#include "commands/notation.h"

namespace kvorum {
namespace {

using Args = std::span<const std::string_view>;

int TakeInt(Notation& in) {
  int value = 0;
  const bool negative = in.Take('-');
  const std::string_view digits = in.TakeWhile([](char c) { return c >= '0' && c <= '9'; });
  CHECK(!digits.empty());
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  CHECK(error == std::errc() && end == digits.data() + digits.size());
  return negative ? -value : value;
}

uint32_t TakeUse(Notation& in) {
  uint32_t use = 0;
  while (in.Peek() != '@') {
    const std::string_view word = in.TakeWhile([](char c) { return c != ' '; });
    const auto* const found = std::find(std::begin(kKeyUseNames), std::end(kKeyUseNames), word);
    CHECK(found != std::end(kKeyUseNames));
    use |= 1u << (found - kKeyUseNames);
    in.SkipSpaces();
  }
  return use;
}

void TakeBegin(Notation& in, KeySpec& spec) {
  CHECK(in.Take('@'));
  if (in.Take('?')) return;
  spec.keyword = in.TakeWhile([](char c) { return c >= 'A' && c <= 'Z'; });
  spec.begin = spec.keyword.empty() ? KeySpec::Begin::kIndex : KeySpec::Begin::kKeyword;
  if (!spec.keyword.empty()) CHECK(in.Take(':'));
  spec.begin_index = TakeInt(in);
}

void TakeFind(Notation& in, KeySpec& spec) {
  if (in.Take('?')) return;
  if (in.Take('#')) {
    spec.find = KeySpec::Find::kKeynum;
    spec.keynum_index = TakeInt(in);
    CHECK(in.Take(','));
    spec.first_key = TakeInt(in);
    CHECK(in.Take(','));
    spec.step = TakeInt(in);
  } else {
    spec.find = KeySpec::Find::kRange;
    if (in.AtEnd() || in.Peek() == ';' || in.Peek() == '\'') return;  // One key.
    spec.last = TakeInt(in);
    CHECK(in.Take('/'));
    spec.step = TakeInt(in);
    CHECK(in.Take('/'));
    spec.limit = TakeInt(in);
  }
  CHECK(spec.step > 0);
}

std::vector<KeySpec> ParseKeySpecs(std::string_view text) {
  std::vector<KeySpec> specs;
  Notation in(text);
  while (!in.AtEnd()) {
    KeySpec& spec = specs.emplace_back();
    spec.use = TakeUse(in);
    TakeBegin(in, spec);
    in.SkipSpaces();
    TakeFind(in, spec);
    in.SkipSpaces();
    if (in.Peek() == '\'') spec.note = in.TakeQuoted();
    if (!in.AtEnd()) CHECK(in.Take(';'));
    in.SkipSpaces();
  }
  return specs;
}

// The old triple tells of one specification exactly, and of several as far as they follow each other without a gap.
KeyRange LegacyRange(const std::vector<KeySpec>& specs) {
  constexpr int kNone = std::numeric_limits<int>::max();
  KeyRange range{.first = kNone, .last = 0, .step = 1};
  int previous_last = 0;
  for (const KeySpec& spec : specs) {
    if (spec.begin != KeySpec::Begin::kIndex || spec.find != KeySpec::Find::kRange) continue;
    const int last = spec.last >= 0 ? spec.begin_index + spec.last : spec.last;
    if (specs.size() == 1) return {spec.begin_index, last, spec.step};
    if (spec.step != 1 || (previous_last != 0 && previous_last != spec.begin_index - 1)) continue;
    range.first = std::min(range.first, spec.begin_index);
    // Counted from the end is further than any index.
    if (range.last >= 0 && (last < 0 || last > range.last)) range.last = last;
    previous_last = range.last;
  }
  return range.first == kNone ? KeyRange{} : range;
}

CommandKeys ParseCommandKeys(const CommandSpec& row) {
  CommandKeys keys;
  keys.specs = ParseKeySpecs(row.keys);
  keys.range = LegacyRange(keys.specs);
  uint32_t uses = 0;
  for (const KeySpec& spec : keys.specs) {
    uses |= spec.use;
    if (!(spec.use & key_use::kNotKey)) keys.has_keys = true;
  }
  keys.simple = keys.specs.size() <= 1 && !row.Is(flag::kMovableKeys) &&
                !(uses & (key_use::kVariableFlags | key_use::kIncomplete | key_use::kNotKey));
  return keys;
}

bool EqualsUpper(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
}

// The argument at which a specification begins; 0 if its keyword is not there.
int FindBegin(const KeySpec& spec, Args args) {
  const int count = static_cast<int>(args.size());
  if (spec.begin == KeySpec::Begin::kIndex) return spec.begin_index;
  if (spec.begin_index >= 0) {
    for (int i = spec.begin_index; i < count - 1; ++i) {
      if (EqualsUpper(args[i], spec.keyword)) return i + 1;
    }
  } else {
    for (int i = count + spec.begin_index; i > 1; --i) {
      if (EqualsUpper(args[i], spec.keyword)) return i + 1;
    }
  }
  return 0;
}

enum class Found : uint8_t { kKeys, kAbsent, kInvalid };

// Appends what one specification finds. kInvalid: the arguments cannot be right, or the specification cannot tell.
Found ApplySpec(const KeySpec& spec, Args args, std::vector<KeyRef>& keys) {
  if (spec.begin == KeySpec::Begin::kUnknown || spec.find == KeySpec::Find::kUnknown) return Found::kInvalid;
  const int64_t count = static_cast<int64_t>(args.size());
  int64_t first = FindBegin(spec, args);
  if (first == 0) return Found::kAbsent;
  int64_t last = 0;
  if (spec.find == KeySpec::Find::kKeynum) {
    const int64_t place = first + spec.keynum_index;
    if (place >= count) return Found::kInvalid;
    int64_t key_count = 0;
    const std::string_view text = args[place];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key_count);
    if (error != std::errc() || end != text.data() + text.size()) return Found::kInvalid;
    if (key_count < 0 || key_count > count) return Found::kInvalid;
    first += spec.first_key;
    last = first + (key_count - 1) * spec.step;
  } else if (spec.last >= 0) {
    last = first + spec.last;
  } else {
    last = (spec.limit == 0 ? count : first + (count - first) / spec.limit) + spec.last;
  }
  if (first >= count || last >= count || last < first) return Found::kInvalid;
  for (int64_t i = first; i <= last; i += spec.step) keys.push_back({static_cast<int>(i), spec.use});
  return spec.use & key_use::kIncomplete ? Found::kInvalid : Found::kKeys;
}

using Extractor = bool (*)(Args args, std::vector<KeyRef>& keys);

// SET reads only when GET asks it to.
bool SetKeys(Args args, std::vector<KeyRef>& keys) {
  uint32_t use = key_use::kOW | key_use::kUpdate;
  for (size_t i = 3; i < args.size(); ++i) {
    if (EqualsUpper(args[i], "GET")) use = key_use::kRW | key_use::kAccess | key_use::kUpdate;
  }
  keys.push_back({1, use});
  return true;
}

// BITFIELD writes unless all its operations are GET.
bool BitfieldKeys(Args args, std::vector<KeyRef>& keys) {
  bool only_reads = true;
  for (size_t i = 2; i < args.size() && only_reads;) {
    const size_t left = args.size() - i - 1;
    if (EqualsUpper(args[i], "GET") && left >= 2) {
      i += 3;
    } else if (EqualsUpper(args[i], "OVERFLOW") && left >= 1) {
      i += 2;
    } else {
      only_reads = false;
    }
  }
  keys.push_back(
      {1, only_reads ? key_use::kRO | key_use::kAccess : key_use::kRW | key_use::kAccess | key_use::kUpdate});
  return true;
}

// SORT: the last STORE counts. Keys that BY and GET make from elements cannot be told.
bool SortKeys(Args args, std::vector<KeyRef>& keys) {
  size_t destination = 0;
  for (size_t i = 2; i < args.size(); ++i) {
    if (EqualsUpper(args[i], "LIMIT")) {
      i += 2;
    } else if (EqualsUpper(args[i], "GET") || EqualsUpper(args[i], "BY")) {
      ++i;
    } else if (EqualsUpper(args[i], "STORE") && i + 1 < args.size()) {
      destination = i + 1;  // Which may itself be a word looked for.
    }
  }
  keys.push_back({1, key_use::kRO | key_use::kAccess});
  if (destination != 0) keys.push_back({static_cast<int>(destination), key_use::kOW | key_use::kUpdate});
  return true;
}

bool SortRoKeys(Args, std::vector<KeyRef>& keys) {
  keys.push_back({1, key_use::kRO | key_use::kAccess});
  return true;
}

// GEORADIUS without a key after its STORE still reads one.
bool GeoradiusKeys(Args, std::vector<KeyRef>& keys) {
  keys.push_back({1, key_use::kRO | key_use::kAccess});
  return true;
}

// MIGRATE: one key, or an empty one and those after KEYS. A password may be "keys".
bool MigrateKeys(Args args, std::vector<KeyRef>& keys) {
  size_t first = 3;
  size_t end = 4;
  for (size_t i = 6; i < args.size(); ++i) {
    if (EqualsUpper(args[i], "KEYS")) {
      if (!args[3].empty()) return false;
      first = i + 1;
      end = args.size();
      break;
    }
    if (EqualsUpper(args[i], "AUTH")) {
      ++i;
    } else if (EqualsUpper(args[i], "AUTH2")) {
      i += 2;
    }
  }
  for (size_t i = first; i < end; ++i) {
    keys.push_back({static_cast<int>(i), key_use::kRW | key_use::kAccess | key_use::kDelete});
  }
  return first < end;
}

// For commands whose specifications cannot tell everything: those with variable_flags at once, others where a
// specification fails.
struct OwnExtractor {
  std::string_view name;
  Extractor extract;
};
constexpr OwnExtractor kOwnExtractors[] = {
    {"set", SetKeys},         {"bitfield", BitfieldKeys},   {"sort", SortKeys},
    {"sort_ro", SortRoKeys},  {"georadius", GeoradiusKeys}, {"georadiusbymember", GeoradiusKeys},
    {"migrate", MigrateKeys},
};

Extractor OwnExtractorOf(const CommandSpec& spec) {
  for (const OwnExtractor& own : kOwnExtractors) {
    if (own.name == spec.name) return own.extract;
  }
  return nullptr;
}

bool ApplySpecs(const CommandKeys& command, Args args, bool channels, std::vector<KeyRef>& keys) {
  const size_t before = keys.size();
  for (const KeySpec& spec : command.specs) {
    if (((spec.use & key_use::kNotKey) != 0) != channels) continue;
    if (ApplySpec(spec, args, keys) == Found::kInvalid) {
      keys.resize(before);
      return false;
    }
  }
  return keys.size() > before;
}

}  // namespace

const CommandKeys& KeysOf(const CommandSpec& spec) {
  static const std::vector<CommandKeys> all = [] {
    std::vector<CommandKeys> keys;
    for (const CommandSpec& row : AllCommandSpecs()) keys.push_back(ParseCommandKeys(row));
    return keys;
  }();
  const auto rows = AllCommandSpecs();
  CHECK(&spec >= rows.data() && &spec < rows.data() + rows.size());
  return all[&spec - rows.data()];
}

bool ExtractKeys(const CommandSpec& spec, Args args, std::vector<KeyRef>& keys) {
  const CommandKeys& command = KeysOf(spec);
  if (!command.has_keys) return false;
  const bool variable = (command.specs[0].use & key_use::kVariableFlags) != 0;
  if (!variable && ApplySpecs(command, args, false, keys)) return true;
  const Extractor own = command.simple ? nullptr : OwnExtractorOf(spec);
  return own != nullptr && own(args, keys);
}

bool ExtractShardChannels(const CommandSpec& spec, Args args, std::vector<KeyRef>& keys) {
  return ApplySpecs(KeysOf(spec), args, true, keys);
}

}  // namespace kvorum
