#!/usr/bin/env bash
# Compares the messages with every state that they have had in git. A message
# lies in a topic for weeks, so a change must fit all former states, not only
# the last one. A tree without history has nothing to compare.
set -euo pipefail
proto=$1
tools=$PWD/internal/tools/buf/go.mod

if ! git rev-parse --verify --quiet HEAD >/dev/null; then
	echo 'no git history; former states of the messages are not compared'
	exit 0
fi
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
for commit in $(git log --format=%h -n 50 -- "$proto/*.proto" "$proto/**/*.proto"); do
	mkdir "$before/$commit"
	git archive "$commit" "$proto" | tar -x -C "$before/$commit"
	go tool -modfile="$tools" buf breaking "$proto" --against "$before/$commit/$proto"
	echo "messages fit those of $commit"
done
