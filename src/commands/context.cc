#include "commands/context.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "commands/table.h"
#include "keyspace/access_clock.h"

namespace kvorum {

bool EqualsIgnoringCase(std::string_view text, std::string_view upper) {
  return text.size() == upper.size() && std::equal(text.begin(), text.end(), upper.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b;
         });
}

Entry* Context::Lookup(Database& db, std::string_view key, uint32_t lookup_flags) {
  Entry* entry = db.Find(key);
  if (entry == nullptr) return nullptr;
  if (entry->has_deadline() && entry->deadline_ms() <= now_ms && !host_.sees_expired) {
    if (host_.DeletesExpired()) ExpireEntry(host_, keyspace, db, key);
    return nullptr;
  }
  if (!(lookup_flags & lookup::kNoTouch) && !host_.LeavesClocks(session)) {
    entry->set_clock(TouchedClock(entry->clock(), settings(), now_ms, random_));
  }
  return entry;
}

Entry* Context::Read(std::string_view key, uint32_t lookup_flags) {
  Entry* entry = Lookup(*db_, key, lookup_flags);
  if (entry == nullptr && !(lookup_flags & lookup::kNoNotify)) Notify(event::kKeyMiss, "keymiss", key);
  if (!(lookup_flags & lookup::kNoStats)) {
    ++(entry != nullptr ? keyspace.stats().keyspace_hits : keyspace.stats().keyspace_misses);
  }
  return entry;
}

Entry* Context::Write(std::string_view key, uint32_t lookup_flags) { return WriteIn(*db_, key, lookup_flags); }

Entry* Context::WriteIn(Database& db, std::string_view key, uint32_t lookup_flags) {
  Entry* entry = Lookup(db, key, lookup_flags);
  if (entry != nullptr && !(lookup_flags & lookup::kWholeValue)) db.WillChange(entry);
  return entry;
}

bool Context::ReadString(std::string_view key, Entry** entry) {
  *entry = Read(key);
  if (*entry == nullptr || (*entry)->is_string()) return true;
  WrongType();
  return false;
}

bool Context::WriteString(std::string_view key, Entry** entry) {
  *entry = Write(key);
  if (*entry == nullptr || (*entry)->is_string()) return true;
  WrongType();
  return false;
}

uint32_t Context::NewClock() const { return InitialClock(settings(), now_ms); }

Entry* Context::PutText(std::string_view key, std::string_view text, int64_t deadline_ms) {
  int64_t integer;
  if (text.size() <= kMaxInt64Chars && !text.empty() && text[0] <= '9' && ParseInt64(text, &integer)) {
    return db_->PutInteger(key, integer, NewClock(), deadline_ms);
  }
  return db_->PutString(key, text, NewClock(), deadline_ms);
}

Entry* Context::PutObject(std::string_view key, std::unique_ptr<Object> object, int64_t deadline_ms) {
  return db_->PutObject(key, std::move(object), NewClock(), deadline_ms);
}

bool Context::Delete(std::string_view key, bool lazy) {
  return lazy ? db_->DeleteLazily(key, host_.reclaimer()) : db_->Delete(key);
}

bool Context::DeleteIfEmpty(std::string_view key, const Object& object) {
  if (object.size() > 0) return false;
  db_->Delete(key);
  Notify(event::kGeneric, "del", key);
  return true;
}

void Context::Effect(Arguments words) {
  effects_stated_ = true;
  if (host_.wants_effects) host_.StateEffect(db_->index(), words);
}

bool Context::MayBlock() const { return host_.MayBlock(session); }

void Context::Block(Arguments keys, ObjectType type, int64_t deadline_ms, TimeoutReply on_timeout) {
  host_.Block(*this, keys, type, deadline_ms, on_timeout);
}

bool Context::ParseTimeout(std::string_view seconds, int64_t* deadline_ms) {
  long double timeout;
  if (!ParseLongDouble(seconds, &timeout)) {
    Error("ERR timeout is not a float or out of range");
    return false;
  }
  // Rounded up, so that a timeout is never shorter than asked for.
  const long double ms = std::ceil(timeout * 1000);
  if (ms > static_cast<long double>(INT64_MAX)) {
    Error("ERR timeout is out of range");
    return false;
  }
  // After rounding, as in Redis: -0.0001 is zero.
  if (ms < 0) {
    Error("ERR timeout is negative");
    return false;
  }
  const auto wait_ms = static_cast<int64_t>(ms);
  if (wait_ms > INT64_MAX - now_ms) {
    Error("ERR timeout is out of range");
    return false;
  }
  *deadline_ms = wait_ms == 0 ? Entry::kNoDeadline : now_ms + wait_ms;
  return true;
}

void Context::WrongArity() {
  std::string text = "ERR wrong number of arguments for '";
  text += command.spec->name;
  text += "' command";
  Error(text);
}

void Context::WrongSubcommandArity() {
  constexpr size_t kQuotedBytes = 128;
  std::string container(command.container->name());
  for (char& c : container) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  Error("ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1].substr(0, kQuotedBytes)) +
        "'. Try " + container + " HELP.");
}

bool Context::IntegerArg(size_t index, int64_t* value, std::string_view error) {
  if (ParseInt64(args[index], value)) return true;
  error.empty() ? NotInteger() : Error(error);
  return false;
}

bool Context::IntegerArg(size_t index, int64_t* value, int64_t low, int64_t high, std::string_view error) {
  if (!IntegerArg(index, value, error)) return false;
  if (*value >= low && *value <= high) return true;
  if (!error.empty()) {
    Error(error);
  } else if (low == 0 && *value < 0) {
    Error("ERR value is out of range, must be positive");
  } else {
    Error("ERR value is out of range, value must between " + std::to_string(low) + " and " + std::to_string(high));
  }
  return false;
}

bool Context::DoubleArg(size_t index, double* value, std::string_view error) {
  if (ParseDouble(args[index], value)) return true;
  error.empty() ? NotFloat() : Error(error);
  return false;
}

bool Context::Is(size_t index, std::string_view word) const {
  return index < args.size() && EqualsIgnoringCase(args[index], word);
}

void ExpireEntry(CommandHost& host, Keyspace& keyspace, Database& db, std::string_view key) {
  // `key` may be a view into the entry that goes away.
  const std::string name(key);
  if (keyspace.settings().lazyfree_lazy_expire) {
    db.DeleteLazily(name, host.reclaimer());
  } else {
    db.Delete(name);
  }
  ++keyspace.stats().expired_keys;
  if (host.notified_classes & event::kExpired) host.Notify(event::kExpired, "expired", name, db.index());
  if (host.wants_effects) {
    const std::string_view words[] = {keyspace.settings().lazyfree_lazy_expire ? "UNLINK" : "DEL", name};
    host.StateEffect(db.index(), words);
  }
  if (host.watches_changes) host.KeyChanged(db, name, nullptr);
}

}  // namespace kvorum
