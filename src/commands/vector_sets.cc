// The vector-set family: what changes a set. Reads are in vector_sets_read.cc, VSIM's words in vector_sets_search.cc; VADD and VSIM themselves
// are the shard's (shard/vector_set_commands.cc).
#include "commands/vector_sets.h"

#include <cmath>
#include <cstring>

#include "base/numbers.h"
#include "commands/table.h"
#include "commands/vector_arguments.h"
#include "keyspace/json_text.h"

namespace kvorum {

bool ParseVector(const Context& ctx, size_t* at, std::vector<float>* vector) {
  if (*at + 1 >= ctx.args.size()) return false;
  if (ctx.Is(*at, "FP32")) {
    const std::string_view blob = ctx.args[*at + 1];
    if (blob.empty() || blob.size() % sizeof(float) != 0 || blob.size() / sizeof(float) > kMaxDimensions) return false;
    vector->resize(blob.size() / sizeof(float));
    std::memcpy(vector->data(), blob.data(), blob.size());
    *at += 2;
  } else if (ctx.Is(*at, "VALUES")) {
    int64_t count;
    if (!ParseInt64(ctx.args[*at + 1], &count) || count < 1 || count > static_cast<int64_t>(kMaxDimensions))
      return false;
    *at += 2;
    if (ctx.args.size() - *at < static_cast<size_t>(count)) return false;
    vector->clear();
    for (int64_t i = 0; i < count; ++i) {
      double number;
      if (!ParseDouble(ctx.args[(*at)++], &number)) return false;
      vector->push_back(static_cast<float>(number));
    }
  } else {
    return false;
  }
  for (const float number : *vector) {
    if (!std::isfinite(number)) return false;
  }
  return true;
}

VectorSetSettings VaddRequest::Settings() const {
  VectorSetSettings settings{.dimensions = vector.size(), .form = form, .m = m};
  if (reduced > 0) {
    settings.input_dimensions = vector.size();
    settings.dimensions = reduced;
  }
  return settings;
}

namespace {

void BadVector(Context& ctx) { ctx.Error("ERR invalid vector specification"); }

// As JSON; an empty text takes them away.
bool CheckAttributes(Context& ctx, std::string_view attributes) {
  if (attributes.size() <= VectorSet::kMaxNameBytes && (attributes.empty() || IsJsonText(attributes))) return true;
  ctx.Error("ERR attributes are not valid JSON");
  return false;
}

bool ParseVaddOption(Context& ctx, size_t* at, VaddRequest* request) {
  const auto number = [&](int64_t least, int64_t most, std::string_view error, size_t* value) {
    int64_t given;
    if (*at + 1 >= ctx.args.size()) return ctx.Error("ERR invalid option after element"), false;
    if (!ctx.IntegerArg(++*at, &given, least, most, error)) return false;
    *value = static_cast<size_t>(given);
    return true;
  };
  if (ctx.Is(*at, "CAS")) {
    request->check_and_set = true;
    request->is_plain = false;
  } else if (ctx.Is(*at, "NOQUANT")) {
    request->form = VectorForm::kF32;
  } else if (ctx.Is(*at, "Q8")) {
    request->form = VectorForm::kQ8;
  } else if (ctx.Is(*at, "BIN")) {
    request->form = VectorForm::kBinary;
  } else if (ctx.Is(*at, "EF")) {
    return number(1, kMaxVectorSetWidth, "ERR invalid EF", &request->width);
  } else if (ctx.Is(*at, "M")) {
    return number(VectorSet::kMinLinks, VectorSet::kMaxLinks, "ERR invalid M", &request->m);
  } else if (ctx.Is(*at, "SETATTR") && *at + 1 < ctx.args.size()) {
    request->has_attributes = true;
    request->attributes = ctx.args[++*at];
    return CheckAttributes(ctx, request->attributes);
  } else {
    ctx.Error("ERR invalid option after element");
    return false;
  }
  return true;
}

// The same with the vector as a blob, which is shorter to write down and sooner read.
void StateVadd(Context& ctx, const VaddRequest& request) {
  if (request.is_plain || !ctx.wants_effects()) return;
  std::vector<std::string_view> words = {"VADD", ctx.args[1]};
  const std::string reduced = std::to_string(request.reduced);
  const std::string width = std::to_string(request.width);
  const std::string m = std::to_string(request.m);
  if (request.reduced > 0) words.insert(words.end(), {"REDUCE", reduced});
  const std::string_view blob(reinterpret_cast<const char*>(request.vector.data()),
                              request.vector.size() * sizeof(float));
  words.insert(words.end(), {"FP32", blob, request.element});
  if (request.form == VectorForm::kF32) words.push_back("NOQUANT");
  if (request.form == VectorForm::kBinary) words.push_back("BIN");
  if (request.width > 0) words.insert(words.end(), {"EF", width});
  if (request.has_attributes) words.insert(words.end(), {"SETATTR", request.attributes});
  words.insert(words.end(), {"M", m});
  ctx.Effect(words);
}

void Vrem(Context& ctx) {
  const std::string_view key = ctx.args[1];
  VectorSetObject* object;
  if (!ctx.WriteAs(key, &object)) return;
  VectorElement* element = object == nullptr ? nullptr : object->set().Find(ctx.args[2]);
  if (element == nullptr) return ctx.reply.Bool(false);
  object->set().Remove(element);
  ctx.Changed(key);
  ctx.Notify(event::kModule, "vrem", key);
  ctx.DeleteIfEmpty(key, *object);
  ctx.reply.Bool(true);
}

void Vsetattr(Context& ctx) {
  const std::string_view key = ctx.args[1];
  VectorSetObject* object;
  if (!ctx.WriteAs(key, &object)) return;
  VectorElement* element = object == nullptr ? nullptr : object->set().Find(ctx.args[2]);
  if (element == nullptr) return ctx.reply.Bool(false);
  if (!CheckAttributes(ctx, ctx.args[3])) return;
  object->set().SetAttributes(element, ctx.args[3]);
  ctx.Changed(key);
  ctx.Notify(event::kModule, "vsetattr", key);
  ctx.reply.Bool(true);
}

}  // namespace

bool ParseVadd(Context& ctx, VaddRequest* request) {
  size_t at = 2;
  if (ctx.Is(at, "REDUCE")) {
    int64_t reduced;
    if (!ParseInt64(ctx.args[at + 1], &reduced) || reduced < 1) return BadVector(ctx), false;
    request->reduced = static_cast<size_t>(reduced);
    at += 2;
  }
  request->is_plain = ctx.Is(at, "FP32");
  if (!ParseVector(ctx, &at, &request->vector) || request->reduced > request->vector.size())
    return BadVector(ctx), false;
  if (at == ctx.args.size()) return ctx.WrongArity(), false;
  request->element = ctx.args[at++];
  if (request->element.size() > VectorSet::kMaxNameBytes) return ctx.Error("ERR the element's name is too long"), false;
  for (; at < ctx.args.size(); ++at) {
    if (!ParseVaddOption(ctx, &at, request)) return false;
  }
  return true;
}

bool VaddFits(Context& ctx, const VaddRequest& request, const VectorSet& set) {
  const VectorSetSettings& has = set.settings();
  const size_t given = request.vector.size();
  if (request.form != has.form) {
    ctx.Error("ERR asked quantization mismatch with existing vector set");
  } else if (request.m != has.m) {
    ctx.Error("ERR asked M value mismatch with existing vector set");
  } else if (set.reduces() ? request.reduced != has.dimensions : given != has.dimensions) {
    ctx.Error("ERR Vector dimension mismatch - got " + std::to_string(given) + " but set has " +
              std::to_string(has.dimensions));
  } else if (request.reduced > 0 && !set.reduces()) {
    ctx.Error("ERR cannot add projection to existing set without projection");
  } else if (set.reduces() && given != has.input_dimensions) {
    ctx.Error("ERR Input dimension mismatch for projection - got " + std::to_string(given) +
              " but projection expects " + std::to_string(has.input_dimensions));
  } else {
    return true;
  }
  return false;
}

bool FindForVadd(Context& ctx, const VaddRequest& request, VectorSetObject** object) {
  return ctx.WriteAs(ctx.args[1], object) && (*object == nullptr || VaddFits(ctx, request, (*object)->set()));
}

void FinishVadd(Context& ctx, const VaddRequest& request, const VectorSet::Prepared& prepared,
                VectorSetObject* object) {
  const std::string_view key = ctx.args[1];
  bool added;
  VectorElement* element = object->set().Commit(request.element, prepared, &added);
  if (request.has_attributes) object->set().SetAttributes(element, request.attributes);
  StateVadd(ctx, request);
  ctx.Changed(key);
  ctx.Notify(event::kModule, "vadd", key);
  ctx.reply.Bool(added);
}

void RunVadd(Context& ctx, const VaddRequest& request) {
  VectorSetObject* object;
  if (!FindForVadd(ctx, request, &object)) return;
  std::unique_ptr<VectorSetObject> made;
  if (object == nullptr) {
    made = std::make_unique<VectorSetObject>(std::make_unique<VectorSet>(request.Settings()));
    object = made.get();
  }
  VectorSet::Prepared prepared;
  if (!object->set().Prepare(request.vector, request.width, ctx.random().Next(), &prepared)) return BadVector(ctx);
  if (made != nullptr) ctx.Put(ctx.args[1], std::move(made));
  FinishVadd(ctx, request, prepared, object);
}

void RegisterVectorSetCommands(CommandTable& table) {
  table.Bind("vrem", Vrem);
  table.Bind("vsetattr", Vsetattr);
  RegisterVectorSetReadCommands(table);
}

}  // namespace kvorum
