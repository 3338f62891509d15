// DOCX (ECMA-376): a unit a section, parted by headings; tables row by row; notes, headers and comments at the end. Text that was deleted
// with changes tracked is left out.
#include <set>
#include <utility>

#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/archive.h"
#include "readers/office_text.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

constexpr char kUsualDocument[] = "word/document.xml";
constexpr int kTitleLevel = 100;
constexpr int kMostStylesAbove = 16;  // that one is based on, one on another

// Which styles are headings, and of which level.
class HeadingStyles {
 public:
  void Read(const pugi::xml_node& styles) {
    std::map<std::string, std::string> bases;
    for (const pugi::xml_node& style : styles.children()) {
      if (LocalName(style) != "style") continue;
      const std::string id(AttributeNamed(style, "styleId"));
      bases[id] = AttributeNamed(ChildNamed(style, "basedOn"), "val");
      if (const int level = LevelOfStyle(style)) levels_[id] = level;
    }
    for (const auto& [id, base] : bases) {
      const std::string* above = &base;
      for (int i = 0; i < kMostStylesAbove && !levels_.contains(id); ++i) {
        if (const auto found = levels_.find(*above); found != levels_.end()) levels_[id] = found->second;
        const auto next = bases.find(*above);
        if (next == bases.end()) break;
        above = &next->second;
      }
    }
  }

  // 0: text.
  int LevelOf(const pugi::xml_node& paragraph) const {
    const pugi::xml_node properties = ChildNamed(paragraph, "pPr");
    if (const int level = OutlineLevel(properties)) return level;
    const std::string style(AttributeNamed(ChildNamed(properties, "pStyle"), "val"));
    const auto found = levels_.find(style);
    if (found != levels_.end()) return found->second;
    // Documents without styles of their own.
    if (style.starts_with("Heading") && style.size() == 8 && style[7] >= '1' && style[7] <= '9') return style[7] - '0';
    return 0;
  }

 private:
  static int OutlineLevel(const pugi::xml_node& properties) {
    const std::string_view outline = AttributeNamed(ChildNamed(properties, "outlineLvl"), "val");
    return outline.size() == 1 && outline[0] >= '0' && outline[0] < '9' ? outline[0] - '0' + 1 : 0;
  }

  // By its name, in English as the format stores it in any language, or its outline level.
  static int LevelOfStyle(const pugi::xml_node& style) {
    std::string name(AttributeNamed(ChildNamed(style, "name"), "val"));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (name == "title") return kTitleLevel;
    if (name.starts_with("heading ") && name.size() == 9 && name[8] >= '1' && name[8] <= '9') return name[8] - '0';
    return OutlineLevel(ChildNamed(style, "pPr"));
  }

  std::map<std::string, int> levels_;
};

class DocxReader {
 public:
  DocxReader(Archive& archive, const UnitSink& sink) : archive_(archive), units_(sink) {}

  // What is broken besides the text itself costs no more than it holds.
  DocumentError Read(const std::string& part) {
    std::map<std::string, Archive::Relation> relations;
    Note(archive_.ReadRelations(part, &relations));
    if (archive_.Has("docProps/core.xml")) {
      pugi::xml_document core;
      Note(archive_.ReadXml("docProps/core.xml", &core));
      units_.SetDocumentTitle(TextOf(ChildNamed(core.document_element(), "title")));
    }
    ReadStyles(PartOf(relations, "styles", part));
    pugi::xml_document xml;
    Note(archive_.ReadXml(part, &xml));
    ReadBlocks(ChildNamed(xml.document_element(), "body"), 0);
    Note(ReadGraphics(archive_, relations, units_));
    ReadNotes(PartOf(relations, "footnotes", part), "footnote", "Footnotes");
    ReadNotes(PartOf(relations, "endnotes", part), "endnote", "Endnotes");
    ReadNotes(PartOf(relations, "comments", part), "comment", "Comments");
    ReadHeaders(relations);
    units_.End();
    if (units_.error()) return units_.error();
    if (first_error_) return first_error_;
    if (is_too_deep_)
      return DocumentError("is nested deeper than " + std::to_string(kMaxDepth) + "; what is deeper was left out");
    return units_.has_text() || units_.is_stopped() ? DocumentError() : DocumentError("holds no text");
  }

 private:
  void Note(DocumentError error) {
    if (error && !first_error_) first_error_ = std::move(error);
  }

  // Empty: it has none. Where nothing is said of it, it is looked for where all writers put it.
  std::string PartOf(const std::map<std::string, Archive::Relation>& relations, const std::string& type,
                     const std::string& document) const {
    for (const auto& [id, relation] : relations) {
      if (relation.type == type) return relation.target;
    }
    const std::string usual = document.substr(0, document.rfind('/') + 1) + type + ".xml";
    return archive_.Has(usual) ? usual : std::string();
  }

  void ReadStyles(const std::string& part) {
    if (part.empty()) return;
    pugi::xml_document xml;
    Note(archive_.ReadXml(part, &xml));
    styles_.Read(xml.document_element());
  }

  void ReadNotes(const std::string& part, std::string_view name, std::string_view heading) {
    if (part.empty()) return;
    pugi::xml_document xml;
    Note(archive_.ReadXml(part, &xml));
    bool is_first = true;
    for (const pugi::xml_node& note : xml.document_element().children()) {
      // Those of a type are separators.
      if (LocalName(note) != name || (name != "comment" && IsSeparator(AttributeNamed(note, "type")))) continue;
      if (is_first) units_.Heading(1, heading);
      is_first = false;
      ReadBlocks(note, 0);
    }
  }

