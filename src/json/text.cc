#include "json/text.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/numbers.h"

namespace kvorum {
namespace {

// Keeps what is open on a stack: of an object names and values in turns.
class TreeBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TreeBuilder> {
 public:
  bool Null() { return Push(JsonValue()); }
  bool Bool(bool value) { return Push(JsonValue::Boolean(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const char* end = text + size;
    int64_t integer;
    if (const auto [stop, problem] = std::from_chars(text, end, integer);
        problem == std::errc() && stop == end && !(integer == 0 && *text == '-')) {
      return Push(JsonValue::Integer(integer));
    }
    double number;
    const auto [stop, problem] = std::from_chars(text, end, number);
    if (problem == std::errc::result_out_of_range) {
      // So small that it is 0, or too large. strtod tells which.
      number = std::strtod(std::string(text, size).c_str(), nullptr);
    }
    if (!std::isfinite(number)) return Fail("number out of range");
    return Push(JsonValue::Number(number));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return CheckText({text, size}) && Push(JsonValue::String({text, size}));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) { return String(text, size, copy); }
  bool StartObject() { return Enter(); }
  bool StartArray() { return Enter(); }
  bool EndObject(rapidjson::SizeType members) {
    JsonValue object = JsonValue::Object();
    object.ReserveMembers(members);
    const size_t first = stack_.size() - 2 * size_t{members};
    for (size_t i = first; i < stack_.size(); i += 2) object.Set(stack_[i].string(), std::move(stack_[i + 1]));
    return Leave(first, std::move(object));
  }
  bool EndArray(rapidjson::SizeType items) {
    JsonValue array = JsonValue::Array();
    const size_t first = stack_.size() - items;
    array.Insert(0, std::span(stack_).subspan(first));
    return Leave(first, std::move(array));
  }

  JsonValue Take() { return std::move(stack_.back()); }
  const char* error() const { return error_; }

 private:
  bool Fail(const char* error) {
    error_ = error;
    return false;
  }
  bool Push(JsonValue value) {
    stack_.push_back(std::move(value));
    return true;
  }
  bool Enter() { return ++depth_ <= kMaxJsonDepth || Fail("recursion limit exceeded"); }
  bool Leave(size_t first, JsonValue container) {
    --depth_;
    if (container.size() > kMaxJsonItems) return Fail("too many items");
    stack_.resize(first);
    return Push(std::move(container));
  }
  // An escape may name half of a surrogate pair, which no UTF-8 has.
  bool CheckText(std::string_view text) {
    if (text.size() > kMaxJsonStringBytes) return Fail("string too long");
    for (const char* at = text.data(); at != nullptr;) {
      at = static_cast<const char*>(std::memchr(at, 0xED, static_cast<size_t>(text.end() - at)));
      if (at == nullptr) break;
      if (++at < text.end() && static_cast<uint8_t>(*at) >= 0xA0) return Fail("lone surrogate in a string");
    }
    return true;
  }

  std::vector<JsonValue> stack_;
  size_t depth_ = 0;
  const char* error_ = nullptr;
};

// "... at line 1 column 5".
std::string ErrorAt(std::string_view text, size_t offset, std::string_view what) {
  size_t line = 1;
  size_t line_start = 0;
  for (size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_start = i + 1;
  }
  const size_t column = offset - line_start + 1;
  return std::string(what) + " at line " + std::to_string(line) + " column " + std::to_string(column);
}

std::string_view MessageOf(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "EOF while parsing a value";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "trailing characters";
    case rapidjson::kParseErrorObjectMissName:
      return "key must be a string";
    case rapidjson::kParseErrorObjectMissColon:
      return "expected `:`";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "expected `,` or `}`";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "expected `,` or `]`";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "EOF while parsing a string";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "invalid escape";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "invalid unicode escape";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "invalid character in a string";
    case rapidjson::kParseErrorNumberTooBig:
    case rapidjson::kParseErrorNumberMissFraction:
    case rapidjson::kParseErrorNumberMissExponent:
      return "invalid number";
    default:
      return "expected value";
  }
}

}  // namespace

bool ParseJson(std::string_view text, JsonValue* value, std::string* error) {
  // The parser takes a zero byte for the end of the text.
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    *error = ErrorAt(text, zero, "invalid character");
    return false;
  }
  TreeBuilder builder;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    *error = ErrorAt(text, result.Offset(), builder.error() != nullptr ? builder.error() : MessageOf(result.Code()));
    return false;
  }
  *value = builder.Take();
  return true;
}

