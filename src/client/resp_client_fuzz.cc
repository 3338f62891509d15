// Any bytes as a server's replies: they are read to the first that is none, within the limits, and never beyond.
#include <cstdint>

#include "base/check.h"
#include "client/resp_client.h"

namespace {

using namespace kvorum;

// The bytes that its own encoding would have at least; each reply has come from as many.
size_t LeastBytes(const RespReply& reply) {
  CHECK(reply.is_null ? reply.text.empty() && reply.items.empty() : reply.kind == '*' || reply.items.empty());
  size_t bytes = reply.text.size() + 2;  // its kind, and a line feed
  for (const RespReply& item : reply.items) bytes += LeastBytes(item);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > BlockingSocket::kMaxReplayBytes) return 0;
  RespClient client(BlockingSocket::Replay({reinterpret_cast<const char*>(data), size}));
  RespReply reply;
  size_t bytes = 0;
  while (client.Read(&reply)) bytes += LeastBytes(reply);
  CHECK(bytes <= size);
  CHECK(!client.error().empty());
  return 0;
}
