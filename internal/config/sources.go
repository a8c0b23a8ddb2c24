package config

// Sources has one block per source.
type Sources struct {
	AppStore       AppStore       `yaml:"appstore"`
	AppStoreLookup AppStoreLookup `yaml:"appstore_lookup"`
	AppStoreSearch AppStoreSearch `yaml:"appstore_search"`
	Mastodon       Mastodon       `yaml:"mastodon"`
	Wikipedia      Wikipedia      `yaml:"wikipedia"`
	HackerNews     HackerNews     `yaml:"hackernews"`
	YouTube        YouTube        `yaml:"youtube"`
	Radar          Radar          `yaml:"radar"`
	GoogleTrends   GoogleTrends   `yaml:"googletrends"`
	GoogleNews     GoogleNews     `yaml:"googlenews"`
	MastodonTrends MastodonTrends `yaml:"mastodon_trends"`
	BlueskyTrends  BlueskyTrends  `yaml:"bluesky_trends"`
	GDELT          GDELT          `yaml:"gdelt"`
	GDELTDoc       GDELTDoc       `yaml:"gdelt_doc"`
	Tranco         Tranco         `yaml:"tranco"`

	GooglePlay        GooglePlay `yaml:"googleplay"`
	GooglePlayDetails GooglePlay `yaml:"googleplay_details"`
	TikTok            TikTok     `yaml:"tiktok"`
	Bluesky           Bluesky    `yaml:"bluesky"`
}

// Schedule is what every polled source has.
type Schedule struct {
	Enabled bool `yaml:"enabled"`
	// Every is a cron line ("7 * * * *") or "@every 30m".
	Every string `yaml:"every"`
}

// AppStore polls Apple's charts. BaseURLs are for tests and mirrors.
type AppStore struct {
	Schedule     `yaml:",inline"`
	MarketingURL string `yaml:"marketing_url"`
	// MarketingFallbackURL is the older name of the same host; empty: none.
	MarketingFallbackURL string `yaml:"marketing_fallback_url"`
	ITunesURL            string `yaml:"itunes_url"`
	// ArchiveURL is the Web Archive, which is asked for back-filling only.
	ArchiveURL string `yaml:"archive_url"`
}

// AppStoreLookup polls ratings and presence of the watched apps.
type AppStoreLookup struct {
	Schedule  `yaml:",inline"`
	ITunesURL string `yaml:"itunes_url"`
}

// AppStoreSearch finds the apps of watched entities that have no id of Apple's.
type AppStoreSearch struct {
	Schedule  `yaml:",inline"`
	ITunesURL string `yaml:"itunes_url"`
}

// Mastodon polls tag counts, server by server.
type Mastodon struct {
	Schedule `yaml:",inline"`
	// Instances are base URLs (https://mastodon.social).
	Instances []string `yaml:"instances"`
}

// Wikipedia polls page views.
type Wikipedia struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
	// Days is how many past days each look asks for.
	Days int `yaml:"days"`
}

// HackerNews polls counts of stories and comments with a word.
type HackerNews struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
}

// GDELT counts news articles with a word in the files of every 15 minutes.
type GDELT struct {
	Schedule `yaml:",inline"`
	FilesURL string `yaml:"files_url"`
	// MirrorURL has the same files; empty: none.
	MirrorURL string `yaml:"mirror_url"`
	// MaxZip and MaxCSV cap a file as it comes and unpacked.
	MaxZip Bytes `yaml:"max_zip"`
	MaxCSV Bytes `yaml:"max_csv"`
}

// GDELTDoc asks GDELT's search for the share of articles with a word.
type GDELTDoc struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
}

// Tranco polls the ranks of domains in the Tranco list.
type Tranco struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
}

// GooglePlay reads charts, or the pages of the watched apps.
type GooglePlay struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
	// UserAgent is a browser's: others get another page, or none.
	UserAgent string `yaml:"user_agent"`
}

// TikTok reads the counts of tags.
type TikTok struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
	// UserAgent is a browser's: others get an empty answer.
	UserAgent string `yaml:"user_agent"`
}
