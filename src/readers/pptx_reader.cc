// PPTX (ECMA-376): a unit a slide, in the order of the presentation: text boxes, also in groups, tables row by row, the words of diagrams
// and charts, and what the speaker noted.
#include <utility>

#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/archive.h"
#include "readers/office_text.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

constexpr char kUsualPresentation[] = "ppt/presentation.xml";

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

// The shapes of a slide, or of its notes.
class ShapesReader {
 public:
  explicit ShapesReader(UnitBuilder& units) : units_(units) {}

  void ReadSlide(const pugi::xml_node& slide) {
    const pugi::xml_node tree = TreeOf(slide);
    std::string title;
    FindTitle(tree, title, 0);
    units_.Heading(1, title);
    // Of a slide that has nothing but a title, that is the text. A long one stands there already.
    if (std::string line = OneLine(title); line.size() <= kMaxTitleBytes) units_.Paragraph(line);
    Walk(tree, 0);
  }

  void ReadNotes(const pugi::xml_node& notes) {
    std::string text;
    FindNotes(TreeOf(notes), text, 0);
    if (!text.empty()) units_.Paragraph("Notes: " + text);
  }

  // What was deeper was left out.
  bool is_too_deep() const { return is_too_deep_; }

 private:
  static pugi::xml_node TreeOf(const pugi::xml_node& slide) { return ChildNamed(ChildNamed(slide, "cSld"), "spTree"); }

  static bool IsTitle(const pugi::xml_node& shape) {
    const std::string_view type = PlaceholderType(shape);
    return type == "title" || type == "ctrTitle";
  }

  // What each page of notes has around the notes, which may be in any text box: some writers do not mark theirs.
  static bool IsFurniture(std::string_view type) {
    return type == "sldNum" || type == "sldImg" || type == "dt" || type == "hdr" || type == "ftr";
  }

  // The paragraphs of a shape's text, an empty line between them: points on a slide have no full stop to part them.
  void AppendText(const pugi::xml_node& body, std::string& out) { is_too_deep_ |= !AppendParagraphs(body, out); }

  // The first that has text; others are text like any.
  void FindTitle(const pugi::xml_node& tree, std::string& title, int depth) {
    if (depth >= kMaxDepth) return;
    for (const pugi::xml_node& node : tree.children()) {
      if (!title.empty()) return;
      if (LocalName(node) == "grpSp") FindTitle(node, title, depth + 1);
      if (LocalName(node) != "sp" || !IsTitle(node) || !title.empty()) continue;
      AppendText(ChildNamed(node, "txBody"), title);
      title_ = node;
    }
  }

  void FindNotes(const pugi::xml_node& tree, std::string& text, int depth) {
    if (depth >= kMaxDepth) return;
    for (const pugi::xml_node& node : tree.children()) {
      if (LocalName(node) == "grpSp") FindNotes(node, text, depth + 1);
      if (LocalName(node) == "sp" && !IsFurniture(PlaceholderType(node))) AppendText(ChildNamed(node, "txBody"), text);
    }
  }

  void Walk(const pugi::xml_node& tree, int depth) {
    if (depth >= kMaxDepth) {
      is_too_deep_ = true;
      return;
    }
    for (const pugi::xml_node& node : tree.children()) {
      if (units_.is_stopped()) return;
      const std::string_view name = LocalName(node);
      if ((name == "sp" || name == "cxnSp") && node != title_ && PlaceholderType(node) != "sldNum") {
        std::string text;
        AppendText(ChildNamed(node, "txBody"), text);
        units_.Paragraph(text);
      } else if (name == "graphicFrame") {
        const pugi::xml_node data = ChildNamed(ChildNamed(node, "graphic"), "graphicData");
        ReadTable(ChildNamed(data, "tbl"));
      } else if (name == "grpSp") {
        Walk(node, depth + 1);
      } else if (name == "AlternateContent") {
        Walk(Alternative(node), depth + 1);
      }
    }
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
  bool is_too_deep_ = false;
};

// The first error of a slide; what else can be read of it is.
DocumentError ReadSlide(Archive& archive, const std::string& part, UnitBuilder& units) {
  DocumentError first_error;
  const auto note = [&first_error](DocumentError error) {
    if (error && !first_error) first_error = std::move(error);
  };
  ShapesReader shapes(units);
  pugi::xml_document xml;
  note(archive.ReadXml(part, &xml));
  shapes.ReadSlide(xml.document_element());
  std::map<std::string, Archive::Relation> relations;
  note(archive.ReadRelations(part, &relations));
  note(ReadGraphics(archive, relations, units));
  for (const auto& [id, relation] : relations) {
    if (relation.type != "notesSlide") continue;
    pugi::xml_document notes;
    note(archive.ReadXml(relation.target, &notes));
    shapes.ReadNotes(notes.document_element());
  }
  if (shapes.is_too_deep())
    note(DocumentError("is nested deeper than " + std::to_string(kMaxDepth) + " in " + part +
                       "; what is deeper was left out"));
  return first_error;
}

void ReadTitle(Archive& archive, UnitBuilder& units) {
  pugi::xml_document xml;
  if (!archive.Has("docProps/core.xml") || archive.ReadXml("docProps/core.xml", &xml)) return;
  units.SetDocumentTitle(TextOf(ChildNamed(xml.document_element(), "title")));
}

}  // namespace

DocumentError ReadPptx(const std::string& path, const UnitSink& sink) {
  Archive archive;
  if (DocumentError error = archive.Open(path)) return error;
  const std::string part = archive.MainPart(kUsualPresentation);
  if (!archive.Has(part)) return DocumentError("is no PPTX: it has no part " + part);
  pugi::xml_document presentation;
  std::map<std::string, Archive::Relation> relations;
  if (DocumentError error = archive.ReadXml(part, &presentation)) return error;
  if (DocumentError error = archive.ReadRelations(part, &relations)) return error;
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
