// Query trees as FT.EXPLAIN shows them.
#include <fmt/format.h>

#include <string>

#include "search/query.h"
#include "text/language.h"

namespace kvorum {
namespace {

using Kind = QueryNode::Kind;

class Explainer {
 public:
  Explainer(const Schema& schema, Language language) : schema_(schema), language_(language) {}

  void Add(const QueryNode& node, size_t depth) {
    std::string line = FieldsOf(node);
    switch (node.kind) {
      case Kind::kAll:
        return Line(depth, "<WILDCARD>");
      case Kind::kNothing:
        return Line(depth, "<empty>");
      case Kind::kTerm:
        return AddTerm(node, line, depth);
      case Kind::kPrefix:
        return Line(depth, fmt::format("{}PREFIX{{{}*}}", line, node.text));
      case Kind::kSuffix:
        return Line(depth, fmt::format("{}SUFFIX{{*{}}}", line, node.text));
      case Kind::kInfix:
        return Line(depth, fmt::format("{}INFIX{{*{}*}}", line, node.text));
      case Kind::kWildcard:
        return Line(depth, fmt::format("{}VERBATIM{{{}}}", line, node.text));
      case Kind::kFuzzy:
        return Line(depth, fmt::format("{}FUZZY{{{}}}", line, node.text));
      case Kind::kPhrase:
        return Group(node, "EXACT", depth);
      case Kind::kAnd:
        return Group(node, "INTERSECT", depth);
      case Kind::kOr:
        return Group(node, "UNION", depth);
      case Kind::kNot:
        return Group(node, "NOT", depth);
      case Kind::kOptional:
        return Group(node, "OPTIONAL", depth);
      case Kind::kTag:
        return Group(node, "TAG:@" + node.field->name, depth);
      case Kind::kNumeric:
        return Line(depth, fmt::format("NUMERIC {{{:f} {} @{} {} {:f}}}", node.range.min,
                                       node.range.excludes_min ? "<" : "<=", node.field->name,
                                       node.range.excludes_max ? "<" : "<=", node.range.max));
      case Kind::kGeo:
        return Line(depth, fmt::format("GEO {}:{{{:f},{:f} --> {:f} m}}", node.field->name, node.circle.longitude,
                                       node.circle.latitude, node.circle.radius_m));
      case Kind::kMissing:
        return Line(depth, fmt::format("ISMISSING{{{}}}", node.field->name));
      case Kind::kVectorRange:
        return Line(depth, fmt::format("VECTOR {{Vectors that are within {} distance from query vector in vector index "
                                       "associated with field @{}}}",
                                       node.vector->radius, node.field->name));
      case Kind::kKnn:
        return AddKnn(node, depth);
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  void Line(size_t depth, const std::string& line) {
    text_.append(2 * depth, ' ');
    text_ += line;
    text_ += '\n';
  }

  void Group(const QueryNode& node, const std::string& name, size_t depth) {
    Line(depth, name + " {");
    for (const QueryPtr& child : node.children) Add(*child, depth + 1);
    std::string attributes;
    if (node.weight != 1) attributes += fmt::format("$weight: {};", node.weight);
    if (node.slop) attributes += fmt::format(" $slop: {};", *node.slop);
    if (node.in_order) attributes += fmt::format(" $inorder: {};", *node.in_order);
    Line(depth, attributes.empty() ? "}" : "} => {" + attributes + " }");
  }

  void AddTerm(const QueryNode& node, const std::string& fields, size_t depth) {
    std::string stem;
    if (!node.exact && Expands(node.fields)) stem = stemmers_.Stem(language_, node.text);
    if (stem.empty()) return Line(depth, fields + node.text);
    Line(depth, fields + "UNION {");
    Line(depth + 1, fields + node.text);
    Line(depth + 1, fmt::format("{}+{}(expanded)", fields, stem));
    if (stem != node.text) Line(depth + 1, fmt::format("{}{}(expanded)", fields, stem));
    Line(depth, "}");
  }

  void AddKnn(const QueryNode& node, size_t depth) {
    Line(depth, "VECTOR {");
    if (node.children[0]->kind != Kind::kAll) Add(*node.children[0], depth + 1);
    Line(depth,
         fmt::format("}} => {{K={} nearest vectors to `$` in vector index associated with field @{}, yields distance "
                     "as `{}`}}",
                     node.vector->k, node.field->name, node.vector->distance_name));
  }

  bool Expands(const FieldSet& fields) const {
    for (const Field& field : schema_.fields) {
      if (field.type == FieldType::kText && !field.no_stem && fields.Has(field.text_field)) return true;
    }
    return false;
  }

  std::string FieldsOf(const QueryNode& node) const {
    if (node.fields.IsAll()) return "";
    std::string names;
    for (const Field& field : schema_.fields) {
      if (field.type != FieldType::kText || !node.fields.Has(field.text_field)) continue;
      names += names.empty() ? "@" : "|";
      names += field.name;
    }
    return names.empty() ? "@NULL:" : names + ":";
  }

  const Schema& schema_;
  Language language_;
  Stemmers stemmers_;
  std::string text_;
};

}  // namespace

std::string ExplainQuery(const QueryNode& query, const Schema& schema, Language language) {
  Explainer explainer(schema, language);
  explainer.Add(query, 0);
  return explainer.Take();
}

}  // namespace kvorum
