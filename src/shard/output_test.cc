#include "shard/output.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

std::string Text(size_t bytes, char first = 'a') {
  std::string text(bytes, ' ');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(first + i % 23);
  return text;
}

std::string Sendable(const Output& output, uint64_t committed = UINT64_MAX) {
  Output::Piece pieces[100];
  std::string all;
  const size_t count = output.Sendable(committed, pieces, 100);
  for (size_t i = 0; i < count; ++i) all += pieces[i].view();
  return all;
}

TEST(Output, BufferThenList) {
  Output output;
  EXPECT_TRUE(output.empty());
  output.Append(Text(100));
  EXPECT_EQ(output.buffer_bytes(), 100u);
  EXPECT_EQ(output.buffer_capacity(), kOutputBufferBytes);
  EXPECT_EQ(output.list_length(), 0u);
  EXPECT_EQ(output.list_memory_bytes(), 0u);
  output.Append(Text(kOutputBufferBytes));
  EXPECT_EQ(output.buffer_bytes(), kOutputBufferBytes);
  EXPECT_EQ(output.buffer_peak(), kOutputBufferBytes);
  EXPECT_EQ(output.list_length(), 1u);
  EXPECT_GE(output.list_memory_bytes(), 100u);
  EXPECT_EQ(Sendable(output), Text(100) + Text(kOutputBufferBytes));
  output.Consume(100 + kOutputBufferBytes);
  EXPECT_TRUE(output.empty());
  EXPECT_EQ(output.list_memory_bytes(), 0u);
}

TEST(Output, ALargeReplyIsTakenOver) {
  Output output;
  output.Append("before");
  Buffer reply;
  reply.Append(Text(100000));
  output.AppendBuffer(reply);
  EXPECT_TRUE(reply.empty());
  EXPECT_EQ(reply.capacity(), 0u);
  output.Append("after");
  EXPECT_EQ(Sendable(output), "before" + Text(100000) + "after");
}

TEST(Output, NothingIsSentBeforeItsCommit) {
  Output output;
  output.Append("free ");
  output.Hold(0);
  output.Append("one ");
  output.Hold(1);
  output.Append(Text(kOutputBufferBytes));
  output.Hold(2);
  output.Append("new");  // of a turn that is not over
  EXPECT_EQ(Sendable(output, 0), "free ");
  EXPECT_TRUE(output.held(0));
  EXPECT_EQ(Sendable(output, 1), "free one ");
  EXPECT_EQ(Sendable(output, 2), "free one " + Text(kOutputBufferBytes) + "new");
  output.Consume(3);
  EXPECT_EQ(Sendable(output, 0), "e ");
  output.Consume(2);
  EXPECT_EQ(Sendable(output, 0), "");
  EXPECT_EQ(Sendable(output, 1), "one ");
  output.Consume(4);
  EXPECT_TRUE(output.held(1));
  EXPECT_FALSE(output.held(2));
}

TEST(Output, ResizingWaitsForTheBufferToBeEmpty) {
  Output output;
  output.Append(Text(2000));
  output.ResizeBuffer(1024);
  EXPECT_EQ(Sendable(output), Text(2000));
  output.Consume(2000);
  EXPECT_EQ(output.buffer_capacity(), 1024u);
  output.Append(Text(3000));
  EXPECT_EQ(output.buffer_bytes(), 1024u);
  EXPECT_EQ(Sendable(output), Text(3000));
}

TEST(Output, RandomlyAgainstAString) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Output output;
  std::string model;  // unsent
  uint64_t index = 0;
  std::vector<std::pair<uint64_t, size_t>> marks;  // index, bytes of the model up to it
  for (int step = 0; step < 20000; ++step) {
    switch (random() % 5) {
      case 0:
      case 1: {
        const std::string text =
            Text(random() % (random() % 10 == 0 ? 40000 : 300), static_cast<char>('A' + random() % 26));
        if (random() % 8 == 0) {
          Buffer buffer;
          buffer.Append(text);
          output.AppendBuffer(buffer);
        } else {
          output.Append(text);
        }
        model += text;
        break;
      }
      case 2:
        output.Hold(++index);
        if (!model.empty() && (marks.empty() || marks.back().second != model.size()))
          marks.emplace_back(index, model.size());
        break;
      case 3:
        if (random() % 10 == 0) output.ResizeBuffer(kMinOutputBufferBytes << random() % 5);
        break;
      default: {
        const uint64_t committed = index - std::min<uint64_t>(index, random() % 3);
        size_t free_bytes = model.size();
        size_t before = 0;
        for (const auto& [mark_index, end] : marks) {
          if (mark_index > committed) {
            free_bytes = before;
            break;
          }
          before = end;
        }
        Output::Piece pieces[3];
        const size_t count = output.Sendable(committed, pieces, 3);
        std::string sendable;
        for (size_t i = 0; i < count; ++i) sendable += pieces[i].view();
        ASSERT_EQ(sendable, model.substr(0, sendable.size()));
        ASSERT_LE(sendable.size(), free_bytes);
        if (count < 3) {
          ASSERT_EQ(sendable.size(), free_bytes);
        }
        const size_t sent = sendable.empty() ? 0 : random() % (sendable.size() + 1);
        output.Consume(sent);
        model.erase(0, sent);
        for (auto& mark : marks) mark.second -= std::min(mark.second, sent);
        std::erase_if(marks, [](const auto& mark) { return mark.second == 0; });
      }
    }
    ASSERT_EQ(output.empty(), model.empty());
  }
}

