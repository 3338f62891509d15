#include "documents/content_hash.h"

#include <sys/stat.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "documents/format.h"

namespace kvorum {
namespace {

std::string Hexadecimal(uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

constexpr size_t kBlockBytes = 256 << 10;

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};
struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

// No pipe, that would be waited for.
bool IsOrdinaryFile(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// Appends to *hash.
DocumentError HashFile(const std::string& path, std::string* hash) {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return DocumentError(std::strerror(errno));
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  XXH3_128bits_reset(state.get());
  const std::unique_ptr<char[]> block(new char[kBlockBytes]);
  errno = 0;
  while (const size_t count = std::fread(block.get(), 1, kBlockBytes, file.get())) {
    XXH3_128bits_update(state.get(), block.get(), count);
  }
  if (std::ferror(file.get())) return DocumentError(std::strerror(errno ? errno : EIO));
  const XXH128_hash_t result = XXH3_128bits_digest(state.get());
  *hash += Hexadecimal(result.high64) + Hexadecimal(result.low64);
  return {};
}

}  // namespace

DocumentError HashDocument(const std::string& path, std::string* hash) {
  hash->clear();
  if (DocumentError error = HashFile(path, hash)) return error;
  const std::string beside = FormatOfName(path) == DocumentFormat::kDictd ? DictionaryBeside(path) : "";
  return beside.empty() || !IsOrdinaryFile(beside) ? DocumentError() : HashFile(beside, hash);
}

std::string HashText(std::string_view text) { return Hexadecimal(XXH3_64bits(text.data(), text.size())); }

}  // namespace kvorum
