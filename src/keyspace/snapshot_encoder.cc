#include "keyspace/snapshot_encoder.h"

#include <algorithm>

#include "base/check.h"
#include "keyspace/hash_object.h"
#include "keyspace/json_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/sorted_set_object.h"
#include "keyspace/vector_set_file.h"
#include "keyspace/vector_set_object.h"

namespace kvorum {
namespace {

using snapshot_record::Form;

// Longer texts may be cut.
constexpr size_t kWholeTextBytes = 16 << 10;
constexpr size_t kIntegersAStep = 256;
constexpr size_t kMembersAStep = 32;

void AppendVarint(uint64_t number, Buffer* out) {
  char* to = out->Prepare(kMaxVarintBytes);
  out->Commit(static_cast<size_t>(PutVarint(to, number) - to));
}

uint64_t Zigzag(int64_t number) { return static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63); }

Form FormOfObject(const Object& object) {
  switch (object.type()) {
    case ObjectType::kList:
      return static_cast<const ListObject&>(object).packed() != nullptr ? Form::kPacked : Form::kLarge;
    case ObjectType::kSet:
      switch (static_cast<const SetObject&>(object).form()) {
        case SetObject::Encoding::kIntSet:
          return Form::kIntSet;
        case SetObject::Encoding::kListpack:
          return Form::kPacked;
        case SetObject::Encoding::kHashTable:
          return Form::kLarge;
      }
      break;
    case ObjectType::kSortedSet:
      return static_cast<const SortedSetObject&>(object).is_packed() ? Form::kPacked : Form::kLarge;
    case ObjectType::kHash:
      return static_cast<const HashObject&>(object).form() == HashObject::Encoding::kListpack ? Form::kPacked
                                                                                              : Form::kLarge;
    case ObjectType::kVectorSet:
    case ObjectType::kJson:
      return Form::kLarge;
    case ObjectType::kString:
      break;
  }
  CHECK(!"no object has this type or form");
}

const PackedList& PackedOf(const Object& object) {
  switch (object.type()) {
    case ObjectType::kList:
      return *static_cast<const ListObject&>(object).packed();
    case ObjectType::kSet:
      return static_cast<const SetObject&>(object).packed();
    case ObjectType::kSortedSet:
      return static_cast<const SortedSetObject&>(object).packed();
    case ObjectType::kHash:
      return static_cast<const HashObject&>(object).packed();
    case ObjectType::kString:
    case ObjectType::kVectorSet:
    case ObjectType::kJson:
      break;
  }
  CHECK(!"no object of this type is packed");
}

}  // namespace

SnapshotEncoder::SnapshotEncoder() = default;
SnapshotEncoder::SnapshotEncoder(SnapshotEncoder&&) noexcept = default;
SnapshotEncoder& SnapshotEncoder::operator=(SnapshotEncoder&&) noexcept = default;
SnapshotEncoder::~SnapshotEncoder() = default;

Form SnapshotEncoder::FormOf(const Entry& entry) {
  switch (entry.encoding()) {
    case Entry::Encoding::kInline:
      return Form::kInline;
    case Entry::Encoding::kInteger:
      return Form::kInteger;
    case Entry::Encoding::kBigString:
      return Form::kBig;
    case Entry::Encoding::kObject:
      return FormOfObject(*entry.object());
  }
  CHECK(!"no entry has this encoding");
}

const void* SnapshotEncoder::IdentityOf(const Entry& entry) { return entry.Load<const void*>(entry.PayloadOffset()); }

void SnapshotEncoder::WriteShell(const Entry& entry, Form form, uint64_t payload, uint8_t more_flags, Buffer* out) {
  const size_t size = entry.KeyOffset() + entry.KeyLength();
  char* to = out->Prepare(size);
  std::memcpy(to, &entry, size);
  to[offsetof(Entry, type_encoding_)] =
      static_cast<char>(static_cast<uint8_t>(entry.type()) | static_cast<uint8_t>(form) << 4);
  to[offsetof(Entry, flags_)] = static_cast<char>((entry.flags_ & ~Entry::kMark) | more_flags);
  PutU64(to + entry.PayloadOffset(), payload);
  out->Commit(size);
}

void SnapshotEncoder::Begin(const Entry& entry) {
  rest_[0] = rest_[1] = {};
  place_ = next_gathered_ = 0;
  gathered_.clear();
  node_ = nullptr;
  saver_ = nullptr;
  head_bytes_ = 0;
  kind_ = Kind::kText;
  if (entry.encoding() == Entry::Encoding::kObject) return BeginObject(*entry.object());
  rest_[0] = entry.string();
  head_bytes_ = static_cast<size_t>(PutVarint(head_, rest_[0].size()) - head_);
}

