// The graph as bytes, in pieces: for snapshots, so that a restart reads it instead of building it again.
//
// Pieces are made and taken in order and whole; the owner stores them as they are, with checksums of its own. Version 1; all numbers
// are little-endian:
//
//   first    "KVHN", version u32, dimensions u32, metric u8, form u8, refine_bits u8, trained u8, m u32, build_width u32,
//            train_after u64, seed u64, slots u64, vectors u64, entry slot u32 (kNone: empty), then what Codec::Save gave
//   others   first slot u32, slots u32, then for each slot:
//              label u64 (kNoVectorLabel: nothing more), level u8, code, refinement,
//              for each layer from the ground up: links u16, and so many u32: slots, on the ground with the anchor bit
//
// Nothing that is read is trusted: a piece or a graph that breaks a rule is refused, whatever it claims, and memory is taken only for
// what has come. (What Validate checks is checked, but for upper layers' reachability, which no rule demands.)
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "vector/hnsw_index.h"

namespace kvorum {

// Threads: the writer's, and nothing is committed or removed from the first piece to the last; searches go on. Complexity: O(bytes).
class HnswSaver {
 public:
  // About how large a piece is.
  static constexpr size_t kPieceBytes = 1 << 20;

  explicit HnswSaver(const HnswIndex& index) : index_(index) {}

  // False: there is no further one, and `piece` is left as it is. Else it is replaced.
  bool Next(std::string* piece);

 private:
  void Header(std::string* piece) const;
  void Slot(VectorSlot slot, std::string* piece) const;

  const HnswIndex& index_;
  bool begun_ = false;
  size_t next_ = 0;
};

// Threads: one. Complexity: O(bytes) in all; Finish looks at every link, at memory's speed.
class HnswLoader {
 public:
  // Memory options are the caller's; the rest of the settings comes with the first piece.
  explicit HnswLoader(bool huge_pages) : huge_pages_(huge_pages) {}

  // False: it is damaged, error() says how, and there is no way on.
  [[nodiscard]] bool Take(std::string_view piece);
  // The index, or nullptr: see error(). After the last piece, once.
  [[nodiscard]] std::unique_ptr<HnswIndex> Finish();
  const char* error() const { return error_; }

 private:
  bool Fail(const char* error);
  bool TakeHeader(std::string_view piece);
  bool TakeSlot(std::string_view* from, VectorSlot slot);
  bool TakeLinks(std::string_view* from, VectorSlot slot, size_t level);
  bool CheckGround();
  bool CheckUpper();
  bool CheckLinks(bool ground, uint32_t node);

  const bool huge_pages_;
  std::unique_ptr<HnswIndex> index_;
  uint64_t slots_ = 0;    // that are to come in all
  uint64_t vectors_ = 0;  // of them with a vector
  uint32_t entry_ = 0;
  const char* error_ = nullptr;
};

}  // namespace kvorum
