// dictd's dictionaries: an index of lines "word TAB offset TAB length", numbers in base 64, and the text that they point into, plain
// (.dict) or packed by dictzip (.dict.dz), which is gzip. A unit an entry; words of the same entry stand together.
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/dictd.h"
#include "readers/file_bytes.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

// What the dictionary says of itself, which nobody would look up. Its words have hyphens or, in most files, lack them.
bool IsAboutItself(std::string_view word) { return word.starts_with("00-database") || word.starts_with("00database"); }

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool ParseBase64(std::string_view text, uint64_t* number) {
  *number = 0;
  if (text.empty() || text.size() > 10) return false;
  for (char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) return false;
    *number = *number * 64 + static_cast<uint64_t>(digit);
  }
  return true;
}

// Texts in the order of their offsets, as a packed file gives them.
class DictionaryText {
 public:
  DocumentError Open(const std::string& index) {
    const std::string path = DictionaryBeside(index);
    const std::string name(FileNameOf(path));
    const std::string_view stem = FileNameOf(index).substr(0, FileNameOf(index).rfind('.'));
    if (path.empty()) return DocumentError("has no dictionary beside it: " + std::string(stem) + ".dict.dz or .dict");
    if (const DocumentError error = CheckIsFile(path))
      return DocumentError("has a dictionary beside it that cannot be read: " + name + " " + error.text());
    file_.reset(gzopen(path.c_str(), "rbe"));
    if (!file_) return DocumentError("has a dictionary beside it that cannot be read: " + name);
    gzbuffer(file_.get(), 128 << 10);
    return {};
  }

  // False: the file is broken or ends before.
  bool Read(uint64_t offset, size_t size, std::string* text) {
    text->resize(size);
    if (static_cast<uint64_t>(gztell(file_.get())) != offset &&
        gzseek(file_.get(), static_cast<z_off_t>(offset), SEEK_SET) < 0)
      return false;
    return gzread(file_.get(), text->data(), static_cast<unsigned>(size)) == static_cast<int>(size);
  }

 private:
  struct CloseGz {
    void operator()(gzFile file) const { gzclose(file); }
  };
  std::unique_ptr<gzFile_s, CloseGz> file_;
};

}  // namespace

bool ParseDictdLine(std::string_view line, DictdLine* entry) {
  const size_t first = line.find('\t');
  const size_t second = first == line.npos ? line.npos : line.find('\t', first + 1);
  if (second == line.npos) return false;
  std::string_view length = line.substr(second + 1);
  length = length.substr(0, length.find('\t'));  // a fourth column: the word as it was before it was sorted
  entry->word = line.substr(0, first);
  return !entry->word.empty() && ParseBase64(line.substr(first + 1, second - first - 1), &entry->offset) &&
         ParseBase64(length, &entry->size);
}

DocumentError ReadDictd(const std::string& path, const UnitSink& sink) {
  std::string index;
  if (DocumentError error = ReadWhole(path, kMaxDictionaryIndexBytes, &index)) return error;
  std::vector<DictdLine> entries;
  std::vector<DictdLine> about;
  for (std::string_view rest = index; !rest.empty();) {
    const size_t end = rest.find('\n');
    DictdLine entry;
    if (!ParseDictdLine(rest.substr(0, end), &entry)) return DocumentError("is no index of a dictionary");
    (IsAboutItself(entry.word) ? about : entries).push_back(entry);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  DictionaryText dictionary;
  if (DocumentError error = dictionary.Open(path)) return error;

  UnitBuilder units(sink);
  std::string text;
  for (const DictdLine& entry : about) {
    if (entry.word != "00-database-short" && entry.word != "00databaseshort") continue;
    if (entry.size > kMaxUnitBytes || !dictionary.Read(entry.offset, entry.size, &text)) break;
    // The word itself stands in front of its text.
    const size_t line = text.find('\n');
    units.SetDocumentTitle(text.starts_with("00") && line != text.npos ? std::string_view(text).substr(line) : text);
  }
  std::stable_sort(entries.begin(), entries.end(), [](const DictdLine& a, const DictdLine& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size < b.size;
  });
  for (size_t i = 0; i < entries.size() && !units.is_stopped();) {
    const DictdLine& entry = entries[i];
    std::string words(entry.word);
    for (++i; i < entries.size() && entries[i].offset == entry.offset && entries[i].size == entry.size; ++i) {
      if (words.size() < kMaxTitleBytes) words.append(", ").append(entries[i].word);
    }
    if (entry.size > kMaxUnitBytes)
      return DocumentError("is broken: an entry has " + std::to_string(entry.size) + " bytes");
    if (!dictionary.Read(entry.offset, entry.size, &text))
      return DocumentError("is broken: the text of '" + OneLine(words.substr(0, kMaxTitleBytes)) + "' is not there");
    units.Begin(UnitKind::kEntry);
    units.Heading(1, words);
    units.Paragraph(text);
    units.End();
  }
  if (units.error()) return units.error();
  return units.has_text() || units.is_stopped() ? DocumentError() : DocumentError("holds no entries");
}

}  // namespace kvorum
