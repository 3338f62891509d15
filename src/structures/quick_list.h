// A list of byte strings and integers with two cheap ends: what a list value is kept in once it is not short any more. A chain
// of nodes, each a block of packed entries (packed_entry.h) with free room before and behind them:
//
//   QuickList -> Node <-> Node <-> Node
//                  |        |        |
//                [room entry* room]  ...          block, `capacity` bytes: entries in [begin, end)
//
// Trade-offs. A push writes one entry into the room at its end: nothing moves, nothing is allocated, until the room is used up.
// Then the block grows by half, up to what the fill factor allows, with all new room on the side of the push; or, where the
// other side has plenty of room, the entries slide half of it over; or a new node begins. So a block moves at most a few
// bytes for each byte pushed, also when one end is pushed and the other popped. A node that was left by the growing
// end gives back the room it has no use for. Positions by index cost a walk over the nodes from the nearer end.
//
// Fill (Redis's list-max-listpack-size): n > 0 allows n entries and 8 KiB a node, -1 .. -5 allow 4, 8, 16, 32, 64 KiB and any
// number. A value that no node can hold by that rule, or of packed_threshold bytes or more, has a node of its own: a plain one,
// whose block is the value. Nodes hold at most what the rule says, but may hold less: a split or an erasure does not merge
// neighbours, but for EraseRange, which does where it cut.
//
// Any change invalidates all positions but the one it returns, and all views into the list (PackedValue::text): what is
// inserted must not be such a view.
//
// Invariants (Validate): no node is empty; entries canonical; counts and links agree; no node above the rule, unless the
// options were changed or it came from a PackedList.
// Threads: a plain value. Ownership: owns nodes and blocks; moves, does not copy (Clone does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "structures/packed_entry.h"
#include "structures/packed_list.h"

namespace kvorum {

struct QuickListOptions {
  static constexpr size_t kMaxPackedThreshold = (size_t{1} << 32) - (size_t{1} << 20);

  // Below -5 counts as -5, 0 as 1, above 32767 as that.
  int fill = -2;
  // 1 .. kMaxPackedThreshold.
  size_t packed_threshold = size_t{1} << 30;

  // How many bytes a node may have by the rule, PackedList::kListpackOverhead of them nobody's.
  static size_t MaxNodeBytes(int fill);
};

class QuickList {
  struct Node {
    Node* prev = nullptr;
    Node* next = nullptr;
    char* block = nullptr;
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t capacity = 0;
    uint16_t count = 0;
    bool plain = false;

    size_t used() const { return end - begin; }
    size_t room() const { return capacity - used(); }
    char* first() const { return block + begin; }
    char* last_end() const { return block + end; }
  };

 public:
  // An element, or none. Good until the list changes.
  class Position {
   public:
    Position() = default;
    explicit operator bool() const { return node_ != nullptr; }
    bool operator==(const Position&) const = default;

   private:
    friend class QuickList;
    Position(Node* node, const char* entry) : node_(node), entry_(entry) {}
    Node* node_ = nullptr;
    const char* entry_ = nullptr;
  };

  // A value to compare many elements with. Borrows the text.
  class Needle {
   public:
    explicit Needle(std::string_view text) : text_(text), entry_(text) {}

   private:
    friend class QuickList;
    std::string_view text_;
    PackedEntry entry_;
  };

  explicit QuickList(const QuickListOptions& options = {}) { set_options(options); }
  // One node with what the packed list holds, also where that is more than the rule allows. Copies.
  QuickList(const PackedList& from, const QuickListOptions& options);
  QuickList(QuickList&& other) noexcept;
  QuickList& operator=(QuickList&& other) noexcept;
  QuickList(const QuickList&) = delete;
  QuickList& operator=(const QuickList&) = delete;
  ~QuickList() { Clear(); }

  QuickList Clone() const;
  void Clear();
  // All elements in one packed list. O(bytes).
  PackedList ToPackedList() const;

  // From now on; nodes stay as they are.
  void set_options(const QuickListOptions& options);
  int fill() const { return fill_; }
  void set_packed_threshold(size_t threshold) {
    CHECK(threshold > 0 && threshold <= QuickListOptions::kMaxPackedThreshold);
    packed_threshold_ = static_cast<uint32_t>(threshold);
  }

