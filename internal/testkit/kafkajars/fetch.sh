#!/usr/bin/env bash
# Fetches Apache Kafka's jars into the folder jars beside this file, for the
# tests that run against a real Kafka (testkit.RealKafka). Needs Maven, and
# Java 17 to run what it fetches. Does nothing where they are up to date.
set -eu
cd "$(dirname "$0")"
if [ jars/.complete -nt pom.xml ]; then
	exit 0
fi
rm -rf jars
mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/jars"
touch jars/.complete