  static bool IsSeparator(std::string_view type) { return !type.empty() && type != "normal"; }

  // Of all pages, each text once.
  void ReadHeaders(const std::map<std::string, Archive::Relation>& relations) {
    std::set<std::string> parts;
    std::set<std::string> texts;
    for (const auto& [id, relation] : relations) {
      if ((relation.type != "header" && relation.type != "footer") || !parts.insert(relation.target).second) continue;
      pugi::xml_document xml;
      Note(archive_.ReadXml(relation.target, &xml));
      std::string text;
      AppendBlocks(xml.document_element(), text, 0);
      text = OneLine(text);
      // Not the number of the page that it was last seen on.
      const bool is_number = text.find_first_not_of("0123456789 ") == text.npos;
      if (is_number || !texts.insert(text).second) continue;
      if (texts.size() == 1) units_.Heading(1, "Headers and footers");
      units_.Paragraph(text);
    }
  }

  bool IsTooDeep(int depth) {
    is_too_deep_ |= depth >= kMaxDepth;
    return depth >= kMaxDepth;
  }

  void ReadBlocks(const pugi::xml_node& parent, int depth) {
    if (IsTooDeep(depth)) return;
    for (const pugi::xml_node& node : parent.children()) {
      if (units_.is_stopped()) return;
      const std::string_view name = LocalName(node);
      if (name == "p") {
        ReadParagraph(node, depth);
      } else if (name == "tbl") {
        ReadRows(node, depth + 1);
      } else if (const pugi::xml_node inner = Unwrapped(node)) {
        ReadBlocks(inner, depth + 1);
      }
    }
  }

  void ReadParagraph(const pugi::xml_node& paragraph, int depth) {
    std::string text;
    std::vector<pugi::xml_node> boxes;
    is_too_deep_ |= !AppendRuns(paragraph, text, &boxes);
    const int level = styles_.LevelOf(paragraph);
    if (level == kTitleLevel) {
      if (units_.document_title().empty()) units_.SetDocumentTitle(text);
      units_.Paragraph(text);
    } else if (level > 0) {
      units_.Heading(level, text);
    } else if (ChildNamed(ChildNamed(paragraph, "pPr"), "numPr")) {
      if (!TrimSpace(text).empty()) units_.Line("- " + text);
    } else {
      units_.Paragraph(text);
    }
    for (const pugi::xml_node& box : boxes) ReadBlocks(box, depth + 1);
  }

  void ReadRows(const pugi::xml_node& table, int depth) {
    if (IsTooDeep(depth)) return;
    for (const pugi::xml_node& node : table.children()) {
      if (LocalName(node) == "tr") {
        std::string line;
        if (!ChildNamed(ChildNamed(node, "trPr"), "del")) AppendCells(node, line, depth + 1);
        units_.Paragraph(line);
      } else if (const pugi::xml_node inner = Unwrapped(node)) {
        ReadRows(inner, depth + 1);
      }
    }
  }

  void AppendCells(const pugi::xml_node& row, std::string& line, int depth) {
    if (IsTooDeep(depth)) return;
    for (const pugi::xml_node& node : row.children()) {
      if (LocalName(node) == "tc") {
        if (ChildNamed(ChildNamed(node, "tcPr"), "cellDel")) continue;
        std::string content;
        AppendBlocks(node, content, depth + 1);
        if (!line.empty()) line += " | ";
        line += TrimSpace(content);
      } else if (const pugi::xml_node inner = Unwrapped(node)) {
        AppendCells(inner, line, depth + 1);
      }
    }
  }

  // Paragraphs, tables within tables and text boxes, a space between them.
  void AppendBlocks(const pugi::xml_node& parent, std::string& text, int depth) {
    if (IsTooDeep(depth)) return;
    for (const pugi::xml_node& node : parent.children()) {
      const std::string_view name = LocalName(node);
      if (name == "p") {
        std::vector<pugi::xml_node> boxes;
        is_too_deep_ |= !AppendRuns(node, text, &boxes);
        text += ' ';
        for (const pugi::xml_node& box : boxes) AppendBlocks(box, text, depth + 1);
      } else if (name == "tbl" || name == "tr" || name == "tc") {
        if (!ChildNamed(ChildNamed(node, "trPr"), "del")) AppendBlocks(node, text, depth + 1);
      } else if (const pugi::xml_node inner = Unwrapped(node)) {
        AppendBlocks(inner, text, depth + 1);
      }
    }
  }

  Archive& archive_;
  UnitBuilder units_;
  HeadingStyles styles_;
  DocumentError first_error_;
  bool is_too_deep_ = false;
};

}  // namespace

DocumentError ReadDocx(const std::string& path, const UnitSink& sink) {
  Archive archive;
  if (DocumentError error = archive.Open(path)) return error;
  if (archive.Has("ppt/presentation.xml")) return ReadPptx(path, sink);
  const std::string part = archive.MainPart(kUsualDocument);
  if (!archive.Has(part)) return DocumentError("is a ZIP archive, but neither DOCX nor PPTX");
  return DocxReader(archive, sink).Read(part);
}

}  // namespace kvorum
