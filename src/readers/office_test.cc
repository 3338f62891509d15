// PPTX and DOCX.
#include <gtest/gtest.h>

#include "documents/limits.h"
#include "readers/reader.h"
#include "readers/test_documents.h"

namespace kvorum {
namespace {

const char kSlide[] =
    R"(<p:sld xmlns:p="p" xmlns:a="a" xmlns:r="r"><p:cSld><p:spTree>
<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>Balance</a:t></a:r></a:p></p:txBody></p:sp>
<p:grpSp><p:sp><p:txBody><a:p><a:r><a:t>In a </a:t></a:r><a:r><a:t>group</a:t></a:r></a:p><a:p/></p:txBody></p:sp></p:grpSp>
<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>k</a:t></a:r></a:p></a:txBody></a:tc>
<a:tc><a:txBody><a:p><a:r><a:t>v</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>
</p:spTree></p:cSld></p:sld>)";
const char kNotes[] =
    R"(<p:notes><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="body"/></p:nvPr></p:nvSpPr>
<p:txBody><a:p><a:r><a:t>Say it slowly</a:t></a:r></a:p></p:txBody></p:sp>
<p:sp><p:nvSpPr><p:nvPr><p:ph type="sldNum"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:fld><a:t>7</a:t></a:fld></a:p></p:txBody></p:sp>
<p:sp><p:txBody><a:p><a:r><a:t>And smile</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:notes>)";

TEST(PptxReader, SlidesInTheirOrder) {
  const TestFolder folder;
  const std::vector<std::pair<std::string, std::string>> parts = {
      {"ppt/presentation.xml",
       R"(<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId r:id="r2"/><p:sldId r:id="r1"/></p:sldIdLst></p:presentation>)"},
      {"ppt/_rels/presentation.xml.rels",
       R"(<Relationships><Relationship Id="r1" Type="x/slide" Target="slides/slide1.xml"/><Relationship Id="r2" Type="x/slide" Target="/ppt/slides/slide2.xml"/></Relationships>)"},
      {"ppt/slides/slide1.xml", kSlide},
      {"ppt/slides/_rels/slide1.xml.rels",
       R"(<Relationships><Relationship Id="a" Type="x/notesSlide" Target="../notesSlides/n1.xml"/></Relationships>)"},
      {"ppt/notesSlides/n1.xml", kNotes},
      {"ppt/slides/slide2.xml",
       "<p:sld><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>First</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></"
       "p:cSld></p:sld>"},
  };
  EXPECT_EQ(
      Described(folder.WriteZip("a.pptx", parts)),
      "slide 1 [] First\nslide 2 [Balance] Balance\n\nIn a group\n\nk | v\n\nNotes: Say it slowly\n\nAnd smile\n");
  // The prefix is the writer's choice.
  auto other = parts;
  other[0].second =
      R"(<x:presentation xmlns:q="r"><x:sldIdLst><x:sldId id="1" q:id="r2"/><x:sldId id="2" q:id="r1"/></x:sldIdLst></x:presentation>)";
  EXPECT_EQ(Described(folder.WriteZip("d.pptx", other)), Described(folder.WriteZip("a.pptx", parts)));
  // Neither long cells nor second titles are cut or lost.
  auto more = parts;
  const std::string cell(2000, 'c');
  more.back().second =
      "<p:sld><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph "
      "type=\"title\"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>One"
      "</a:t></a:r></a:p></p:txBody></p:sp><p:sp><p:nvSpPr><p:nvPr><p:ph "
      "type=\"title\"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r>"
      "<a:t>Two</a:t></a:r></a:p></p:txBody></"
      "p:sp><p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r>"
      "<a:t>" +
      cell +
      "</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
      "</p:spTree></p:cSld></p:sld>";
  const std::string described = Described(folder.WriteZip("c.pptx", more));
  EXPECT_EQ(described.substr(0, described.find("slide 2")), "slide 1 [One] One\n\nTwo\n\n" + cell + "\n");
  // One that is missing does not keep the others from being read.
  auto fewer = parts;
  fewer.pop_back();
  EXPECT_EQ(Described(folder.WriteZip("b.pptx", fewer)),
            "slide 2 [Balance] Balance\n\nIn a group\n\nk | v\n\nNotes: Say it slowly\n\nAnd smile\n! is broken: it "
            "has no part "
            "ppt/slides/slide2.xml");
}

