#include "shard/search_service.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "base/prefetch.h"
#include "journal/effects.h"
#include "json/path.h"
#include "keyspace/hash_object.h"
#include "keyspace/json_object.h"
#include "search/words.h"
#include "shard/graph_files.h"
#include "shard/json_document.h"
#include "shard/lazy_free.h"

namespace kvorum {
namespace {

constexpr int64_t kBeforeAllDeadlines = std::numeric_limits<int64_t>::min();

class HashDocument final : public Document {
 public:
  explicit HashDocument(const HashObject* hash) : hash_(hash) {}

  bool Read(std::string_view identifier, bool, std::vector<DocumentValue>* values) const override {
    DocumentValue value;
    if (!ReadShown(identifier, &value.text)) return false;
    values->push_back(std::move(value));
    return true;
  }
  bool View(std::string_view identifier, std::string_view* text) const override {
    PackedValue value;
    if (!hash_->Get(identifier, &value) || value.is_number) return false;
    *text = value.text;
    return true;
  }
  bool Prefetch(std::string_view identifier, int step) const override {
    if (step == HashObject::kPrefetchSteps) return false;
    hash_->Prefetch(identifier, step);
    return true;
  }
  void ReadAll(std::vector<std::pair<std::string, std::string>>* fields) const override {
    hash_->ForEach([fields](const PackedValue& field, const PackedValue& value) {
      char name[kMaxInt64Chars], text[kMaxInt64Chars];
      fields->emplace_back(field.View(name), value.View(text));
    });
  }
  bool ReadShown(std::string_view identifier, std::string* shown) const override {
    PackedValue value;
    if (!hash_->Get(identifier, &value)) return false;
    char text[kMaxInt64Chars];
    *shown = value.View(text);
    return true;
  }

