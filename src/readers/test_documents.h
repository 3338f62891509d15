// Documents made for tests, and what readers find in them as text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "documents/unit.h"

namespace kvorum {

// A folder that goes with the object.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  // Writes a file; its path.
  std::string Write(const std::string& name, std::string_view bytes) const;
  std::string WriteZip(const std::string& name, const std::vector<std::pair<std::string, std::string>>& parts) const;
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A PDF with a page for each text; a line of the text is a line of the page.
std::string MakePdf(const std::vector<std::string>& pages);

// "KIND NUMBER [heading > heading] text\n" for each unit, and the error, if there is one, behind them: "! error".
std::string Described(const std::string& path);

}  // namespace kvorum