TEST(DocxReader, SectionsTablesAndChanges) {
  const TestFolder folder;
  const std::string body =
      R"(<w:document><w:body><w:p><w:pPr><w:pStyle w:val="H"/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Some </w:t></w:r><w:del><w:r><w:delText>old</w:delText><w:t>old</w:t></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins>
<w:hyperlink><w:r><w:t xml:space="preserve"> text</w:t></w:r></w:hyperlink></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>k</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>v</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:p><w:pPr><w:pStyle w:val="Heading2"/></w:pPr><w:r><w:t>Two</w:t></w:r></w:p><w:sdt><w:sdtContent><w:p><w:r><w:t>end</w:t></w:r></w:p></w:sdtContent></w:sdt>
</w:body></w:document>)";
  const std::string styles = R"(<w:styles><w:style w:styleId="H"><w:name w:val="heading 1"/></w:style></w:styles>)";
  EXPECT_EQ(Described(folder.WriteZip("a.docx", {{"word/document.xml", body}, {"word/styles.xml", styles}})),
            "section 1 [One] Some new text\n\nk | v\nsection 2 [One > Two] end\n");
  EXPECT_EQ(Described(folder.WriteZip("b.docx", {{"x", "y"}})), "! is a ZIP archive, but neither DOCX nor PPTX");
  EXPECT_EQ(Described(folder.WriteZip("c.docx", {{"word/document.xml", "<w:document><w:bo"}})).substr(0, 60),
            "! is broken: its part word/document.xml is no XML (Error par");
  EXPECT_EQ(Described(folder.Write("d.docx", "PK\x03\x04 nothing")), "! is broken: it is no whole ZIP archive");
  EXPECT_EQ(Described(folder.Write("e.docx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more")),
            "! is encrypted, or of the Office formats before 2007, which cannot be read");
  const std::string bomb(kMaxPartBytes + 1, ' ');
  EXPECT_EQ(Described(folder.WriteZip("f.docx", {{"word/document.xml", bomb}})),
            "! unpacks to more than 64 MiB in its part word/document.xml");
}

TEST(PptxReader, WhatIsBesidesTheShapes) {
  const TestFolder folder;
  const auto shape = [](const std::string& inner) {
    return "<p:sp><p:txBody><a:p>" + inner + "</a:p></p:txBody></p:sp>";
  };
  const std::string slide =
      "<p:sld><p:cSld><p:spTree><mc:AlternateContent><mc:Choice>" + shape("<a14:m><m:r><m:t>x+y</m:t></m:r></a14:m>") +
      "</mc:Choice></mc:AlternateContent><mc:AlternateContent><mc:Choice><p:pic/></mc:Choice><mc:Fallback>" +
      shape("<a:r><a:t>old</a:t></a:r>") + "</mc:Fallback></mc:AlternateContent></p:spTree></p:cSld></p:sld>";
  const auto relation = [](const std::string& type, const std::string& target) {
    return "<Relationship Id=\"" + type + "\" Type=\"x/" + type + "\" Target=\"" + target + "\"/>";
  };
  EXPECT_EQ(
      Described(folder.WriteZip(
          "a.pptx",
          {{"_rels/.rels", "<R>" + relation("officeDocument", "p/p.xml") + "</R>"},
           {"p/p.xml", R"(<p:presentation><p:sldIdLst><p:sldId r:id="slide"/></p:sldIdLst></p:presentation>)"},
           {"p/_rels/p.xml.rels", "<R>" + relation("slide", "s.xml") + "</R>"},
           {"p/s.xml", slide},
           {"p/_rels/s.xml.rels", "<R>" + relation("diagramData", "d.xml") + relation("notesSlide", "n.xml") + "</R>"},
           {"p/d.xml", "<d><ptLst><pt><t><a:p><a:r><a:t>Step</a:t></a:r></a:p></t></pt></ptLst></d>"},
           {"p/n.xml", std::string(kNotes).substr(0, sizeof(kNotes) - 20)}})),
      "slide 1 [] x+y\n\nold\n\nStep\n\nNotes: Say it slowly\n\nAnd smile\n! is broken: its part p/n.xml is no XML "
      "(Start-end "
      "tags mismatch)");
}

