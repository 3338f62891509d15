// HnswIndex: a navigable graph in layers (Malkov and Yashunin 2016), which finds the nearest vectors by walking from near to
// nearer: O(log n) distances a search, more the more dimensions the data really has.
//
// Every vector is a node of the ground layer, with up to 2 m links, chosen so that no two lead in the same direction (the paper's
// heuristic, algorithm 4); one in m also of the layer above, with up to m links; and so on. A search goes down from the only entry,
// greedily, then keeps the `width` nearest on the ground.
//
// **Reachability.** The paper's pruning can leave nodes that nothing links to. Here the ground layer holds a tree: each node, when it comes,
// and the nearest of its neighbours that has room link to each other with *anchored* links, which pruning leaves alone. By induction the tree
// spans all nodes, so from any node every other is reached; Validate counts them. Anchored links are 2 of a node's 32 on average, nearly all
// of which would be there anyway.
//
// **Twins**, equal vectors, of which there may be any number, would fill each other's lists and everything a walk keeps, and it would end among them. A node
// links to few of its own, walks do not count them (vector/search_context.h), and their part of the tree keeps together, so that all are found.
//
// **Preparing** an insertion, on any thread, finds its neighbours; Commit adds to these what has come meanwhile and lies as near. Vectors
// that are prepared together would not know each other otherwise, and only the first of several that lie together would be found.
//
// **Removal** takes a node out of every list: its in-neighbours are known (vector/back_links.h). Each of these is offered the node's
// neighbours in its place, and takes the nearest that leads in a new direction. The tree's parts are tied together again, path-wise,
// nearest first. Then slot and memory are free for the next.
//
// **Layout.** By slot: links (4 * 2 m bytes, in whole cache lines), codes, refinements, labels, each in an array of its own
// (vector/slot_array.h), so that a walk touches only links and codes. Nodes of upper layers have a record in each: slot, the record below,
// links. 12 bytes and the back links a vector beside links and code.
//
// Threads, ownership: vector/vector_index.h.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "vector/link_table.h"
#include "vector/search_context.h"
#include "vector/vector_index.h"
#include "vector/vector_store.h"

namespace kvorum {

class HnswIndex final : public VectorIndex {
 public:
  explicit HnswIndex(const VectorIndexSettings& settings);
  ~HnswIndex() override;

  size_t size() const override { return store_.size(); }
  const VectorIndexSettings& settings() const override { return store_.settings(); }
  void Prepare(const float* vector, uint64_t random, SearchContext* context, PreparedVector* prepared) const override;
  void Search(const float* query, const VectorSearchOptions& options, SearchContext* context,
              std::vector<VectorMatch>* matches) const override;

  VectorSlot Commit(const PreparedVector& prepared, VectorLabel label) override;
  VectorSlot Add(const float* vector, VectorLabel label) override;
  void Remove(VectorSlot slot) override;
  bool Compact(size_t moves, const std::function<void(VectorSlot from, VectorSlot to)>& moved) override;
  void Reserve(size_t vectors) override;
  VectorLabel LabelOf(VectorSlot slot) const override { return store_.LabelOf(slot); }
  void Decode(VectorSlot slot, float* vector) const override { store_.Decode(slot, vector); }
  size_t Bytes() const override;
  void Validate() const override;

  // The writer's: the slot's neighbours on each of its layers, from the ground up, with their distances.
  std::vector<std::vector<VectorMatch>> Neighbours(VectorSlot slot) const;
  size_t top_layer() const { return EntryLevel(entry_.load(std::memory_order_relaxed)); }

 private:
  friend class HnswSaver;
  friend class HnswLoader;

  // Before the links of a node of an upper layer.
  struct UpperHeader {
    std::atomic<uint32_t> slot;  // changes when it is moved
    uint32_t below;              // the record one layer down; kNone: there is the ground
  };
  static_assert(sizeof(UpperHeader) == 8);
  struct DroppedRecord {
    uint32_t record;
    uint64_t epoch;
  };

  static constexpr size_t kMaxLevel = 31;
  // So many vectors may come between Prepare and Commit of one; comparing it with them costs about a tenth of preparing it again.
  static constexpr size_t kMostMissed = 1024;
  static constexpr uint64_t MakeEntry(size_t level, uint32_t node) { return static_cast<uint64_t>(level) << 32 | node; }
  static size_t EntryLevel(uint64_t entry) { return entry >> 32; }
  static uint32_t EntryNode(uint64_t entry) { return static_cast<uint32_t>(entry); }

  const UpperHeader& Upper(uint32_t record) const {
    return *reinterpret_cast<const UpperHeader*>(upper_.Header(record));
  }
  uint32_t SlotOf(bool ground, uint32_t node) const {
    return ground ? node : Upper(node).slot.load(std::memory_order_acquire);
  }
  // The record of the slot in layer `level`, or kNone.
  uint32_t RecordOf(VectorSlot slot, size_t level) const;  // level >= 1
  size_t LevelOf(VectorSlot slot) const;
  size_t DrawLevel(uint64_t random) const;

