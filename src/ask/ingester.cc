#include "ask/ingester.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <unordered_set>

#include "ask/index_settings.h"
#include "documents/content_hash.h"
#include "documents/format.h"
#include "embedding/embedder.h"

namespace kvorum {
namespace {

// Embedded and sent together.
constexpr size_t kBatchChunks = 128;
constexpr size_t kBatchBytes = 1 << 20;
constexpr uint64_t kDeleteAtOnce = 1000;
// Commands whose replies have not been read, at most, while more are sent.
constexpr size_t kOpenCommands = 4 * kBatchChunks;
// Sent at once, at most about.
constexpr size_t kFlushBytes = 64 << 10;
// Files that are looked at together, and how many are at least known to be read next.
constexpr size_t kFilesAtOnce = 64;

std::string_view BytesOf(const float* vector, size_t dimension) {
  return {reinterpret_cast<const char*>(vector), dimension * sizeof(float)};
}

uint64_t NumberIn(const RespReply& reply) { return reply.is_null ? 0 : std::strtoull(reply.text.c_str(), nullptr, 10); }

bool IsGone(const std::string& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::not_found;
}

}  // namespace

Ingester::Ingester(const IngestOptions& options, RespClient* client, Embedder* embedder)
    : options_(options), keys_(options.index), lock_(keys_, client), client_(client), embedder_(embedder) {}

bool Ingester::Fail(std::string text) {
  error_ = std::move(text);
  return false;
}

bool Ingester::Call(std::initializer_list<std::string_view> words, RespReply* reply) {
  return client_->Call(words, reply) || Fail(client_->error());
}

void Ingester::Send(std::initializer_list<std::string_view> words) {
  client_->Append(words);
  ++open_commands_;
}

bool Ingester::Open() {
  if (std::string error = lock_.Take(); !error.empty()) return Fail(std::move(error));
  Found found = FindIndex();
  if (found == Found::kFailed) return false;
  if (found == Found::kAnothers)
    return Fail("the server has an index '" + keys_.name() +
                "' that is none of documents; take another name (--index NAME)");
  if (options_.starts_over) {
    if (!Drop()) return false;
    found = Found::kNone;
  }
  IndexSettings settings;
  if (std::string error = ReadIndexSettings(keys_, client_, &settings); !error.empty()) return Fail(std::move(error));
  if (!settings.exists) {
    // One of ours without settings: they were lost, or never written. It may be of other vectors.
    RespReply reply;
    if (found == Found::kOurs && !Call({"FT.DROPINDEX", keys_.name()}, &reply)) return false;
    return CreateIndex();
  }
  const std::string identity = embedder_ ? embedder_->identity() : "none";
  if (settings.embedder != identity)
    return Fail("the index '" + keys_.name() + "' was made with the embedder " + settings.embedder + ", not with " +
                identity + ", and their vectors cannot be compared.\nEither go on with --embedder " +
                settings.embedder.substr(0, settings.embedder.find(":english")) +
                ", or take another index (--index NAME), or make this one anew from the documents (--start-over).");
  // Somebody dropped it: what is stored is still there.
  if (found == Found::kNone && !CreateIndex()) return false;
  if (embedder_ == nullptr) return true;
  if (std::string error = DimensionError(keys_, settings, embedder_->dimension()); !error.empty())
    return Fail(std::move(error));
  RespReply reply;
  return options_.embedder_url == settings.embedder_url ||
         Call({"HSET", keys_.settings(), "embedder-url", options_.embedder_url}, &reply);
}

Ingester::Found Ingester::FindIndex() {
  client_->Append({"FT._LIST"});
  RespReply list;
  RespReply info;
  const bool good = client_->Flush() && client_->Read(&list);
  if (!good || list.is_error()) {
    Fail(good ? "the server has no search indexes: FT._LIST answers " + list.text : client_->error());
    return Found::kFailed;
  }
  const auto has_name = [this](const RespReply& name) { return name.text == keys_.name(); };
  if (std::none_of(list.items.begin(), list.items.end(), has_name)) return Found::kNone;
  if (!ReadInfo(&info, &failures_before_)) return Found::kFailed;
  for (size_t i = 0; i + 1 < info.items.size(); i += 2) {
    if (info.items[i].text != "index_definition") continue;
    const std::vector<RespReply>& definition = info.items[i + 1].items;
    for (size_t k = 0; k + 1 < definition.size(); k += 2) {
      if (definition[k].text != "prefixes") continue;
      const std::vector<RespReply>& prefixes = definition[k + 1].items;
      if (prefixes.size() == 1 && prefixes[0].text == keys_.chunk_prefix()) return Found::kOurs;
    }
  }
  return Found::kAnothers;
}

bool Ingester::ReadInfo(RespReply* info, uint64_t* failures) {
  *failures = 0;
  if (!Call({"FT.INFO", keys_.name()}, info)) return false;
  for (size_t i = 0; i + 1 < info->items.size(); i += 2) {
    if (info->items[i].text == "hash_indexing_failures") *failures = NumberIn(info->items[i + 1]);
    if (info->items[i].text != "Index Errors") continue;
    const std::vector<RespReply>& errors = info->items[i + 1].items;
    for (size_t k = 0; k + 1 < errors.size(); k += 2) {
      if (errors[k].text == "last indexing error") counts_.why_not_indexed = errors[k + 1].text;
    }
  }
  return true;
}

bool Ingester::CreateIndex() {
  failures_before_ = 0;
  const std::string prefix = keys_.chunk_prefix();
  const std::string dimension = std::to_string(embedder_ ? embedder_->dimension() : 0);
  // Every word is indexed: what is a stop word in a question is for the ranking to say.
  std::vector<std::string_view> words = {"FT.CREATE",     keys_.name(), "ON",     "HASH",   "PREFIX",    "1",
                                         prefix,          "STOPWORDS",  "0",      "SCHEMA", "text",      "TEXT",
                                         "title",         "TEXT",       "path",   "TAG",    "SEPARATOR", "\x1f",
                                         "CASESENSITIVE", "number",     "NUMERIC"};
  if (embedder_) {
    for (std::string_view word :
         {std::string_view("vector"), std::string_view("VECTOR"), std::string_view(options_.is_flat ? "FLAT" : "HNSW"),
          std::string_view("6"), std::string_view("TYPE"), std::string_view("FLOAT32"), std::string_view("DIM"),
          std::string_view(dimension), std::string_view("DISTANCE_METRIC"), std::string_view("COSINE")}) {
      words.push_back(word);
    }
  }
  client_->Append(words);
  RespReply reply;
  if (!client_->Flush() || !client_->Read(&reply)) return Fail(client_->error());
  if (reply.is_error()) return Fail("the server cannot make the index '" + keys_.name() + "': " + reply.text);
  return Call({"HSET", keys_.settings(), "layout", kIndexLayout, "embedder", embedder_ ? embedder_->identity() : "none",
               "dimension", dimension, "embedder-url", options_.embedder_url},
              &reply);
}

bool Ingester::Drop() {
  RespReply files;
  RespReply reply;
  if (!Call({"SMEMBERS", keys_.files()}, &files)) return false;
  client_->Append({"FT.DROPINDEX", keys_.name()});
  // An error says that there is none.
  if (!client_->Flush() || !client_->Read(&reply)) return Fail(client_->error());
  std::vector<std::string> ids;
  for (RespReply& file : files.items) ids.push_back(std::move(file.text));
  if (!RemoveFiles(ids)) return false;
  return Call({"DEL", keys_.settings(), keys_.files()}, &reply);
}

bool Ingester::ReadReplies(size_t left) {
  if (!client_->Flush()) return Fail(client_->error());
  RespReply reply;
  for (; open_commands_ > left; --open_commands_) {
    if (!client_->Read(&reply)) return Fail(client_->error());
    if (reply.is_error() && error_.empty()) error_ = "the server answers with: " + reply.text;
  }
  return error_.empty();
}

void Ingester::DeleteChunks(const std::string& id, uint64_t from, uint64_t to) {
  while (from < to) {
    std::vector<std::string> keys;
    for (; from < to && keys.size() < kDeleteAtOnce; ++from) keys.push_back(keys_.chunk(id, from));
    std::vector<std::string_view> words = {"DEL"};
    words.insert(words.end(), keys.begin(), keys.end());
    client_->Append(words);
    ++open_commands_;
  }
}

bool Ingester::RemoveFiles(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    RespReply reply;
    if (!ReadReplies() || !Call({"HGET", keys_.file(id), "chunks"}, &reply)) return false;
    DeleteChunks(id, 0, NumberIn(reply));
    Send({"DEL", keys_.file(id)});
    Send({"SREM", keys_.files(), id});
  }
  return ReadReplies();
}

