package appstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// maxApps is more than any chart has. A longer answer is not a chart.
const maxApps = 1000

// parseMarketing reads the marketing feed v2 into app ids, best rank first.
func parseMarketing(body []byte, country, kind string) ([]string, error) {
	var doc struct {
		Feed *struct {
			ID    string `json:"id"`
			Links []struct {
				Self string `json:"self"`
			} `json:"links"`
			Country string `json:"country"`
			Results *[]struct {
				ID   appID  `json:"id"`
				Kind string `json:"kind"`
			} `json:"results"`
		} `json:"feed"`
	}
	if err := decode(body, &doc); err != nil {
		return nil, err
	}
	if doc.Feed == nil || doc.Feed.Results == nil {
		return nil, errors.New("there is no feed.results")
	}
	if doc.Feed.Country != country {
		return nil, fmt.Errorf("feed.country is %q, want %q", doc.Feed.Country, country)
	}
	self := doc.Feed.ID
	if len(doc.Feed.Links) > 0 && doc.Feed.Links[0].Self != "" {
		self = doc.Feed.Links[0].Self
	}
	if want := "/api/v2/" + country + "/apps/" + kind + "/"; !strings.Contains(self, want) {
		return nil, fmt.Errorf("the feed's own link is %q, want …%s…", self, want)
	}
	ids := make([]string, 0, len(*doc.Feed.Results))
	for i, r := range *doc.Feed.Results {
		if r.Kind != "" && r.Kind != "apps" {
			return nil, fmt.Errorf("feed.results[%d].kind is %q, want apps", i, r.Kind)
		}
		ids = append(ids, string(r.ID))
	}
	return ids, checkIDs("feed.results", ids)
}

// parseLegacy reads the legacy feed. It has no entry at all where the chart is
// empty, and an object instead of an array where there is one.
func parseLegacy(body []byte, country, feed, genre string) ([]string, error) {
	type attributes struct {
		Attributes map[string]any `json:"attributes"`
	}
	var doc struct {
		Feed *struct {
			Entry oneOrMany[struct {
				ID struct {
					Attributes struct {
						ID appID `json:"im:id"`
					} `json:"attributes"`
				} `json:"id"`
			}] `json:"entry"`
			Link oneOrMany[attributes] `json:"link"`
			ID   struct {
				Label string `json:"label"`
			} `json:"id"`
		} `json:"feed"`
	}
	if err := decode(body, &doc); err != nil {
		return nil, err
	}
	if doc.Feed == nil {
		return nil, errors.New("there is no feed")
	}
	self := doc.Feed.ID.Label
	for _, link := range doc.Feed.Link {
		if link.Attributes["rel"] == "self" {
			self, _ = link.Attributes["href"].(string)
		}
	}
	if err := checkLegacySelf(self, country, feed, genre); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(doc.Feed.Entry))
	for _, e := range doc.Feed.Entry {
		ids = append(ids, string(e.ID.Attributes.ID))
	}
	return ids, checkIDs("feed.entry", ids)
}

// checkLegacySelf holds that the feed is the one that was asked for: its own
// link echoes storefront, feed and genre, …/us/rss/FEED/limit=100/genre=6005/json.
func checkLegacySelf(self, country, feed, genre string) error {
	u, err := url.Parse(self)
	if err != nil {
		return fmt.Errorf("the feed's own link %q is not a URL", self)
	}
	parts := strings.Split(u.Path, "/")
	i := slices.Index(parts, "rss")
	if i < 1 || i+1 >= len(parts) {
		return fmt.Errorf("the feed's own link %q names no storefront and no feed", self)
	}
	if parts[i-1] != country {
		return fmt.Errorf("the feed's own link is about storefront %q, want %q", parts[i-1], country)
	}
	if parts[i+1] != feed {
		return fmt.Errorf("the feed's own link is about %q, want %q", parts[i+1], feed)
	}
	echo := ""
	for _, part := range parts[i+2:] {
		if g, ok := strings.CutPrefix(part, "genre="); ok {
			echo = g
		}
	}
	if echo != genre {
		return fmt.Errorf("the feed's own link is about genre %q, want %q", echo, genre)
	}
	return nil
}

