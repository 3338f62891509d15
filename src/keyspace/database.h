// Database: one numbered database: its entries by key, and the order of their deadlines.
//
// It knows nothing of clients: an entry whose deadline has passed stays until somebody deletes it (Context::Read and the
// expiry cycle do), because deleting it is an effect that must be stated.
//
// Threads: one. Ownership: owns its entries. Entry pointers are valid until the next call that changes that key.
// Complexity: O(1) expected unless said otherwise; O(log n) in the number of deadlines where one is set, changed or cleared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "keyspace/change_guard.h"
#include "keyspace/deadlines.h"
#include "keyspace/entry.h"
#include "keyspace/settings.h"
#include "structures/hash_table.h"

namespace kvorum {

// The hash of the key that the running command will look up first, which was computed when the command was prefetched. It
// counts for this very memory only, and must be cleared before that memory is used for anything else.
struct KeyHashHint {
  std::string_view key;
  uint64_t hash = 0;

  bool IsOf(std::string_view other) const {
    return other.data() == key.data() && other.size() == key.size() && key.data() != nullptr;
  }
};

// Takes values that are too large to be freed here and now.
class Reclaimer {
 public:
  virtual ~Reclaimer() = default;
  virtual void Reclaim(Entry* entry) = 0;
  virtual void ReclaimAll(std::unique_ptr<class Database> database) = 0;
  // Values handed over and not freed yet.
  virtual size_t pending() const = 0;
};

// What becomes of large values that others take the place of: they go to the reclaimer where lazyfree-lazy-server-del says so.
struct Overwriting {
  Reclaimer* reclaimer = nullptr;  // nullptr: all are freed here
  const KeyspaceSettings* settings = nullptr;
};

// Told of each key that comes into being, while that happens: it must not touch the database.
class KeyListener {
 public:
  virtual ~KeyListener() = default;
  virtual void KeyCreated(int db, const Entry& entry) = 0;
};

class Database {
 public:
  // `hint` and `overwriting` may be nullptr, and must outlive what is called here.
  explicit Database(int index, const KeyHashHint* hint = nullptr, const Overwriting* overwriting = nullptr)
      : index_(index), hint_(hint), overwriting_(overwriting) {}
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  int index() const { return index_; }
  size_t size() const { return table_.size(); }
  size_t deadline_count() const { return deadlines_.size(); }

  // Whatever its deadline. Nullptr if there is none.
  Entry* Find(std::string_view key) const {
    Entry** slot = Slot(key);
    return slot == nullptr ? nullptr : *slot;
  }
  Entry* Find(std::string_view key, uint64_t hash) const { return table_.Get(key, hash); }

  // A batch of commands is parsed first and its keys are prefetched in two steps, each before the first command runs.
  void PrefetchBucket(uint64_t hash) const { table_.PrefetchBucket(hash); }
  void PrefetchEntry(uint64_t hash) const { table_.PrefetchRecords(hash); }

  // Create the key, or replace its value (and type); a large value that goes is Overwriting's business. The deadline is the given one. The clock starts at `clock`.
  Entry* PutString(std::string_view key, std::string_view value, uint32_t clock,
                   int64_t deadline_ms = Entry::kNoDeadline);
  Entry* PutInteger(std::string_view key, int64_t value, uint32_t clock, int64_t deadline_ms = Entry::kNoDeadline);
  Entry* PutObject(std::string_view key, std::unique_ptr<Object> object, uint32_t clock,
                   int64_t deadline_ms = Entry::kNoDeadline);

  // The same with a copy of another entry's value and deadline; `entry` must not be what is replaced. O(value).
  Entry* PutCopy(std::string_view key, const Entry& entry, uint32_t clock);

  // A string's bytes to be changed in place, `size` of them: what it had, then zeros. `entry` becomes where it now is.
  char* MutableString(Entry*& entry, size_t size);
  // Replaces an integer or string by an integer, keeping deadline and clock. Returns where the entry now is.
  Entry* SetInteger(Entry* entry, int64_t value);
  // The same for bytes.
  Entry* SetBytes(Entry* entry, std::string_view value);

  // Returns where the entry now is.
  Entry* SetDeadline(Entry* entry, int64_t deadline_ms);
  Entry* ClearDeadline(Entry* entry);

