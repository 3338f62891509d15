// What PPTX and DOCX have in common: paragraphs of runs, and content that is wrapped or comes in alternatives.
//
// Threads: no state.
#pragma once

#include <map>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "documents/unit.h"
#include "readers/archive.h"

namespace kvorum {

class UnitBuilder;

// All text and CDATA that is directly in it.
std::string TextOf(const pugi::xml_node& node);

// Appends the text of a paragraph: runs in links, fields, formulas and insertions too, without what was deleted with changes tracked. Text boxes that are
// anchored in it have paragraphs of their own: they are noted in `boxes` (w:txbxContent). False: it is nested deeper than kMaxDepth, and what is
// deeper is missing.
bool AppendRuns(const pugi::xml_node& paragraph, std::string& out, std::vector<pugi::xml_node>* boxes = nullptr);

// Appends the paragraphs (a:p) of a text body, an empty line between them. False: as with AppendRuns.
bool AppendParagraphs(const pugi::xml_node& body, std::string& out);

// The words of diagrams and charts that a part has relations to. Their first error.
DocumentError ReadGraphics(Archive& archive, const std::map<std::string, Archive::Relation>& relations,
                           UnitBuilder& units);

// Of mc:AlternateContent the branch that is read: the first choice that holds text, else the fallback.
pugi::xml_node Alternative(const pugi::xml_node& node);

// Nodes whose children stand for them: structured tags, insertions, alternatives. Nothing: `node` is none.
pugi::xml_node Unwrapped(const pugi::xml_node& node);

}  // namespace kvorum
