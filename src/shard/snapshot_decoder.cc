#include "shard/snapshot_decoder.h"

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "journal/effects.h"

namespace kvorum {
namespace {

namespace record = snapshot_record;
using record::Form;

// The least that a key takes in a file.
constexpr uint64_t kLeastKeyBytes = record::kHeadBytes;

}  // namespace

SnapshotDecoder::SnapshotDecoder(Keyspace& keyspace, uint64_t file_bytes)
    : keyspace_(keyspace),
      text_allowance_(file_bytes),
      key_allowance_(file_bytes / kLeastKeyBytes),
      sizes_(static_cast<size_t>(keyspace.size())),
      value_(&text_allowance_) {
  for (int i = 0; i < keyspace.size(); ++i) CHECK(keyspace.database(i).size() == 0);
}

SnapshotDecoder::~SnapshotDecoder() {
  for (size_t i = 0; i < waiting_count_; ++i) Entry::Destroy(waiting_[i].entry);
}

bool SnapshotDecoder::Block(std::string_view payload, uint32_t records) {
  payload_ = record_ = payload.data();
  db_ = -1;
  uint32_t seen = 0;
  bool good = true;
  for (; good && !payload.empty(); ++seen) {
    record_ = payload.data();
    good = Record(&payload);
  }
  // Nothing waits beyond its block: what is wrong with it is told with the block's offset.
  const auto offset = static_cast<size_t>(record_ - payload_);
  if (good) good = InsertWaiting();
  if (good && seen != records) {
    good = Fail("a block has " + std::to_string(seen) + " records and says " + std::to_string(records));
  }
  if (!good && error_offset_ == 0) error_offset_ = offset;
  return good;
}

bool SnapshotDecoder::Record(std::string_view* in) {
  if (in->size() < record::kHeadBytes) return CutOff();
  switch (static_cast<uint8_t>((*in)[3])) {
    case record::kDatabase:
      return DatabaseRecord(in);
    case record::kSizes:
      return SizesRecord(in);
    case record::kEffect:
      return EffectRecord(in);
    case record::kPiece:
      return PieceRecord(in);
    default:
      return KeyRecord(in);
  }
}

bool SnapshotDecoder::DatabaseRecord(std::string_view* in) {
  const uint32_t number = GetU32(in->data() + 4);
  if ((GetU32(in->data()) & 0xFFFFFF) != 0) return Fail("a database record is damaged");
  if (number >= sizes_.size()) {
    return Fail("it has keys in database " + std::to_string(number) + ", and there are " +
                std::to_string(sizes_.size()) + " databases (the setting `databases`)");
  }
  db_ = static_cast<int>(number);
  in->remove_prefix(record::kHeadBytes);
  return true;
}

bool SnapshotDecoder::SizesRecord(std::string_view* in) {
  if (in->size() < record::kSizesBytes) return CutOff();
  const int before = std::exchange(db_, -1);
  const char* at = in->data();
  std::string_view head = in->substr(0, record::kHeadBytes);
  if (!DatabaseRecord(&head)) return false;
  Sizes& sizes = sizes_[static_cast<size_t>(std::exchange(db_, before))];
  if (sizes.announced) return Fail("the size of a database is told twice");
  sizes.announced = true;
  sizes.keys = GetU64(at + 8);
  sizes.deadlines = GetU64(at + 16);
  if (sizes.deadlines > sizes.keys || !key_allowance_.Take(sizes.keys))
    return Fail("it says that a database has " + std::to_string(sizes.keys) +
                " keys, which are more than the file has room for");
  Database& db = keyspace_.database(static_cast<int>(&sizes - sizes_.data()));
  if (db.size() > 0 || waiting_count_ > 0) return Fail("the size of a database is told behind its keys");
  db.Reserve(static_cast<size_t>(sizes.keys));
  sizes.loaded.reserve(static_cast<size_t>(sizes.deadlines));
  announced_keys_ += sizes.keys;
  in->remove_prefix(record::kSizesBytes);
  return true;
}

bool SnapshotDecoder::EffectRecord(std::string_view* in) {
  if ((GetU32(in->data()) & 0xFFFFFF) != 0) return Fail("the record of an effect is damaged");
  const size_t size = GetU32(in->data() + 4);
  if (in->size() - record::kHeadBytes < size) return CutOff();
  EffectsReader reader(in->substr(record::kHeadBytes, size));
  if (!reader.Next() || reader.Next() || reader.damaged()) return Fail("an effect is not one command");
  effects_.emplace_back(in->substr(record::kHeadBytes, size));
  in->remove_prefix(record::kHeadBytes + size);
  return true;
}

bool SnapshotDecoder::PieceRecord(std::string_view* in) {
  if (in->size() < record::kPieceHeadBytes) return CutOff();
  const uint32_t flags = GetU32(in->data()) & 0xFFFFFF;
  const uint32_t id = GetU32(in->data() + 4);
  const uint32_t size = GetU32(in->data() + 8);
  if (in->size() - record::kPieceHeadBytes < size) return CutOff();
  if (flags > record::kLastPiece) return Fail("the head of a piece is damaged");
  const auto found = open_.find(id);
  if (found == open_.end()) return Fail("there is a piece of a value that has not begun or has ended");
  Open& open = *found->second;
  const std::string_view bytes = in->substr(record::kPieceHeadBytes, size);
  in->remove_prefix(record::kPieceHeadBytes + size);
  if (!open.value.Feed(bytes)) return Fail(open.value.error());
  if (flags != record::kLastPiece) return true;
  open.shell.key = open.key;
  if (!FinishValue(open.value, open.shell, open.db)) return false;
  open_.erase(found);
  return true;
}

bool SnapshotDecoder::KeyRecord(std::string_view* in) {
  constexpr uint8_t kKnownFlags = Entry::kHasDeadline | Entry::kLongKey | Entry::kRaw | record::kPiecesFollow;
  if (db_ < 0) return Fail("there is a key without a database");
  const char* at = in->data();
  const auto kind = static_cast<uint8_t>(at[3]);
  const auto key_length = static_cast<uint8_t>(at[5]);
  uint16_t value_length;
  std::memcpy(&value_length, at + 6, sizeof(value_length));
  Shell shell{.clock = GetU32(at) & 0xFFFFFF,
              .type = static_cast<ObjectType>(kind & 15),
              .form = static_cast<Form>(kind >> 4),
              .flags = static_cast<uint8_t>(at[4]),
              .deadline_ms = Entry::kNoDeadline,
              .key = {}};
  const bool is_short = shell.form == Form::kInline || shell.form == Form::kInteger;
  const bool is_string = shell.type == ObjectType::kString;
  const bool long_key = shell.flags & Entry::kLongKey;
  if ((shell.flags & ~kKnownFlags) != 0 || (is_short && (!is_string || (shell.flags & record::kPiecesFollow))) ||
      (!is_string && (shell.flags & Entry::kRaw)) || long_key != (key_length == 255) ||
      value_length > (shell.form == Form::kInline ? kMaxInlineStringBytes : 0)) {
    return Fail("the head of a key is damaged");
  }
  const bool has_deadline = shell.flags & Entry::kHasDeadline;
  const size_t deadline_offset = record::kHeadBytes + (long_key ? 8 : 0);
  const size_t payload_offset = deadline_offset + (has_deadline ? 8 : 0);
  const size_t key_offset = payload_offset + (shell.form == Form::kInline ? 0 : 8);
  if (in->size() < key_offset) return CutOff();
  const uint64_t key_bytes = long_key ? GetU64(at + record::kHeadBytes) : key_length;
  if (in->size() - key_offset < key_bytes) return CutOff();
  if (long_key && key_bytes <= Entry::kMaxShortKey) return Fail("the length of a key is damaged");
  if (has_deadline) {
    shell.deadline_ms = static_cast<int64_t>(GetU64(at + deadline_offset));
    if (shell.deadline_ms < 0) return Fail("a deadline is damaged");
  }
  shell.key = in->substr(key_offset, static_cast<size_t>(key_bytes));
  if (is_short) return ShortRecord(in, key_offset + shell.key.size(), value_length);
  return LongRecord(in, shell, payload_offset);
}

bool SnapshotDecoder::ShortRecord(std::string_view* in, size_t value_offset, size_t value_bytes) {
  if (in->size() - value_offset < value_bytes) return CutOff();
  const size_t size = value_offset + value_bytes;
  auto* entry = static_cast<Entry*>(Allocate(size));
  std::memcpy(static_cast<void*>(entry), in->data(), size);
  in->remove_prefix(size);
  return Add(entry, db_);
}

bool SnapshotDecoder::LongRecord(std::string_view* in, const Shell& shell, size_t payload_offset) {
  const uint64_t payload = GetU64(in->data() + payload_offset);
  const auto size = static_cast<uint32_t>(payload);
  const auto id = static_cast<uint32_t>(payload >> 32);
  const bool pieces_follow = shell.flags & record::kPiecesFollow;
  const size_t value_offset = payload_offset + 8 + shell.key.size();
  if (in->size() - value_offset < size) return CutOff();
  if (pieces_follow != (id != 0)) return Fail("the head of a key is damaged");
  const std::string_view bytes = in->substr(value_offset, size);
  in->remove_prefix(value_offset + size);
  if (!pieces_follow) {
    if (!value_.Begin(shell.type, shell.form, keyspace_.settings()) || !value_.Feed(bytes)) return Fail(value_.error());
    return FinishValue(value_, shell, db_);
  }
  auto open = std::make_unique<Open>(&text_allowance_);
  open->shell = shell;
  open->key = shell.key;
  open->db = db_;
  if (!open->value.Begin(shell.type, shell.form, keyspace_.settings()) || !open->value.Feed(bytes))
    return Fail(open->value.error());
  if (!open_.emplace(id, std::move(open)).second) return Fail("two values that are begun have one id");
  return true;
}

bool SnapshotDecoder::FinishValue(SnapshotValueDecoder& value, const Shell& shell, int db) {
  if (!value.Finish()) return Fail(value.error());
  Entry* entry = value.Take(shell.key, shell.deadline_ms);
  entry->set_clock(shell.clock);
  entry->flags_ |= shell.flags & Entry::kRaw;
  return Add(entry, db);
}

bool SnapshotDecoder::Add(Entry* entry, int db) {
  const uint64_t hash = HashBytes(entry->key());
  keyspace_.database(db).PrefetchBucket(hash);
  waiting_[waiting_count_++] = {entry, hash, db, static_cast<size_t>(record_ - payload_)};
  return waiting_count_ < kBatch || InsertWaiting();
}

bool SnapshotDecoder::InsertWaiting() {
  for (size_t i = 0; i < waiting_count_; ++i) {
    const Waiting& waiting = waiting_[i];
    if (!keyspace_.database(waiting.db).InsertLoaded(waiting.entry, waiting.hash)) {
      // The others are destroyed with this.
      waiting_count_ -= i;
      std::memmove(waiting_.data(), waiting_.data() + i, waiting_count_ * sizeof(Waiting));
      error_offset_ = waiting_[0].offset;
      return Fail("a key is there twice");
    }
    if (waiting.entry->has_deadline()) {
      sizes_[static_cast<size_t>(waiting.db)].loaded.push_back({waiting.entry->deadline_ms(), waiting.hash});
    }
  }
  keys_ += waiting_count_;
  waiting_count_ = 0;
  return true;
}

bool SnapshotDecoder::Finish() {
  if (!open_.empty()) return Fail("the last pieces of a value are missing");
  for (size_t i = 0; i < sizes_.size(); ++i) {
    Sizes& sizes = sizes_[i];
    Database& db = keyspace_.database(static_cast<int>(i));
    if (db.size() != sizes.keys || sizes.loaded.size() != sizes.deadlines) {
      return Fail("database " + std::to_string(i) + " has " + std::to_string(db.size()) + " keys, " +
                  std::to_string(sizes.loaded.size()) + " of them with a deadline, and it was to have " +
                  std::to_string(sizes.keys) + " and " + std::to_string(sizes.deadlines));
    }
  }
  for (size_t i = 0; i < sizes_.size(); ++i) {
    keyspace_.database(static_cast<int>(i)).SetLoadedDeadlines(std::move(sizes_[i].loaded));
  }
  return true;
}

}  // namespace kvorum
