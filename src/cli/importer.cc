#include "cli/importer.h"

#include <cstdio>
#include <cstring>
#include <vector>

#include "base/quote.h"
#include "cli/file_bytes.h"
#include "os/clock.h"
#include "rdb/crc64.h"
#include "rdb/elements.h"
#include "rdb/value_reader.h"

namespace kvorum {

namespace {

// Replies are read when so many are due: enough to keep both sides at work.
constexpr size_t kMaxUnread = 2000;
// And so many bytes are sent at once.
constexpr size_t kBatchBytes = 128 << 10;
// A piece of a large value.
constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kPieceElements = 1000;
constexpr size_t kStringPieceBytes = 16 << 20;

// What SkipRdbValue read over.
bool IsSupported(uint8_t type, uint64_t module_type_id) {
  return ShapeOfRdbType(type) != RdbShape::kOther || module_type_id == kJsonTypeId;
}

}  // namespace

// Collects elements and sends them on as commands that add them.
class PieceSender final : public RdbElementVisitor {
 public:
  PieceSender(Importer& importer, RdbShape shape, std::string_view key, uint64_t offset, uint8_t type)
      : importer_(importer), shape_(shape), key_(key), offset_(offset), type_(type) {}

  bool Element(std::string_view first, std::string_view second) override {
    if (shape_ == RdbShape::kString) return String(first);
    const bool score_first = shape_ == RdbShape::kSortedSet;
    Add(score_first ? second : first);
    if (shape_ == RdbShape::kHash || score_first) Add(score_first ? first : second);
    return (bytes_.size() < kPieceBytes && ++count_ < kPieceElements) || Flush();
  }

  bool Flush() {
    if (sizes_.empty()) return true;
    std::vector<std::string_view> words = {Command(), key_};
    size_t at = 0;
    for (size_t size : sizes_) {
      words.push_back(std::string_view(bytes_).substr(at, size));
      at += size;
    }
    const bool good = Send(words);
    bytes_.clear();
    sizes_.clear();
    count_ = 0;
    return good;
  }

 private:
  std::string_view Command() const {
    switch (shape_) {
      case RdbShape::kList:
        return "RPUSH";
      case RdbShape::kSet:
        return "SADD";
      case RdbShape::kSortedSet:
        return "ZADD";
      default:
        return "HSET";
    }
  }

  void Add(std::string_view text) {
    bytes_ += text;
    sizes_.push_back(text.size());
  }

  bool String(std::string_view text) {
    const std::string_view first[] = {"SET", key_, text.substr(0, kStringPieceBytes)};
    if (!Send(first)) return false;
    for (size_t at = kStringPieceBytes; at < text.size(); at += kStringPieceBytes) {
      const std::string_view words[] = {"APPEND", key_, text.substr(at, kStringPieceBytes)};
      if (!Send(words)) return false;
    }
    return true;
  }

  bool Send(std::span<const std::string_view> words) {
    importer_.client_.Append(words);
    return importer_.Note({Importer::Sent::Kind::kPiece, std::string(key_), offset_, type_});
  }

