#include "search/query.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kvorum {
namespace {

Schema MakeSchema() {
  Schema schema;
  std::string error;
  const std::vector<std::string_view> words = {"SCHEMA",
                                               "title",
                                               "TEXT",
                                               "body",
                                               "TEXT",
                                               "NOSTEM",
                                               "INDEXEMPTY",
                                               "tag",
                                               "TAG",
                                               "INDEXMISSING",
                                               "Case",
                                               "TAG",
                                               "CASESENSITIVE",
                                               "INDEXEMPTY",
                                               "a.b-c",
                                               "NUMERIC",
                                               "num",
                                               "NUMERIC",
                                               "place",
                                               "GEO",
                                               "vec",
                                               "VECTOR",
                                               "FLAT",
                                               "6",
                                               "TYPE",
                                               "FLOAT32",
                                               "DIM",
                                               "2",
                                               "DISTANCE_METRIC",
                                               "L2"};
  EXPECT_TRUE(ParseSchema(words, &schema, &error)) << error;
  return schema;
}

// The tree, or the error, as one line.
std::string Parsed(std::string_view text, int dialect = 2) {
  static const Schema schema = MakeSchema();
  static const QueryParameters parameters = {
      {"two", "2"}, {"word", "Hello"}, {"words", "big world"}, {"blob", "12345678"}, {"short", "1234"}};
  QueryOptions options{
      .dialect = dialect, .parameters = &parameters, .stop_words = &StopWords::Default(), .verbatim = true};
  std::string error;
  const QueryPtr query = ParseQuery(text, schema, options, &error);
  if (query == nullptr) return "! " + error;
  std::string line;
  for (char c : ExplainQuery(*query, schema, Language::kEnglish)) {
    if (c == '\n') c = ' ';
    if (c != ' ' || (!line.empty() && line.back() != ' ')) line += c;
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

TEST(Query, WordsAndGroups) {
  EXPECT_EQ(Parsed("hello"), "hello");
  EXPECT_EQ(Parsed("Hello, World!"), "INTERSECT { hello world }");
  EXPECT_EQ(Parsed("hello|world"), "UNION { hello world }");
  EXPECT_EQ(Parsed("(hello|hella) (world|werld)"), "INTERSECT { UNION { hello hella } UNION { world werld } }");
  EXPECT_EQ(Parsed("\"hello world\""), "EXACT { hello world }");
  EXPECT_EQ(Parsed("\"hello\" ~you"), "INTERSECT { hello OPTIONAL { you } }");
  EXPECT_EQ(Parsed("*"), "<WILDCARD>");
  EXPECT_EQ(Parsed("the of"), "<empty>");
  EXPECT_EQ(Parsed("to be is fine"), "fine");
  EXPECT_EQ(Parsed(""), "<empty>");
  EXPECT_EQ(Parsed("hello\\-world"), "hello-world");
  EXPECT_EQ(Parsed("-20"), "NOT { 20 }");
  EXPECT_EQ(Parsed("\\-20"), "-20");
  EXPECT_EQ(Parsed("what's new?"), "INTERSECT { what s new }");
}

TEST(Query, Dialects) {
  EXPECT_EQ(Parsed("hello world | \"goodbye\" moon", 1),
            "INTERSECT { UNION { INTERSECT { hello world } goodbye } moon }");
  EXPECT_EQ(Parsed("hello world | \"goodbye\" moon", 2),
            "UNION { INTERSECT { hello world } INTERSECT { goodbye moon } }");
  EXPECT_EQ(Parsed("-hello world", 1), "NOT { INTERSECT { hello world } }");
  EXPECT_EQ(Parsed("-hello world", 2), "INTERSECT { NOT { hello } world }");
  EXPECT_EQ(Parsed("@title:James Brown", 1), "INTERSECT { @title:james @title:brown }");
  EXPECT_EQ(Parsed("@title:James Brown", 2), "INTERSECT { @title:james brown }");
  EXPECT_EQ(Parsed("(foo bar)|(hello world) @num:[100 200]|@num:[500 +inf]", 1),
            "INTERSECT { UNION { INTERSECT { foo bar } INTERSECT { hello world } } "
            "UNION { NUMERIC {100.000000 <= @num <= 200.000000} NUMERIC {500.000000 <= @num <= inf} } }");
}

TEST(Query, NamesWithDots) {
  EXPECT_EQ(Parsed("@a.b\\-c:[1 2]"), "NUMERIC {1.000000 <= @a.b-c <= 2.000000}");
  EXPECT_EQ(Parsed("@a\\.b\\-c==1"), "NUMERIC {1.000000 <= @a.b-c <= 1.000000}");
  EXPECT_EQ(Parsed("@a.b:[1 2]"), "! Unknown field at offset 0 near a.b");
  EXPECT_EQ(Parsed("@title.:x").substr(0, 14), "! Syntax error");
  EXPECT_EQ(Parsed("@.title:x").substr(0, 14), "! Syntax error");
  EXPECT_EQ(Parsed("hello.world"), "INTERSECT { hello world }");
}

TEST(Query, PatternsAndParameters) {
  EXPECT_EQ(Parsed("hel* *ing *sun* %word% %%%wurd%%%"),
            "INTERSECT { PREFIX{hel*} SUFFIX{*ing} INFIX{*sun*} FUZZY{word} FUZZY{wurd} }");
  EXPECT_EQ(Parsed("w'foo*bar?' \"w'b?z'\""), "INTERSECT { VERBATIM{foo*bar?} VERBATIM{b?z} }");
  EXPECT_EQ(Parsed("$word $word* @title:$words"),
            "INTERSECT { hello PREFIX{hello*} INTERSECT { @title:big @title:world } }");
  EXPECT_EQ(Parsed("$none"), "! No such parameter `none`");
  EXPECT_EQ(Parsed("%%%%word%%%%").substr(0, 1), "!");
  EXPECT_EQ(Parsed("%word"), "! Syntax error at offset 5 near ");
}

TEST(Query, Fields) {
  EXPECT_EQ(Parsed("@title|body:(hello world) @title:a*"),
            "INTERSECT { INTERSECT { @title|body:hello @title|body:world } @title:PREFIX{a*} }");
  EXPECT_EQ(Parsed("@tag:{ New York | los\\|angeles | hel* | *x | *y* | w'a?' | $word}"),
            "TAG:@tag { new york los|angeles PREFIX{hel*} SUFFIX{*x} INFIX{*y*} VERBATIM{a?} hello }");
  EXPECT_EQ(Parsed("@Case:{New-York.1} @Case:{\"\"} @Case:{\"a|b\"}"),
            "INTERSECT { TAG:@Case { New-York.1 } TAG:@Case { } TAG:@Case { a|b } }");
  EXPECT_EQ(Parsed("@num:[1 (2]"), "NUMERIC {1.000000 <= @num < 2.000000}");
  EXPECT_EQ(Parsed("@num:[-inf $two]"), "NUMERIC {-inf <= @num <= 2.000000}");
  EXPECT_EQ(Parsed("@num:[3]"), "NUMERIC {3.000000 <= @num <= 3.000000}");
  EXPECT_EQ(Parsed("@num>=3 @num<-4"),
            "INTERSECT { NUMERIC {3.000000 <= @num <= inf} NUMERIC {-inf <= @num < -4.000000} }");
  EXPECT_EQ(Parsed("@num!=3"), "NOT { NUMERIC {3.000000 <= @num <= 3.000000} }");
  EXPECT_EQ(Parsed("@place:[1.5 2 3 km]"), "GEO place:{1.500000,2.000000 --> 3000.000000 m}");
  EXPECT_EQ(Parsed("ismissing(@tag)"), "ISMISSING{tag}");
  EXPECT_EQ(Parsed("@body:\"\""), "@body:");
  EXPECT_EQ(Parsed("@title:\"\"").substr(0, 18), "! Use `INDEXEMPTY`");
  EXPECT_EQ(Parsed("ismissing(@title)"), "! 'ismissing' requires field 'title' to be defined with 'INDEXMISSING'");
  EXPECT_EQ(Parsed("@none:x"), "! Unknown field at offset 0 near none");
  EXPECT_EQ(Parsed("@tag:x"), "! Expected a TEXT field at offset 0 near tag");
}

TEST(Query, Vectors) {
  EXPECT_EQ(Parsed("*=>[KNN 5 @vec $blob]"),
            "VECTOR { } => {K=5 nearest vectors to `$` in vector index associated with field @vec, yields distance as "
            "`__vec_score`}");
  EXPECT_EQ(
      Parsed("(@tag:{a} hello)=>[KNN $two @vec $blob EF_RUNTIME 7 AS d]"),
      "VECTOR { INTERSECT { TAG:@tag { a } hello } } => {K=2 nearest vectors to `$` in vector index associated with "
      "field @vec, yields distance as `d`}");
  EXPECT_EQ(
      Parsed("*=>[KNN 2 @vec $blob]=>{$YIELD_DISTANCE_AS: dist; $EF_RUNTIME: 9}").find("`dist`") != std::string::npos,
      true);
  EXPECT_EQ(Parsed("@vec:[VECTOR_RANGE 0.5 $blob]=>{$YIELD_DISTANCE_AS: d} hello").substr(0, 18), "INTERSECT { VECTOR");
  EXPECT_EQ(Parsed("*=>[KNN 2 @vec $short]").substr(0, 31), "! Error parsing vector similari");
  EXPECT_EQ(Parsed("*=>[KNN 2 @num $blob]").substr(0, 25), "! Expected a VECTOR field");
  EXPECT_EQ(Parsed("*=>[KNN -2 @vec $blob]"), "! Invalid K value");
  EXPECT_EQ(Parsed("*=>[KNN 2 @vec $blob"), "! Syntax error at offset 20 near ");
}

TEST(Query, Attributes) {
  EXPECT_EQ(Parsed("(foo bar) => { $weight: 2.0; $slop: 1; $inorder: true; }"),
            "INTERSECT { foo bar } => {$weight: 2; $slop: 1; $inorder: true; }");
  EXPECT_EQ(Parsed("(a1 b1)=>{$weight:-1}"), "! Invalid value (-1) for `weight`");
  EXPECT_EQ(Parsed("(a1 b1)=>{$nope:1}"), "! Invalid attribute nope");
}

TEST(Query, HostileOnesAreErrors) {
  EXPECT_EQ(Parsed(std::string(100000, '(')), "! Query is nested too deeply");
  EXPECT_EQ(Parsed(std::string(100000, '-') + "a"), "! Query is nested too deeply");
  EXPECT_EQ(Parsed(std::string(100000, '~') + "a", 1), "! Query is nested too deeply");
  std::string many;
  for (int i = 0; i < 30000; ++i) many += "ab|";
  EXPECT_EQ(Parsed(many), "! Query has too many parts");
  EXPECT_EQ(Parsed(std::string(2 << 20, 'a')), "! Query is too long");
  for (const char* text : {"(",
                           ")",
                           "a)",
                           "@",
                           "@:",
                           "@title",
                           "@title:",
                           "@num:[",
                           "@num:[1",
                           "@num:[1 2",
                           "@tag:{",
                           "@tag:{a",
                           "-",
                           "~",
                           "\"",
                           "=>",
                           "=>{",
                           "a=>{$",
                           "a=>{$weight",
                           "a=>{$weight:",
                           "a]",
                           "a}",
                           "%",
                           "$",
                           "w'a",
                           "@place:[1 2 3]",
                           "@place:[500 2 3 km]",
                           "@place:[1 2 -3 km]",
                           "@num:[a b]",
                           "@num:{1}",
                           "@tag:[1 2]"}) {
    EXPECT_EQ(Parsed(text).substr(0, 1), "!") << text;
    EXPECT_EQ(Parsed(text, 1).substr(0, 1), "!") << text;
  }
}

TEST(Schema, Options) {
  Schema schema;
  std::string error;
  const std::vector<std::string_view> words = {
      "ON",     "HASH",  "PREFIX", "2",         "a:",     "b:", "LANGUAGE",
      "german", "SCORE", "0.5",    "STOPWORDS", "1",      "x",  "SCHEMA",
      "t",      "AS",    "title",  "TEXT",      "WEIGHT", "2",  "SORTABLE",
      "UNF",    "g",     "TAG",    "SEPARATOR", ";",      "v",  "VECTOR",
      "HNSW",   "8",     "TYPE",   "FLOAT16",   "DIM",    "3",  "DISTANCE_METRIC",
      "COSINE", "M",     "32"};
  ASSERT_TRUE(ParseSchema(words, &schema, &error)) << error;
  EXPECT_EQ(schema.prefixes, (std::vector<std::string>{"a:", "b:"}));
  EXPECT_EQ(schema.language, Language::kGerman);
  ASSERT_EQ(schema.fields.size(), 3u);
  EXPECT_EQ(schema.Find("title")->weight, 2);
  EXPECT_TRUE(schema.Find("title")->unnormalized);
  EXPECT_EQ(schema.FindAny("t"), schema.Find("title"));
  EXPECT_EQ(schema.Find("g")->separator, ';');
  EXPECT_EQ(schema.Find("v")->vector.VectorBytes(), 6u);
  EXPECT_EQ(schema.Find("v")->vector.m, 32u);
}

TEST(Schema, Errors) {
  const std::pair<std::vector<std::string_view>, std::string> cases[] = {
      {{}, "No schema found"},
      {{"SCHEMA"}, "Fields arguments are missing"},
      {{"NOPE", "SCHEMA", "a", "TEXT"}, "Unknown argument `NOPE`"},
      {{"SCHEMA", "a"}, "Field `a` does not have a type"},
      {{"SCHEMA", "a", "BLOB"}, "Invalid field type for field `a`"},
      {{"SCHEMA", "a", "TEXT", "a", "TAG"}, "Duplicate field in schema - a"},
      {{"LANGUAGE", "klingon", "SCHEMA", "a", "TEXT"}, "Invalid language: klingon"},
      {{"SCORE", "2", "SCHEMA", "a", "TEXT"}, "Invalid score: SCHEMA"},
      {{"PREFIX", "9", "a"}, "Bad arguments for PREFIX: Expected an argument, but none provided"},
      {{"SCHEMA", "a", "TAG", "SEPARATOR", "xx"}, "Tag separator must be a single character. Got `xx`"},
      {{"SCHEMA", "v", "VECTOR", "FLAT", "2", "DIM", "0"},
       "Bad arguments for vector similarity FLAT index: Bad value for DIM"},
      {{"SCHEMA", "v", "VECTOR", "FLAT", "3", "DIM", "1", "TYPE"},
       "Bad arguments for vector similarity FLAT index: Bad number of arguments: expected pairs"},
  };
  for (const auto& [words, expected] : cases) {
    Schema schema;
    std::string error;
    EXPECT_FALSE(ParseSchema(words, &schema, &error));
    EXPECT_EQ(error, expected);
  }
}

TEST(Schema, VectorsOfNumbers) {
  const double numbers[] = {1, -2.5, 65504, 1e-8};
  EXPECT_EQ(EncodeVector(VectorOptions::Element::kFloat16, numbers),
            std::string("\x00\x3C\x00\xC1\xFF\x7B\x00\x00", 8));
  EXPECT_EQ(EncodeVector(VectorOptions::Element::kBFloat16, std::span(numbers).first(2)),
            std::string("\x80\x3F\x20\xC0", 4));
  EXPECT_EQ(EncodeVector(VectorOptions::Element::kInt8, std::span(numbers).first(3)), std::string("\x01\xFE\x7F", 3));
}

}  // namespace
}  // namespace kvorum
