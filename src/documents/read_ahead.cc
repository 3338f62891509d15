#include "documents/read_ahead.h"

#include <algorithm>

#include "base/check.h"

namespace kvorum {
namespace {

constexpr size_t kMostProcesses = 4;

// What an item takes besides its text, about.
constexpr size_t kItemBytes = 512;

size_t BytesOf(const ReadAhead::Item& item) { return item.unit.text.size() + kItemBytes; }

}  // namespace

ReadAhead::ReadAhead(size_t processes, size_t most_bytes) : most_bytes_(most_bytes) {
  if (processes == 0) processes = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostProcesses);
  for (size_t i = 0; i < processes; ++i) readers_.push_back(std::make_unique<ReaderProcess>());
  for (const auto& reader : readers_) threads_.emplace_back([this, &reader = *reader] { Run(reader); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  for (const auto& reader : readers_) reader->Cancel();
  for (std::thread& thread : threads_) thread.join();
}

void ReadAhead::Add(const std::string& path) {
  auto document = std::make_shared<Document>();
  document->path = path;
  {
    const std::lock_guard lock(mutex_);
    documents_.push_back(std::move(document));
  }
  changed_.notify_all();
}

ReadAhead::Item ReadAhead::Take() {
  std::unique_lock lock(mutex_);
  CHECK(!documents_.empty());
  Document& first = *documents_.front();
  changed_.wait(lock, [&] { return !first.items.empty(); });
  Item item = std::move(first.items.front());
  first.items.pop_front();
  first.waiting_bytes -= BytesOf(item);
  waiting_bytes_ -= BytesOf(item);
  if (item.is_end) {
    documents_.pop_front();
    --begun_;
  }
  lock.unlock();
  changed_.notify_all();
  return item;
}

std::shared_ptr<ReadAhead::Document> ReadAhead::Begin() {
  std::unique_lock lock(mutex_);
  // The first one is what is waited for: it begins in any case.
  changed_.wait(lock, [this] {
    return is_ending_ || (begun_ < documents_.size() && (begun_ == 0 || waiting_bytes_ < most_bytes_));
  });
  return is_ending_ ? nullptr : documents_[begun_++];
}

bool ReadAhead::Put(Document& document, Item&& item) {
  std::unique_lock lock(mutex_);
  // Each has its share, so that those behind never keep the first one from going on.
  changed_.wait(lock, [&] {
    return is_ending_ || document.items.empty() || document.waiting_bytes < most_bytes_ / readers_.size();
  });
  if (is_ending_) return false;
  document.waiting_bytes += BytesOf(item);
  waiting_bytes_ += BytesOf(item);
  document.items.push_back(std::move(item));
  const bool is_first = documents_.front().get() == &document;
  lock.unlock();
  if (is_first) changed_.notify_all();
  return true;
}

void ReadAhead::Run(ReaderProcess& reader) {
  while (const std::shared_ptr<Document> document = Begin()) {
    Item end;
    end.is_end = true;
    end.error = reader.Read(document->path, [&](Unit&& unit) {
      return Put(*document, {false, std::move(unit), {}, false});
    });
    end.is_unusable = reader.is_unusable();
    if (!Put(*document, std::move(end))) return;
  }
}

}  // namespace kvorum
