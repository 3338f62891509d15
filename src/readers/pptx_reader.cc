// PPTX (ECMA-376): a unit a slide, in the order of the presentation: text boxes, also in groups, tables row by row, and what the
// speaker noted.
#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/archive.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

constexpr char kPresentation[] = "ppt/presentation.xml";

// The paragraphs of a shape's text, an empty line between them: points on a slide have no full stop to part them.
void AppendText(const pugi::xml_node& body, std::string& out) {
  for (const pugi::xml_node& paragraph : body.children()) {
    if (LocalName(paragraph) != "p") continue;
    std::string line;
    for (const pugi::xml_node& run : paragraph.children()) {
      const std::string_view name = LocalName(run);
      if (name == "br") line += '\n';
      if (name == "r" || name == "fld") line += ChildNamed(run, "t").child_value();
    }
    if (TrimSpace(line).empty()) continue;
    if (!out.empty()) out += "\n\n";
    out += line;
  }
}

std::string_view PlaceholderType(const pugi::xml_node& shape) {
  return AttributeNamed(ChildNamed(ChildNamed(ChildNamed(shape, "nvSpPr"), "nvPr"), "ph"), "type");
}

// The one of relationships: "r:id" with most writers, but the prefix is the writer's choice. "id" alone is another number.
std::string RelationId(const pugi::xml_node& node) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view name = attribute.name();
    if (name.size() > 3 && name.ends_with(":id")) return attribute.value();
  }
  return {};
}

class SlideReader {
 public:
  explicit SlideReader(UnitBuilder& units) : units_(units) {}

  // False: shapes are nested too deep.
  bool Read(const pugi::xml_node& slide) {
    const pugi::xml_node tree = ChildNamed(ChildNamed(slide, "cSld"), "spTree");
    std::string title;
    FindTitle(tree, title, 0);
    units_.Heading(1, title);
    // Of a slide that has nothing but a title, that is the text. A long one stands there already.
    if (std::string line = OneLine(title); line.size() <= kMaxTitleBytes) units_.Paragraph(line);
    return Walk(tree, 0);
  }

 private:
  static bool IsTitle(const pugi::xml_node& shape) {
    const std::string_view type = PlaceholderType(shape);
    return type == "title" || type == "ctrTitle";
  }

  // The first that has text; others are text like any.
  void FindTitle(const pugi::xml_node& tree, std::string& title, int depth) {
    if (depth >= kMaxDepth) return;
    for (const pugi::xml_node& node : tree.children()) {
      if (LocalName(node) == "grpSp") FindTitle(node, title, depth + 1);
      if (LocalName(node) != "sp" || !IsTitle(node) || !title.empty()) continue;
      AppendText(ChildNamed(node, "txBody"), title);
      title_ = node;
    }
  }

  bool Walk(const pugi::xml_node& tree, int depth) {
    if (depth >= kMaxDepth) return false;
    for (const pugi::xml_node& node : tree.children()) {
      const std::string_view name = LocalName(node);
      if (name == "sp" && node != title_) {
        std::string text;
        AppendText(ChildNamed(node, "txBody"), text);
        units_.Paragraph(text);
      } else if (name == "graphicFrame") {
        const pugi::xml_node data = ChildNamed(ChildNamed(node, "graphic"), "graphicData");
        ReadTable(ChildNamed(data, "tbl"));
      } else if (name == "grpSp" && !Walk(node, depth + 1)) {
        return false;
      } else if (name == "AlternateContent") {
        const pugi::xml_node choice = ChildNamed(node, "Choice");
        if (!Walk(choice ? choice : ChildNamed(node, "Fallback"), depth + 1)) return false;
      }
    }
    return true;
  }

  void ReadTable(const pugi::xml_node& table) {
    for (const pugi::xml_node& row : table.children()) {
      if (LocalName(row) != "tr") continue;
      std::string line;
      for (const pugi::xml_node& cell : row.children()) {
        if (LocalName(cell) != "tc") continue;
        std::string content;
        AppendText(ChildNamed(cell, "txBody"), content);
        if (!line.empty()) line += " | ";
        line += OneLine(content);
      }
      units_.Paragraph(line);
    }
  }

  UnitBuilder& units_;
  pugi::xml_node title_;
};

void ReadNotes(const pugi::xml_node& notes, UnitBuilder& units) {
  std::string text;
  for (const pugi::xml_node& shape : ChildNamed(ChildNamed(notes, "cSld"), "spTree").children()) {
    if (LocalName(shape) == "sp" && PlaceholderType(shape) == "body") AppendText(ChildNamed(shape, "txBody"), text);
  }
  if (!TrimSpace(text).empty()) units.Paragraph("Notes: " + text);
}

DocumentError ReadSlide(Archive& archive, const std::string& part, UnitBuilder& units) {
  pugi::xml_document xml;
  if (DocumentError error = archive.ReadXml(part, &xml)) return error;
  if (!SlideReader(units).Read(xml.document_element()))
    return DocumentError("is nested deeper than " + std::to_string(kMaxDepth) + " in " + part);
  std::map<std::string, Archive::Relation> relations;
  if (DocumentError error = archive.ReadRelations(part, &relations)) return error;
  for (const auto& [id, relation] : relations) {
    if (relation.type != "notesSlide") continue;
    pugi::xml_document notes;
    if (DocumentError error = archive.ReadXml(relation.target, &notes)) return error;
    ReadNotes(notes.document_element(), units);
  }
  return {};
}

void ReadTitle(Archive& archive, UnitBuilder& units) {
  pugi::xml_document xml;
  if (!archive.Has("docProps/core.xml") || archive.ReadXml("docProps/core.xml", &xml)) return;
  units.SetDocumentTitle(ChildNamed(xml.document_element(), "title").child_value());
}

}  // namespace

DocumentError ReadPptx(const std::string& path, const UnitSink& sink) {
  Archive archive;
  if (DocumentError error = archive.Open(path)) return error;
  if (!archive.Has(kPresentation)) return DocumentError("is no PPTX: it has no part ppt/presentation.xml");
  pugi::xml_document presentation;
  std::map<std::string, Archive::Relation> relations;
  if (DocumentError error = archive.ReadXml(kPresentation, &presentation)) return error;
  if (DocumentError error = archive.ReadRelations(kPresentation, &relations)) return error;
  UnitBuilder units(sink);
  ReadTitle(archive, units);
  // A slide that is broken does not keep the others from being read.
  DocumentError first_error;
  uint32_t number = 0;
  for (const pugi::xml_node& id : ChildNamed(presentation.document_element(), "sldIdLst").children()) {
    if (LocalName(id) != "sldId") continue;
    if (units.is_stopped()) break;
    if (++number > kMaxSlides) return DocumentError("has more than " + std::to_string(kMaxSlides) + " slides");
    const auto found = relations.find(RelationId(id));
    if (found == relations.end()) {
      if (!first_error) first_error = DocumentError("is broken: slide " + std::to_string(number) + " is missing");
      continue;
    }
    units.Begin(UnitKind::kSlide, number);
    DocumentError error = ReadSlide(archive, found->second.target, units);
    if (error && !first_error) first_error = std::move(error);
    units.End();
  }
  if (units.error()) return units.error();
  if (first_error) return first_error;
  return units.has_text() || units.is_stopped() ? DocumentError() : DocumentError("holds no text");
}

}  // namespace kvorum
