// documents/read_ahead.h with the real program that reads, which stands beside this one.
#include "documents/read_ahead.h"

#include <gtest/gtest.h>

#include "readers/test_documents.h"

namespace kvorum {
namespace {

// Takes a document to its end: its text, and the error behind "!".
std::string TakeAll(ReadAhead& reader) {
  std::string all;
  while (true) {
    ReadAhead::Item item = reader.Take();
    if (item.is_end) return item.error ? all + "!" + item.error.text() : all;
    all += item.unit.text + "\n";
  }
}

TEST(ReadAhead, HandsOutInOrder) {
  const TestFolder folder;
  // Room for everything, for next to nothing; one process, several.
  for (const size_t bytes : {size_t{4} << 20, size_t{1}}) {
    for (const size_t processes : {1, 3}) {
      ReadAhead reader(processes, bytes);
      constexpr size_t kCount = 40;
      for (size_t i = 0; i < kCount; ++i) {
        const std::string name = std::to_string(i) + ".txt";
        std::string text;
        for (size_t k = 0; k < 1 + i * i * 20; ++k) text += "word ";
        reader.Add(i == 7 ? folder.path("none.txt") : folder.Write(name, text + std::to_string(i)));
      }
      for (size_t i = 0; i < kCount; ++i) {
        const std::string all = TakeAll(reader);
        if (i == 7) {
          EXPECT_EQ(all, "!No such file or directory");
        } else {
          EXPECT_TRUE(all.starts_with("word ") && all.ends_with(" " + std::to_string(i) + "\n")) << i;
        }
      }
    }
  }
}

TEST(ReadAhead, EndsWhateverIsGoingOn) {
  const TestFolder folder;
  std::string text;
  for (size_t k = 0; k < 400'000; ++k) text += "word\n\n";
  const std::string path = folder.Write("long.txt", text);
  for (const size_t taken : {0, 1, 5}) {
    ReadAhead reader(2, 100'000);
    for (int i = 0; i < 5; ++i) reader.Add(path);
    for (size_t i = 0; i < taken; ++i) EXPECT_FALSE(reader.Take().is_end);
  }
}

}  // namespace
}  // namespace kvorum
