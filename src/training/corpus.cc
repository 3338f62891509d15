#include "training/corpus.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "text/tokenizer.h"

namespace kvorum {
namespace {

// dictd writes numbers in base 64, the highest digit first.
bool ReadBase64(std::string_view digits, uint64_t* number) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  *number = 0;
  for (const char c : digits) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos || *number >> 40 != 0) return false;
    *number = *number * 64 + digit;
  }
  return !digits.empty();
}

// Leaves out \pro*nun"ci*a"tions\ and the marks that GCIDE puts behind each paragraph.
std::string Clean(std::string_view entry) {
  static constexpr size_t kLongestPronunciation = 40;
  static constexpr std::string_view kMarks[] = {"[1913 Webster]", "[PJC]", "[WordNet 1.5]", "[Webster 1913 Suppl.]"};
  std::string clean;
  clean.reserve(entry.size());
  for (size_t at = 0; at < entry.size();) {
    if (entry[at] == '\\') {
      const size_t end = entry.find('\\', at + 1);
      at = end != std::string_view::npos && end - at <= kLongestPronunciation ? end + 1 : at + 1;
      clean += ' ';
      continue;
    }
    size_t skip = 0;
    if (entry[at] == '[') {
      for (const std::string_view mark : kMarks) {
        if (entry.substr(at).starts_with(mark)) skip = mark.size();
      }
    }
    if (skip == 0) clean += entry[at++];
    at += skip;
  }
  return clean;
}

}  // namespace

void Corpus::Add(std::string_view text) {
  words_.push_back(kBreak);
  Tokenizer tokenizer(text);
  for (Token token; tokenizer.Next(&token); ++total_) {
    const auto [it, added] = numbers_.try_emplace(std::string(token.text), 0);
    if (added) {
      const std::string_view stem =
          token.text.size() < kMinStemLetters ? token.text : stemmers_.Stem(Language::kEnglish, token.text);
      const auto [known, new_stem] = stems_.try_emplace(std::string(stem), static_cast<uint32_t>(names_.size()));
      if (new_stem) {
        names_.emplace_back(stem);
        counts_.push_back(0);
      }
      it->second = known->second;
    }
    ++counts_[it->second];
    words_.push_back(it->second);
  }
}

void Corpus::Limit(uint64_t least, size_t most) {
  static constexpr size_t kLongestWord = 64;  // what is longer is no word
  std::vector<uint32_t> order(names_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
    return counts_[a] != counts_[b] ? counts_[a] > counts_[b] : names_[a] < names_[b];
  });
  std::vector<uint32_t> new_numbers(names_.size(), kRare);
  std::vector<std::string> names;
  std::vector<uint32_t> counts;
  for (const uint32_t old : order) {
    if (names.size() == most || counts_[old] < least) break;
    if (names_[old].size() > kLongestWord) continue;
    new_numbers[old] = static_cast<uint32_t>(names.size());
    names.push_back(names_[old]);
    counts.push_back(counts_[old]);
  }
  for (uint32_t& word : words_) {
    if (word != kBreak) word = new_numbers[word];
  }
  names_ = std::move(names);
  counts_ = std::move(counts);
  numbers_.clear();
  stems_.clear();
}

bool ReadDictionary(std::string_view index, std::string_view text, std::vector<std::string>* entries,
                    std::string* error) {
  std::set<std::pair<uint64_t, uint64_t>> places;  // several headwords may have one entry
  while (!index.empty()) {
    const std::string_view line = index.substr(0, index.find('\n'));
    index.remove_prefix(std::min(index.size(), line.size() + 1));
    const size_t first = line.find('\t');
    const size_t second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    if (second == std::string_view::npos) return *error = "has a line without three fields", false;
    if (line.starts_with("00")) continue;  // about the dictionary
    std::string_view length = line.substr(second + 1);
    length = length.substr(0, length.find('\t'));
    uint64_t begin = 0;
    uint64_t bytes = 0;
    if (!ReadBase64(line.substr(first + 1, second - first - 1), &begin) || !ReadBase64(length, &bytes) ||
        begin > text.size() || bytes > text.size() - begin) {
      return *error = "does not fit its text", false;
    }
    places.emplace(begin, bytes);
  }
  for (const auto& [begin, bytes] : places) entries->push_back(Clean(text.substr(begin, bytes)));
  return true;
}

}  // namespace kvorum
