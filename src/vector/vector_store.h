// VectorStore: what both kinds of index keep of their vectors: codes, refinements and labels by slot, the free slots, and the codec, which
// is trained when there is enough to train it from.
//
// Threads: as in vector/vector_index.h. Readers hold a ReaderEpochs::Guard while they use what they got from here.
#pragma once

#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "vector/codec.h"
#include "vector/reader_epochs.h"
#include "vector/slot_array.h"
#include "vector/vector_index.h"

namespace kvorum {

class VectorStore {
 public:
  // A codec, and all vectors in its form.
  struct Coded {
    Coded(std::unique_ptr<Codec> with, uint64_t version, bool huge_pages);
    const uint8_t* Code(VectorSlot slot) const { return codes.At(slot); }
    bool AreTwins(VectorSlot a, VectorSlot b) const { return std::memcmp(Code(a), Code(b), codec->code_bytes()) == 0; }
    const uint8_t* Refinement(VectorSlot slot) const {
      return refinements == nullptr ? nullptr : refinements->At(slot);
    }
    size_t Bytes() const;

    const uint64_t version;
    std::unique_ptr<Codec> codec;
    SlotArray codes;
    std::unique_ptr<SlotArray> refinements;
  };

  explicit VectorStore(const VectorIndexSettings& settings);
  ~VectorStore();
  VectorStore(const VectorStore&) = delete;
  VectorStore& operator=(const VectorStore&) = delete;

  // --- any thread

  const VectorIndexSettings& settings() const { return settings_; }
  const ReaderEpochs& epochs() const { return epochs_; }
  const Coded& coded() const { return *coded_.load(std::memory_order_acquire); }
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  // All slots are below. A search asks for this first, then for coded(), which then holds at least those; links to later ones it leaves alone. If
  // there is another codec when it ends, what it computed of slots that were used again meanwhile may be wrong: it begins again.
  size_t slots() const { return slots_.load(std::memory_order_acquire); }
  VectorLabel LabelOf(VectorSlot slot) const {
    return labels_.As<std::atomic<VectorLabel>>(slot)->load(std::memory_order_acquire);
  }
  // The writer's, of a slot that was noted some time ago: it may have been given back since.
  VectorLabel LabelIfKept(VectorSlot slot) const { return slot < slots() ? LabelOf(slot) : kNoVectorLabel; }
  // Fills in the vector, its code and refinement.
  static void Encode(const Coded& coded, const float* vector, PreparedVector* prepared);

  // --- the writer

  // A slot that holds the vector, but has no label yet.
  VectorSlot Put(const PreparedVector& prepared);
  // From here on it counts.
  void Publish(VectorSlot slot, VectorLabel label);
  // The slot is free as soon as no reader can know of it.
  void Drop(VectorSlot slot);
  // A slot to move a vector from, below `*top` and as high as there is one, and a lower free one to move it to; *top becomes the former. False: there is
  // none.
  bool FindMove(VectorSlot* top, VectorSlot* to);
  void Move(VectorSlot from, VectorSlot to);
  // Gives up the free slots at the end. True if what belongs to slots from slots() on can be given back now, which the store has
  // done for its part; that is some time after giving them up, when nobody reads there any more.
  bool Trim();
  bool trims() const { return trims_; }  // more is to be given back
  // For what goes with the slot dropped last: its epoch, and whether one has passed.
  uint64_t DroppedEpoch() const { return dropped_.back().epoch; }
  bool Passed(uint64_t epoch) { return epochs_.Passed(epoch); }
  void Reserve(size_t vectors);
  bool trained() const { return trained_; }
  // For reading from a file: the codec that Codec::Save gave, then slot after slot; without a label, a free one. False: not sound.
  bool Restore(bool trained, std::string_view codec);
  bool RestoreSlot(VectorLabel label, const uint8_t* code_and_refinement);
  // Trains if it is time to.
  void TrainIfDue();
  void Decode(VectorSlot slot, float* vector) const;
  size_t Bytes() const;
  void Validate() const;

 private:
  struct Dropped {
    VectorSlot slot;
    uint64_t epoch;
  };
  struct Replaced {
    std::unique_ptr<Coded> coded;
    uint64_t epoch;
  };

  bool trains() const { return settings_.codec.form >= VectorForm::kQ8; }
  void Train();
  void Collect();
  VectorSlot TakeFree();
  void Grow(size_t slots);

  const VectorIndexSettings settings_;
  mutable ReaderEpochs epochs_;
  std::unique_ptr<Coded> owned_;
  std::atomic<const Coded*> coded_;
  SlotArray labels_{sizeof(VectorLabel)};
  std::atomic<size_t> size_{0};
  std::atomic<size_t> slots_{0};
  std::vector<VectorSlot> free_;    // a heap, the lowest first
  std::deque<Dropped> dropped_;     // oldest first
  std::vector<Replaced> replaced_;  // codecs that readers may still use
  bool trims_ = false;              // slots were given up in trim_epoch_, and their memory is still there
  uint64_t trim_epoch_ = 0;
  bool trained_ = false;
  size_t outside_ = 0;           // vectors since the last training that lay outside its range
  std::vector<float> outliers_;  // the last of those
};

}  // namespace kvorum