 private:
  const HashObject* hash_;
};

// What is wrong with the paths of the fields from `first` on; empty: nothing.
std::string WrongPath(const Schema& schema, size_t first) {
  if (schema.source != Schema::Source::kJson) return "";
  for (size_t i = first; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    JsonPath path;
    std::string why;
    if (!JsonPath::Parse(field.identifier, &path, &why)) {
      return "Invalid JSONPath '" + field.identifier + "' in attribute '" + field.name + "'";
    }
  }
  return "";
}

bool IsOfSource(const Entry& entry, const Schema& schema) {
  return entry.type() == (schema.source == Schema::Source::kHash ? ObjectType::kHash : ObjectType::kJson);
}

}  // namespace

SearchService::SearchService(Keyspace* keyspace) : keyspace_(keyspace) {}
SearchService::~SearchService() = default;

void SearchService::SetGraphFiles(std::unique_ptr<GraphFiles> graphs) { graphs_ = std::move(graphs); }

void SearchService::KeyChanged(int db, std::string_view key) {
  if (db != kSearchDatabase || indexes_.empty()) return;
  for (const auto& [name, index] : indexes_) {
    if (!index.index->Covers(key)) continue;
    changed_.emplace(key);
    return;
  }
}

void SearchService::DatabaseChanged(int db) {
  if (db == kSearchDatabase && !indexes_.empty()) all_changed_ = true;
}

std::unique_ptr<Document> SearchService::Open(std::string_view key, int64_t now_ms) const {
  return Opened(keyspace_->database(kSearchDatabase).Find(key), now_ms);
}

std::vector<std::unique_ptr<Document>> SearchService::OpenAll(std::span<const std::string_view> keys,
                                                              int64_t now_ms) const {
  const Database& database = keyspace_->database(kSearchDatabase);
  std::vector<uint64_t> hashes;
  for (const std::string_view key : keys) {
    hashes.push_back(HashBytes(key));
    database.PrefetchBucket(hashes.back());
  }
  for (const uint64_t hash : hashes) database.PrefetchEntry(hash);
  std::vector<const Entry*> entries;
  for (size_t i = 0; i < keys.size(); ++i) {
    entries.push_back(database.Find(keys[i], hashes[i]));
    if (entries.back() != nullptr && !entries.back()->is_string()) PrefetchLine(entries.back()->object());
  }
  std::vector<std::unique_ptr<Document>> opened;
  opened.reserve(keys.size());
  for (const Entry* entry : entries) opened.push_back(Opened(entry, now_ms));
  return opened;
}

std::unique_ptr<Document> SearchService::Opened(const Entry* entry, int64_t now_ms) {
  if (entry == nullptr) return nullptr;
  if (entry->has_deadline() && entry->deadline_ms() <= now_ms) return nullptr;
  switch (entry->type()) {
    case ObjectType::kHash:
      return std::make_unique<HashDocument>(static_cast<const HashObject*>(entry->object()));
    case ObjectType::kJson:
      return std::make_unique<JsonDocument>(&static_cast<const JsonObject*>(entry->object())->root());
    default:
      return nullptr;
  }
}

void SearchService::Read(NamedIndex& index, std::string_view key) {
  const Entry* entry = keyspace_->database(kSearchDatabase).Find(key);
  std::unique_ptr<Document> document;
  if (entry != nullptr && IsOfSource(*entry, index.index->schema())) document = Opened(entry, kBeforeAllDeadlines);
  if (document == nullptr) {
    index.index->Remove(key);
  } else {
    index.index->Put(key, *document);
  }
}

std::unique_ptr<SearchIndex> SearchService::Make(std::string_view name, Schema schema, std::string* error) {
  return SearchIndex::Create(std::string(name), std::move(schema), work_, error);
}

void SearchService::LoadGraphs(SearchIndex* index) {
  if (!warn_ || graphs_ == nullptr) return;
  for (const Field& field : index->schema().fields) {
    FieldVectors* vectors = field.type == FieldType::kVector ? index->vectors(field) : nullptr;
    if (vectors == nullptr || field.vector.algorithm != VectorOptions::Algorithm::kHnsw) continue;
    if (vectors->size() > 0 || vectors->is_adopting()) continue;
    std::string wrong;
    std::unique_ptr<VectorIndex> graph = graphs_->Load(index->name(), field.name, &wrong);
    if (!wrong.empty()) warn_(wrong);
    // One of other settings helps nobody.
    if (graph != nullptr) (void)vectors->Adopt(std::move(graph));
  }
}

void SearchService::Reclaim(std::unique_ptr<SearchIndex> index) {
  index->Leave();
  if (reclaimer_ != nullptr) reclaimer_->Free([raw = index.release()] { delete raw; });
}

bool SearchService::GoOn(SearchIndex* index) {
  constexpr size_t kVectorsASlice = 8;  // of some 100 us at most
  bool more = false;
  for (const Field& field : index->schema().fields) {
    FieldVectors* vectors = field.type == FieldType::kVector ? index->vectors(field) : nullptr;
    if (vectors != nullptr) more = vectors->GoOn(kVectorsASlice) || more;
  }
  return more;
}

bool SearchService::EndAdoption(SearchIndex* index) {
  constexpr size_t kVectorsASlice = 8;
  bool more = false;
  for (const Field& field : index->schema().fields) {
    FieldVectors* vectors = field.type == FieldType::kVector ? index->vectors(field) : nullptr;
    if (vectors != nullptr && vectors->is_adopting()) more = vectors->EndAdoption(kVectorsASlice) || more;
  }
  return more;
}

void SearchService::CatchUp() {
  if (all_changed_) {
    all_changed_ = false;
    if (graphs_ != nullptr) graphs_->MakeTidy();
    changed_.clear();
    for (auto& [name, index] : indexes_) {
      std::string error;
      std::unique_ptr<SearchIndex> before = std::exchange(index.index, Make(name, index.index->schema(), &error));
      CHECK(index.index != nullptr);
      // While data is loaded, what the folder holds may be of documents that come yet.
      if (warn_) index.index->TakeGraphs(before.get());
      Reclaim(std::move(before));
      index.renewed_to = 0;
      StartScan(&index);
    }
    return;
  }
  if (changed_.empty()) return;
  for (const std::string& key : changed_) {
    for (auto& [name, index] : indexes_) {
      if (index.index->Covers(key)) Read(index, key);
    }
  }
  changed_.clear();
}

void SearchService::StartScan(NamedIndex* index) {
  index->is_scanning = true;
  index->scan_cursor = 0;
  index->scanned = 0;
  ScanSlice(index);
}

// Documents lie all over memory: several are fetched together.
void SearchService::ReadTogether(NamedIndex& index, std::span<const Entry* const> entries) {
  constexpr size_t kLineBytes = 64;
  for (const Entry* entry : entries) {
    PrefetchLine(entry->object());
    index.index->PrefetchKey(entry->key());
  }
  std::vector<std::unique_ptr<Document>> documents;
  documents.reserve(entries.size());
  for (const Entry* entry : entries) documents.push_back(Opened(entry, kBeforeAllDeadlines));
  const std::vector<Field>& fields = index.index->schema().fields;
  bool more = true;
  for (int step = 0; more; ++step) {
    more = false;
    for (const auto& document : documents) {
      for (const Field& field : fields) more |= document != nullptr && document->Prefetch(field.identifier, step);
    }
  }
  for (const auto& document : documents) {
    for (const Field& field : fields) {
      std::string_view text;
      if (document == nullptr || !document->View(field.identifier, &text)) continue;
      for (size_t at = 0; at < text.size(); at += kLineBytes) PrefetchLine(text.data() + at);
    }
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string_view key = entries[i]->key();
    // What followed a change is there in its newest form.
    const IndexedDocument* there = index.index->Find(key);
    if (there != nullptr && there->id > index.renewed_to) continue;
    if (documents[i] == nullptr) {
      index.index->Remove(key);
    } else {
      index.index->Put(key, *documents[i]);
    }
  }
}

// True: there is more.
bool SearchService::ScanSlice(NamedIndex* index) {
  constexpr size_t kTogether = 32;
  std::vector<const Entry*> entries;
  Database& database = keyspace_->database(kSearchDatabase);
  size_t visited = 0;
  do {
    index->scan_cursor = database.Scan(index->scan_cursor, [&](const Entry* entry) {
      ++visited;
      if (IsOfSource(*entry, index->index->schema()) && index->index->Covers(entry->key())) entries.push_back(entry);
    });
    // Empty buckets count a little too.
    ++visited;
  } while (index->scan_cursor != 0 && visited < 2 * kKeysASlice && entries.size() < kKeysASlice);
  // Nothing of the keyspace changes meanwhile.
  for (std::span<const Entry* const> left = entries; !left.empty();) {
    const size_t count = std::min(kTogether, left.size());
    ReadTogether(*index, left.first(count));
    left = left.subspan(count);
  }
  index->scanned += entries.size();
  index->is_scanning = index->scan_cursor != 0;
  return index->is_scanning;
}

bool SearchService::Work(int64_t now_ms) {
  if (indexes_.empty() && cursors_.empty()) return false;
  CatchUp();
  DropIdleCursors(now_ms);
  bool more = false;
  for (auto& [name, index] : indexes_) {
    more = GoOn(index.index.get()) || more;
    if (index.is_scanning && ScanSlice(&index)) {
      more = true;
    } else {
      more = EndAdoption(index.index.get()) || more;
    }
    if (!index.index->NeedsCollecting()) continue;
    index.index->Collect(kBlocksASlice);
    more = more || index.index->NeedsCollecting();
  }
  return more;
}

std::vector<std::vector<std::string>> SearchService::DefinitionCommands() const {
  std::vector<std::vector<std::string>> commands;
  for (const auto& [name, index] : indexes_) {
    commands.push_back({"FT.CREATE", name});
    commands.back().insert(commands.back().end(), index.definition.begin(), index.definition.end());
  }
  for (const auto& [alias, name] : aliases_) commands.push_back({"FT.ALIASADD", alias, name});
  return commands;
}

std::vector<std::string> SearchService::DefinitionEffects() const {
  std::vector<std::string> effects;
  for (const std::vector<std::string>& words : DefinitionCommands()) {
    EffectsBuffer effect;
    effect.Command(kSearchDatabase, words);
    effects.emplace_back(effect.bytes());
  }
  return effects;
}

SearchService::NamedIndex* SearchService::Find(std::string_view name_or_alias) {
  auto found = indexes_.find(name_or_alias);
  if (found == indexes_.end()) {
    const auto alias = aliases_.find(name_or_alias);
    if (alias == aliases_.end()) return nullptr;
    found = indexes_.find(alias->second);
  }
  return found == indexes_.end() ? nullptr : &found->second;
}

SearchService::NamedIndex* SearchService::FindExact(std::string_view name) {
  const auto found = indexes_.find(name);
  return found == indexes_.end() ? nullptr : &found->second;
}

std::string SearchService::Create(std::string_view name, std::span<const std::string_view> words) {
  if (indexes_.contains(name) || aliases_.contains(name)) return "Index already exists";
  Schema schema;
  std::string error;
  if (!ParseSchema(words, &schema, &error)) return error;
  // Data of before this was refused must load.
  if (!warn_) error = WrongPath(schema, 0);
  if (!error.empty()) return error;
  const bool scans = restoring_ || !schema.skip_initial_scan;
  NamedIndex index;
  index.index = Make(name, std::move(schema), &error);
  if (index.index == nullptr) return error;
  LoadGraphs(index.index.get());
  index.definition.assign(words.begin(), words.end());
  // What changed before concerns the others only.
  CatchUp();
  NamedIndex& kept = indexes_.emplace(name, std::move(index)).first->second;
  if (scans) StartScan(&kept);
  return "";
}

std::string SearchService::Alter(NamedIndex* index, std::span<const std::string_view> field_words, bool scans) {
  Schema schema = index->index->schema();
  const size_t before = schema.fields.size();
  std::string error;
  if (!ParseFields(field_words, &schema, &error)) return error;
  if (!warn_) error = WrongPath(schema, before);
  if (!error.empty()) return error;
  const bool has_new_text = std::any_of(schema.fields.begin() + static_cast<ptrdiff_t>(before), schema.fields.end(),
                                        [](const Field& field) { return field.type == FieldType::kText; });
  if (has_new_text) {
    std::unique_ptr<SearchIndex> altered = Make(index->index->name(), std::move(schema), &error);
    if (altered == nullptr) return error;
    altered->TakeGraphs(index->index.get());
    Reclaim(std::exchange(index->index, std::move(altered)));
    index->renewed_to = 0;
  } else {
    index->index->AddFields(schema, work_);
    index->renewed_to = scans ? index->index->last_id() : index->renewed_to;
  }
  LoadGraphs(index->index.get());
  index->definition.insert(index->definition.end(), field_words.begin(), field_words.end());
  if (scans || has_new_text) StartScan(index);
  return "";
}

void SearchService::Clear() {
  if (graphs_ != nullptr) graphs_->MakeTidy();
  indexes_.clear();
  aliases_.clear();
  cursors_.clear();
  changed_.clear();
  all_changed_ = false;
}

void SearchService::Drop(NamedIndex* index) {
  if (graphs_ != nullptr) graphs_->MakeTidy();
  const std::string name = index->index->name();
  std::erase_if(aliases_, [&name](const auto& alias) { return alias.second == name; });
  std::erase_if(cursors_, [&name](const auto& cursor) { return cursor.second.index == name; });
  Reclaim(std::move(index->index));
  indexes_.erase(name);
  if (indexes_.empty()) changed_.clear();
}

std::string SearchService::AddAlias(std::string_view alias, std::string_view name) {
  if (indexes_.contains(alias) || aliases_.contains(alias)) return "Alias already exists";
  const NamedIndex* index = Find(name);
  if (index == nullptr) return "Unknown index name (or name is an alias itself)";
  aliases_.emplace(alias, index->index->name());
  return "";
}

bool SearchService::RemoveAlias(std::string_view alias) {
  const auto found = aliases_.find(alias);
  if (found == aliases_.end()) return false;
  aliases_.erase(found);
  return true;
}

uint64_t SearchService::AddCursor(SearchCursor cursor) {
  cursors_.emplace(next_cursor_, std::move(cursor));
  return next_cursor_++;
}

SearchCursor* SearchService::FindCursor(uint64_t id, std::string_view index) {
  const auto found = cursors_.find(id);
  return found == cursors_.end() || found->second.index != index ? nullptr : &found->second;
}

bool SearchService::RemoveCursor(uint64_t id) { return cursors_.erase(id) > 0; }

size_t SearchService::CursorsOf(std::string_view index) const {
  return static_cast<size_t>(std::count_if(cursors_.begin(), cursors_.end(),
                                           [index](const auto& cursor) { return cursor.second.index == index; }));
}

void SearchService::DropIdleCursors(int64_t now_ms) {
  std::erase_if(cursors_,
                [now_ms](const auto& cursor) { return now_ms - cursor.second.used_ms > cursor.second.max_idle_ms; });
}

}  // namespace kvorum
