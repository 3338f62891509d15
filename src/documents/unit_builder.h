// UnitBuilder: gathers what a reader finds, paragraph by paragraph, into units, and hands them on. A unit that gets too long
// is cut between paragraphs, or at worst between characters; the rest follows as a unit of the same place.
//
// Threads: one. Ownership: borrows the sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "documents/unit.h"

namespace kvorum {

class UnitBuilder {
 public:
  explicit UnitBuilder(const UnitSink& sink) : sink_(sink) {}

  // Of the units handed on from here on.
  void SetDocumentTitle(std::string_view title);
  const std::string& document_title() const { return document_title_; }

  // Begins a unit of this kind; `number` 0: the next one. Headings are gone.
  void Begin(UnitKind kind, uint32_t number = 0);
  // Begins a section under this heading, which ends those of its level and deeper. `level`: from 1. One of more than kMaxTitleBytes is cut, and stands
  // whole in the section's text; one that nothing stands under, not even a heading, becomes its section's text.
  void Heading(int level, std::string_view text);
  // A paragraph behind an empty line; a line behind the line before. Spaces around it are dropped; an empty one is nothing.
  void Paragraph(std::string_view text) { Append(text, "\n\n"); }
  void Line(std::string_view text) { Append(text, "\n"); }
  // Hands on what there is. Call it at the end.
  void End();

  // The sink wants no more, or the document has more text than any may have: stop reading.
  bool is_stopped() const { return is_stopped_; }
  // Why, if it is the document's fault.
  const DocumentError& error() const { return error_; }
  // Whether any text was found.
  bool has_text() const { return total_bytes_ > 0; }

 private:
  struct HeadingAt {
    int level;
    std::string text;
    bool is_bare = true;  // nothing has been handed on under it
  };

  void Append(std::string_view text, std::string_view separator);
  void Flush();
  void Hand(std::string text);
  // Behind a Flush, before the innermost heading goes or gets company of its level.
  void KeepBareHeading();

  const UnitSink& sink_;
  std::string document_title_;
  UnitKind kind_ = UnitKind::kText;
  uint32_t number_ = 1;
  uint32_t next_number_ = 1;
  std::vector<HeadingAt> headings_;
  std::string text_;
  uint64_t total_bytes_ = 0;
  bool is_stopped_ = false;
  DocumentError error_;
};

// One line: runs of spaces and line ends become a space each, none at the ends.
std::string OneLine(std::string_view text);
// Without spaces and line ends around.
std::string_view TrimSpace(std::string_view text);

}  // namespace kvorum
