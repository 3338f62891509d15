#include "json/regex.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "base/check.h"

namespace kvorum {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Takes a character off the front. A byte that begins none counts as one.
uint32_t TakeCharacter(std::string_view* text) {
  const auto first = static_cast<uint8_t>(text->front());
  const size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (size == 1 || text->size() < size) {
    text->remove_prefix(1);
    return first;
  }
  uint32_t code = first & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<uint8_t>((*text)[i]);
    if ((byte & 0xC0) != 0x80) {
      text->remove_prefix(1);
      return first;
    }
    code = code << 6 | (byte & 0x3F);
  }
  text->remove_prefix(size);
  return code;
}

uint32_t Folded(uint32_t character) { return character >= 'A' && character <= 'Z' ? character + 32 : character; }
bool IsWord(uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

bool Regex::Class::Has(uint32_t character, bool ignores_case) const {
  const auto within = [this](uint32_t c) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [c](const auto& range) { return c >= range.first && c <= range.second; });
  };
  bool has = within(character);
  if (!has && ignores_case) {
    const uint32_t lower = Folded(character);
    has = within(lower) || (lower >= 'a' && lower <= 'z' && within(lower - 32));
  }
  return has != negated;
}

// Recursive descent that writes instructions as it goes.
class RegexCompiler {
 public:
  RegexCompiler(std::string_view text, Regex* regex) : rest_(text), regex_(*regex) {}

  bool Compile() {
    if (rest_.starts_with("(?i)")) {
      regex_.ignores_case_ = true;
      rest_.remove_prefix(4);
    }
    if (!Alternatives(0) || !rest_.empty()) return false;
    Emit({Kind::kMatch});
    return regex_.program_.size() <= kMaxRegexProgram;
  }

 private:
  using Kind = Regex::Instruction::Kind;
  using Program = std::vector<Regex::Instruction>;

  uint32_t here() const { return static_cast<uint32_t>(regex_.program_.size()); }
  void Emit(Regex::Instruction instruction) { regex_.program_.push_back(instruction); }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Puts an instruction before those from `start` on.
  void Prepend(uint32_t start, Regex::Instruction instruction) {
    Program& program = regex_.program_;
    for (size_t i = start; i < program.size(); ++i) Shift(&program[i], start, 1);
    program.insert(program.begin() + start, instruction);
  }
  static void Shift(Regex::Instruction* instruction, uint32_t from, uint32_t by) {
    if (instruction->kind != Kind::kSplit && instruction->kind != Kind::kJump) return;
    if (instruction->value >= from) instruction->value += by;
    if (instruction->kind == Kind::kSplit && instruction->other >= from) instruction->other += by;
  }

  bool Alternatives(size_t depth) {
    if (depth > kMaxRegexDepth) return false;
    const uint32_t start = here();
    std::vector<uint32_t> jumps;  // to the end
    uint32_t begin = start;
    if (!Sequence(depth)) return false;
    while (Take('|')) {
      Prepend(begin, {Kind::kSplit, begin + 1, 0});
      jumps.push_back(here());
      Emit({Kind::kJump});
      regex_.program_[begin].other = here();
      begin = here();
      if (!Sequence(depth)) return false;
      if (here() > kMaxRegexProgram) return false;
    }
    for (uint32_t jump : jumps) regex_.program_[jump].value = here();
    return true;
  }

