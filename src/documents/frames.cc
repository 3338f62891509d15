#include "documents/frames.h"

#include "base/bytes.h"
#include "documents/limits.h"

namespace kvorum {
namespace {

void AppendU32(std::string& out, size_t value) {
  char bytes[4];
  PutU32(bytes, static_cast<uint32_t>(value));
  out.append(bytes, sizeof(bytes));
}

void AppendString(std::string& out, std::string_view text) {
  AppendU32(out, text.size());
  out.append(text);
}

std::string WithLength(std::string_view body) {
  std::string out;
  AppendU32(out, body.size());
  return out.append(body);
}

bool TakeU32(std::string_view* from, uint32_t* value) {
  if (from->size() < 4) return false;
  *value = GetU32(from->data());
  from->remove_prefix(4);
  return true;
}

bool TakeString(std::string_view* from, std::string* text) {
  uint32_t size = 0;
  if (!TakeU32(from, &size) || size > from->size()) return false;
  text->assign(from->substr(0, size));
  from->remove_prefix(size);
  return true;
}

bool DecodeUnit(std::string_view bytes, Unit* unit) {
  uint32_t count = 0;
  if (bytes.empty() || bytes[0] > static_cast<char>(UnitKind::kEntry) || bytes[0] < 0) return false;
  unit->kind = static_cast<UnitKind>(bytes[0]);
  bytes.remove_prefix(1);
  if (!TakeU32(&bytes, &unit->number) || !TakeString(&bytes, &unit->document_title) || !TakeU32(&bytes, &count) ||
      count > kMaxHeadings)
    return false;
  unit->headings.resize(count);
  for (std::string& heading : unit->headings) {
    if (!TakeString(&bytes, &heading)) return false;
  }
  return TakeString(&bytes, &unit->text) && bytes.empty();
}

}  // namespace

const char* UnitKindName(UnitKind kind) {
  switch (kind) {
    case UnitKind::kPage:
      return "page";
    case UnitKind::kSlide:
      return "slide";
    case UnitKind::kSection:
      return "section";
    case UnitKind::kEntry:
      return "entry";
    case UnitKind::kText:
      break;
  }
  return "text";
}

std::string EncodeUnit(const Unit& unit) {
  std::string body(1, static_cast<char>(FrameKind::kUnit));
  body += static_cast<char>(unit.kind);
  AppendU32(body, unit.number);
  AppendString(body, unit.document_title);
  AppendU32(body, unit.headings.size());
  for (const std::string& heading : unit.headings) AppendString(body, heading);
  AppendString(body, unit.text);
  return WithLength(body);
}

std::string EncodeError(const DocumentError& error) {
  std::string body(1, static_cast<char>(error.is_passing() ? FrameKind::kPassingError : FrameKind::kError));
  AppendString(body, error.text());
  return WithLength(body);
}

std::string EncodeFinished() { return WithLength(std::string(1, static_cast<char>(FrameKind::kFinished))); }

bool DecodeFrame(std::string_view bytes, Frame* frame) {
  if (bytes.empty() || bytes.size() > kMaxFrameBytes) return false;
  frame->kind = static_cast<FrameKind>(bytes[0]);
  bytes.remove_prefix(1);
  std::string text;
  switch (frame->kind) {
    case FrameKind::kUnit:
      return DecodeUnit(bytes, &frame->unit);
    case FrameKind::kError:
    case FrameKind::kPassingError:
      if (!TakeString(&bytes, &text) || !bytes.empty() || text.empty()) return false;
      frame->error = frame->kind == FrameKind::kError ? DocumentError(text) : DocumentError::Passing(text);
      return true;
    case FrameKind::kFinished:
      return bytes.empty();
  }
  return false;
}

}  // namespace kvorum
