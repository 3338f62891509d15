#!/bin/bash
# redis-cli as people use it: arguments, standard input, --pipe, --scan, --bigkeys, RESP3, --csv, --json, -x.
set -uo pipefail
number=0
failed=0
cli() { redis-cli -h "$KVORUM_HOST" -p "$KVORUM_PORT" "$@"; }

# same NAME WANTED GOT
same() {
  number=$((number + 1))
  if [ "$2" = "$3" ]; then
    echo "ok $number - $1"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n  wanted: %q\n  got:    %q\n' "$number" "$1" "$2" "$3"
  fi
}
# has NAME PATTERN GOT
has() {
  if grep -qE -- "$2" <<<"$3"; then same "$1" x x; else same "$1" "something like $2" "$3"; fi
}

same "arguments" OK "$(cli set greeting 'hello world')"
same "reply" 'hello world' "$(cli get greeting)"
same "as a terminal shows it" '"hello world"' "$(cli --no-raw get greeting)"
same "integer" '(integer) 1' "$(cli --no-raw incr counter)"
same "null" '(nil)' "$(cli --no-raw get nothing)"
same "error" 'WRONGTYPE Operation against a key holding the wrong kind of value' "$(cli lpush greeting x 2>&1 | head -n 1)"
cli -e lpush greeting x >/dev/null 2>&1
same "exit status of an error with -e" 1 $?
same "commands from standard input" $'OK\n1' "$(printf 'set a 1\nget a\n' | cli)"
same "the last argument from standard input" 5 "$(printf 'bytes' | cli -x set b >/dev/null; cli strlen b)"
same "repeat" 5 "$(cli -r 5 incr repeated | tail -n 1)"
same "another database" 0 "$(cli -n 5 dbsize)"
cli rpush list a b 'c d' >/dev/null
same "csv" '"a","b","c d"' "$(cli --csv lrange list 0 -1)"
cli hset hash field value >/dev/null
same "a map in RESP3" '1# "field" => "value"' "$(cli -3 --no-raw hgetall hash)"
same "json" '{"field":"value"}' "$(cli --json hgetall hash)"
cli zadd zset 1.5 one >/dev/null
same "a double in RESP3" '1) 1) "one"
   2) (double) 1.5' "$(cli -3 --no-raw zrange zset 0 -1 withscores)"

cli flushall >/dev/null
piped=$(for i in $(seq 10000); do printf '*3\r\n$3\r\nSET\r\n$%d\r\nkey:%d\r\n$1\r\nx\r\n' $((${#i} + 4)) "$i"; done | cli --pipe)
has "pipe counts the replies" 'errors: 0, replies: 10000' "$piped"
same "pipe stored them" 10000 "$(cli dbsize)"
same "scan" 10000 "$(cli --scan | sort -u | wc -l)"
same "scan with a pattern" 1112 "$(cli --scan --pattern 'key:1*' | wc -l)"
cli rpush biggest 1 2 3 >/dev/null
has "bigkeys" 'Biggest +list found .*biggest.* has 3 items' "$(cli --bigkeys 2>&1)"
has "memkeys" 'biggest' "$(cli --memkeys 2>&1)"
has "stat" 'keys' "$(timeout 5 redis-cli -h "$KVORUM_HOST" -p "$KVORUM_PORT" --stat -i 0.01 2>&1 | head -n 2; true)"
has "latency" '^[0-9]+ [0-9]+ [0-9.]+ [0-9]+$' "$(timeout 20 redis-cli -h "$KVORUM_HOST" -p "$KVORUM_PORT" --latency -i 1 --raw 2>/dev/null </dev/null | tail -n 1)"
has "info" '^redis_version:7\.' "$(cli info server)"
has "help comes from the server's tables" 'PONG' "$(cli ping)"
cli config set requirepass sesame >/dev/null
has "authentication is asked for" 'NOAUTH' "$(cli ping 2>&1)"
same "authentication" PONG "$(cli -a sesame --no-auth-warning ping)"
same "authentication by the environment" PONG "$(REDISCLI_AUTH=sesame redis-cli -h "$KVORUM_HOST" -p "$KVORUM_PORT" ping)"
same "a URI" PONG "$(redis-cli --no-auth-warning -u "redis://default:sesame@$KVORUM_HOST:$KVORUM_PORT/2" ping)"

# A subscriber is known to listen when the server counts it.
redis-cli -h "$KVORUM_HOST" -p "$KVORUM_PORT" -a sesame --no-auth-warning subscribe news >subscriber.out &
subscriber=$!
cli=(redis-cli -h "$KVORUM_HOST" -p "$KVORUM_PORT" -a sesame --no-auth-warning)
until [ "$("${cli[@]}" publish news hello)" = 1 ]; do :; done
until grep -q hello subscriber.out; do :; done
same "subscribe" $'message\nnews\nhello' "$(tail -n 3 subscriber.out)"
kill "$subscriber"
wait "$subscriber" 2>/dev/null

echo "$((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
