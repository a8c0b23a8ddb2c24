package config

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// ProjectContact stands in the User-Agent where the person gave no contact.
const ProjectContact = "https://github.com/tidemark/tidemark"

// YAML is the configuration as a file could say it, with secrets masked.
func (c *Config) YAML() ([]byte, error) {
	text, err := yaml.MarshalWithOptions(c, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return text, nil
}

// Notices are what a person should know although the configuration is usable.
func (c *Config) Notices() []string {
	var notices []string
	if c.Collect.Contact == "" {
		notices = append(notices, "collect.contact is empty: requests carry the project's address ("+ProjectContact+
			") instead of yours, and wikipedia and mastodon may answer 403; set collect.contact or TIDEMARK_COLLECT_CONTACT")
	}
	for _, tls := range []struct {
		path string
		skip bool
	}{{"kafka.tls", c.Kafka.TLS.SkipVerify}, {"clickhouse.tls", c.ClickHouse.TLS.SkipVerify}} {
		if tls.skip {
			notices = append(notices, tls.path+".skip_verify is true: any certificate is accepted")
		}
	}
	if r := c.ClickHouse.Retention; r != 0 && c.Collect.Raw.Keep > r {
		notices = append(notices, "collect.raw.keep is longer than clickhouse.retention: a reparse would compute rollups from what is left of the readings")
	}
	for _, name := range keysOf(c.Collect.Hosts) {
		if c.Collect.Hosts[name].IgnoreRobots {
			notices = append(notices, "collect.hosts."+name+".ignore_robots is true: its pages are read whatever its robots.txt says")
		}
	}
	for _, s := range []struct {
		on    bool
		host  string
		terms float64
	}{{c.Collect.Sources.TikTok.Enabled, "www.tiktok.com", 1}, {c.Collect.Sources.GooglePlay.Enabled || c.Collect.Sources.GooglePlayDetails.Enabled, "play.google.com", 20}} {
		if h, ok := c.Collect.Hosts[s.host]; s.on && ok && h.PerMinute > s.terms {
			notices = append(notices, fmt.Sprintf("collect.hosts.%s.per_minute is %g, which is more than the %g of the note on its terms", s.host, h.PerMinute, s.terms))
		}
	}
	return notices
}

// ContactOrProject is the contact for the User-Agent.
func (c *Collect) ContactOrProject() string {
	if c.Contact == "" {
		return ProjectContact
	}
	return c.Contact
}
