// Package tabular writes rows in ClickHouse's usual text formats, as its HTTP
// interface would. It is for the native protocol, in which the server sends
// values and leaves the writing to the client.
package tabular
