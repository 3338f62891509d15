// What only looks at a vector set, but for VSIM.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <unordered_set>

#include "commands/packed_reply.h"
#include "commands/table.h"
#include "commands/vector_sets.h"
#include "keyspace/sampling.h"

namespace kvorum {
namespace {

std::string_view QuantizationName(VectorForm form) {
  if (form == VectorForm::kF32) return "f32";
  return form == VectorForm::kBinary ? "bin" : "int8";
}

// Replies an error and returns false if the key holds something else. No such key: *object is nullptr.
bool ReadSet(Context& ctx, VectorSetObject** object) { return ctx.ReadAs(ctx.args[1], object); }

const VectorElement* FindElement(Context& ctx, const VectorSetObject* object) {
  return object == nullptr ? nullptr : object->set().Find(ctx.args[2]);
}

void Vcard(Context& ctx) {
  VectorSetObject* object;
  if (ReadSet(ctx, &object)) ctx.reply.Integer(object == nullptr ? 0 : static_cast<int64_t>(object->size()));
}

void Vdim(Context& ctx) {
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  if (object == nullptr) return ctx.Error("ERR key does not exist");
  ctx.reply.Integer(static_cast<int64_t>(object->set().settings().dimensions));
}

void Vismember(Context& ctx) {
  VectorSetObject* object;
  if (ReadSet(ctx, &object)) ctx.reply.Bool(FindElement(ctx, object) != nullptr);
}

void Vgetattr(Context& ctx) {
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  const VectorElement* element = FindElement(ctx, object);
  if (element == nullptr || element->attributes().empty()) return ctx.reply.Null();
  ctx.reply.Bulk(element->attributes());
}

// The vector in Redis's form of that quantization, and the range of the 8-bit one. We store another, so this is made of what we have.
std::string RawForm(const std::vector<float>& vector, VectorForm form, float* range) {
  std::string raw;
  if (form == VectorForm::kF32) {
    raw.assign(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
  } else if (form == VectorForm::kBinary) {
    raw.assign((vector.size() + 63) / 64 * 8, '\0');
    for (size_t i = 0; i < vector.size(); ++i) {
      if (vector[i] > 0) raw[i / 8] = static_cast<char>(raw[i / 8] | 1 << (i % 8));
    }
  } else {
    *range = 0;
    for (const float x : vector) *range = std::max(*range, std::abs(x));
    const float scale = *range > 0 ? 127 / *range : 0;
    for (const float x : vector) raw.push_back(static_cast<char>(std::lround(x * scale)));
  }
  return raw;
}

void Vemb(Context& ctx) {
  if (ctx.args.size() > 4) return ctx.WrongArity();
  if (ctx.args.size() == 4 && !ctx.Is(3, "RAW")) return ctx.SyntaxError();
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  const VectorElement* element = FindElement(ctx, object);
  if (element == nullptr) return ctx.reply.Null();
  std::vector<float> vector;
  object->set().Decode(*element, &vector);
  if (ctx.args.size() == 3) {
    ctx.reply.Array(vector.size());
    for (const float x : vector) ctx.reply.Double(static_cast<double>(x * element->norm));
    return;
  }
  const VectorForm form = object->set().settings().form;
  float range = 0;
  const std::string raw = RawForm(vector, form, &range);
  ctx.reply.Array(form == VectorForm::kQ8 ? 4 : 3);
  ctx.reply.Status(QuantizationName(form));
  ctx.reply.Bulk(raw);
  ctx.reply.Double(static_cast<double>(element->norm));
  if (form == VectorForm::kQ8) ctx.reply.Double(static_cast<double>(range));
}

void Vinfo(Context& ctx) {
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  if (object == nullptr) return ctx.reply.NullArray();
  const VectorSet& set = object->set();
  const auto field = [&ctx](std::string_view name, uint64_t value) {
    ctx.reply.Status(name);
    ctx.reply.Integer(static_cast<int64_t>(value));
  };
  ctx.reply.Map(9);
  ctx.reply.Status("quant-type");
  ctx.reply.Status(QuantizationName(set.settings().form));
  field("hnsw-m", set.settings().m);
  field("vector-dim", set.settings().dimensions);
  field("projection-input-dim", set.settings().input_dimensions);
  field("size", set.size());
  field("max-level", set.top_layer());
  field("attributes-count", set.attributes_count());
  field("vset-uid", set.uid());
  field("hnsw-max-node-uid", set.last_number());
}

void Vlinks(Context& ctx) {
  if (ctx.args.size() > 4) return ctx.WrongArity();
  const bool with_scores = ctx.args.size() == 4;
  if (with_scores && !ctx.Is(3, "WITHSCORES")) return ctx.SyntaxError();
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  const VectorElement* element = FindElement(ctx, object);
  if (element == nullptr) return ctx.reply.NullArray();
  const std::vector<std::vector<VectorSet::Link>> layers = object->set().Links(*element);
  ctx.reply.Array(layers.size());
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    with_scores ? ctx.reply.Map(layer->size()) : ctx.reply.Array(layer->size());
    for (const VectorSet::Link& link : *layer) {
      ctx.reply.Bulk(link.element->name());
      if (with_scores) ctx.reply.Double(static_cast<double>(link.score));
    }
  }
}

void ReplyRepeated(Context& ctx, const VectorSet& set, uint64_t count) {
  const size_t start = ctx.reply.buffer().size();
  ctx.reply.Array(count);
  for (uint64_t i = 0; i < count; ++i) {
    ctx.reply.Bulk(set.RandomElement(ctx.random())->name());
    if (ctx.ReplyIsHopeless()) return;
    if (ctx.reply.buffer().size() - start > kMaxRepeatedReplyBytes) {
      ctx.reply.buffer().Truncate(start);
      return ctx.Error("ERR value is out of range");
    }
  }
}

void ReplyDistinct(Context& ctx, const VectorSet& set, uint64_t count) {
  const size_t wanted = std::min<uint64_t>(count, set.size());
  ctx.reply.Array(wanted);
  if (IsSparseSample(wanted, set.size())) {
    std::unordered_set<const VectorElement*> drawn(2 * wanted);
    while (drawn.size() < wanted) {
      const VectorElement* element = set.RandomElement(ctx.random());
      if (drawn.insert(element).second) ctx.reply.Bulk(element->name());
    }
    return;
  }
  SampleOf sample(wanted, set.size(), ctx.random());
  set.VisitFrom("", false, [&](const VectorElement& element) {
    if (sample.TakesNext()) ctx.reply.Bulk(element.name());
    return sample.left() > 0;
  });
}

void Vrandmember(Context& ctx) {
  if (ctx.args.size() > 3) return ctx.WrongArity();
  int64_t count = 1;
  const bool with_count = ctx.args.size() == 3;
  if (with_count && !ctx.IntegerArg(2, &count, -INT64_MAX, INT64_MAX, "ERR COUNT value is not an integer")) return;
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  if (object == nullptr) return with_count ? ctx.reply.EmptyArray() : ctx.reply.Null();
  if (!with_count) return ctx.reply.Bulk(object->set().RandomElement(ctx.random())->name());
  if (count < 0) return ReplyRepeated(ctx, object->set(), static_cast<uint64_t>(-count));
  ReplyDistinct(ctx, object->set(), static_cast<uint64_t>(count));
}

// An end of VRANGE's range.
struct NameBound {
  std::string_view text = {};
  bool is_open = false;  // "-" or "+"
  bool excludes = false;
};

// False: the error has been replied.
bool ParseBound(Context& ctx, size_t index, std::string_view open, NameBound* bound) {
  const std::string_view word = ctx.args[index];
  if (word == "-" || word == "+") {
    bound->is_open = true;
    if (word == open) return true;
    ctx.Error("ERR '-' can only be used as first argument, '+' only as second");
    return false;
  }
  if (word.empty() || (word[0] != '[' && word[0] != '(')) {
    ctx.Error("ERR invalid start or end: it must be -, + or a name behind [ or (");
    return false;
  }
  bound->text = word.substr(1);
  bound->excludes = word[0] == '(';
  return true;
}

void Vrange(Context& ctx) {
  if (ctx.args.size() > 5) return ctx.WrongArity();
  NameBound first, last;
  int64_t count = -1;
  if (!ParseBound(ctx, 2, "-", &first) || !ParseBound(ctx, 3, "+", &last)) return;
  if (ctx.args.size() == 5 && !ctx.IntegerArg(4, &count, "ERR invalid COUNT")) return;
  VectorSetObject* object;
  if (!ReadSet(ctx, &object)) return;
  if (object == nullptr || count == 0) return ctx.reply.EmptyArray();
  const ReplyWriter::Deferred place = ctx.reply.Defer();
  size_t found = 0;
  object->set().VisitFrom(first.text, first.excludes, [&](const VectorElement& element) {
    const int beyond = last.is_open ? -1 : element.name().compare(last.text);
    if (beyond > 0 || (beyond == 0 && last.excludes)) return false;
    ctx.reply.Bulk(element.name());
    ++found;
    return found != static_cast<uint64_t>(count) && !ctx.ReplyIsHopeless();
  });
  ctx.reply.SetDeferredArray(place, found);
}

}  // namespace

void RegisterVectorSetReadCommands(CommandTable& table) {
  table.Bind("vcard", Vcard);
  table.Bind("vdim", Vdim);
  table.Bind("vemb", Vemb);
  table.Bind("vgetattr", Vgetattr);
  table.Bind("vinfo", Vinfo);
  table.Bind("vismember", Vismember);
  table.Bind("vlinks", Vlinks);
  table.Bind("vrandmember", Vrandmember);
  table.Bind("vrange", Vrange);
}

}  // namespace kvorum
