#!/usr/bin/env bash
# Prepares the image that Gradescope grades with: Rust, the course compiled, and one submission graded to see that it works.
# Gradescope runs this once, as root, when the autograder is uploaded.
set -euo pipefail

root="${AUTOGRADER_ROOT:-/autograder}"
source="$root/source"
# shellcheck source=/dev/null
. "$source/settings.sh"

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends build-essential ca-certificates curl
curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location https://sh.rustup.rs |
  sh -s -- -y --no-modify-path --profile minimal --default-toolchain "$TOOLCHAIN"

cd "$source/course"
cargo build --locked --package xtask --package class

# The stubs are a submission too. Grading them compiles what the first student would otherwise wait for, and an image that
# can't grade is better noticed now than by them.
trial="$(mktemp -d)"
trap 'rm -rf "$trial"' EXIT
ln -s "$source" "$trial/source"
cp -R "$source/course/exercises" "$trial/submission"
AUTOGRADER_ROOT="$trial" bash "$source/run_autograder"
if [ -e "$trial/results/failed" ]; then
  echo "Grading the course's own stubs failed, so this image can't grade anything; the reason is above." >&2
  exit 1
fi
