// FieldVectors: the vectors that documents have in one field, and searches of them.
//
// A vector is there from Add on. Its place in the graph is found on a worker, if there are any (vector/vector_work.h); until it is taken in it is
// *pending*, and searches look at all pending ones one by one. A search is begun on the owner's thread (VectorQuery holds all it needs), runs
// on any, and its results are taken on the owner's again, where what has gone meanwhile drops out.
//
// The index knows a vector by a hash of its bytes (FixedHash), not by its document. So a graph that was saved (Freeze) can be taken over
// after a restart, whatever became of the documents (Adopt): a document whose bytes have the hash of a vector that is there takes
// that; what nobody has taken in the end goes.
//
// While a graph is written to its file it stands still. What comes meanwhile is pending as ever, but no worker looks for its place; it and what goes is
// put in order afterwards, some in each turn (GoOn), and until then searches take care of both. When kMostHeld wait, the writing should be
// given up (Frozen::is_overdue).
//
// HNSW indexes keep codes of 12 bits an element (vector/codec.h), those of 8-bit integers their bytes, flat ones the numbers as they are or in 16
// bits. What is found is measured again from the documents' own bytes where they are at hand (search/plan.h).
//
// Threads: one owner; VectorQuery::Run on any. Ownership: shares the index with the jobs and queries under way. Complexity: Add O(dimensions) here and
// O(log n) distances on a worker; Remove as vector/hnsw_index.h says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.h"
#include "text/iterator.h"
#include "vector/vector_index.h"
#include "vector/vector_work.h"

namespace kvorum {

struct FieldVectorsCore;

struct FoundVector {
  DocId id;
  double distance;
};

class VectorQuery {
 public:
  ~VectorQuery();
  VectorQuery(const VectorQuery&) = delete;
  VectorQuery& operator=(const VectorQuery&) = delete;

  // Any thread, once; of one that is not whole yet it does nothing.
  void Run(SearchContext* context);
  // False: its filter has been walked for a part only, and FieldVectors::Continue comes next.
  bool is_whole() const;

 private:
  friend class FieldVectors;
  struct Parts;
  explicit VectorQuery(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class FieldVectors {
 public:
  // `work` null: everything is done at once.
  FieldVectors(const VectorOptions& options, VectorWork* work);
  ~FieldVectors();
  FieldVectors(const FieldVectors&) = delete;
  FieldVectors& operator=(const FieldVectors&) = delete;

  const VectorOptions& options() const { return options_; }

  // The elements' bytes; DecodeVector has found them good. A document may have several.
  void Add(DocId id, std::string_view bytes);
  void Remove(DocId id);
  // Gives a document's vectors to another number, if `bytes` are those it has; so a document of which something else changed costs the
  // graph nothing. False: they are others, and nothing has changed.
  [[nodiscard]] bool Move(DocId from, DocId to, std::span<const std::string> bytes);

  // Documents of a filter that are looked at in one go: a turn takes some milliseconds at most, however many match.
  static constexpr size_t kMostFilterWalk = 65536;

  // The query.k nearest of those that the filter has (null: of all); or all within query.radius. A long filter is walked in parts: between them
  // anything may change. What was written since the first is not looked at.
  std::unique_ptr<VectorQuery> BeginNearest(const VectorQueryOptions& query, Iterator* filter) const;
  // The next part; the filter is the same, made anew. Of a query that was begun here (HasBegun).
  void Continue(VectorQuery* query, Iterator* filter) const;
  std::unique_ptr<VectorQuery> BeginWithin(const VectorQueryOptions& query) const;
  // Of a query that has run and was begun here; it may be taken more than once. By ascending id; of a document the nearest of its vectors.
  std::vector<FoundVector> Take(const VectorQuery& query) const;
  bool HasBegun(const VectorQuery& query) const;
  // Whether distances are those of the numbers as documents have them.
  bool is_exact() const;

  // Of vectors.
  size_t size() const;
  size_t pending() const;
  size_t MemoryBytes() const;
  // Moves some vectors so that memory can be given back. True: there is more to do.
  bool Compact(size_t moves);

  // --- Saving and taking over a graph

  // Additions and removals that wait for the end of a writing.
  static constexpr size_t kMostHeld = 16384;
  // Additions that waited and are with the workers: more would make them wait for the owner, and the owner for them.
  static constexpr size_t kMostResumed = 64;

  // Until the returned handle goes, which must be on the owner's thread, the index stands still and may be read by another
  // thread; what is added and removed meanwhile waits, and after that until GoOn. Null: it stands still already, or is flat.
  class Frozen;
  std::shared_ptr<Frozen> Freeze();
  // After a freeze: up to so many of what waited are removed, or given to the workers. To be called in each turn; true: more can be done at once.
  bool GoOn(size_t vectors);
  // What waits.
  size_t held() const;
  // Of changes to the graph, ever.
  uint64_t changes() const;
  // Before anything was added. The labels are hashes of vectors' bytes. False: it is for other settings.
  [[nodiscard]] bool Adopt(std::unique_ptr<VectorIndex> index);
  // All documents go, and their numbers may come again; the graph waits for documents with these bytes, as an adopted one does. Not of
  // flat ones. Queries under way find nothing.
  void Orphan();
  bool is_adopting() const;
  // Nobody asks or changes it any more: another thread may delete it.
  void Leave();
  // All documents have come: what is left of the adopted goes, some at a time. True: there is more to do.
  bool EndAdoption(size_t vectors);

 private:
  const VectorOptions options_;
  VectorWork* work_;
  std::shared_ptr<FieldVectorsCore> core_;
};

// Holds an index still while it lives.
class FieldVectors::Frozen {
 public:
  explicit Frozen(std::shared_ptr<FieldVectorsCore> core);
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  const VectorIndex& index() const;
  // The owner's thread: so much waits that whoever holds this should let go.
  bool is_overdue() const;

 private:
  std::shared_ptr<FieldVectorsCore> core_;
};

}  // namespace kvorum
