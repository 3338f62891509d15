// HTML, parsed as browsers do (gumbo): headings part it into sections; scripts, styles and what only navigates are left out.
#include <gumbo.h>

#include <cstring>

#include "documents/limits.h"
#include "documents/text_stream.h"
#include "documents/unit_builder.h"
#include "readers/file_bytes.h"
#include "readers/plain_letters.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

enum class Layout : uint8_t { kInline, kBlock, kLine, kSkipped, kCell, kPre };

Layout LayoutOf(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_TEXTAREA:
    case GUMBO_TAG_BUTTON:
      return Layout::kSkipped;
    case GUMBO_TAG_BR:
      return Layout::kLine;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
      return Layout::kCell;
    case GUMBO_TAG_PRE:
      return Layout::kPre;
    // Items and rows too, so that none of them runs into the next one's sentence.
    case GUMBO_TAG_LI:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_BODY:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
      return Layout::kBlock;
    default:
      return Layout::kInline;
  }
}

int HeadingLevel(GumboTag tag) {
  return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6 ? 1 + static_cast<int>(tag) - static_cast<int>(GUMBO_TAG_H1) : 0;
}

bool HasAttribute(const GumboElement& element, const char* name, const char* value) {
  const GumboAttribute* attribute = gumbo_get_attribute(&element.attributes, name);
  return attribute && (!value || std::strcmp(attribute->value, value) == 0);
}

// What a reader would not read: menus, and DocBook's lines of links above and below a page.
bool IsNavigation(const GumboElement& element) {
  return HasAttribute(element, "role", "navigation") || HasAttribute(element, "hidden", nullptr) ||
         HasAttribute(element, "class", "navheader") || HasAttribute(element, "class", "navfooter");
}

// A paragraph that is longer is parted: two make a unit.
constexpr size_t kMostBlockBytes = kMaxUnitBytes / 2;

class HtmlReader {
 public:
  explicit HtmlReader(const UnitSink& sink) : units_(sink) {}

  DocumentError Read(const GumboNode* root) {
    FindTitle(root);
    Walk(root, 0);
    EndBlock();
    units_.End();
    if (units_.error()) return units_.error();
    if (is_too_deep_)
      return DocumentError("is nested deeper than " + std::to_string(kMaxDepth) + "; what is deeper was left out");
    return units_.has_text() || units_.is_stopped() ? DocumentError() : DocumentError("holds no text");
  }

 private:
  static const GumboNode* ChildWithTag(const GumboNode* node, GumboTag tag) {
    if (node->type != GUMBO_NODE_ELEMENT) return nullptr;
    const GumboVector& children = node->v.element.children;
    for (unsigned i = 0; i < children.length; ++i) {
      const auto* child = static_cast<const GumboNode*>(children.data[i]);
      if (child->type == GUMBO_NODE_ELEMENT && child->v.element.tag == tag) return child;
    }
    return nullptr;
  }

  void FindTitle(const GumboNode* root) {
    const GumboNode* head = ChildWithTag(root, GUMBO_TAG_HEAD);
    const GumboNode* title = head ? ChildWithTag(head, GUMBO_TAG_TITLE) : nullptr;
    if (title && title->v.element.children.length > 0) {
      const auto* text = static_cast<const GumboNode*>(title->v.element.children.data[0]);
      if (text->type == GUMBO_NODE_TEXT) units_.SetDocumentTitle(text->v.text.text);
    }
  }

