#!/bin/bash
# redis-benchmark as people use it: each of its tests, with and without pipelines, and commands of one's own. It must end by itself,
# without a word of error, with one rate for each test; what the rates are is no matter here.
set -uo pipefail
number=0
failed=0
requests=2000
[ -n "${KVORUM_SANITIZER:-}" ] && requests=500

# rates NAME COUNT ARGUMENTS...: redis-benchmark with these arguments prints at least COUNT rates, all above nothing, and no error.
rates() {
  local name=$1 wanted=$2 output status got
  shift 2
  output=$(timeout 120 redis-benchmark -h "$KVORUM_HOST" -p "$KVORUM_PORT" -n "$requests" --csv "$@" 2>&1 </dev/null)
  status=$?
  number=$((number + 1))
  got=$(grep -cE '^"[^"]+","[1-9][0-9]*\.' <<<"$output")
  if [ "$status" -eq 0 ] && [ "$got" -ge "$wanted" ] && ! grep -qiE 'error|wrong' <<<"$output"; then
    echo "ok $number - $name"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n  status %s, %s of %s rates:\n%s\n' "$number" "$name" "$status" "$got" "$wanted" "$output"
  fi
}

rates "every test there is" 20
rates "pipelines of 16" 10 -P 16 -t ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,mset
rates "random keys and large values" 2 -r 100000 -d 10000 -t set,get -P 4
rates "a new connection each time" 1 -k 0 -c 10 -t ping_inline
rates "several threads" 2 --threads 2 -t set,get
rates "RESP3" 1 -3 -r 100 hgetall nothing:__rand_int__
rates "a command of one's own" 1 -r 100000 -P 64 zadd board __rand_int__ member:__rand_int__
rates "tracking" 1 --enable-tracking -t get

echo "$((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