  Importer& importer_;
  const RdbShape shape_;
  const std::string_view key_;
  const uint64_t offset_;
  const uint8_t type_;
  std::string bytes_;
  std::vector<size_t> sizes_;
  size_t count_ = 0;
};

Importer::Importer(const ImportOptions& options, File& file, uint64_t file_bytes)
    : options_(options), file_(file), file_bytes_(file_bytes) {}

bool Importer::Fail(std::string text) {
  if (error_.empty()) error_ = std::move(text);
  return false;
}

bool Importer::FileFailed(const RdbError& error) {
  return Fail(options_.file + ", offset " + std::to_string(error.offset) + ": " + error.text);
}

bool Importer::Check() {
  Progress progress("checking " + options_.file, file_bytes_);
  FileSource source(file_);
  RdbFileReader file(source);
  RdbPart part;
  file_.WillReadAll();
  uint64_t all_keys = 0;
  while (file.Next(&part)) {
    if (part.kind == RdbPart::Kind::kFunctions) ++libraries_;
    if (part.kind != RdbPart::Kind::kKey) continue;
    progress.Show(file.in().offset(), ++all_keys);
    if (Wants(part)) {
      ++keys_;
      const uint64_t offset = file.in().offset();
      uint64_t module_type_id;
      if (!SkipRdbValue(part.type, file.in(), &module_type_id)) break;
      if (!IsSupported(part.type, module_type_id)) {
        const std::string_view name = UnsupportedTypeName(part.type);
        if (unsupported_.empty())
          first_unsupported_ =
              "key " + InQuotes(part.key) + " at offset " + std::to_string(offset) + " is " + std::string(name);
        ++unsupported_[std::string(name)];
      }
    } else if (!SkipRdbValue(part.type, file.in())) {
      break;
    }
  }
  if (file.in().failed()) return FileFailed(file.in().error());
  version_ = file.version();
  has_checksum_ = file.has_checksum();
  if (!file.in().AtEnd()) {
    progress.Clear();
    std::fprintf(stderr,
                 "%s: the RDB part ends at offset %llu, and something follows (an append-only file's commands?), which "
                 "is not imported\n",
                 options_.file.c_str(), static_cast<unsigned long long>(file.in().offset()));
  }
  if (unsupported_.empty() || options_.skips_unsupported) return true;
  return Fail(options_.file + ": " + first_unsupported_ +
              ", which this version does not have. --skip-unsupported imports the rest");
}

bool Importer::Send() {
  if (!client_.Connect(options_.server)) return Fail(client_.error());
  now_ms_ = SystemClock().UnixMicros() / 1000;
  Progress progress("importing " + options_.file, file_bytes_);
  FileSource source(file_);
  RdbFileReader file(source);
  RdbPart part;
  while (file.Next(&part)) {
    if (part.kind != RdbPart::Kind::kKey) continue;
    if (!SendKey(file, part)) break;
    progress.Show(file.in().offset(), imported_);
  }
  if (file.in().failed()) return FileFailed(file.in().error());
  // What the server says comes before what it could not be told.
  if (!error_.empty() || !ReadReplies(0)) return false;
  seconds_ = progress.seconds();
  return true;
}

bool Importer::SendKey(RdbFileReader& file, const RdbPart& part) {
  const bool has_expired = part.deadline_ms >= 0 && part.deadline_ms <= now_ms_;
  const bool is_module = static_cast<RdbType>(part.type) == RdbType::kModule;
  uint64_t module_type_id;
  if (!Wants(part) || has_expired || !(is_module || IsSupported(part.type, 0))) {
    if (!SkipRdbValue(part.type, file.in(), &module_type_id)) return false;
    if (Wants(part) && has_expired && IsSupported(part.type, module_type_id)) ++expired_;
    return true;
  }
  const uint64_t offset = file.in().offset();
  payload_.Clear();
  payload_.Append(static_cast<char>(part.type));
  // There are no pieces of a JSON text.
  file.in().Capture(&payload_, is_module ? SIZE_MAX : options_.large_bytes);
  const bool good = SkipRdbValue(part.type, file.in(), &module_type_id);
  const bool is_large = (file.in().Capture(nullptr), file.in().capture_overflowed());
  if (!good) return false;
  if (!IsSupported(part.type, module_type_id)) return true;
  if (part.db != db_ && !Select(part.db)) return false;
  return is_large ? SendInPieces(part, part.key, offset) : SendWhole(part, part.key, offset);
}

bool Importer::Select(int db) {
  db_ = db;
  client_.Append({"SELECT", std::to_string(db)});
  return Note({Sent::Kind::kSelect, std::to_string(db), 0, 0});
}

bool Importer::SendWhole(const RdbPart& part, std::string_view key, uint64_t offset) {
  const auto version = static_cast<uint16_t>(version_);
  payload_.Append({reinterpret_cast<const char*>(&version), sizeof(version)});
  const uint64_t checksum = Crc64(0, payload_.view());
  payload_.Append({reinterpret_cast<const char*>(&checksum), sizeof(checksum)});
  const std::string deadline = std::to_string(part.deadline_ms < 0 ? 0 : part.deadline_ms);
  std::vector<std::string_view> words = {"RESTORE", key, deadline, payload_.view(), "ABSTTL"};
  if (options_.replaces) words.push_back("REPLACE");
  std::string number;
  if (part.idle_s >= 0 || part.frequency >= 0) {
    number = std::to_string(part.idle_s >= 0 ? part.idle_s : part.frequency);
    words.push_back(part.idle_s >= 0 ? "IDLETIME" : "FREQ");
    words.push_back(number);
  }
  client_.Append(words);
  return Note({Sent::Kind::kRestore, std::string(key), offset, part.type});
}

bool Importer::SendInPieces(const RdbPart& part, std::string_view key, uint64_t offset) {
  RespReply reply;
  if (!ReadReplies(0)) return false;
  if (!client_.Call({options_.replaces ? "DEL" : "EXISTS", key}, &reply)) return Fail(client_.error());
  RespReply busy;
  busy.kind = '-';
  busy.text = "BUSYKEY";
  if (!options_.replaces && reply.text != "0")
    return Handle({Sent::Kind::kRestore, std::string(key), offset, part.type}, busy);
  FileSource source(file_, offset);
  RdbReader in(source, offset);
  PieceSender sender(*this, ShapeOfRdbType(part.type), key, offset, part.type);
  if (!VisitRdbElements(part.type, in, sender) || !sender.Flush()) return in.failed() ? FileFailed(in.error()) : false;
  if (part.deadline_ms >= 0) {
    client_.Append({"PEXPIREAT", key, std::to_string(part.deadline_ms)});
    if (!Note({Sent::Kind::kPiece, std::string(key), offset, part.type})) return false;
  }
  ++imported_;
  return true;
}

bool Importer::Note(Sent sent) {
  sent_.push_back(std::move(sent));
  if (client_.pending_bytes() >= kBatchBytes && !client_.Flush()) return Fail(client_.error());
  return sent_.size() < kMaxUnread || ReadReplies(kMaxUnread / 2);
}

bool Importer::ReadReplies(size_t down_to) {
  if (!client_.Flush()) return Fail(client_.error());
  RespReply reply;
  for (; sent_.size() > down_to; sent_.pop_front()) {
    if (!client_.Read(&reply)) return Fail(client_.error());
    if (!Handle(sent_.front(), reply)) return false;
  }
  return true;
}

bool Importer::Handle(const Sent& sent, const RespReply& reply) {
  if (!reply.is_error()) {
    if (sent.kind == Sent::Kind::kRestore) ++imported_;
    return true;
  }
  if (sent.kind == Sent::Kind::kSelect)
    return Fail("database " + sent.key + ": " + options_.server.text() + " says: " + reply.text);
  if (sent.kind == Sent::Kind::kRestore && reply.text.starts_with("BUSYKEY")) {
    if (options_.keeps) {
      ++kept_;
      return true;
    }
    return Fail("key " + InQuotes(sent.key) + " is there already; --replace overwrites such keys, --keep leaves them");
  }
  return Fail(options_.file + ", offset " + std::to_string(sent.offset) + ", key " + InQuotes(sent.key) + ": " +
              options_.server.text() + " says: " + reply.text);
}

std::string Importer::Summary() const {
  std::string text = "imported " + CountText(imported_, "key") + " from " + options_.file + " (RDB version " +
                     std::to_string(version_) + ", " + BytesText(file_bytes_) + ")";
  if (error_.empty()) {
    char speed[64];
    std::snprintf(speed, sizeof(speed), " in %.1f s, %.0f keys/s", seconds_,
                  static_cast<double>(imported_) / (seconds_ > 0.001 ? seconds_ : 0.001));
    text += speed;
  }
  if (expired_ > 0) text += "; " + std::to_string(expired_) + " had expired";
  if (kept_ > 0) text += "; " + std::to_string(kept_) + " were there already and are as they were";
  for (const auto& [name, count] : unsupported_) text += "; left out " + std::to_string(count) + " (" + name + ")";
  if (libraries_ > 0) text += "; left out " + std::to_string(libraries_) + " (a library of functions)";
  if (!has_checksum_ && version_ > 0 && error_.empty()) text += "; the file has no checksum";
  return text;
}

}  // namespace kvorum
