#include "shard/snapshot_value.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/numbers.h"
#include "keyspace/json_object.h"
#include "keyspace/vector_set_file.h"
#include "keyspace/vector_set_object.h"
#include "rdb/packed_forms.h"
#include "structures/packed_entry.h"

namespace kvorum {
namespace {

using snapshot_record::Form;

constexpr const char* kTwice = "a collection has an element twice";
constexpr const char* kEmpty = "a collection is empty";
constexpr const char* kBadPacked = "a packed collection is damaged";
// What a node of a list, and an element in one, have at most.
constexpr uint64_t kMaxNodeBytes = uint64_t{UINT32_MAX} - (1 << 20);

// A varint, which may be cut off. *whole is false then, and nothing is taken. False: it is no varint.
bool TakeCutVarint(std::string_view* in, uint64_t* value, bool* whole) {
  *whole = TakeVarint(in, value);
  if (*whole || in->size() >= kMaxVarintBytes) return *whole;
  return std::all_of(in->begin(), in->end(), [](char byte) { return static_cast<uint8_t>(byte) >= 0x80; });
}

int64_t Unzigzag(uint64_t number) { return static_cast<int64_t>(number >> 1) ^ -static_cast<int64_t>(number & 1); }

bool ScoreOf(const PackedValue& value, double* score) {
  *score = static_cast<double>(value.number);
  return value.is_number || (ParseDouble(value.text, score) && !std::isnan(*score));
}

bool IsKnown(ObjectType type, Form form) {
  switch (form) {
    case Form::kBig:
      return type == ObjectType::kString;
    case Form::kIntSet:
      return type == ObjectType::kSet;
    case Form::kLarge:
      if (type == ObjectType::kVectorSet) return true;
      if (type == ObjectType::kJson) return true;
      [[fallthrough]];
    case Form::kPacked:
      return type == ObjectType::kList || type == ObjectType::kSet || type == ObjectType::kSortedSet ||
             type == ObjectType::kHash;
    default:
      return false;
  }
}

}  // namespace

SnapshotValueDecoder::SnapshotValueDecoder(SnapshotAllowance* allowance) : allowance_(allowance) {}

SnapshotValueDecoder::~SnapshotValueDecoder() { Drop(); }

void SnapshotValueDecoder::Drop() {
  if (text_ != nullptr) BigString::Destroy(std::exchange(text_, nullptr));
  list_.reset();
  set_.reset();
  hash_.reset();
  builder_.reset();
  frames_.reset();
  json_ = JsonDecoder();
  object_.reset();
  integers_.Clear();
  constexpr size_t kKeptBytes = 1 << 20;
  for (Buffer* buffer : {&carry_, &packed_}) {
    buffer->Clear();
    if (buffer->capacity() > kKeptBytes) *buffer = Buffer();
  }
}

bool SnapshotValueDecoder::Begin(ObjectType type, Form form, const KeyspaceSettings& settings) {
  Drop();
  if (!IsKnown(type, form)) return Fail("there is no value of this type in this form");
  type_ = type;
  form_ = form;
  unlimited_.list_plain_threshold = settings.list_plain_threshold;
  list_limits_ = ListObject::LimitsOf(settings);
  unlimited_.hash_max_listpack_entries = unlimited_.set_max_listpack_entries = INT64_MAX;
  has_head_ = false;
  left_ = count_ = 0;
  return true;
}

bool SnapshotValueDecoder::Feed(std::string_view bytes) {
  if (carry_.empty()) {
    if (!Parse(&bytes)) return false;
    carry_.Append(bytes);
    return true;
  }
  carry_.Append(bytes);
  std::string_view all = carry_.view();
  if (!Parse(&all)) return false;
  if (all.size() < carry_.size()) carry_.DropFront(carry_.size() - all.size());
  return true;
}

bool SnapshotValueDecoder::Parse(std::string_view* in) {
  if (type_ == ObjectType::kJson) return ParseJson(in);
  if (!has_head_) {
    bool whole;
    if (!ParseHead(in, &whole)) return false;
    if (!whole) return true;
    has_head_ = true;
  }
  switch (form_) {
    case Form::kBig:
      return ParseText(in);
    case Form::kPacked:
      return ParsePacked(in);
    case Form::kIntSet:
      return ParseIntegers(in);
    default:
      if (type_ == ObjectType::kVectorSet) return ParseFrames(in);
      return type_ == ObjectType::kList ? ParseNodes(in) : ParseElements(in);
  }
}

bool SnapshotValueDecoder::ParseHead(std::string_view* in, bool* whole) {
  constexpr const char* kBadCount = "a count or length is damaged";
  std::string_view rest = *in;
  uint64_t first;
  uint64_t second = 0;
  if (!TakeCutVarint(&rest, &first, whole)) return Fail(kBadCount);
  if (!*whole) return true;
  if (form_ == Form::kPacked || (form_ == Form::kLarge && type_ == ObjectType::kList)) {
    if (!TakeCutVarint(&rest, &second, whole)) return Fail(kBadCount);
    if (!*whole) return true;
  } else if (form_ == Form::kIntSet) {
    *whole = !rest.empty();
    if (!*whole) return true;
    second = static_cast<uint8_t>(rest[0]);
    rest.remove_prefix(1);
  }
  *in = rest;
  left_ = first;
  if (form_ == Form::kBig) {
    if (!allowance_->Take(first)) return Fail("a string is longer than the file");
    text_ = BigString::Create(static_cast<size_t>(first), static_cast<size_t>(first));
    return true;
  }
  if (first == 0) return Fail(kEmpty);
  if (form_ == Form::kPacked) {
    count_ = first;
    left_ = second;
    return true;
  }
  if (form_ == Form::kIntSet) {
    width_ = static_cast<size_t>(second);
    if (first >= IntSet::kMaxSize || (width_ != 2 && width_ != 4 && width_ != 8)) return Fail(kBadCount);
    return true;
  }
  switch (type_) {
    case ObjectType::kList: {
      const int64_t fill = Unzigzag(second);
      if (fill < -5 || fill > INT16_MAX) return Fail("a list's fill is damaged");
      list_ = ListObject::NewLarge({static_cast<int>(fill), unlimited_.list_plain_threshold});
      break;
    }
    case ObjectType::kSet:
      set_ = std::make_unique<SetObject>(SetObject::Encoding::kHashTable);
      break;
    case ObjectType::kHash:
      hash_ = std::make_unique<HashObject>(HashObject::Encoding::kHashTable);
      break;
    case ObjectType::kVectorSet:
      left_ = 0;
      frames_ = std::make_unique<VectorSetLoader>();
      break;
    default:
      builder_ = std::make_unique<SortedSetBuilder>();
  }
  return true;
}

bool SnapshotValueDecoder::ParseText(std::string_view* in) {
  if (in->size() > left_) return Fail("a string has more bytes than it says");
  if (!in->empty()) std::memcpy(text_->data + (text_->size - left_), in->data(), in->size());
  left_ -= in->size();
  in->remove_prefix(in->size());
  return true;
}

bool SnapshotValueDecoder::ParsePacked(std::string_view* in) {
  if (object_ != nullptr) return in->empty() || Fail("there are bytes behind a collection");
  const size_t here = static_cast<size_t>(std::min<uint64_t>(left_, in->size()));
  const std::string_view bytes = in->substr(0, here);
  in->remove_prefix(here);
  left_ -= here;
  // All at once, as most come, needs no copy.
  if (left_ == 0 && packed_.empty()) return FinishPacked(bytes);
  packed_.Append(bytes);
  return left_ > 0 || FinishPacked(packed_.view());
}

bool SnapshotValueDecoder::CheckPackedSortedSet(std::string_view entries) {
  std::string_view previous;
  double previous_score = -INFINITY;
  char digits[2][kMaxInt64Chars];
  size_t turn = 0;
  for (const char *at = entries.data(), *end = at + entries.size(); at < end;) {
    const char* score_at = at + PackedEntryBytes(at);
    turn ^= 1;
    const std::string_view member = DecodePackedEntry(at).View(digits[turn]);
    double score;
    if (!ScoreOf(DecodePackedEntry(score_at), &score)) return false;
    if (score < previous_score || (score == previous_score && member < previous)) return false;
    previous = member;
    previous_score = score;
    at = score_at + PackedEntryBytes(score_at);
  }
  return true;
}

bool SnapshotValueDecoder::FinishPacked(std::string_view entries) {
  size_t count;
  const bool has_pairs = type_ == ObjectType::kHash || type_ == ObjectType::kSortedSet;
  if (!ValidatePackedEntries(entries.data(), entries.size(), &count) || count != count_) return Fail(kBadPacked);
  if (has_pairs && count % 2 != 0) return Fail(kBadPacked);
  if (type_ != ObjectType::kList && HasRepeatedEntries(entries, count, has_pairs ? 2 : 1)) return Fail(kTwice);
  if (type_ == ObjectType::kSortedSet && !CheckPackedSortedSet(entries)) return Fail(kBadPacked);
  PackedList list = PackedList::FromRaw(entries, count);
  switch (type_) {
    case ObjectType::kList:
      object_ = ListObject::FromPacked(std::move(list));
      break;
    case ObjectType::kSet:
      object_ = SetObject::FromPacked(std::move(list), unlimited_);
      break;
    case ObjectType::kHash:
      object_ = HashObject::FromPacked(std::move(list), unlimited_);
      break;
    default:
      object_ = SortedSetObject::FromPacked(std::move(list), {SIZE_MAX, SIZE_MAX});
  }
  return true;
}

bool SnapshotValueDecoder::ParseIntegers(std::string_view* in) {
  while (left_ > 0 && in->size() >= width_) {
    int64_t integer = 0;
    std::memcpy(&integer, in->data(), width_);
    const auto unused = static_cast<int>(64 - 8 * width_);
    integer = static_cast<int64_t>(static_cast<uint64_t>(integer) << unused) >> unused;
    if (!integers_.empty() && integer <= last_integer_) return Fail("the integers of a set are not in order");
    (void)integers_.Add(integer);
    last_integer_ = integer;
    --left_;
    in->remove_prefix(width_);
  }
  return left_ > 0 || in->empty() || Fail("there are bytes behind a collection");
}

bool SnapshotValueDecoder::ParseFrames(std::string_view* in) {
  const std::string_view bytes = std::exchange(*in, {});
  return frames_->Feed(bytes) || Fail(frames_->error());
}

bool SnapshotValueDecoder::ParseNodes(std::string_view* in) {
  constexpr const char* kBadNode = "a node of a list is damaged";
  while (left_ > 0) {
    std::string_view rest = *in;
    uint64_t kind;
    uint64_t size;
    bool whole;
    if (!TakeCutVarint(&rest, &kind, &whole)) return Fail(kBadNode);
    if (!whole) return true;
    if (!TakeCutVarint(&rest, &size, &whole)) return Fail(kBadNode);
    if (!whole) return true;
    const uint64_t entries = kind >> 1;
    const bool is_plain = kind & 1;
    if (size == 0 || size > kMaxNodeBytes || entries == 0 || entries > (is_plain ? 1 : UINT16_MAX)) {
      return Fail(kBadNode);
    }
    if (rest.size() < size) return true;
    const std::string_view bytes = rest.substr(0, static_cast<size_t>(size));
    if (is_plain) {
      list_->AppendPlainNode(bytes);
    } else {
      size_t count;
      if (!ValidatePackedEntries(bytes.data(), bytes.size(), &count) || count != entries) return Fail(kBadNode);
      list_->AppendNode(bytes, count);
    }
    rest.remove_prefix(bytes.size());
    *in = rest;
    --left_;
  }
  return in->empty() || Fail("there are bytes behind a collection");
}

bool SnapshotValueDecoder::AddElement(double score, std::string_view text, std::string_view value) {
  if (hash_ != nullptr) return hash_->Set(text, value, unlimited_) || Fail(kTwice);
  if (set_ != nullptr) return set_->Add(text, unlimited_) || Fail(kTwice);
  if (std::isnan(score)) return Fail("a score is not a number");
  if (text.size() > SortedSetObject::kMaxMemberBytes) return Fail("a member is too long");
  bool added;
  builder_->Slot(text, score, &added);
  return added || Fail(kTwice);
}

bool SnapshotValueDecoder::ParseElements(std::string_view* in) {
  constexpr const char* kBadLength = "the length of an element is damaged";
  while (left_ > 0) {
    std::string_view rest = *in;
    double score = 0;
    uint64_t length;
    uint64_t value_length = 0;
    bool whole;
    if (builder_ != nullptr) {
      if (rest.size() < sizeof(score)) return true;
      std::memcpy(&score, rest.data(), sizeof(score));
      rest.remove_prefix(sizeof(score));
    }
    if (!TakeCutVarint(&rest, &length, &whole)) return Fail(kBadLength);
    if (!whole) return true;
    if (hash_ != nullptr) {
      if (!TakeCutVarint(&rest, &value_length, &whole)) return Fail(kBadLength);
      if (!whole) return true;
    }
    if (rest.size() < length || rest.size() - length < value_length) return true;
    const std::string_view text = rest.substr(0, static_cast<size_t>(length));
    const std::string_view value = rest.substr(text.size(), static_cast<size_t>(value_length));
    if (!AddElement(score, text, value)) return false;
    rest.remove_prefix(text.size() + value.size());
    *in = rest;
    --left_;
  }
  return in->empty() || Fail("there are bytes behind a collection");
}

bool SnapshotValueDecoder::ParseJson(std::string_view* in) {
  if (!json_.Feed(in)) return Fail(json_.error());
  has_head_ = json_.done();
  if (!json_.done()) return true;
  if (!in->empty()) return Fail("there are bytes behind a JSON value");
  object_ = std::make_unique<JsonObject>(json_.Take());
  return true;
}

bool SnapshotValueDecoder::Finish() {
  if (!has_head_ || left_ > 0 || !carry_.empty()) return Fail("the end of a value is missing");
  if (list_ != nullptr) {
    // As Redis does when it loads: a list that has become short, or a limit that was raised, makes it a packed one.
    list_->PackIfFits(list_limits_);
    object_ = std::move(list_);
  }
  if (set_ != nullptr) object_ = std::move(set_);
  if (hash_ != nullptr) object_ = std::move(hash_);
  if (builder_ != nullptr) object_ = std::exchange(builder_, nullptr)->Finish({0, 0});
  if (frames_ != nullptr) {
    std::unique_ptr<VectorSet> set = frames_->Finish();
    if (set == nullptr) return Fail(frames_->error());
    object_ = std::make_unique<VectorSetObject>(std::move(set));
  }
  if (form_ == Form::kIntSet) object_ = SetObject::FromIntegers(std::exchange(integers_, IntSet()));
  CHECK((object_ != nullptr) != (text_ != nullptr));
  return true;
}

Entry* SnapshotValueDecoder::Take(std::string_view key, int64_t deadline_ms) {
  if (text_ != nullptr) return Entry::NewBigString(key, std::exchange(text_, nullptr), deadline_ms);
  return Entry::NewObject(key, std::move(object_), deadline_ms);
}

}  // namespace kvorum
