// What DUMP gives and RESTORE takes: a value's type and bytes, the format's version, a checksum. See format.h. (RdbWriter::Payload
// makes one.)
//
// Threads: no state.
#pragma once

#include <string_view>

#include "keyspace/settings.h"
#include "rdb/value_reader.h"

namespace kvorum {

// Whether its version is one that we read and its checksum fits. O(bytes).
[[nodiscard]] bool IsIntactPayload(std::string_view payload);

// Of an intact payload.
class PayloadReader {
 public:
  PayloadReader(std::string_view payload, const KeyspaceSettings& settings)
      : in_(payload.substr(0, payload.size() - kPayloadFooterBytes)), values_(in_, settings) {}
  // The value, whose text is good as long as payload and reader. False: error().
  [[nodiscard]] bool Read(RdbValue* value) {
    uint8_t type;
    return in_.Byte(&type) && values_.Read(type, value);
  }
  const RdbError& error() const { return in_.error(); }

 private:
  RdbReader in_;
  RdbValueReader values_;
};

}  // namespace kvorum
