// VectorSet: named elements, each with a vector and maybe a text of attributes (JSON), found by likeness: what a vector set's key holds.
//
//   by name    a T-tree of elements, in the order of their bytes
//   by vector  an HnswIndex under kCosine, whose slots number the elements: `slots_` leads from a slot to its element
//
// Vectors are made to have length 1 when they come, and the length is kept. The label that the index keeps of a vector is 32 bits of a hash
// of what was given, above them 32 bits of a counter: so a match that a search brings can be held against what the slot holds by the time it is looked at.
//
// A set may reduce what it is given to fewer dimensions, by a random rotation of which the first are kept (vector/rotation.h; a Johnson-Lindenstrauss
// projection by Ailon and Chazelle 2006). The rotation follows from the two sizes alone, so that every server makes the same.
//
// Threads. One writer (the shard) calls what is not const. Any threads call Prepare, Search and what is said below, at the same time. Elements and
// attributes that go while a search looks at them are freed when it has ended. What a thread other than the shard's works on, it keeps alive by a
// shared_ptr to the set.
// Ownership: owns all. Complexity: O(log n) a lookup, what vector/hnsw_index.h says for the rest.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "structures/t_tree.h"
#include "vector/hnsw_index.h"
#include "vector/reader_epochs.h"
#include "vector/rotation.h"
#include "vector/slot_array.h"

namespace kvorum {

class AttributeFilter;

// An element; its name and length never change.
struct VectorElement {
  // A text on its own.
  struct Text {
    uint32_t length;
    char bytes[];

    static Text* Create(std::string_view text);
    static void Destroy(Text* text);
    std::string_view view() const { return {bytes, length}; }
    size_t allocated_bytes() const { return AllocationSize(sizeof(Text) + length); }
  };

  std::atomic<Text*> attributes_text;  // nullptr: none
  VectorSlot slot;
  float norm;
  uint32_t length;
  char bytes[];

  static VectorElement* Create(std::string_view name);
  static void Destroy(VectorElement* element);  // and its attributes
  std::string_view name() const { return {bytes, length}; }
  std::string_view attributes() const {
    const Text* text = attributes_text.load(std::memory_order_acquire);
    return text == nullptr ? std::string_view() : text->view();
  }
  size_t allocated_bytes() const;
};

struct VectorSetSettings {
  size_t dimensions = 0;        // as stored
  size_t input_dimensions = 0;  // as given; more than `dimensions`, or as many, if they are reduced; 0: they are not
  VectorForm form = VectorForm::kQ8;
  size_t m = 16;
};

class VectorSet {
 public:
  static constexpr size_t kMaxNameBytes = UINT32_MAX - 64;
  static constexpr size_t kMinLinks = 4;
  static constexpr size_t kMaxLinks = 512;
  static constexpr size_t kBuildWidth = 200;

  explicit VectorSet(const VectorSetSettings& settings);
  ~VectorSet();
  VectorSet(const VectorSet&) = delete;
  VectorSet& operator=(const VectorSet&) = delete;

  // --- any thread

  const VectorSetSettings& settings() const { return settings_; }
  // How many numbers a vector has that is given to it.
  size_t given_dimensions() const { return reduces() ? settings_.input_dimensions : settings_.dimensions; }
  bool reduces() const { return settings_.input_dimensions > 0; }

  // A vector on its way in.
  struct Prepared {
    PreparedVector vector;
    float norm = 0;
    uint32_t fingerprint = 0;
  };
  // False: it cannot be added (not finite, or without a direction). `build_width` 0: the usual.
  [[nodiscard]] bool Prepare(std::span<const float> given, size_t build_width, uint64_t random,
                             Prepared* prepared) const;

  struct Query {
    std::span<const float> given;  // as VADD has it; or as stored, where is_stored
    bool is_stored = false;
    size_t count = 10;
    size_t width = 0;  // candidates; 0: as the index has it
    float max_distance = std::numeric_limits<float>::infinity();
    bool exact = false;
    const AttributeFilter* filter = nullptr;
  };
  struct Match {
    float score;  // 1: the same direction, 0: the opposite
    std::string name;
    std::string attributes;  // empty: none
  };
  // The most like first. A query without a direction is equally like all.
  void Search(const Query& query, std::vector<Match>* matches) const;

