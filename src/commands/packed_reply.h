// Elements of collections as replies.
#pragma once

#include <cstddef>

#include "protocol/reply.h"
#include "structures/packed_entry.h"

namespace kvorum {

// Commands that may repeat elements (SRANDMEMBER and its like with a negative count) give up beyond this.
inline constexpr size_t kMaxRepeatedReplyBytes = size_t{1} << 30;

inline void ReplyBulk(ReplyWriter& reply, const PackedValue& value) {
  value.is_number ? reply.BulkInteger(value.number) : reply.Bulk(value.text);
}

}  // namespace kvorum
