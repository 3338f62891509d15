// GeoIndex: the places that documents have in one field, ordered by geohash: the bits of longitude and latitude, 26 each, in turn.
//
// A circle is covered by up to nine cells of a grid whose cells are at least as large as the circle; each cell is a range of
// geohashes, and what lies in them is measured. Distances are great-circle ones on a sphere, as GEOSEARCH has them.
//
// Threads: one. Complexity: Add, Remove O(log n); Find O(log n + places in the cells).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "search/numeric_index.h"

namespace kvorum {

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

// "longitude,latitude", or with a space; within what a geohash has room for.
bool ParseGeoPoint(std::string_view text, GeoPoint* point);
double GeoDistanceMetres(const GeoPoint& a, const GeoPoint& b);

class GeoIndex {
 public:
  void Add(DocId id, std::span<const GeoPoint> points);
  void Remove(DocId id);

  IteratorPtr Find(const GeoCircle& circle, const IdTable<DocStats>* all) const;
  bool HasIn(DocId id, const GeoCircle& circle) const;

  size_t size() const { return hashes_.size(); }
  size_t MemoryBytes() const;

 private:
  NumericIndex hashes_;
  IdTable<GeoPoint> first_;
  std::unordered_map<DocId, std::vector<GeoPoint>> more_;
};

}  // namespace kvorum