  // --- hnsw_search.cc
  struct View;  // what one search found to begin with
  View Enter() const;
  void Greedy(const View& view, bool ground, SearchContext* context, Candidate* nearest) const;
  void Walk(const View& view, bool ground, size_t width, Candidate entry, SearchContext* context) const;
  template <bool kGround>
  void WalkLayer(const View& view, size_t width, Candidate entry, SearchContext* context) const;
  Candidate Descend(const View& view, size_t to_level, SearchContext* context) const;
  bool SearchOnce(const float* query, const VectorSearchOptions& options, SearchContext* context,
                  std::vector<VectorMatch>* matches) const;

  // --- hnsw_filter.cc
  void FilteredSearch(const View& view, const VectorSearchOptions& options, SearchContext* context) const;
  bool FilteredWalk(const View& view, const VectorSearchOptions& options, size_t budget, SearchContext* context) const;

  // --- hnsw_insert.cc
  // Of `from`, which is sorted by distance to something, those that lead away from it in different directions: none is nearer to one chosen
  // before than to that. At most `most`; `pinned`, which are among them, in any case. `code` is that something's: of its twins few are chosen, and they block
  // nothing.
  void Choose(const VectorStore::Coded& coded, bool ground, const uint8_t* code, std::span<const Candidate> from,
              size_t most, std::span<const uint32_t> pinned, SearchContext* context,
              std::vector<uint32_t>* chosen) const;
  // The prepared neighbours on a layer that are still there, as nodes of it.
  std::vector<uint32_t> Remaining(const PreparedVector& prepared, size_t level, VectorSlot slot) const;
  // The neighbours on each layer up to `level`: the prepared ones that are still there, and what came meanwhile and is as near. Prepares again if
  // that is more than is remembered.
  std::vector<std::vector<uint32_t>> CurrentNeighbours(const PreparedVector& prepared, VectorSlot slot, size_t level);
  // Adds those of the last `missed` vectors that lead from `vector` in directions of their own, and takes away those of `nodes` that do not any more.
  void TakeInMissed(const float* vector, uint64_t missed, VectorSlot slot, size_t level, std::vector<uint32_t>* nodes);
  void Remember(VectorSlot slot);
  void Connect(const std::vector<std::vector<uint32_t>>& layers, VectorSlot slot, size_t level);
  // node's link to `to`, if it finds room for it, by pruning others or, unless pinned, not at all.
  void LinkBack(bool ground, uint32_t node, uint32_t to, bool pinned);
  // The nearest, in steps of the tree, to `slot`, itself included, with less than `most` anchors.
  VectorSlot FindRoom(VectorSlot slot, size_t most) const;
  // The same, walking only through slots that are `among`; kNone: none of these has.
  template <typename Among>
  VectorSlot FindRoom(VectorSlot slot, size_t most, Among among) const;
  VectorSlot FindAnchor(const std::vector<uint32_t>& neighbours, VectorSlot slot) const;
  void AddAnchor(VectorSlot a, VectorSlot b);
  uint32_t NewRecord(VectorSlot slot, uint32_t below);

  // --- hnsw_remove.cc
  void RemoveNode(bool ground, uint32_t node);
  void Offer(bool ground, uint32_t node, std::span<const uint32_t> others);
  void TieTree(std::span<const uint32_t> parts);
  uint64_t OtherEntry(VectorSlot without) const;

  size_t CountReached(VectorSlot from) const;
  LinkTable& Links(bool ground) { return ground ? ground_ : upper_; }
  // The writer's: the node as query, and distances from it.
  void PrepareNode(bool ground, uint32_t node, CodecQuery* query) const;
  float DistanceTo(bool ground, const CodecQuery& query, uint32_t node) const {
    return Codec::Distance(query, store_.coded().Code(SlotOf(ground, node)));
  }

  VectorStore store_;
  LinkTable ground_;
  LinkTable upper_;
  SlotArray records_of_{sizeof(uint32_t)};  // the topmost record of each slot; the writer's
  std::vector<uint32_t> free_records_;
  std::deque<DroppedRecord> dropped_records_;
  std::atomic<size_t> record_bound_{0};  // all records are below
  std::atomic<uint64_t> entry_;          // level and node; kNone: empty
  std::atomic<uint64_t> commits_{0};
  std::vector<VectorSlot> recent_;  // of the last kMostMissed commits, the n-th at n % kMostMissed; the writer's
  double level_scale_;
  Random random_;
  SearchContextPtr context_;  // the writer's
};

}  // namespace kvorum
