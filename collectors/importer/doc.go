// Package importer turns files that somebody else has recorded into looks: CSV,
// NDJSON and Parquet, each read by a mapping that says what its columns mean. A
// file is read through before its first look is published, and stops at the
// first line that is wrong. The same file under the same mapping gives the same
// messages each time. See docs/importing.md.
package importer
