#include "base/glob.h"

#include <algorithm>

namespace kvorum {
namespace {

template <bool kIgnoreCase>
unsigned char Fold(char c) {
  return static_cast<unsigned char>(kIgnoreCase && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

// Whether `byte` is in the class that begins at pattern[*at], behind the '['; leaves *at behind the class.
template <bool kIgnoreCase>
bool MatchClass(std::string_view pattern, size_t* at, char byte) {
  const unsigned char want = Fold<kIgnoreCase>(byte);
  size_t i = *at;
  const bool negated = i < pattern.size() && pattern[i] == '^';
  if (negated) ++i;
  bool found = false;
  for (; i < pattern.size() && pattern[i] != ']'; ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      ++i;
      // A case-insensitive match still takes an escaped byte as it is.
      found |= pattern[i] == byte;
    } else if (i + 2 < pattern.size() && pattern[i + 1] == '-') {
      const unsigned char first = Fold<kIgnoreCase>(pattern[i]);
      const unsigned char last = Fold<kIgnoreCase>(pattern[i + 2]);
      found |= want >= std::min(first, last) && want <= std::max(first, last);
      i += 2;
    } else {
      found |= Fold<kIgnoreCase>(pattern[i]) == want;
    }
  }
  *at = i < pattern.size() ? i + 1 : i;
  return found != negated;
}

// Matches one byte against the pattern's next item, which is not a star; leaves *at behind the item if it matches.
template <bool kIgnoreCase>
bool MatchOne(std::string_view pattern, size_t* at, char byte) {
  size_t i = *at;
  bool matches = false;
  if (pattern[i] == '?') {
    matches = true;
    ++i;
  } else if (pattern[i] == '[') {
    ++i;
    matches = MatchClass<kIgnoreCase>(pattern, &i, byte);
  } else {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    matches = Fold<kIgnoreCase>(pattern[i]) == Fold<kIgnoreCase>(byte);
    ++i;
  }
  if (matches) *at = i;
  return matches;
}

// Only the last star met needs to be tried again: what stands before it has matched as early as it could.
template <bool kIgnoreCase>
bool Match(std::string_view pattern, std::string_view text) {
  constexpr size_t kNone = static_cast<size_t>(-1);
  if (text.empty()) return pattern.empty();
  size_t p = 0;
  size_t t = 0;
  size_t star = kNone;   // Behind the last star,
  size_t star_text = 0;  // which for now stands for all before this.
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
    } else if (p < pattern.size() && MatchOne<kIgnoreCase>(pattern, &p, text[t])) {
      ++t;
    } else if (star != kNone) {
      p = star;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool GlobMatch(std::string_view pattern, std::string_view text) { return Match<false>(pattern, text); }
bool GlobMatchIgnoringCase(std::string_view pattern, std::string_view text) { return Match<true>(pattern, text); }

bool IsLiteralGlob(std::string_view pattern) { return pattern.find_first_of("*?[\\") == std::string_view::npos; }

}  // namespace kvorum
