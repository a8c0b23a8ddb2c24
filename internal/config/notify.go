package config

import (
	"os"
	"strings"
)

// Notify is for the processor that tells people. See docs/alerts.md.
type Notify struct {
	Enabled bool `yaml:"enabled"`
	// BaseURL is where the page is opened, for the links in messages; empty: no
	// links.
	BaseURL string `yaml:"base_url"`
	// GroupWait is how long a message waits for other episodes of the same
	// topic, in the time of the data. 0: each episode has a message of its own.
	GroupWait Duration `yaml:"group_wait"`
	// MaxAge is how old news may be when it is told; what is older, because
	// nothing ran for long, goes into one catch-up.
	MaxAge Duration `yaml:"max_age"`
	// RetryFor is how long a message is tried again before it has failed.
	RetryFor Duration `yaml:"retry_for"`
	// Receivers are those who are told. None: messages are only listed, by
	// `tidemark alerts`.
	Receivers []Receiver `yaml:"receivers"`
}

// Receiver is one who is told: what, when, and over which channels. It has
// exactly one of URLs (or URLFile), Webhook and Alertmanager.
type Receiver struct {
	Name string `yaml:"name"`
	// URLs are addresses of shoutrrr; each one gets each message. URLFile has
	// one per line.
	URLs         []Hidden        `yaml:"urls,omitempty"`
	URLFile      string          `yaml:"url_file,omitempty"`
	Webhook      NotifyWebhook   `yaml:"webhook,omitempty"`
	Alertmanager AlertmanagerURL `yaml:"alertmanager,omitempty"`

	// Levels are info, warning and critical; none: warning and critical.
	Levels []string `yaml:"levels,omitempty"`
	// Topics of the watchlist; none: all, and what belongs to no topic.
	Topics []string `yaml:"topics,omitempty"`
	// Kinds are surge and health; none: both.
	Kinds []string `yaml:"kinds,omitempty"`
	// Rules are names of rules; none: all.
	Rules []string `yaml:"rules,omitempty"`
	// Basis is measured, and of the past backfill, imported and modelled; none:
	// measured.
	Basis []string `yaml:"basis,omitempty"`

	// Zone of quiet hours, digests and budgets, such as Europe/Berlin; empty:
	// UTC.
	Zone   string `yaml:"zone,omitempty"`
	Quiet  Quiet  `yaml:"quiet,omitempty"`
	Digest Digest `yaml:"digest,omitempty"`
	Budget Budget `yaml:"budget,omitempty"`
}

// NotifyWebhook is an address that takes messages as JSON. Secret, or the file
// that holds it, signs them.
type NotifyWebhook struct {
	URL        Hidden `yaml:"url"`
	Secret     Secret `yaml:"secret,omitempty"`
	SecretFile string `yaml:"secret_file,omitempty"`
}

// AlertmanagerURL is the base address of a Prometheus Alertmanager, without
// /api/v2.
type AlertmanagerURL struct {
	URL Secret `yaml:"url"`
}

// Quiet says when a receiver is left alone.
type Quiet struct {
	Hours []QuietHours `yaml:"hours,omitempty"`
	// PassCritical lets critical messages through.
	PassCritical bool `yaml:"pass_critical,omitempty"`
}

// QuietHours go from From to To (hh:mm) of the receiver's zone, into the next
// day where To is not later than From. Days (mon, tue, ...) are those on which
// they begin; none: every day.
type QuietHours struct {
	Days []string `yaml:"days,omitempty"`
	From string   `yaml:"from"`
	To   string   `yaml:"to"`
}

// Digest is a summary. Every is daily or weekly; empty: none.
type Digest struct {
	Every string `yaml:"every,omitempty"`
	// At is the time of day (hh:mm) in the receiver's zone, Day the day of a
	// weekly digest (mon).
	At  string `yaml:"at,omitempty"`
	Day string `yaml:"day,omitempty"`
	// Levels that it lists; none: all, also those that the receiver is not told
	// of at once.
	Levels []string `yaml:"levels,omitempty"`
}

// Budget bounds the noise. What is more goes into the digest.
type Budget struct {
	// PerDay is how many messages a receiver gets between two midnights of its
	// zone; 0: any number.
	PerDay int `yaml:"per_day,omitempty"`
	// ExemptCritical tells what is critical in any case.
	ExemptCritical bool `yaml:"exempt_critical,omitempty"`
}

// Channel is how the receiver is reached: urls, webhook or alertmanager; empty
// where nothing is set.
func (r *Receiver) Channel() string {
	switch {
	case len(r.URLs) > 0 || r.URLFile != "":
		return "urls"
	case r.Webhook != NotifyWebhook{}:
		return "webhook"
	case r.Alertmanager.URL != "":
		return "alertmanager"
	default:
		return ""
	}
}

// Addresses are the receiver's URLs, from the configuration or its file.
func (r *Receiver) Addresses() ([]Hidden, error) {
	if r.URLFile == "" {
		return r.URLs, nil
	}
	text, err := os.ReadFile(r.URLFile)
	if err != nil {
		return nil, Mistake("notify.receivers."+r.Name+".url_file", "cannot be read: %v", err)
	}
	var urls []Hidden
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			urls = append(urls, Hidden(line))
		}
	}
	if len(urls) == 0 {
		return nil, Mistake("notify.receivers."+r.Name+".url_file", "has no address; want one per line")
	}
	return urls, nil
}