using Parts = std::vector<std::pair<std::string, std::string>>;

// A paragraph of a run.
std::string P(const std::string& text) { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>"; }

std::string Docx(const TestFolder& folder, const std::string& body, Parts more = {}) {
  more.emplace_back("word/document.xml", "<w:document><w:body>" + body + "</w:body></w:document>");
  return Described(folder.WriteZip("a.docx", more));
}

TEST(DocxReader, WhatIsBrokenBesidesTheTextCostsNoMore) {
  const TestFolder folder;
  const std::string note = "<w:footnotes><w:footnote w:type=\"separator\">" + P("---") + "</w:footnote><w:footnote>" +
                           P("A note.") + "</w:footnote>";
  EXPECT_EQ(Docx(folder, P("text"), {{"word/footnotes.xml", note + "</w:footnotes>"}}),
            "text 1 [] text\nsection 2 [Footnotes] A note.\n");
  // What stands before the fault is read too.
  const std::string broken =
      Docx(folder, P("text"), {{"word/footnotes.xml", note + "<w:foo"}, {"word/styles.xml", "<"}});
  EXPECT_EQ(broken.substr(0, broken.find('(')),
            "text 1 [] text\nsection 2 [Footnotes] A note.\n! is broken: its part word/styles.xml is no XML ");
  EXPECT_EQ(Docx(folder, P("text"),
                 {{"word/endnotes.xml", "<w:endnotes><w:endnote>" + P("An end.") + "</w:endnote></w:endnotes>"}}),
            "text 1 [] text\nsection 2 [Endnotes] An end.\n");
}

TEST(DocxReader, PartsAreFoundByTheirRelations) {
  const TestFolder folder;
  const auto relations = [](const std::string& inner) { return "<Relationships>" + inner + "</Relationships>"; };
  const auto relation = [](const std::string& type, const std::string& target) {
    return "<Relationship Id=\"" + target + "\" Type=\"x/" + type + "\" Target=\"" + target + "\"/>";
  };
  const auto page = [](const std::string& text) { return "<w:hdr>" + P(text) + "</w:hdr>"; };
  EXPECT_EQ(
      Described(folder.WriteZip(
          "b.docx", {{"_rels/.rels", relations(relation("officeDocument", "w/d2.xml"))},
                     {"w/d2.xml", "<w:document><w:body>" + P("text") + "</w:body></w:document>"},
                     {"w/_rels/d2.xml.rels", relations(relation("header", "h1.xml") + relation("header", "h2.xml") +
                                                       relation("footer", "h3.xml") + relation("comments", "c.xml") +
                                                       relation("diagramData", "g.xml") + relation("chart", "ch.xml"))},
                     {"w/h1.xml", page("Report")},
                     {"w/h2.xml", page("Report")},
                     {"w/h3.xml", page("17")},
                     {"w/c.xml", "<w:comments><w:comment>" + P("Is that so?") + "</w:comment></w:comments>"},
                     {"w/g.xml", "<d><ptLst><pt><t><a:p><a:r><a:t>Step</a:t></a:r></a:p></t></pt></ptLst></d>"},
                     {"w/ch.xml",
                      "<c><title><a:p><a:t>Growth</a:t></a:p></title><strCache><pt><v>May</v></pt></strCache>"
                      "<numCache><pt><v>7</v></pt></numCache></c>"}})),
      "text 1 [] text\n\nGrowth\n\nMay\n\nStep\nsection 2 [Comments] Is that so?\n"
      "section 3 [Headers and footers] Report\n");
}

TEST(DocxReader, AlternativesAndTextBoxes) {
  const TestFolder folder;
  const std::string box = "<wps:txbx><w:txbxContent>" + P("In a") + P("box") + "</w:txbxContent></wps:txbx>";
  const std::string run = "<w:r><mc:AlternateContent><mc:Choice><w:drawing>" + box +
                          "</w:drawing></mc:Choice><mc:Fallback>" + box + "</mc:Fallback></mc:AlternateContent></w:r>";
  EXPECT_EQ(Docx(folder, "<w:p><w:r><w:t>before</w:t></w:r>" + run + "<w:r><w:t> after</w:t></w:r></w:p>"),
            "text 1 [] before after\n\nIn a\n\nbox\n");
  // Between paragraphs; a choice without text.
  EXPECT_EQ(Docx(folder, P("a") + "<mc:AlternateContent><mc:Choice>" + P("b") + "</mc:Choice><mc:Fallback>" + P("c") +
                             "</mc:Fallback></mc:AlternateContent>"),
            "text 1 [] a\n\nb\n");
  EXPECT_EQ(Docx(folder, "<mc:AlternateContent><mc:Choice><w:p/></mc:Choice><mc:Fallback>" + P("c") +
                             "</mc:Fallback></mc:AlternateContent>"),
            "text 1 [] c\n");
  EXPECT_EQ(Docx(folder, "<w:p><w:r><w:t><![CDATA[a <]]> b<!-- c --> d</w:t></w:r></w:p>"), "text 1 [] a < b d\n");
}

TEST(DocxReader, TablesInTablesAndWrappedRows) {
  const TestFolder folder;
  const auto cell = [](const std::string& content) { return "<w:tc><w:tcPr/>" + content + "</w:tc>"; };
  const std::string inner = "<w:tbl><w:tr>" + cell(P("x")) + cell(P("y")) + "</w:tr></w:tbl>";
  const std::string row = "<w:tr>" + cell(P("a") + inner) + "<w:sdt><w:sdtContent>" + cell(P("b") + P("c")) +
                          "</w:sdtContent></w:sdt></w:tr>";
  const std::string wrapped = "<w:sdt><w:sdtContent><w:tr>" + cell(P("d")) + "</w:tr></w:sdtContent></w:sdt>";
  const std::string deleted = "<w:tr><w:trPr><w:del/></w:trPr>" + cell(P("gone")) + "</w:tr>";
  EXPECT_EQ(Docx(folder, "<w:tbl>" + row + wrapped + deleted + "</w:tbl>"), "text 1 [] a x y | b c\n\nd\n");
}

TEST(DocxReader, FieldsAndMoves) {
  const TestFolder folder;
  EXPECT_EQ(
      Docx(
          folder,
          "<w:p><w:r><w:t>Page </w:t><w:fldChar/><w:instrText>PAGEREF x</w:instrText><w:t>7</w:t></w:r>"
          "<w:fldSimple w:instr=\"REF\"><w:r><w:t> of it</w:t></w:r></w:fldSimple>"
          "<w:moveFrom><w:r><w:t>here</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t> there</w:t></w:r></w:moveTo></w:p>"),
      "text 1 [] Page 7 of it there\n");
}

TEST(DocxReader, StylesThatAreBasedOnHeadings) {
  const TestFolder folder;
  const std::string styles =
      "<w:styles><w:style w:styleId=\"A\"><w:name w:val=\"heading 2\"/></w:style><w:style w:styleId=\"B\"><w:basedOn "
      "w:val=\"C\"/></w:style><w:style w:styleId=\"C\"><w:basedOn w:val=\"A\"/></w:style><w:style "
      "w:styleId=\"L\"><w:basedOn w:val=\"L\"/></w:style></w:styles>";
  const auto styled = [](const std::string& properties, const std::string& text) {
    return "<w:p><w:pPr>" + properties + "</w:pPr><w:r><w:t>" + text + "</w:t></w:r></w:p>";
  };
  EXPECT_EQ(Docx(folder,
                 styled("<w:outlineLvl w:val=\"0\"/>", "One") + styled("<w:pStyle w:val=\"B\"/>", "Two") +
                     styled("<w:pStyle w:val=\"L\"/>", "text"),
                 {{"word/styles.xml", styles}}),
            "section 2 [One > Two] text\n");
}

}  // namespace
}  // namespace kvorum
