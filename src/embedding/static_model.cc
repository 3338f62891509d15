#include "embedding/static_model.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "embedding/subword.h"

namespace kvorum {
namespace {

constexpr std::string_view kMagic = "KVEMBED\n";
constexpr uint32_t kFormatVersion = 1;

// Numbers of a vector of length 1 are spread about evenly round 0 by 1 / sqrt(dimension). This many times that is the largest that
// codes can hold: 16 steps lose least of a normal distribution when they end here (Max 1960).
constexpr double kRange = 2.7;

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

bool StaticModel::Open(std::string_view bytes, StaticModel* model, std::string* error) {
  const auto fail = [error](const char* what) { return *error = what, false; };
  if (bytes.size() < kModelHeaderBytes || !bytes.starts_with(kMagic)) return fail("is not an embedding model");
  const char* header = bytes.data();
  if (GetU32(header + 60) != Crc32c(0, header, 60)) return fail("is damaged: its header does not fit its checksum");
  if (GetU32(header + 8) != kFormatVersion) return fail("is of a format that this version of Kvorum does not know");
  const size_t dimension = GetU32(header + 12);
  const size_t words = GetU32(header + 16);
  const size_t word_bytes = GetU32(header + 20);
  if (dimension == 0 || dimension % 64 != 0 || dimension > kMaxModelDimension || words == 0 || words > kMaxModelWords) {
    return fail("is damaged: its sizes cannot be");
  }
  const size_t expected = kModelHeaderBytes + word_bytes + words * (4 + dimension / 2) + 4;
  if (bytes.size() != expected) return fail("is cut off, or has more in it than it should");
  const std::string_view body = bytes.substr(kModelHeaderBytes, expected - kModelHeaderBytes - 4);
  model->checksum_ = Crc32c(0, body);
  if (GetU32(bytes.data() + expected - 4) != model->checksum_) return fail("is damaged: it does not fit its checksum");
  std::string_view name(header + 32, kMaxModelNameBytes);
  name = name.substr(0, name.find('\0'));
  if (!IsName(name)) return fail("is damaged: its name cannot be");
  model->name_ = name;
  model->dimension_ = dimension;
  model->trained_on_ = std::max<uint64_t>(1, GetU64(header + 24));
  model->words_.clear();
  model->words_.reserve(words);
  model->slots_.assign(std::bit_ceil(words * 2), kNoWord);
  model->counts_ = body.data() + word_bytes;
  model->codes_ = model->counts_ + words * 4;
  for (std::string_view rest = body.substr(0, word_bytes); model->words_.size() < words;) {
    const size_t length = rest.empty() ? 0 : static_cast<uint8_t>(rest[0]);
    if (length == 0 || length >= rest.size()) return fail("is damaged: its words do not fit their place");
    const std::string_view word = rest.substr(1, length);
    rest.remove_prefix(1 + length);
    if (rest.empty() != (model->words_.size() + 1 == words))
      return fail("is damaged: its words do not fit their place");
    if (model->Find(word) != kNoWord) return fail("is damaged: it has a word twice");
    size_t slot = SubwordHash(word) & (model->slots_.size() - 1);
    while (model->slots_[slot] != kNoWord) slot = (slot + 1) & (model->slots_.size() - 1);
    model->slots_[slot] = static_cast<uint32_t>(model->words_.size());
    model->words_.push_back(word);
  }
  return true;
}

uint32_t StaticModel::Find(std::string_view word) const {
  if (slots_.empty()) return kNoWord;
  for (size_t slot = SubwordHash(word);; ++slot) {
    const uint32_t number = slots_[slot & (slots_.size() - 1)];
    if (number == kNoWord || words_[number] == word) return number;
  }
}

double StaticModel::Frequency(uint32_t number) const {
  return GetU32(counts_ + size_t{number} * 4) / static_cast<double>(trained_on_);
}

void StaticModel::Add(uint32_t number, float weight, float* out) const {
  const size_t half = dimension_ / 2;
  const auto* codes = reinterpret_cast<const uint8_t*>(codes_) + number * half;
  const float scale = weight * static_cast<float>(kRange / 15 / std::sqrt(static_cast<double>(dimension_)));
  for (size_t i = 0; i < half; ++i) {
    out[i] += scale * static_cast<float>((codes[i] & 15) * 2 - 15);
    out[half + i] += scale * static_cast<float>((codes[i] >> 4) * 2 - 15);
  }
}

std::string StaticModelBytes(const StaticModelParts& parts) {
  CHECK(parts.dimension % 64 == 0 && parts.dimension > 0 && parts.dimension <= kMaxModelDimension);
  CHECK(parts.words.size() == parts.counts.size() && parts.vectors.size() == parts.words.size() * parts.dimension);
  CHECK(IsName(parts.name) && parts.name.size() <= kMaxModelNameBytes);
  std::string words;
  for (const std::string& word : parts.words) {
    CHECK(!word.empty() && word.size() < 256);
    words.push_back(static_cast<char>(word.size()));
    words += word;
  }
  std::string header(kMagic);
  header.resize(kModelHeaderBytes);
  PutU32(&header[8], kFormatVersion);
  PutU32(&header[12], static_cast<uint32_t>(parts.dimension));
  PutU32(&header[16], static_cast<uint32_t>(parts.words.size()));
  PutU32(&header[20], static_cast<uint32_t>(words.size()));
  PutU64(&header[24], parts.trained_on);
  header.replace(32, parts.name.size(), parts.name);
  PutU32(&header[60], Crc32c(0, header.data(), 60));

  std::string body = std::move(words);
  for (const uint32_t count : parts.counts) {
    body.append(4, '\0');
    PutU32(&body[body.size() - 4], count);
  }
  const size_t half = parts.dimension / 2;
  const double scale = std::sqrt(static_cast<double>(parts.dimension)) / kRange * 7.5;
  const auto code = [scale](float value) {
    return static_cast<unsigned>(std::clamp(std::floor(value * scale + 8), 0.0, 15.0));
  };
  for (size_t word = 0; word < parts.words.size(); ++word) {
    const float* vector = &parts.vectors[word * parts.dimension];
    for (size_t i = 0; i < half; ++i) body.push_back(static_cast<char>(code(vector[i]) | code(vector[half + i]) << 4));
  }
  std::string footer(4, '\0');
  PutU32(footer.data(), Crc32c(0, body));
  return header + body + footer;
}

}  // namespace kvorum
