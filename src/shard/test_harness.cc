#include "shard/test_harness.h"

#include <utility>

#include "base/check.h"
#include "base/numbers.h"

namespace kvorum {
namespace {

// Reads one reply from the front of `bytes`.
std::string ReadOne(std::string_view& bytes) {
  const size_t end = bytes.find("\r\n");
  CHECK(end != std::string_view::npos);
  const char type = bytes[0];
  const std::string_view head = bytes.substr(1, end - 1);
  bytes.remove_prefix(end + 2);
  switch (type) {
    case '+':
    case ':':
    case ',':
    case '(':
      return std::string(head);
    case '#':
      return head == "t" ? "true" : "false";
    case '-':
      return "-" + std::string(head);
    case '_':
      return "nil";
    default:
      break;
  }
  int64_t count = 0;
  CHECK(ParseInt64(head, &count));
  if (count < 0) return "nil";
  if (type == '$' || type == '=') {
    std::string text(bytes.substr(type == '=' ? 4 : 0, static_cast<size_t>(count) - (type == '=' ? 4 : 0)));
    bytes.remove_prefix(static_cast<size_t>(count) + 2);
    return text;
  }
  const bool map = type == '%' || type == '|';
  std::string text = map ? "{" : "[";
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    text += ReadOne(bytes);
    if (map) text += ": " + ReadOne(bytes);
  }
  return text + (map ? "}" : "]");
}

std::map<std::string, std::string> Contents(Database& db) {
  std::map<std::string, std::string> contents;
  db.ForEach([&contents](const Entry* entry) {
    char digits[kIntegerTextBytes];
    std::string text(TypeName(entry->type()));
    text += ' ';
    text += entry->is_string() ? std::string(entry->Text(digits)) : entry->object()->CanonicalText();
    text += " deadline " + std::to_string(entry->deadline_ms());
    contents[std::string(entry->key())] = text;
  });
  return contents;
}

}  // namespace

std::string ReadableReply(std::string_view protocol) {
  std::string text;
  while (!protocol.empty()) {
    if (!text.empty()) text += ' ';
    text += ReadOne(protocol);
  }
  return text;
}

std::string TestSession::TakeRaw(uint64_t committed) {
  std::string taken;
  Output::Piece piece;
  while (output.Sendable(committed, &piece, 1) == 1) {
    taken += piece.view();
    output.Consume(piece.size);
  }
  return taken;
}

std::string TestSession::Take() { return ReadableReply(TakeRaw()); }

uint64_t RecordingLog::Append(const EffectsBuffer& effects, int64_t unix_micros) {
  EffectsReader reader(effects.bytes());
  while (reader.Next())
    effects_.push_back({reader.db(), unix_micros / 1000, {reader.words().begin(), reader.words().end()}});
  CHECK(!reader.damaged());
  if (!failure_.empty()) refusal_ = std::exchange(failure_, {});
  return ++index_;
}

TestShard::TestShard() {
  RegisterShardCommands(table_);
  Shard::Parts parts{.commands = &table_,
                     .keyspace_settings = &keyspace_settings_,
                     .settings = &settings_,
                     .clock = &clock_,
                     .random_seed = 1,
                     .log = &log_};
  shard_ = std::make_unique<Shard>(parts);
  parts.clock = &mirror_clock_;
  parts.log = nullptr;
  mirror_ = std::make_unique<Shard>(parts);
  NewSession();
}

TestShard::~TestShard() {
  CheckEffects();
  for (auto& session : sessions_) shard_->Remove(*session);
}

TestSession& TestShard::NewSession() {
  sessions_.push_back(std::make_unique<TestSession>());
  shard_->Add(*sessions_.back());
  return *sessions_.back();
}

void TestShard::Execute(TestSession& session, const std::vector<std::string>& words) {
  const std::vector<std::string_view> args(words.begin(), words.end());
  shard_->BeginTurn();
  shard_->Execute(session, table_.Find(args), args, 0);
  shard_->RunTimers();
  shard_->EndTurn();
}

std::string TestShard::Run(TestSession& session, std::string_view line) {
  std::vector<std::string> words;
  CHECK(SplitArguments(line, &words));
  Execute(session, words);
  return session.Take();
}

std::string TestShard::Run(const std::vector<std::string>& words) {
  Execute(session(), words);
  return session().Take();
}

std::string TestShard::Raw(std::string_view line) {
  std::vector<std::string> words;
  CHECK(SplitArguments(line, &words));
  Execute(session(), words);
  return session().TakeRaw();
}

void TestShard::Start(TestSession& session, std::string_view line) {
  std::vector<std::string> words;
  CHECK(SplitArguments(line, &words));
  Execute(session, words);
}

void TestShard::Advance(int64_t ms) {
  clock_.Advance(ms * 1000);
  shard_->BeginTurn();
  shard_->RunTimers();
  shard_->EndTurn();
}

std::vector<std::string> TestShard::TakeEffects() {
  std::vector<std::string> lines;
  for (; taken_effects_ < log_.effects().size(); ++taken_effects_) {
    const RecordedEffect& effect = log_.effects()[taken_effects_];
    std::string line = std::to_string(effect.db);
    for (const std::string& word : effect.words) line += " " + word;
    lines.push_back(line);
  }
  return lines;
}

void TestShard::CheckEffects() {
  shard_->EndTurn();
  mirror_->BeginTurn();
  for (; replayed_effects_ < log_.effects().size(); ++replayed_effects_) {
    const RecordedEffect& effect = log_.effects()[replayed_effects_];
    const std::vector<std::string_view> words(effect.words.begin(), effect.words.end());
    const std::string error = mirror_->Replay(effect.db, words, effect.unix_ms);
    EXPECT_EQ(error, "") << "replaying " << effect.words[0];
  }
  for (int i = 0; i < shard_->keyspace().size(); ++i) {
    shard_->keyspace().database(i).Validate();
    EXPECT_EQ(Contents(mirror_->keyspace().database(i)), Contents(shard_->keyspace().database(i)))
        << "database " << i << ": the effects make another state than the commands";
  }
}

}  // namespace kvorum
