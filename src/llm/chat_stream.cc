#include "llm/chat_stream.h"

#include <nlohmann/json.hpp>

namespace kvorum {
namespace {

using nlohmann::json;

// The member, or null where `object` is none or lacks it.
const json& Member(const json& object, const char* name) {
  static const json kNone;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : kNone;
}

std::string TextOf(const json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

uint64_t CountOf(const json& value) { return value.is_number_unsigned() ? value.get<uint64_t>() : 0; }

}  // namespace

bool ChatStreamParser::Fail(std::string what) {
  error_ = std::move(what);
  return false;
}

bool ChatStreamParser::HandOn(const std::string& text) {
  if (text.empty() || on_text_(text)) return true;
  stopped_ = true;
  return false;
}

bool ChatStreamParser::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (stopped_ || !error_.empty()) return false;
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kMaxChatLineBytes) return Fail("a line of its answer has no end");
    line_ += piece;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    const std::string line = std::move(line_);
    line_.clear();
    if (!TakeLine(line)) return false;
  }
  return !stopped_ && error_.empty();
}

void ChatStreamParser::Finish() {
  if (stopped_ || !error_.empty() || line_.empty()) return;
  const std::string line = std::move(line_);
  line_.clear();
  (void)TakeLine(line);
}

bool ChatStreamParser::TakeLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return true;
  if (protocol_ == ModelProtocol::kOllama) return TakeOllama(line);
  // Of server-sent events only the data count; what begins with a colon is a comment.
  if (!line.starts_with("data:")) return true;
  line.remove_prefix(5);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (line == "[DONE]") return end_.complete = true;
  return TakeOpenAi(line);
}

bool ChatStreamParser::TakeOllama(std::string_view text) {
  const json line = json::parse(text, nullptr, false);
  if (!line.is_object()) return Fail("a line of its answer is no JSON object");
  if (line.contains("error")) return Fail(ErrorInside(text));
  if (!HandOn(TextOf(Member(Member(line, "message"), "content")))) return false;
  if (Member(line, "done") == true) {
    end_.complete = true;
    end_.cut_short = TextOf(Member(line, "done_reason")) == "length";
    end_.prompt_tokens = CountOf(Member(line, "prompt_eval_count"));
    end_.answer_tokens = CountOf(Member(line, "eval_count"));
  }
  return true;
}

bool ChatStreamParser::TakeOpenAi(std::string_view text) {
  const json event = json::parse(text, nullptr, false);
  if (!event.is_object()) return Fail("an event of its answer is no JSON object");
  if (event.contains("error") && !event["error"].is_null()) return Fail(ErrorInside(text));
  const json& usage = Member(event, "usage");
  if (usage.is_object()) {
    end_.prompt_tokens = CountOf(Member(usage, "prompt_tokens"));
    end_.answer_tokens = CountOf(Member(usage, "completion_tokens"));
  }
  const json& choices = Member(event, "choices");
  if (!choices.is_array() || choices.empty()) return true;
  if (!HandOn(TextOf(Member(Member(choices[0], "delta"), "content")))) return false;
  const std::string reason = TextOf(Member(choices[0], "finish_reason"));
  if (!reason.empty()) {
    end_.complete = true;
    end_.cut_short = reason == "length";
  }
  return true;
}

}  // namespace kvorum
