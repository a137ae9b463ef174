#!/usr/bin/env bash
# How long a learner waits. In a fresh clone of this checkout:
#   first    clone to first verdict, crates downloaded, nothing compiled
#   save     save to verdict of one exercise, warm: passing, failing, not compiling; median of ten each
#   all      check --solutions, warm
# Usage: xtask/bench/learner.sh [EXERCISE]     (default: every exercise of chapter 1 for `passing`, flaky_rpc for the others)
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet "$source_dir" "$work/course"
cd "$work/course"
unset CARGO_TARGET_DIR
cargo fetch --locked --quiet

now() { date +%s.%N; }
# Seconds that a command takes; its exit status is not asked for, a failing check is part of the measurement.
seconds() { local t0 t1; t0=$(now); "$@" >/dev/null 2>&1 || true; t1=$(now); echo "$t1 - $t0" | bc; }
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

printf 'first verdict on a fresh clone: %s s\n' "$(seconds cargo xtask check)"

exercises=ch01-what-is-a-distributed-system/src
ids=${1:-$(ls "exercises/$exercises" | sed -n 's/\.rs$//p' | grep -v '^lib$')}

# Ten saves of a file, each with another content.
saves() { # ID
  for n in 1 2 3 4 5 6 7 8 9 10; do
    echo "// save $n" >>"exercises/$exercises/$1.rs"
    seconds cargo xtask check "$1"
  done | median
}
for id in $ids; do
  cp "solutions/$exercises/$id.rs" "exercises/$exercises/$id.rs"
  cargo xtask check "$id" >/dev/null 2>&1 || true
  printf 'save to verdict, passing, %s: %s s\n' "$id" "$(saves "$id")"
done
id=${1:-flaky_rpc}
sed -i 's/reply.answers == attempt.key/true/' "exercises/$exercises/$id.rs"
printf 'save to verdict, failing, %s: %s s\n' "$id" "$(saves "$id")"
echo 'fn broken() -> u32 { "no number" }' >>"exercises/$exercises/$id.rs"
printf 'save to verdict, not compiling, %s: %s s\n' "$id" "$(saves "$id")"

cargo xtask check --solutions >/dev/null 2>&1
printf 'check --solutions, warm: %s s\n' "$(seconds cargo xtask check --solutions)"
