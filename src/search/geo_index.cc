#include "search/geo_index.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/numbers.h"

namespace kvorum {
namespace {

constexpr double kEarthRadiusM = 6372797.560856;
constexpr double kMaxLatitude = 85.05112878;
constexpr int kSideBits = 26;
constexpr double kDegree = M_PI / 180;

uint64_t Spread(uint32_t bits) {
  uint64_t x = bits;
  x = (x | x << 16) & 0x0000FFFF0000FFFF;
  x = (x | x << 8) & 0x00FF00FF00FF00FF;
  x = (x | x << 4) & 0x0F0F0F0F0F0F0F0F;
  x = (x | x << 2) & 0x3333333333333333;
  return (x | x << 1) & 0x5555555555555555;
}

// Which of 2^bits equal parts of [least, least + width) the value is in.
uint32_t PartOf(double value, double least, double width, int bits) {
  const double part = std::floor((value - least) / width * std::ldexp(1, bits));
  return static_cast<uint32_t>(std::clamp(part, 0.0, std::ldexp(1, bits) - 1));
}

uint64_t HashOf(uint32_t longitude, uint32_t latitude) { return Spread(longitude) << 1 | Spread(latitude); }

uint64_t HashOf(const GeoPoint& point) {
  return HashOf(PartOf(point.longitude, -180, 360, kSideBits),
                PartOf(point.latitude, -kMaxLatitude, 2 * kMaxLatitude, kSideBits));
}

// Ranges of hashes that cover the circle; none when it is so large that all would do.
std::vector<NumericRange> Cover(const GeoCircle& circle) {
  const double latitude_delta = circle.radius_m / kEarthRadiusM / kDegree;
  const double widest = std::min(89.0, std::fabs(circle.latitude) + latitude_delta);
  const double longitude_delta = latitude_delta / std::cos(widest * kDegree);
  if (std::fabs(circle.latitude) + latitude_delta > 85 || longitude_delta > 90) return {};
  // The finest grid whose cells are as large as the radius in both directions.
  int bits = 0;
  while (bits < kSideBits && 360 / std::ldexp(1, bits + 1) >= longitude_delta &&
         2 * kMaxLatitude / std::ldexp(1, bits + 1) >= latitude_delta) {
    ++bits;
  }
  const int64_t side = int64_t{1} << bits;
  const int64_t x = PartOf(circle.longitude, -180, 360, bits);
  const int64_t y = PartOf(circle.latitude, -kMaxLatitude, 2 * kMaxLatitude, bits);
  const int shift = 2 * (kSideBits - bits);
  std::vector<uint64_t> cells;
  for (int64_t dx = -1; dx <= 1; ++dx) {
    for (int64_t dy = -1; dy <= 1; ++dy) {
      if (y + dy < 0 || y + dy >= side) continue;
      // Around the earth.
      const int64_t column = ((x + dx) % side + side) % side;
      cells.push_back(HashOf(static_cast<uint32_t>(column), static_cast<uint32_t>(y + dy)));
    }
  }
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  std::vector<NumericRange> ranges;
  ranges.reserve(cells.size());
  for (uint64_t cell : cells) {
    ranges.push_back({.min = static_cast<double>(cell << shift),
                      .max = static_cast<double>((cell + 1) << shift),
                      .excludes_max = true});
  }
  return ranges;
}

bool IsIn(const GeoPoint& point, const GeoCircle& circle) {
  return GeoDistanceMetres(point, {circle.longitude, circle.latitude}) <= circle.radius_m;
}

}  // namespace

bool ParseGeoPoint(std::string_view text, GeoPoint* point) {
  const size_t comma = text.find_first_of(", ");
  if (comma == std::string_view::npos) return false;
  std::string_view longitude = text.substr(0, comma), latitude = text.substr(comma + 1);
  while (latitude.starts_with(' ')) latitude.remove_prefix(1);
  GeoPoint parsed;
  if (!ParseDouble(longitude, &parsed.longitude) || !ParseDouble(latitude, &parsed.latitude)) return false;
  if (!(std::fabs(parsed.longitude) <= 180 && std::fabs(parsed.latitude) <= kMaxLatitude)) return false;
  *point = parsed;
  return true;
}

double GeoDistanceMetres(const GeoPoint& a, const GeoPoint& b) {
  const double u = std::sin((b.latitude - a.latitude) * kDegree / 2);
  const double v = std::sin((b.longitude - a.longitude) * kDegree / 2);
  const double square = u * u + std::cos(a.latitude * kDegree) * std::cos(b.latitude * kDegree) * v * v;
  return 2 * kEarthRadiusM * std::asin(std::min(1.0, std::sqrt(square)));
}

void GeoIndex::Add(DocId id, std::span<const GeoPoint> points) {
  if (points.empty()) return;
  std::vector<double> hashes;
  for (const GeoPoint& point : points) hashes.push_back(static_cast<double>(HashOf(point)));
  hashes_.Add(id, hashes);
  first_.Put(id, points[0]);
  if (points.size() > 1) more_[id].assign(points.begin() + 1, points.end());
}

void GeoIndex::Remove(DocId id) {
  hashes_.Remove(id);
  first_.Erase(id);
  more_.erase(id);
}

bool GeoIndex::HasIn(DocId id, const GeoCircle& circle) const {
  const GeoPoint* first = first_.Find(id);
  if (first == nullptr) return false;
  if (IsIn(*first, circle)) return true;
  const auto more = more_.find(id);
  return more != more_.end() && std::any_of(more->second.begin(), more->second.end(),
                                            [&circle](const GeoPoint& point) { return IsIn(point, circle); });
}

IteratorPtr GeoIndex::Find(const GeoCircle& circle, const IdTable<DocStats>* all) const {
  auto test = [this, circle](DocId id) { return HasIn(id, circle); };
  const std::vector<NumericRange> ranges = Cover(circle);
  uint64_t count = ranges.empty() ? hashes_.size() : 0;
  for (const NumericRange& range : ranges) count += hashes_.Count(range);
  if (count == 0) return std::make_unique<EmptyIterator>();
  if (count > all->size() / 4 && count > 64) return std::make_unique<TestIterator>(all, count, test);
  std::vector<DocId> ids;
  for (const NumericRange& range : ranges.empty() ? std::vector<NumericRange>{{.min = 0, .max = INFINITY}} : ranges) {
    for (DocId id : hashes_.List(range)) {
      if (test(id)) ids.push_back(id);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return std::make_unique<ListIterator>(std::move(ids));
}

size_t GeoIndex::MemoryBytes() const {
  size_t bytes = hashes_.MemoryBytes() + first_.MemoryBytes();
  for (const auto& [id, points] : more_) bytes += 64 + points.capacity() * sizeof(GeoPoint);
  return bytes;
}

}  // namespace kvorum