bool Ingester::RemoveMissing(const FileList& list) {
  RespReply files;
  if (!Call({"SMEMBERS", keys_.files()}, &files)) return false;
  std::unordered_set<std::string_view> listed;
  for (const ListedFile& file : list.files) listed.insert(file.path);
  std::vector<std::string> gone;
  for (const RespReply& file : files.items) {
    RespReply path;
    if (!Call({"HGET", keys_.file(file.text), "path"}, &path)) return false;
    bool is_asked = false;
    for (const std::string& root : list.roots) is_asked = is_asked || IsWithin(path.text, root);
    // Not listed may also mean that a folder could not be walked, or that its name is none of a document's.
    if (!is_asked || listed.contains(path.text) || !IsGone(path.text)) continue;
    gone.push_back(file.text);
    // That one which was named itself does not exist is as it should be.
    std::erase_if(counts_.problems, [&](const FileProblem& problem) {
      std::error_code ignored;
      return std::filesystem::absolute(problem.path, ignored).lexically_normal() == path.text;
    });
  }
  counts_.removed += gone.size();
  return RemoveFiles(gone);
}

bool Ingester::Run(const FileList& list) {
  if (RunOver(list)) return true;
  // The connection may serve others afterwards.
  client_->SkipReplies();
  open_commands_ = 0;
  return false;
}

