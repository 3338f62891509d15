// The records of a snapshot: what the payload of its blocks (journal/snapshot_format.h) is made of. All numbers are little-endian; a
// varint is that of base/bytes.h. Version 1; a change of it is a new version of the snapshot's format.
//
//   payload = record*          a block's begins with a database record, so that it can be read on its own
//
// A record begins with 8 bytes, of which byte 3 says what it is: the type in its low 4 bits (object.h; 15: none), the form above.
//
//   database  0  24 bits of zero                 of the records of keys that follow, up to the next database record or block
//             3  0F
//             4  u32 number of the database
//
//   sizes     0  24 bits of zero                 before all records of keys, for each database that has any
//             3  1F
//             4  u32 number of the database
//             8  u64 keys
//            16  u64 keys with a deadline
//
//   effect    0  24 bits of zero                 of what is no key (a search index): a command (journal/effects.h) that is replayed
//             3  3F                              once all keys are there, in the order of the records
//             4  u32 number of bytes
//             8  bytes
//
//   piece     0  u8 1: the last one, or 0        of a value that did not go into the record of its key
//             1  16 bits of zero
//             3  2F
//             4  u32 id of the value
//             8  u32 number of bytes
//            12  bytes
//
//   key       0  24 bits of clock                (access_clock.h)
//             3  type, form << 4
//             4  flags: 1 it has a deadline, 2 its key is long, 4 it is a string that was changed in place (its encoding is
//                raw), 16 pieces follow
//             5  length of the key; 255 if it is long
//             6  u16 length of the value, of the inline form
//             8  [u64 length of the key, if it is long] [u64 deadline, ms since 1970]
//                [u64 of the integer form: the number; of others but the inline form: u32 number of bytes of the value, u32 id
//                of the value, 0 if no pieces follow]
//                key, value
//
// A short record of a key is what an entry is in memory (keyspace/entry.h), but for its mark: writing and loading is copying.
// The value's bytes, by form:
//
//   0 inline    string: itself
//   1 integer   string: nothing
//   2 big       string: varint length, itself
//   3 packed    list, set, sorted set, hash: varint entries, varint bytes, entries (packed_entry.h)
//   4 intset    set: varint count, u8 width (2, 4, 8), integers of this width in ascending order
//   5 large     list: varint nodes, varint fill (zigzag), nodes: varint entries << 1 | 1 if it is plain, varint bytes, bytes
//               set: varint count, members: varint length, itself
//               hash: varint count, fields: varint length, varint length of the value, itself, value
//               sorted set: varint count, members in order: f64 score, varint length, itself
//               vector set: frames (vector_set_file.h)
//               JSON: its nodes (json/codec.h)
//
// A value's bytes may be cut into pieces anywhere. Pieces of several values may come in turns, other records between them.
// Each key of the state is there once. Keys are in no order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvorum::snapshot_record {

inline constexpr uint8_t kNoType = 15;
inline constexpr uint8_t kDatabase = kNoType;
inline constexpr uint8_t kSizes = 1 << 4 | kNoType;
inline constexpr uint8_t kPiece = 2 << 4 | kNoType;
inline constexpr uint8_t kEffect = 3 << 4 | kNoType;

inline constexpr size_t kHeadBytes = 8;
inline constexpr size_t kSizesBytes = 24;
inline constexpr size_t kPieceHeadBytes = 12;
inline constexpr uint8_t kLastPiece = 1;

enum class Form : uint8_t { kInline = 0, kInteger = 1, kBig = 2, kPacked = 3, kIntSet = 4, kLarge = 5 };

// Flags of a key's record that are not an entry's.
inline constexpr uint8_t kPiecesFollow = 16;

}  // namespace kvorum::snapshot_record
