// The numbers of Redis's RDB format, version 11 (Redis 7.2), and what they mean. docs/formats.md tells what we write and read.
//
//   file    := "REDIS" version:4 digits  part*  FF  checksum:8
//   part    := FA name:string text:string                      something about the file ("redis-ver" "7.2.4")
//            | F5 code:string                                  a library of functions
//            | F7 ...                                          a module's own data
//            | FE database:length                              what follows is in this database
//            | FB keys:length expiring:length                  how many there are, a hint
//            | [FC ms:8 | FD seconds:4]  [F8 idle:length | F9 frequency:1]  type:1 key:string value
//   payload := type:1 value version:2 checksum:8               what DUMP gives
//
//   length  := 00xxxxxx | 01xxxxxx x8 | 10000000 x32 | 10000001 x64           big-endian
//   string  := length byte*
//            | C0 int8 | C1 int16 | C2 int32                                  a text that is a number; little-endian
//            | C3 compressed:length size:length byte*                         LZF
//
// All integers but those in lengths are little-endian. The checksum (crc64.h) covers all bytes before it; 0 in a file: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvorum {

inline constexpr int kRdbVersion = 11;
// The newest of Redis 7.2, which is what we can read.
inline constexpr int kMaxRdbVersion = kRdbVersion;

// What a value is, and how it lies in the file.
enum class RdbType : uint8_t {
  kString = 0,              // string
  kList = 1,                // count:length string*
  kSet = 2,                 // count:length string*
  kSortedSetText = 3,       // count:length (string score)*   score: see ValueReader
  kHash = 4,                // count:length (string string)*
  kSortedSet = 5,           // count:length (string double:8)*
  kModuleOld = 6,           //
  kModule = 7,              // count:module's id, (number:kind, what it is of)*, 0. JSON: string: the text
  kHashZipmap = 9,          // string: a zipmap
  kListZiplist = 10,        // string: a ziplist
  kSetIntset = 11,          // string: an intset
  kSortedSetZiplist = 12,   // string: a ziplist of member, score, member, score ...
  kHashZiplist = 13,        // string: a ziplist of field, value, field, value ...
  kListQuicklist = 14,      // count:length string*, each a ziplist
  kStream = 15,             //
  kHashListpack = 16,       // string: a listpack, as in kHashZiplist
  kSortedSetListpack = 17,  // string: a listpack, as in kSortedSetZiplist
  kListQuicklist2 = 18,     // count:length (1 string | 2 string)*: an element on its own, or a listpack
  kStream2 = 19,            //
  kSetListpack = 20,        // string: a listpack
  kStream3 = 21,            //
  kVectorSet = 200,         // ours, in payloads alone: frames (keyspace/vector_set_file.h), then 4 bytes of zero
};
inline constexpr uint8_t kLastRdbType = 21;

// What a module's data is made of.
namespace module_opcode {
inline constexpr uint64_t kEnd = 0;
inline constexpr uint64_t kSigned = 1;
inline constexpr uint64_t kUnsigned = 2;
inline constexpr uint64_t kFloat = 3;
inline constexpr uint64_t kDouble = 4;
inline constexpr uint64_t kString = 5;
}  // namespace module_opcode

// A module's type: its name of 9 signs, 6 bits each, and the version of how it is written.
constexpr uint64_t ModuleTypeId(const char (&name)[10], uint64_t version) {
  constexpr char kSigns[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint64_t id = 0;
  for (int i = 0; i < 9; ++i) {
    uint64_t sign = 0;
    while (kSigns[sign] != name[i]) ++sign;
    id = id << 6 | sign;
  }
  return id << 10 | version;
}
inline constexpr uint64_t kJsonTypeId = ModuleTypeId("ReJSON-RL", 3);

// What else a part of a file begins with.
namespace rdb_opcode {
inline constexpr uint8_t kFunction = 0xF5;
inline constexpr uint8_t kFunctionOld = 0xF6;  // of a release candidate; nobody reads it
inline constexpr uint8_t kModuleAux = 0xF7;
inline constexpr uint8_t kIdle = 0xF8;
inline constexpr uint8_t kFrequency = 0xF9;
inline constexpr uint8_t kAux = 0xFA;
inline constexpr uint8_t kResizeDb = 0xFB;
inline constexpr uint8_t kExpireMs = 0xFC;
inline constexpr uint8_t kExpireSeconds = 0xFD;
inline constexpr uint8_t kSelectDb = 0xFE;
inline constexpr uint8_t kEnd = 0xFF;
}  // namespace rdb_opcode

// Nodes of kListQuicklist2.
inline constexpr uint64_t kPlainNode = 1;
inline constexpr uint64_t kPackedNode = 2;

// Behind a payload: version:2 checksum:8.
inline constexpr size_t kPayloadFooterBytes = 10;

inline constexpr std::string_view kRdbMagic = "REDIS";
inline constexpr size_t kRdbHeaderBytes = 9;

}  // namespace kvorum
