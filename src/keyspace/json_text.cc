#include "keyspace/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace kvorum {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The number's bytes, as the grammar has them; 0: there is none.
size_t NumberBytes(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t first = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at > first;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  if (zero ? (++at, false) : !digits()) return 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return 0;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return 0;
  }
  return at;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind "\u".
bool TakeCodeUnit(std::string_view* raw, uint32_t* unit) {
  if (raw->size() < 4) return false;
  *unit = 0;
  for (size_t i = 0; i < 4; ++i) {
    const int digit = HexDigit((*raw)[i]);
    if (digit < 0) return false;
    *unit = *unit << 4 | static_cast<uint32_t>(digit);
  }
  raw->remove_prefix(4);
  return true;
}

void AppendUtf8(uint32_t code, std::string* text) {
  const auto put = [text](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool IsJsonText(std::string_view text) {
  JsonText json(text);
  if (!json.SkipValue()) return false;
  json.SkipSpace();
  return json.rest().empty();
}

JsonText::Kind JsonText::kind() const {
  if (rest_.empty()) return Kind::kNone;
  switch (rest_[0]) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
      return Kind::kTrue;
    case 'f':
      return Kind::kFalse;
    case 'n':
      return Kind::kNull;
    default:
      return rest_[0] == '-' || IsDigit(rest_[0]) ? Kind::kNumber : Kind::kNone;
  }
}

void JsonText::SkipSpace() {
  size_t at = 0;
  while (at < rest_.size() && (rest_[at] == ' ' || rest_[at] == '\t' || rest_[at] == '\n' || rest_[at] == '\r')) ++at;
  rest_.remove_prefix(at);
}

bool JsonText::TakeChar(char wanted) {
  if (rest_.empty() || rest_[0] != wanted) return false;
  rest_.remove_prefix(1);
  SkipSpace();
  return true;
}

bool JsonText::TakeNumber(double* number) {
  const size_t bytes = NumberBytes(rest_);
  if (bytes == 0) return false;
  // What is too large or too small for a double keeps the number given here.
  *number = 0;
  std::from_chars(rest_.data(), rest_.data() + bytes, *number);
  rest_.remove_prefix(bytes);
  return true;
}

bool JsonText::TakeWord(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool JsonText::TakeRawString(std::string_view* raw) {
  if (rest_.empty() || rest_[0] != '"') return false;
  for (size_t at = 1; at < rest_.size(); ++at) {
    const char c = rest_[at];
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c == '"') {
      *raw = rest_.substr(1, at - 1);
      rest_.remove_prefix(at + 1);
      return true;
    }
    if (c != '\\') continue;
    if (++at == rest_.size()) return false;
    if (rest_[at] == 'u') {
      uint32_t unit;
      std::string_view digits = rest_.substr(at + 1);
      if (!TakeCodeUnit(&digits, &unit)) return false;
    } else if (std::string_view("\"\\/bfnrt").find(rest_[at]) == std::string_view::npos) {
      return false;
    }
  }
  return false;
}

bool JsonText::SkipMembers(size_t depth) {
  const bool is_object = rest_[0] == '{';
  const char end = is_object ? '}' : ']';
  rest_.remove_prefix(1);
  SkipSpace();
  if (!rest_.empty() && rest_[0] == end) {
    rest_.remove_prefix(1);
    return true;
  }
  while (true) {
    if (is_object) {
      std::string_view name;
      if (!TakeRawString(&name)) return false;
      SkipSpace();
      if (!TakeChar(':')) return false;
    }
    if (!SkipValue(depth + 1)) return false;
    SkipSpace();
    if (!rest_.empty() && rest_[0] == end) {
      rest_.remove_prefix(1);
      return true;
    }
    if (!TakeChar(',')) return false;
  }
}

bool JsonText::SkipValue(size_t depth) {
  if (depth > kMaxJsonTextDepth) return false;
  std::string_view text;
  double number;
  switch (kind()) {
    case Kind::kNone:
      return false;
    case Kind::kNull:
      return TakeWord("null");
    case Kind::kFalse:
      return TakeWord("false");
    case Kind::kTrue:
      return TakeWord("true");
    case Kind::kNumber:
      return TakeNumber(&number);
    case Kind::kString:
      return TakeRawString(&text);
    case Kind::kArray:
    case Kind::kObject:
      return SkipMembers(depth);
  }
  return false;
}

bool JsonText::EnterMember(std::string_view name) {
  if (!TakeChar('{')) return false;
  std::string decoded;
  std::string_view raw;
  while (TakeRawString(&raw)) {
    SkipSpace();
    if (!TakeChar(':')) return false;
    if (raw == name) return true;
    // A name may be written with escapes.
    if (raw.find('\\') != std::string_view::npos && DecodeJsonString(raw, &decoded) && decoded == name) return true;
    if (!SkipValue()) return false;
    SkipSpace();
    if (!TakeChar(',')) return false;
  }
  return false;
}

bool DecodeJsonString(std::string_view raw, std::string* text) {
  text->clear();
  while (!raw.empty()) {
    const size_t plain = std::min(raw.find('\\'), raw.size());
    text->append(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (raw.empty()) break;
    if (raw.size() < 2) return false;
    const char escape = raw[1];
    raw.remove_prefix(2);
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (const size_t place = kEscapes.find(escape); place != std::string_view::npos) {
      text->push_back(kMeant[place]);
      continue;
    }
    uint32_t code, low;
    if (escape != 'u' || !TakeCodeUnit(&raw, &code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && raw.starts_with("\\u")) {
      std::string_view second = raw.substr(2);
      if (TakeCodeUnit(&second, &low) && low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10 | (low - 0xDC00));
        raw = second;
      }
    }
    AppendUtf8(code, text);
  }
  return true;
}

}  // namespace kvorum
