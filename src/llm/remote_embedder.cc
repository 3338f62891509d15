#include "llm/remote_embedder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace kvorum {
namespace {

constexpr size_t kMaxDimension = 32768;

struct KnownPrefixes {
  std::string_view model;  // a part of its name
  const char* document;
  const char* question;
};
// From the models' own descriptions.
constexpr KnownPrefixes kKnownPrefixes[] = {
    {"nomic-embed-text", "search_document: ", "search_query: "},
    {"e5-", "passage: ", "query: "},
    {"mxbai-embed", "", "Represent this sentence for searching relevant passages: "},
    {"snowflake-arctic-embed", "", "Represent this sentence for searching relevant passages: "},
};

class RemoteEmbedder final : public Embedder {
 public:
  explicit RemoteEmbedder(RemoteEmbedderSettings settings)
      : settings_(std::move(settings)),
        server_(settings_.server),
        is_ollama_(server_.settings().protocol == ModelProtocol::kOllama) {
    identity_ = fmt::format("{}:{}", is_ollama_ ? "ollama" : "openai", server_.settings().model);
    std::replace(identity_.begin(), identity_.end(), ' ', '_');
    for (const KnownPrefixes& known : kKnownPrefixes) {
      if (server_.settings().model.find(known.model) == std::string::npos) continue;
      if (settings_.document_prefix == nullptr) settings_.document_prefix = known.document;
      if (settings_.question_prefix == nullptr) settings_.question_prefix = known.question;
    }
  }

  size_t dimension() const override { return dimension_; }
  const std::string& identity() const override { return identity_; }

  EmbedError Embed(std::span<const std::string_view> texts, EmbedPurpose purpose,
                   std::vector<float>* vectors) override {
    vectors->assign(texts.size() * dimension_, 0);
    std::vector<size_t> batch;  // the texts' numbers; empty ones stay zeros
    size_t bytes = 0;
    for (size_t i = 0; i <= texts.size(); ++i) {
      const bool last = i == texts.size();
      const bool full =
          batch.size() >= settings_.batch_texts || (!last && bytes + texts[i].size() > settings_.batch_bytes);
      if (!batch.empty() && (last || full)) {
        if (EmbedError error = EmbedBatch(texts, batch, purpose, vectors)) return vectors->clear(), error;
        batch.clear();
        bytes = 0;
      }
      if (last || texts[i].find_first_not_of(" \t\r\n\f\v") == std::string_view::npos) continue;
      batch.push_back(i);
      bytes += texts[i].size();
    }
    return {};
  }

  EmbedError LearnDimension() {
    std::vector<float> vectors;
    const std::string_view word = "dimension";
    const size_t first = 0;
    return EmbedBatch({&word, 1}, {&first, 1}, EmbedPurpose::kDocument, &vectors);
  }

 private:
  EmbedError EmbedBatch(std::span<const std::string_view> texts, std::span<const size_t> numbers, EmbedPurpose purpose,
                        std::vector<float>* vectors) {
    const char* prefix = purpose == EmbedPurpose::kDocument ? settings_.document_prefix : settings_.question_prefix;
    nlohmann::json request;
    request["model"] = server_.settings().model;
    for (const size_t number : numbers) {
      request["input"].push_back((prefix != nullptr ? prefix : "") + std::string(texts[number]));
    }
    if (is_ollama_) {
      request["truncate"] = false;  // a text that is too long is an error, not cut silently
    } else {
      request["encoding_format"] = "float";
    }
    // Bytes that are no UTF-8 become U+FFFD.
    std::string body = request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::string answer;
    if (ModelError error = server_.Post(is_ollama_ ? "/api/embed" : "/embeddings", std::move(body), &answer)) {
      const bool too_long = error.text().find("context length") != std::string::npos;
      return EmbedError(error.text() + (too_long ? " Use smaller chunks, or a model with a longer context." : ""));
    }
    return Take(answer, numbers, vectors);
  }

  EmbedError Bad(std::string_view what) const {
    return EmbedError(fmt::format("{} gave no embeddings for model {}: {}. Is it an embedding model?", server_.Name(),
                                  server_.settings().model, what));
  }

  // Ollama: {"embeddings": [[...], ...]}; OpenAI: {"data": [{"index": 0, "embedding": [...]}, ...]}
  EmbedError Take(std::string_view answer, std::span<const size_t> numbers, std::vector<float>* vectors) {
    const nlohmann::json json = nlohmann::json::parse(answer, nullptr, false);
    if (!json.is_object()) return Bad("its answer is no JSON object");
    if (const std::string error = ErrorInside(answer); !error.empty()) return Bad(error);
    const char* list_name = is_ollama_ ? "embeddings" : "data";
    if (!json.contains(list_name) || !json[list_name].is_array())
      return Bad(fmt::format("its answer has no \"{}\"", list_name));
    const nlohmann::json& list = json[list_name];
    if (list.size() != numbers.size()) {
      return Bad(fmt::format("{} vectors came for {} texts", list.size(), numbers.size()));
    }
    std::vector<bool> seen(list.size());
    for (size_t i = 0; i < list.size(); ++i) {
      size_t place = i;
      const nlohmann::json* numbers_of_one = &list[i];
      if (!is_ollama_) {
        if (!list[i].is_object() || !list[i].contains("embedding")) return Bad("an entry has no \"embedding\"");
        numbers_of_one = &list[i]["embedding"];
        if (list[i].contains("index") && list[i]["index"].is_number_unsigned()) place = list[i]["index"].get<size_t>();
        if (place >= list.size()) return Bad("an entry has an index that cannot be");
      }
      if (seen[place]) return Bad("an index came twice");
      seen[place] = true;
      if (EmbedError error = TakeOne(*numbers_of_one, numbers[place], vectors)) return error;
    }
    return {};
  }

  EmbedError TakeOne(const nlohmann::json& values, size_t number, std::vector<float>* vectors) {
    if (!values.is_array() || values.empty() || values.size() > kMaxDimension)
      return Bad("a vector has no numbers, or too many");
    if (dimension_ == 0) {
      dimension_ = values.size();
      vectors->assign(dimension_, 0);
    }
    if (values.size() != dimension_) {
      return Bad(fmt::format("a vector has {} numbers where others have {}", values.size(), dimension_));
    }
    double square = 0;
    for (const nlohmann::json& value : values) {
      if (!value.is_number()) return Bad("a vector has something else than numbers");
      square += value.get<double>() * value.get<double>();
    }
    if (!std::isfinite(square)) return Bad("a vector has numbers that are not finite");
    const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
    float* out = vectors->data() + number * dimension_;
    for (size_t i = 0; i < dimension_; ++i) out[i] = static_cast<float>(values[i].get<double>() * scale);
    return {};
  }

  RemoteEmbedderSettings settings_;
  ModelServer server_;
  bool is_ollama_;
  size_t dimension_ = 0;
  std::string identity_;
};

}  // namespace

EmbedError ConnectRemoteEmbedder(RemoteEmbedderSettings settings, std::unique_ptr<Embedder>* embedder) {
  embedder->reset();
  if (settings.server.model.empty()) return EmbedError("No model is named: which one shall make the vectors?");
  auto remote = std::make_unique<RemoteEmbedder>(std::move(settings));
  if (EmbedError error = remote->LearnDimension()) return error;
  *embedder = std::move(remote);
  return {};
}

}  // namespace kvorum
