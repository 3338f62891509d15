// Commands of the search module, as of its version 2.10. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"ft._list", "search", "2.0.0", 1, "readonly", "", "", "",
     "O(1)", "Lists the names of all indexes."},
    {"ft.aggregate", "search", "1.1.0", -3, "readonly", "", "",
     "index query [VERBATIM] [step...]",
     "O(N), N the documents that the query matches", "Transforms and summarizes what a query finds."},
    {"ft.aliasadd", "search", "1.0.0", 3, "write", "", "", "alias index",
     "O(1)", "Gives an index another name."},
    {"ft.aliasdel", "search", "1.0.0", 2, "write", "", "", "alias",
     "O(1)", "Takes another name away."},
    {"ft.aliasupdate", "search", "1.0.0", 3, "write", "", "", "alias index",
     "O(1)", "Gives an index another name, which may have been that of another."},
    {"ft.alter", "search", "1.0.0", -6, "write denyoom", "", "",
     "index [SKIPINITIALSCAN] SCHEMA ADD field...",
     "O(N), N the keys", "Adds fields to an index."},
    {"ft.config", "search", "1.0.0", -2, "", "", "", "", "", "A container for commands of search's configuration."},
    {"ft.config|get", "search", "1.0.0", 3, "readonly", "", "", "option",
     "O(1)", "Tells options of searches."},
    {"ft.config|set", "search", "1.0.0", 4, "", "", "", "option value",
     "O(1)", "Sets an option of searches."},
    {"ft.create", "search", "1.0.0", -4, "write denyoom", "", "",
     "index [data_type{ON source(HASH | JSON)}] [prefix{PREFIX count:int prefix...}] [FILTER filter] "
     "[LANGUAGE default_lang] [LANGUAGE_FIELD lang_attribute] [SCORE default_score:double] [SCORE_FIELD score_attribute] "
     "[PAYLOAD_FIELD payload_attribute] [MAXTEXTFIELDS] [TEMPORARY seconds:double] [NOOFFSETS] [NOHL] [NOFIELDS] [NOFREQS] "
     "[stopwords{STOPWORDS count:int [stopword...]}] [SKIPINITIALSCAN] SCHEMA field...",
     "O(N), N the keys", "Creates an index."},
    {"ft.cursor", "search", "1.1.0", -2, "", "", "", "", "", "A container for commands of cursors."},
    {"ft.cursor|del", "search", "1.1.0", 4, "readonly", "", "", "index cursor_id:int",
     "O(1)", "Deletes a cursor."},
    {"ft.cursor|read", "search", "1.1.0", -4, "readonly", "", "", "index cursor_id:int [COUNT count:int]",
     "O(N), N the rows read", "Reads from a cursor."},
    {"ft.drop", "search", "1.0.0", -2, "write", "", "", "index [keep_docs='KEEPDOCS']",
     "O(N), or O(1) with KEEPDOCS, N the documents", "Deletes an index, and its documents unless told not to.", "", "",
     "2.0.0 `FT.DROPINDEX`"},
    {"ft.dropindex", "search", "2.0.0", -2, "write", "", "", "index [delete_docs='DD']",
     "O(1), or O(N) with DD, N the documents", "Deletes an index, and its documents if told so."},
    {"ft.explain", "search", "1.0.0", -3, "readonly", "", "", "index query [DIALECT dialect:int]",
     "O(1)", "Tells how a query is understood."},
    {"ft.explaincli", "search", "1.0.0", -3, "readonly", "", "", "index query [DIALECT dialect:int]",
     "O(1)", "Tells how a query is understood, line by line."},
    {"ft.hybrid", "search", "8.4.0", -6, "readonly", "", "",
     "index SEARCH query VSIM field vector [option...]",
     "O(N), N the documents that the query matches", "Finds documents by words and by a vector, and joins both."},
    {"ft.info", "search", "1.0.0", 2, "readonly", "", "", "index",
     "O(1)", "Tells of an index: fields, sizes, failures."},
    {"ft.profile", "search", "2.2.0", -5, "readonly", "", "",
     "index querytype(SEARCH | AGGREGATE) [LIMITED] QUERY query [option...]",
     "O(N), N the documents that the query matches", "Runs a query and tells where its time went."},
    {"ft.search", "search", "1.0.0", -3, "readonly", "", "", "index query [option...]",
     "O(N), N the documents that the query matches", "Finds documents by a query."},
    {"ft.tagvals", "search", "1.0.0", 3, "readonly", "", "", "index field_name",
     "O(N), N the tags", "Lists the tags of a field."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> SearchSpecs() { return kRows; }

}  // namespace kvorum
