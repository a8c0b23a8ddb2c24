// Package kafka is the project's one way to and from Kafka, and the only
// importer of kafka-go. It publishes without losing anything silently, and it
// reads by one worker per partition that commits only what has been handled.
//
// Two things are never done here, and tests hold it. kafka-go's own group
// reader is not used: it takes commits for partitions that it has lost, and
// moves the group back. Compacted topics are not created and not read: kafka-go
// panics on them or reads them for ever.
//
// The number of partitions is read when a consumer starts, and when a group
// rebalances. A topic that grows while a consumer runs with static assignment
// has partitions that nobody reads until the consumer is started anew; keys
// move to other partitions at that moment, so order by key is broken once.
package kafka
