// The kinds of directives that redis.conf is made of: each parses words into a value, and gives the value back as text.
//
// A directive writes into a field of the settings, or keeps its value itself when nothing reads it yet. What Get returns can
// be given to Set as one word, which is how CONFIG SET takes values back when one of several fails.
//
// Threads: the shard's. Ownership: a directive borrows the field.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvorum {

class Server;

using Words = std::span<const std::string>;

namespace directive {
inline constexpr uint32_t kImmutable = 1;   // only in files and on the command line
inline constexpr uint32_t kHidden = 2;      // CONFIG GET shows it by its full name only
inline constexpr uint32_t kProtected = 4;   // CONFIG SET needs enable-protected-configs
inline constexpr uint32_t kSensitive = 8;   // not to be logged
inline constexpr uint32_t kManyWords = 16;  // may have several words, or several lines
inline constexpr uint32_t kHidesSome = 32;  // CONFIG GET does not show all of it: equal texts may differ
}  // namespace directive

class Directive {
 public:
  Directive(std::string_view name, uint32_t flags) : name_(name), flags_(flags) {}
  virtual ~Directive() = default;
  Directive(const Directive&) = delete;
  Directive& operator=(const Directive&) = delete;

  std::string_view name() const { return name_; }
  bool Is(uint32_t flag) const { return (flags_ & flag) != 0; }

  // Replaces the value; on failure it stays and *error says what is allowed.
  [[nodiscard]] virtual bool Set(Words words, std::string* error) = 0;
  // The same for one line of a file, of which there may be several.
  [[nodiscard]] virtual bool Load(Words words, std::string* error) { return Set(words, error); }
  virtual std::string Get() const = 0;
  // Lines for a file that give this value.
  virtual std::vector<std::string> Lines() const;

  // The other name it has (slave-..., ...-ziplist-...), or empty.
  Directive& Alias(std::string_view alias) {
    alias_ = alias;
    return *this;
  }
  std::string_view alias() const { return alias_; }

  // Called once after CONFIG SET has set it, and all the others of the same call; directives with the same function share
  // the call. False: all are taken back.
  using ApplyFunction = bool (*)(Server& server, std::string* error);
  Directive& Apply(ApplyFunction apply) {
    apply_ = apply;
    return *this;
  }
  ApplyFunction apply() const { return apply_; }

  // Set, or Load, and then the question whether this server can have that value.
  [[nodiscard]] bool Assign(Words words, bool load, std::string* error);
  // Says why a value that is well formed cannot be had, or nothing.
  using RefuseFunction = std::string (*)(const std::string& value);
  Directive& Refuse(RefuseFunction refuse) {
    refuse_ = refuse;
    return *this;
  }

  // A line for the log when a value is accepted but does not do what it says, or nothing.
  using NoteFunction = std::function<std::string()>;
  Directive& Note(NoteFunction note) {
    note_ = std::move(note);
    return *this;
  }
  std::string NoteText() const { return note_ ? note_() : std::string(); }

  // Remembers the present value as the default.
  void KeepDefault() { default_ = Get(); }
  bool is_default() const { return Get() == default_; }
  const std::string& default_text() const { return default_; }

 private:
  std::string_view name_;
  std::string_view alias_;
  uint32_t flags_;
  ApplyFunction apply_ = nullptr;
  RefuseFunction refuse_ = nullptr;
  NoteFunction note_;
  std::string default_;
};

class BoolDirective final : public Directive {
 public:
  BoolDirective(std::string_view name, uint32_t flags, bool* field, bool kept = false)
      : Directive(name, flags), kept_(kept), field_(field != nullptr ? field : &kept_) {}
  bool Set(Words words, std::string* error) override;
  std::string Get() const override { return *field_ ? "yes" : "no"; }

 private:
  bool kept_;
  bool* field_;
};

enum class Unit : uint8_t { kNumber, kMemory, kMemoryOrPercent, kOctal };

