#include "text/language.h"

#include <libstemmer.h>

#include "base/check.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

constexpr std::array<const char*, kLanguages> kNames = {
    "arabic",     "armenian", "basque",    "catalan",    "danish",    "dutch",      "english", "finnish",
    "french",     "german",   "greek",     "hindi",      "hungarian", "indonesian", "irish",   "italian",
    "lithuanian", "nepali",   "norwegian", "portuguese", "romanian",  "russian",    "serbian", "spanish",
    "swedish",    "tamil",    "turkish",   "yiddish",    "chinese"};

}  // namespace

std::optional<Language> LanguageNamed(std::string_view name) {
  const std::string folded = FoldCase(name);
  for (size_t i = 0; i < kLanguages; ++i) {
    if (folded == kNames[i]) return static_cast<Language>(i);
  }
  return std::nullopt;
}

std::string_view LanguageName(Language language) { return kNames[static_cast<size_t>(language)]; }

Stemmers::Stemmers() = default;

Stemmers::~Stemmers() {
  for (sb_stemmer* stemmer : stemmers_) sb_stemmer_delete(stemmer);
}

std::string_view Stemmers::Stem(Language language, std::string_view word) {
  if (language == Language::kChinese || word.size() < kMinStemLetters || CountCodePoints(word) < kMinStemLetters) {
    return word;
  }
  sb_stemmer*& stemmer = stemmers_[static_cast<size_t>(language)];
  if (stemmer == nullptr) {
    stemmer = sb_stemmer_new(kNames[static_cast<size_t>(language)], nullptr);
    CHECK(stemmer != nullptr);
  }
  const sb_symbol* stem =
      sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
  CHECK(stem != nullptr);
  return {reinterpret_cast<const char*>(stem), static_cast<size_t>(sb_stemmer_length(stemmer))};
}

}  // namespace kvorum
