// What the files of the vector-set family share, and what the shard needs to run VADD and VSIM on other threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands/context.h"
#include "keyspace/attribute_filter.h"
#include "keyspace/vector_set.h"
#include "keyspace/vector_set_object.h"

namespace kvorum {

class CommandTable;

// Candidates that EF may ask for.
inline constexpr int64_t kMaxVectorSetWidth = 1000000;

// VADD's words.
struct VaddRequest {
  std::vector<float> vector;
  size_t reduced = 0;  // 0: not given
  std::string_view element;
  VectorForm form = VectorForm::kQ8;
  size_t m = 16;
  size_t width = 0;  // 0: not given
  bool has_attributes = false;
  std::string_view attributes;
  bool check_and_set = false;
  bool is_plain = true;  // as it would be stated

  VectorSetSettings Settings() const;
};

// These reply the error and return false.
[[nodiscard]] bool ParseVadd(Context& ctx, VaddRequest* request);
[[nodiscard]] bool VaddFits(Context& ctx, const VaddRequest& request, const VectorSet& set);
// The set of the key, or nullptr; and whether the request fits it.
[[nodiscard]] bool FindForVadd(Context& ctx, const VaddRequest& request, VectorSetObject** object);
// Adds what is prepared, states and replies.
void FinishVadd(Context& ctx, const VaddRequest& request, const VectorSet::Prepared& prepared, VectorSetObject* object);
// All at once.
void RunVadd(Context& ctx, const VaddRequest& request);

// VSIM's words.
struct VsimRequest {
  std::vector<float> vector;
  VectorSet::Query query;  // whose vector is not set, and whose filter is in `filter`
  std::unique_ptr<AttributeFilter> filter;
  bool with_scores = false;
  bool with_attributes = false;
  bool on_this_thread = false;
};

// Replies and returns false if that was all: an error, or there is no such key.
[[nodiscard]] bool ParseVsim(Context& ctx, VectorSetObject** object, VsimRequest* request);
void ReplyVsim(ReplyWriter& reply, const VsimRequest& request, const std::vector<VectorSet::Match>& matches);

// A part of RegisterVectorSetCommands.
void RegisterVectorSetReadCommands(CommandTable& table);

}  // namespace kvorum
