#include "search/tag_index.h"

#include <algorithm>

#include "text/unicode.h"

namespace kvorum {

void TagIndex::Add(DocId id, std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  for (const std::string& tag : tags) {
    postings_bytes_ += tags_.FindOrAdd(tag)->postings.Append(kFormat, id, {});
    ++records_;
  }
}

std::vector<std::string> SplitTags(std::string_view text, char separator, bool case_sensitive, bool with_empty) {
  std::vector<std::string> tags;
  while (true) {
    const size_t end = separator == 0 ? std::string_view::npos : text.find(separator);
    std::string_view tag = text.substr(0, end);
    while (!tag.empty() && static_cast<uint8_t>(tag.front()) <= ' ') tag.remove_prefix(1);
    while (!tag.empty() && static_cast<uint8_t>(tag.back()) <= ' ') tag.remove_suffix(1);
    if (!tag.empty() || with_empty) tags.push_back(case_sensitive ? std::string(tag) : FoldCase(tag));
    if (end == std::string_view::npos) return tags;
    text.remove_prefix(end + 1);
  }
}

}  // namespace kvorum
