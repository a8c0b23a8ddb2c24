package collectors_test

// The paths of the place, and what is good to answer there.
const (
	marketingPath = "/api/v2/us/apps/top-free/100/apps.json"
	legacyPath    = "/us/rss/topfreeapplications/limit=100/genre=6005/json"
	wsPath        = "/WebObjects/MZStoreServices.woa/ws/charts"
	lookupPath    = "/lookup"
	searchPath    = "/search"
	tagPath       = "/api/v1/tags/rednote"
	viewsPath     = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/AC_DC%2Flive/daily/20250106/20250112"
	hitsPath      = "/api/v1/search_by_date"
	videosPath    = "/youtube/v3/search"
	radarPath     = "/client/v4/radar/ranking/internet_services/timeseries_groups"
	searchesPath  = "/trending/rss"
	newsPath      = "/rss/search"
	tagsPath      = "/api/v1/trends/tags"
	topicsPath    = "/xrpc/app.bsky.unspecced.getTrends"
	updatePath    = "/gdeltv2/lastupdate.txt"
	filePath      = "/gdeltv2/20250113101500.gkg.csv.zip"
	fileBefore    = "/gdeltv2/20250113100000.gkg.csv.zip"
	timelinePath  = "/api/v2/doc/doc"
	domainPath    = "/api/ranks/domain/xiaohongshu.com"
	robotsPath    = "/robots.txt"
	playPath      = "/_/PlayStoreUi/data/batchexecute"
	appPath       = "/store/apps/details"
	challengePath = "/api/challenge/detail/"
	tagPagePath   = "/tag/rednote"

	domainRanks = "tranco keyword/tranco//xiaohongshu.com"

	browser = "Mozilla/5.0 (Test)"
)

func good() map[string]string {
	return map[string]string{
		marketingPath: `{"feed":{"id":"https://new.example/api/v2/us/apps/top-free/100/apps.json","country":"us","results":[{"id":"741292507","kind":"apps"},{"id":"1498607143","kind":"apps"}]}}`,
		legacyPath:    `{"feed":{"entry":{"id":{"attributes":{"im:id":"741292507"}}},"id":{"label":"https://itunes.example/us/rss/topfreeapplications/limit=100/genre=6005/json"}}}`,
		wsPath:        `{"resultIds":["1","2","3"]}`,
		searchPath:    `{"resultCount":2,"results":[{"trackId":1392512148,"trackName":"Clapper: Video, Live","userRatingCount":9,"averageUserRating":4},{"trackId":7,"trackName":"Clapperboard"}]}`,
		lookupPath: "\n\n\n" + `{"resultCount":2,"results":[{"trackId":741292507,"trackName":"rednote 小红书","userRatingCount":10,"averageUserRating":4.5},` +
			`{"trackId":835599320,"trackName":"Some Other App","userRatingCount":20,"averageUserRating":4}]}`,
		tagPath:   `{"name":"rednote","history":[{"day":"1736726400","uses":"806","accounts":"688"},{"day":"1736640000","uses":"12","accounts":"9"}]}`,
		viewsPath: `{"items":[{"project":"en.wikipedia","article":"AC_DC/live","granularity":"daily","timestamp":"2025011100","agent":"user","views":77}]}`,
		hitsPath:  `{"hits":[],"nbHits":5,"hitsPerPage":0}`,
		videosPath: `{"kind":"youtube#searchListResponse","items":[` +
			`{"id":{"kind":"youtube#video","videoId":"a1"},"snippet":{"publishedAt":"2025-01-13T09:40:00Z"}},` +
			`{"id":{"kind":"youtube#video","videoId":"a2"},"snippet":{"publishedAt":"2025-01-13T09:10:00Z"}}]}`,
		radarPath:    `{"success":true,"result":{"meta":{},"serie_0":{"timestamps":["2025-01-11T00:00:00Z","2025-01-12T00:00:00Z"],"TikTok":[1,"2"],"Instagram":[2,1]}}}`,
		searchesPath: trendingFeed(`<item><title>rednote</title><ht:approx_traffic>500K+</ht:approx_traffic></item><item><title>tiktok ban</title></item>`),
		newsPath: newsFeed(`<item><guid>n1</guid><pubDate>Mon, 13 Jan 2025 09:30:00 GMT</pubDate></item>` +
			`<item><guid>n2</guid><pubDate>Mon, 13 Jan 2025 10:01:00 GMT</pubDate></item>`),
		tagsPath:   `[{"name":"RedNote","history":[{"day":"1736726400","uses":"806","accounts":"688"}]}]`,
		topicsPath: `{"trends":[{"topic":"TikTok Ban","displayName":"TikTok Ban","postCount":1200,"actors":[{"did":"did:plc:x","handle":"who.example"}]}]}`,

		updatePath:   lastUpdate(gkg("20250113101500", "https://news.example/rednote-tops-charts", "https://news.example/weather")),
		filePath:     gkg("20250113101500", "https://news.example/rednote-tops-charts", "https://news.example/weather"),
		fileBefore:   gkg("20250113100000", "https://news.example/sports"),
		timelinePath: `{"timeline":[{"series":"Article Count","data":[{"date":"20250113T093000Z","value":3,"norm":1200},{"date":"20250113T094500Z","value":0,"norm":0}]}]}`,
		domainPath:   `{"ranks":[{"date":"2025-01-13","rank":10123},{"date":"2025-01-12","rank":null},{"date":"2025-01-11","rank":10240}],"domain":"xiaohongshu.com"}`,

		robotsPath:    "User-agent: *\nDisallow: /search\n",
		playPath:      playChart("com.zhiliaoapp.musically", "com.xingin.xhs"),
		appPath:       playPage("com.xingin.xhs", "rednote"),
		challengePath: tiktokTag("rednote", "120", "7"),
	}
}

// trendingFeed and newsFeed put items into what is around them.
func trendingFeed(items string) string {
	return `<?xml version="1.0"?><rss xmlns:ht="https://trends.google.com/trending/rss" version="2.0"><channel><title>Daily Search Trends</title>` +
		`<link>https://trends.example/trending?geo=US</link>` + items + `</channel></rss>`
}

func newsFeed(items string) string {
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>"rednote" when:2h - Google News</title>` +
		`<link>https://news.example/search?q=%22rednote%22+when:2h&amp;hl=en-US</link>` + items + `</channel></rss>`
}
