// Appends INFO's lines.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace kvorum {

class InfoWriter {
 public:
  explicit InfoWriter(std::string& out) : out_(out) {}

  void Section(std::string_view title) {
    if (!out_.empty()) out_ += "\r\n";
    out_ += "# ";
    out_ += title;
    out_ += "\r\n";
  }
  void Line(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ':';
    out_ += value;
    out_ += "\r\n";
  }
  void Line(std::string_view name, const char* value) { Line(name, std::string_view(value)); }
  void Line(std::string_view name, uint64_t value) { Line(name, std::to_string(value)); }
  void Line(std::string_view name, int64_t value) { Line(name, std::to_string(value)); }
  void Line(std::string_view name, int value) { Line(name, std::to_string(value)); }
  void Fraction(std::string_view name, double value, int digits = 2, std::string_view unit = {}) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", digits, value);
    Line(name, text + std::string(unit));
  }

 private:
  std::string& out_;
};

}  // namespace kvorum
