// DOCX (ECMA-376): a unit a section, parted by headings; tables row by row; footnotes at the end. Text that was deleted with
// changes tracked is left out.
#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/archive.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

constexpr char kDocument[] = "word/document.xml";

class DocxReader {
 public:
  explicit DocxReader(const UnitSink& sink) : units_(sink) {}

  DocumentError Read(Archive& archive) {
    if (DocumentError error = ReadStyles(archive)) return error;
    ReadTitle(archive);
    pugi::xml_document xml;
    if (DocumentError error = archive.ReadXml(kDocument, &xml)) return error;
    ReadBlocks(ChildNamed(xml.document_element(), "body"), 0);
    ReadFootnotes(archive);
    units_.End();
    if (units_.error()) return units_.error();
    if (is_too_deep_) return DocumentError("is nested deeper than " + std::to_string(kMaxDepth));
    return units_.has_text() || units_.is_stopped() ? DocumentError() : DocumentError("holds no text");
  }

 private:
  // Which styles are headings: those named so, in English as the format stores them in any language, or with an outline level.
  DocumentError ReadStyles(Archive& archive) {
    if (!archive.Has("word/styles.xml")) return {};
    pugi::xml_document xml;
    if (DocumentError error = archive.ReadXml("word/styles.xml", &xml)) return error;
    for (const pugi::xml_node& style : xml.document_element().children()) {
      if (LocalName(style) != "style") continue;
      std::string name(AttributeNamed(ChildNamed(style, "name"), "val"));
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
      int level = 0;
      if (name.starts_with("heading ") && name.size() == 9) level = name[8] - '0';
      if (name == "title") level = kTitleLevel;
      const std::string_view outline = AttributeNamed(ChildNamed(ChildNamed(style, "pPr"), "outlineLvl"), "val");
      if (level == 0 && outline.size() == 1 && outline[0] >= '0' && outline[0] < '9') level = outline[0] - '0' + 1;
      if (level != 0) levels_[std::string(AttributeNamed(style, "styleId"))] = level;
    }
    return {};
  }

  void ReadTitle(Archive& archive) {
    pugi::xml_document xml;
    if (!archive.Has("docProps/core.xml") || archive.ReadXml("docProps/core.xml", &xml)) return;
    units_.SetDocumentTitle(ChildNamed(xml.document_element(), "title").child_value());
  }

  void ReadFootnotes(Archive& archive) {
    pugi::xml_document xml;
    if (!archive.Has("word/footnotes.xml") || archive.ReadXml("word/footnotes.xml", &xml)) return;
    bool is_first = true;
    for (const pugi::xml_node& note : xml.document_element().children()) {
      if (LocalName(note) != "footnote" || !AttributeNamed(note, "type").empty()) continue;
      if (is_first) units_.Heading(1, "Footnotes");
      is_first = false;
      ReadBlocks(note, 0);
    }
  }

  int LevelOf(const pugi::xml_node& paragraph) const {
    const pugi::xml_node properties = ChildNamed(paragraph, "pPr");
    const std::string style(AttributeNamed(ChildNamed(properties, "pStyle"), "val"));
    const auto found = levels_.find(style);
    if (found != levels_.end()) return found->second;
    // Documents without styles of their own.
    if (style.starts_with("Heading") && style.size() == 8 && style[7] >= '1' && style[7] <= '9') return style[7] - '0';
    return 0;
  }

  void ReadBlocks(const pugi::xml_node& parent, int depth) {
    if (depth >= kMaxDepth) {
      is_too_deep_ = true;
      return;
    }
    for (const pugi::xml_node& node : parent.children()) {
      if (units_.is_stopped()) return;
      const std::string_view name = LocalName(node);
      if (name == "p") {
        ReadParagraph(node);
      } else if (name == "tbl") {
        ReadTable(node, depth);
      } else if (name == "sdt") {
        ReadBlocks(ChildNamed(node, "sdtContent"), depth + 1);
      } else if (name == "ins" || name == "customXml" || name == "smartTag") {
        ReadBlocks(node, depth + 1);
      }
    }
  }

  void ReadParagraph(const pugi::xml_node& paragraph) {
    std::string text;
    AppendRuns(paragraph, text, 0);
    const int level = LevelOf(paragraph);
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
  }

  void AppendRuns(const pugi::xml_node& parent, std::string& out, int depth) {
    if (depth >= kMaxDepth) {
      is_too_deep_ = true;
      return;
    }
    for (const pugi::xml_node& node : parent.children()) {
      const std::string_view name = LocalName(node);
      if (name == "t") {
        out += node.child_value();
      } else if (name == "tab") {
        out += '\t';
      } else if (name == "br" || name == "cr") {
        out += '\n';
      } else if (name == "noBreakHyphen") {
        out += '-';
      } else if (name == "AlternateContent") {
        AppendRuns(ChildNamed(node, "Choice"), out, depth + 1);
      } else if (name != "del" && name != "moveFrom" && name != "pPr" && name != "rPr" && name != "instrText") {
        AppendRuns(node, out, depth + 1);
      }
    }
  }

  void ReadTable(const pugi::xml_node& table, int depth) {
    for (const pugi::xml_node& row : table.children()) {
      if (LocalName(row) != "tr") continue;
      std::string line;
      for (const pugi::xml_node& cell : row.children()) {
        if (LocalName(cell) != "tc") continue;
        std::string content;
        for (const pugi::xml_node& block : cell.children()) {
          if (LocalName(block) == "tcPr") continue;
          AppendRuns(block, content, depth + 1);
          content += ' ';
        }
        if (!line.empty()) line += " | ";
        line += TrimSpace(content);
      }
      units_.Paragraph(line);
    }
  }

  static constexpr int kTitleLevel = 100;

  UnitBuilder units_;
  std::map<std::string, int> levels_;  // of styles that are headings
  bool is_too_deep_ = false;
};

}  // namespace

DocumentError ReadDocx(const std::string& path, const UnitSink& sink) {
  Archive archive;
  if (DocumentError error = archive.Open(path)) return error;
  if (archive.Has("ppt/presentation.xml")) return ReadPptx(path, sink);
  if (!archive.Has(kDocument)) return DocumentError("is a ZIP archive, but neither DOCX nor PPTX");
  return DocxReader(sink).Read(archive);
}

}  // namespace kvorum
