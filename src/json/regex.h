// Regex: regular expressions for filters of JSON paths, matched in time proportional to text and expression, whatever they are (a
// simulation of the automaton, Thompson 1968, in Pike's form without captures).
//
// Has: literals, . (no line break), [classes] with ranges and ^, \d \w \s \D \W \S, \b \B, ^ $, ( ) and (?: ), |, * + ? {n} {n,} {n,m} and
// their lazy forms (which match the same), (?i) at the beginning, \n \r \t \f \v \xHH \x{H...} and escaped signs. Characters are those of
// UTF-8; classes behind a backslash are of ASCII. Not: back references and looking around, which no such automaton has, and
// classes by property (\p).
//
// Threads: no state after Compile. Complexity: Compile O(length, repetitions multiplied out), both limited; Search O(text * size()).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace kvorum {

inline constexpr size_t kMaxRegexBytes = 4096;
inline constexpr size_t kMaxRegexProgram = 10'000;
inline constexpr size_t kMaxRegexDepth = 64;

class Regex {
 public:
  // Null: it is no regular expression, or too large a one.
  static std::shared_ptr<const Regex> Compile(std::string_view text);
  // Whether it matches anywhere in the text.
  bool Search(std::string_view text) const;
  size_t size() const { return program_.size(); }

 private:
  friend class RegexCompiler;

  struct Instruction {
    enum class Kind : uint8_t { kCharacter, kAny, kClass, kSplit, kJump, kStart, kEnd, kWordEdge, kNoWordEdge, kMatch };
    Kind kind;
    uint32_t value = 0;  // the character, the class's number, where to go
    uint32_t other = 0;  // the other place to go
  };
  struct Class {
    bool negated = false;
    std::vector<std::pair<uint32_t, uint32_t>> ranges;
    bool Has(uint32_t character, bool ignores_case) const;
  };
  class Threads;

  bool Consumes(const Instruction& instruction, uint32_t character) const;

  std::vector<Instruction> program_;
  std::vector<Class> classes_;
  bool ignores_case_ = false;
};

}  // namespace kvorum