void SnapshotEncoder::BeginObject(const Object& object) {
  value_ = &object;
  char* head = head_;
  switch (FormOfObject(object)) {
    case Form::kPacked: {
      const PackedList& packed = PackedOf(object);
      head = PutVarint(PutVarint(head, packed.size()), packed.bytes());
      rest_[0] = packed.raw();
      break;
    }
    case Form::kIntSet: {
      const IntSet& integers = static_cast<const SetObject&>(object).integers();
      head = PutVarint(head, integers.size());
      *head++ = static_cast<char>(integers.width());
      kind_ = Kind::kIntegers;
      break;
    }
    default:
      if (object.type() == ObjectType::kList) {
        const QuickList& list = *static_cast<const ListObject&>(object).large();
        head = PutVarint(PutVarint(head, list.node_count()), Zigzag(list.fill()));
        kind_ = Kind::kNodes;
        node_ = list.FirstNode();
        break;
      }
      if (object.type() == ObjectType::kJson) {
        json_.Begin(static_cast<const JsonObject&>(object).root());
        kind_ = Kind::kJson;
        break;
      }
      head = PutVarint(head, object.size());
      if (object.type() == ObjectType::kVectorSet) {
        kind_ = Kind::kFrames;
        frame_.reserve(64);  // never within the string itself, which may move
        saver_ = std::make_unique<VectorSetSaver>(static_cast<const VectorSetObject&>(object).set());
        break;
      }
      kind_ = object.type() == ObjectType::kSet    ? Kind::kMembers
              : object.type() == ObjectType::kHash ? Kind::kFields
                                                   : Kind::kScores;
  }
  head_bytes_ = static_cast<size_t>(head - head_);
}

bool SnapshotEncoder::Write(size_t work, Buffer* out, size_t* done_work) {
  size_t done = head_bytes_;
  out->Append({head_, head_bytes_});
  head_bytes_ = 0;
  while (true) {
    for (std::string_view& rest : rest_) {
      if (rest.empty()) continue;
      const size_t here = std::min(rest.size(), work > done ? work - done : 0);
      out->Append(rest.substr(0, here));
      rest.remove_prefix(here);
      done += here;
      if (rest.empty()) continue;
      *done_work += done;
      return false;
    }
    const size_t before = out->size();
    const bool whole = kind_ == Kind::kText || (done < work && !Next(out));
    if (whole || done >= work) {
      *done_work += done;
      return whole;
    }
    done += out->size() - before + kElementWork;
  }
}

void SnapshotEncoder::Text(std::string_view text, Buffer* out) {
  if (rest_[0].empty() && text.size() <= kWholeTextBytes) return out->Append(text);
  (rest_[0].empty() ? rest_[0] : rest_[1]) = text;
}

bool SnapshotEncoder::NextNode(Buffer* out) {
  if (node_ == nullptr) return false;
  const QuickList& list = *static_cast<const ListObject*>(value_)->large();
  const QuickList::NodeView view = list.ViewNode(node_);
  node_ = list.NextNode(node_);
  AppendVarint(view.count << 1 | (view.is_plain ? 1 : 0), out);
  AppendVarint(view.bytes.size(), out);
  Text(view.bytes, out);
  return true;
}

bool SnapshotEncoder::NextJson(Buffer* out) {
  std::string_view name;
  std::string_view text;
  if (!json_.Next(out, &name, &text)) return false;
  Text(name, out);
  Text(text, out);
  return true;
}

bool SnapshotEncoder::NextIntegers(Buffer* out) {
  const IntSet& integers = static_cast<const SetObject*>(value_)->integers();
  const size_t end = std::min(integers.size(), place_ + kIntegersAStep);
  if (place_ == end) return false;
  const size_t width = integers.width();
  char* to = out->Prepare((end - place_) * width);
  out->Commit((end - place_) * width);
  for (; place_ < end; ++place_, to += width) {
    const int64_t integer = integers.At(place_);
    std::memcpy(to, &integer, width);  // little-endian: the low bytes come first
  }
  return true;
}

bool SnapshotEncoder::NextFrame() {
  if (!saver_->Next(&frame_)) return false;
  rest_[0] = frame_;
  return true;
}

bool SnapshotEncoder::Gather() {
  gathered_.clear();
  next_gathered_ = 0;
  const Object* object = value_;
  if (kind_ == Kind::kScores) {
    const auto* set = static_cast<const SortedSetObject*>(object);
    const size_t end = std::min(set->size(), place_ + kMembersAStep);
    set->VisitRanks({place_, end}, false, [this](std::string_view member, double score) {
      gathered_.push_back({.first = member, .second = {}, .score = score});
    });
    place_ = end;
    return !gathered_.empty();
  }
  if (kind_ == Kind::kMembers) {
    const SetObject::Table& table = static_cast<const SetObject*>(object)->table();
    while (gathered_.empty() && place_ < table.bucket_count()) {
      table.VisitBucket(place_++, [this](const MemberRecord* record) {
        gathered_.push_back({.first = record->member(), .second = {}, .score = 0});
      });
    }
    return !gathered_.empty();
  }
  const HashObject::Table& table = static_cast<const HashObject*>(object)->table();
  while (gathered_.empty() && place_ < table.bucket_count()) {
    table.VisitBucket(place_++, [this](const FieldRecord* record) {
      gathered_.push_back({.first = record->field(), .second = record->value(), .score = 0});
    });
  }
  return !gathered_.empty();
}

bool SnapshotEncoder::Next(Buffer* out) {
  if (kind_ == Kind::kNodes) return NextNode(out);
  if (kind_ == Kind::kIntegers) return NextIntegers(out);
  if (kind_ == Kind::kFrames) return NextFrame();
  if (kind_ == Kind::kJson) return NextJson(out);
  if (next_gathered_ == gathered_.size() && !Gather()) return false;
  const Element& element = gathered_[next_gathered_++];
  if (kind_ == Kind::kScores) {
    std::memcpy(out->Prepare(sizeof(double)), &element.score, sizeof(double));
    out->Commit(sizeof(double));
  }
  AppendVarint(element.first.size(), out);
  if (kind_ == Kind::kFields) AppendVarint(element.second.size(), out);
  Text(element.first, out);
  if (kind_ == Kind::kFields) Text(element.second, out);
  return true;
}

}  // namespace kvorum
