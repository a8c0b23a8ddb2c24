package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Version is the shape of the file that this program understands.
const Version = 1

// checker collects problems; the path of a setting is what its lines are
// found by.
type checker struct {
	problems []Problem
}

func (k *checker) add(path, format string, args ...any) {
	k.problems = append(k.problems, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (k *checker) need(ok bool, path, format string, args ...any) {
	if !ok {
		k.add(path, format, args...)
	}
}

func (k *checker) oneOf(path, got string, want ...string) {
	if !slices.Contains(want, got) {
		k.add(path, "is %q, want one of %s%s", got, strings.Join(want, ", "), didYouMean(got, want))
	}
}

func (k *checker) between(path string, got, low, high time.Duration) {
	if got < low || got > high {
		k.add(path, "is %s, want %s to %s", Duration(got), Duration(low), Duration(high))
	}
}

func (k *checker) size(path string, got, low, high Bytes) {
	if got < low || got > high {
		k.add(path, "is %s, want %s to %s", got, low, high)
	}
}

// unique reports the second of two equal names.
func (k *checker) unique(seen map[string]string, name, path string) {
	if first, ok := seen[name]; ok {
		k.add(path, "is %q, which %s is already", name, first)
		return
	}
	seen[name] = path
}

// Validate says what is wrong with the configuration, as *Invalid.
func (c *Config) Validate() error { return invalid(c.problems()) }

func (c *Config) problems() []Problem {
	k := &checker{}
	k.need(c.Version == Version, "version", "is %d, want %d", c.Version, Version)
	k.oneOf("log_level", c.LogLevel, "debug", "info", "warn", "error")
	k.kafka(&c.Kafka)
	k.clickhouse(&c.ClickHouse)
	k.engine(&c.Engine)
	k.process(&c.Process)
	k.notify(&c.Notify, &c.Watch)
	k.http(&c.HTTP)
	k.collect(&c.Collect)
	k.watch(&c.Watch)
	return k.problems
}

func (k *checker) process(c *Process) {
	k.oneOf("process.assignment", c.Assignment, "static", "group")
	k.need(matches(`^[A-Za-z0-9._-]+$`, c.Group), "process.group", "is %q, want letters, digits, dots and dashes", c.Group)
	k.size("process.store.batch_bytes", c.Store.BatchBytes, 1<<10, 256<<20)
	k.between("process.store.batch_wait", c.Store.BatchWait.D(), time.Millisecond, time.Minute)
	k.between("process.store.rollup_every", c.Store.RollupEvery.D(), time.Second, day)
	k.count("process.count", &c.Count)
	k.health(&c.Health)
	k.detect("process.detect", &c.Detect)
	k.sqlrule("process.sqlrule", &c.SQLRule)
}

// sqlrule leaves the files themselves to those who read them.
func (k *checker) sqlrule(at string, c *SQLRule) {
	k.between(at+".every", c.Every.D(), 10*time.Second, 7*day)
	k.between(at+".timeout", c.Timeout.D(), time.Second, 10*time.Minute)
	k.whole(at+".max_rows", c.MaxRows, 1, 100_000)
	k.size(at+".max_memory", c.MaxMemory, 16<<20, 1<<40)
	for i, p := range c.Paths {
		k.need(p != "", index(at+".paths", i), "is empty, want a file NAME.sql or a directory of them")
	}
}

// count bounds what is open at the same time, and with it the memory.
func (k *checker) count(at string, c *Count) {
	k.between(at+".out_of_orderness", c.OutOfOrderness.D(), 0, 10*time.Minute)
	k.between(at+".grace", c.Grace.D(), 0, time.Hour)
	k.between(at+".idle_after", c.IdleAfter.D(), 10*time.Second, day)
	k.between(at+".max_ahead", c.MaxAhead.D(), 0, 10*time.Minute)
	k.need(c.TopK >= 1 && c.TopK <= 3000, at+".top_k", "is %d, want 1 to 3000", c.TopK)
	k.need(c.TopCounters >= c.TopK && c.TopCounters <= 1_000_000, at+".top_counters",
		"is %d, want %s.top_k (%d) to 1000000", c.TopCounters, at, c.TopK)
	k.need(c.MaxIDs >= 1000 && c.MaxIDs <= 100_000_000, at+".max_ids", "is %d, want 1000 to 100000000", c.MaxIDs)
}

func (k *checker) collect(c *Collect) {
	k.need(isContact(c.Contact), "collect.contact", "is %q, want a URL (https://...) or a mail address", c.Contact)
	k.between("collect.timeout", c.Timeout.D(), time.Millisecond, 10*time.Minute)
	k.size("collect.max_body", c.MaxBody, 1<<10, 1<<30)
	k.need(c.Breaker.After >= 0 && c.Breaker.After <= 1000, "collect.breaker.after", "is %d, want 0 (never) to 1000", c.Breaker.After)
	k.between("collect.breaker.longest", c.Breaker.Longest.D(), time.Minute, 7*day)
	k.need(c.Jitter >= 0 && c.Jitter <= 0.5, "collect.jitter", "is %v, want 0 to 0.5", c.Jitter)
	if c.Raw.Keep != 0 {
		k.between("collect.raw.keep", c.Raw.Keep.D(), time.Hour, 3660*day)
	}
	k.size("collect.raw.max_bytes", c.Raw.MaxBytes, 1<<20, 1<<44)
	_, all := c.Hosts["*"]
	k.need(all, "collect.hosts", `has no "*" for all other hosts`)
	for _, name := range keysOf(c.Hosts) {
		h, at := c.Hosts[name], join("collect.hosts", name)
		k.need(name == "*" || matches(`^[a-z0-9.:-]+$`, name), at, "is no host name; write it without https:// and in lower case")
		k.need(h.PerMinute > 0 && h.PerMinute <= 60_000 && !math.IsNaN(h.PerMinute), at+".per_minute", "is %v, want more than 0", h.PerMinute)
		k.need(h.Concurrent >= 1 && h.Concurrent <= 100, at+".concurrent", "is %d, want 1 to 100", h.Concurrent)
		k.need(name != "*" || !h.IgnoreRobots, at+".ignore_robots", "is true, but it is decided host by host")
	}
	k.sources(&c.Sources)
	k.imports(&c.Import)
}

// minToken is what cannot be guessed in the time that there is.
const minToken = 16

func (k *checker) imports(c *Import) {
	const at = "collect.import.webhook."
	for i, f := range c.Mappings {
		k.file(index("collect.import.mappings", i), f)
	}
	w := &c.Webhook
	k.size(at+"max_body", w.MaxBody, 1<<10, 1<<34)
	k.file(at+"token_file", w.TokenFile)
	k.need(w.Token == "" || w.TokenFile == "", at+"token", "set it or %stoken_file, not both", at)
	k.need(w.Token == "" || len(w.Token) >= minToken, at+"token", "is shorter than %d signs", minToken)
	k.need(!w.Enabled || w.Token != "" || w.TokenFile != "", at+"token", "is missing: set it or %stoken_file", at)
}

func (k *checker) sources(c *Sources) {
	const at = "collect.sources."
	k.schedule(at+"appstore", c.AppStore.Every)
	k.baseURL(at+"appstore.marketing_url", c.AppStore.MarketingURL)
	if c.AppStore.MarketingFallbackURL != "" {
		k.baseURL(at+"appstore.marketing_fallback_url", c.AppStore.MarketingFallbackURL)
	}
	k.baseURL(at+"appstore.itunes_url", c.AppStore.ITunesURL)
	k.baseURL(at+"appstore.archive_url", c.AppStore.ArchiveURL)
	k.schedule(at+"appstore_lookup", c.AppStoreLookup.Every)
	k.baseURL(at+"appstore_lookup.itunes_url", c.AppStoreLookup.ITunesURL)
	k.schedule(at+"appstore_search", c.AppStoreSearch.Every)
	k.baseURL(at+"appstore_search.itunes_url", c.AppStoreSearch.ITunesURL)
	k.schedule(at+"mastodon", c.Mastodon.Every)
	k.instances(at+"mastodon", c.Mastodon.Enabled, c.Mastodon.Instances)
	k.schedule(at+"wikipedia", c.Wikipedia.Every)
	k.baseURL(at+"wikipedia.base_url", c.Wikipedia.BaseURL)
	k.need(c.Wikipedia.Days >= 1 && c.Wikipedia.Days <= 366, at+"wikipedia.days", "is %d, want 1 to 366", c.Wikipedia.Days)
	k.schedule(at+"hackernews", c.HackerNews.Every)
	k.baseURL(at+"hackernews.base_url", c.HackerNews.BaseURL)
	k.schedule(at+"tranco", c.Tranco.Every)
	k.baseURL(at+"tranco.base_url", c.Tranco.BaseURL)
	k.feeds(c)
	k.gdelt(at+"gdelt", c)
	play, details := c.GooglePlay, c.GooglePlayDetails
	k.scraper(at+"googleplay", play.Every, play.BaseURL, play.UserAgent)
	k.scraper(at+"googleplay_details", details.Every, details.BaseURL, details.UserAgent)
	k.scraper(at+"tiktok", c.TikTok.Every, c.TikTok.BaseURL, c.TikTok.UserAgent)
	k.bluesky(at+"bluesky", &c.Bluesky)
	k.keyed(at+"youtube.base_url", c.YouTube.BaseURL, c.YouTube.Enabled || c.YouTube.Key != "" || c.YouTube.KeyFile != "")
	k.keyed(at+"radar.base_url", c.Radar.BaseURL, c.Radar.Enabled || c.Radar.Token != "" || c.Radar.TokenFile != "")
}

func (k *checker) gdelt(at string, c *Sources) {
	k.schedule(at, c.GDELT.Every)
	k.baseURL(at+".files_url", c.GDELT.FilesURL)
	if c.GDELT.MirrorURL != "" {
		k.baseURL(at+".mirror_url", c.GDELT.MirrorURL)
	}
	k.size(at+".max_zip", c.GDELT.MaxZip, 1<<20, 1<<30)
	k.size(at+".max_csv", c.GDELT.MaxCSV, 1<<20, 8<<30)
	k.schedule(at+"_doc", c.GDELTDoc.Every)
	k.baseURL(at+"_doc.base_url", c.GDELTDoc.BaseURL)
}

// scraper checks a source that reads what was made for browsers.
func (k *checker) scraper(path, every, baseURL, userAgent string) {
	k.schedule(path, every)
	k.baseURL(path+".base_url", baseURL)
	k.need(matches(`^[!-~]([ -~]{0,300}[!-~])?$`, userAgent), path+".user_agent", "is %q, want the User-Agent of a browser", userAgent)
}

// keyed refuses an address to which a key would travel for everyone to read.
func (k *checker) keyed(path, text string, hasKey bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || !hasKey {
		return
	}
	ip := net.ParseIP(u.Hostname())
	k.need(u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()), path,
		"is %q, want https://: the key would go over the network for everyone to read", text)
}

func (k *checker) schedule(path, every string) {
	path += ".every"
	s, err := parseCron(every)
	if err != nil {
		k.add(path, `is %q, want a cron line ("7 * * * *") or "@every 30m"`, every)
		return
	}
	// A cron line is no finer than minutes; only @every can be.
	if e, ok := s.(cron.ConstantDelaySchedule); ok && e.Delay < time.Minute {
		k.add(path, "is %q, want at least 1m", every)
		return
	}
	// Next gives up after some years without a day, such as 30 February.
	k.need(!s.Next(time.Now()).IsZero(), path, "is %q, which never comes", every)
}

func parseCron(line string) (cron.Schedule, error) {
	// The library panics where nothing follows the time zone.
	if strings.Contains(line, "TZ=") && !strings.Contains(line, " ") {
		return nil, errors.New("nothing follows the time zone")
	}
	return cron.ParseStandard(line)
}

func (k *checker) baseURL(path, text string) {
	// Such an address would be logged and stored with all that we fetch. It is
	// not repeated here either.
	if strings.Contains(text, "@") {
		k.add(path, "must not contain a user or password")
		return
	}
	u, err := url.Parse(text)
	k.need(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "", path,
		"is %q, want a base URL such as https://example.org", text)
}

// isContact accepts what may stand in a User-Agent.
func isContact(text string) bool {
	if text == "" {
		return true
	}
	if strings.ContainsAny(text, "()\r\n\t") {
		return false
	}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return true
	}
	a, err := mail.ParseAddress(strings.TrimPrefix(text, "mailto:"))
	return err == nil && a.Name == "" && !strings.Contains(text, " ")
}

// matches compiles its pattern each time: this runs once per start.
func matches(pattern, text string) bool {
	ok, err := regexp.MatchString(pattern, text)
	return err == nil && ok
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
