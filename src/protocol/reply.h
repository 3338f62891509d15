// ReplyWriter: replies in RESP2 or RESP3 (https://redis.io/docs/reference/protocol-spec/), appended to a Buffer.
//
// Each method writes one element; where RESP2 lacks a type, the element RESP2 clients expect. Aggregates are written as a
// header with their count, then their elements. Where the count comes late, Defer leaves a place for the header and
// SetDeferred* fills it; places are filled in the reverse order of their making.
//
// Threads: one. Ownership: borrows the buffer.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"

namespace kvorum {

class ReplyWriter {
 public:
  explicit ReplyWriter(Buffer& out, int resp = 2) : out_(&out), resp_(resp) {}

  int resp() const { return resp_; }
  void set_resp(int resp) { resp_ = resp; }
  Buffer& buffer() { return *out_; }

  void Ok() { out_->Append("+OK\r\n"); }
  void Status(std::string_view text);  // +text; no line breaks in it
  // -text; starts with a code ("ERR ..."). Line breaks become spaces.
  void Error(std::string_view text);
  void Integer(int64_t value);
  void Bulk(std::string_view bytes);
  void BulkInteger(int64_t value);  // the digits as a bulk
  // RESP3 a double; RESP2 its shortest text as a bulk, as Redis prints it.
  void Double(double value);
  void Bool(bool value);  // RESP2: 1 or 0
  void BigNumber(std::string_view digits);
  // RESP3 a verbatim string with a format of three letters ("txt"); RESP2 a bulk.
  void Verbatim(std::string_view format, std::string_view text);
  void Null();       // RESP2: $-1
  void NullArray();  // RESP2: *-1
  void Array(size_t count);
  void EmptyArray() { Array(0); }
  void Map(size_t pairs);   // RESP2: an array of 2 * pairs
  void Set(size_t count);   // RESP2: an array
  void Push(size_t count);  // RESP2: an array
  // What already is protocol.
  void Raw(std::string_view bytes) { out_->Append(bytes); }

  class Deferred {
   public:
    Deferred() = default;

   private:
    friend class ReplyWriter;
    explicit Deferred(size_t offset) : offset_(offset) {}
    size_t offset_ = 0;
  };
  Deferred Defer() const { return Deferred(out_->size()); }
  // O(bytes written since Defer).
  void SetDeferredArray(Deferred place, size_t count) { SetDeferred(place, '*', count); }
  void SetDeferredMap(Deferred place, size_t pairs) {
    resp_ == 3 ? SetDeferred(place, '%', pairs) : SetDeferred(place, '*', 2 * pairs);
  }
  void SetDeferredSet(Deferred place, size_t count) { SetDeferred(place, resp_ == 3 ? '~' : '*', count); }

 private:
  void Header(char type, int64_t number);
  void SetDeferred(Deferred place, char type, size_t count);

  Buffer* out_;
  int resp_;
};

}  // namespace kvorum
