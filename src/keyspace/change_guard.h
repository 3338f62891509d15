// ChangeGuard: what a snapshot that walks a keyspace wants to hear of before it is too late.
//
// Each entry carries one bit, its mark, and each database has the mark that new entries get. A snapshot begins by flipping that of
// all databases, which is O(1): entries whose mark differs belong to the snapshot's state and are not written yet. Whoever is
// about to change one (Database and Context::Write do) asks the guard first, which writes it and gives it the new mark. When
// the walk is over, all marks are equal again. Without a snapshot no entry differs, so all this costs one test of a byte
// that is looked at anyway.
//
// Threads: the shard's.
#pragma once

#include <memory>

namespace kvorum {

class Database;
class Entry;

class ChangeGuard {
 public:
  virtual ~ChangeGuard() = default;

  // The value is about to change, or to be looked up by a command that may change it. The entry is written and marked.
  virtual void BeforeChange(Database& db, Entry* entry) = 0;
  // Its key, its deadline or its database is about to change, the value is not. The entry is marked, or is a large value, of
  // which enough is written: wherever it goes, AfterMove has to say where it is if its mark still differs.
  virtual void BeforeMove(Database& db, Entry* entry) = 0;
  virtual void AfterMove(Entry* entry) = 0;
  // It was taken out of the database and is about to be destroyed. True: the guard has taken it over, to write and destroy it
  // later.
  [[nodiscard]] virtual bool Take(Database& db, Entry* entry) = 0;
  // The same of all entries of a database: nullptr if the guard has taken it over.
  [[nodiscard]] virtual std::unique_ptr<Database> TakeAll(std::unique_ptr<Database> db) = 0;
  // All entries are about to be destroyed here and now.
  virtual void BeforeClear(Database& db) = 0;
};

}  // namespace kvorum
