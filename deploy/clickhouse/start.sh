#!/bin/bash
# Starts ClickHouse in its container. Passwords come as files; the server's
# users.d reads variables. So each becomes its SHA-256, which logs nobody in.
set -euo pipefail
secrets=${SECRETS_DIR:-/run/secrets}

sum_of() {
	local password
	password=$(<"$secrets/$1") # without the line's end
	if [ -z "$password" ]; then
		echo "read $secrets/$1: the password is empty" >&2
		exit 1
	fi
	printf %s "$password" | sha256sum | cut -d' ' -f1
}

TIDEMARK_SHA256=$(sum_of clickhouse_password)
ANALYST_SHA256=$(sum_of analyst_password)
GRAFANA_SHA256=$(sum_of grafana_clickhouse_password)
export TIDEMARK_SHA256 ANALYST_SHA256 GRAFANA_SHA256
exec "$@"
