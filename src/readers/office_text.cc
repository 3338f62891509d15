#include "readers/office_text.h"

#include <initializer_list>
#include <utility>

#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/archive.h"

namespace kvorum {
namespace {

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  for (const std::string_view one : names) {
    if (name == one) return true;
  }
  return false;
}

// Whether any run under it has text. Not by recursion: it may be as deep as it likes.
bool HoldsText(const pugi::xml_node& root) {
  struct Walker : pugi::xml_tree_walker {
    bool found = false;
    bool for_each(pugi::xml_node& node) override {
      found = LocalName(node) == "t" && !TextOf(node).empty();
      return !found;
    }
  } walker;
  pugi::xml_node(root).traverse(walker);
  return walker.found;
}

bool Append(const pugi::xml_node& parent, std::string& out, std::vector<pugi::xml_node>* boxes, int depth) {
  if (depth >= kMaxDepth) return false;
  bool is_whole = true;
  for (const pugi::xml_node& node : parent.children()) {
    const std::string_view name = LocalName(node);
    if (name == "t") {
      out += TextOf(node);
    } else if (IsOneOf(name, {"tab", "ptab"})) {
      out += '\t';
    } else if (IsOneOf(name, {"br", "cr"})) {
      out += '\n';
    } else if (name == "noBreakHyphen") {
      out += '-';
    } else if (name == "txbxContent") {
      if (boxes) boxes->push_back(node);
    } else if (name == "AlternateContent") {
      is_whole &= Append(Alternative(node), out, boxes, depth + 1);
    } else if (!IsOneOf(name, {"del", "moveFrom", "pPr", "rPr", "endParaRPr", "instrText", "delText"})) {
      is_whole &= Append(node, out, boxes, depth + 1);
    }
  }
  return is_whole;
}

// Paragraphs, and the names that charts keep of their data; the figures are no text.
class GraphicsWalker : public pugi::xml_tree_walker {
 public:
  explicit GraphicsWalker(UnitBuilder& units) : units_(units) {}

  bool for_each(pugi::xml_node& node) override {
    const std::string_view name = LocalName(node);
    if (name == "p") {
      std::string text;
      AppendRuns(node, text);
      units_.Paragraph(text);
    } else if (name == "v" && LocalName(node.parent().parent()) == "strCache") {
      units_.Paragraph(TextOf(node));
    }
    return !units_.is_stopped();
  }

 private:
  UnitBuilder& units_;
};

}  // namespace

std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  }
  return text;
}

bool AppendRuns(const pugi::xml_node& paragraph, std::string& out, std::vector<pugi::xml_node>* boxes) {
  return Append(paragraph, out, boxes, 0);
}

bool AppendParagraphs(const pugi::xml_node& body, std::string& out) {
  bool is_whole = true;
  for (const pugi::xml_node& paragraph : body.children()) {
    if (LocalName(paragraph) != "p") continue;
    std::string line;
    is_whole &= AppendRuns(paragraph, line);
    if (TrimSpace(line).empty()) continue;
    if (!out.empty()) out += "\n\n";
    out += line;
  }
  return is_whole;
}

DocumentError ReadGraphics(Archive& archive, const std::map<std::string, Archive::Relation>& relations,
                           UnitBuilder& units) {
  DocumentError first_error;
  for (const auto& [id, relation] : relations) {
    if (relation.type != "diagramData" && relation.type != "chart") continue;
    pugi::xml_document xml;
    DocumentError error = archive.ReadXml(relation.target, &xml);
    if (error && !first_error) first_error = std::move(error);
    GraphicsWalker walker(units);
    xml.traverse(walker);
  }
  return first_error;
}

pugi::xml_node Alternative(const pugi::xml_node& node) {
  for (const pugi::xml_node& child : node.children()) {
    if (LocalName(child) == "Choice" && HoldsText(child)) return child;
  }
  return ChildNamed(node, "Fallback");
}

pugi::xml_node Unwrapped(const pugi::xml_node& node) {
  const std::string_view name = LocalName(node);
  if (name == "AlternateContent") return Alternative(node);
  return IsOneOf(name, {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}) ? node : pugi::xml_node();
}

}  // namespace kvorum
