// VectorIndex: vectors of one size, found again by their distance to another. HnswIndex and FlatIndex are its two kinds.
//
// Threads. One *writer* at a time (the shard's thread, or whoever holds its lock) calls what is marked so. Any threads call the rest, at
// the same time as each other and as the writer, each with a SearchContext of its own; nobody waits for anybody. A search finds every
// vector that was committed before it began and is not removed before it ends; of those that come or go meanwhile it may find
// any. What it reads stays valid until it ends: slots that were removed are reused only when every search has ended that could
// have come across them (vector/reader_epochs.h). Before the destructor all of them have ended.
//
// Adding is in two steps: Prepare finds the vector's place, which is nearly all of the work and any thread's; Commit, the writer's, puts it
// there, in microseconds. What was committed or removed between the two is taken care of.
//
// Slots number the vectors, densely from 0; a removed one's slot is used again. A label is whatever the owner wants to know
// a vector by, not necessarily unique; kNoVectorLabel is reserved. To update a vector is to remove it and to add it.
//
// Forms that need training (vector/codec.h) start as kF32 and are trained, by the writer within the Commit that makes them
// `train_after` vectors, from those; and again if many later ones lie outside of the range seen. Costs about 2 us a vector stored.
//
// Vectors and queries must be finite, and not zero under kCosine (IsUsable); how the owner ensures that is the owner's.
// Chance is an argument: `seed`, and Prepare's `random`. Memory comes from base/allocator.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "vector/codec.h"
#include "vector/link_table.h"

namespace kvorum {

using VectorSlot = uint32_t;
using VectorLabel = uint64_t;
inline constexpr VectorSlot kNoVectorSlot = LinkTable::kNone;
inline constexpr VectorLabel kNoVectorLabel = ~VectorLabel{0};

struct VectorIndexSettings {
  CodecSettings codec;
  size_t m = 16;             // links a vector gets on each layer; the ground layer holds twice as many. 2 to 512
  size_t build_width = 200;  // candidates that its links are chosen from ("efConstruction")
  size_t train_after = 1000;
  uint64_t seed = 1;
  bool huge_pages = false;
};

// Finite, and if the metric needs a direction, not zero.
bool IsUsable(std::span<const float> vector, VectorMetric metric);

// Which vectors a search may return. Called by the searching thread, many times.
class VectorFilter {
 public:
  virtual ~VectorFilter() = default;
  virtual bool Matches(VectorSlot slot, VectorLabel label) const = 0;
  // All that match, where the owner has them at hand; nullptr: to be found by asking. Some may be gone by now, or match no more.
  virtual const std::vector<VectorSlot>* Slots() const { return nullptr; }
  // What it costs to ask, as part of what a distance costs that is computed somewhere in memory (some 100 ns). The default is that of looking up a
  // bit; a filter that computes an expression should say so.
  virtual double Cost() const { return 0.05; }
};

struct VectorSearchOptions {
  size_t k = 10;
  size_t width = 64;   // candidates kept ("ef"): more find more, and cost more. At least k are.
  bool exact = false;  // looks at every vector
  const VectorFilter* filter = nullptr;
  float max_distance = std::numeric_limits<float>::infinity();  // of those returned
};

struct VectorMatch {
  float distance;
  VectorSlot slot;
  VectorLabel label;
};

// What a search works with. One thread at a time; good for any index, and reused it allocates nothing.
struct SearchContext;
struct SearchContextDeleter {
  void operator()(SearchContext* context) const;
};
using SearchContextPtr = std::unique_ptr<SearchContext, SearchContextDeleter>;
SearchContextPtr MakeSearchContext();

// A vector on its way in: what Prepare found out. Reused it allocates little.
struct PreparedVector {
  struct Neighbour {
    VectorSlot slot;
    VectorLabel label;  // tells whether the slot still holds the same
  };
  size_t build_width = 0;  // the caller's: instead of the settings', for this vector; 0: those
  std::vector<float> vector;
  uint64_t codec_version =
      0;  // of the codec that made the following two; if there is another by the time of Commit, they are made again
  std::vector<uint8_t> code;
  std::vector<uint8_t> refinement;
  bool inside = true;
  uint64_t random = 0;
  uint64_t commits = 0;  // of the index until then: what came later cannot be among the neighbours
  std::vector<std::vector<Neighbour>> layers;  // from the ground up
};

class VectorIndex {
 public:
  virtual ~VectorIndex() = default;

  // --- any thread

  virtual size_t size() const = 0;
  virtual const VectorIndexSettings& settings() const = 0;
  // `vector` has the settings' dimensions. `random`: any number, evenly drawn.
  virtual void Prepare(const float* vector, uint64_t random, SearchContext* context,
                       PreparedVector* prepared) const = 0;
  // The nearest, nearest first, in `matches`; k of them if there are k that match.
  virtual void Search(const float* query, const VectorSearchOptions& options, SearchContext* context,
                      std::vector<VectorMatch>* matches) const = 0;

  // --- the writer

  virtual VectorSlot Commit(const PreparedVector& prepared, VectorLabel label) = 0;
  // Both steps at once.
  virtual VectorSlot Add(const float* vector, VectorLabel label) = 0;
  virtual void Remove(VectorSlot slot) = 0;
  // Gives memory back after many were removed: moves up to `moves` of the vectors in the highest slots to free lower ones, and tells `moved` of each,
  // whereupon the former slot holds nothing. To be called again, now or later, while it returns true; memory goes back in the calls after,
  // as searches end. A search that goes on at the same time may miss a vector that is moved, or find it twice.
  virtual bool Compact(size_t moves, const std::function<void(VectorSlot from, VectorSlot to)>& moved) = 0;
  // Memory for that many in all, at once. (Otherwise it grows by a sixteenth at a time.)
  virtual void Reserve(size_t vectors) = 0;
  virtual VectorLabel LabelOf(VectorSlot slot) const = 0;  // kNoVectorLabel: there is no vector
  // As near as it is stored; under kCosine normalized.
  virtual void Decode(VectorSlot slot, float* vector) const = 0;
  // The memory it holds, itself included.
  virtual size_t Bytes() const = 0;
  // Aborts if an invariant does not hold. O(size), for tests.
  virtual void Validate() const = 0;
};

}  // namespace kvorum
