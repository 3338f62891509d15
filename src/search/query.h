// The query language of FT.SEARCH, as a tree.
//
// Grammar (dialect 2 and above; `items` behind each other must all match, `|` binds weaker):
//
//   query  = union [ "=>" "[" knn "]" ] [ attributes ]
//   union  = items { "|" items }
//   item   = ( "-" item | "~" item | "(" union ")" | "@" field {"|" field} ":" value | word | quoted | "*"
//            | "@" field ("=="|"!="|"<"|"<="|">"|">=") number | "ismissing" "(" "@" field ")" ) [ attributes ]
//   value  = "(" union ")" | word | quoted | "[" range "]" | "{" tags "}"
//   word   = w | w"*" | "*"w | "*"w"*" | "%"w"%" (up to three) | w'pattern' | "$"name
//   range  = bound [bound] | lon lat radius unit | "VECTOR_RANGE" radius "$"name
//   knn    = "KNN" k "@"field "$"name { name value } [ "AS" name ]
//   attributes = "=>" "{" { "$"name ":" value ";" } "}"
//
// In dialect 1 `|` binds stronger than one behind the other, and `-`, `~` and `@field:` take in all plain words that follow.
//
// Threads: no state. Ownership: a tree owns its nodes and texts; fields point into the schema. Hostile queries: size, depth and number of
// nodes have limits (search/limits.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/limits.h"
#include "search/schema.h"
#include "text/postings.h"
#include "text/stop_words.h"

namespace kvorum {

struct NumericRange {
  double min = 0;
  double max = 0;
  bool excludes_min = false;
  bool excludes_max = false;

  bool Has(double value) const {
    return (excludes_min ? value > min : value >= min) && (excludes_max ? value < max : value <= max);
  }
};

struct GeoCircle {
  double longitude = 0;
  double latitude = 0;
  double radius_m = 0;
};

// What a vector query may say besides the vector.
struct VectorQueryOptions {
  size_t k = 0;
  double radius = 0;
  std::string vector;  // the elements' bytes
  std::optional<size_t> search_width;
  std::optional<double> epsilon;
  std::optional<size_t> batch_size;
  enum class Policy : uint8_t { kChoose, kBatches, kScan } policy = Policy::kChoose;
  std::string distance_name;  // under which the distance is a field of the result; empty: none
};

struct QueryNode {
  enum class Kind : uint8_t {
    kAll,
    kNothing,
    kTerm,         // text
    kPhrase,       // children: exact terms one behind the other
    kPrefix,       // text
    kSuffix,       // text
    kInfix,        // text
    kWildcard,     // text: the pattern
    kFuzzy,        // text, distance
    kAnd,          // children
    kOr,           // children
    kNot,          // one child
    kOptional,     // one child
    kNumeric,      // field, range
    kGeo,          // field, circle
    kTag,          // field; children: kTerm, kPrefix, kSuffix, kInfix, kWildcard of whole tags
    kMissing,      // field
    kVectorRange,  // field, vector
    kKnn,          // field, vector; one child: the filter
  };

  explicit QueryNode(Kind a_kind) : kind(a_kind) {}

  Kind kind;
  bool exact = false;  // of a term: no other forms of the word
  uint8_t distance = 0;
  FieldSet fields = FieldSet::All();  // of words
  const Field* field = nullptr;
  std::string text;
  NumericRange range;
  GeoCircle circle;
  std::unique_ptr<VectorQueryOptions> vector;
  double weight = 1;
  std::optional<int64_t> slop;
  std::optional<bool> in_order;
  std::vector<std::unique_ptr<QueryNode>> children;
};
using QueryPtr = std::unique_ptr<QueryNode>;

using QueryParameters = std::map<std::string, std::string, std::less<>>;

struct QueryOptions {
  int dialect = kDefaultDialect;
  const QueryParameters* parameters = nullptr;
  const StopWords* stop_words = nullptr;  // null: none are left out
  FieldSet fields = FieldSet::All();      // INFIELDS
  bool verbatim = false;
};

// Null: *error says why.
[[nodiscard]] QueryPtr ParseQuery(std::string_view text, const Schema& schema, const QueryOptions& options,
                                  std::string* error);

// The tree as FT.EXPLAIN shows it, with the forms of words in this language.
std::string ExplainQuery(const QueryNode& query, const Schema& schema, Language language);

// "m", "km", "mi" and "ft" in metres; 0 for others.
double GeoUnitMetres(std::string_view unit);

}  // namespace kvorum
