#include "rdb/value_reader.h"

#include <cmath>
#include <string>

#include "base/numbers.h"
#include "json/text.h"
#include "keyspace/hash_object.h"
#include "keyspace/json_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/sorted_set_object.h"
#include "keyspace/vector_set_file.h"
#include "keyspace/vector_set_object.h"
#include "rdb/packed_forms.h"

namespace kvorum {
namespace {

using Kind = RdbError::Kind;

// Elements of lists and sorted sets have 32 bits for their length, with some room for what is around them.
constexpr size_t kMaxElementBytes = SortedSetObject::kMaxMemberBytes - 4096;
// A list's node is one block; what is larger is taken apart.
constexpr size_t kMaxNodeBytes = size_t{1} << 30;
constexpr size_t kKeptBytes = 1 << 20;

// One byte of length, or one of these.
constexpr uint8_t kNotANumber = 253;
constexpr uint8_t kInfinity = 254;
constexpr uint8_t kMinusInfinity = 255;

template <typename Visit>
bool ForEachEntry(std::string_view entries, Visit visit) {
  for (const char *p = entries.data(), *end = p + entries.size(); p < end; p += PackedEntryBytes(p)) {
    if (!visit(DecodePackedEntry(p))) return false;
  }
  return true;
}

bool ScoreOf(const PackedValue& value, double* score) {
  if (!value.is_number) return ParseDouble(value.text, score) && !std::isnan(*score);
  *score = static_cast<double>(value.number);
  return true;
}

// visit(member, score) for each two entries, until it returns false. The member's text may be in one of two buffers in turns.
template <typename Visit>
bool ForEachPair(std::string_view entries, Visit visit) {
  char digits[2][kMaxInt64Chars];
  size_t turn = 0;
  for (const char *p = entries.data(), *end = p + entries.size(); p < end;) {
    const char* score = p + PackedEntryBytes(p);
    turn ^= 1;
    if (!visit(DecodePackedEntry(p).View(digits[turn]), DecodePackedEntry(score))) return false;
    p = score + PackedEntryBytes(score);
  }
  return true;
}

// Whether scores and members of a sorted set ascend.
bool IsInOrder(std::string_view entries) {
  std::string_view previous;
  double previous_score = -INFINITY;
  return ForEachPair(entries, [&](std::string_view member, const PackedValue& score_text) {
    double score;
    if (!ScoreOf(score_text, &score)) return false;
    if (score < previous_score || (score == previous_score && member < previous)) return false;
    previous = member;
    previous_score = score;
    return true;
  });
}

void GiveBack(Buffer& buffer) {
  if (buffer.capacity() > kKeptBytes) buffer = Buffer();
}

}  // namespace

std::string_view UnsupportedTypeName(uint8_t type) {
  switch (static_cast<RdbType>(type)) {
    case RdbType::kModuleOld:
    case RdbType::kModule:
      return "a module's value";
    case RdbType::kStream:
    case RdbType::kStream2:
    case RdbType::kStream3:
      return "a stream";
    default:
      return "a value of an unknown type";
  }
}

bool ReadRdbTextScore(RdbReader& in, Buffer* storage, double* score) {
  uint8_t length;
  std::string_view text;
  if (!in.Byte(&length)) return false;
  if (length == kInfinity || length == kMinusInfinity) {
    *score = length == kInfinity ? INFINITY : -INFINITY;
    return true;
  }
  if (length == kNotANumber) return in.Damaged("a score that is no number");
  if (!in.Bytes(length, storage, &text)) return false;
  return ParseDouble(text, score) || in.Damaged("a score that is no number");
}

bool RdbValueReader::Read(uint8_t type, RdbValue* value) {
  value->object.reset();
  value->text = {};
  GiveBack(text_);
  GiveBack(entries_);
  switch (static_cast<RdbType>(type)) {
    case RdbType::kString:
      return in_.String(&text_, &value->text);
    case RdbType::kList:
      return ReadList(value);
    case RdbType::kSet:
      return ReadSet(value);
    case RdbType::kSortedSetText:
      return ReadSortedSet(true, value);
    case RdbType::kHash:
      return ReadHash(value);
    case RdbType::kSortedSet:
      return ReadSortedSet(false, value);
    case RdbType::kHashZipmap:
      return ReadPackedHash(UnpackZipmap, value);
    case RdbType::kListZiplist:
      return ReadZiplistAsList(value);
    case RdbType::kSetIntset:
      return ReadIntset(value);
    case RdbType::kSortedSetZiplist:
      return ReadPackedSortedSet(UnpackZiplist, value);
    case RdbType::kHashZiplist:
      return ReadPackedHash(UnpackZiplist, value);
    case RdbType::kListQuicklist:
      return ReadQuicklist(false, value);
    case RdbType::kHashListpack:
      return ReadPackedHash(UnpackListpack, value);
    case RdbType::kSortedSetListpack:
      return ReadPackedSortedSet(UnpackListpack, value);
    case RdbType::kListQuicklist2:
      return ReadQuicklist(true, value);
    case RdbType::kSetListpack:
      return ReadPackedSet(value);
    case RdbType::kVectorSet:
      return ReadVectorSet(value);
    case RdbType::kModule:
      return ReadModule(value);
    default:
      return Unsupported(type);
  }
}

bool RdbValueReader::ReadVectorSet(RdbValue* value) {
  VectorSetLoader loader;
  while (true) {
    uint32_t size;
    std::string_view frame;
    if (!in_.Fixed(&size)) return false;
    if (size == 0) break;
    const std::string_view head(reinterpret_cast<const char*>(&size), sizeof(size));
    if (!in_.Bytes(size, &entries_, &frame)) return false;
    if (!loader.Feed(head) || !loader.Feed(frame)) return in_.Damaged(loader.error());
  }
  std::unique_ptr<VectorSet> set = loader.Finish();
  if (set == nullptr) return in_.Damaged(loader.error());
  value->object = std::make_unique<VectorSetObject>(std::move(set));
  return true;
}

bool RdbValueReader::Unsupported(uint8_t type) {
  return in_.Fail(Kind::kUnsupported, std::string(UnsupportedTypeName(type)) + " (type " + std::to_string(type) +
                                          "), which this version does not have");
}

bool RdbValueReader::ReadModule(RdbValue* value) {
  uint64_t id;
  uint64_t opcode;
  std::string_view text;
  if (!in_.Length(&id)) return false;
  if (id != kJsonTypeId) return Unsupported(static_cast<uint8_t>(RdbType::kModule));
  if (!in_.Length(&opcode)) return false;
  if (opcode != module_opcode::kString) return in_.Damaged("a JSON value is no text");
  if (!in_.String(&text_, &text)) return false;
  JsonValue root;
  std::string error;
  if (!ParseJson(text, &root, &error)) return in_.Damaged("a JSON value's text is not JSON: " + error);
  if (!in_.Length(&opcode)) return false;
  if (opcode != module_opcode::kEnd) return in_.Damaged("a JSON value has no end");
  value->object = std::make_unique<JsonObject>(std::move(root));
  return true;
}

bool RdbValueReader::ReadCount(uint64_t* count) {
  if (!in_.Length(count)) return false;
  return *count > 0 || in_.Fail(Kind::kEmpty, "a collection without elements");
}

bool RdbValueReader::ReadBlock(Unpack unpack, size_t step, size_t* count) {
  std::string_view block;
  if (!in_.String(&text_, &block)) return false;
  entries_.Clear();
  if (!unpack(block, &entries_, count) || *count % step != 0) return in_.Damaged("a damaged packed collection");
  if (*count == 0) return in_.Fail(Kind::kEmpty, "a collection without elements");
  return true;
}

// --- Lists ------------------------------------------------------------------------------------------------------------------

bool RdbValueReader::ReadList(RdbValue* value) {
  uint64_t count;
  if (!ReadCount(&count)) return false;
  const ListObject::Limits limits = ListObject::LimitsOf(settings_);
  auto list = ListObject::NewLarge(limits);
  for (; count > 0; --count) {
    std::string_view text;
    if (!in_.String(&text_, &text)) return false;
    if (text.size() > kMaxElementBytes) return in_.Damaged("a list's element is too long");
    list->Push(ListObject::End::kTail, {.text = text}, limits);
  }
  list->PackIfFits(limits);
  value->object = std::move(list);
  return true;
}

bool RdbValueReader::ReadZiplistAsList(RdbValue* value) {
  size_t count;
  if (!ReadBlock(UnpackZiplist, 1, &count)) return false;
  const ListObject::Limits limits = ListObject::LimitsOf(settings_);
  auto list = ListObject::NewLarge(limits);
  ForEachEntry(entries_.view(), [&](const PackedValue& element) {
    list->Push(ListObject::End::kTail, element, limits);
    return true;
  });
  value->object = std::move(list);
  return true;
}

bool RdbValueReader::AppendNode(ListObject& list, std::string_view block, bool is_ziplist) {
  size_t count;
  entries_.Clear();
  if (!(is_ziplist ? UnpackZiplist : UnpackListpack)(block, &entries_, &count))
    return in_.Damaged("a damaged node of a list");
  if (count == 0) return true;
  if (count <= UINT16_MAX && entries_.size() <= kMaxNodeBytes) {
    list.AppendNode(entries_.view(), count);
    return true;
  }
  const ListObject::Limits limits = ListObject::LimitsOf(settings_);
  return ForEachEntry(entries_.view(), [&](const PackedValue& element) {
    if (element.text.size() > kMaxElementBytes) return in_.Damaged("a list's element is too long");
    list.Push(ListObject::End::kTail, element, limits);
    return true;
  });
}

bool RdbValueReader::ReadQuicklist(bool has_plain_nodes, RdbValue* value) {
  uint64_t nodes;
  if (!ReadCount(&nodes)) return false;
  const ListObject::Limits limits = ListObject::LimitsOf(settings_);
  auto list = ListObject::NewLarge(limits);
  for (; nodes > 0; --nodes) {
    uint64_t form = kPackedNode;
    std::string_view block;
    if (has_plain_nodes && !in_.Length(&form)) return false;
    if (form != kPackedNode && form != kPlainNode) return in_.Damaged("a list's node of an unknown form");
    if (!in_.String(&text_, &block)) return false;
    if (form == kPackedNode) {
      if (!AppendNode(*list, block, !has_plain_nodes)) return false;
    } else if (block.size() > kMaxElementBytes) {
      return in_.Damaged("a list's element is too long");
    } else if (block.empty()) {
      list->Push(ListObject::End::kTail, {}, limits);
    } else {
      list->AppendPlainNode(block);
    }
  }
  if (list->size() == 0) return in_.Fail(Kind::kEmpty, "a list without elements");
  list->PackIfFits(limits);
  value->object = std::move(list);
  return true;
}

// --- Sets -------------------------------------------------------------------------------------------------------------------

bool RdbValueReader::ReadSet(RdbValue* value) {
  uint64_t count;
  if (!ReadCount(&count)) return false;
  const bool is_large = count > static_cast<uint64_t>(settings_.set_max_intset_entries);
  auto set = std::make_unique<SetObject>(is_large ? SetObject::Encoding::kHashTable : SetObject::Encoding::kIntSet);
  for (; count > 0; --count) {
    std::string_view member;
    if (!in_.String(&text_, &member)) return false;
    if (!set->Add(member, settings_)) return in_.Damaged("a set has a member twice");
  }
  value->object = std::move(set);
  return true;
}

bool RdbValueReader::ReadIntset(RdbValue* value) {
  std::string_view block;
  IntsetBlock integers;
  if (!in_.String(&text_, &block)) return false;
  if (!integers.Open(block)) return in_.Damaged("a damaged intset");
  if (integers.size() == 0) return in_.Fail(Kind::kEmpty, "a set without members");
  if (integers.size() > static_cast<size_t>(settings_.set_max_intset_entries) || integers.size() >= IntSet::kMaxSize) {
    auto set = std::make_unique<SetObject>(SetObject::Encoding::kHashTable);
    for (size_t i = 0; i < integers.size(); ++i) (void)set->Add(integers.At(i), settings_);
    value->object = std::move(set);
    return true;
  }
  IntSet set;
  for (size_t i = 0; i < integers.size(); ++i) (void)set.Add(integers.At(i));
  value->object = SetObject::FromIntegers(std::move(set));
  return true;
}

bool RdbValueReader::ReadPackedSet(RdbValue* value) {
  size_t count;
  if (!ReadBlock(UnpackListpack, 1, &count)) return false;
  if (HasRepeatedEntries(entries_.view(), count, 1)) return in_.Damaged("a set has a member twice");
  value->object = SetObject::FromPacked(PackedList::FromRaw(entries_.view(), count), settings_);
  return true;
}

// --- Sorted sets ------------------------------------------------------------------------------------------------------------

bool RdbValueReader::ReadSortedSet(bool scores_are_text, RdbValue* value) {
  uint64_t count;
  if (!ReadCount(&count)) return false;
  SortedSetBuilder builder;
  for (; count > 0; --count) {
    std::string_view member;
    double score;
    bool added;
    if (!in_.String(&text_, &member)) return false;
    if (!(scores_are_text ? ReadRdbTextScore(in_, &other_text_, &score) : in_.Fixed(&score))) return false;
    if (std::isnan(score)) return in_.Damaged("a score that is no number");
    if (member.size() > kMaxElementBytes) return in_.Damaged("a sorted set's member is too long");
    builder.Slot(member, score, &added);
    if (!added) return in_.Damaged("a sorted set has a member twice");
  }
  value->object = builder.Finish(SortedSetObject::LimitsOf(settings_));
  return true;
}

bool RdbValueReader::ReadPackedSortedSet(Unpack unpack, RdbValue* value) {
  size_t count;
  if (!ReadBlock(unpack, 2, &count)) return false;
  if (HasRepeatedEntries(entries_.view(), count, 2)) return in_.Damaged("a sorted set has a member twice");
  // What is not in order is put into it.
  SortedSetBuilder builder;
  const bool is_sorted = IsInOrder(entries_.view());
  const bool is_good = ForEachPair(entries_.view(), [&](std::string_view member, const PackedValue& score_text) {
    double score;
    bool added;
    if (!ScoreOf(score_text, &score) || member.size() > kMaxElementBytes) return false;
    if (!is_sorted) builder.Slot(member, score, &added);
    return true;
  });
  if (!is_good) return in_.Damaged("a sorted set with a score that is no number");
  const SortedSetObject::Limits limits = SortedSetObject::LimitsOf(settings_);
  if (is_sorted) {
    value->object = SortedSetObject::FromPacked(PackedList::FromRaw(entries_.view(), count), limits);
  } else {
    value->object = builder.Finish(limits);
  }
  return true;
}

// --- Hashes -----------------------------------------------------------------------------------------------------------------

bool RdbValueReader::ReadPackedHash(Unpack unpack, RdbValue* value) {
  size_t count;
  if (!ReadBlock(unpack, 2, &count)) return false;
  if (HasRepeatedEntries(entries_.view(), count, 2)) return in_.Damaged("a hash has a field twice");
  value->object = HashObject::FromPacked(PackedList::FromRaw(entries_.view(), count), settings_);
  return true;
}

bool RdbValueReader::ReadHash(RdbValue* value) {
  uint64_t count;
  if (!ReadCount(&count)) return false;
  const bool is_large = count > static_cast<uint64_t>(settings_.hash_max_listpack_entries);
  auto hash =
      std::make_unique<HashObject>(is_large ? HashObject::Encoding::kHashTable : HashObject::Encoding::kListpack);
  for (; count > 0; --count) {
    std::string_view field;
    std::string_view text;
    if (!in_.String(&text_, &field) || !in_.String(&other_text_, &text)) return false;
    if (!hash->Set(field, text, settings_)) return in_.Damaged("a hash has a field twice");
  }
  value->object = std::move(hash);
  return true;
}

}  // namespace kvorum
