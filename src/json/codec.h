// JSON values as bytes for snapshots (docs/formats.md), written and read in as many steps as wanted.
//
// A value is its nodes in the order of the text, each
//
//   u8 kind  0 null, 1 false, 2 true, 3 integer, 4 number, 5 string, 6 array, 7 object
//   of an object's member: varint length of its name
//   integer: varint (zigzag); number: f64; string: varint length; array, object: varint items
//   the name, the string's bytes
//
// Threads: one. Ownership: the encoder borrows the value, which must not change meanwhile.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "json/value.h"

namespace kvorum {

class JsonEncoder {
 public:
  void Begin(const JsonValue& value);
  // Appends the next node, but its name and text, which are to be appended after it. False: there is none.
  [[nodiscard]] bool Next(Buffer* out, std::string_view* name, std::string_view* text);

 private:
  struct Open {
    const JsonValue* container;
    size_t next;
  };

  const JsonValue* root_ = nullptr;
  std::vector<Open> open_;
};

// Nothing is trusted: memory is taken for bytes that have come only.
class JsonDecoder {
 public:
  JsonDecoder() = default;
  // Takes whole nodes off the front. False: they are damaged, and error() says how.
  [[nodiscard]] bool Feed(std::string_view* bytes);
  bool done() const { return done_; }
  // When it is done.
  JsonValue Take() { return std::move(root_); }
  const char* error() const { return error_; }

 private:
  struct Open {
    JsonValue container;
    uint64_t left;
    JsonValue key;  // of the container in the one around it
  };

  bool Fail(const char* error) {
    error_ = error;
    return false;
  }
  bool TakeNode(std::string_view* in, bool* whole);
  bool Add(std::string_view name, JsonValue value);

  std::vector<Open> open_;
  JsonValue root_;
  bool done_ = false;
  const char* error_ = "";
};

}  // namespace kvorum
