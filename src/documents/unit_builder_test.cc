#include "documents/unit_builder.h"

#include <gtest/gtest.h>

#include "documents/limits.h"

namespace kvorum {
namespace {

struct Gathered {
  std::vector<Unit> units;
  UnitSink sink = [this](Unit&& unit) {
    units.push_back(std::move(unit));
    return units.size() < 100;
  };
  UnitBuilder builder{sink};

  // "number [heading > heading] text"
  std::vector<std::string> Lines() {
    builder.End();
    std::vector<std::string> lines;
    for (const Unit& unit : units) {
      std::string headings;
      for (const std::string& heading : unit.headings) headings += (headings.empty() ? "" : " > ") + heading;
      lines.push_back(std::to_string(unit.number) + " [" + headings + "] " + unit.text);
    }
    return lines;
  }
};

using Strings = std::vector<std::string>;

// XML is not looked at for valid UTF-8: a paragraph of nothing but bytes in the middle of a character never ended.
TEST(UnitBuilder, BytesThatAreNoCharacters) {
  Gathered all;
  all.builder.Paragraph(std::string(300 << 10, '\x80'));
  all.builder.Heading(1, std::string(2000, '\x80'));
  all.builder.End();
  size_t bytes = 0;
  for (const Unit& unit : all.units) {
    EXPECT_TRUE(unit.text.starts_with("\uFFFD"));
    bytes += unit.text.size();
  }
  EXPECT_EQ(bytes, 3u * ((300 << 10) + 2000));
}

TEST(UnitBuilder, LongHeadingsAreTextToo) {
  Gathered all;
  const std::string heading(kMaxTitleBytes + 1, 'h');
  all.builder.Heading(1, heading);
  all.builder.Paragraph("text");
  EXPECT_EQ(all.Lines(), (Strings{"1 [" + heading.substr(1) + "] " + heading + "\n\ntext"}));
}

TEST(UnitBuilder, HeadingsWithNothingUnderThemAreText) {
  Gathered all;
  all.builder.Heading(1, "One");
  all.builder.Heading(2, "A");
  all.builder.Heading(2, "B");
  all.builder.Paragraph("text");
  all.builder.Heading(3, "C");
  all.builder.Heading(1, "Two");
  all.builder.Heading(2, "D");
  EXPECT_EQ(all.Lines(), (Strings{"2 [One > A] A", "3 [One > B] text", "4 [One > B > C] C", "6 [Two > D] D"}));
}

TEST(UnitBuilder, EachPlaceKeepsItsHeading) {
  Gathered all;
  all.builder.Begin(UnitKind::kEntry);
  all.builder.Heading(1, "bare");
  all.builder.Begin(UnitKind::kEntry);
  all.builder.Heading(1, "word");
  all.builder.Paragraph("text");
  EXPECT_EQ(all.Lines(), (Strings{"1 [bare] bare", "2 [word] text"}));
}

}  // namespace
}  // namespace kvorum
