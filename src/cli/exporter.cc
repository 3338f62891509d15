#include "cli/exporter.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/quote.h"
#include "base/version.h"
#include "os/clock.h"
#include "rdb/payload.h"

namespace kvorum {
namespace {

constexpr std::string_view kScanCount = "1000";
// A batch of values is to have about so many bytes, as far as the values so far tell.
constexpr uint64_t kBatchBytes = 1 << 20;
constexpr uint64_t kMaxBatch = 500;

uint64_t NumberIn(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Behind "NAME=" in one of INFO's lines.
uint64_t FieldOf(std::string_view line, std::string_view name) {
  const size_t at = line.find(name);
  return at == std::string_view::npos ? 0 : NumberIn(line.substr(at + name.size()));
}

}  // namespace

bool Exporter::Fail(std::string text) {
  if (error_.empty()) error_ = std::move(text);
  return false;
}

bool Exporter::FindDatabases() {
  RespReply reply;
  if (!client_.Call({"INFO", "keyspace"}, &reply)) return Fail(client_.error());
  std::string_view text = reply.text;
  while (!text.empty()) {
    const size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    if (!line.starts_with("db")) continue;
    const DatabaseSize database{static_cast<int>(NumberIn(line.substr(2))), FieldOf(line, "keys="),
                                FieldOf(line, "expires=")};
    if (options_.only_db < 0 || options_.only_db == database.db) databases_.push_back(database);
  }
  return true;
}

void Exporter::Begin(int version) {
  version_ = version;
  writer_ = std::make_unique<RdbFileWriter>(RdbWriter::Options{}, sink_, version);
  writer_->Aux("redis-ver", kRedisVersion);
  writer_->Aux("redis-bits", "64");
  writer_->Aux("ctime", std::to_string(SystemClock().UnixMicros() / 1000000));
  writer_->Aux("kvorum-ver", kVersion);
}

bool Exporter::TakeScan(std::string* cursor, SeenKeys& seen) {
  RespReply reply;
  if (!client_.Read(&reply)) return Fail(client_.error());
  if (reply.is_error()) return Fail(options_.server.text() + " answers SCAN with: " + reply.text);
  if (reply.items.size() != 2) return Fail(options_.server.text() + " gives a strange answer to SCAN");
  *cursor = reply.items[0].text;
  for (RespReply& key : reply.items[1].items) {
    if (seen.Add(key.text)) keys_.push_back(std::move(key.text));
  }
  return true;
}

void Exporter::Request(size_t count) {
  std::vector<std::string> batch;
  for (; count > 0 && !keys_.empty(); --count) {
    client_.Append({"PEXPIRETIME", keys_.front()});
    client_.Append({"DUMP", keys_.front()});
    batch.push_back(std::move(keys_.front()));
    keys_.pop_front();
  }
  if (!batch.empty()) batches_.push_back(std::move(batch));
}

bool Exporter::WriteKey(std::string_view key, const RespReply& deadline, const RespReply& payload) {
  for (const RespReply* reply : {&deadline, &payload}) {
    if (reply->is_error())
      return Fail("key " + InQuotes(key) + ": " + options_.server.text() + " says: " + reply->text);
  }
  if (payload.is_null) return true;  // gone meanwhile
  if (!IsIntactPayload(payload.text))
    return Fail("key " + InQuotes(key) + ": what DUMP gives is damaged, or of a Redis newer than 7.2");
  if (static_cast<uint8_t>(payload.text[0]) == static_cast<uint8_t>(RdbType::kVectorSet)) {
    ++left_out_;
    return true;
  }
  uint16_t version;
  std::memcpy(&version, payload.text.data() + payload.text.size() - kPayloadFooterBytes, sizeof(version));
  if (writer_ == nullptr) Begin(version);
  if (version > version_) return Fail("key " + InQuotes(key) + ": the server's version has changed meanwhile");
  if (!has_selected_) {
    writer_->SelectDb(current_.db);
    writer_->Sizes(current_.keys, current_.expiring);
    has_selected_ = true;
  }
  int64_t deadline_ms = Entry::kNoDeadline;
  std::from_chars(deadline.text.data(), deadline.text.data() + deadline.text.size(), deadline_ms);
  writer_->Key(key, deadline_ms < 0 ? Entry::kNoDeadline : deadline_ms,
               std::string_view(payload.text).substr(0, payload.text.size() - kPayloadFooterBytes));
  payload_bytes_ += payload.text.size();
  ++exported_;
  return writer_->error().empty() || Fail(writer_->error());
}

bool Exporter::TakeValues() {
  RespReply deadline;
  RespReply payload;
  for (const std::string& key : batches_.front()) {
    if (!client_.Read(&deadline) || !client_.Read(&payload)) return Fail(client_.error());
    if (!WriteKey(key, deadline, payload)) return false;
  }
  batches_.pop_front();
  return true;
}

bool Exporter::ExportDatabase(const DatabaseSize& database, Progress& progress) {
  current_ = database;
  has_selected_ = false;
  SeenKeys seen;
  RespReply reply;
  std::string cursor = "0";
  if (!client_.Call({"SELECT", std::to_string(database.db)}, &reply)) return Fail(client_.error());
  // The next keys are looked for, and two batches of values are on their way, at any time.
  bool is_last = false;
  while (!is_last || !keys_.empty() || !batches_.empty()) {
    const bool scans = !is_last && keys_.size() < kMaxBatch;
    if (scans) client_.Append({"SCAN", cursor, "MATCH", options_.match, "COUNT", kScanCount});
    if (!client_.Flush()) return Fail(client_.error());
    while (scans ? !batches_.empty() : batches_.size() > 1) {
      if (!TakeValues()) return false;
    }
    if (scans) {
      if (!TakeScan(&cursor, seen)) return false;
      is_last = cursor == "0";
    }
    const uint64_t average = exported_ == 0 ? kBatchBytes / 16 : payload_bytes_ / exported_ + 1;
    if (!keys_.empty()) {
      Request(std::clamp<uint64_t>(kBatchBytes / average, 1, kMaxBatch));
    } else if (is_last) {
      while (!batches_.empty()) {
        if (!TakeValues()) return false;
      }
    }
    progress.Show(exported_, exported_);
  }
  return true;
}

bool Exporter::Run() {
  if (!client_.Connect(options_.server) || !FindDatabases()) return Fail(client_.error());
  uint64_t keys = 0;
  for (const DatabaseSize& database : databases_) keys += database.keys;
  Progress progress("exporting to " + options_.file, keys);
  for (const DatabaseSize& database : databases_) {
    if (!ExportDatabase(database, progress)) return false;
  }
  if (writer_ == nullptr) Begin(kRdbVersion);
  if (!writer_->Finish()) return Fail(writer_->error());
  seconds_ = progress.seconds();
  return true;
}

std::string Exporter::Summary() const {
  char speed[64];
  std::snprintf(speed, sizeof(speed), " in %.1f s, %.0f keys/s", seconds_,
                static_cast<double>(exported_) / (seconds_ > 0.001 ? seconds_ : 0.001));
  return "exported " + CountText(exported_, "key") + " to " + options_.file + " (RDB version " +
         std::to_string(version_) + ", " + BytesText(sink_.bytes()) + ")" + speed +
         (left_out_ == 0 ? ""
                         : "; left out " + CountText(left_out_, "vector set") + ", for which such a file has no form");
}

}  // namespace kvorum