  // O(1).
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool has_one_node() const { return head_ != nullptr && head_ == tail_; }
  size_t node_count() const { return node_count_; }
  // O(nodes). bytes: the entries', without room (compare limits with PackedList::kListpackOverhead added);
  // allocated_bytes: all that the list takes from the allocator.
  size_t bytes() const;
  size_t allocated_bytes() const;

  // The ends. O(1) amortized. Pops need an element.
  void PushFront(std::string_view value);
  void PushBack(std::string_view value);
  void PopFront();
  void PopBack();

  // Puts a node of its own behind the last, whatever the rule says: of packed entries (packed_entry.h), `count` of them and up to
  // 65535, or of one value as it is.
  void AppendNode(std::string_view entries, size_t count);
  void AppendPlainNode(std::string_view value);
  // visit(is_plain, bytes, count) for each node, from the first: its packed entries, or its one value.
  template <typename Visit>
  void ForEachNode(Visit visit) const {
    for (const Node* node = head_; node != nullptr; node = node->next)
      visit(node->plain, std::string_view(node->first(), node->used()), size_t{node->count});
  }

  // The same in steps, for a list that does not change meanwhile.
  struct NodeView {
    bool is_plain;
    std::string_view bytes;
    size_t count;
  };
  const void* FirstNode() const { return head_; }
  const void* NextNode(const void* node) const { return static_cast<const Node*>(node)->next; }
  NodeView ViewNode(const void* node) const {
    const auto* seen = static_cast<const Node*>(node);
    return {seen->plain, {seen->first(), seen->used()}, size_t{seen->count}};
  }

  // Walking. Next, Prev: none past the ends. O(1).
  Position First() const { return head_ == nullptr ? Position() : Position(head_, head_->first()); }
  Position Last() const { return tail_ == nullptr ? Position() : LastOf(tail_); }
  Position Next(Position position) const;
  Position Prev(Position position) const;
  // Negative indexes count from the end, -1 is the last; none outside. O(nodes to the nearer end + entries of a node).
  Position At(int64_t index) const;

  PackedValue Get(Position position) const;
  bool EntryEquals(Position position, const Needle& needle) const;

  // Changes by position; each returns the new or changed element. O(bytes of a node).
  Position Set(Position position, std::string_view value);
  Position InsertBefore(Position position, std::string_view value);
  Position InsertAfter(Position position, std::string_view value);

  // Erases and returns the element that followed, or the one before: so a walk in either direction goes on.
  Position Erase(Position position);
  Position EraseBackward(Position position);
  // Erases `count` elements from `index` on, or as many as there are; returns how many. O(nodes + bytes of two nodes).
  size_t EraseRange(size_t index, size_t count);

  // Aborts on a broken invariant. O(bytes).
  void Validate() const;

 private:
  enum class Side { kFront, kBack };

  static Position LastOf(Node* node) { return {node, node->plain ? node->block : PackedEntryBefore(node->last_end())}; }

  // The fill rule.
  size_t MaxNodeBytes() const { return QuickListOptions::MaxNodeBytes(fill_); }
  bool Allows(const Node* node, size_t added_bytes, size_t added_count) const;
  bool MustBePlain(std::string_view value, size_t entry_bytes) const;

  // Nodes. `before` may be null: at the end.
  Node* NewNode(Node* before, size_t capacity);
  Node* NewPlainNode(Node* before, std::string_view value);
  void RemoveNode(Node* node);
  Node* SplitNode(Node* node, const char* at);
  void MergeWithNext(Node* node);
  size_t FirstCapacity(size_t entry_bytes) const;

  // Room within a node.
  static void MoveToBlock(Node* node, size_t capacity, size_t begin);
  static void Trim(Node* node);
  bool MakeRoom(Node* node, Side side, size_t bytes, bool tight);
  static void ShrinkIfSparse(Node* node);

  void Push(Side side, std::string_view value);
  Position InsertAt(Node* node, const char* at, std::string_view value);
  // Null if the node has too little room even when grown.
  char* InsertIntoNode(Node* node, const char* at, size_t bytes);
  // Closes the gap; returns where the next entry then begins. `count` entries of `bytes` bytes; not all the node's.
  static const char* EraseFromNode(Node* node, const char* at, size_t bytes, size_t count);
  Position EraseTowards(Position position, Side side);

  Node* head_ = nullptr;
  Node* tail_ = nullptr;
  uint64_t size_ = 0;
  uint64_t node_count_ = 0;
  uint32_t packed_threshold_;
  int16_t fill_;
};

}  // namespace kvorum
