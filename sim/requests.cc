#include "sim/requests.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>

#include "base/check.h"

namespace kvorum::sim {
namespace {

// $s $l $h $z $t: a key of a string, list, hash, sorted set, set; $k: any key; $v: a value; $B: a big one, now and then; $i: a small
// number; $j: one that may be negative; $f: a field or member; $n: a score; $m: a time to live in ms, $e: in s; $a: a deadline in ms,
// $A: in s; $d: a database; $w: a timeout in s. A word in braces is repeated some times.
constexpr const char* kPatterns[] = {
    // Strings
    "SET $s $B",
    "SET $s $v",
    "SET $s $i",
    "SET $s $v PX $m",
    "SET $s $v EX $e",
    "SET $s $v PXAT $a",
    "SET $s $v EXAT $A",
    "SET $s $v KEEPTTL",
    "SET $s $v NX",
    "SET $s $v XX GET",
    "SET $k $v NX PX $m",
    "SETNX $s $v",
    "SETEX $s $e $v",
    "PSETEX $s $m $v",
    "APPEND $s $v",
    "APPEND $s $B",
    "SETRANGE $s $i $v",
    "SETRANGE $s $i $B",
    "GETSET $s $v",
    "GETDEL $s",
    "GETEX $s PX $m",
    "GETEX $s EXAT $A",
    "GETEX $s PERSIST",
    "MSET {$s $v}",
    "MSETNX {$s $v}",
    "INCR $s",
    "DECR $s",
    "INCRBY $s $j",
    "DECRBY $s $j",
    "INCRBYFLOAT $s $n",
    "GET $s",
    "MGET {$k}",
    "STRLEN $s",
    "GETRANGE $s 0 -1",
    // Bitmaps
    "SETBIT $s $i 1",
    "SETBIT $s $i 0",
    "BITFIELD $s INCRBY u8 $i $j SET i16 8 $j",
    "BITOP OR $s {$s}",
    "BITOP NOT $s $s",
    "BITCOUNT $s",
    // Lists
    "LPUSH $l {$v}",
    "RPUSH $l {$v}",
    "RPUSH $l $B",
    "LPUSHX $l $v",
    "RPUSHX $l $v",
    "LINSERT $l BEFORE $v $v",
    "LINSERT $l AFTER $f $v",
    "LPOP $l",
    "RPOP $l",
    "LPOP $l $i",
    "RPOP $l $i",
    "LREM $l $j $f",
    "LTRIM $l $j -1",
    "LSET $l $j $v",
    "LMOVE $l $l LEFT RIGHT",
    "RPOPLPUSH $l $l",
    "LMPOP 2 $l $l LEFT COUNT 2",
    "LRANGE $l 0 -1",
    // Sets
    "SADD $t {$f}",
    "SADD $t {$v}",
    "SADD $t {$i}",
    "SREM $t {$f}",
    "SPOP $t",
    "SPOP $t $i",
    "SMOVE $t $t $f",
    "SINTERSTORE $t $t $t",
    "SUNIONSTORE $t $t $t",
    "SDIFFSTORE $t $t $t",
    "SRANDMEMBER $t $j",
    "SMEMBERS $t",
    // Hashes
    "HSET $h {$f $v}",
    "HSET $h $f $B",
    "HSETNX $h $f $v",
    "HMSET $h {$f $v}",
    "HDEL $h {$f}",
    "HINCRBY $h $f $j",
    "HINCRBYFLOAT $h $f $n",
    "HSET $h $f $i",
    "HGETALL $h",
    "HRANDFIELD $h 2",
    // Sorted sets
    "ZADD $z {$n $f}",
    "ZADD $z GT CH {$n $f}",
    "ZADD $z NX {$n $f}",
    "ZADD $z INCR $n $f",
    "ZINCRBY $z $n $f",
    "ZREM $z {$f}",
    "ZREMRANGEBYSCORE $z $n +inf",
    "ZREMRANGEBYRANK $z $j $i",
    "ZREMRANGEBYLEX $z [f1 [f4",
    "ZPOPMIN $z",
    "ZPOPMAX $z $i",
    "ZMPOP 2 $z $z MIN COUNT 2",
    "ZUNIONSTORE $z 2 $z $z WEIGHTS $j 2",
    "ZINTERSTORE $z 2 $z $t",
    "ZDIFFSTORE $z 2 $z $z",
    "ZRANGESTORE $z $z 0 $i",
    "ZRANGE $z 0 -1 WITHSCORES",
    // JSON
    "JSON.SET $J $ $D",
    "JSON.SET $J $ $D",
    "JSON.SET $J $P $D",
    "JSON.SET $J $P $D XX",
    "JSON.MERGE $J $P $D",
    "JSON.MSET $J $ $D $J $P $D",
    "JSON.DEL $J $P",
    "JSON.CLEAR $J $P",
    "JSON.NUMINCRBY $J $P $n",
    "JSON.NUMMULTBY $J $P $n",
    "JSON.TOGGLE $J $P",
    "JSON.ARRAPPEND $J $P $D $D",
    "JSON.ARRINSERT $J $P $j $D",
    "JSON.ARRPOP $J $P $j",
    "JSON.ARRTRIM $J $P $j $i",
    "JSON.GET $J $P",
    // Keys
    "DEL {$k}",
    "UNLINK {$k}",
    "EXPIRE $k $e",
    "PEXPIRE $k $m",
    "PEXPIRE $k $m GT",
    "PEXPIREAT $k $a",
    "EXPIREAT $k $A",
    "EXPIRE $k $e NX",
    "PERSIST $k",
    "PTTL $k",
    "RENAME $k $k",
    "RENAMENX $k $k",
    "RENAME $s $s",
    "COPY $k $k",
    "COPY $k $k REPLACE",
    "COPY $k $k DB $d REPLACE",
    "MOVE $k $d",
    "TYPE $k",
    "EXISTS {$k}",
    "RANDOMKEY",
    "DBSIZE",
    "SORT $l ALPHA STORE $l",
    "SORT $t BY nosort STORE $l",
    "SORT $z ALPHA DESC STORE $l",
    "SCAN 0",
    "DUMP $k",
    "SET $k $v",
    "DEL $k",
    "TOUCH $k",
    // Databases
    "SELECT $d",
    "SELECT 0",
    "SWAPDB $d $d",
    // Transactions
    "MULTI",
    "MULTI",
    "EXEC",
    "EXEC",
    "EXEC",
    "DISCARD",
    "WATCH {$k}",
    "UNWATCH",
    // Durability
    "CLIENT DURABILITY sync",
    "CLIENT DURABILITY periodic",
    "CLIENT DURABILITY memory",
    "CLIENT DURABILITY default",
    "WAITAOF 1 0 0",
    "WAITAOF 1 0 1500",
    "WAITAOF 0 0 0",
    "WAIT 0 0",
    // Blocking
    "BLPOP $l $l $w",
    "BRPOP $l $w",
    "BLMOVE $l $l RIGHT LEFT $w",
    "BRPOPLPUSH $l $l $w",
    "BLMPOP $w 2 $l $l LEFT COUNT 3",
    "BZPOPMIN $z $w",
    "BZPOPMAX $z $z $w",
    "BZMPOP $w 1 $z MAX",
    // Mistakes
    "INCR $k",
    "LPUSH $k $v",
    "HSET $k $f",
    "NOSUCH $k",
    "ZADD $k x y",
    "SADD $k $f",
    "EXPIRE $k x",
};

// So many percent of all, see RequestMaker::Options.
constexpr const char* kSearchPatterns[] = {
    // Vector sets
    "VADD $V FP32 $x $f",
    "VADD $V FP32 $x $f",
    "VADD $V FP32 $x $f SETATTR $D",
    "VADD $V VALUES 2 $n $n $f CAS NOQUANT",
    "VADD $V FP32 $x $f BIN EF $i",
    "VADD $V REDUCE 1 FP32 $x $f Q8 M 4",
    "VREM $V $f",
    "VSETATTR $V $f $D",
    "VSIM $V FP32 $x WITHSCORES",
    "VSIM $V ELE $f FILTER .f1>1",
    "VRANDMEMBER $V $j",
    "DEL $V",
    "PEXPIRE $V $m",
    "RENAME $V $V",
    // Search
    "FT.CREATE $I SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 f1 TAG f2 NUMERIC",
    "FT.CREATE $I PREFIX 1 h SCHEMA v AS w VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE f3 TEXT",
    "FT.CREATE $I ON JSON SCHEMA $.f1 AS v VECTOR HNSW 6 TYPE FLOAT64 DIM 2 DISTANCE_METRIC IP $.f2 AS n NUMERIC",
    "FT.CREATE $I SKIPINITIALSCAN SCHEMA v VECTOR HNSW 6 TYPE FLOAT16 DIM 2 DISTANCE_METRIC L2 f1 TAG",
    "FT.ALTER $I SCHEMA ADD $f TAG",
    "FT.ALTER $I SCHEMA ADD $f VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2",
    "FT.ALTER $I SCHEMA ADD $f TEXT",
    "FT.ALTER $I SCHEMA ADD $f NUMERIC SORTABLE",
    "FT.DROPINDEX $I",
    "FT.ALIASUPDATE alias $I",
    "HSET $h v $x",
    "HSET $h v $x $f $v",
    "HSET $h $f $x",
    "HSET $h $f $x",
    "HSET $h f2 $i",
    "JSON.SET $J $ $Y",
    "JSON.SET $J $.f1 $y",
    "DEL $h $J",
    "PEXPIRE $h $m",
    "RENAME $h $h",
    "COPY $h $h REPLACE",
    "FT.SEARCH $I $Q NOCONTENT DIALECT 2 PARAMS 2 q $x",
};
constexpr const char* kRare[] = {"FLUSHDB", "FLUSHDB ASYNC", "FLUSHALL", "FLUSHALL SYNC"};
constexpr uint64_t kRareOneIn = 250;
constexpr uint64_t kBulkOneIn = 150;
constexpr uint64_t kMostBulk = 900;  // elements; snapshots write so many in several pieces
constexpr const char* kBlocking[] = {"BLPOP $l $l $w", "BLMOVE $l $l LEFT LEFT $w", "BZPOPMIN $z $z $w"};

constexpr char kTypes[] = {'s', 'l', 'h', 'z', 't', 'J', 'V'};
constexpr const char* kJsonPaths[] = {"$",   "$.f1", "$.f2",    "$.f3",   "$..f1",
                                      "$.*", "$[0]", "$..[-1]", ".f2[1]", "$..f2[?(@>1)]"};
constexpr uint64_t kFields = 12;
constexpr uint64_t kMostRepeats = 4;

}  // namespace

std::vector<std::string> RequestMaker::Any(int64_t unix_ms) {
  if (random_.Below(kRareOneIn) == 0) return Fill(kRare[random_.Below(std::size(kRare))], unix_ms);
  if (options_.big_percent > 1 && random_.Below(kBulkOneIn) == 0) return Bulk();
  if (random_.Below(100) < options_.search_percent) {
    return Fill(kSearchPatterns[random_.Below(std::size(kSearchPatterns))], unix_ms);
  }
  return Fill(kPatterns[random_.Below(std::size(kPatterns))], unix_ms);
}

std::vector<std::string> RequestMaker::Bulk() {
  static constexpr struct {
    const char* command;
    char type;
    bool has_pairs;
  } kBulks[] = {{"RPUSH", 'l', false}, {"SADD", 't', false}, {"HSET", 'h', true}, {"ZADD", 'z', true}};
  const auto& bulk = kBulks[random_.Below(std::size(kBulks))];
  std::vector<std::string> words = {bulk.command, Key(bulk.type)};
  for (uint64_t count = random_.Below(kMostBulk); count > 0; --count) {
    if (bulk.has_pairs) words.push_back(std::to_string(random_.Below(kMostBulk)));
    words.push_back((random_.Below(8) == 0 ? "member " : "") + std::to_string(random_.Below(4 * kMostBulk)));
  }
  return words;
}

std::vector<std::string> RequestMaker::Blocking(int64_t unix_ms) {
  return Fill(kBlocking[random_.Below(std::size(kBlocking))], unix_ms);
}

std::vector<std::string> RequestMaker::Fill(const char* pattern, int64_t unix_ms) {
  std::vector<std::string> words;
  std::string_view rest(pattern);
  std::string_view repeated;
  uint64_t repeats = 0;
  while (!rest.empty() || repeats > 0) {
    if (rest.empty()) {
      --repeats;
      rest = repeated;
      continue;
    }
    if (rest.front() == '{') {
      const size_t end = rest.find('}');
      CHECK(end + 1 == rest.size());  // always last
      repeated = rest.substr(1, end - 1);
      repeats = random_.Below(kMostRepeats);
      rest = repeated;
    }
    const size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    words.push_back(word.size() == 2 && word[0] == '$' ? Placeholder(word[1], unix_ms) : std::string(word));
  }
  return words;
}

std::string RequestMaker::Key(char type) {
  // One in ten is of another type than the command wants.
  if (random_.Below(10) == 0) type = kTypes[random_.Below(std::size(kTypes))];
  return type + std::to_string(random_.Below(options_.keys_a_type));
}

std::string RequestMaker::Value() {
  switch (random_.Below(6)) {
    case 0:
      return std::to_string(random_.Below(1000));
    case 1:
      return std::string(1 + random_.Below(200), static_cast<char>('a' + random_.Below(26)));
    case 2:
      return "";
    default:
      return "f" + std::to_string(random_.Below(kFields));
  }
}

std::string RequestMaker::Vector() {
  // Now and then of another length, without a direction, or not finite.
  const uint64_t choice = random_.Below(20);
  std::vector<float> numbers(choice == 0 ? 1 + random_.Below(3) : 2);
  for (float& number : numbers) number = choice == 1 ? 0 : static_cast<float>(random_.Below(200)) - 100;
  if (choice == 2) numbers[0] = std::numeric_limits<float>::quiet_NaN();
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

std::string RequestMaker::BigValue() {
  if (random_.Below(100) >= options_.big_percent) return Value();
  const uint64_t most = random_.Below(12) == 0 ? 1500000 : 60000;
  std::string value(random_.Below(most), 'x');
  for (size_t i = 0; i < value.size(); i += 97) value[i] = static_cast<char>(random_.Below(256));
  return value;
}

std::string RequestMaker::Json(int depth) {
  const bool is_large = depth == 0 && options_.big_percent > 1 && random_.Below(20) == 0;
  const uint64_t items = is_large ? random_.Below(4 * kMostBulk) : random_.Below(4);
  std::string text;
  switch (random_.Below(depth < 3 ? 8 : 6)) {
    case 0:
      return std::to_string(static_cast<int64_t>(random_.Below(2000)) - 1000);
    case 1:
      return std::to_string(random_.Fraction() * 100 - 50);
    case 2:
      return random_.Below(2) == 0 ? "true" : "false";
    case 3:
      return "null";
    case 4:
    case 5:
      return "\"" + std::string(random_.Below(is_large ? 60000 : 20), 'j') + "\"";
    case 6:
      for (uint64_t i = 0; i < items; ++i) text += (i > 0 ? "," : "") + Json(depth + 1);
      return "[" + text + "]";
    default:
      for (uint64_t i = 0; i < items; ++i) {
        text += (i > 0 ? ",\"f" : "\"f") + std::to_string(random_.Below(is_large ? kMostBulk : 4)) +
                "\":" + Json(depth + 1);
      }
      return "{" + text + "}";
  }
}

std::string RequestMaker::Placeholder(char kind, int64_t unix_ms) {
  // Mostly soon, so that much expires; sometimes long ago, or far ahead.
  const auto term_ms = [this]() -> int64_t {
    const uint64_t choice = random_.Below(10);
    if (choice == 0) return 100000000;
    return static_cast<int64_t>(choice == 1 ? random_.Below(100000) : 1 + random_.Below(3000));
  };
  switch (kind) {
    case 'k':
      return Key(kTypes[random_.Below(std::size(kTypes))]);
    case 'J':
      return Key('J');
    case 'D':
      return Json(0);
    case 'P':
      return kJsonPaths[random_.Below(std::size(kJsonPaths))];
    case 'I':
      return "index" + std::to_string(random_.Below(2));
    case 'Q':
      return random_.Below(2) == 0 ? "*=>[KNN 3 @v $q]" : "@f1:{f2|f3}=>[KNN 3 @v $q]";
    case 'x':
      return Vector();
    case 'Y':
      return "{\"f1\":" + Placeholder('y', unix_ms) + ",\"f2\":" + std::to_string(random_.Below(9)) + "}";
    case 'y':
      return "[" + std::to_string(random_.Below(9)) + "," + std::to_string(random_.Below(9)) + "]";
    case 'v':
      return Value();
    case 'B':
      return BigValue();
    case 'i':
      return std::to_string(random_.Below(10));
    case 'j':
      return std::to_string(static_cast<int64_t>(random_.Below(12)) - 6);
    case 'f':
      return "f" + std::to_string(random_.Below(kFields));
    case 'n':
      return random_.Below(2) == 0 ? std::to_string(random_.Below(20)) : std::to_string(random_.Fraction() * 100 - 50);
    case 'm':
      return std::to_string(term_ms());
    case 'e':
      return std::to_string(1 + term_ms() / 1000);
    case 'a':
      return std::to_string(unix_ms + term_ms() - static_cast<int64_t>(random_.Below(500)));
    case 'A':
      return std::to_string(unix_ms / 1000 + term_ms() / 1000);
    case 'd':
      return std::to_string(random_.Below(static_cast<uint64_t>(options_.databases)));
    case 'w':
      return random_.Below(3) == 0 ? "0" : std::to_string(random_.Fraction() * 3);
    default:
      return Key(kind);
  }
}

}  // namespace kvorum::sim
