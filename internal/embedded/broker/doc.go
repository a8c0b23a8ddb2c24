// Package broker is the embedded, Kafka-compatible log of `tidemark up`:
// franz-go's kfake with a data directory, on one machine, without replication.
// It is not a Kafka, and it says so. Four guards make it dependable: a lock on
// the data directory, topics with explicit retention, retention by a ticker of
// our own, and 127.0.0.1 only. A fifth, tick records that keep every partition
// from being emptied, is written by the client (kafka.Client.RunTicks).
package broker
