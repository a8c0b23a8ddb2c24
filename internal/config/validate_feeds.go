package config

// feeds checks the sources with a key, and the lists of what is trending.
func (k *checker) feeds(c *Sources) {
	const at = "collect.sources."
	k.schedule(at+"youtube", c.YouTube.Every)
	k.baseURL(at+"youtube.base_url", c.YouTube.BaseURL)
	k.key(at+"youtube.key", c.YouTube.Enabled, c.YouTube.Key, c.YouTube.KeyFile)
	k.need(c.YouTube.SearchesPerDay >= 1 && c.YouTube.SearchesPerDay <= 1_000_000, at+"youtube.searches_per_day",
		"is %d, want 1 to 1000000", c.YouTube.SearchesPerDay)
	k.need(c.YouTube.MaxPages >= 1 && c.YouTube.MaxPages <= 10, at+"youtube.max_pages", "is %d, want 1 to 10", c.YouTube.MaxPages)
	k.schedule(at+"radar", c.Radar.Every)
	k.baseURL(at+"radar.base_url", c.Radar.BaseURL)
	k.key(at+"radar.token", c.Radar.Enabled, c.Radar.Token, c.Radar.TokenFile)
	k.need(len(c.Radar.Categories) > 0, at+"radar.categories", "is empty, want names such as Social Media")
	k.words(at+"radar.categories", c.Radar.Categories, asWritten, func(string) string { return "" })
	k.need(c.Radar.Days >= 1 && c.Radar.Days <= 364, at+"radar.days", "is %d, want 1 to 364", c.Radar.Days)
	k.schedule(at+"googletrends", c.GoogleTrends.Every)
	k.baseURL(at+"googletrends.base_url", c.GoogleTrends.BaseURL)
	k.schedule(at+"googlenews", c.GoogleNews.Every)
	k.baseURL(at+"googlenews.base_url", c.GoogleNews.BaseURL)
	k.need(matches(`^[a-z]{2}(-[A-Za-z0-9]+)?$`, c.GoogleNews.Language), at+"googlenews.language", "is %q, want a language such as en", c.GoogleNews.Language)
	k.need(matches(`^[A-Z]{2}$`, c.GoogleNews.Country), at+"googlenews.country", "is %q, want two upper-case letters such as US", c.GoogleNews.Country)
	k.schedule(at+"mastodon_trends", c.MastodonTrends.Every)
	k.instances(at+"mastodon_trends", c.MastodonTrends.Enabled, c.MastodonTrends.Instances)
	k.schedule(at+"bluesky_trends", c.BlueskyTrends.Every)
	k.baseURL(at+"bluesky_trends.base_url", c.BlueskyTrends.BaseURL)
}

// key wants one of a key and its file from a source that is switched on.
func (k *checker) key(path string, enabled bool, key Secret, file string) {
	k.need(!enabled || key != "" || file != "", path, "is empty, but the source is enabled; set it or %s_file", path)
	k.need(key == "" || file == "", path, "set it or %s_file, not both", path)
	k.file(path+"_file", file)
}

func (k *checker) instances(path string, enabled bool, list []string) {
	k.need(!enabled || len(list) > 0, path+".instances", "is empty, but the source is enabled")
	seen := map[string]string{}
	for i, u := range list {
		k.baseURL(index(path+".instances", i), u)
		k.unique(seen, u, index(path+".instances", i))
	}
}
