// Package replay carries recordings to Kafka: days that were written down
// earlier, by this project or by somebody else, with the times that they are
// about.
package replay
