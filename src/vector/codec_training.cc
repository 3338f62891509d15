// Codec's training, and what it learnt as bytes.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "vector/codec.h"

namespace kvorum {
namespace {

constexpr size_t kMaxSample = 4096;

}  // namespace

// One range for all dimensions, from the least number to the greatest; the edges lie so that these two, and bytes, come out exact.
Codec::Fit Codec::FitGlobalRange(std::span<const float> rows, const CodecSettings& settings) {
  const auto [least, greatest] = std::minmax_element(rows.begin(), rows.end());
  Fit fit;
  const float range = *greatest - *least;
  if (range > 0) fit.fine_step = range / 255 / static_cast<float>(1U << settings.refine_bits);
  fit.low.assign(settings.dimensions, *least - fit.fine_step / 2);
  return fit;
}

// A range of one width around each dimension's mean. The width makes the errors of rounding and of clipping small together; clipping's counts
// for more as refinement does not undo it.
Codec::Fit Codec::FitClipped(std::span<const float> rows, const CodecSettings& settings) {
  const size_t d = settings.dimensions;
  const size_t n = rows.size() / d;
  std::vector<double> mean(d);
  for (size_t i = 0; i < rows.size(); ++i) mean[i % d] += rows[i];
  for (double& m : mean) m /= static_cast<double>(n);
  float widest = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    widest = std::max(widest, std::abs(rows[i] - static_cast<float>(mean[i % d])));
  }
  Fit fit;
  float half = widest > 0 ? widest : 128;
  if (widest > 0) {
    constexpr size_t kBins = 1024;
    std::vector<double> bins(kBins);
    for (size_t i = 0; i < rows.size(); ++i) {
      const float off = std::abs(rows[i] - static_cast<float>(mean[i % d])) / widest;
      bins[std::min(kBins - 1, static_cast<size_t>(off * kBins))] += 1;
    }
    const double weight = std::pow(4.0, settings.refine_bits);
    double best = HUGE_VAL;
    for (size_t edge = kBins; edge >= kBins / 16; --edge) {
      double clipped = 0;
      for (size_t bin = edge; bin < kBins; ++bin) {
        const double beyond = static_cast<double>(bin - edge) + 0.5;
        clipped += bins[bin] * beyond * beyond;
      }
      const double step = 2 * static_cast<double>(edge) / 256;
      const double error = static_cast<double>(rows.size()) * step * step / 12 + weight * clipped;
      if (error < best) {
        best = error;
        half = widest * static_cast<float>(edge) / kBins;
      }
    }
  }
  fit.fine_step = 2 * half / 256 / static_cast<float>(1U << settings.refine_bits);
  fit.low.resize(d);
  for (size_t i = 0; i < d; ++i) fit.low[i] = static_cast<float>(mean[i]) - half;
  return fit;
}

// The variance of what the codes of 8 bits are off by. (What all are off by in the same way does not change distances between codes.)
double Codec::ErrorOf(const Fit& fit, std::span<const float> rows) const {
  const float step = fit.fine_step * static_cast<float>(1U << settings_.refine_bits);
  const size_t d = dimensions();
  double sum = 0, squares = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const float u = (rows[i] - fit.low[i % d]) / step;
    const double off = (u - std::floor(std::clamp(u, 0.0F, 255.0F))) * step;
    sum += off;
    squares += off * off;
  }
  const auto count = static_cast<double>(rows.size());
  return squares / count - sum / count * (sum / count);
}

std::unique_ptr<Codec> Codec::Train(const CodecSettings& settings, std::span<const float> sample, uint64_t seed) {
  auto codec = std::make_unique<Codec>(settings);
  if (settings.form < VectorForm::kQ8) return codec;
  const size_t d = settings.dimensions;
  const size_t given = sample.size() / d;
  CHECK(given >= 1 && sample.size() % d == 0);
  const size_t n = std::min(given, kMaxSample);
  codec->seed_ = seed;
  std::vector<float> rows(n * d);
  double best = HUGE_VAL;
  bool rotates = false;
  for (const bool rotated : {false, true}) {
    if (!rotated && settings.form == VectorForm::kBinary) continue;
    if (rotated) codec->rotation_ = std::make_unique<Rotation>(d, seed);
    for (size_t row = 0; row < n; ++row) codec->Transform(sample.data() + row * given / n * d, rows.data() + row * d);
    for (const Fit& fit : {FitGlobalRange(rows, codec->settings_), FitClipped(rows, codec->settings_)}) {
      const double error = codec->ErrorOf(fit, rows);
      if (error >= best) continue;
      best = error;
      rotates = rotated;
      codec->TakeFit(fit);
    }
  }
  if (settings.form == VectorForm::kBinary) {  // `rows` are the rotated ones
    codec->centre_.assign(d, 0);
    for (size_t i = 0; i < rows.size(); ++i) codec->centre_[i % d] += rows[i] / static_cast<float>(n);
  }
  if (!rotates) codec->rotation_ = nullptr;
  return codec;
}

// seed 8, rotation 1 (0 or 1), step 4, low 4 d, centre 4 d (kBinary only). Nothing for the forms that are not trained.
std::string Codec::Save() const {
  std::string bytes;
  if (settings_.form < VectorForm::kQ8) return bytes;
  char word[8];
  PutU64(word, seed_);
  bytes.append(word, 8);
  bytes.push_back(rotation_ == nullptr ? '\0' : '\1');
  bytes.append(reinterpret_cast<const char*>(&fine_step_), 4);
  bytes.append(reinterpret_cast<const char*>(low_.data()), low_.size() * 4);
  bytes.append(reinterpret_cast<const char*>(centre_.data()), centre_.size() * 4);
  return bytes;
}

std::unique_ptr<Codec> Codec::Load(const CodecSettings& settings, std::string_view bytes) {
  if (!IsValid(settings)) return nullptr;
  const size_t d = settings.dimensions;
  if (settings.form < VectorForm::kQ8) return bytes.empty() ? std::make_unique<Codec>(settings) : nullptr;
  const bool binary = settings.form == VectorForm::kBinary;
  if (bytes.size() != 13 + 4 * d * (binary ? 2 : 1) || static_cast<uint8_t>(bytes[8]) > 1) return nullptr;
  auto codec = std::make_unique<Codec>(settings);
  codec->seed_ = GetU64(bytes.data());
  if (bytes[8] != 0) codec->rotation_ = std::make_unique<Rotation>(d, codec->seed_);
  std::memcpy(&codec->fine_step_, bytes.data() + 9, 4);
  if (!(codec->fine_step_ > 1e-30F && codec->fine_step_ < 1e15F)) return nullptr;
  codec->low_.resize(d);
  std::memcpy(codec->low_.data(), bytes.data() + 13, 4 * d);
  if (binary) {
    codec->centre_.resize(d);
    std::memcpy(codec->centre_.data(), bytes.data() + 13 + 4 * d, 4 * d);
  }
  const auto finite = [](float x) { return std::abs(x) < 1e18F; };
  if (!std::all_of(codec->low_.begin(), codec->low_.end(), finite)) return nullptr;
  if (!std::all_of(codec->centre_.begin(), codec->centre_.end(), finite)) return nullptr;
  return codec;
}

}  // namespace kvorum
