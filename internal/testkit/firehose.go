package testkit

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
)

// FirehosePlan says what the posts of a fake firehose are. The same plan gives
// the same posts in every process and on every host: post i is made of Seed and
// i alone, so that any cursor can be served, and the true counts be told
// without keeping anything.
type FirehosePlan struct {
	Seed uint64
	// Start is when the first event was witnessed; zero: 2026-09-01 12:00 UTC.
	Start time.Time
	// Events in all, of which some 94 of 100 are new posts; 0: 10,000. After the
	// last one the connection stays open and says nothing more.
	Events int
	// PerSecond is how many events there are in a second of event time; 0: 1,000.
	PerSecond int
	// Live holds each event back until the clock has reached its time. Without
	// it, everything is there at once and is sent as fast as it is taken.
	Live bool
	// Tags as they are counted, the most frequent first; nil: a list of fifty.
	// They have to be normalised already: lower case, NFKC, without #.
	Tags []string
	// Disorder is by how much event times may be off their order, either way.
	Disorder time.Duration
	// FirstSeq is the sequence number of the first event on this host (v2);
	// 0: 1000. Each host has its own.
	FirstSeq int64
	// Floor is the first event that this host still has.
	Floor int
}

// FirehoseMention is one mention as it truly is.
type FirehoseMention struct {
	// DID and RKey name the post. They must not be found behind the collector.
	DID, RKey     string
	Tag, Language string
	At            time.Time
}

// FirehoseMinute is a tag in one minute of event time.
type FirehoseMinute struct {
	Tag string
	// Minute in Unix milliseconds.
	Minute int64
}

// filled is the plan with its defaults.
func (p FirehosePlan) filled() FirehosePlan {
	if p.Start.IsZero() {
		p.Start = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	}
	p.Events = cmp.Or(p.Events, 10_000)
	p.PerSecond = cmp.Or(p.PerSecond, 1000)
	p.FirstSeq = cmp.Or(p.FirstSeq, 1000)
	if len(p.Tags) == 0 {
		p.Tags = firehoseTags()
	}
	return p
}

// Mentions tells every mention of the plan, in the order of the events.
func (p FirehosePlan) Mentions() iter.Seq[FirehoseMention] {
	p = p.filled()
	return func(yield func(FirehoseMention) bool) {
		for i := range p.Events {
			e := p.event(i)
			if e.operation != "create" {
				continue
			}
			for _, tag := range e.counted {
				m := FirehoseMention{DID: e.did, RKey: e.rkey, Tag: tag, Language: e.language, At: e.at}
				if !yield(m) {
					return
				}
			}
		}
	}
}

// Counts tells how often each tag was mentioned in each minute.
func (p FirehosePlan) Counts() map[FirehoseMinute]int {
	counts := make(map[FirehoseMinute]int)
	for m := range p.Mentions() {
		counts[FirehoseMinute{m.Tag, m.At.Truncate(time.Minute).UnixMilli()}]++
	}
	return counts
}

// witness is when event i came to the place.
func (p FirehosePlan) witness(i int) time.Time {
	whole, rest := i/p.PerSecond, i%p.PerSecond
	return p.Start.Add(time.Duration(whole)*time.Second + time.Duration(rest)*time.Second/time.Duration(p.PerSecond))
}

// indexAt is the first event that was witnessed at or after t.
func (p FirehosePlan) indexAt(t time.Time) int {
	since := t.Sub(p.Start)
	if since <= 0 {
		return 0
	}
	i := int(since/time.Second)*p.PerSecond + int((since%time.Second)*time.Duration(p.PerSecond)/time.Second)
	for i > 0 && !p.witness(i-1).Before(t) {
		i--
	}
	for p.witness(i).Before(t) {
		i++
	}
	return i
}

// tip is the number of events that there are now.
func (p FirehosePlan) tip(now time.Time) int {
	if !p.Live {
		return p.Events
	}
	return min(p.indexAt(now.Add(time.Microsecond)), p.Events)
}

