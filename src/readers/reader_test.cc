#include "readers/reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "documents/frames.h"
#include "documents/limits.h"
#include "readers/dictd.h"
#include "readers/isolation.h"
#include "readers/markdown.h"
#include "readers/test_documents.h"

namespace kvorum {
namespace {

TEST(TextReader, Encodings) {
  const TestFolder folder;
  EXPECT_EQ(Described(folder.Write("a.txt", "Größe\r\nzwei\n\nDrei\n")), "text 1 [] Größe\nzwei\n\nDrei\n");
  EXPECT_EQ(Described(folder.Write("a.txt", "\xEF\xBB\xBFGröße")), "text 1 [] Größe\n");
  EXPECT_EQ(Described(folder.Write("a.txt", std::string_view("\xFF\xFEG\0r\0\xF6\0\xDF\0e\0", 12))),
            "text 1 [] Größe\n");
  EXPECT_EQ(Described(folder.Write("a.txt", std::string_view("\0a\0b\0c\0d\0e\0f\0g\0h", 16))), "text 1 [] abcdefgh\n");
  EXPECT_EQ(Described(folder.Write("a.txt",
                                   "Die Gr\xF6\xDF"
                                   "e der Stra\xDF"
                                   "e ist f\xFCr die Mehrheit der B\xFCrger nicht genug.")),
            "text 1 [] Die Größe der Straße ist für die Mehrheit der Bürger nicht genug.\n");
  EXPECT_EQ(Described(folder.Write("a.txt", std::string_view("\x7F"
                                                             "ELF\0\0\1",
                                                             7))),
            "! is no text: it holds zero bytes");
  EXPECT_EQ(Described(folder.Write("a.txt", "")), "! is empty");
  EXPECT_EQ(Described(folder.Write("a.txt", " \n\n ")), "! holds no text");
  EXPECT_EQ(Described(folder.path("none.txt")), "! No such file or directory");
}

// Nothing is lost, and no unit is larger than the limit, however the text is parted.
TEST(TextReader, LongTexts) {
  const TestFolder folder;
  std::string text;
  for (int i = 0; i < 200000; ++i)
    text += "ä" + std::to_string(i) + (i % 1000 == 0 ? "\n\n" : i % 10 == 0 ? "\n" : " ");
  for (const std::string& content : {text, std::string(3 * kMaxUnitBytes + 1, 'x')}) {
    std::string all;
    size_t units = 0;
    const std::string path = folder.Write("long.txt", content);
    EXPECT_FALSE(ReadText(path, [&](Unit&& unit) {
      EXPECT_LE(unit.text.size(), kMaxUnitBytes);
      all += unit.text + " ";
      ++units;
      return true;
    }));
    EXPECT_GT(units, 3u);
    auto bare = [](std::string bytes) {
      std::erase_if(bytes, [](char c) { return c == ' ' || c == '\n'; });
      return bytes;
    };
    EXPECT_TRUE(bare(all) == bare(content));
  }
}

TEST(MarkdownReader, SectionsAndMarks) {
  const TestFolder folder;
  EXPECT_EQ(Described(folder.Write("a.md",
                                   "---\ntitle: \"T\"\n---\nIntro **bold** [link](http://x).\n\n# One #\ntext\n\n"
                                   "Two\n---\n```\n# no heading **x**\n```\n### Three\n\n- a\n- b\n# Four\nend")),
            "text 1 [] Intro bold link.\n"
            "section 2 [One] text\n"
            "section 3 [One > Two] # no heading **x**\n"
            "section 4 [One > Two > Three] - a\n- b\n"
            "section 5 [Four] end\n");
}

TEST(MarkdownReader, ARuleAtTheBeginningIsNoFrontMatter) {
  const TestFolder folder;
  EXPECT_EQ(Described(folder.Write("a.md", "---\nText that\n---\nis\n# Learning C#\nmore")),
            "section 1 [Text that] is\nsection 2 [Learning C#] more\n");
  EXPECT_EQ(Described(folder.Write("b.md", "---\n\nText\n\n---\nend")), "text 1 [] Text\n\nend\n");
  EXPECT_EQ(Described(folder.Write("c.md", "---\nkey: value\nnever closed")), "text 1 [] key: value\nnever closed\n");
  EXPECT_EQ(Described(folder.Write("d.md", "---\nkey: value\n  more\n- a\n\nlist:\n...\nText")), "text 1 [] Text\n");
}

TEST(MarkdownReader, CommentsAndAddressesAreNoText) {
  const TestFolder folder;
  EXPECT_EQ(Described(folder.Write("a.md",
                                   "a\n<!-- one -->\nb\n\n<!-- YAML\n# no heading\n\n--> c\n\n[l]: http://x.y \"T\"\n"
                                   "[m]: #place\n[^1]: A note.\n[todo]: later\n```\n<!-- code -->\n```\n")),
            "text 1 [] a\n\nb\n\nc\n\n[^1]: A note.\n[todo]: later\n\n<!-- code -->\n");
  EXPECT_EQ(Described(folder.Write("t.md", "| a | b |\n|---|:-:|\n| 1 | - |\n\n```\n|---|\n```\n")),
            "text 1 [] | a | b |\n| 1 | - |\n\n|---|\n")
      << "what parts the head of a table from its rows";
  EXPECT_EQ(Described(folder.Write("b.md", "a\n<!-- never\n# One\nended")),
            "text 1 [] a\n<!-- never\nsection 2 [One] ended\n");
  std::string long_one = "<!--\n";
  for (int i = 0; i < 5000; ++i) long_one += "<!-- x\n";
  EXPECT_EQ(Described(folder.Write("c.md", long_one + "end")).size(),
            std::string("text 1 [] ").size() + long_one.size() + 4);
}

TEST(MarkdownReader, Lines) {
  EXPECT_EQ(PlainMarkdown("a *b* `c*d*` ![p](x.png) \\*e\\* 2 * 3 [f] snake_case"),
            "a b c*d* p *e* 2 * 3 [f] snake_case");
  EXPECT_EQ(PlainMarkdown("**"), "");
  EXPECT_EQ(PlainMarkdown("`"), "`");
  EXPECT_EQ(PlainMarkdown("["), "[");
  EXPECT_EQ(PlainMarkdown("[a](b) [c](d) [e [f](g) [h]( [i]"), "a c e [f [h]( [i]");
  // In time that grows with the line, not with its square: this took minutes.
  const std::string brackets = std::string(500'000, '[') + std::string(500'000, ']');
  EXPECT_EQ(PlainMarkdown(brackets), brackets);
}

TEST(HtmlReader, SectionsListsTables) {
  const TestFolder folder;
  EXPECT_EQ(
      Described(folder.Write("a.html",
                             "<!DOCTYPE html><title>T</title><nav>menu</nav><h1>One</h1><p>Some  <b>bold</b>\ntext.</p>"
                             "<script>no()</script><ul><li>a<li><p>b</p></ul><h2>Two</h2><pre>x\n  y</pre>"
                             "<table><tr><th>k<th>v<tr><td>1<td>2</table>")),
      "section 1 [One] Some bold text.\n\n- a\n\n- b\n"
      "section 2 [One > Two] x\n  y\n\nk | v |\n\n1 | 2 |\n");
  EXPECT_EQ(Described(folder.Write("b.html",
                                   "<meta charset=iso-8859-1><p>Gr\xF6\xDF"
                                   "e")),
            "text 1 [] Größe\n");
  EXPECT_EQ(Described(folder.Write("c.html", "<html><script>x</script></html>")), "! holds no text");
  EXPECT_EQ(Described(folder.Write("e.html", "<p>See<img src=x alt='A ring of  servers'><img alt=''>here.<img>")),
            "text 1 [] See A ring of servers here.\n");
  EXPECT_EQ(Described(folder.Write("f.html", "<h1>E\uFB03cient</h1><p>data&shy;bases, \uFB02at \uFB07 \uFB06")),
            "section 1 [Efficient] databases, flat \uFB07 st\n");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<div>";
  EXPECT_EQ(Described(folder.Write("d.html", "<p>a</p>" + deep + "b")),
            "text 1 [] a\n! is nested deeper than 256; what is deeper was left out");
}

TEST(PdfReader, PagesAndBrokenOnes) {
  const TestFolder folder;
  const std::string pdf =
      MakePdf({"Heading\nText that goes on to the end-\ning. Here.\nA new paragraph, as far as one can tell.",
               "Second page", ""});
  EXPECT_EQ(Described(folder.Write("a.pdf", pdf)),
            "page 1 [] Heading\n\nText that goes on to the ending. Here.\nA new paragraph, as far as one can "
            "tell.\npage 2 [] Second page\n");
  // Its name does not matter.
  EXPECT_EQ(Described(folder.Write("a.txt", pdf)),
            "page 1 [] Heading\n\nText that goes on to the ending. Here.\nA new paragraph, as far as one can "
            "tell.\npage 2 [] Second page\n");
  EXPECT_EQ(Described(folder.Write("a.pptx", pdf)).substr(0, 7), "page 1 ");
  EXPECT_EQ(Described(folder.Write("e.pdf", "<!doctype html><p>Not found")), "text 1 [] Not found\n");
  EXPECT_EQ(Described(folder.Write("b.txt", "A PDF begins with %PDF-1.4")), "text 1 [] A PDF begins with %PDF-1.4\n");
  EXPECT_EQ(Described(folder.Write("b.pdf", "%PDF-1.4\nnothing")), "! is no PDF that could be read: it is broken");
  EXPECT_EQ(Described(folder.Write("c.pdf", MakePdf({""}))),
            "! holds no text: its pages are pictures, perhaps of a scanner");
  std::string endless = MakePdf({"a"});
  endless.replace(endless.find("/Count 1"), 8, "/Count 2000000000");
  EXPECT_NE(Described(folder.Write("d.pdf", endless)).find("! "), std::string::npos);
}

TEST(ReadDocument, WhatIsNoFile) {
  const TestFolder folder;
  ASSERT_EQ(mkfifo(folder.path("a.txt").c_str(), 0600), 0);
  ASSERT_EQ(symlink("/dev/zero", folder.path("b.txt").c_str()), 0);
  ASSERT_EQ(mkfifo(folder.path("c.dict").c_str(), 0600), 0);
  EXPECT_EQ(Described(folder.path("a.txt")), "! is no file");
  EXPECT_EQ(Described(folder.path("b.txt")), "! is no file");
  EXPECT_EQ(Described(folder.path("")), "! is no file");
  EXPECT_EQ(Described(folder.Write("c.index", "x\tA\tB\n")),
            "! has a dictionary beside it that cannot be read: c.dict is no file");
}

TEST(DictdReader, Entries) {
  const TestFolder folder;
  folder.Write("a.dict", "00-database-short\n     Words\ntree\n   A plant.\nheap\n   A tree of a kind.\n");
  // Offsets and lengths in base 64: A is 0, B is 1, g is 32, ...
  const std::string path = folder.Write("a.index", "00databaseshort\tA\td\nheap\tu\ta\nplant\td\tR\ntree\td\tR\n");
  EXPECT_EQ(Described(path), "entry 1 [plant, tree] tree\n   A plant.\nentry 2 [heap] heap\n   A tree of a kind.\n");
  EXPECT_EQ(Described(folder.Write("b.index", "x\tA\tB\n")), "! has no dictionary beside it: b.dict.dz or .dict");
  EXPECT_EQ(Described(folder.Write("a.index", "x\tA\n")), "! is no index of a dictionary");
  EXPECT_EQ(Described(folder.Write("a.index", "x\tA\tBAA\n")), "! is broken: the text of 'x' is not there");
  DictdLine line;
  EXPECT_TRUE(ParseDictdLine("word of it\tBA\t/\tWord of it", &line));
  EXPECT_EQ(line.offset, 64u);
  EXPECT_EQ(line.size, 63u);
  EXPECT_FALSE(ParseDictdLine("\tA\tB", &line));
  EXPECT_FALSE(ParseDictdLine("a\tA\tB!", &line));
}

// The last frame tells how it ended, whatever happened to the process that read.
TEST(Isolation, EndsWithOneLastFrame) {
  const TestFolder folder;
  for (const auto& [path, units, error] : {std::tuple(folder.Write("a.txt", "text"), 1, ""),
                                           std::tuple(folder.path("none"), 0, "No such file or directory")}) {
    int count = 0;
    Frame frame;
    EXPECT_TRUE(ReadIsolated(path, [&](std::string_view bytes) {
      EXPECT_TRUE(DecodeFrame(bytes.substr(4), &frame));
      count += frame.kind == FrameKind::kUnit;
      return true;
    }));
    EXPECT_EQ(count, units);
    EXPECT_EQ(frame.kind, *error ? FrameKind::kError : FrameKind::kFinished);
    EXPECT_EQ(frame.error.text(), error);
  }
  EXPECT_FALSE(ReadIsolated(folder.Write("b.txt", "text"), [](std::string_view) { return false; }));
}

}  // namespace
}  // namespace kvorum
