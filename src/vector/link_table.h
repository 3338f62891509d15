// LinkTable: the links of one layer of a graph: for each node up to `most` others, in one or two cache lines.
//
// A link is a number of 31 bits and an *anchor* bit. Anchored links are mutual, and those of the ground layer form a tree over all
// nodes (vector/hnsw_index.h): what prunes links must leave them.
//
// Threads: one writer changes links while any thread reads them (Read). Each link is atomic, written with release and read with
// acquire, so whoever learns of a node by a link sees what the writer had written of that node before. A list is not atomic: a
// reader may see part of an older and part of a newer one, a link twice, or one less; each link it sees did exist.
// Invariant: BackLinks of v are the u that link to v without v linking to u. Complexity: O(most) each, and what BackLinks take.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/prefetch.h"
#include "vector/back_links.h"
#include "vector/slot_array.h"

namespace kvorum {

class LinkTable {
 public:
  using Link = std::atomic<uint32_t>;
  static constexpr uint32_t kNone = 0x7FFFFFFF;
  static constexpr uint32_t kAnchor = 0x80000000;

  // `header_bytes` of each record are the caller's, before the links.
  LinkTable(size_t most, size_t header_bytes, bool huge_pages)
      : most_(most), header_bytes_(header_bytes), records_(header_bytes + most * sizeof(Link), huge_pages) {}

  size_t most() const { return most_; }
  size_t Bytes() const { return records_.Bytes() + back_.Bytes(); }
  void Grow(size_t nodes);
  void Shrink(size_t nodes);  // those beyond are detached, and nobody reads them

  // --- any thread

  // The first of `most` links; a list ends at kNone or there.
  const Link* Read(uint32_t node) const { return reinterpret_cast<const Link*>(records_.At(node) + header_bytes_); }
  void Prefetch(uint32_t node) const {
    const uint8_t* record = records_.At(node);
    for (size_t offset = 0; offset < records_.record_bytes(); offset += 64) PrefetchLine(record + offset);
  }
  static uint32_t NodeOf(uint32_t link) { return link & ~kAnchor; }
  uint8_t* Header(uint32_t node) const { return records_.At(node); }

  // --- the writer

  // No links, in or out. Of a node that nobody reads.
  void Clear(uint32_t node);
  size_t Count(uint32_t node) const;
  size_t CountAnchors(uint32_t node) const;
  bool Has(uint32_t from, uint32_t to) const { return Find(from, to) != kNowhere; }
  bool IsAnchored(uint32_t from, uint32_t to) const;
  void Add(uint32_t from, uint32_t to);     // there must be room, and no such link
  void Remove(uint32_t from, uint32_t to);  // there must be such a link, and no anchor
  // `to` becomes all of the links; it holds all anchored ones.
  void Replace(uint32_t from, std::span<const uint32_t> to);
  // Both links must be there.
  void Anchor(uint32_t a, uint32_t b, bool anchored);

  void Targets(uint32_t node, std::vector<uint32_t>* to) const;
  void Sources(uint32_t node, std::vector<uint32_t>* from) const;  // all that link to it
  std::span<const uint32_t> OneWay(uint32_t node) const { return back_.Of(node); }
  // Takes the node out of all lists but its own, which readers may still walk along. No anchors may be left on it.
  void Detach(uint32_t node);
  // The node gets another number, which is Clear: all links from and to it are from and to that. Readers may still walk along the old one's.
  void Rename(uint32_t node, uint32_t to);

  // --- of a table that is being read from a file, when nobody else looks at it

  // `count` links of four bytes each, for a node without.
  void Restore(uint32_t node, const char* links, size_t count);
  void RestoreOneWay(uint32_t to, uint32_t from) { back_.Add(to, from); }
  // Each link becomes what the function makes of it; false if that is kNone for any.
  template <typename Function>
  bool Translate(uint32_t node, Function function) {
    Link* links = Write(node);
    for (size_t i = 0; i < most_; ++i) {
      const uint32_t link = links[i].load(std::memory_order_relaxed);
      if (NodeOf(link) == kNone) break;
      const uint32_t translated = function(link);
      if (translated == kNone) return false;
      links[i].store(translated, std::memory_order_relaxed);
    }
    return true;
  }

 private:
  static constexpr size_t kNowhere = ~size_t{0};

  Link* Write(uint32_t node) { return reinterpret_cast<Link*>(records_.At(node) + header_bytes_); }
  size_t Find(uint32_t from, uint32_t to) const;
  void Erase(uint32_t from, size_t position);

  const size_t most_;
  const size_t header_bytes_;
  SlotArray records_;
  BackLinks back_;
};

}  // namespace kvorum