  void Walk(const GumboNode* node, int depth) {
    if (units_.is_stopped()) return;
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA) {
      AddText(node->v.text.text);
    } else if (node->type == GUMBO_NODE_ELEMENT) {
      if (depth >= kMaxDepth) {
        is_too_deep_ = true;
        return;
      }
      WalkElement(node->v.element, depth);
    }
  }

  void WalkChildren(const GumboElement& element, int depth) {
    for (unsigned i = 0; i < element.children.length; ++i) {
      Walk(static_cast<const GumboNode*>(element.children.data[i]), depth + 1);
    }
  }

  void WalkElement(const GumboElement& element, int depth) {
    if (const int level = HeadingLevel(element.tag)) {
      EndBlock();
      WalkChildren(element, depth);
      const std::string heading = PlainLetters(block_);
      block_.clear();
      units_.Heading(level, heading);
      return;
    }
    const Layout layout = LayoutOf(element.tag);
    if (layout == Layout::kSkipped || IsNavigation(element)) return;
    if (layout == Layout::kBlock || layout == Layout::kPre) EndBlock();
    if (layout == Layout::kLine) EndLine();
    if (element.tag == GUMBO_TAG_LI) block_ += "- ";
    if (element.tag == GUMBO_TAG_IMG) AddAlternative(element);
    pre_depth_ += layout == Layout::kPre;
    in_cell_ += layout == Layout::kCell;
    WalkChildren(element, depth);
    in_cell_ -= layout == Layout::kCell;
    pre_depth_ -= layout == Layout::kPre;
    if (layout == Layout::kCell) EndCell();
    if (layout == Layout::kBlock || layout == Layout::kPre) EndBlock();
    if (block_.size() > kMostBlockBytes) EndBlock();
  }

  // What a picture shows, as its page tells those who do not see it.
  void AddAlternative(const GumboElement& picture) {
    const GumboAttribute* text = gumbo_get_attribute(&picture.attributes, "alt");
    if (!text || !*text->value) return;
    AddText(" ");
    AddText(text->value);
    AddText(" ");
  }

  void AddText(const char* text) {
    for (; *text; ++text) {
      const bool is_space = *text == ' ' || (*text >= '\t' && *text <= '\r');
      if (pre_depth_ > 0 || !is_space) {
        block_ += *text;
      } else if (!block_.empty() && block_.back() != ' ' && block_.back() != '\n') {
        block_ += ' ';
      }
      if (block_.size() > kMostBlockBytes && is_space) EndBlock();
    }
  }

  void EndLine() {
    while (block_.ends_with(' ')) block_.pop_back();
    if (!block_.empty() && block_.back() != '\n') block_ += '\n';
  }

  void EndCell() {
    while (block_.ends_with(' ') || block_.ends_with('\n')) block_.pop_back();
    block_ += " | ";
  }

  void EndBlock() {
    // An item or a cell that holds a paragraph stays one with it.
    if (block_ == "- " || (in_cell_ > 0 && !block_.empty())) return;
    units_.Paragraph(PlainLetters(block_));
    block_.clear();
  }

  UnitBuilder units_;
  std::string block_;
  int pre_depth_ = 0;
  int in_cell_ = 0;
  bool is_too_deep_ = false;
};

// A browser looks for it in 1024.
constexpr size_t kDeclarationBytes = 2048;

// The encoding that the page says it has, in its first bytes.
std::string_view DeclaredEncoding(std::string_view bytes) {
  bytes = bytes.substr(0, kDeclarationBytes);
  const size_t at = bytes.find("charset=");
  if (at == bytes.npos) return {};
  std::string_view name = bytes.substr(at + 8);
  if (!name.empty() && (name[0] == '"' || name[0] == '\'')) name.remove_prefix(1);
  return name.substr(0, name.find_first_of("\"' />;\r\n"));
}

}  // namespace

DocumentError ReadHtml(const std::string& path, const UnitSink& sink) {
  std::string bytes;
  if (DocumentError error = ReadWhole(path, kMaxTreeBytes, &bytes)) return error;
  const std::string encoding = DetectEncoding(bytes, DeclaredEncoding(bytes));
  if (encoding.empty()) return DocumentError("is no HTML: it holds zero bytes");
  std::string text;
  if (!DecodeAll(bytes, encoding, &text)) return DocumentError("has an encoding that is not known, " + encoding);
  bytes = {};
  GumboOutput* tree = gumbo_parse_with_options(&kGumboDefaultOptions, text.data(), text.size());
  if (!tree) return DocumentError("could not be parsed as HTML");
  DocumentError error = HtmlReader(sink).Read(tree->root);
  gumbo_destroy_output(&kGumboDefaultOptions, tree);
  return error;
}

}  // namespace kvorum
