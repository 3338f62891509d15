// The built-in model's bytes, as they lie in the repository, in the program's read-only part.
#include "base/check.h"
#include "embedding/static_embedder.h"

__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    "kvorum_builtin_model_begin:\n"
    ".incbin \"" KVORUM_BUILTIN_MODEL
    "\"\n"
    "kvorum_builtin_model_end:\n"
    ".previous\n");

extern "C" {
extern const char kvorum_builtin_model_begin[] __attribute__((visibility("hidden")));
extern const char kvorum_builtin_model_end[] __attribute__((visibility("hidden")));
}

namespace kvorum {

const StaticModel& BuiltInModel() {
  static const StaticModel* const model = [] {
    auto* opened = new StaticModel;
    std::string error;
    const std::string_view bytes(kvorum_builtin_model_begin,
                                 static_cast<size_t>(kvorum_builtin_model_end - kvorum_builtin_model_begin));
    CHECK(StaticModel::Open(bytes, opened, &error));
    return opened;
  }();
  return *model;
}

}  // namespace kvorum