class IntegerDirective final : public Directive {
 public:
  struct Range {
    int64_t low = 0;
    int64_t high = INT32_MAX;
    Unit unit = Unit::kNumber;
  };
  IntegerDirective(std::string_view name, uint32_t flags, int64_t* field, Range range, int64_t kept = 0)
      : Directive(name, flags), range_(range), kept_(kept), field_(field != nullptr ? field : &kept_) {}
  bool Set(Words words, std::string* error) override;
  std::string Get() const override;

 private:
  Range range_;
  int64_t kept_;
  int64_t* field_;  // a percentage is negative
};

// Memory up to 2^64-1 (maxmemory).
class BytesDirective final : public Directive {
 public:
  BytesDirective(std::string_view name, uint32_t flags, uint64_t* field) : Directive(name, flags), field_(field) {}
  bool Set(Words words, std::string* error) override;
  std::string Get() const override { return std::to_string(*field_); }

 private:
  uint64_t* field_;
};

class TextDirective final : public Directive {
 public:
  // Says what is wrong with a value, or nothing.
  using Check = std::string (*)(const std::string& value);
  TextDirective(std::string_view name, uint32_t flags, std::string* field, std::string kept = {}, Check check = nullptr)
      : Directive(name, flags), kept_(std::move(kept)), field_(field != nullptr ? field : &kept_), check_(check) {}
  bool Set(Words words, std::string* error) override;
  std::string Get() const override { return *field_; }

 private:
  std::string kept_;
  std::string* field_;
  Check check_;
};

// One of some words, each of which stands for a value of type T.
std::string AllowedWords(std::span<const std::string_view> words);
bool WrongNumber(std::string* error);

template <typename T>
class ChoiceDirective final : public Directive {
 public:
  using Choices = std::vector<std::pair<std::string_view, T>>;
  ChoiceDirective(std::string_view name, uint32_t flags, T* field, Choices choices, T kept = {})
      : Directive(name, flags),
        choices_(std::move(choices)),
        kept_(std::move(kept)),
        field_(field != nullptr ? field : &kept_) {}
  bool Set(Words words, std::string* error) override;
  std::string Get() const override {
    for (const auto& [word, value] : choices_) {
      if (value == *field_) return std::string(word);
    }
    return {};
  }

 private:
  Choices choices_;
  T kept_;
  T* field_;
};

// Whether two texts are equal but for the case of ASCII letters.
bool SameWord(std::string_view a, std::string_view b);
std::string LowerCase(std::string_view text);

template <typename T>
bool ChoiceDirective<T>::Set(Words words, std::string* error) {
  if (words.size() != 1) return WrongNumber(error);
  std::vector<std::string_view> names;
  for (const auto& [word, value] : choices_) {
    if (SameWord(word, words[0])) {
      *field_ = value;
      return true;
    }
    names.push_back(word);
  }
  *error = AllowedWords(names);
  return false;
}

// All else: a value made of several words. CONFIG SET gives them as one, so Set splits it at spaces.
class WordsDirective final : public Directive {
 public:
  using SetFunction = std::function<bool(Words words, std::string* error)>;
  using GetFunction = std::function<std::string()>;
  using LinesFunction = std::function<std::vector<std::string>()>;
  struct Functions {
    SetFunction set;
    GetFunction get;
    SetFunction load = {};     // as set if not given
    LinesFunction lines = {};  // one line of what get gives if not given
  };
  WordsDirective(std::string_view name, uint32_t flags, Functions functions)
      : Directive(name, flags | directive::kManyWords), functions_(std::move(functions)) {}
  bool Set(Words words, std::string* error) override;
  bool Load(Words words, std::string* error) override;
  std::string Get() const override { return functions_.get(); }
  std::vector<std::string> Lines() const override;

 private:
  Functions functions_;
};

// "1gb" is 2^30 and "1g" 10^9; k, kb, m, mb, g, gb, b, whatever their case; no sign, no fraction.
[[nodiscard]] bool ParseMemory(std::string_view text, uint64_t* bytes);
// A word as it stands in a file: in quotes where it needs them.
std::string Quoted(std::string_view word);
// At spaces; no quoting.
std::vector<std::string> SplitAtSpaces(std::string_view text);

}  // namespace kvorum
