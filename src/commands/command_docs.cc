#include "commands/command_docs.h"

#include <charconv>

#include "base/check.h"
#include "commands/notation.h"

namespace kvorum {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::string_view TypeOf(std::string_view notation) {
  constexpr std::string_view kTypes[][2] = {
      {"int", "integer"}, {"double", "double"}, {"pattern", "pattern"}, {"time", "unix-time"}};
  for (const auto& [shorthand, type] : kTypes) {
    if (shorthand == notation) return type;
  }
  CHECK(false && "unknown type");
  return {};
}

// "7.0.3", which "..." may follow.
std::string_view TakeVersion(Notation& in) {
  size_t dots = 0;
  char previous = '.';
  return in.TakeWhile([&](char c) {
    const bool taken = IsDigit(c) || (c == '.' && previous != '.' && ++dots <= 2);
    previous = c;
    return taken;
  });
}

Argument ParseArgument(Notation& in);

std::vector<Argument> ParseSequence(Notation& in, char end) {
  std::vector<Argument> arguments;
  while (in.Peek() != end) {
    arguments.push_back(ParseArgument(in));
    in.SkipSpaces();
  }
  CHECK(end == '\0' ? in.AtEnd() : in.Take(end));
  return arguments;
}

std::vector<Argument> ParseAlternatives(Notation& in) {
  std::vector<Argument> arguments;
  do {
    in.SkipSpaces();
    arguments.push_back(ParseArgument(in));
    in.SkipSpaces();
  } while (in.Take('|'));
  CHECK(in.Take(')'));
  return arguments;
}

// After the word, if there is one: name, and what is in or behind it.
void ParseNamed(Notation& in, Argument& argument) {
  argument.name = in.TakeWhile([](char c) { return IsLower(c) || IsDigit(c) || c == '-' || c == '_'; });
  CHECK(!argument.name.empty());
  argument.display_text = argument.name;
  argument.type = "string";
  if (in.Take('=')) {
    argument.type = "pure-token";
    argument.token = in.TakeQuoted();
    argument.has_token = true;
  } else if (in.Take('(')) {
    argument.type = "oneof";
    argument.display_text.clear();
    argument.arguments = ParseAlternatives(in);
  } else if (in.Take('{')) {
    argument.type = "block";
    argument.display_text.clear();
    argument.arguments = ParseSequence(in, '}');
  } else if (in.Take(':')) {
    argument.type = TypeOf(in.TakeWhile(IsLower));
  } else if (in.Peek() == '@') {
    argument.type = "key";
  }
  if (in.Take('@')) {
    const std::string_view digits = in.TakeWhile(IsDigit);
    CHECK(std::from_chars(digits.data(), digits.data() + digits.size(), argument.key_spec_index).ec == std::errc());
  }
  if (in.Take('/')) argument.display_text = in.TakeQuoted();
}

Argument ParseArgument(Notation& in) {
  Argument argument;
  argument.optional = in.Take('[');
  if (IsUpper(in.Peek())) {
    argument.token = in.TakeWhile([](char c) { return IsUpper(c) || IsDigit(c) || c == '-' || c == '_'; });
    argument.has_token = true;
    if (in.rest().size() > 1 && in.Peek() == ' ' && IsLower(in.rest()[1])) {
      in.SkipSpaces();
      ParseNamed(in, argument);
    } else {
      argument.type = "pure-token";
      argument.name = argument.display_text = Lower(argument.token);
    }
  } else {
    ParseNamed(in, argument);
  }
  if (in.Take('^')) argument.since = TakeVersion(in);
  if (in.Take('~')) argument.deprecated_since = TakeVersion(in);
  argument.multiple_token = in.Take('+');
  argument.multiple = in.Take("...");
  CHECK(argument.multiple || !argument.multiple_token);
  if (argument.optional) CHECK(in.Take(']'));
  return argument;
}

// Takes the first "version text" of a list split by "; ".
VersionNote TakeNote(std::string_view& text) {
  const size_t end = text.find("; ");
  const std::string_view item = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
  const size_t space = item.find(' ');
  CHECK(space != std::string_view::npos && space + 1 < item.size() && IsDigit(item[0]));
  return {item.substr(0, space), item.substr(space + 1)};
}

}  // namespace

std::vector<Argument> ArgumentsOf(const CommandSpec& spec) {
  Notation in(spec.syntax);
  return ParseSequence(in, '\0');
}

std::vector<VersionNote> HistoryOf(const CommandSpec& spec) {
  std::vector<VersionNote> history;
  std::string_view text = spec.history;
  while (!text.empty()) history.push_back(TakeNote(text));
  return history;
}

VersionNote DeprecationOf(const CommandSpec& spec) {
  std::string_view text = spec.deprecation;
  return text.empty() ? VersionNote{} : TakeNote(text);
}

std::vector<std::string_view> TipsOf(const CommandSpec& spec) {
  std::vector<std::string_view> tips;
  Notation in(spec.tips);
  while (!in.AtEnd()) {
    tips.push_back(in.TakeWhile([](char c) { return c != ' '; }));
    in.SkipSpaces();
  }
  return tips;
}

std::span<const CommandSpec> SubcommandsOf(const CommandSpec& spec) {
  const auto rows = AllCommandSpecs();
  const size_t first = static_cast<size_t>(&spec - rows.data()) + 1;
  CHECK(first <= rows.size());
  size_t end = first;
  const size_t length = spec.name.size();
  while (end < rows.size() && rows[end].name.starts_with(spec.name) && rows[end].name.size() > length &&
         rows[end].name[length] == '|') {
    ++end;
  }
  return rows.subspan(first, end - first);
}

}  // namespace kvorum
