#include "embedding/file_embedder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "embedding/static_embedder.h"

namespace kvorum {
namespace {

// More than any model can have.
constexpr uintmax_t kMaxFileBytes = uintmax_t{1} << 32;

class FileEmbedder final : public Embedder {
 public:
  explicit FileEmbedder(std::string bytes) : bytes_(std::move(bytes)) {}

  // Empty, or what is wrong with the bytes.
  std::string Open(const std::string& path) {
    std::string error;
    if (!StaticModel::Open(bytes_, &model_, &error)) return error;
    identity_ = fmt::format("file:{}#{}-{:08x}", path, model_.name(), model_.checksum());
    embedder_ = std::make_unique<StaticEmbedder>(&model_);
    return {};
  }

  size_t dimension() const override { return embedder_->dimension(); }
  const std::string& identity() const override { return identity_; }
  EmbedError Embed(std::span<const std::string_view> texts, EmbedPurpose purpose,
                   std::vector<float>* vectors) override {
    return embedder_->Embed(texts, purpose, vectors);
  }

 private:
  const std::string bytes_;
  StaticModel model_;
  std::unique_ptr<StaticEmbedder> embedder_;
  std::string identity_;
};

}  // namespace

EmbedError OpenFileEmbedder(std::string_view place, std::unique_ptr<Embedder>* embedder) {
  embedder->reset();
  const std::string path(place.substr(0, place.rfind('#')));
  std::error_code code;
  const std::string whole = std::filesystem::absolute(path, code).lexically_normal();
  if (std::any_of(whole.begin(), whole.end(), [](char c) { return c <= ' ' || c == '#' || c == '\x7f'; }))
    return EmbedError("the path of an embedder's model may have neither spaces nor #: " + whole);
  const uintmax_t size = std::filesystem::file_size(whole, code);
  if (code) return EmbedError("the embedder's model cannot be read: " + whole + ": " + code.message());
  if (size > kMaxFileBytes) return EmbedError(whole + " is too large for a model");
  std::ifstream file(whole, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (file.bad() || bytes.size() != size) return EmbedError("the embedder's model cannot be read: " + whole);
  auto opened = std::make_unique<FileEmbedder>(std::move(bytes));
  if (const std::string error = opened->Open(whole); !error.empty()) return EmbedError(whole + " " + error);
  if (place.rfind('#') != place.npos && opened->identity() != "file:" + std::string(place))
    return EmbedError(whole + " holds another model by now: " + opened->identity() +
                      " is not file:" + std::string(place) + ". `kvorum ingest --start-over` makes the index anew.");
  *embedder = std::move(opened);
  return {};
}

}  // namespace kvorum
