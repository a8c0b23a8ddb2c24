#!/usr/bin/env bash
# Fetches by Maven what the pom.xml of a folder beside this file asks for, into
# jars there: Apache Kafka for testkit.RealKafka, the JDBC driver for the test of
# docs/ways-in. Does nothing where they are up to date.
#
#   jars.sh kafkajars|jdbc
set -eu
cd "$(dirname "$0")/$1"
if [ jars/.complete -nt pom.xml ]; then
	exit 0
fi
rm -rf jars
mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/jars"
touch jars/.complete
