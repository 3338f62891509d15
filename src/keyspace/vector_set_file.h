// A vector set as bytes, in frames, graph and all: for snapshots, DUMP and COPY, so that nothing is built again. Version 1; all numbers are
// little-endian:
//
//   frame      u32 number of bytes, bytes
//
//   the first  "KVVS", version u32, dimensions u32, input dimensions u32, form u8 (VectorForm), m u32, last number u32, elements u64
//   elements   u8 'E', elements in the order of their slots: f32 length of the vector, varint bytes of the name, varint bytes of the
//              attributes, name, attributes
//   index      u8 'I', a piece of it (vector/hnsw_file.h), all elements being there
//
// The bytes may be cut anywhere on the way (the frames tell where they end); frames are about kFrameBytes.
//
// Nothing that is read is trusted, and memory is taken only for what has come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "keyspace/vector_set.h"
#include "vector/hnsw_file.h"

namespace kvorum {

// Threads: the writer's; the set does not change from the first frame to the last. Searches go on.
class VectorSetSaver {
 public:
  static constexpr size_t kFrameBytes = 256 << 10;

  explicit VectorSetSaver(const VectorSet& set) : set_(set), index_(set.index()) {}

  // Replaces `frame` by the next, its length in front. False: there is no further one.
  bool Next(std::string* frame);

 private:
  void Head(std::string* frame) const;
  void Elements(std::string* frame);

  const VectorSet& set_;
  HnswSaver index_;
  std::string piece_;
  bool begun_ = false;
  size_t next_slot_ = 0;
};

// Threads: one.
class VectorSetLoader {
 public:
  // The next bytes, cut anywhere. False: damaged, and error() says how.
  [[nodiscard]] bool Feed(std::string_view bytes);
  // After the last byte, once; nullptr: see error().
  [[nodiscard]] std::unique_ptr<VectorSet> Finish();
  const char* error() const { return error_; }

 private:
  struct Element {
    float norm;
    uint32_t name_bytes;
    uint32_t attribute_bytes;
  };

  bool Fail(const char* error);
  bool Frame(std::string_view frame);
  bool Head(std::string_view frame);
  bool Elements(std::string_view frame);

  std::string carry_;  // the beginning of a frame
  std::unique_ptr<VectorSet> set_;
  uint64_t elements_ = 0;  // that are to come in all
  uint32_t counter_ = 0;
  // What came of them; texts one after another.
  std::vector<Element> read_;
  std::string texts_;
  std::unique_ptr<HnswLoader> index_;
  const char* error_ = nullptr;
};

}  // namespace kvorum
