#include "documents/text_stream.h"

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "documents/limits.h"

namespace kvorum {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kPivotUnits = 16 << 10;
// What encodings are guessed from.
constexpr size_t kDetectBytes = 64 << 10;

struct Mark {
  std::string_view bytes;
  const char* encoding;
};

// Four bytes before two: UTF-32's mark begins with UTF-16's.
constexpr Mark kMarks[] = {
    {"\xEF\xBB\xBF", "UTF-8"},
    {std::string_view("\xFF\xFE\0\0", 4), "UTF-32LE"},
    {std::string_view("\0\0\xFE\xFF", 4), "UTF-32BE"},
    {"\xFF\xFE", "UTF-16LE"},
    {"\xFE\xFF", "UTF-16BE"},
};

// Whether the bytes are UTF-8; the last character may be cut.
bool IsUtf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<uint8_t>(bytes[i]);
    const size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : 4;
    if (first >= 0x80 && (first < 0xC2 || first > 0xF4)) return false;
    for (size_t k = 1; k < length && i + k < bytes.size(); ++k) {
      if ((static_cast<uint8_t>(bytes[i + k]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

// UTF-16 without a mark: western text has every other byte zero.
const char* Utf16WithoutMark(std::string_view bytes) {
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < bytes.size(); ++i) zeros[i & 1] += bytes[i] == 0;
  const size_t half = bytes.size() / 2;
  if (half < 2) return nullptr;
  if (zeros[1] > half * 3 / 4 && zeros[0] <= half / 16) return "UTF-16LE";
  if (zeros[0] > half * 3 / 4 && zeros[1] <= half / 16) return "UTF-16BE";
  return nullptr;
}

std::string GuessEncoding(std::string_view bytes) {
  UErrorCode status = U_ZERO_ERROR;
  UCharsetDetector* detector = ucsdet_open(&status);
  if (U_FAILURE(status)) return "windows-1252";
  std::string name = "windows-1252";
  ucsdet_setText(detector, bytes.data(), static_cast<int32_t>(bytes.size()), &status);
  const UCharsetMatch* match = U_SUCCESS(status) ? ucsdet_detect(detector, &status) : nullptr;
  if (U_SUCCESS(status) && match) {
    const char* found = ucsdet_getName(match, &status);
    // What people call ISO-8859-1 is windows-1252.
    if (U_SUCCESS(status) && std::strcmp(found, "ISO-8859-1") != 0) name = found;
  }
  ucsdet_close(detector);
  return name;
}

bool KnowsEncoding(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  UConverter* converter = ucnv_open(name.c_str(), &status);
  if (converter) ucnv_close(converter);
  return U_SUCCESS(status);
}

}  // namespace

std::string DetectEncoding(std::string_view first_bytes, std::string_view declared) {
  const std::string_view bytes = first_bytes.substr(0, kDetectBytes);
  for (const Mark& mark : kMarks) {
    if (bytes.starts_with(mark.bytes)) return mark.encoding;
  }
  if (const char* found = Utf16WithoutMark(bytes)) return found;
  if (bytes.find('\0') != std::string_view::npos) return {};
  if (IsUtf8(bytes)) return "UTF-8";
  // Declared to be UTF-8, and not.
  std::string name(declared);
  if (!name.empty() && name.find("16") == std::string::npos && ucnv_compareNames(name.c_str(), "UTF-8") != 0 &&
      KnowsEncoding(name))
    return name;
  return GuessEncoding(bytes);
}

void TextStream::CloseConverter::operator()(UConverter* converter) const { ucnv_close(converter); }
void TextStream::CloseFile::operator()(void* file) const { std::fclose(static_cast<FILE*>(file)); }

TextStream::TextStream() : pivot_(new char16_t[kPivotUnits]) { pivot_source_ = pivot_target_ = pivot_.get(); }
TextStream::~TextStream() = default;

DocumentError TextStream::Open(const std::string& path) {
  file_.reset(std::fopen(path.c_str(), "rbe"));
  if (!file_) return DocumentError(std::strerror(errno));
  raw_.resize(kDetectBytes);
  raw_.resize(std::fread(raw_.data(), 1, raw_.size(), static_cast<FILE*>(file_.get())));
  if (std::ferror(static_cast<FILE*>(file_.get()))) return DocumentError(std::strerror(errno));
  encoding_ = DetectEncoding(raw_);
  if (encoding_.empty()) return DocumentError("is no text: it holds zero bytes");
  for (const Mark& mark : kMarks) {
    if (raw_.starts_with(mark.bytes)) {
      raw_.erase(0, mark.bytes.size());
      break;
    }
  }
  UErrorCode status = U_ZERO_ERROR;
  from_.reset(ucnv_open(encoding_.c_str(), &status));
  to_.reset(ucnv_open("UTF-8", &status));
  if (U_FAILURE(status)) return DocumentError("has an encoding that is not known, " + encoding_);
  return {};
}

bool TextStream::Fill() {
  if (ends_ || error_) return false;
  text_.erase(0, taken_);
  taken_ = 0;
  FILE* file = static_cast<FILE*>(file_.get());
  if (raw_.empty()) {
    raw_.resize(kReadBytes);
    raw_.resize(std::fread(raw_.data(), 1, raw_.size(), file));
    if (std::ferror(file)) {
      error_ = DocumentError(std::strerror(errno));
      return false;
    }
  }
  ends_ = raw_.empty();
  const char* source = raw_.data();
  const char* source_end = source + raw_.size();
  while (true) {
    const size_t before = text_.size();
    text_.resize(before + kReadBytes);
    char* target = text_.data() + before;
    UErrorCode status = U_ZERO_ERROR;
    ucnv_convertEx(to_.get(), from_.get(), &target, text_.data() + text_.size(), &source, source_end, pivot_.get(),
                   &pivot_source_, &pivot_target_, pivot_.get() + kPivotUnits, false, ends_, &status);
    text_.resize(static_cast<size_t>(target - text_.data()));
    if (status == U_BUFFER_OVERFLOW_ERROR) continue;
    if (U_FAILURE(status)) error_ = DocumentError(std::string("could not be decoded: ") + u_errorName(status));
    break;
  }
  raw_.clear();
  return true;
}

bool TextStream::NextLine(std::string_view* line) {
  size_t searched = taken_;
  while (true) {
    const size_t end = text_.find('\n', searched);
    const size_t limit = kMaxUnitBytes / 4;
    if (end != std::string::npos && end - taken_ <= limit) {
      *line = std::string_view(text_).substr(taken_, end - taken_);
      if (line->ends_with('\r')) line->remove_suffix(1);
      taken_ = end + 1;
      return true;
    }
    if (text_.size() - taken_ > limit) {
      size_t cut = taken_ + limit;
      while ((static_cast<uint8_t>(text_[cut]) & 0xC0) == 0x80) --cut;
      // Better between words.
      const size_t space = text_.rfind(' ', cut);
      if (space != std::string::npos && space > taken_ + limit / 2) cut = space;
      *line = std::string_view(text_).substr(taken_, cut - taken_);
      taken_ = cut;
      return true;
    }
    const size_t left = text_.size() - taken_;
    if (Fill()) {
      searched = taken_ + left;
      continue;
    }
    if (taken_ == text_.size()) return false;
    *line = std::string_view(text_).substr(taken_);
    if (line->ends_with('\r')) line->remove_suffix(1);
    taken_ = text_.size();
    return true;
  }
}

bool DecodeAll(std::string_view bytes, const std::string& encoding, std::string* text) {
  for (const Mark& mark : kMarks) {
    if (bytes.starts_with(mark.bytes)) {
      bytes.remove_prefix(mark.bytes.size());
      break;
    }
  }
  text->clear();
  UErrorCode status = U_ZERO_ERROR;
  UConverter* from = ucnv_open(encoding.c_str(), &status);
  UConverter* to = ucnv_open("UTF-8", &status);
  if (U_SUCCESS(status)) {
    std::string out;
    char16_t pivot[kPivotUnits];
    char16_t* pivot_source = pivot;
    char16_t* pivot_target = pivot;
    const char* source = bytes.data();
    do {
      const size_t before = out.size();
      out.resize(before + bytes.size() + kPivotUnits);
      char* target = out.data() + before;
      status = U_ZERO_ERROR;
      ucnv_convertEx(to, from, &target, out.data() + out.size(), &source, bytes.data() + bytes.size(), pivot,
                     &pivot_source, &pivot_target, pivot + kPivotUnits, false, true, &status);
      out.resize(static_cast<size_t>(target - out.data()));
    } while (status == U_BUFFER_OVERFLOW_ERROR);
    *text = std::move(out);
  }
  if (from) ucnv_close(from);
  if (to) ucnv_close(to);
  return U_SUCCESS(status);
}

}  // namespace kvorum
