#include "ask/file_list.h"

#include <algorithm>
#include <filesystem>

#include "documents/format.h"

namespace kvorum {
namespace fs = std::filesystem;
namespace {

void AddEntry(const fs::directory_entry& entry, FileList* list, std::vector<fs::path>* folders) {
  const std::string path = entry.path().string();
  if (FileNameOf(path).starts_with('.')) return;
  std::error_code ignored;
  // Not through links to folders, which may lead back.
  if (entry.is_regular_file(ignored) && FormatOfName(path) != DocumentFormat::kNone) {
    list->files.push_back({path, entry.file_size(ignored)});
  } else if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
    folders->push_back(entry.path());
  } else if (entry.is_symlink(ignored) && !entry.is_regular_file(ignored)) {
    ++list->links;
  } else {
    ++list->others;
  }
}

// A folder that cannot be read is a problem of its own; the others are walked all the same.
void AddFolder(const fs::path& root, FileList* list) {
  std::vector<fs::path> folders = {root};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    fs::directory_iterator at(folder, error);
    for (const fs::directory_iterator end; !error && at != end; at.increment(error)) AddEntry(*at, list, &folders);
    if (error) list->problems.push_back({folder.string(), "could not be read: " + error.message()});
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
