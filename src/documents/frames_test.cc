#include "documents/frames.h"

#include <gtest/gtest.h>

#include "documents/format.h"
#include "documents/limits.h"

namespace kvorum {
namespace {

std::string_view Body(std::string_view frame) { return frame.substr(4); }

TEST(Frames, ComeBack) {
  const Unit unit{UnitKind::kSlide, 7, "Trees", {"Balance", "AVL"}, std::string("text\0with anything\xff", 19)};
  Frame frame;
  ASSERT_TRUE(DecodeFrame(Body(EncodeUnit(unit)), &frame));
  EXPECT_EQ(frame.kind, FrameKind::kUnit);
  EXPECT_EQ(frame.unit, unit);
  ASSERT_TRUE(DecodeFrame(Body(EncodeError(DocumentError("is broken"))), &frame));
  EXPECT_EQ(frame.kind, FrameKind::kError);
  EXPECT_EQ(frame.error.text(), "is broken");
  EXPECT_FALSE(frame.error.is_passing());
  ASSERT_TRUE(DecodeFrame(Body(EncodeError(DocumentError::Passing("took too long"))), &frame));
  EXPECT_EQ(frame.error.text(), "took too long");
  EXPECT_TRUE(frame.error.is_passing());
  ASSERT_TRUE(DecodeFrame(Body(EncodeFinished()), &frame));
  EXPECT_EQ(frame.kind, FrameKind::kFinished);
}

TEST(Frames, NothingCutOrLengthenedIsOne) {
  const std::string whole = EncodeUnit({UnitKind::kPage, 1, "T", {"a", "b"}, "text"});
  Frame frame;
  for (size_t size = 0; size < whole.size() - 4; ++size) {
    EXPECT_FALSE(DecodeFrame(Body(whole).substr(0, size), &frame)) << size;
  }
  EXPECT_FALSE(DecodeFrame(std::string(Body(whole)) + "x", &frame));
  EXPECT_FALSE(DecodeFrame(std::string(Body(EncodeFinished())) + "x", &frame));
  EXPECT_FALSE(DecodeFrame(Body(EncodeError(DocumentError())), &frame));
  std::string many = EncodeUnit({UnitKind::kPage, 1, "", std::vector<std::string>(kMaxHeadings + 1, "h"), ""});
  EXPECT_FALSE(DecodeFrame(Body(many), &frame));
}

TEST(Format, ByNameAndByBytes) {
  EXPECT_EQ(FormatOfName("a/b.PDF"), DocumentFormat::kPdf);
  EXPECT_EQ(FormatOfName("x.htm"), DocumentFormat::kHtml);
  EXPECT_EQ(FormatOfName("x.markdown"), DocumentFormat::kMarkdown);
  EXPECT_EQ(FormatOfName(".pdf"), DocumentFormat::kNone);
  EXPECT_EQ(FormatOfName("a.cc"), DocumentFormat::kNone);
  EXPECT_EQ(FormatOfBytes("%PDF-1.4\n", "x"), DocumentFormat::kPdf);
  EXPECT_EQ(FormatOfBytes("  <!DOCTYPE HTML>", "x"), DocumentFormat::kHtml);
  EXPECT_EQ(FormatOfBytes("PK\x03\x04 ", "x.pptx"), DocumentFormat::kPptx);
  EXPECT_EQ(FormatOfBytes("hello", "x"), DocumentFormat::kText);
  EXPECT_EQ(FileNameOf("a/b/c.txt"), "c.txt");
  EXPECT_EQ(FileNameOf("c.txt"), "c.txt");
}

}  // namespace
}  // namespace kvorum
