#!/usr/bin/env bash
# Fetches the JDBC driver into the folder jars beside this file, for the test
# of docs/ways-in. Needs Maven, and Java 17 to run what it fetches. Does nothing
# where they are up to date.
set -eu
cd "$(dirname "$0")"
if [ jars/.complete -nt pom.xml ]; then
	exit 0
fi
rm -rf jars
mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/jars"
touch jars/.complete
