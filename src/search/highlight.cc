#include "search/highlight.h"

#include <algorithm>

#include "text/term_dictionary.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

using Kind = QueryNode::Kind;

// Letters between two words, for texts of a word's length.
bool IsNear(std::string_view a, std::string_view b, size_t distance) {
  if (b.size() > kMaxPatternBytes) return false;
  std::u32string left, right;
  for (size_t offset = 0; offset < a.size();) left += TakeCodePoint(a, &offset);
  for (size_t offset = 0; offset < b.size();) right += TakeCodePoint(b, &offset);
  if (left.size() > right.size() + distance || right.size() > left.size() + distance) return false;
  std::vector<size_t> row(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (left[i - 1] != right[j - 1])});
      diagonal = above;
    }
  }
  return row.back() <= distance;
}

// Lines ends and the like would break a summary that is shown on a line.
void AppendOnOneLine(std::string& out, std::string_view text) {
  for (char c : text) out += c == '\n' || c == '\r' ? ' ' : c;
}

}  // namespace

Highlighter::Highlighter(const QueryNode& query, Language language) : language_(language) { Collect(query); }

void Highlighter::Collect(const QueryNode& node) {
  switch (node.kind) {
    case Kind::kTerm:
    case Kind::kPrefix:
    case Kind::kSuffix:
    case Kind::kInfix:
    case Kind::kWildcard:
    case Kind::kFuzzy:
      wanted_.push_back({node.kind, node.exact, node.distance, node.fields, node.text,
                         std::string(stemmers_.Stem(language_, node.text))});
      break;
    case Kind::kNot:
    case Kind::kTag:
      break;
    default:
      for (const QueryPtr& child : node.children) Collect(*child);
  }
}

bool Highlighter::Matches(std::string_view word, const FieldSet& field) {
  for (const Wanted& wanted : wanted_) {
    if ((wanted.fields & field).empty()) continue;
    bool matches = false;
    switch (wanted.kind) {
      case Kind::kPrefix:
        matches = word.starts_with(wanted.text);
        break;
      case Kind::kSuffix:
        matches = word.ends_with(wanted.text);
        break;
      case Kind::kInfix:
        matches = word.find(wanted.text) != std::string_view::npos;
        break;
      case Kind::kWildcard:
        matches = WildcardMatch(wanted.text, word);
        break;
      case Kind::kFuzzy:
        matches = IsNear(word, wanted.text, wanted.distance);
        break;
      default:
        matches = word == wanted.text || (!wanted.exact && stemmers_.Stem(language_, word) == wanted.stem);
        break;
    }
    if (matches) return true;
  }
  return false;
}

std::vector<Highlighter::Word> Highlighter::WordsOf(std::string_view text, const FieldSet& field) {
  std::vector<Word> words;
  Tokenizer tokenizer(text, language_);
  Token token;
  while (tokenizer.Next(&token)) words.push_back({token.begin, token.end, Matches(token.text, field)});
  return words;
}

std::string Highlighter::Highlight(std::string_view text, const FieldSet& field, const HighlightOptions& options) {
  std::string marked;
  size_t done = 0;
  for (const Word& word : WordsOf(text, field)) {
    if (!word.matches) continue;
    marked += text.substr(done, word.begin - done);
    marked += options.open;
    marked += text.substr(word.begin, word.end - word.begin);
    marked += options.close;
    done = word.end;
  }
  marked += text.substr(done);
  return marked;
}

std::string Highlighter::Summarize(std::string_view text, const FieldSet& field, const SummarizeOptions& options,
                                   const HighlightOptions* highlight) {
  const std::vector<Word> words = WordsOf(text, field);
  if (words.empty()) return std::string(text);

  // Windows of words around matches; those that touch are one.
  struct Fragment {
    size_t begin, end;  // words
    size_t matches;
  };
  std::vector<Fragment> fragments;
  const size_t context = options.words / 2;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!words[i].matches) continue;
    const size_t begin = i > context ? i - context : 0;
    const size_t end = std::min(words.size(), i + 1 + context);
    if (!fragments.empty() && begin <= fragments.back().end && i < fragments.back().begin + options.words) {
      fragments.back().end = std::min(std::max(fragments.back().end, end), fragments.back().begin + options.words);
      ++fragments.back().matches;
    } else {
      fragments.push_back({fragments.empty() ? begin : std::max(begin, fragments.back().end), end, 1});
    }
  }
  if (fragments.empty()) fragments.push_back({0, std::min(words.size(), options.words), 0});
  // The best, then in the order of the text.
  std::stable_sort(fragments.begin(), fragments.end(),
                   [](const Fragment& a, const Fragment& b) { return a.matches > b.matches; });
  if (fragments.size() > options.fragments) fragments.resize(options.fragments);
  std::sort(fragments.begin(), fragments.end(), [](const Fragment& a, const Fragment& b) { return a.begin < b.begin; });

  std::string summary;
  for (const Fragment& fragment : fragments) {
    size_t done = words[fragment.begin].begin;
    for (size_t i = fragment.begin; i < fragment.end; ++i) {
      if (highlight == nullptr || !words[i].matches) continue;
      AppendOnOneLine(summary, text.substr(done, words[i].begin - done));
      summary += highlight->open;
      summary += text.substr(words[i].begin, words[i].end - words[i].begin);
      summary += highlight->close;
      done = words[i].end;
    }
    // The last word's own punctuation goes with it.
    const size_t end = fragment.end == words.size() ? text.size() : words[fragment.end - 1].end;
    AppendOnOneLine(summary, text.substr(done, end - done));
    summary += options.separator;
  }
  return summary;
}

}  // namespace kvorum
