// Package clickhouse is the only door to ClickHouse: it opens the connection,
// brings the schema up to date, inserts blocks and reads back what is stored.
// Nobody else imports the driver.
package clickhouse
