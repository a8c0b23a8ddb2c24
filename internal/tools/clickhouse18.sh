#!/usr/bin/env bash
# Unpacks Debian's clickhouse-server and what it needs into a folder, without
# installing anything: an old server, but a true one, for the native protocol.
# FOLDER/clickhouse-server then runs it, with its own libraries.
set -euo pipefail
folder=$1

missing() { echo "clickhouse18: $1" >&2; exit 1; }
command -v apt-get >/dev/null || missing 'needs a Debian 12 (apt-get)'
apt-cache show clickhouse-server >/dev/null 2>&1 || missing 'clickhouse-server is not known here; run: apt-get update'

rm -rf "$folder"
mkdir -p "$folder/packages"
folder=$(cd "$folder" && pwd)
# What the machine has already is not listed, and is found by the linker.
packages=$(apt-get install --simulate --no-install-recommends clickhouse-server | awk '/^Inst /{print $2}')
(cd "$folder/packages" && chmod a+w . && for package in clickhouse-server $packages; do echo "$package"; done |
	sort -u | xargs apt-get -o APT::Sandbox::User=root -qq download)
for package in "$folder"/packages/*.deb; do
	dpkg -x "$package" "$folder"
done
rm -rf "$folder/packages"

cat >"$folder/clickhouse-server" <<'RUN'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/usr/lib/x86_64-linux-gnu:$here/lib/x86_64-linux-gnu:$here/usr/lib"
exec "$here/usr/sbin/clickhouse-server" "$@"
RUN
chmod +x "$folder/clickhouse-server"
if LD_LIBRARY_PATH="$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu:$folder/usr/lib" ldd "$folder/usr/sbin/clickhouse-server" | grep 'not found'; then
	missing 'these libraries are neither on the machine nor among the packages'
fi
