// Archive: the parts of a ZIP file (what PPTX and DOCX are), each parsed as XML, within the limits of documents/limits.h.
//
// Threads: one. Ownership: owns the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "documents/unit.h"

struct zip;

namespace kvorum {

class Archive {
 public:
  Archive();
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  DocumentError Open(const std::string& path);
  bool Has(const std::string& part) const;
  DocumentError ReadPart(const std::string& part, std::string* bytes);
  // Of one that is broken in the middle: what stands before that, and an error.
  DocumentError ReadXml(const std::string& part, pugi::xml_document* xml);

  struct Relation {
    std::string type;    // the last word of its address: "slide", "notesSlide"
    std::string target;  // the part's name
  };
  // What a part refers to, by identifier. A part without relations has none.
  DocumentError ReadRelations(const std::string& part, std::map<std::string, Relation>* relations);
  // The name of the document's main part: what the archive says, or `usual` if it says nothing of use.
  std::string MainPart(const std::string& usual);

 private:
  struct CloseZip {
    void operator()(zip* archive) const;
  };

  std::unique_ptr<zip, CloseZip> zip_;
  uint64_t taken_bytes_ = 0;  // unpacked so far
};

// Names without their namespace's prefix, which is the writer's choice: "p:sp" is "sp".
std::string_view LocalName(const pugi::xml_node& node);
std::string_view LocalName(const pugi::xml_attribute& attribute);
// The first child, or attribute's value, of that local name; an empty one if there is none.
pugi::xml_node ChildNamed(const pugi::xml_node& node, std::string_view name);
std::string_view AttributeNamed(const pugi::xml_node& node, std::string_view name);

}  // namespace kvorum
