#include "readers/archive.h"

#include <zip.h>

#include <vector>

#include "documents/limits.h"
#include "readers/file_bytes.h"

namespace kvorum {
namespace {

// The name of the part that `target` means when it is written in `part`: "ppt/slides/slide1.xml" and "../media/a.png"
// give "ppt/media/a.png".
std::string ResolveTarget(std::string_view part, std::string_view target) {
  if (target.starts_with('/')) return std::string(target.substr(1));
  std::vector<std::string_view> names;
  auto add = [&names](std::string_view path) {
    while (!path.empty()) {
      const size_t slash = path.find('/');
      const std::string_view name = path.substr(0, slash);
      if (name == "..") {
        if (!names.empty()) names.pop_back();
      } else if (!name.empty() && name != ".") {
        names.push_back(name);
      }
      path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
    }
  };
  const size_t slash = part.rfind('/');
  add(slash == part.npos ? std::string_view() : part.substr(0, slash));
  add(target);
  std::string out;
  for (std::string_view name : names) {
    if (!out.empty()) out += '/';
    out += name;
  }
  return out;
}

}  // namespace

void Archive::CloseZip::operator()(zip* archive) const { zip_discard(archive); }
Archive::Archive() = default;
Archive::~Archive() = default;

DocumentError Archive::Open(const std::string& path) {
  int code = 0;
  zip_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (zip_) return {};
  return DocumentError(code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS
                           ? std::string("is broken: it is no whole ZIP archive")
                           : "could not be opened as a ZIP archive (" + std::to_string(code) + ")");
}

bool Archive::Has(const std::string& part) const { return zip_name_locate(zip_.get(), part.c_str(), 0) >= 0; }

DocumentError Archive::ReadPart(const std::string& part, std::string* bytes) {
  bytes->clear();
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_stat(zip_.get(), part.c_str(), 0, &status) != 0) return DocumentError("is broken: it has no part " + part);
  if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) && status.encryption_method != ZIP_EM_NONE)
    return DocumentError("is encrypted: a password is needed to read it");
  zip_file_t* file = zip_fopen(zip_.get(), part.c_str(), 0);
  if (!file) return DocumentError("is broken: its part " + part + " could not be unpacked");
  char block[64 << 10];
  zip_int64_t count = 0;
  // The size that the archive states is not believed.
  while ((count = zip_fread(file, block, sizeof(block))) > 0) {
    taken_bytes_ += static_cast<uint64_t>(count);
    if (bytes->size() + static_cast<size_t>(count) > kMaxPartBytes || taken_bytes_ > kMaxArchiveBytes) {
      zip_fclose(file);
      return DocumentError("unpacks to more than " +
                           MebibytesText(taken_bytes_ > kMaxArchiveBytes ? kMaxArchiveBytes : kMaxPartBytes) +
                           (taken_bytes_ > kMaxArchiveBytes ? "" : " in its part " + part));
    }
    bytes->append(block, static_cast<size_t>(count));
  }
  zip_fclose(file);
  return count < 0 ? DocumentError("is broken: its part " + part + " could not be unpacked") : DocumentError();
}

DocumentError Archive::ReadXml(const std::string& part, pugi::xml_document* xml) {
  std::string bytes;
  if (DocumentError error = ReadPart(part, &bytes)) return error;
  const unsigned options = pugi::parse_default | pugi::parse_ws_pcdata;
  const pugi::xml_parse_result result = xml->load_buffer(bytes.data(), bytes.size(), options);
  if (!result) return DocumentError("is broken: its part " + part + " is no XML (" + result.description() + ")");
  return {};
}

DocumentError Archive::ReadRelations(const std::string& part, std::map<std::string, Relation>* relations) {
  relations->clear();
  const size_t slash = part.rfind('/');
  const std::string folder = slash == part.npos ? "" : part.substr(0, slash + 1);
  const std::string name = folder + "_rels/" + part.substr(slash == part.npos ? 0 : slash + 1) + ".rels";
  if (!Has(name)) return {};
  pugi::xml_document xml;
  DocumentError error = ReadXml(name, &xml);
  for (const pugi::xml_node& node : xml.document_element().children()) {
    if (AttributeNamed(node, "TargetMode") == "External") continue;
    std::string_view type = AttributeNamed(node, "Type");
    const size_t last = type.rfind('/');
    if (last != type.npos) type.remove_prefix(last + 1);
    (*relations)[std::string(AttributeNamed(node, "Id"))] = {std::string(type),
                                                             ResolveTarget(part, AttributeNamed(node, "Target"))};
  }
  return error;
}

std::string Archive::MainPart(const std::string& usual) {
  std::map<std::string, Relation> relations;
  if (const DocumentError error = ReadRelations("", &relations)) return usual;
  for (const auto& [id, relation] : relations) {
    if (relation.type == "officeDocument" && Has(relation.target)) return relation.target;
  }
  return usual;
}

namespace {

std::string_view AfterColon(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

}  // namespace

std::string_view LocalName(const pugi::xml_node& node) { return AfterColon(node.name()); }
std::string_view LocalName(const pugi::xml_attribute& attribute) { return AfterColon(attribute.name()); }

pugi::xml_node ChildNamed(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node& child : node.children()) {
    if (LocalName(child) == name) return child;
  }
  return {};
}

std::string_view AttributeNamed(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (LocalName(attribute) == name) return attribute.value();
  }
  return {};
}

}  // namespace kvorum
