#include "rdb/elements.h"

#include "base/check.h"
#include "base/numbers.h"
#include "rdb/packed_forms.h"
#include "rdb/value_reader.h"
#include "structures/packed_entry.h"

namespace kvorum {
namespace {

using Unpack = bool (*)(std::string_view block, Buffer* entries, size_t* count);

class ElementReader {
 public:
  ElementReader(RdbReader& in, RdbElementVisitor& visitor) : in_(in), visitor_(visitor) {}

  bool String() {
    std::string_view text;
    return in_.String(&first_, &text) && visitor_.Element(text, {});
  }

  // A string that is a packed block of single elements or pairs.
  bool Block(Unpack unpack, bool has_pairs) {
    std::string_view block;
    size_t count;
    if (!in_.String(&first_, &block)) return false;
    entries_.Clear();
    if (!unpack(block, &entries_, &count) || (has_pairs && count % 2 != 0))
      return in_.Damaged("a damaged packed collection");
    char digits[2][kMaxInt64Chars];
    for (const char *p = entries_.data(), *end = p + entries_.size(); p < end; p += PackedEntryBytes(p)) {
      const std::string_view first = DecodePackedEntry(p).View(digits[0]);
      std::string_view second;
      if (has_pairs) {
        p += PackedEntryBytes(p);
        second = DecodePackedEntry(p).View(digits[1]);
      }
      if (!visitor_.Element(first, second)) return false;
    }
    return true;
  }

  bool Intset() {
    std::string_view block;
    IntsetBlock integers;
    if (!in_.String(&first_, &block)) return false;
    if (!integers.Open(block)) return in_.Damaged("a damaged intset");
    for (size_t i = 0; i < integers.size(); ++i) {
      char digits[kMaxInt64Chars];
      if (!visitor_.Element({digits, FormatInt64(integers.At(i), digits)}, {})) return false;
    }
    return true;
  }

  bool Quicklist(bool has_plain_nodes) {
    return Counted([this, has_plain_nodes] {
      uint64_t form = kPackedNode;
      if (has_plain_nodes && !in_.Length(&form)) return false;
      if (form == kPlainNode) return String();
      return Block(has_plain_nodes ? UnpackListpack : UnpackZiplist, false);
    });
  }

  bool Strings() {
    return Counted([this] { return String(); });
  }

  bool Fields() {
    return Counted([this] {
      std::string_view field;
      std::string_view value;
      return in_.String(&first_, &field) && in_.String(&second_, &value) && visitor_.Element(field, value);
    });
  }

  bool Scores(bool are_text) {
    return Counted([this, are_text] {
      std::string_view member;
      double score;
      char digits[kMaxDoubleChars];
      if (!in_.String(&first_, &member)) return false;
      if (!(are_text ? ReadRdbTextScore(in_, &second_, &score) : in_.Fixed(&score))) return false;
      return visitor_.Element(member, {digits, FormatDouble(score, digits)});
    });
  }

 private:
  template <typename ReadOne>
  bool Counted(ReadOne read_one) {
    uint64_t count;
    if (!in_.Length(&count)) return false;
    for (; count > 0; --count) {
      if (!read_one()) return false;
    }
    return true;
  }

  RdbReader& in_;
  RdbElementVisitor& visitor_;
  Buffer first_;
  Buffer second_;
  Buffer entries_;
};

}  // namespace

RdbShape ShapeOfRdbType(uint8_t type) {
  switch (static_cast<RdbType>(type)) {
    case RdbType::kString:
      return RdbShape::kString;
    case RdbType::kList:
    case RdbType::kListZiplist:
    case RdbType::kListQuicklist:
    case RdbType::kListQuicklist2:
      return RdbShape::kList;
    case RdbType::kSet:
    case RdbType::kSetIntset:
    case RdbType::kSetListpack:
      return RdbShape::kSet;
    case RdbType::kSortedSetText:
    case RdbType::kSortedSet:
    case RdbType::kSortedSetZiplist:
    case RdbType::kSortedSetListpack:
      return RdbShape::kSortedSet;
    case RdbType::kHash:
    case RdbType::kHashZipmap:
    case RdbType::kHashZiplist:
    case RdbType::kHashListpack:
      return RdbShape::kHash;
    default:
      return RdbShape::kOther;
  }
}

bool VisitRdbElements(uint8_t type, RdbReader& in, RdbElementVisitor& visitor) {
  ElementReader reader(in, visitor);
  switch (static_cast<RdbType>(type)) {
    case RdbType::kString:
      return reader.String();
    case RdbType::kList:
    case RdbType::kSet:
      return reader.Strings();
    case RdbType::kListZiplist:
      return reader.Block(UnpackZiplist, false);
    case RdbType::kListQuicklist:
      return reader.Quicklist(false);
    case RdbType::kListQuicklist2:
      return reader.Quicklist(true);
    case RdbType::kSetIntset:
      return reader.Intset();
    case RdbType::kSetListpack:
      return reader.Block(UnpackListpack, false);
    case RdbType::kSortedSetText:
      return reader.Scores(true);
    case RdbType::kSortedSet:
      return reader.Scores(false);
    case RdbType::kSortedSetZiplist:
    case RdbType::kHashZiplist:
      return reader.Block(UnpackZiplist, true);
    case RdbType::kSortedSetListpack:
    case RdbType::kHashListpack:
      return reader.Block(UnpackListpack, true);
    case RdbType::kHash:
      return reader.Fields();
    case RdbType::kHashZipmap:
      return reader.Block(UnpackZipmap, true);
    default:
      CHECK(!"a type without elements");
  }
}

}  // namespace kvorum