// --- Writing ------------------------------------------------------------------------------------------------------------------

void WriteJsonString(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out->append(text.substr(plain, i - plain));
    plain = i + 1;
    out->push_back('\\');
    switch (byte) {
      case '"':
      case '\\':
        out->push_back(static_cast<char>(byte));
        break;
      case '\b':
        out->push_back('b');
        break;
      case '\f':
        out->push_back('f');
        break;
      case '\n':
        out->push_back('n');
        break;
      case '\r':
        out->push_back('r');
        break;
      case '\t':
        out->push_back('t');
        break;
      default:
        out->append("u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  out->append(text.substr(plain)).push_back('"');
}

void WriteJsonNumber(double number, std::string* out) {
  char text[32];
  const char* const end = std::to_chars(text, text + sizeof(text), number, std::chars_format::scientific).ptr;
  const char* at = text;
  if (*at == '-') {
    out->push_back('-');
    ++at;
  }
  char digits[20];
  size_t count = 0;
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits[count++] = *at;
  }
  ++at;
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end, exponent);
  const std::string_view all(digits, count);
  const int before_point = exponent + 1;
  // Up to 16 digits before the point, up to 4 zeros behind it.
  if (number == 0) {
    out->append("0.0");
  } else if (before_point > 0 && before_point <= 16) {
    const auto whole = static_cast<size_t>(before_point);
    if (count <= whole) {
      out->append(all).append(whole - count, '0').append(".0");
    } else {
      out->append(all.substr(0, whole)).append(1, '.').append(all.substr(whole));
    }
  } else if (before_point > -5 && before_point <= 0) {
    out->append("0.").append(static_cast<size_t>(-before_point), '0').append(all);
  } else {
    out->append(all.substr(0, 1));
    if (count > 1) out->append(1, '.').append(all.substr(1));
    out->append(1, 'e').append(std::to_string(exponent));
  }
}

void WriteJsonBreak(const JsonFormat& format, size_t level, std::string* out) {
  out->append(format.newline);
  if (format.indent.empty()) return;
  for (size_t i = 0; i < level; ++i) out->append(format.indent);
}

void WriteJson(const JsonValue& value, std::string* out, const JsonFormat& format, size_t level) {
  switch (value.type()) {
    case JsonValue::Type::kNull:
      out->append("null");
      return;
    case JsonValue::Type::kBoolean:
      out->append(value.boolean() ? "true" : "false");
      return;
    case JsonValue::Type::kInteger: {
      char digits[kMaxInt64Chars];
      out->append(digits, FormatInt64(value.integer(), digits));
      return;
    }
    case JsonValue::Type::kNumber:
      return WriteJsonNumber(value.number(), out);
    case JsonValue::Type::kString:
      return WriteJsonString(value.string(), out);
    default:
      break;
  }
  const bool is_array = value.is_array();
  out->push_back(is_array ? '[' : '{');
  bool first = true;
  for (size_t i = 0; i < value.child_slots(); ++i) {
    const JsonValue* child = value.Child(i);
    if (child == nullptr) continue;
    if (!first) out->push_back(',');
    first = false;
    WriteJsonBreak(format, level + 1, out);
    if (!is_array) {
      WriteJsonString(value.MemberAt(i)->name(), out);
      out->append(1, ':').append(format.space);
    }
    WriteJson(*child, out, format, level + 1);
  }
  if (!first) WriteJsonBreak(format, level, out);
  out->push_back(is_array ? ']' : '}');
}

}  // namespace kvorum
