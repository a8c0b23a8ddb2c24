package event

import (
	"fmt"
	"strings"
)

// Kinds of targets.
const (
	KindChart   = "chart"   // a ranked list of a store
	KindListing = "listing" // an app's own page in a store: is it there, its ratings
	KindTag     = "tag"     // a hashtag on a platform
	KindArticle = "article" // an encyclopedia's article
	KindKeyword = "keyword" // a word, a phrase or a name that a place is asked for
	KindList    = "list"    // a platform's list of topics
	// KindSource is a source with all its targets. Only episodes are about one.
	KindSource = "source"
)

// Key is the target as one string, kind/place/country/name: the partition key
// of its messages, and the column `target` of every table.
func (t *Target) Key() string {
	return t.GetKind() + "/" + t.GetPlace() + "/" + t.GetCountry() + "/" + t.GetName()
}

// ParseTargetKey is the inverse of Key.
func ParseTargetKey(key string) (*Target, error) {
	parts := strings.SplitN(key, "/", 4)
	if len(parts) != 4 {
		return nil, fmt.Errorf("parse target %q: want kind/place/country/name", key)
	}
	t := &Target{Kind: parts[0], Place: parts[1], Country: parts[2], Name: parts[3]}
	return t, t.Validate()
}

// ChartTarget is a store's chart in one storefront, such as
// ("apple", "us", "top-free/overall").
func ChartTarget(store, country, chart string) *Target {
	return &Target{Kind: KindChart, Place: store, Country: country, Name: chart}
}

// ListingTarget is the pages of the watched apps in one storefront.
func ListingTarget(store, country string) *Target {
	return &Target{Kind: KindListing, Place: store, Country: country, Name: "apps"}
}

// TagTarget is a hashtag, without #, on a platform or one server of it.
func TagTarget(platform, tag string) *Target {
	return &Target{Kind: KindTag, Place: platform, Name: tag}
}

// SourceTarget is a source as a whole, for episodes about it.
func SourceTarget(source string) *Target {
	return &Target{Kind: KindSource, Place: source, Name: "all"}
}

// ListTarget is a platform's list of topics, in a country or none:
// ("google-trends", "us", "trending").
func ListTarget(place, country, list string) *Target {
	return &Target{Kind: KindList, Place: place, Country: country, Name: list}
}

// Validate names the first field that is wrong.
func (t *Target) Validate() error {
	if t == nil {
		return fieldError("target", "is missing")
	}
	switch t.GetKind() {
	case KindChart, KindListing, KindTag, KindArticle, KindKeyword, KindList:
	default:
		return fieldError("target.kind", "is %q, want chart, listing, tag, article, keyword or list", t.GetKind())
	}
	if err := checkName("target.place", t.GetPlace(), 128); err != nil {
		return err
	}
	if strings.Contains(t.GetPlace(), "/") {
		return fieldError("target.place", "%q has a slash", t.GetPlace())
	}
	if c := t.GetCountry(); c != "" && !isCountry(c) {
		return fieldError("target.country", "is %q, want two lower-case letters", c)
	}
	return checkName("target.name", t.GetName(), 512)
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z'
}

// Key is the partition key of a mention: all mentions of a tag stay in order,
// and in one partition.
func (m *Mention) Key() string { return MentionKey(m.GetPlatform(), m.GetTag()) }

// MentionKey is the partition key of the mentions of a tag on a platform.
func MentionKey(platform, tag string) string { return platform + "/" + tag }