  bool Sequence(size_t depth) {
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      const uint32_t start = here();
      if (!Atom(depth)) return false;
      if (!Repetitions(start) || here() > kMaxRegexProgram) return false;
    }
    return true;
  }

  bool Repetitions(uint32_t start) {
    bool repeated = false;
    while (!rest_.empty()) {
      const char sign = rest_[0];
      if (sign == '*' || sign == '+' || sign == '?') {
        rest_.remove_prefix(1);
        Repeat(start, sign == '+' ? 1 : 0, sign == '?' ? 1 : kNone);
      } else if (sign == '{') {
        uint32_t least;
        uint32_t most;
        if (!Counts(&least, &most) || !RepeatFits(start, least, most)) return false;
        Repeat(start, least, most);
      } else {
        return true;
      }
      if (repeated) return false;  // a** and the like
      repeated = true;
      (void)Take('?');  // lazy
    }
    return true;
  }

  bool Counts(uint32_t* least, uint32_t* most) {
    const size_t end = rest_.find('}');
    if (end == std::string_view::npos) return false;
    const std::string_view counts = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const size_t comma = std::min(counts.find(','), counts.size());
    if (!Number(counts.substr(0, comma), 10, least)) return false;
    *most = *least;
    if (comma < counts.size()) {
      const std::string_view second = counts.substr(comma + 1);
      *most = kNone;
      if (!second.empty() && (!Number(second, 10, most) || *most < *least)) return false;
    }
    return true;
  }
  static bool Number(std::string_view digits, int base, uint32_t* number) {
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), *number, base);
    return problem == std::errc() && end == digits.data() + digits.size() && *number < 0x110000;
  }

  bool RepeatFits(uint32_t start, uint32_t least, uint32_t most) const {
    const uint64_t copies = most == kNone ? uint64_t{least} + 1 : most;
    return start + copies * (here() - start + 2) <= kMaxRegexProgram;
  }

  // Makes what stands from `start` on come `least` to `most` times.
  void Repeat(uint32_t start, uint32_t least, uint32_t most) {
    Program& program = regex_.program_;
    const Program one(program.begin() + start, program.end());
    program.resize(start);
    const auto copy = [&] {
      const uint32_t to = here();
      for (Regex::Instruction instruction : one) {
        // All its jumps stay inside, or go to its end.
        if (instruction.kind == Kind::kSplit || instruction.kind == Kind::kJump) instruction.value += to - start;
        if (instruction.kind == Kind::kSplit) instruction.other += to - start;
        Emit(instruction);
      }
    };
    for (uint32_t i = 0; i < least; ++i) copy();
    if (most == kNone) {
      const uint32_t split = here();
      Emit({Kind::kSplit, split + 1, 0});
      copy();
      Emit({Kind::kJump, split});
      program[split].other = here();
      return;
    }
    std::vector<uint32_t> splits;
    for (uint32_t i = least; i < most; ++i) {
      splits.push_back(here());
      Emit({Kind::kSplit, here() + 1, 0});
      copy();
    }
    for (uint32_t split : splits) program[split].other = here();
  }

  bool Atom(size_t depth) {
    switch (rest_[0]) {
      case '(':
        rest_.remove_prefix(1);
        if (rest_.starts_with("?")) {
          if (!rest_.starts_with("?:")) return false;
          rest_.remove_prefix(2);
        }
        return Alternatives(depth + 1) && Take(')');
      case '[':
        rest_.remove_prefix(1);
        return CharacterClass();
      case '.':
        rest_.remove_prefix(1);
        Emit({Kind::kAny});
        return true;
      case '^':
        rest_.remove_prefix(1);
        Emit({Kind::kStart});
        return true;
      case '$':
        rest_.remove_prefix(1);
        Emit({Kind::kEnd});
        return true;
      case '*':
      case '+':
      case '?':
      case '{':
        return false;
      case '\\':
        return Escape();
      default:
        Character(TakeCharacter(&rest_));
        return true;
    }
  }

  void Character(uint32_t character) { Emit({Kind::kCharacter, regex_.ignores_case_ ? Folded(character) : character}); }

  bool Escape() {
    if (rest_.size() > 1 && (rest_[1] == 'b' || rest_[1] == 'B')) {
      Emit({rest_[1] == 'b' ? Kind::kWordEdge : Kind::kNoWordEdge});
      rest_.remove_prefix(2);
      return true;
    }
    Regex::Class named;
    if (NamedClass(&named)) {
      AddClass(std::move(named));
      return true;
    }
    uint32_t character;
    if (!EscapedCharacter(&character)) return false;
    Character(character);
    return true;
  }

  void AddClass(Regex::Class added) {
    Emit({Kind::kClass, static_cast<uint32_t>(regex_.classes_.size())});
    regex_.classes_.push_back(std::move(added));
  }

  // \d and its like.
  bool NamedClass(Regex::Class* named) {
    if (rest_.size() < 2 || rest_[0] != '\\') return false;
    switch (rest_[1] | 0x20) {
      case 'd':
        named->ranges = {{'0', '9'}};
        break;
      case 'w':
        named->ranges = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        break;
      case 's':
        named->ranges = {{'\t', '\r'}, {' ', ' '}};
        break;
      default:
        return false;
    }
    named->negated = (rest_[1] & 0x20) == 0;
    rest_.remove_prefix(2);
    return true;
  }

  bool EscapedCharacter(uint32_t* character) {
    rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    const char sign = rest_[0];
    constexpr std::string_view kSigns = "nrtfv";
    constexpr std::string_view kMeanings = "\n\r\t\f\v";
    if (const size_t i = kSigns.find(sign); i != std::string_view::npos) {
      *character = static_cast<uint8_t>(kMeanings[i]);
      rest_.remove_prefix(1);
      return true;
    }
    if (sign == 'x') {
      rest_.remove_prefix(1);
      size_t digits = 2;
      const bool braced = Take('{');
      if (braced) digits = rest_.find('}');
      if (digits > 6 || rest_.size() < digits || !Number(rest_.substr(0, digits), 16, character)) return false;
      rest_.remove_prefix(digits);
      return !braced || Take('}');
    }
    // Other letters and digits mean something that there is not here.
    if (IsWord(static_cast<uint8_t>(sign)) && sign != '_') return false;
    *character = TakeCharacter(&rest_);
    return true;
  }

  bool CharacterClass() {
    Regex::Class made;
    made.negated = Take('^');
    bool first = true;
    while (first || rest_.empty() || rest_[0] != ']') {
      if (rest_.empty()) return false;
      first = false;
      Regex::Class named;
      if (NamedClass(&named)) {
        AddNamed(named, &made);
        continue;
      }
      uint32_t low;
      if (!ClassCharacter(&low)) return false;
      uint32_t high = low;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        if (!ClassCharacter(&high) || high < low) return false;
      }
      made.ranges.emplace_back(low, high);
    }
    rest_.remove_prefix(1);
    AddClass(std::move(made));
    return true;
  }
  bool ClassCharacter(uint32_t* character) {
    if (rest_.empty()) return false;
    if (rest_[0] == '\\') return EscapedCharacter(character);
    *character = TakeCharacter(&rest_);
    return true;
  }
  // A class within a class; of a negated one, what lies between its ranges, which ascend.
  static void AddNamed(const Regex::Class& named, Regex::Class* to) {
    uint32_t next = 0;
    for (const auto& [low, high] : named.ranges) {
      if (!named.negated) {
        to->ranges.emplace_back(low, high);
      } else if (low > next) {
        to->ranges.emplace_back(next, low - 1);
      }
      next = high + 1;
    }
    if (named.negated) to->ranges.emplace_back(next, kNone);
  }

  std::string_view rest_;
  Regex& regex_;
};

