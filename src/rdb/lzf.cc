#include "rdb/lzf.h"

#include <liblzf/lzf.h>

#include <cstdint>

namespace kvorum {

size_t LzfCompress(std::string_view bytes, char* out, size_t room) {
  if (bytes.size() > UINT32_MAX || room > UINT32_MAX) return 0;
  return lzf_compress(bytes.data(), static_cast<unsigned>(bytes.size()), out, static_cast<unsigned>(room));
}

bool LzfDecompress(std::string_view compressed, char* out, size_t size) {
  if (compressed.size() > UINT32_MAX || size > UINT32_MAX) return false;
  return lzf_decompress(compressed.data(), static_cast<unsigned>(compressed.size()), out,
                        static_cast<unsigned>(size)) == size;
}

}  // namespace kvorum
