// Random values of every type and encoding: written, and read back from memory and from a source in pieces.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "rdb/payload.h"
#include "rdb/test_rdb.h"
#include "rdb/writer.h"

namespace kvorum {
namespace {

uint64_t Seed() {
  const char* given = std::getenv("KVORUM_SEED");
  const auto now = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : now;
  std::printf("seed %llu (KVORUM_SEED repeats it)\n", static_cast<unsigned long long>(seed));
  return seed;
}

void ExpectEqual(const Entry& entry, const RdbValue& value) {
  if (value.object == nullptr) {
    EXPECT_EQ(TextOf(entry), "string " + std::string(value.text));
    return;
  }
  value.object->Validate();
  EXPECT_EQ(TextOf(entry), value.object->CanonicalText());
  EXPECT_EQ(entry.encoding_name(), value.object->encoding()) << TextOf(entry).substr(0, 2000);
}

TEST(RoundTrip, EveryTypeAndEncoding) {
  RandomChoices choices(Seed());
  KeyspaceSettings settings;
  for (int round = 0; round < 300; ++round) {
    settings.list_plain_threshold = choices.Below(4) == 0 ? 1 + choices.Below(100) : size_t{1} << 30;
    const RdbWriter::Options options{.compresses = choices.Below(2) == 0,
                                     .plain_bytes = choices.Below(2) == 0 ? kMaxLzfBytes : 1 + choices.Below(5000)};
    const OwnedEntry entry = AnyEntry(choices, settings);
    StringSink sink;
    RdbWriter to_sink(options, &sink);
    RdbWriter to_memory(options);
    to_sink.Byte(static_cast<uint8_t>(RdbWriter::TypeOf(*entry)));
    to_sink.Value(*entry);
    ASSERT_TRUE(to_sink.Flush());
    const std::string payload(to_memory.Payload(*entry));
    // Compressed bytes may depend on what the compressor's table held before.
    if (!options.compresses) {
      ASSERT_EQ(payload.substr(0, payload.size() - kPayloadFooterBytes), sink.text);
    }

    ASSERT_TRUE(IsIntactPayload(payload));
    PayloadReader from_memory(payload, settings);
    RdbValue value;
    ASSERT_TRUE(from_memory.Read(&value)) << from_memory.error().text;
    ExpectEqual(*entry, value);

    PieceSource source(sink.text, 1 + choices.Below(choices.Below(2) == 0 ? 10 : 100000));
    RdbReader reader(source);
    RdbValueReader from_source(reader, settings);
    uint8_t type;
    ASSERT_TRUE(reader.Byte(&type) && from_source.Read(type, &value)) << reader.error().text;
    ExpectEqual(*entry, value);
    EXPECT_EQ(reader.offset(), sink.text.size());
    EXPECT_EQ(reader.Checksum(), to_sink.Checksum());
    EXPECT_TRUE(reader.AtEnd());
  }
}

// What was read can be had as it lies in the source, up to a limit.
TEST(RoundTrip, CapturedBytes) {
  const std::string bytes = FromHex("0568656c6c6f") + "rest of it";
  for (size_t piece : {size_t{1}, size_t{100}}) {
    PieceSource source(bytes, piece);
    RdbReader reader(source);
    Buffer copy;
    Buffer storage;
    std::string_view text;
    reader.Capture(&copy, 6);
    ASSERT_TRUE(reader.String(&storage, &text));
    EXPECT_EQ(text, "hello");
    reader.Capture(nullptr);
    EXPECT_EQ(copy.view(), bytes.substr(0, 6));
    EXPECT_FALSE(reader.capture_overflowed());
    copy.Clear();
    reader.Capture(&copy, 3);
    ASSERT_TRUE(reader.Skip(4));
    reader.Capture(nullptr);
    EXPECT_TRUE(reader.capture_overflowed());
    EXPECT_TRUE(copy.empty());
    EXPECT_EQ(reader.offset(), 10u);
  }
}

// Whatever byte changes, reading ends with a value that is whole, or with an error.
TEST(RoundTrip, DamagedValues) {
  RandomChoices choices(Seed());
  const KeyspaceSettings settings;
  RdbWriter writer({.compresses = false});
  for (int round = 0; round < 200; ++round) {
    const OwnedEntry entry = AnyEntry(choices, settings);
    const std::string payload(writer.Payload(*entry));
    const size_t size = payload.size() - kPayloadFooterBytes;
    for (int i = 0; i < 20; ++i) {
      std::string changed = payload.substr(0, size);
      if (choices.Below(2) == 0) changed.resize(choices.Below(size));
      if (!changed.empty()) changed[choices.Below(changed.size())] = static_cast<char>(choices.Below(256));
      RdbReader reader{std::string_view(changed)};
      RdbValueReader values(reader, settings);
      RdbValue value;
      uint8_t type;
      if (!reader.Byte(&type) || !values.Read(type, &value)) {
        EXPECT_TRUE(reader.failed());
        EXPECT_FALSE(reader.error().text.empty());
      } else if (value.object != nullptr) {
        value.object->Validate();
        EXPECT_GT(value.object->size(), 0u);
      }
    }
  }
}

TEST(RoundTrip, AFailingSinkIsToldAndStaysFailed) {
  const std::string bytes(100000, 'x');
  StringSink sink;
  sink.room = 200000;
  RdbWriter writer({.compresses = false}, &sink);
  for (int i = 0; i < 10; ++i) writer.String(bytes);
  EXPECT_FALSE(writer.Flush());
  EXPECT_EQ(writer.error(), "No space left on device");
}

// A large value goes to the sink in pieces.
TEST(RoundTrip, LargeValuesAreNotHeldWhole) {
  const KeyspaceSettings settings;
  auto hash = std::make_unique<HashObject>();
  for (int i = 0; i < 200000; ++i)
    (void)hash->Set("field:" + std::to_string(i), "value:" + std::to_string(i), settings);
  StringSink sink;
  RdbWriter writer({.compresses = false}, &sink);
  writer.Value(*hash);
  ASSERT_TRUE(writer.Flush());
  EXPECT_GT(sink.text.size(), 4000000u);
  EXPECT_LE(sink.longest, RdbWriter::kFlushBytes + 100);
  EXPECT_LE(writer.buffer().capacity(), 4 * RdbWriter::kFlushBytes);
}

}  // namespace
}  // namespace kvorum
