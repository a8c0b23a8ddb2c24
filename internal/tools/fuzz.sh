#!/usr/bin/env bash
# Runs each fuzz target of the repository for a while, one after the other.
set -euo pipefail
span=${1:-30s}
root=$PWD
# How long an interesting input is made smaller. Go's own minute is more than the
# span: of some targets nothing else was done.
smaller=2s

mapfile -t files < <(git ls-files --cached --others --exclude-standard '*_test.go' | sort)
for file in "${files[@]}"; do
	targets=$(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -c6-) || continue # none in this file
	for target in $targets; do
		echo "== fuzz ${file%/*} $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$span" -fuzzminimizetime "$smaller" "$root/${file%/*}"
	done
done
