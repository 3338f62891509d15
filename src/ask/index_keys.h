// How an index of documents is stored in a server: nothing but hashes, a set, and an index of its search.
//
//   NAME              the index (FT.CREATE), over the chunks
//   NAME:chunk:FILE:N hash: a chunk. text; title: the document's title and headings, a line each; path, name (of the file);
//                     kind, number: of the unit, as "page", 3; begin, end: characters in the unit's text; vector: 32-bit floats
//   NAME:file:FILE    hash: path; hash: of what it holds and how that was cut, empty until all of it is stored; chunks: how many
//                     there are at most
//   NAME:files        set of FILE
//   NAME:settings     hash: layout, embedder, dimension, embedder-url
//   NAME:ingest       who writes into it just now (ask/ingest_lock.h)
//
// FILE is a hash of the file's path. A file's record says it is complete only after its last chunk, so what an interrupted ingest left
// behind is found, and overwritten, by the next one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

class IndexKeys {
 public:
  explicit IndexKeys(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  std::string chunk_prefix() const { return name_ + ":chunk:"; }
  std::string chunk(std::string_view file, uint64_t number) const {
    return chunk_prefix() + std::string(file) + ":" + std::to_string(number);
  }
  std::string file(std::string_view file) const { return name_ + ":file:" + std::string(file); }
  std::string files() const { return name_ + ":files"; }
  std::string settings() const { return name_ + ":settings"; }
  std::string ingest() const { return name_ + ":ingest"; }

 private:
  std::string name_;
};

// Changes with what is above.
inline constexpr char kIndexLayout[] = "1";

}  // namespace kvorum
