#include "rdb/reader.h"

#include <algorithm>

#include "base/numbers.h"
#include "rdb/crc64.h"
#include "rdb/lzf.h"

namespace kvorum {
namespace {

constexpr size_t kWindowBytes = 256 << 10;
// So much memory is taken before the bytes have come; more only as they do.
constexpr size_t kTrustedBytes = 1 << 20;

constexpr uint8_t kForm = 0xC0;  // the bits of a length's first byte that tell its form
constexpr uint8_t kShortLength = 0x00;
constexpr uint8_t kMiddleLength = 0x40;
constexpr uint8_t kLength32 = 0x80;
constexpr uint8_t kLength64 = 0x81;
constexpr uint8_t kOtherForm = 0xC0;
constexpr uint8_t kInt8 = 0xC0;
constexpr uint8_t kInt16 = 0xC1;
constexpr uint8_t kInt32 = 0xC2;
constexpr uint8_t kLzf = 0xC3;

}  // namespace

RdbReader::RdbReader(ByteSource& source, uint64_t offset) : offset_(offset), source_(&source), window_(kWindowBytes) {
  at_ = end_ = mark_ = window_.data();
}

bool RdbReader::Fail(RdbError::Kind kind, std::string_view text) {
  if (!failed()) error_ = {kind, std::string(text), offset()};
  return false;
}

void RdbReader::Account() {
  const std::string_view bytes(mark_, static_cast<size_t>(at_ - mark_));
  if (source_ != nullptr) crc_ = Crc64(crc_, bytes);
  if (capture_ != nullptr && !capture_overflowed_) {
    if (bytes.size() > capture_limit_ - capture_->size()) {
      capture_overflowed_ = true;
      capture_->Clear();
    } else {
      capture_->Append(bytes);
    }
  }
  offset_ += bytes.size();
  mark_ = at_;
}

void RdbReader::Capture(Buffer* copy, size_t limit) {
  Account();
  capture_ = copy;
  if (copy == nullptr) return;
  capture_limit_ = std::max(limit, copy->size());
  capture_overflowed_ = false;
}

bool RdbReader::Refill(size_t bytes) {
  if (failed()) return false;
  if (source_ == nullptr) return Fail(RdbError::Kind::kEnd, "the bytes end too early");
  Account();
  const size_t left = static_cast<size_t>(end_ - at_);
  char* window = window_.Prepare(kWindowBytes);
  std::memmove(window, at_, left);
  at_ = mark_ = window;
  end_ = window + left;
  while (static_cast<size_t>(end_ - at_) < bytes) {
    const size_t held = static_cast<size_t>(end_ - window);
    const ByteSource::Result result = source_->Read({window + held, kWindowBytes - held});
    if (!result.error.empty()) return Fail(RdbError::Kind::kSource, result.error);
    if (result.bytes == 0) return Fail(RdbError::Kind::kEnd, "the bytes end too early");
    end_ += result.bytes;
  }
  return true;
}

bool RdbReader::AtEnd() {
  if (failed() || at_ != end_) return false;
  if (source_ == nullptr) return true;
  Account();
  char* window = window_.Prepare(kWindowBytes);
  at_ = mark_ = end_ = window;
  const ByteSource::Result result = source_->Read({window, kWindowBytes});
  if (!result.error.empty()) return Fail(RdbError::Kind::kSource, result.error);
  end_ += result.bytes;
  return result.bytes == 0;
}

bool RdbReader::Skip(uint64_t bytes) {
  while (bytes > 0) {
    if (!Need(1)) return false;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(bytes, static_cast<size_t>(end_ - at_)));
    at_ += step;
    bytes -= step;
  }
  return !failed();
}

