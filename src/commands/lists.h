// What the files of the list family share.
#pragma once

#include "commands/context.h"
#include "keyspace/list_object.h"

namespace kvorum {

inline void ReplyElement(Context& ctx, const PackedValue& value) {
  value.is_number ? ctx.reply.BulkInteger(value.number) : ctx.reply.Bulk(value.text);
}

// What follows when `count` elements were popped: event, and the key goes if nothing is left.
void AfterPop(Context& ctx, std::string_view key, ListObject& list, ListObject::End end, size_t count);

// Replies an array of the `count` elements at the end, the outermost first, and removes them.
void PopAndReply(Context& ctx, std::string_view key, ListObject& list, ListObject::End end, size_t count);

// Elements moved and popped over several keys, waiting for one or not: list_moves.cc.
void RegisterListMoveCommands(CommandTable& table);

}  // namespace kvorum