// parseWSCharts reads {"resultIds":[…]}. Nothing in it says which chart it is.
func parseWSCharts(body []byte) ([]string, error) {
	var doc struct {
		ResultIDs *[]appID `json:"resultIds"`
	}
	if err := decode(body, &doc); err != nil {
		return nil, err
	}
	if doc.ResultIDs == nil {
		return nil, errors.New("there is no resultIds")
	}
	ids := make([]string, 0, len(*doc.ResultIDs))
	for _, id := range *doc.ResultIDs {
		ids = append(ids, string(id))
	}
	return ids, checkIDs("resultIds", ids)
}

// app is what the store says about one app.
type app struct {
	ID          string
	Name        string
	RatingCount *float64
	Rating      *float64
}

// parseLookup reads the answer about the asked ids, in the order of the
// answer. An app that has no page in the storefront is left out of it.
func parseLookup(body []byte, country string, asked []string) ([]app, error) {
	return parseApps(body, country, asked)
}

// parseApps reads what lookup and search both answer; asked is nil where any
// app may come.
func parseApps(body []byte, country string, asked []string) ([]app, error) {
	var doc struct {
		Count   *int `json:"resultCount"`
		Results *[]struct {
			ID     appID    `json:"trackId"`
			Name   string   `json:"trackName"`
			Page   string   `json:"trackViewUrl"`
			Count  *float64 `json:"userRatingCount"`
			Rating *float64 `json:"averageUserRating"`
		} `json:"results"`
	}
	if err := decode(body, &doc); err != nil {
		return nil, err
	}
	if doc.Count == nil || doc.Results == nil {
		return nil, errors.New("there is no resultCount or no results")
	}
	if *doc.Count != len(*doc.Results) {
		return nil, fmt.Errorf("resultCount is %d, but there are %d results", *doc.Count, len(*doc.Results))
	}
	apps, ids := []app{}, []string{}
	for i, r := range *doc.Results {
		a := app{ID: string(r.ID), Name: r.Name, RatingCount: r.Count, Rating: r.Rating}
		if asked != nil && !slices.Contains(asked, a.ID) {
			return nil, fmt.Errorf("results[%d] is about %q, which was not asked for", i, a.ID)
		}
		if err := checkPage(r.Page, country); err != nil {
			return nil, fmt.Errorf("results[%d]: %w", i, err)
		}
		if bad(a.RatingCount, 1e12) || bad(a.Rating, 5) {
			return nil, fmt.Errorf("results[%d]: a rating is out of bounds", i)
		}
		apps, ids = append(apps, a), append(ids, a.ID)
	}
	return apps, checkIDs("results", ids)
}

func bad(v *float64, most float64) bool { return v != nil && (*v < 0 || *v > most) }

// checkPage holds that a page, …/us/app/…, is of the storefront.
func checkPage(page, country string) error {
	u, err := url.Parse(page)
	if err != nil {
		return fmt.Errorf("trackViewUrl %q is not a URL", page)
	}
	parts := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	if len(parts) > 1 && parts[1] == "app" && parts[0] != country {
		return fmt.Errorf("trackViewUrl is of storefront %q, want %q", parts[0], country)
	}
	return nil
}

// checkIDs refuses lists that cannot be ranked lists of apps.
func checkIDs(field string, ids []string) error {
	if len(ids) > maxApps {
		return fmt.Errorf("%s has %d entries, at most %d", field, len(ids), maxApps)
	}
	seen := make(map[string]int, len(ids))
	for i, id := range ids {
		if !isNumber(id) {
			return fmt.Errorf("%s[%d] has id %q, want a number", field, i, id)
		}
		if first, ok := seen[id]; ok {
			return fmt.Errorf("%s[%d] and [%d] are both app %s", field, first, i, id)
		}
		seen[id] = i
	}
	return nil
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 20 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decode json: %w", err)
	}
	return nil
}

// appID is an id that is a string in some answers and a number in others.
type appID string

// UnmarshalJSON takes "835599320" and 835599320.
func (id *appID) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*id = appID(s)
		return nil
	}
	*id = appID(b)
	return nil
}

// oneOrMany is an array, or its only element.
type oneOrMany[T any] []T

// UnmarshalJSON takes [{…},{…}] and {…}.
func (m *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var many []T
		if err := json.Unmarshal(b, &many); err != nil {
			return err
		}
		*m = many
		return nil
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*m = []T{one}
	return nil
}
