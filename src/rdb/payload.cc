#include "rdb/payload.h"

#include <cstring>

#include "rdb/crc64.h"

namespace kvorum {

bool IsIntactPayload(std::string_view payload) {
  if (payload.size() < kPayloadFooterBytes) return false;
  const size_t version_at = payload.size() - kPayloadFooterBytes;
  uint16_t version;
  uint64_t checksum;
  std::memcpy(&version, payload.data() + version_at, sizeof(version));
  std::memcpy(&checksum, payload.data() + version_at + sizeof(version), sizeof(checksum));
  return version <= kMaxRdbVersion && Crc64(0, payload.substr(0, version_at + sizeof(version))) == checksum;
}

}  // namespace kvorum
