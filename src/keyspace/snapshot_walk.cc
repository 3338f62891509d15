#include "keyspace/snapshot_walk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/allocator.h"
#include "base/bytes.h"
#include "base/check.h"

namespace kvorum {
namespace {

namespace record = snapshot_record;

// The work of a piece, and of the part of a value that goes into the record of its key.
constexpr size_t kPieceWork = 32 << 10;
// How many cursor positions ahead buckets, and then their records, are fetched.
constexpr int kBucketsAhead = 16;
constexpr int kRecordsAhead = 8;
// For an estimate of a value's size.
constexpr size_t kSampledElements = 5;

}  // namespace

SnapshotWalk::SnapshotWalk(Keyspace& keyspace, SnapshotSink& sink, std::span<const std::string> effects)
    : keyspace_(keyspace), sink_(sink) {
  keyspace_.BeginGuard(this);
  for (int i = 0; i < keyspace_.size(); ++i) {
    Database& db = keyspace_.database(i);
    keys_at_begin_ += db.size();
    if (db.size() > 0) walked_.push_back({.db = &db, .owned = nullptr});
  }
  block_.Reserve(kBlockCapacity);
  WriteSizes();
  WriteEffects(effects);
}

SnapshotWalk::~SnapshotWalk() {
  if (done_) return;
  Drop();
  keyspace_.EndGuard(false);
}

void SnapshotWalk::WriteSizes() {
  for (const Walked& walked : walked_) {
    char* to = block_.Prepare(record::kSizesBytes);
    PutU32(to, uint32_t{record::kSizes} << 24);
    PutU32(to + 4, static_cast<uint32_t>(walked.db->snapshot_number_));
    PutU64(to + 8, walked.db->size());
    PutU64(to + 16, walked.db->deadline_count());
    block_.Commit(record::kSizesBytes);
    EndRecord();
  }
}

void SnapshotWalk::WriteEffects(std::span<const std::string> effects) {
  for (const std::string& effect : effects) {
    char* to = block_.Prepare(record::kHeadBytes + effect.size());
    PutU32(to, uint32_t{record::kEffect} << 24);
    PutU32(to + 4, static_cast<uint32_t>(effect.size()));
    std::memcpy(to + record::kHeadBytes, effect.data(), effect.size());
    block_.Commit(record::kHeadBytes + effect.size());
    EndRecord();
  }
}

// --- The walk ---------------------------------------------------------------------------------------------------------------

bool SnapshotWalk::Step(size_t work) {
  size_t done = 0;
  while (!done_ && done < work) {
    if (!queue_.empty()) {
      bool whole;
      done += WritePiece(queue_.front(), &whole);
    } else if (walked_.empty()) {
      End();
    } else if (walked_.front().is_done) {
      ReleaseFirst();
    } else {
      done += ScanSome(walked_.front(), work - done);
    }
  }
  return !done_;
}

size_t SnapshotWalk::ScanSome(Walked& walked, size_t work) {
  Database::Table& table = walked.db->table_;
  uint64_t ahead[kBucketsAhead];
  uint64_t next = walked.cursor;
  for (uint64_t& cursor : ahead) {
    cursor = next;
    table.PrefetchScanBuckets(next);
    next = table.NextCursor(next);
  }
  for (int i = 0; i < kRecordsAhead; ++i) table.PrefetchScanRecords(ahead[i]);
  size_t done = 0;
  for (size_t step = 0; done < work && queue_.empty(); ++step) {
    ahead[step % kBucketsAhead] = next;
    table.PrefetchScanBuckets(next);
    next = table.NextCursor(next);
    table.PrefetchScanRecords(ahead[(step + kRecordsAhead) % kBucketsAhead]);
    const size_t written_before = written_work_;
    size_t seen = 0;
    walked.cursor = table.Scan(walked.cursor, [&](Entry* entry) {
      ++seen;
      if (!walked.db->IsUnwritten(entry)) return;
      if (dropped_) return Mark(entry);
      // Not nullptr: one that a command has begun.
      if (FindPending(entry) == nullptr) (void)Write(*walked.db, entry);
    });
    done += seen * SnapshotEncoder::kElementWork + (written_work_ - written_before) + 8;
    if (walked.cursor == 0) {
      walked.is_done = true;
      break;
    }
  }
  return done;
}

void SnapshotWalk::ReleaseFirst() {
  std::unique_ptr<Database> owned = std::move(walked_.front().owned);
  taken_bytes_ -= walked_.front().taken_bytes;
  walked_.pop_front();
  if (owned != nullptr && keyspace_.reclaimer() != nullptr) keyspace_.reclaimer()->ReclaimAll(std::move(owned));
}

void SnapshotWalk::End() {
  CHECK(pending_.empty());
  if (records_ > 0) EndBlock();
  keyspace_.EndGuard(true);
  block_ = Buffer();
  done_ = true;
}

void SnapshotWalk::Drop() {
  if (done_ || dropped_) return;
  dropped_ = true;
  while (!queue_.empty()) {
    Mark(queue_.front()->entry);
    Release(queue_.front());
  }
  // What nobody else sees needs no marks.
  for (Walked& walked : walked_) walked.is_done |= walked.owned != nullptr;
  block_ = Buffer();
  records_ = 0;
}

// --- Records ----------------------------------------------------------------------------------------------------------------

void SnapshotWalk::EndRecord() {
  ++records_;
  if (__builtin_expect(block_.size() >= kFullBlockBytes, 0)) EndBlock();
}

void SnapshotWalk::EndBlock() {
  sink_.TakeBlock(&block_, records_);
  CHECK(block_.empty());
  block_.Reserve(kBlockCapacity);
  records_ = 0;
  block_db_ = -1;
}

SnapshotWalk::Pending* SnapshotWalk::FindPending(const Entry* entry) {
  if (pending_.empty() || SnapshotEncoder::IsShort(*entry)) return nullptr;
  const auto found = pending_.find(SnapshotEncoder::IdentityOf(*entry));
  return found == pending_.end() ? nullptr : found->second.get();
}

SnapshotWalk::Pending* SnapshotWalk::Write(const Database& db, Entry* entry) {
  if (__builtin_expect(block_db_ != db.snapshot_number_, 0)) {
    block_db_ = db.snapshot_number_;
    char* to = block_.Prepare(record::kHeadBytes);
    PutU32(to, uint32_t{record::kDatabase} << 24);
    PutU32(to + 4, static_cast<uint32_t>(block_db_));
    block_.Commit(record::kHeadBytes);
    ++records_;
  }
  if (!SnapshotEncoder::IsShort(*entry)) return WriteLong(entry);
  written_work_ += SnapshotEncoder::WriteWhole(*entry, &block_);
  Mark(entry);
  ++keys_written_;
  EndRecord();
  return nullptr;
}

SnapshotWalk::Pending* SnapshotWalk::WriteLong(Entry* entry) {
  const size_t start = block_.size();
  SnapshotEncoder::WriteShell(*entry, SnapshotEncoder::FormOf(*entry), 0, 0, &block_);
  const size_t value_start = block_.size();
  encoder_.Begin(*entry);
  const bool whole = encoder_.Write(kPieceWork, &block_, &written_work_);
  const uint32_t id = whole ? 0 : ++last_id_;
  PutU64(block_.data() + start + SnapshotEncoder::PayloadOffset(*entry),
         uint64_t{id} << 32 | (block_.size() - value_start));
  Pending* pending = nullptr;
  if (whole) {
    Mark(entry);
    ++keys_written_;
  } else {
    block_.data()[start + SnapshotEncoder::kFlagsOffset] |= record::kPiecesFollow;
    auto made =
        std::make_unique<Pending>(Pending{.id = id, .entry = entry, .encoder = std::move(encoder_), .place = {}});
    pending = made.get();
    pending->place = queue_.insert(queue_.end(), pending);
    pending_.emplace(SnapshotEncoder::IdentityOf(*entry), std::move(made));
    encoder_ = SnapshotEncoder();
  }
  EndRecord();
  return pending;
}

size_t SnapshotWalk::WritePiece(Pending* pending, bool* whole) {
  const size_t start = block_.size();
  block_.Prepare(record::kPieceHeadBytes);
  block_.Commit(record::kPieceHeadBytes);
  size_t work = 0;
  *whole = pending->encoder.Write(kPieceWork, &block_, &work);
  char* head = block_.data() + start;
  PutU32(head, uint32_t{record::kPiece} << 24 | (*whole ? record::kLastPiece : 0));
  PutU32(head + 4, pending->id);
  PutU32(head + 8, static_cast<uint32_t>(block_.size() - start - record::kPieceHeadBytes));
  if (*whole) {
    Mark(pending->entry);
    ++keys_written_;
    Release(pending);
  }
  EndRecord();
  written_work_ += work;
  return work + SnapshotEncoder::kElementWork;
}

void SnapshotWalk::Finish(Pending* pending) {
  for (bool whole = false; !whole;) (void)WritePiece(pending, &whole);
}

// Its entry is marked.
void SnapshotWalk::Release(Pending* pending) {
  Entry* entry = pending->entry;
  const bool is_owned = pending->is_owned;
  taken_bytes_ -= pending->taken_bytes;
  queue_.erase(pending->place);
  pending_.erase(SnapshotEncoder::IdentityOf(*entry));
  if (is_owned) DestroyEntry(entry);
}

void SnapshotWalk::DestroyEntry(Entry* entry) {
  if (keyspace_.reclaimer() != nullptr && Database::IsWorthReclaiming(entry)) {
    keyspace_.reclaimer()->Reclaim(entry);
  } else {
    Entry::Destroy(entry);
  }
}

// --- What commands are about to do ------------------------------------------------------------------------------------------------

void SnapshotWalk::BeforeChange(Database& db, Entry* entry) {
  if (dropped_) return Mark(entry);
  ++keys_forced_;
  Pending* pending = FindPending(entry);
  if (pending == nullptr) pending = Write(db, entry);
  if (pending != nullptr) Finish(pending);
}

void SnapshotWalk::BeforeMove(Database& db, Entry* entry) {
  if (dropped_) return Mark(entry);
  ++keys_forced_;
  if (FindPending(entry) == nullptr) (void)Write(db, entry);
}

void SnapshotWalk::AfterMove(Entry* entry) {
  Pending* pending = FindPending(entry);
  CHECK(pending != nullptr);
  pending->entry = entry;
}

bool SnapshotWalk::Take(Database& db, Entry* entry) {
  if (dropped_) return false;
  ++keys_forced_;
  Pending* pending = FindPending(entry);
  if (pending == nullptr) pending = Write(db, entry);
  if (pending == nullptr) return false;
  pending->is_owned = true;
  pending->taken_bytes = entry->MemoryBytes(kSampledElements);
  taken_bytes_ += pending->taken_bytes;
  return true;
}

// About what a database takes that is not the keyspace's any more: its share, by keys, of all there is.
size_t SnapshotWalk::ShareOfMemory(const Database& db) const {
  size_t keys = db.size();
  for (int i = 0; i < keyspace_.size(); ++i) keys += keyspace_.database(i).size();
  const size_t bytes = AllocatedBytes() - std::min(AllocatedBytes(), held_bytes());
  return static_cast<size_t>(static_cast<double>(bytes) * static_cast<double>(db.size()) /
                             static_cast<double>(std::max<size_t>(keys, 1)));
}

std::unique_ptr<Database> SnapshotWalk::TakeAll(std::unique_ptr<Database> db) {
  const auto found =
      std::find_if(walked_.begin(), walked_.end(), [&](const Walked& walked) { return walked.db == db.get(); });
  if (dropped_) {
    if (found != walked_.end()) walked_.erase(found);
    return db;
  }
  if (found != walked_.end()) {
    found->taken_bytes = ShareOfMemory(*db);
    taken_bytes_ += found->taken_bytes;
    found->owned = std::move(db);
  } else if (!queue_.empty()) {
    // All is written but values that may lie in it.
    Database* raw = db.get();
    walked_.push_back({.db = raw, .owned = std::move(db), .is_done = true});
  }
  return db;
}

void SnapshotWalk::BeforeClear(Database& db) {
  db.ForEach([&](Entry* entry) {
    if (db.IsUnwritten(entry)) BeforeChange(db, entry);
  });
}

}  // namespace kvorum