  // Takes the key out, to be attached elsewhere; the caller owns what it gets. Nullptr if there was none.
  Entry* Detach(std::string_view key);
  bool Delete(std::string_view key);
  // Detach, and Destroy here or, if that is much work, there.
  bool DeleteLazily(std::string_view key, Reclaimer& reclaimer);
  // Puts a detached entry back under a (new) key, which must not exist here. Returns where the entry now is.
  Entry* Attach(Entry* entry, std::string_view key);

  // To be called before the value of an entry is changed by other means than this class. See change_guard.h.
  void WillChange(Entry* entry) {
    if (__builtin_expect(IsUnwritten(entry), 0) && guard_ != nullptr) guard_->BeforeChange(*this, entry);
  }

  // --- For loading: room for so many keys in an empty database (memory is taken for them); and a new entry with its hash.
  void Reserve(size_t keys) { table_.Reserve(keys); }
  // False: the key is there already, and the entry is still the caller's. Its deadline is not put in order yet.
  [[nodiscard]] bool InsertLoaded(Entry* entry, uint64_t hash);
  // The deadlines of all that was loaded; the database had none before.
  void SetLoadedDeadlines(std::vector<Deadlines::Deadline> deadlines) { deadlines_.Build(std::move(deadlines)); }

  // Entries whose deadline is at or before `now_ms`, the earliest first: one of them, or nullptr.
  Entry* FirstExpired(int64_t now_ms) const;

  template <typename Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) {
    return table_.Scan(cursor, visit);
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    table_.ForEach(visit);
  }
  Entry* RandomEntry(Random& random) const { return table_.RandomRecord(random); }
  // A random one of those with a deadline; there must be one.
  Entry* RandomVolatileEntry(Random& random) const;

  // Frees everything. O(n).
  void Clear();

  // Bytes of tables and indexes, without the entries.
  size_t OverheadBytes() const { return table_.bytes() + deadlines_.bytes(); }
  // O(n).
  HashTableShape Shape() const { return table_.Shape(); }
  const Deadlines& deadlines() const { return deadlines_; }

  void Validate() const;

 private:
  friend class Keyspace;
  friend class SnapshotWalk;
  struct Traits {
    static std::string_view Key(const Entry* entry) { return entry->key(); }
  };
  using Table = HashTable<Entry, Traits>;

  uint64_t Hash(std::string_view key) const {
    return hint_ != nullptr && hint_->IsOf(key) ? hint_->hash : HashBytes(key);
  }
  Entry** Slot(std::string_view key) const { return const_cast<Table&>(table_).Find(key, Hash(key)); }
  Entry* EntryOf(Deadlines::Deadline deadline) const;
  // Puts a new entry in the place of an old one with the same key, or inserts it.
  Entry* Place(Entry* entry, Entry** slot, uint64_t hash);
  void DestroyOverwritten(Entry* entry);
  Entry* TakeOut(std::string_view key);
  static bool IsWorthReclaiming(const Entry* entry);
  // `reclaimer`: nullptr to destroy it here.
  void Dispose(Entry* entry, Reclaimer* reclaimer);
  Reclaimer* OverwritingReclaimer() const;
  void MarkAll();
  bool IsUnwritten(const Entry* entry) const { return (entry->flags_ ^ mark_) & Entry::kMark; }
  // The key or deadline changes; the value does not.
  void WillMove(Entry* entry) {
    if (__builtin_expect(IsUnwritten(entry), 0) && guard_ != nullptr) guard_->BeforeMove(*this, entry);
  }
  void HasMoved(Entry* entry) {
    if (__builtin_expect(IsUnwritten(entry), 0) && guard_ != nullptr) guard_->AfterMove(entry);
  }

  int index_;
  uint8_t mark_ = 0;         // Entry::kMark or 0: that of new entries
  int snapshot_number_ = 0;  // the index that it has for the guard
  ChangeGuard* guard_ = nullptr;
  KeyListener* listener_ = nullptr;
  Table table_;
  Deadlines deadlines_;
  const KeyHashHint* hint_;
  const Overwriting* overwriting_;
};

}  // namespace kvorum
