#include "ask/answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "documents/format.h"
#include "retrieval/extract.h"

namespace kvorum {
namespace {

// A sentence for reading: line ends are spaces. Unlike a title it is never cut.
std::string WithoutLineEnds(std::string_view text) {
  std::string line;
  for (char c : text) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!is_space) line += c;
    if (is_space && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

std::string HeadingPath(const FoundChunk& chunk) {
  std::string path;
  for (std::string_view rest = chunk.title; !rest.empty();) {
    const size_t end = rest.find('\n');
    if (!path.empty()) path += " > ";
    path += rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  return path;
}

// Documents repeat themselves, and each other; an answer need not.
bool Says(const Answer& answer, std::string_view text) {
  return std::any_of(answer.sentences.begin(), answer.sentences.end(),
                     [&](const CitedSentence& sentence) { return sentence.text == text; });
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string shown(text);
  for (size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) shown[i] = '?';
    // U+0080 to U+009F, some of which begin what ESC does.
    const bool is_c1 = byte == 0xc2 && i + 1 < shown.size() && (shown[i + 1] & 0xe0) == 0x80;
    if (is_c1) shown.replace(i, 2, "?");
  }
  return shown;
}

Answer ComposeAnswer(Findings findings, size_t sources) {
  Answer answer;
  answer.found = findings.found;
  answer.confidence = findings.confidence;
  for (FoundChunk& chunk : findings.chunks) {
    if (answer.citations.size() == sources) break;
    // What would be no answer by itself is none behind another either.
    if (answer.found && !answer.citations.empty() && chunk.confidence < kLeastConfidence) continue;
    if (answer.found) {
      const size_t said = answer.sentences.size();
      for (const TextSpan& span : chunk.sentences) {
        std::string text = WithoutLineEnds(std::string_view(chunk.text).substr(span.begin, span.end - span.begin));
        if (Says(answer, text)) continue;
        answer.sentences.push_back({std::move(text), answer.citations.size()});
      }
      if (answer.sentences.size() == said) continue;
    }
    answer.citations.push_back(std::move(chunk));
  }
  return answer;
}

std::string CitationText(size_t number, const FoundChunk& chunk) {
  std::string text = "[" + std::to_string(number) + "] " + std::string(FileNameOf(chunk.path));
  if (const std::string place = PlaceText(chunk); !place.empty()) text += ", " + place;
  if (const std::string headings = HeadingPath(chunk); !headings.empty()) text += ": " + headings;
  return Printable(text);
}

std::string AnswerText(const Answer& answer) {
  std::string text;
  if (!answer.found) {
    text = "Not in your documents.\n";
    if (!answer.citations.empty()) text += "\nThe nearest passages:\n";
  }
  for (size_t i = 0; i < answer.sentences.size(); ++i) {
    const CitedSentence& sentence = answer.sentences[i];
    text += Printable(sentence.text);
    const bool is_last = i + 1 == answer.sentences.size() || answer.sentences[i + 1].citation != sentence.citation;
    text += is_last ? " [" + std::to_string(sentence.citation + 1) + "]\n" : " ";
  }
  if (answer.found) text += "\n";
  for (size_t i = 0; i < answer.citations.size(); ++i) text += CitationText(i + 1, answer.citations[i]) + "\n";
  return text;
}

std::string AnswerJson(std::string_view question, const Answer& answer, const std::vector<std::string>& passages) {
  nlohmann::ordered_json json;
  json["question"] = question;
  json["found"] = answer.found;
  json["confidence"] = answer.confidence;
  json["sentences"] = nlohmann::ordered_json::array();
  for (const CitedSentence& sentence : answer.sentences) {
    json["sentences"].push_back({{"text", sentence.text}, {"citation", sentence.citation + 1}});
  }
  json["citations"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < answer.citations.size(); ++i) {
    const FoundChunk& chunk = answer.citations[i];
    nlohmann::ordered_json one = {{"number", i + 1},
                                  {"path", chunk.path},
                                  {"kind", chunk.kind},
                                  {"place", chunk.number},
                                  {"headings", nlohmann::ordered_json::array()}};
    for (std::string_view rest = chunk.title; !rest.empty();) {
      const size_t end = rest.find('\n');
      one["headings"].push_back(rest.substr(0, end));
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    }
    one["text"] = chunk.text;
    one["begin"] = chunk.begin;
    one["end"] = chunk.end;
    one["score"] = chunk.score;
    if (i < passages.size()) one["passage"] = passages[i];
    json["citations"].push_back(std::move(one));
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ErrorJson(std::string_view question, std::string_view error) {
  nlohmann::ordered_json json;
  json["question"] = question;
  json["error"] = error;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace kvorum
