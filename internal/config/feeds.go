package config

import (
	"os"
	"strings"
)

// YouTube counts uploads by search, within a quota of calls a day.
type YouTube struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
	// Key of a project with the YouTube Data API, or the file that holds it.
	Key     Secret `yaml:"key"`
	KeyFile string `yaml:"key_file"`
	// SearchesPerDay is the project's quota of searches, from midnight to
	// midnight Pacific time.
	SearchesPerDay int `yaml:"searches_per_day"`
	// MaxPages is how many pages of 50 videos one look may turn, as far as the
	// quota has calls to spare.
	MaxPages int `yaml:"max_pages"`
}

// Radar polls Cloudflare's daily ranks of Internet services.
type Radar struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
	// Token with Account, Radar, Read; or the file that holds it.
	Token     Secret `yaml:"token"`
	TokenFile string `yaml:"token_file"`
	// Categories are names of Cloudflare's: Social Media.
	Categories []string `yaml:"categories"`
	// Days is how many past days each look asks for.
	Days int `yaml:"days"`
}

// GoogleTrends polls the searches that are trending, storefront by storefront.
type GoogleTrends struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
}

// GoogleNews counts articles with a keyword.
type GoogleNews struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
	// Language and Country choose the edition that is searched: en and US.
	Language string `yaml:"language"`
	Country  string `yaml:"country"`
}

// MastodonTrends polls the tags that are trending, server by server.
type MastodonTrends struct {
	Schedule `yaml:",inline"`
	// Instances are base URLs (https://mastodon.social).
	Instances []string `yaml:"instances"`
}

// BlueskyTrends polls the topics that are trending on Bluesky.
type BlueskyTrends struct {
	Schedule `yaml:",inline"`
	BaseURL  string `yaml:"base_url"`
}

// RevealOr gives the secret itself, or what stands in the file, without the
// line's end. name is the setting's, for the error, which shows neither.
func (s Secret) RevealOr(file, name string) (string, error) {
	text := s.Reveal()
	if file != "" {
		if text != "" {
			return "", Mistake(name, "set it or %s_file, not both", name)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return "", Mistake(name+"_file", "cannot be read: %v", err)
		}
		text = strings.TrimSpace(string(b))
	}
	switch {
	case text == "":
		return "", Mistake(name, "is empty; set it or %s_file", name)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", Mistake(name, "has a blank or a character that no key has")
	}
	return text, nil
}
