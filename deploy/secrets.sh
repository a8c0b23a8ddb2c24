#!/bin/bash
# Makes the passwords that docker-compose.yml hands out as files, one each, once;
# one that is there stays. The folder is for its owner only. The files in it are
# readable, because each container reads its own as a user of its own.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p "${1:-secrets}"
cd "${1:-secrets}"
for name in clickhouse_password analyst_password grafana_clickhouse_password grafana_admin_password; do
	[ -s "$name" ] && continue
	head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$name.new"
	chmod 444 "$name.new"
	mv "$name.new" "$name"
	echo "made $PWD/$name"
done
