// TextStream: a file of text in any encoding, as UTF-8, line by line. The encoding is told by a byte order mark, by being valid
// UTF-8, or guessed by ICU from the first bytes. What is not valid becomes U+FFFD. Memory does not follow the file's size.
//
// Threads: one. Ownership: owns the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "documents/unit.h"

struct UConverter;

namespace kvorum {

// The name that ICU knows the encoding by; empty: no text (it holds zero bytes as only binary files do).
std::string DetectEncoding(std::string_view first_bytes, std::string_view declared = {});

class TextStream {
 public:
  TextStream();
  ~TextStream();
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  DocumentError Open(const std::string& path);
  // The next line, without its end; good until the next call. A line longer than kMaxUnitBytes / 4 comes in pieces. False: there is
  // none, or error().
  bool NextLine(std::string_view* line);
  const DocumentError& error() const { return error_; }
  const std::string& encoding() const { return encoding_; }

 private:
  struct CloseConverter {
    void operator()(UConverter* converter) const;
  };
  struct CloseFile {
    void operator()(void* file) const;
  };

  // Decodes more of the file. False: no more, or error_.
  bool Fill();

  std::unique_ptr<void, CloseFile> file_;
  std::unique_ptr<UConverter, CloseConverter> from_;
  std::unique_ptr<UConverter, CloseConverter> to_;
  std::string encoding_;
  std::string raw_;
  std::string text_;  // decoded
  size_t taken_ = 0;  // of it
  std::unique_ptr<char16_t[]> pivot_;
  char16_t* pivot_source_ = nullptr;
  char16_t* pivot_target_ = nullptr;
  bool ends_ = false;
  DocumentError error_;
};

// All of `bytes` as UTF-8. False: ICU does not know the encoding.
bool DecodeAll(std::string_view bytes, const std::string& encoding, std::string* text);

}  // namespace kvorum
