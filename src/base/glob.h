// Patterns as in KEYS, PSUBSCRIBE and CONFIG GET: * any bytes, ? any byte, [abc] [a-z] [^x] one of a class, \x just x.
//
// As Redis has it, odd corners included: a class without its ']' ends with the pattern, a range may be given backwards and
// may end in ']', and the empty text matches the empty pattern alone
// (KEYS and SCAN take the pattern "*" for everything before they come here). Pure functions, for any bytes.
#pragma once

#include <string_view>

namespace kvorum {

// O(pattern * text) at worst, whatever the number of stars.
bool GlobMatch(std::string_view pattern, std::string_view text);
// The same for ASCII letters of either case.
bool GlobMatchIgnoringCase(std::string_view pattern, std::string_view text);

// Whether the pattern has none of the characters above, and so matches but its own text.
bool IsLiteralGlob(std::string_view pattern);

}  // namespace kvorum