bool Ingester::RunOver(const FileList& list) {
  counts_.problems = list.problems;
  if (options_.removes_missing && !RemoveMissing(list)) return false;
  reader_ = std::make_unique<ReadAhead>();
  next_file_ = 0;
  while (true) {
    if (planned_.size() < kFilesAtOnce && next_file_ < list.files.size() && !Plan(list)) return false;
    if (planned_.empty()) break;
    const std::shared_ptr<File> file = std::move(planned_.front());
    planned_.pop_front();
    if (file->is_wanted && !IngestFile(file)) return false;
    ++counts_.files;
    on_progress(counts_);
  }
  reader_.reset();
  return SendWaiting() && MarkComplete() && ReadReplies();
}

bool Ingester::MarkComplete() {
  RespReply info;
  uint64_t failures = 0;
  if (!ReadReplies() || !ReadInfo(&info, &failures)) return false;
  const bool is_whole = failures <= failures_before_;
  if (!is_whole) counts_.not_indexed += failures - failures_before_;
  failures_before_ = failures;
  for (const std::shared_ptr<File>& file : stored_) {
    if (is_whole && !file->hash.empty()) Send({"HSET", keys_.file(file->id), "hash", file->hash});
  }
  stored_.clear();
  return true;
}

// Looks at the next files of the list: which of them have to be read, and has that begin.
bool Ingester::Plan(const FileList& list) {
  const size_t first = planned_.size();
  for (size_t i = 0; i < kFilesAtOnce && next_file_ < list.files.size(); ++i, ++next_file_) {
    const std::string& path = list.files[next_file_].path;
    auto file = std::make_shared<File>();
    if (DocumentError error = HashDocument(path, &file->hash)) {
      counts_.problems.push_back({path, error.text()});
    } else {
      file->is_wanted = true;
      file->hash += ":" + ChunkOptionsText(options_.chunks);
    }
    file->id = HashText(path);
    file->path = path;
    counts_.bytes += list.files[next_file_].bytes;
    planned_.push_back(std::move(file));
  }
  const std::vector<std::shared_ptr<File>> files(planned_.begin() + static_cast<ptrdiff_t>(first), planned_.end());
  if (!AskWhatIsKnown(files)) return false;
  for (const std::shared_ptr<File>& file : files) {
    if (file->is_wanted) reader_->Add(file->path);
  }
  return true;
}

bool Ingester::AskWhatIsKnown(std::span<const std::shared_ptr<File>> files) {
  if (!ReadReplies()) return false;
  for (const auto& file : files) client_->Append({"HMGET", keys_.file(file->id), "hash", "chunks"});
  if (!client_->Flush()) return Fail(client_->error());
  RespReply reply;
  for (const auto& file : files) {
    if (!client_->Read(&reply)) return Fail(client_->error());
    if (reply.items.size() != 2)
      return Fail(reply.is_error() ? reply.text : "the server answers HMGET with something else");
    file->is_known = !reply.items[1].is_null;
    file->stored_chunks = NumberIn(reply.items[1]);
    if (file->is_wanted && file->is_known && reply.items[0].text == file->hash) {
      file->is_wanted = false;
      ++counts_.unchanged;
    }
  }
  return true;
}

bool Ingester::IngestFile(const std::shared_ptr<File>& file) {
  ReadAhead::Item item;
  while (item = reader_->Take(), !item.is_end) {
    TakeUnit(file, item.unit);
    on_progress(counts_);
    if (!error_.empty()) return false;
  }
  if (item.is_unusable) return Fail(file->path + " " + item.error.text());
  if (item.error) {
    counts_.problems.push_back({file->path, item.error.text()});
    file->hash.clear();  // so that it is tried again
    // Nothing of it, now nor before: it is no part of the index. Or nothing now, by no fault of its own: what is known of it stays, and the next run
    // tries again.
    if (file->units == 0 && (!file->is_known || item.error.is_passing())) return true;
  }
  if (file->units > 0) ++(file->is_known ? counts_.changed : counts_.added);
  waiting_.push_back({file, true, {}, {}, {}});
  return true;
}

