#include "readers/test_documents.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "readers/reader.h"

namespace kvorum {

TestFolder::TestFolder() : path_(testing::TempDir() + "/readers_XXXXXX") { CHECK(mkdtemp(path_.data())); }
TestFolder::~TestFolder() { std::filesystem::remove_all(path_); }

std::string TestFolder::Write(const std::string& name, std::string_view bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
  return path(name);
}

std::string TestFolder::WriteZip(const std::string& name,
                                 const std::vector<std::pair<std::string, std::string>>& parts) const {
  int code = 0;
  zip_t* archive = zip_open(path(name).c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  CHECK(archive);
  for (const auto& [part, bytes] : parts) {
    CHECK(zip_file_add(archive, part.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0) >= 0);
  }
  CHECK(zip_close(archive) == 0);
  return path(name);
}

std::string MakePdf(const std::vector<std::string>& pages) {
  std::string pdf = "%PDF-1.4\n";
  std::vector<size_t> places;
  auto add = [&](const std::string& body) {
    places.push_back(pdf.size());
    pdf += std::to_string(places.size()) + " 0 obj\n" + body + "\nendobj\n";
  };
  std::string kids;
  for (size_t i = 0; i < pages.size(); ++i) kids += std::to_string(4 + 2 * i) + " 0 R ";
  add("<< /Type /Catalog /Pages 2 0 R >>");
  add("<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>");
  add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (size_t i = 0; i < pages.size(); ++i) {
    add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents " + std::to_string(5 + 2 * i) +
        " 0 R /Resources << /Font << /F1 3 0 R >> >> >>");
    std::string content = "BT /F1 12 Tf 14 TL 72 720 Td\n";
    for (size_t at = 0; at <= pages[i].size();) {
      const size_t end = std::min(pages[i].find('\n', at), pages[i].size());
      content += "(" + pages[i].substr(at, end - at) + ") Tj T*\n";
      at = end + 1;
    }
    content += "ET";
    add("<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream");
  }
  const size_t table = pdf.size();
  pdf += "xref\n0 " + std::to_string(places.size() + 1) + "\n0000000000 65535 f \n";
  for (size_t place : places) {
    char line[32];
    std::snprintf(line, sizeof(line), "%010zu 00000 n \n", place);
    pdf += line;
  }
  return pdf + "trailer\n<< /Size " + std::to_string(places.size() + 1) + " /Root 1 0 R >>\nstartxref\n" +
         std::to_string(table) + "\n%%EOF\n";
}

std::string Described(const std::string& path) {
  std::string out;
  const DocumentError error = ReadDocument(path, [&out](Unit&& unit) {
    out += std::string(UnitKindName(unit.kind)) + " " + std::to_string(unit.number) + " [";
    for (const std::string& heading : unit.headings) out += (&heading == unit.headings.data() ? "" : " > ") + heading;
    out += "] " + unit.text + "\n";
    return true;
  });
  if (error) out += "! " + error.text();
  return out;
}

}  // namespace kvorum