  // --- the writer

  size_t size() const { return names_.size(); }
  VectorElement* Find(std::string_view name) const;
  // Any, each with the same chance. Not of an empty set.
  const VectorElement* RandomElement(Random& random) const;
  // Elements in the order of their names, from the first that is not before `from` (kAfter: that is after it), until `visit` returns false.
  template <typename Visit>
  void VisitFrom(std::string_view from, bool after, Visit visit) const {
    auto position = after ? names_.UpperBound(from) : names_.LowerBound(from);
    for (; position; position = Names::Next(position)) {
      if (!visit(static_cast<const VectorElement&>(*Names::At(position)))) return;
    }
  }

  // Adds an element, or gives it another vector. Returns it; *added: it is new.
  VectorElement* Commit(std::string_view name, const Prepared& prepared, bool* added);
  // No text: takes them away.
  void SetAttributes(VectorElement* element, std::string_view attributes);
  void Remove(VectorElement* element);

  // What is stored of its vector, of length 1.
  void Decode(const VectorElement& element, std::vector<float>* vector) const;
  struct Link {
    const VectorElement* element;
    float score;
  };
  // From the ground layer up, the most like first.
  std::vector<std::vector<Link>> Links(const VectorElement& element) const;
  // 32 bits of a hash of the vector as it was given.
  uint32_t Fingerprint(const VectorElement& element) const;
  size_t top_layer() const { return index_->top_layer(); }
  size_t attributes_count() const { return attributes_count_; }
  // Unlike any other set's of this process.
  uint64_t uid() const { return uid_; }
  uint32_t last_number() const { return counter_; }
  const HnswIndex& index() const { return *index_; }

  size_t Bytes() const;
  void Validate() const;

 private:
  friend class VectorSetSaver;
  friend class VectorSetLoader;

  struct NameOrder {
    static int Compare(const VectorElement* a, const VectorElement* b) { return a->name().compare(b->name()); }
    static int Compare(std::string_view a, const VectorElement* b) { return a.compare(b->name()); }
    static uint64_t PrefixOf(std::string_view name);
    static uint64_t PrefixOf(const VectorElement* element) { return PrefixOf(element->name()); }
    static void Prefetch(const VectorElement* element) { PrefetchLine(element); }
  };
  using Names = TTree<VectorElement*, NameOrder>;
  using Slot = std::atomic<VectorElement*>;
  class IndexFilter;
  struct Retired {
    VectorElement* element;
    VectorElement::Text* text;
    uint64_t epoch;
  };

  static constexpr VectorMetric kMetric = VectorMetric::kCosine;

  // Makes what is stored of what is given; returns its length before, 0 if there is none.
  float Transform(std::span<const float> given, std::vector<float>* stored) const;
  void PutSlot(VectorSlot slot, VectorElement* element);
  VectorElement* At(VectorSlot slot) const { return slots_.As<Slot>(slot)->load(std::memory_order_acquire); }
  // Frees what nobody reads any more.
  void Collect();
  void CompactSome();
  // Of a loaded index: an element for a slot. False: there is one of this name.
  bool Restore(VectorSlot slot, std::string_view name, std::string_view attributes, float norm);

  const VectorSetSettings settings_;
  const uint64_t uid_;
  std::unique_ptr<Rotation> rotation_;  // if it reduces
  std::unique_ptr<HnswIndex> index_;
  Names names_;
  SlotArray slots_{sizeof(Slot)};
  size_t slot_bound_ = 0;  // no slot from here on has ever been used
  ReaderEpochs epochs_;
  std::deque<Retired> retired_;
  uint32_t counter_ = 0;
  size_t attributes_count_ = 0;
  size_t element_bytes_ = 0;
  size_t removed_ = 0;  // since the last compaction
  bool compacts_ = false;
};

// The index's settings for those of a set.
VectorIndexSettings IndexSettingsOf(const VectorSetSettings& settings);

}  // namespace kvorum
