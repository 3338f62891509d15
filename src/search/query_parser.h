// QueryParser: how search/query.h's ParseQuery does it. For query_parser.cc only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/query.h"
#include "search/query_scanner.h"

namespace kvorum {

class QueryParser {
 public:
  QueryParser(std::string_view text, const Schema& schema, const QueryOptions& options, std::string* error)
      : text_(text), scanner_(text), schema_(schema), options_(options), error_(error), fields_(options.fields) {}

  QueryPtr ParseAll();

 private:
  class Depth {
   public:
    explicit Depth(size_t* depth) : depth_(depth) { ++*depth_; }
    ~Depth() { --*depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    size_t* depth_;
  };
  struct Bound {
    double value = 0;
    bool exclusive = false;
  };

  // Functions that parse give false on errors, which they state.
  bool Fail(std::string text);
  bool SyntaxError();
  bool HasRoom();
  bool AtEnd();

  QueryPtr Make(QueryNode::Kind kind);
  QueryPtr MakeWord(QueryNode::Kind kind, std::string text);
  QueryPtr MakeTerm(std::string word);
  QueryPtr Join(QueryNode::Kind kind, std::vector<QueryPtr> children);

  bool ParseUnion(QueryPtr* out);
  bool ParseUnionOf(bool (QueryParser::*parse)(QueryPtr*), QueryPtr* out);
  bool ParseItems(QueryPtr* out);
  bool ParseItemsOfDialect1(QueryPtr* out);
  bool ParseUnit(QueryPtr* out);
  bool ParseItem(QueryPtr* out);
  bool ParseOperand(QueryPtr* out);
  bool ParseBareItem(QueryPtr* out);

  bool ParseWord(QueryPtr* out);
  bool ParseStar(QueryPtr* out);
  bool ParseFuzzy(QueryPtr* out);
  bool ParseParameterWord(QueryPtr* out);
  bool ParseQuoted(QueryPtr* out);
  bool AllowsEmpty() const;
  bool TakeParameter(const std::string** value);
  bool TakeValue(std::string_view ends, std::string* value);

  bool TakeFields(std::vector<const Field*>* found);
  bool ParseField(QueryPtr* out);
  bool ParseMissing(QueryPtr* out);
  bool ParseNumberText(std::string_view text, double* value);
  bool ParseComparison(const Field& field, QueryPtr* out);
  bool ParseBound(std::string_view ends, Bound* bound);
  bool ParseRange(const Field& field, QueryPtr* out);
  bool TakeEndOfRange();
  bool ParseNumericRange(const Field& field, QueryPtr* out);
  bool ParseCircle(const Field& field, QueryPtr* out);
  bool ParseTags(const Field& field, QueryPtr* out);
  bool ParseTag(const Field& field, QueryPtr* out);
  bool TakeTagText(std::string* text, bool* ends_in_star);

  bool TakeVector(const Field& field, std::string* vector);
  bool ParseVectorRange(const Field& field, QueryPtr* out);
  bool ParseKnn(QueryPtr* root);
  bool ParseAttributes(QueryNode* node);
  bool ApplyAttribute(QueryNode* node, std::string_view name, const std::string& value);
  bool ApplyVectorAttribute(VectorQueryOptions* vector, std::string_view name, const std::string& value);

  std::string_view text_;
  QueryScanner scanner_;
  const Schema& schema_;
  const QueryOptions& options_;
  std::string* error_;
  FieldSet fields_;
  size_t depth_ = 0;
  size_t nodes_ = 0;
};

}  // namespace kvorum
