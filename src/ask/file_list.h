// Which files an ingest is about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kvorum {

struct ListedFile {
  std::string path;  // absolute, without . and ..
  uint64_t bytes = 0;
};

struct FileProblem {
  std::string path;
  std::string reason;
};

struct FileList {
  std::vector<ListedFile> files;   // by path, each once
  std::vector<std::string> roots;  // what was asked for, as absolute paths
  std::vector<FileProblem> problems;
  uint64_t others = 0;  // in folders: what is no file, or has a name that is none of a document's
  uint64_t links = 0;   // in folders: links to folders, which are not followed, or to nothing
  uint64_t bytes = 0;
};

// Paths are files, of any name, or folders, of which all files count that have the name of a document, at any depth; hidden ones and
// links to folders are left out.
FileList ListFiles(const std::vector<std::string>& paths);

// Whether `path` is `root` or in it.
bool IsWithin(const std::string& path, const std::string& root);

}  // namespace kvorum
