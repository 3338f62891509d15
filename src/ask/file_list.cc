#include "ask/file_list.h"

#include <algorithm>
#include <filesystem>

#include "documents/format.h"

namespace kvorum {
namespace fs = std::filesystem;
namespace {

void AddFolder(const fs::path& folder, FileList* list) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::none, error);
  if (error) {
    list->problems.push_back({folder.string(), error.message()});
    return;
  }
  for (const fs::recursive_directory_iterator end; at != end;) {
    const fs::directory_entry& entry = *at;
    const std::string path = entry.path().string();
    std::error_code ignored;
    if (FileNameOf(path).starts_with('.')) {
      if (entry.is_directory(ignored)) at.disable_recursion_pending();
    } else if (entry.is_regular_file(ignored)) {
      if (FormatOfName(path) != DocumentFormat::kNone) {
        list->files.push_back({path, entry.file_size(ignored)});
      } else {
        ++list->others;
      }
    }
    at.increment(error);
    if (!error) continue;
    // Mostly a folder that may not be read: what is behind it in the walk cannot be reached by this iterator.
    list->problems.push_back({path, "could not be walked further: " + error.message()});
    return;
  }
}

}  // namespace

FileList ListFiles(const std::vector<std::string>& paths) {
  FileList list;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(path, error);
    const fs::file_status status = error ? fs::file_status() : fs::status(whole, error);
    if (error || !fs::exists(status)) {
      list.problems.push_back({path, error && fs::exists(status) ? error.message() : "does not exist"});
      std::error_code ignored;
      list.roots.push_back(fs::absolute(path, ignored).lexically_normal().string());
      continue;
    }
    list.roots.push_back(whole.string());
    if (fs::is_directory(status)) {
      AddFolder(whole, &list);
    } else if (fs::is_regular_file(status)) {
      list.files.push_back({whole.string(), fs::file_size(whole, error)});
    } else {
      list.problems.push_back({path, "is neither a file nor a folder"});
    }
  }
  std::sort(list.files.begin(), list.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto last =
      std::unique(list.files.begin(), list.files.end(), [](const auto& a, const auto& b) { return a.path == b.path; });
  list.files.erase(last, list.files.end());
  for (const ListedFile& file : list.files) list.bytes += file.bytes;
  return list;
}

bool IsWithin(const std::string& path, const std::string& root) {
  return path.starts_with(root) && (path.size() == root.size() || root.ends_with('/') || path[root.size()] == '/');
}

}  // namespace kvorum
