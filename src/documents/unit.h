// Unit: a piece of a document as its author made it: a page, a slide, a section, an entry; with where it stands.
//
// Readers hand units out one after another, so that a document is never in memory as a whole. Texts are valid UTF-8,
// paragraphs are parted by an empty line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kvorum {

enum class UnitKind : uint8_t { kText, kPage, kSlide, kSection, kEntry };

// "page", ...
const char* UnitKindName(UnitKind kind);

struct Unit {
  UnitKind kind = UnitKind::kText;
  uint32_t number = 0;                // of the page or slide, from 1; of what has no pages, counted
  std::string document_title;         // may be empty
  std::vector<std::string> headings;  // that the text stands under, outermost first; a slide's title, an entry's word
  std::string text;

  bool operator==(const Unit&) const = default;
};

// Takes a unit. False: no more are wanted.
using UnitSink = std::function<bool(Unit&&)>;

// How reading a document failed, or that it did not. The text is the rest of a line that begins with the file's name.
class [[nodiscard]] DocumentError {
 public:
  DocumentError() = default;
  explicit DocumentError(std::string text) : text_(std::move(text)) {}
  // It says nothing of the document: whoever read it has ended in the middle, and another attempt may go well.
  static DocumentError Passing(std::string text) {
    DocumentError error(std::move(text));
    error.is_passing_ = true;
    return error;
  }

  explicit operator bool() const { return !text_.empty(); }  // true: it failed
  const std::string& text() const { return text_; }
  bool is_passing() const { return is_passing_; }

 private:
  std::string text_;
  bool is_passing_ = false;
};

}  // namespace kvorum
