#include "ask/ingester.h"

#include <cstdlib>

#include "documents/content_hash.h"
#include "documents/format.h"
#include "embedding/embedder.h"

namespace kvorum {
namespace {

// Embedded and sent together.
constexpr size_t kBatchChunks = 128;
constexpr size_t kBatchBytes = 1 << 20;
constexpr uint64_t kDeleteAtOnce = 1000;

std::string_view BytesOf(const float* vector, size_t dimension) {
  return {reinterpret_cast<const char*>(vector), dimension * sizeof(float)};
}

uint64_t NumberIn(const RespReply& reply) { return reply.is_null ? 0 : std::strtoull(reply.text.c_str(), nullptr, 10); }

}  // namespace

Ingester::Ingester(const IngestOptions& options, RespClient* client, Embedder* embedder)
    : options_(options), keys_(options.index), client_(client), embedder_(embedder) {}

bool Ingester::Fail(std::string text) {
  error_ = std::move(text);
  return false;
}

bool Ingester::Call(std::initializer_list<std::string_view> words, RespReply* reply) {
  return client_->Call(words, reply) || Fail(client_->error());
}

bool Ingester::Open() {
  if (options_.starts_over && !Drop()) return false;
  RespReply reply;
  if (!Call({"HMGET", keys_.settings(), "layout", "embedder", "dimension"}, &reply)) return false;
  if (reply.items.size() != 3) return Fail("the server answers HMGET with something else");
  if (reply.items[0].is_null) return CreateIndex();
  if (reply.items[0].text != kIndexLayout)
    return Fail("the index '" + keys_.name() + "' was made by another version of Kvorum; --start-over makes it anew");
  const std::string identity = embedder_ ? embedder_->identity() : "none";
  if (reply.items[1].text != identity)
    return Fail("the index '" + keys_.name() + "' was made with the embedder " + reply.items[1].text + ", not with " +
                identity + ", and their vectors cannot be compared.\nEither go on with --embedder " +
                reply.items[1].text.substr(0, reply.items[1].text.find(":english")) +
                ", or take another index (--index NAME), or make this one anew from the documents (--start-over).");
  if (embedder_ && NumberIn(reply.items[2]) != embedder_->dimension())
    return Fail("the embedder " + identity + " now gives " + std::to_string(embedder_->dimension()) +
                " numbers a text, and the index '" + keys_.name() + "' has " + reply.items[2].text +
                "; --start-over makes it anew from the documents");
  return true;
}

bool Ingester::CreateIndex() {
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
  // It is there when an ingest was interrupted before the settings were stored.
  if (reply.is_error() && reply.text.find("already exists") == std::string::npos)
    return Fail("the server cannot make the index '" + keys_.name() + "': " + reply.text);
  return Call({"HSET", keys_.settings(), "layout", kIndexLayout, "embedder", embedder_ ? embedder_->identity() : "none",
               "dimension", dimension},
              &reply);
}

bool Ingester::Drop() {
  RespReply files;
  RespReply reply;
  if (!Call({"SMEMBERS", keys_.files()}, &files)) return false;
  client_->Append({"FT.DROPINDEX", keys_.name()});
  // An error says that there is none.
  if (!client_->Flush() || !client_->Read(&reply)) return Fail(client_->error());
  for (const RespReply& file : files.items) {
    if (!RemoveFile(file.text)) return false;
  }
  counts_.removed = 0;
  return Call({"DEL", keys_.settings(), keys_.files()}, &reply);
}

bool Ingester::ReadReplies(size_t count) {
  RespReply reply;
  for (; count > 0; --count) {
    if (!client_->Read(&reply)) return Fail(client_->error());
    if (reply.is_error() && error_.empty()) error_ = "the server answers with: " + reply.text;
  }
  return error_.empty();
}

void Ingester::DeleteChunks(const std::string& id, uint64_t from, uint64_t to, size_t* commands) {
  while (from < to) {
    std::vector<std::string> keys;
    for (; from < to && keys.size() < kDeleteAtOnce; ++from) keys.push_back(keys_.chunk(id, from));
    std::vector<std::string_view> words = {"DEL"};
    words.insert(words.end(), keys.begin(), keys.end());
    client_->Append(words);
    ++*commands;
  }
}

bool Ingester::RemoveFile(const std::string& id) {
  RespReply reply;
  if (!Call({"HGET", keys_.file(id), "chunks"}, &reply)) return false;
  size_t commands = 2;
  DeleteChunks(id, 0, NumberIn(reply), &commands);
  client_->Append({"DEL", keys_.file(id)});
  client_->Append({"SREM", keys_.files(), id});
  ++counts_.removed;
  return (client_->Flush() || Fail(client_->error())) && ReadReplies(commands);
}

bool Ingester::RemoveMissing(const FileList& list) {
  RespReply files;
  if (!Call({"SMEMBERS", keys_.files()}, &files)) return false;
  for (const RespReply& file : files.items) {
    RespReply path;
    if (!Call({"HGET", keys_.file(file.text), "path"}, &path)) return false;
    bool is_asked = false;
    for (const std::string& root : list.roots) is_asked = is_asked || IsWithin(path.text, root);
    bool is_there = false;
    for (const ListedFile& listed : list.files) is_there = is_there || listed.path == path.text;
    if (is_asked && !is_there && !RemoveFile(file.text)) return false;
  }
  return true;
}

bool Ingester::Run(const FileList& list) {
  counts_.problems = list.problems;
  if (options_.removes_missing && !RemoveMissing(list)) return false;
  for (const ListedFile& file : list.files) {
    if (!IngestFile(file)) return false;
    ++counts_.files;
    counts_.bytes += file.bytes;
    on_progress(counts_);
  }
  return true;
}

bool Ingester::IngestFile(const ListedFile& file) {
  std::string hash;
  uint64_t bytes = 0;
  if (DocumentError error = HashFile(file.path, &hash, &bytes)) {
    counts_.problems.push_back({file.path, error.text()});
    return true;
  }
  hash += ":" + ChunkOptionsText(options_.chunks);
  current_ = {HashText(file.path), file.path};
  RespReply reply;
  if (!Call({"HMGET", keys_.file(current_.id), "hash", "chunks"}, &reply)) return false;
  if (reply.items.size() != 2) return Fail("the server answers HMGET with something else");
  const bool is_known = !reply.items[1].is_null;
  if (is_known && reply.items[0].text == hash) {
    ++counts_.unchanged;
    return true;
  }
  current_.stored_chunks = NumberIn(reply.items[1]);
  const uint64_t units_before = counts_.units;
  const DocumentError error = reader_.Read(file.path, [this](Unit&& unit) {
    TakeUnit(unit);
    on_progress(counts_);
    return error_.empty();
  });
  if (!error_.empty()) return false;
  if (reader_.is_unusable()) return Fail(file.path + " " + error.text());
  if (error) {
    counts_.problems.push_back({file.path, error.text()});
    hash.clear();  // so that it is tried again
    // Nothing of it, now nor before: it is no part of the index.
    if (counts_.units == units_before && !is_known) return true;
  }
  if (counts_.units > units_before) ++(is_known ? counts_.changed : counts_.added);
  return StoreFile(hash);
}

void Ingester::TakeUnit(const Unit& unit) {
  ++counts_.units;
  std::string title = unit.document_title;
  for (const std::string& heading : unit.headings) {
    if (heading == unit.document_title) continue;
    if (!title.empty()) title += '\n';
    title += heading;
  }
  for (const Chunk& chunk : ChunkText(unit.text, options_.chunks)) {
    waiting_.push_back(
        {chunk, unit.text.substr(chunk.begin, chunk.end - chunk.begin), title, UnitKindName(unit.kind), unit.number});
    waiting_bytes_ += chunk.end - chunk.begin;
    if (waiting_.size() >= kBatchChunks || waiting_bytes_ >= kBatchBytes) {
      if (!SendWaiting()) return;
    }
  }
}

bool Ingester::SendWaiting() {
  if (waiting_.empty()) return true;
  std::vector<float> vectors;
  if (embedder_) {
    // What a chunk is about is often said by its headings alone.
    std::vector<std::string> texts;
    for (const Waiting& chunk : waiting_)
      texts.push_back(chunk.title.empty() ? chunk.text : chunk.title + "\n" + chunk.text);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    if (EmbedError error = embedder_->Embed(views, EmbedPurpose::kDocument, &vectors)) return Fail(error.text());
  }
  size_t commands = 0;
  const uint64_t end = current_.sent_chunks + waiting_.size();
  if (current_.sent_chunks == 0 || end > current_.stored_chunks) {
    // The record tells of chunks before they are there, so that none is ever lost sight of.
    current_.stored_chunks = std::max(end, current_.stored_chunks);
    client_->Append({"HSET", keys_.file(current_.id), "path", current_.path, "hash", "", "chunks",
                     std::to_string(current_.stored_chunks)});
    client_->Append({"SADD", keys_.files(), current_.id});
    commands += 2;
  }
  const std::string name(FileNameOf(current_.path));
  for (size_t i = 0; i < waiting_.size(); ++i) {
    const Waiting& chunk = waiting_[i];
    const std::string key = keys_.chunk(current_.id, current_.sent_chunks + i);
    const std::string number = std::to_string(chunk.number);
    const std::string begin = std::to_string(chunk.span.begin_character);
    const std::string finish = std::to_string(chunk.span.end_character);
    std::vector<std::string_view> words = {"HSET",   key,           "text",  chunk.text, "title", chunk.title,
                                           "path",   current_.path, "name",  name,       "kind",  chunk.kind,
                                           "number", number,        "begin", begin,      "end",   finish};
    if (embedder_) {
      words.push_back("vector");
      words.push_back(BytesOf(&vectors[i * embedder_->dimension()], embedder_->dimension()));
    }
    client_->Append(words);
    ++commands;
  }
  current_.sent_chunks = end;
  counts_.chunks += waiting_.size();
  waiting_.clear();
  waiting_bytes_ = 0;
  return (client_->Flush() || Fail(client_->error())) && ReadReplies(commands);
}

bool Ingester::StoreFile(const std::string& hash) {
  if (!SendWaiting()) return false;
  size_t commands = 2;
  DeleteChunks(current_.id, current_.sent_chunks, current_.stored_chunks, &commands);
  client_->Append({"HSET", keys_.file(current_.id), "path", current_.path, "hash", hash, "chunks",
                   std::to_string(current_.sent_chunks)});
  client_->Append({"SADD", keys_.files(), current_.id});
  return (client_->Flush() || Fail(client_->error())) && ReadReplies(commands);
}

}  // namespace kvorum