// firehoseEvent is one event of the plan.
type firehoseEvent struct {
	did, rkey, rev string
	operation      string
	language       string
	langs          []string
	written        []string // the tags of the facets, as a person wrote them
	aside          []string // the tags of record.tags
	counted        []string // the tags that it counts for
	at             time.Time
}

// event makes event i.
func (p FirehosePlan) event(i int) firehoseEvent {
	r := rng(p.Seed ^ uint64(i)*0x9e3779b97f4a7c15) //nolint:gosec // not negative
	at := p.witness(i)
	e := firehoseEvent{
		did:  "did:plc:" + r.letters(24),
		rkey: tid(at, i), rev: tid(at, i+7), operation: "create",
		at: at.Truncate(time.Microsecond),
	}
	if p.Disorder > 0 {
		off := time.Duration(r.below(int(2*p.Disorder/time.Microsecond))) * time.Microsecond
		e.at = e.at.Add(off - p.Disorder.Truncate(time.Microsecond))
	}
	switch r.below(100) {
	case 0, 1, 2:
		e.operation = "delete"
	case 3, 4, 5:
		e.operation = "update"
	}
	languages := [...]string{"en", "ja", "pt-BR", "de", "zh-Hans", ""}
	if e.language = languages[r.below(len(languages))]; e.language != "" {
		e.langs = []string{e.language, "fr"}[:1+r.below(2)]
	}
	p.writeTags(&e, &r)
	return e
}

// writeTags gives four of ten events one to three tags, in one of the ways in
// which people write them, and sometimes the same one twice.
func (p FirehosePlan) writeTags(e *firehoseEvent, r *rng) {
	if r.below(10) >= 4 {
		return
	}
	for range 1 + r.below(3) {
		// The smaller of two draws, again and again: few tags have most uses.
		k := min(r.below(len(p.Tags)), r.below(len(p.Tags)), r.below(len(p.Tags)))
		tag := p.Tags[k]
		if slices.Contains(e.counted, tag) {
			continue
		}
		e.counted = append(e.counted, tag)
		switch r.below(8) {
		case 0:
			e.written = append(e.written, strings.ToUpper(tag))
		case 1:
			e.written = append(e.written, wide(tag))
		case 2:
			e.written = append(e.written, tag, strings.ToUpper(tag))
		case 3:
			e.aside = append(e.aside, "#"+tag+" ")
		case 4:
			e.aside = append(e.aside, tag)
			e.written = append(e.written, tag)
		default:
			e.written = append(e.written, tag)
		}
	}
}

// wide writes the letters of a tag in full width, as some keyboards do.
func wide(tag string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xfee0
		}
		return r
	}, tag)
}

// firehoseTags are fifty tags of several scripts.
func firehoseTags() []string {
	tags := []string{
		"tiktokrefugee", "rednote", "小红书", "tiktokban", "bluesky", "ねこ", "art", "news", "фото", "musik",
		"안녕", "photography", "breakingnews", "strasse", "café", "nowplaying",
	}
	for i := len(tags); i < 50; i++ {
		tags = append(tags, "topic"+string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	return tags
}

// rng is splitmix64: small, and the same everywhere for ever.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *rng) below(n int) int { return int(r.next() % uint64(n)) } //nolint:gosec // n is positive and small

func (r *rng) letters(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	b := make([]byte, n)
	var bits uint64
	for i := range b {
		if i%12 == 0 {
			bits = r.next()
		}
		b[i] = alphabet[bits&31]
		bits >>= 5
	}
	return string(b)
}

// tid is the key of a record: its time in microseconds and a number, in 13
// letters that sort as they came.
func tid(at time.Time, i int) string {
	const alphabet = "234567abcdefghijklmnopqrstuvwxyz"
	n := uint64(at.UnixMicro())<<10 | uint64(i)&1023 //nolint:gosec // not negative
	var b [13]byte
	for k := len(b) - 1; k >= 0; k-- {
		b[k] = alphabet[n&31]
		n >>= 5
	}
	return string(b[:])
}
