#include "ask/retriever.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unordered_map>

#include "embedding/embedder.h"
#include "retrieval/passages.h"
#include "text/tokenizer.h"

namespace kvorum {
namespace {

// A question has fewer; what is pasted into one may have thousands.
constexpr size_t kMaxWords = 64;
constexpr std::string_view kFields[] = {"text", "title", "path", "kind", "number", "begin", "end"};

// Any of the question's words.
std::string AnyWord(std::string_view question) {
  std::string plain(question);
  for (char& c : plain) c = c == '\\' ? ' ' : c;
  std::string query;
  Tokenizer tokenizer(plain);
  Token token;
  for (size_t count = 0; count < kMaxWords && tokenizer.Next(&token); ++count) {
    if (!query.empty()) query += '|';
    query += token.text;
  }
  return query;
}

void SetField(std::string_view name, const std::string& value, FoundChunk* chunk) {
  if (name == "text") chunk->text = value;
  if (name == "title") chunk->title = value;
  if (name == "path") chunk->path = value;
  if (name == "kind") chunk->kind = value;
  if (name == "number") chunk->number = static_cast<uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
  if (name == "begin") chunk->begin = std::strtoull(value.c_str(), nullptr, 10);
  if (name == "end") chunk->end = std::strtoull(value.c_str(), nullptr, 10);
  if (name == "distance") chunk->score = 1 - std::strtod(value.c_str(), nullptr);
}

}  // namespace

std::string PlaceText(const FoundChunk& chunk) {
  return chunk.kind == "page" || chunk.kind == "slide" ? chunk.kind + " " + std::to_string(chunk.number) : "";
}

Retriever::Retriever(std::string index, RespClient* client) : keys_(std::move(index)), client_(client) {}

bool Retriever::Fail(std::string text) {
  error_ = std::move(text);
  return false;
}

bool Retriever::Open() {
  if (std::string error = ReadIndexSettings(keys_, client_, &settings_); !error.empty()) return Fail(std::move(error));
  if (!settings_.exists)
    return Fail("there is no index '" + keys_.name() + "'; `kvorum ingest PATH...` makes one of your documents");
  return WaitUntilIndexed();
}

bool Retriever::WaitUntilIndexed() {
  constexpr auto kPause = std::chrono::milliseconds(5);
  constexpr int kPausesUntilSaid = 200;
  // Half a minute: another ingest may go on for hours, and what there is can be asked.
  constexpr int kMostPauses = 6000;
  RespReply reply;
  for (int i = 0;; ++i) {
    client_->Append({"FT.INFO", keys_.name()});
    if (!client_->Flush() || !client_->Read(&reply)) return Fail(client_->error());
    double share = 1;  // of what says nothing about it
    for (size_t k = 0; k + 1 < reply.items.size(); k += 2) {
      if (reply.items[k].text == "percent_indexed") share = std::strtod(reply.items[k + 1].text.c_str(), nullptr);
    }
    if (share >= 1) return true;
    if (i == kMostPauses) {
      std::fprintf(stderr, "(The server is not done with the index; what it has not read yet is not found.)\n");
      return true;
    }
    if (i == kPausesUntilSaid) std::fprintf(stderr, "(Waiting for the server, which still reads the index.)\n");
    std::this_thread::sleep_for(kPause);
  }
}

bool Retriever::SetEmbedder(Embedder* embedder) {
  embedder_ = embedder;
  if (embedder == nullptr) return true;
  std::string error = DimensionError(keys_, settings_, embedder->dimension());
  return error.empty() || Fail(std::move(error));
}

bool Retriever::ReadRows(bool has_scores, std::vector<FoundChunk>* rows) {
  RespReply reply;
  if (!client_->Read(&reply)) return Fail(client_->error());
  if (reply.is_error()) return Fail("the server answers FT.SEARCH with: " + reply.text);
  const size_t step = has_scores ? 3 : 2;
  for (size_t i = 1; i + step <= reply.items.size(); i += step) {
    FoundChunk& chunk = rows->emplace_back();
    chunk.key = std::move(reply.items[i].text);
    if (has_scores) chunk.score = std::strtod(reply.items[i + 1].text.c_str(), nullptr);
    const std::vector<RespReply>& fields = reply.items[i + step - 1].items;
    for (size_t k = 0; k + 1 < fields.size(); k += 2) SetField(fields[k].text, fields[k + 1].text, &chunk);
  }
  return true;
}

bool Retriever::Find(std::string_view question, const RetrieveOptions& options, Findings* findings) {
  *findings = {};
  const std::string query = AnyWord(question);
  if (query.empty()) return true;
  const std::string candidates = std::to_string(options.candidates);
  const std::string field_count = std::to_string(std::size(kFields));
  const std::string field_count_and_distance = std::to_string(std::size(kFields) + 1);
  std::vector<std::string_view> words = {"FT.SEARCH", keys_.name(), query,      "WITHSCORES", "SCORER",
                                         "BM25STD",   "DIALECT",    "2",        "LIMIT",      "0",
                                         candidates,  "RETURN",     field_count};
  words.insert(words.end(), std::begin(kFields), std::end(kFields));
  // Before anything is sent: whoever gives up then has left no reply behind.
  std::vector<float> vector;
  if (embedder_) {
    if (EmbedError error = embedder_->Embed({&question, 1}, EmbedPurpose::kQuestion, &vector))
      return Fail(error.text());
  }
  if (options.by_words) client_->Append(words);
  std::string nearest;
  if (embedder_) {
    nearest = "*=>[KNN " + candidates + " @vector $v AS distance]";
    const std::string_view bytes(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
    words = {"FT.SEARCH", keys_.name(), nearest, "PARAMS", "2", "v",        bytes,    "SORTBY",
             "distance",  "DIALECT",    "2",     "LIMIT",  "0", candidates, "RETURN", field_count_and_distance};
    words.insert(words.end(), std::begin(kFields), std::end(kFields));
    words.push_back("distance");
    client_->Append(words);
  }
  std::vector<FoundChunk> rows;
  if (!client_->Flush()) return Fail(client_->error());
  const bool found = !options.by_words || ReadRows(true, &rows);
  const size_t by_words = rows.size();
  // The second reply is read whatever the first one was.
  if ((embedder_ && !ReadRows(false, &rows)) || !found) return false;

  // A chunk that both found is one.
  std::unordered_map<std::string_view, uint64_t> ids;
  std::vector<Ranked> rankings[2];
  for (size_t i = 0; i < rows.size(); ++i) {
    rankings[i < by_words ? 0 : 1].push_back({ids.emplace(rows[i].key, i).first->second, rows[i].score});
  }
  const RankOptions rank_options = {options.count, options.by_sentences};
  PassageRanking ranking = RankPassages(
      question, rankings[0], rankings[1], [&](uint64_t id) { return std::string_view(rows[id].text); }, rank_options,
      extractor_);
  findings->confidence = ranking.confidence;
  findings->found = ranking.found();
  for (RankedPassage& passage : ranking.passages) {
    FoundChunk& chunk = findings->chunks.emplace_back(std::move(rows[passage.id]));
    chunk.score = passage.score;
    chunk.sentences = std::move(passage.sentences);
    chunk.confidence = passage.confidence;
  }
  return true;
}

bool Retriever::FindNeighbours(const FoundChunk& chunk, size_t count, std::vector<FoundChunk>* chunks) {
  chunks->clear();
  const size_t colon = chunk.key.rfind(':');
  if (colon == std::string::npos) return Fail("'" + chunk.key + "' is no chunk");
  const uint64_t number = std::strtoull(chunk.key.c_str() + colon + 1, nullptr, 10);
  std::vector<std::string> keys;
  for (uint64_t i = number > count ? number - count : 0; i <= number + count; ++i) {
    keys.push_back(chunk.key.substr(0, colon + 1) + std::to_string(i));
    std::vector<std::string_view> words = {"HMGET", keys.back()};
    words.insert(words.end(), std::begin(kFields), std::end(kFields));
    client_->Append(words);
  }
  if (!client_->Flush()) return Fail(client_->error());
  for (const std::string& key : keys) {
    RespReply reply;
    if (!client_->Read(&reply)) return Fail(client_->error());
    if (reply.items.size() != std::size(kFields) || reply.items[0].is_null) continue;
    FoundChunk& found = chunks->emplace_back();
    found.key = key;
    for (size_t i = 0; i < std::size(kFields); ++i) SetField(kFields[i], reply.items[i].text, &found);
  }
  return true;
}

}  // namespace kvorum