std::shared_ptr<const Regex> Regex::Compile(std::string_view text) {
  if (text.size() > kMaxRegexBytes) return nullptr;
  auto regex = std::make_shared<Regex>();
  if (!RegexCompiler(text, regex.get()).Compile()) return nullptr;
  return regex;
}

// The places in the program that wait for the next character; each once.
class Regex::Threads {
 public:
  explicit Threads(const Regex& regex) : regex_(regex), seen_(regex.size(), 0) {}

  // Adds the place and all that it leads to without a character. True: it leads to the end.
  bool Add(uint32_t place, uint32_t before, uint32_t after) {
    to_do_.push_back(place);
    while (!to_do_.empty()) {
      const uint32_t at = to_do_.back();
      to_do_.pop_back();
      if (seen_[at] == generation_) continue;
      seen_[at] = generation_;
      const Instruction& instruction = regex_.program_[at];
      const bool at_edge = (before != kNone && IsWord(before)) != (after != kNone && IsWord(after));
      switch (instruction.kind) {
        case Instruction::Kind::kMatch:
          return true;
        case Instruction::Kind::kSplit:
          to_do_.push_back(instruction.other);
          [[fallthrough]];
        case Instruction::Kind::kJump:
          to_do_.push_back(instruction.value);
          break;
        case Instruction::Kind::kStart:
          if (before == kNone) to_do_.push_back(at + 1);
          break;
        case Instruction::Kind::kEnd:
          if (after == kNone) to_do_.push_back(at + 1);
          break;
        case Instruction::Kind::kWordEdge:
        case Instruction::Kind::kNoWordEdge:
          if (at_edge == (instruction.kind == Instruction::Kind::kWordEdge)) to_do_.push_back(at + 1);
          break;
        default:
          places_.push_back(at);
      }
    }
    return false;
  }
  void Clear() {
    places_.clear();
    to_do_.clear();
    ++generation_;
  }
  const std::vector<uint32_t>& places() const { return places_; }

 private:
  const Regex& regex_;
  std::vector<uint32_t> places_;
  std::vector<uint32_t> to_do_;
  std::vector<uint64_t> seen_;
  uint64_t generation_ = 1;
};

bool Regex::Consumes(const Instruction& instruction, uint32_t character) const {
  switch (instruction.kind) {
    case Instruction::Kind::kAny:
      return character != '\n';
    case Instruction::Kind::kClass:
      return classes_[instruction.value].Has(character, ignores_case_);
    default:
      return instruction.value == (ignores_case_ ? Folded(character) : character);
  }
}

bool Regex::Search(std::string_view text) const {
  Threads both[] = {Threads(*this), Threads(*this)};
  Threads* now = &both[0];
  Threads* next = &both[1];
  uint32_t before = kNone;
  const auto peek = [](std::string_view rest) { return rest.empty() ? kNone : TakeCharacter(&rest); };
  while (true) {
    const uint32_t character = peek(text);
    // It may begin anywhere.
    if (now->Add(0, before, character)) return true;
    if (text.empty()) return false;
    (void)TakeCharacter(&text);
    const uint32_t after = peek(text);
    next->Clear();
    for (uint32_t place : now->places()) {
      if (Consumes(program_[place], character) && next->Add(place + 1, character, after)) return true;
    }
    std::swap(now, next);
    before = character;
  }
}

}  // namespace kvorum
