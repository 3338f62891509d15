#include "server/config_directive.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "base/check.h"
#include "base/numbers.h"
#include "base/quote.h"

namespace kvorum {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ParseOctal(std::string_view text, int64_t* value) {
  if (text.empty() || text.size() > 10) return false;
  int64_t sum = 0;
  for (char c : text) {
    if (c < '0' || c > '7') return false;
    sum = sum * 8 + (c - '0');
  }
  *value = sum;
  return true;
}

bool OutOfRange(std::string* error, const std::string& low, const std::string& high) {
  *error = "argument must be between " + low + " and " + high + " inclusive";
  return false;
}

}  // namespace

bool SameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

bool WrongNumber(std::string* error) {
  *error = "wrong number of arguments";
  return false;
}

std::string AllowedWords(std::span<const std::string_view> words) {
  std::string text = "argument(s) must be one of the following: ";
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += ", ";
    text += words[i];
  }
  return text;
}

bool ParseMemory(std::string_view text, uint64_t* bytes) {
  static constexpr struct {
    std::string_view unit;
    uint64_t factor;
  } kUnits[] = {{"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1 << 10},
                {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0) return false;
  // "007" is 7, as for strtoull.
  std::string_view number = text.substr(0, digits);
  while (number.size() > 1 && number[0] == '0') number.remove_prefix(1);
  uint64_t value;
  if (!ParseUint64(number, &value)) return false;
  for (const auto& [unit, factor] : kUnits) {
    if (!SameWord(text.substr(digits), unit)) continue;
    if (value > UINT64_MAX / factor) return false;
    *bytes = value * factor;
    return true;
  }
  return false;
}

std::string Quoted(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c > ' ' && static_cast<unsigned char>(c) < 0x7F && c != '"' && c != '\'' && c != '\\' && c != '#';
  });
  return plain ? std::string(word) : InQuotes(word);
}

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool Directive::Assign(Words words, bool load, std::string* error) {
  const std::string old = Get();
  if (!(load ? Load(words, error) : Set(words, error))) return false;
  if (refuse_ == nullptr) return true;
  *error = refuse_(Get());
  if (error->empty()) return true;
  std::string ignored;
  CHECK(Set({&old, 1}, &ignored));
  return false;
}

std::vector<std::string> Directive::Lines() const { return {std::string(name_) + " " + Quoted(Get())}; }

bool BoolDirective::Set(Words words, std::string* error) {
  if (words.size() != 1) return WrongNumber(error);
  const bool yes = SameWord(words[0], "yes");
  if (!yes && !SameWord(words[0], "no")) {
    *error = "argument must be 'yes' or 'no'";
    return false;
  }
  *field_ = yes;
  return true;
}

bool IntegerDirective::Set(Words words, std::string* error) {
  if (words.size() != 1) return WrongNumber(error);
  const std::string& text = words[0];
  int64_t value = 0;
  uint64_t bytes = 0;
  if (range_.unit == Unit::kOctal) {
    if (!ParseOctal(text, &value)) {
      *error = "argument couldn't be parsed as an octal number";
      return false;
    }
  } else if (range_.unit == Unit::kMemoryOrPercent && text.ends_with('%')) {
    if (!ParseInt64(text.substr(0, text.size() - 1), &value) || value < 0) {
      *error = "argument must be a memory or percent value";
      return false;
    }
    if (value > 100) {
      *error = "percentage argument must be less or equal to 100";
      return false;
    }
    *field_ = -value;
    return true;
  } else if (range_.unit == Unit::kMemory || range_.unit == Unit::kMemoryOrPercent) {
    if (!ParseMemory(text, &bytes)) {
      *error = range_.unit == Unit::kMemory ? "argument must be a memory value"
                                            : "argument must be a memory or percent value";
      return false;
    }
    if (bytes > static_cast<uint64_t>(range_.high)) {
      return OutOfRange(error, std::to_string(range_.low), std::to_string(range_.high));
    }
    value = static_cast<int64_t>(bytes);
  } else if (!ParseInt64(text, &value)) {
    *error = "argument couldn't be parsed into an integer";
    return false;
  }
  if (value < range_.low || value > range_.high) {
    return OutOfRange(error, std::to_string(range_.low), std::to_string(range_.high));
  }
  *field_ = value;
  return true;
}

std::string IntegerDirective::Get() const {
  if (range_.unit == Unit::kMemoryOrPercent && *field_ < 0) return std::to_string(-*field_) + "%";
  if (range_.unit != Unit::kOctal) return std::to_string(*field_);
  char octal[32];
  std::snprintf(octal, sizeof(octal), "%llo", static_cast<unsigned long long>(*field_));
  return octal;
}

bool BytesDirective::Set(Words words, std::string* error) {
  if (words.size() != 1) return WrongNumber(error);
  if (ParseMemory(words[0], field_)) return true;
  *error = "argument must be a memory value";
  return false;
}

bool TextDirective::Set(Words words, std::string* error) {
  if (words.size() != 1) return WrongNumber(error);
  if (check_ != nullptr) {
    *error = check_(words[0]);
    if (!error->empty()) return false;
  }
  *field_ = words[0];
  return true;
}

namespace {

std::vector<std::string> SplitAll(Words words) {
  std::vector<std::string> split;
  for (const std::string& word : words) {
    for (std::string& part : SplitAtSpaces(word)) split.push_back(std::move(part));
  }
  return split;
}

}  // namespace

bool WordsDirective::Set(Words words, std::string* error) { return functions_.set(SplitAll(words), error); }

bool WordsDirective::Load(Words words, std::string* error) {
  return functions_.load ? functions_.load(SplitAll(words), error) : Set(words, error);
}

std::vector<std::string> WordsDirective::Lines() const {
  if (functions_.lines) return functions_.lines();
  std::string line(name());
  for (const std::string& word : SplitAtSpaces(Get())) line += " " + Quoted(word);
  return {line.size() > name().size() ? line : line + " \"\""};
}

}  // namespace kvorum