TEST(HeldReplies, WaitForTheirCommit) {
  TestShard shard;
  TestSession& reader = shard.NewSession();
  EXPECT_EQ(shard.Run("SET a 1"), "OK");
  shard.log().HoldCommits();
  const uint64_t before = shard.log().committed();
  shard.Start(shard.session(), "SET a 2");
  // What others read must not be lost either.
  shard.Start(reader, "GET a");
  EXPECT_EQ(shard.session().TakeRaw(before), "");
  EXPECT_EQ(reader.TakeRaw(before), "");
  shard.log().Commit();
  EXPECT_EQ(shard.session().TakeRaw(shard.log().committed()), "+OK\r\n");
  EXPECT_EQ(reader.TakeRaw(shard.log().committed()), "$1\r\n2\r\n");
}

TEST(HeldReplies, EachSessionWaitsForWhatItAsksFor) {
  TestShard shard;
  TestSession& careless = shard.NewSession();
  TestSession& careful = shard.NewSession();
  shard.settings().durability = Durability::kSync;
  EXPECT_EQ(shard.Run(careless, "CLIENT DURABILITY memory"), "OK");
  EXPECT_EQ(shard.Run(careless, "CLIENT DURABILITY"), "memory");
  EXPECT_EQ(shard.Run(careful, "CLIENT DURABILITY"), "sync");
  shard.log().HoldCommits();
  const uint64_t before = shard.log().committed();
  shard.Start(careless, "SET a 2");
  EXPECT_EQ(careless.TakeRaw(before), "+OK\r\n");
  EXPECT_EQ(shard.log().sync_requests(), 0u);
  shard.Start(careful, "GET a");
  EXPECT_EQ(careful.TakeRaw(before), "") << "what it reads could still be lost";
  EXPECT_EQ(shard.log().sync_requests(), 1u);
  shard.log().Commit();
  EXPECT_EQ(careful.TakeRaw(shard.log().committed()), "$1\r\n2\r\n");
  EXPECT_EQ(shard.Run(careless, "CLIENT DURABILITY default"), "OK");
  EXPECT_EQ(shard.Run(careless, "CLIENT DURABILITY"), "sync");
  EXPECT_EQ(shard.Run(careless, "CLIENT DURABILITY often"), "-ERR syntax error");
}

TEST(HeldReplies, WaitaofWaitsForASync) {
  TestShard shard;
  TestSession& other = shard.NewSession();
  EXPECT_EQ(shard.Run("WAITAOF 1 0 0"), "[1, 0]") << "nothing was written";
  shard.log().HoldCommits();
  EXPECT_EQ(shard.Run(other, "CLIENT DURABILITY memory"), "OK");
  EXPECT_EQ(shard.Run(other, "SET a 1"), "OK");
  shard.Start(other, "WAITAOF 1 0 0");
  shard.Start(shard.session(), "WAITAOF 1 0 100");
  EXPECT_EQ(other.TakeRaw(), "");
  shard.Advance(101);
  EXPECT_EQ(shard.session().Take(), "[0, 0]");
  EXPECT_EQ(other.TakeRaw(), "");
  EXPECT_GT(shard.log().sync_requests(), 0u);
  shard.log().Commit();
  shard.Advance(1);
  EXPECT_EQ(other.Take(), "[1, 0]");
  EXPECT_EQ(shard.Run("WAITAOF 0 1 1"), "") << "there are no replicas";
  shard.Advance(2);
  EXPECT_EQ(shard.session().Take(), "[1, 0]");
  EXPECT_EQ(shard.Run("WAITAOF 2 0 0"), "-ERR value is out of range, value must between 0 and 1");
  EXPECT_EQ(shard.Run("WAITAOF 0 -1 0"), "-ERR value is out of range, must be positive");
  EXPECT_EQ(shard.Run("WAITAOF 0 0 -1"), "-ERR timeout is negative");
}

TEST(HeldReplies, WritesAreRefusedWhileTheLogHasNoRoom) {
  TestShard shard;
  EXPECT_EQ(shard.Run("SET a 1"), "OK");
  EXPECT_EQ(shard.Run("SET soon 1 PX 10"), "OK");
  shard.log().Refuse("the disk is full");
  shard.Advance(20);
  const std::string refused =
      "-MISCONF Errors writing to the journal: the disk is full. Reads go on, and writes as soon as it can be written "
      "again";
  EXPECT_EQ(shard.Run("SET a 2"), refused);
  EXPECT_EQ(shard.Run("GET a"), "1");
  EXPECT_EQ(shard.Run("GET soon"), "nil") << "it cannot be deleted, but it is not there";
  EXPECT_EQ(shard.Run("DBSIZE"), "2");
  EXPECT_EQ(shard.Run("MULTI"), "OK");
  EXPECT_EQ(shard.Run("SET a 2"), refused);
  EXPECT_EQ(shard.Run("EXEC"), "-EXECABORT Transaction discarded because of previous errors.");
  shard.log().Refuse("");
  shard.Advance(1);
  EXPECT_EQ(shard.Run("SET a 2"), "OK");
  EXPECT_EQ(shard.Run("DBSIZE"), "1");
}

TEST(HeldReplies, WhatMonitorsSeeWaitsToo) {
  TestShard shard;
  TestSession& monitor = shard.NewSession();
  EXPECT_EQ(shard.Run(monitor, "MONITOR"), "OK");
  shard.log().HoldCommits();
  const uint64_t before = shard.log().committed();
  shard.Start(shard.session(), "SET a 2");
  EXPECT_EQ(monitor.TakeRaw(before), "");
  shard.log().Commit();
  EXPECT_NE(monitor.TakeRaw(shard.log().committed()), "");
}

}  // namespace
}  // namespace kvorum