bool RdbReader::Bytes(uint64_t count, Buffer* storage, std::string_view* view) {
  if (failed()) return false;
  if (source_ == nullptr) {
    if (count > static_cast<size_t>(end_ - at_)) return Fail(RdbError::Kind::kEnd, "the bytes end too early");
    *view = {at_, static_cast<size_t>(count)};
    at_ += count;
    return true;
  }
  storage->Clear();
  while (count > 0) {
    if (!Need(1)) return false;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(count, static_cast<size_t>(end_ - at_)));
    if (storage->empty()) storage->Reserve(static_cast<size_t>(std::min<uint64_t>(count, kTrustedBytes)));
    storage->Append({at_, step});
    at_ += step;
    count -= step;
  }
  *view = storage->view();
  return true;
}

bool RdbReader::LengthAfter(uint8_t head, uint64_t* length) {
  if ((head & kForm) == kShortLength) {
    *length = head;
    return true;
  }
  if ((head & kForm) == kMiddleLength) {
    uint8_t low;
    if (!Byte(&low)) return false;
    *length = static_cast<uint64_t>(head & 0x3F) << 8 | low;
    return true;
  }
  if (head == kLength32) {
    uint32_t big_endian;
    if (!Fixed(&big_endian)) return false;
    *length = __builtin_bswap32(big_endian);
    return true;
  }
  if (head == kLength64) {
    uint64_t big_endian;
    if (!Fixed(&big_endian)) return false;
    *length = __builtin_bswap64(big_endian);
    return true;
  }
  return Damaged("not a length");
}

bool RdbReader::Length(uint64_t* length) {
  uint8_t head;
  return Byte(&head) && LengthAfter(head, length);
}

bool RdbReader::StringHead(uint8_t* head, bool* is_plain, uint64_t* length) {
  if (!Byte(head)) return false;
  *is_plain = (*head & kForm) != kOtherForm;
  return !*is_plain || LengthAfter(*head, length);
}

bool RdbReader::String(Buffer* storage, std::string_view* text) {
  uint8_t head;
  bool is_plain;
  uint64_t length;
  if (!StringHead(&head, &is_plain, &length)) return false;
  if (is_plain) return Bytes(length, storage, text);
  return head == kLzf ? CompressedString(storage, text) : NumberString(head, storage, text);
}

bool RdbReader::NumberString(uint8_t head, Buffer* storage, std::string_view* text) {
  int64_t number;
  if (head == kInt8) {
    int8_t value;
    if (!Fixed(&value)) return false;
    number = value;
  } else if (head == kInt16) {
    int16_t value;
    if (!Fixed(&value)) return false;
    number = value;
  } else if (head == kInt32) {
    int32_t value;
    if (!Fixed(&value)) return false;
    number = value;
  } else {
    return Damaged("not a string");
  }
  storage->Clear();
  storage->Commit(FormatInt64(number, storage->Prepare(kMaxInt64Chars)));
  *text = storage->view();
  return true;
}

bool RdbReader::CompressedString(Buffer* storage, std::string_view* text) {
  uint64_t compressed_size;
  uint64_t size;
  std::string_view compressed;
  if (!Length(&compressed_size) || !Length(&size)) return false;
  if (compressed_size > UINT32_MAX || size > UINT32_MAX || size == 0 || !IsPossibleLzfSize(compressed_size, size))
    return Damaged("a compressed string with an impossible length");
  if (!Bytes(compressed_size, &compressed_, &compressed)) return false;
  storage->Clear();
  if (!LzfDecompress(compressed, storage->Prepare(size), size))
    return Damaged("a compressed string does not decompress");
  storage->Commit(size);
  if (compressed_.capacity() > kTrustedBytes) compressed_ = Buffer();
  *text = storage->view();
  return true;
}

bool RdbReader::SkipString() {
  uint8_t head;
  bool is_plain;
  uint64_t length;
  if (!StringHead(&head, &is_plain, &length)) return false;
  if (is_plain) return Skip(length);
  if (head == kInt8 || head == kInt16 || head == kInt32) return Skip(uint64_t{1} << (head - kInt8));
  if (head != kLzf) return Damaged("not a string");
  uint64_t compressed_size;
  uint64_t size;
  return Length(&compressed_size) && Length(&size) && Skip(compressed_size);
}

}  // namespace kvorum
