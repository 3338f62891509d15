#include "vector/link_table.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace kvorum {
namespace {

uint32_t Load(const LinkTable::Link& link) { return link.load(std::memory_order_relaxed); }
void Store(LinkTable::Link& link, uint32_t value) { link.store(value, std::memory_order_release); }

}  // namespace

void LinkTable::Grow(size_t nodes) {
  records_.Grow(nodes);
  back_.Grow(nodes);
}

void LinkTable::Clear(uint32_t node) {
  Link* links = Write(node);
  for (size_t i = 0; i < most_; ++i) links[i].store(kNone, std::memory_order_relaxed);
  back_.Clear(node);
}

void LinkTable::Shrink(size_t nodes) {
  records_.Shrink(nodes);
  back_.Shrink(nodes);
}

size_t LinkTable::Find(uint32_t from, uint32_t to) const {
  const Link* links = Read(from);
  for (size_t i = 0; i < most_; ++i) {
    const uint32_t node = NodeOf(Load(links[i]));
    if (node == to) return i;
    if (node == kNone) break;
  }
  return kNowhere;
}

size_t LinkTable::Count(uint32_t node) const {
  const Link* links = Read(node);
  size_t count = 0;
  while (count < most_ && NodeOf(Load(links[count])) != kNone) ++count;
  return count;
}

size_t LinkTable::CountAnchors(uint32_t node) const {
  const Link* links = Read(node);
  size_t count = 0;
  for (size_t i = 0; i < most_ && NodeOf(Load(links[i])) != kNone; ++i)
    count += (Load(links[i]) & kAnchor) != 0 ? 1 : 0;
  return count;
}

bool LinkTable::IsAnchored(uint32_t from, uint32_t to) const {
  const size_t position = Find(from, to);
  return position != kNowhere && (Load(Read(from)[position]) & kAnchor) != 0;
}

void LinkTable::Add(uint32_t from, uint32_t to) {
  CHECK(from != to);
  const size_t count = Count(from);
  CHECK(count < most_);
  if (Has(to, from)) {
    back_.Remove(from, to);
  } else {
    back_.Add(to, from);
  }
  Store(Write(from)[count], to);
}

void LinkTable::Erase(uint32_t from, size_t position) {
  Link* links = Write(from);
  const size_t last = Count(from) - 1;
  if (position != last) Store(links[position], Load(links[last]));
  Store(links[last], kNone);
}

void LinkTable::Remove(uint32_t from, uint32_t to) {
  const size_t position = Find(from, to);
  CHECK(position != kNowhere && (Load(Read(from)[position]) & kAnchor) == 0);
  Erase(from, position);
  if (Has(to, from)) {
    back_.Add(from, to);
  } else {
    back_.Remove(to, from);
  }
}

void LinkTable::Replace(uint32_t from, std::span<const uint32_t> to) {
  CHECK(to.size() <= most_);
  std::vector<uint32_t> before;
  Targets(from, &before);
  for (const uint32_t node : before) {
    if (std::find(to.begin(), to.end(), node) == to.end()) Remove(from, node);
  }
  for (const uint32_t node : to) {
    if (std::find(before.begin(), before.end(), node) == before.end()) Add(from, node);
  }
}

void LinkTable::Anchor(uint32_t a, uint32_t b, bool anchored) {
  for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
    const size_t position = Find(from, to);
    CHECK(position != kNowhere);
    Store(Write(from)[position], anchored ? to | kAnchor : to);
  }
}

void LinkTable::Restore(uint32_t node, const char* links, size_t count) {
  Link* to = Write(node);
  for (size_t i = 0; i < count; ++i) {
    uint32_t link;
    std::memcpy(&link, links + i * sizeof(link), sizeof(link));
    to[i].store(link, std::memory_order_relaxed);
  }
}

void LinkTable::Targets(uint32_t node, std::vector<uint32_t>* to) const {
  to->clear();
  const Link* links = Read(node);
  for (size_t i = 0; i < most_ && NodeOf(Load(links[i])) != kNone; ++i) to->push_back(NodeOf(Load(links[i])));
}

void LinkTable::Sources(uint32_t node, std::vector<uint32_t>* from) const {
  from->assign(back_.Of(node).begin(), back_.Of(node).end());
  const Link* links = Read(node);
  for (size_t i = 0; i < most_ && NodeOf(Load(links[i])) != kNone; ++i) {
    const uint32_t target = NodeOf(Load(links[i]));
    if (Has(target, node)) from->push_back(target);
  }
}

void LinkTable::Detach(uint32_t node) {
  std::vector<uint32_t> nodes;
  Sources(node, &nodes);
  for (const uint32_t source : nodes) Remove(source, node);
  // Now nothing links here, so each of the own links is one way.
  Targets(node, &nodes);
  for (const uint32_t target : nodes) back_.Remove(target, node);
  CHECK(back_.Of(node).empty());
}

void LinkTable::Rename(uint32_t node, uint32_t to) {
  std::vector<uint32_t> sources, targets;
  Sources(node, &sources);
  Targets(node, &targets);
  for (size_t i = 0; i < most_; ++i) Store(Write(to)[i], Load(Read(node)[i]));
  for (const uint32_t target : targets) {
    if (Has(target, node)) continue;
    back_.Remove(target, node);
    back_.Add(target, to);
  }
  for (const uint32_t source : back_.Of(node)) back_.Add(to, source);
  back_.Clear(node);
  for (const uint32_t source : sources) {
    Link& link = Write(source)[Find(source, node)];
    Store(link, to | (Load(link) & kAnchor));
  }
}

}  // namespace kvorum
