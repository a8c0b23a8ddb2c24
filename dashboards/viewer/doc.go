// Package viewer serves the web page of Tidemark and the JSON API that the page
// draws from: the dashboards and the answers of their panels, and SQL. It reads
// ClickHouse, as a login that may only read, and writes nothing. docs/api.md has
// the whole API.
package viewer
