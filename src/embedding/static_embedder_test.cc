#include "embedding/static_embedder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "embedding/file_embedder.h"

namespace kvorum {
namespace {

class BuiltIn : public testing::Test {
 protected:
  std::vector<float> Vector(std::string_view text) {
    std::vector<float> vector(embedder_->dimension());
    embedder_->EmbedOne(text, vector.data());
    return vector;
  }
  double Similarity(std::string_view a, std::string_view b) {
    const std::vector<float> x = Vector(a);
    const std::vector<float> y = Vector(b);
    double dot = 0;
    for (size_t i = 0; i < x.size(); ++i) dot += double{x[i]} * y[i];
    return dot;
  }

  std::unique_ptr<StaticEmbedder> embedder_ = MakeBuiltInEmbedder();
};

TEST_F(BuiltIn, SaysWhatItIs) {
  EXPECT_EQ(embedder_->identity(), "builtin:english-1");
  EXPECT_EQ(embedder_->dimension(), 256u);
  EXPECT_EQ(BuiltInModel().size(), 24000u);
  // Another model needs another name: vectors of the two cannot be compared.
  EXPECT_EQ(BuiltInModel().checksum(), 2064364099U);
}

TEST_F(BuiltIn, NearInMeaningIsNear) {
  const auto nearer = [this](const char* text, const char* near, const char* far) {
    EXPECT_GT(Similarity(text, near), Similarity(text, far) + 0.1) << text << ": " << near << ", " << far;
  };
  nearer("doctor", "physician", "carpenter");
  nearer("automobile", "car", "piano");
  nearer("ocean", "sea", "parliament");
  nearer("violin", "cello", "gasoline");
  nearer("programmer", "software", "medicine");
  nearer("How does a ship find its way?", "Navigation of vessels by stars and compass.",
         "The tax on wine was raised twice.");
}

TEST_F(BuiltIn, FormsOfAWordAndLettersCaseAreOne) {
  EXPECT_NEAR(Similarity("The Replicating Databases", "the replicated DATABASE"), 1, 1e-5);
  // Words that the model does not know, by their spelling.
  EXPECT_NEAR(Similarity("Kubernetes", "kubernetes"), 1, 1e-5);
  EXPECT_GT(Similarity("xylophobicum", "xylophobica"), 0.4);
}

TEST_F(BuiltIn, VectorsHaveLengthOneOrNone) {
  for (const char* text : {"", " \t\n", "...!?", "\x01"}) {
    for (const float number : Vector(text)) EXPECT_EQ(number, 0) << text;
  }
  for (const std::string& text : {std::string("a"), std::string("the of and"), std::string("\xFF\xFE\x80 bytes"),
                                  std::string(100000, 'z'), std::string("\xE6\x97\xA5\xE6\x9C\xAC")}) {
    EXPECT_NEAR(std::sqrt(Similarity(text, text)), 1, 1e-5) << text.substr(0, 20);
  }
}

TEST_F(BuiltIn, ABatchGivesWhatOneByOneGives) {
  const std::vector<std::string_view> texts = {"one text", "", "and another one, about ships", "one text"};
  std::vector<float> vectors(3, 7);
  ASSERT_FALSE(embedder_->Embed(texts, EmbedPurpose::kDocument, &vectors));
  ASSERT_EQ(vectors.size(), texts.size() * embedder_->dimension());
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> one = Vector(texts[i]);
    EXPECT_TRUE(std::equal(one.begin(), one.end(), vectors.begin() + static_cast<ptrdiff_t>(i * one.size())));
  }
  ASSERT_FALSE(embedder_->Embed({}, EmbedPurpose::kQuestion, &vectors));
  EXPECT_TRUE(vectors.empty());
}

TEST_F(BuiltIn, RememberedWordsAreForgottenInTime) {
  const std::vector<float> before = Vector("replication of a database");
  for (int i = 0; i < 70; ++i) {
    std::string text;
    for (int k = 0; k < 1000; ++k) text += "w" + std::to_string(i * 1000 + k) + ' ';
    Vector(text);
  }
  EXPECT_EQ(Vector("replication of a database"), before);
}

TEST_F(BuiltIn, RareWordsWeighMore) {
  EXPECT_LT(embedder_->WordWeight("the"), 0.01);
  EXPECT_LT(embedder_->WordWeight("which"), 0.1);
  EXPECT_GT(embedder_->WordWeight("replication"), 0.9);
  EXPECT_EQ(embedder_->WordWeight("kubernetes"), 1);
}

TEST(FileEmbedder, OpensWhatWasTrained) {
  const std::string path = std::filesystem::temp_directory_path() / ("kvorum-model-" + std::to_string(getpid()));
  const auto write = [&](const std::string& name) {
    StaticModelParts parts;
    parts.name = name;
    parts.dimension = 64;
    parts.trained_on = 100;
    parts.words = {"tree", "balanc"};
    parts.counts = {5, 3};
    parts.vectors.assign(128, 0.1F);
    std::ofstream(path, std::ios::binary) << StaticModelBytes(parts);
  };
  write("small-1");
  std::unique_ptr<Embedder> embedder;
  ASSERT_FALSE(OpenFileEmbedder(path, &embedder));
  EXPECT_EQ(embedder->dimension(), 64u);
  const std::string identity = embedder->identity();
  EXPECT_TRUE(identity.starts_with("file:" + path + "#small-1-")) << identity;
  std::vector<float> vectors;
  const std::string_view texts[] = {"balanced trees", "unheard"};
  ASSERT_FALSE(embedder->Embed(texts, EmbedPurpose::kDocument, &vectors));
  EXPECT_EQ(vectors.size(), 128u);
  // By what an index has recorded, as long as the file holds that.
  EXPECT_FALSE(OpenFileEmbedder(identity.substr(5), &embedder));
  write("small-2");
  EXPECT_THAT(OpenFileEmbedder(identity.substr(5), &embedder).text(), testing::HasSubstr("another model by now"));
  EXPECT_EQ(embedder, nullptr);
  std::ofstream(path, std::ios::binary) << "no model";
  EXPECT_EQ(OpenFileEmbedder(path, &embedder).text(), path + " is not an embedding model");
  std::filesystem::remove(path);
  EXPECT_THAT(OpenFileEmbedder(path, &embedder).text(), testing::HasSubstr("No such file"));
}

}  // namespace
}  // namespace kvorum
