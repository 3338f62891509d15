// Languages whose words have stems: Snowball's, by libstemmer.
//
// Threads: a Stemmers is used by one thread at a time; the rest has no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sb_stemmer;

namespace kvorum {

enum class Language : uint8_t {
  kArabic,
  kArmenian,
  kBasque,
  kCatalan,
  kDanish,
  kDutch,
  kEnglish,
  kFinnish,
  kFrench,
  kGerman,
  kGreek,
  kHindi,
  kHungarian,
  kIndonesian,
  kIrish,
  kItalian,
  kLithuanian,
  kNepali,
  kNorwegian,
  kPortuguese,
  kRomanian,
  kRussian,
  kSerbian,
  kSpanish,
  kSwedish,
  kTamil,
  kTurkish,
  kYiddish,
  kChinese,  // no stems; cut by dictionary
};
inline constexpr size_t kLanguages = static_cast<size_t>(Language::kChinese) + 1;

// Words of fewer letters have no stem but themselves.
inline constexpr size_t kMinStemLetters = 4;

// By its English name, in any letter case.
std::optional<Language> LanguageNamed(std::string_view name);
std::string_view LanguageName(Language language);

// Makes each language's stemmer when it is first asked for.
class Stemmers {
 public:
  Stemmers();
  ~Stemmers();
  Stemmers(const Stemmers&) = delete;
  Stemmers& operator=(const Stemmers&) = delete;

  // The stem of a word that is folded to lower case. Good until the next call; may be the word itself.
  std::string_view Stem(Language language, std::string_view word);

 private:
  std::array<sb_stemmer*, kLanguages> stemmers_{};
};

}  // namespace kvorum