void Ingester::TakeUnit(const std::shared_ptr<File>& file, const Unit& unit) {
  ++counts_.units;
  ++file->units;
  std::string title = unit.document_title;
  for (const std::string& heading : unit.headings) {
    if (heading == unit.document_title) continue;
    if (!title.empty()) title += '\n';
    title += heading;
  }
  for (const Chunk& chunk : ChunkText(unit.text, options_.chunks)) {
    waiting_.push_back({file, false, chunk, unit.text.substr(chunk.begin, chunk.end - chunk.begin), title,
                        UnitKindName(unit.kind), unit.number});
    waiting_bytes_ += chunk.end - chunk.begin;
    if (waiting_.size() >= kBatchChunks || waiting_bytes_ >= kBatchBytes) {
      if (!SendWaiting()) return;
    }
  }
}

// The record tells of chunks before they are there, so that none is ever lost sight of.
void Ingester::Announce(File& file, uint64_t chunks) {
  if (file.sent_chunks > 0 && chunks <= file.stored_chunks) return;
  file.stored_chunks = std::max(chunks, file.stored_chunks);
  Send({"HSET", keys_.file(file.id), "path", file.path, "hash", "", "chunks", std::to_string(file.stored_chunks)});
  Send({"SADD", keys_.files(), file.id});
}

bool Ingester::SendWaiting() {
  std::vector<float> vectors;
  if (embedder_) {
    // What a chunk is about is often said by its headings alone.
    std::vector<std::string> texts;
    for (const Waiting& chunk : waiting_) {
      if (!chunk.is_end) texts.push_back(chunk.title.empty() ? chunk.text : chunk.title + "\n" + chunk.text);
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    if (!views.empty()) {
      if (EmbedError error = embedder_->Embed(views, EmbedPurpose::kDocument, &vectors)) {
        // What has been stored whole before need not be embedded again.
        if (MarkComplete()) (void)ReadReplies();
        return Fail(error.text());
      }
    }
  }
  const float* vector = vectors.data();
  for (size_t i = 0; i < waiting_.size(); ++i) {
    File& file = *waiting_[i].file;
    if (waiting_[i].is_end) {
      SendEnd(file);
      stored_.push_back(waiting_[i].file);
      continue;
    }
    if (i == 0 || waiting_[i - 1].file != waiting_[i].file) {
      size_t end = i;
      while (end < waiting_.size() && waiting_[end].file == waiting_[i].file && !waiting_[end].is_end) ++end;
      Announce(file, file.sent_chunks + (end - i));
    }
    if (!SendChunk(waiting_[i], vector)) return false;
    if (embedder_) vector += embedder_->dimension();
  }
  waiting_.clear();
  waiting_bytes_ = 0;
  // Vectors from elsewhere cost more than waiting for the server's replies does.
  const size_t most_unmarked = options_.embedder_url.empty() ? kFilesAtOnce : 1;
  return stored_.size() < most_unmarked ? ReadReplies(kOpenCommands) : MarkComplete();
}

bool Ingester::SendChunk(const Waiting& chunk, const float* vector) {
  File& file = *chunk.file;
  const std::string key = keys_.chunk(file.id, file.sent_chunks++);
  const std::string name(FileNameOf(file.path));
  const std::string number = std::to_string(chunk.number);
  const std::string begin = std::to_string(chunk.span.begin_character);
  const std::string finish = std::to_string(chunk.span.end_character);
  std::vector<std::string_view> words = {"HSET",   key,       "text",  chunk.text, "title", chunk.title,
                                         "path",   file.path, "name",  name,       "kind",  chunk.kind,
                                         "number", number,    "begin", begin,      "end",   finish};
  if (embedder_) {
    words.push_back("vector");
    words.push_back(BytesOf(vector, embedder_->dimension()));
  }
  client_->Append(words);
  ++open_commands_;
  ++counts_.chunks;
  // The server begins with the first while the rest is being written down.
  return client_->pending_bytes() < kFlushBytes || client_->Flush() || Fail(client_->error());
}

void Ingester::SendEnd(File& file) {
  DeleteChunks(file.id, file.sent_chunks, file.stored_chunks);
  Send({"HSET", keys_.file(file.id), "path", file.path, "hash", "", "chunks", std::to_string(file.sent_chunks)});
  Send({"SADD", keys_.files(), file.id});
}

}  // namespace kvorum
