#include "sim/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/indexes.h"

namespace kvorum::sim {
namespace {

uint64_t StateOf(Shard& shard) { return DigestOf(shard.keyspace()) + DigestOfIndexes(shard); }

}  // namespace

void Model::Replace(uint64_t index, Shard& shard) {
  digests_[index] = StateOf(shard);
  if (keep_contents_) contents_[index] = ContentsOf(shard.keyspace());
}

std::string Model::Record(uint64_t index, Shard& shard) {
  const auto known = digests_.find(index);
  if (known == digests_.end()) {
    Replace(index, shard);
    return {};
  }
  if (known->second == StateOf(shard)) return {};
  return fmt::format("the data changed and no entry says so; since entry {}:\n{}", index, Explain(index, shard));
}

void Model::Tell(uint64_t index, Durability durability) {
  if (durability == Durability::kSync) durable_ = std::max(durable_, index);
  if (durability == Durability::kPeriodic) written_ = std::max(written_, index);
}

void Model::Crash(FakeDisk::Keep keep) {
  if (keep != FakeDisk::Keep::kEverything) written_ = 0;
}

std::string Model::CheckRecovered(uint64_t index, bool is_durable, Shard& shard) {
  const auto known = digests_.find(index);
  if (known == digests_.end()) return fmt::format("entry {} was recovered, which nobody wrote", index);
  if (index < outlives_process()) {
    return fmt::format(
        "only the entries up to {} were recovered; up to {} must outlive a power cut, up to {} the process", index,
        durable_, outlives_process());
  }
  if (known->second != StateOf(shard)) {
    return fmt::format("what was recovered is not what there was after entry {}:\n{}", index, Explain(index, shard));
  }
  digests_.erase(std::next(known), digests_.end());
  contents_.erase(contents_.upper_bound(index), contents_.end());
  // Nothing older can come back.
  digests_.erase(digests_.begin(), digests_.lower_bound(durable_));
  contents_.erase(contents_.begin(), contents_.lower_bound(durable_));
  if (is_durable) durable_ = index;
  return {};
}

std::string Model::Explain(uint64_t index, Shard& shard) const {
  const auto known = contents_.find(index);
  return known == contents_.end() ? "" : Difference(known->second, ContentsOf(shard.keyspace())) + IndexesOf(shard);
}

}  // namespace kvorum::sim
