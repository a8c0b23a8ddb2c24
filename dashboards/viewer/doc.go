// Package viewer serves the web page of Tidemark and the small JSON API that
// the page draws from. It reads ClickHouse and writes nothing.
//
// The API, all of it GET; from and to are Unix seconds and may be left out,
// bases is recorded, live or all (the default):
//
//	/api/status     what runs, rows, lag, freshness of every source (Status)
//	/api/catalogue  what there is to draw (Catalogue)
//	/api/ranks      ?target=&bases=&from=&to=          all apps of a chart, in four states (Ranks)
//	/api/series     ?target=&metric=&bases=&from=&to=  counts (Counts)
//	/api/gaps       ?target=&bases=&from=&to=          when nobody saw the target ([]Gap)
//	/api/events     ?topic=                            what happened ([]Event)
//	/api/reported   ?topic=                            published figures ([]Figure)
//	/api/live       the newest live readings (Live)
//
// An error is {"error": "words for a person"}. Series are thinned to about 2000
// moments.
package viewer
