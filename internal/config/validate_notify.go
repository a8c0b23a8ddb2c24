package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones also where the system has none
)

// LogReceiver is the name of the receiver that stands in for none.
const LogReceiver = "log"

// Days are the names of the days of the week, Sunday first, as time.Weekday
// counts them.
func Days() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func (k *checker) notify(c *Notify, w *Watch) {
	if c.BaseURL != "" {
		k.baseURL("notify.base_url", c.BaseURL)
	}
	k.between("notify.group_wait", c.GroupWait.D(), 0, time.Hour)
	k.between("notify.max_age", c.MaxAge.D(), time.Minute, 30*day)
	k.between("notify.retry_for", c.RetryFor.D(), time.Second, 7*day)
	names := map[string]string{}
	for i := range c.Receivers {
		r, at := &c.Receivers[i], index("notify.receivers", i)
		k.need(matches(`^[a-z0-9][a-z0-9_-]{0,62}$`, r.Name), at+".name", "is %q, want lower-case letters, digits and dashes", r.Name)
		k.need(r.Name != LogReceiver, at+".name", "is %q, which is the one that stands in where there is none", r.Name)
		k.unique(names, r.Name, at+".name")
		k.channel(at, r)
		k.routes(at, r, w)
		k.times(at, r)
	}
}

// channel never repeats an address: it may be a password.
func (k *checker) channel(at string, r *Receiver) {
	channels := 0
	for _, set := range []bool{
		len(r.URLs) > 0 || r.URLFile != "", r.Webhook != NotifyWebhook{}, r.Alertmanager.URL != "",
	} {
		if set {
			channels++
		}
	}
	k.need(channels == 1, at, "has %d channels, want one of urls (or url_file), webhook and alertmanager", channels)
	k.need(len(r.URLs) == 0 || r.URLFile == "", at+".urls", "set it or %s.url_file, not both", at)
	for i, u := range r.URLs {
		k.need(strings.Contains(u.Reveal(), "://") || u == masked, index(at+".urls", i), "is no address such as ntfy://ntfy.sh/my-topic")
	}
	k.file(at+".url_file", r.URLFile)
	if h := r.Webhook; h != (NotifyWebhook{}) {
		k.plainURL(at+".webhook.url", h.URL.Reveal())
		k.need(h.Secret == "" || h.SecretFile == "", at+".webhook.secret", "set it or %s.webhook.secret_file, not both", at)
		k.need(h.Secret == "" || len(h.Secret) >= minToken || h.Secret == masked, at+".webhook.secret", "is shorter than %d signs", minToken)
		k.file(at+".webhook.secret_file", h.SecretFile)
	}
	if u := r.Alertmanager.URL; u != "" {
		k.plainURL(at+".alertmanager.url", u.Reveal())
	}
}

func (k *checker) plainURL(path, text string) {
	u, err := url.Parse(text)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	k.need(ok || text == masked, path, "is no address such as https://example.org/hook")
}

func (k *checker) routes(at string, r *Receiver, w *Watch) {
	k.eachOf(at+".levels", r.Levels, "info", "warning", "critical")
	k.eachOf(at+".kinds", r.Kinds, "surge", "health")
	k.eachOf(at+".basis", r.Basis, "measured", "backfill", "imported", "modelled")
	for i, topic := range r.Topics {
		known := slices.ContainsFunc(w.Topics, func(t Topic) bool { return t.ID == topic })
		k.need(known, index(at+".topics", i), "is %q, which is no id in watch.topics", topic)
	}
	for i, rule := range r.Rules {
		k.need(strings.TrimSpace(rule) != "", index(at+".rules", i), "is empty")
	}
}

func (k *checker) eachOf(path string, got []string, want ...string) {
	for i, word := range got {
		k.oneOf(index(path, i), word, want...)
	}
}

func (k *checker) times(at string, r *Receiver) {
	_, err := time.LoadLocation(r.Zone)
	k.need(err == nil && r.Zone != "Local", at+".zone", "is %q, want a zone such as Europe/Berlin", r.Zone)
	for i, h := range r.Quiet.Hours {
		at := index(at+".quiet.hours", i)
		k.eachOf(at+".days", h.Days, Days()...)
		k.clock(at+".from", h.From)
		k.clock(at+".to", h.To)
	}
	k.need(len(r.Quiet.Hours) > 0 || !r.Quiet.PassCritical, at+".quiet.pass_critical", "is true, but there are no quiet hours")
	k.need(!alwaysQuiet(r.Quiet.Hours), at+".quiet.hours", "leave no time to tell anything")
	d := &r.Digest
	k.oneOf(at+".digest.every", d.Every, "", "daily", "weekly")
	if d.Every != "" {
		k.clock(at+".digest.at", d.At)
	}
	if d.Every == "weekly" {
		k.oneOf(at+".digest.day", d.Day, Days()...)
	}
	k.need(d.Every == "weekly" || d.Day == "", at+".digest.day", "is set, but the digest is not weekly")
	k.eachOf(at+".digest.levels", d.Levels, "info", "warning", "critical")
	k.need(r.Budget.PerDay >= 0 && r.Budget.PerDay <= 10_000, at+".budget.per_day", "is %d, want 0 (any number) to 10000", r.Budget.PerDay)
	k.need(r.Budget.PerDay == 0 || d.Every != "", at+".budget.per_day", "needs %s.digest: what is more than the budget goes there", at)
}

func (k *checker) clock(path, text string) {
	_, ok := ClockTime(text)
	k.need(ok, path, "is %q, want a time of day such as 07:30", text)
}

// ClockTime reads hh:mm (00:00 to 23:59) as minutes after midnight.
func ClockTime(text string) (minutes int, ok bool) {
	if !matches(`^[0-2][0-9]:[0-5][0-9]$`, text) {
		return 0, false
	}
	h, errH := strconv.Atoi(text[:2])
	m, errM := strconv.Atoi(text[3:])
	return h*60 + m, errH == nil && errM == nil && h < 24
}

const minutesPerDay = 24 * 60

// alwaysQuiet says whether the windows cover the whole week.
func alwaysQuiet(hours []QuietHours) bool {
	var week [7 * minutesPerDay]bool
	for _, h := range hours {
		from, okFrom := ClockTime(h.From)
		to, okTo := ClockTime(h.To)
		if !okFrom || !okTo {
			return false
		}
		if to <= from {
			to += minutesPerDay
		}
		for d, name := range Days() {
			if len(h.Days) > 0 && !slices.Contains(h.Days, name) {
				continue
			}
			for m := from; m < to; m++ {
				week[(d*minutesPerDay+m)%len(week)] = true
			}
		}
	}
	return !slices.Contains(week[:], false)
}
