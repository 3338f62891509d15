// SnapshotWalk: writes a keyspace as it is at one moment, in slices between commands, without a copy of it.
//
// It begins by flipping the mark of the keyspace (change_guard.h), walks over the tables, writes what is not marked and marks it. What
// a command is about to change is written first. The records go into blocks, which the sink takes when they are full.
//
//   - A value that makes more than a piece is written in several steps, with other records between. A command that is about to
//     change such a value waits until all of it is written (the pause is that of copying it once).
//   - A large value that is deleted, or overwritten, and a database that is flushed, pass to the walk, which writes and then
//     frees them. Their memory goes when that is done.
//   - A large value whose deadline, key or database changes stays where it is; the walk knows it by its address.
//
// Without output (Drop) it goes on walking, to make all marks equal again for the next snapshot; that is some times faster.
//
// Threads: the shard's. Ownership: borrows keyspace and sink; must go before the keyspace. Complexity: the constructor is O(databases);
// Step as much as it is told; over all O(entries), and O(1) for each entry that commands want to change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "base/buffer.h"
#include "keyspace/change_guard.h"
#include "keyspace/keyspace.h"
#include "keyspace/snapshot_encoder.h"

namespace kvorum {

class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  // Takes what is in the block, and leaves an empty one.
  virtual void TakeBlock(Buffer* block, uint32_t records) = 0;
};

class SnapshotWalk final : private ChangeGuard {
 public:
  // A block is full when it has so many bytes; then it may have as many more as a piece or a key.
  static constexpr size_t kFullBlockBytes = 900 << 10;
  static constexpr size_t kBlockCapacity = 1 << 20;

  // The state is that of this moment. `effects`: what makes the rest of it, which is not in the keyspace, an encoded command each.
  SnapshotWalk(Keyspace& keyspace, SnapshotSink& sink, std::span<const std::string> effects = {});
  // Gives up, if it is not done.
  ~SnapshotWalk() override;
  SnapshotWalk(const SnapshotWalk&) = delete;
  SnapshotWalk& operator=(const SnapshotWalk&) = delete;

  // Goes on by about so much work, which is about bytes (SnapshotEncoder::kElementWork for each key). False: it is done, and the sink has
  // all blocks.
  bool Step(size_t work);
  bool done() const { return done_; }
  // Writes no more, and forgets what is not with the sink yet.
  void Drop();
  bool dropped() const { return dropped_; }

  // For people.
  uint64_t keys_at_begin() const { return keys_at_begin_; }
  uint64_t keys_written() const { return keys_written_; }
  // Of those written, how many because a command was about to change them.
  uint64_t keys_forced() const { return keys_forced_; }
  // What it holds in memory that is nobody's data any more: the block that is being filled, and about what the values and databases
  // take that were deleted before they were written.
  size_t held_bytes() const { return block_.capacity() + taken_bytes_; }

 private:
  // A value of which a part is written.
  struct Pending {
    uint32_t id;
    Entry* entry;
    SnapshotEncoder encoder;
    bool is_owned = false;
    size_t taken_bytes = 0;               // if it is owned
    std::list<Pending*>::iterator place;  // in queue_
  };
  struct Walked {
    Database* db;
    std::unique_ptr<Database> owned;  // if it was flushed
    uint64_t cursor = 0;
    bool is_done = false;
    size_t taken_bytes = 0;  // if it is owned
  };

  void BeforeChange(Database& db, Entry* entry) override;
  void BeforeMove(Database& db, Entry* entry) override;
  void AfterMove(Entry* entry) override;
  bool Take(Database& db, Entry* entry) override;
  std::unique_ptr<Database> TakeAll(std::unique_ptr<Database> db) override;
  void BeforeClear(Database& db) override;

  static void Mark(Entry* entry) { entry->flags_ ^= Entry::kMark; }
  // Writes the record of a key, whose value is short or not begun. Returns nullptr if all of it is written, and marked.
  Pending* Write(const Database& db, Entry* entry);
  Pending* WriteLong(Entry* entry);
  Pending* FindPending(const Entry* entry);
  // Returns the work. *whole: that was the last piece, and `pending` is gone.
  size_t WritePiece(Pending* pending, bool* whole);
  void Finish(Pending* pending);
  void Release(Pending* pending);
  void DestroyEntry(Entry* entry);
  void EndRecord();
  void EndBlock();
  void WriteSizes();
  void WriteEffects(std::span<const std::string> effects);
  size_t ScanSome(Walked& walked, size_t work);
  void ReleaseFirst();
  size_t ShareOfMemory(const Database& db) const;
  void End();

  Keyspace& keyspace_;
  SnapshotSink& sink_;
  Buffer block_;
  uint32_t records_ = 0;
  int block_db_ = -1;  // of the last database record of the block
  SnapshotEncoder encoder_;
  std::deque<Walked> walked_;                                          // in this order, the first is being walked
  std::unordered_map<const void*, std::unique_ptr<Pending>> pending_;  // by SnapshotEncoder::IdentityOf
  std::list<Pending*> queue_;
  uint32_t last_id_ = 0;
  size_t written_work_ = 0;
  uint64_t keys_at_begin_ = 0;
  uint64_t keys_written_ = 0;
  uint64_t keys_forced_ = 0;
  size_t taken_bytes_ = 0;
  bool dropped_ = false;
  bool done_ = false;
};

}  // namespace kvorum
