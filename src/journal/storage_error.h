// What keeps a data folder from being used: the system failed a call, or a file is not as we write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "os/file.h"

namespace kvorum {

// None, or what is wrong: `if (StorageError error = ...) return error;`
class [[nodiscard]] StorageError {
 public:
  enum class Kind {
    kNone,
    kSystem,   // a call failed; the text is the system's
    kDamage,   // bytes are not what was written, or a file is missing
    kVersion,  // written by a newer Kvorum
    kStopped,  // whoever asked did not want to go on
  };

  StorageError() = default;
  static StorageError System(const FileError& error) { return System(error.text()); }
  static StorageError System(std::string text) { return {Kind::kSystem, {}, 0, std::move(text)}; }
  static StorageError Damage(std::string file, uint64_t offset, std::string what) {
    return {Kind::kDamage, std::move(file), offset, std::move(what)};
  }
  static StorageError Version(std::string file, std::string what) {
    return {Kind::kVersion, std::move(file), 0, std::move(what)};
  }
  static StorageError Stopped() { return {Kind::kStopped, {}, 0, "stopped"}; }

  explicit operator bool() const { return kind_ != Kind::kNone; }  // true: something is wrong
  Kind kind() const { return kind_; }
  const std::string& file() const { return file_; }  // its path
  uint64_t offset() const { return offset_; }
  const std::string& what() const { return what_; }
  // For people: the file, the offset, what is wrong there, and what can be done.
  std::string text() const {
    if (kind_ == Kind::kNone || file_.empty()) return what_;
    std::string text = file_;
    if (kind_ == Kind::kDamage) text += " at offset " + std::to_string(offset_);
    text += ": " + what_;
    if (kind_ == Kind::kDamage) {
      text += ". Nothing was changed. `kvorum check` on its folder shows what can be saved, and repairs when told to";
    }
    return text;
  }

 private:
  StorageError(Kind kind, std::string file, uint64_t offset, std::string what)
      : kind_(kind), file_(std::move(file)), offset_(offset), what_(std::move(what)) {}

  Kind kind_ = Kind::kNone;
  std::string file_;
  uint64_t offset_ = 0;
  std::string what_;
};

}  // namespace kvorum
