// What the files of the sorted-set family share.
#pragma once

#include <cstddef>
#include <string_view>

#include "commands/table.h"
#include "keyspace/sorted_set_object.h"

namespace kvorum {

// Parts of RegisterSortedSetCommands.
void RegisterSortedSetRangeCommands(CommandTable& table);
void RegisterSortedSetPopCommands(CommandTable& table);
void RegisterSortedSetCombineCommands(CommandTable& table);

// "min max" of ZRANGEBYSCORE and its like, as Redis reads them: "(1.5", "-inf", ... False: not such a thing; nothing replied.
[[nodiscard]] bool ParseScoreRange(std::string_view min, std::string_view max, ScoreRange* range);
// "[a", "(a", "-", "+". The range borrows the texts.
[[nodiscard]] bool ParseLexRange(std::string_view min, std::string_view max, LexRange* range);
// Indexes from 0, negative ones from the end, as ZRANGE and the like have them; clamped.
RankRange RanksOfIndexes(int64_t first, int64_t last, size_t size);

// Puts what ZUNIONSTORE, ZRANGESTORE and their like made under a key, and says so; null deletes the key. Replies the size.
void StoreSortedSet(Context& ctx, std::string_view key, std::unique_ptr<SortedSetObject> result,
                    std::string_view event);

// The header of a list of members: with scores, RESP3 has pairs, RESP2 members and scores in turns.
inline void ReplyMembersHeader(ReplyWriter& reply, size_t count, bool with_scores) {
  reply.Array(with_scores && reply.resp() == 2 ? 2 * count : count);
}
inline void ReplyMember(ReplyWriter& reply, std::string_view member, double score, bool with_scores) {
  if (with_scores && reply.resp() > 2) reply.Array(2);
  reply.Bulk(member);
  if (with_scores) reply.Double(score);
}

}  // namespace kvorum
