// Package engine runs ClickHouse's library libchdb in a process of its own and
// answers the ClickHouse HTTP interface in front of it, on loopback only.
//
// The library is bound without cgo and is full of surprises: it takes over
// signals, cuts inserted data at blank lines, speaks an old form of the Native
// format and lets readers read the whole disk. Each of these has its cure in
// this package, so that no client can tell the engine from a server.
package engine
