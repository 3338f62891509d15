#include "text/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <vector>

namespace kvorum {
namespace {

// How many bytes follow a first byte, and the least code point that needs as many. -1: not a first byte.
struct Lead {
  int following;
  char32_t bits;
  char32_t least;
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0xC2) return {-1, 0, 0};
  if (byte < 0xE0) return {1, byte & 0x1FU, 0x80};
  if (byte < 0xF0) return {2, byte & 0x0FU, 0x800};
  if (byte < 0xF5) return {3, byte & 0x07U, 0x10000};
  return {-1, 0, 0};
}

bool IsAsciiWord(char32_t point) {
  return (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
         point == '_';
}

}  // namespace

char32_t TakeCodePoint(std::string_view text, size_t* offset) {
  const auto first = static_cast<uint8_t>(text[(*offset)++]);
  if (first < 0x80) return first;
  const Lead lead = LeadOf(first);
  const size_t following = lead.following < 0 ? 0 : static_cast<size_t>(lead.following);
  if (following == 0 || text.size() - *offset < following) return kRawByte + first;
  char32_t point = lead.bits;
  for (size_t i = 0; i < following; ++i) {
    const auto byte = static_cast<uint8_t>(text[*offset + i]);
    if ((byte & 0xC0) != 0x80) return kRawByte + first;
    point = point << 6 | (byte & 0x3F);
  }
  if (point < lead.least || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return kRawByte + first;
  *offset += following;
  return point;
}

void AppendCodePoint(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < kRawByte) {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(point - kRawByte);
  }
}

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  for (size_t offset = 0; offset < text.size(); ++count) TakeCodePoint(text, &offset);
  return count;
}

bool IsSeparator(char32_t point) {
  if (point < 0x80) return !IsAsciiWord(point);
  if (point >= kRawByte) return false;
  constexpr uint32_t kWord = U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK | U_GC_PC_MASK | U_GC_SO_MASK | U_GC_CF_MASK |
                             U_GC_CO_MASK | U_GC_CN_MASK;
  return (U_MASK(u_charType(static_cast<UChar32>(point))) & kWord) == 0;
}

bool IsSpace(char32_t point) {
  if (point < 0x80) return point <= ' ' || point == 0x7F;
  if (point >= kRawByte) return false;
  return (U_MASK(u_charType(static_cast<UChar32>(point))) & (U_GC_Z_MASK | U_GC_CC_MASK)) != 0;
}

char32_t FoldCase(char32_t point) {
  if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
  if (point >= kRawByte) return point;
  return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(point), U_FOLD_CASE_DEFAULT));
}

std::string FoldCase(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (size_t offset = 0; offset < text.size();) AppendCodePoint(folded, FoldCase(TakeCodePoint(text, &offset)));
  return folded;
}

std::string UpperCase(std::string_view text) {
  std::string upper;
  upper.reserve(text.size());
  for (size_t offset = 0; offset < text.size();) {
    const char32_t point = TakeCodePoint(text, &offset);
    AppendCodePoint(upper, point >= kRawByte ? point : static_cast<char32_t>(u_toupper(static_cast<UChar32>(point))));
  }
  return upper;
}

std::string SortForm(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* normalizer = unorm2_getNFKDInstance(&status);
  std::string form;
  form.reserve(text.size());
  for (size_t offset = 0; offset < text.size();) {
    const char32_t point = TakeCodePoint(text, &offset);
    UChar parts[64];
    int32_t count = -1;
    if (point >= 0x80 && point < kRawByte && U_SUCCESS(status)) {
      UErrorCode ignored = U_ZERO_ERROR;
      count = unorm2_getDecomposition(normalizer, static_cast<UChar32>(point), parts, 64, &ignored);
    }
    if (count < 0 || count > 64) {
      AppendCodePoint(form, FoldCase(point));
      continue;
    }
    for (int32_t i = 0; i < count;) {
      UChar32 part;
      U16_NEXT(parts, i, count, part);
      const bool is_mark = (U_MASK(u_charType(part)) & U_GC_M_MASK) != 0;
      if (!is_mark) AppendCodePoint(form, FoldCase(static_cast<char32_t>(part)));
    }
  }
  return form;
}

}  // namespace kvorum
