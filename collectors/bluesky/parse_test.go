package bluesky

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// reading is a reader without a connection.
func reading(v2 bool) *reader {
	h := &host{url: "https://one.example", v2: v2}
	return &reader{host: h, tags: event.NewTagNormaliser(), seen: map[string]bool{}, track: track{host: h, rewind: 5 * time.Second}}
}

// told writes down what a message leads to.
func told(v2 bool, input []byte) (string, stream.Batch) {
	r := reading(v2)
	err := r.take(input, len(input))
	var lines []string
	if err != nil {
		lines = append(lines, "ends: "+err.Error())
	}
	if r.outdated {
		lines = append(lines, "cursor is outdated")
	}
	b := r.batch
	lines = append(lines, fmt.Sprintf("events %d posts %d at %s", b.Events, b.Posts, b.At.Format(time.RFC3339Nano)))
	for _, m := range b.Mentions {
		lines = append(lines, fmt.Sprintf("%s %q %q %s %s", m.GetPlatform(), m.GetTag(), m.GetLanguage(), time.UnixMilli(m.GetAtMs()).UTC().Format("15:04:05.000"), m.GetId()))
	}
	dropped := make([]string, 0, len(b.Dropped))
	for reason, n := range b.Dropped {
		dropped = append(dropped, fmt.Sprintf("dropped %s %d", reason, n))
	}
	slices.Sort(dropped)
	return strings.Join(append(lines, dropped...), "\n"), b
}

func TestParseMessages(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata/firehose", func(name string, input []byte) string {
		text, _ := told(strings.HasPrefix(name, "v2"), input)
		_, err := parseV1(input)
		if strings.HasPrefix(name, "v2") {
			_, err = parseV2(input)
		}
		if err != nil {
			text = "not understood: " + err.Error() + "\n" + text
		}
		return text
	})
}

// A mention has the same id by whichever version it comes.
func TestIDsAreTheSameByBothVersions(t *testing.T) {
	t.Parallel()
	of := func(name string, v2 bool) []string {
		input, err := os.ReadFile("testdata/firehose/" + name + "/input.json")
		if err != nil {
			t.Fatal(err)
		}
		_, b := told(v2, input)
		var ids []string
		for _, m := range b.Mentions {
			ids = append(ids, m.GetId())
		}
		return ids
	}
	v1, v2 := of("v1-post", false), of("v2-post", true)
	if diff := cmp.Diff(v1, v2); diff != "" || len(v1) != 3 {
		t.Errorf("%d ids differ: %s", len(v1), diff)
	}
}

func fuzzMessages(f *testing.F, v2 bool) {
	f.Helper()
	for _, input := range testkit.GoldenInputs(f, "testdata/firehose") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		_, b := told(v2, input)
		if b.Events+b.Dropped["message"] > 1 || b.Posts > b.Events || len(b.Mentions) > 0 && b.Posts == 0 {
			t.Fatalf("one message makes %d events, %d posts, %d mentions", b.Events, b.Posts, len(b.Mentions))
		}
		seen := map[string]bool{}
		for _, m := range b.Mentions {
			if err := m.Validate(); err != nil {
				t.Fatal(err)
			}
			if seen[m.GetTag()] || language(m.GetLanguage()) != m.GetLanguage() {
				t.Fatalf("%q is there twice, or %q is no language", m.GetTag(), m.GetLanguage())
			}
			seen[m.GetTag()] = true
		}
	})
}

func FuzzParseV1(f *testing.F) { fuzzMessages(f, false) }

func FuzzParseV2(f *testing.F) { fuzzMessages(f, true) }

// What is normalised stays as it is, and fits into a message.
func FuzzNormaliseTag(f *testing.F) {
	for _, s := range []string{"RedNote", "#ＷＩＤＥ", "straße", "小红书", " a  b ", "a\u200db", "ﬃ", "İ", "!?", "@a", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, written string) {
		n := event.NewTagNormaliser()
		tag, dropped := n.Tag(written)
		if (tag == "") == (dropped == "") {
			t.Fatalf("%q is %q and dropped as %q", written, tag, dropped)
		}
		if tag == "" {
			return
		}
		if again, _ := n.Tag(tag); again != tag {
			t.Fatalf("%q becomes %q, and that %q", written, tag, again)
		}
		m := event.Mention{Id: "x", Platform: platform, Tag: tag, AtMs: 1736763600000}
		if err := m.Validate(); err != nil {
			t.Fatalf("%q: %v", written, err)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	f.Add(cursor{Host: "https://one.example", Seq: 7, US: 1788264000123456}.String())
	f.Add(`{"us":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil || c.isZero() {
			return
		}
		if again, err := parseCursor(c.String()); err != nil || again != c {
			t.Fatalf("%q is %+v, and then %+v, %v", text, c, again, err)
		}
	})
}

func TestNormaliseTag(t *testing.T) {
	t.Parallel()
	n := event.NewTagNormaliser()
	for written, want := range map[string]string{
		"RedNote": "rednote", "#RedNote": "rednote", "＃RedNote": "rednote", "##a": "a", "ＲｅｄＮｏｔｅ": "rednote",
		"小红书": "小红书", "Straße": "strasse", "ΣΊΣΥΦΟΣ": "σίσυφοσ", "ﬁne": "fine", "cafe\u0301": "café",
		"  a  b\u3000c.": "a b c", "what?!": "what", "C++": "c++", "C#": "c", "soft\u00adhyphen": "softhyphen",
		"v1.2": "v1.2", "node.js": "node.js", "U.S.": "u.s", "a..b": "a..b", "24 7": "24 7", "c++17": "c++17",
		"+1": "+1", "123456": "123456", "1312 2026 x": "1312 2026 x",
		"zero\u200bwidth": "zerowidth", "⚽️": "⚽️", "2026": "2026", "a_b": "a_b", "ねこ": "ねこ", "안녕": "안녕",
	} {
		if got, dropped := n.Tag(written); got != want {
			t.Errorf("%q is %q (%s), want %q", written, got, dropped, want)
		}
	}
	for written, want := range map[string]string{
		"": event.TagEmpty, "#": event.TagEmpty, "...": event.TagEmpty, "\u200b\u2060": event.TagEmpty, "@ann": event.TagPerson, "a@b.example": event.TagPerson,
		"#Alice.bsky.social": event.TagPerson, "alice.bsky.social": event.TagPerson, "bsky.social": event.TagPerson, "ａｌｉｃｅ．com": event.TagPerson, "al-ice.example.co.uk": event.TagPerson,
		"https://bsky.app/profile/alice.bsky.social": event.TagPerson, "alice.github.io.": event.TagPerson, "alice.xn--p1ai": event.TagPerson,
		"+49 30 1234567": event.TagPerson, "5551234": event.TagPerson, "555 123 4567": event.TagPerson, "＋４９３０１２３４５": event.TagPerson, "٠١٢٣٤٥٦": event.TagPerson,
		"DID:plc:abc": event.TagPerson, "a\x00b": event.TagBroken, "\xff": event.TagBroken, "a\ufffd": event.TagBroken,
		strings.Repeat("a", 641): event.TagLong, strings.Repeat("ab", 260): event.TagLong, strings.Repeat("ﷺ", 200): event.TagLong,
	} {
		if got, dropped := n.Tag(written); got != "" || dropped != want {
			t.Errorf("%.20q is %q, dropped as %q, want %s", written, got, dropped, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"en": "en", "EN": "en", "pt-br": "pt-BR", "zh-HANS-cn": "zh-Hans-CN", "es-419": "es-419", "fil": "fil", "sl-rozaj-1994": "sl-rozaj-1994",
		"": "", "e": "", "english": "", "en_US": "", "en-": "", "日本語": "", "I am Ann": "", strings.Repeat("en-", 20) + "en": "",
	} {
		if got := language(written); got != want {
			t.Errorf("%q is %q, want %q", written, got, want)
		}
	}
}

// The recording: 152 events in a row, of which two posts have tags.
func TestRecording(t *testing.T) {
	t.Parallel()
	r := reading(false)
	lines(t, "expected_v1.jsonl", func(line []byte) {
		if err := r.take(line, len(line)); err != nil {
			t.Fatal(err)
		}
	})
	var tags []string
	for _, m := range r.batch.Mentions {
		tags = append(tags, m.GetLanguage()+" "+m.GetTag())
	}
	want := []string{"de howtotellaitoshutup", "de indierebellion", "es talesatwonderworld", "es balanwonderworldoc"}
	if diff := cmp.Diff(want, tags); diff != "" {
		t.Errorf("mentions: %s", diff)
	}
	if b := r.batch; b.Events != 152 || len(b.Dropped) != 0 || b.Posts < 5 || b.Posts > 50 {
		t.Errorf("%d events, %d posts, dropped %v", b.Events, b.Posts, b.Dropped)
	}
	nothingPersonal(t, r.batch.Mentions, "expected_v1.jsonl")
}

// nothingPersonal holds that no did, key or text of a recording is in a mention.
func nothingPersonal(t *testing.T, mentions []*event.Mention, file string) {
	t.Helper()
	var all strings.Builder
	for _, m := range mentions {
		fmt.Fprintln(&all, m)
	}
	lines(t, file, func(line []byte) {
		var w struct {
			DID    string `json:"did"`
			Commit struct {
				RKey   string `json:"rkey"`
				Rev    string `json:"rev"`
				CID    string `json:"cid"`
				Record struct {
					Text string `json:"text"`
				} `json:"record"`
			} `json:"commit"`
		}
		if err := json.Unmarshal(line, &w); err != nil {
			t.Fatal(err)
		}
		words := []string{w.DID, w.Commit.RKey, w.Commit.Rev, w.Commit.CID, w.Commit.Record.Text}
		for _, word := range words {
			if len(word) > 4 && strings.Contains(all.String(), word) {
				t.Errorf("%q is in a mention", word)
			}
		}
	})
}

func TestGoldenOfThePlace(t *testing.T) {
	t.Parallel()
	r := reading(false)
	lines(t, "golden_v1.jsonl", func(line []byte) {
		if err := r.take(line, len(line)); err != nil {
			t.Fatal(err)
		}
	})
	if b := r.batch; b.Events != 10 || b.Posts != 1 || len(b.Mentions) != 0 || len(b.Dropped) != 0 {
		t.Errorf("%+v", b)
	}
	v2, n := reading(true), 0
	lines(t, "v2_subscribeEvents.docs_example.jsonl", func(line []byte) {
		n++
		err := v2.take(line, len(line))
		if last := n == 3; (err != nil) != last {
			t.Errorf("line %d: %v", n, err)
		}
	})
	if b := v2.batch; b.Events != 1 || b.Posts != 0 || len(b.Dropped) != 0 || !v2.outdated {
		t.Errorf("%+v, outdated %v", b, v2.outdated)
	}
}

// The dictionaries of the place are read, and a message packed with one comes
// back.
func TestDictionariesOfThePlace(t *testing.T) {
	t.Parallel()
	for file, id := range map[string]uint32{"legacy_subscribe.zdict": 1612007021, "subscribe_events_20260811.zdict": 20260811} {
		b, err := os.ReadFile(testkit.Shared(t, "samples", "bluesky-jetstream", file))
		if err != nil {
			t.Fatal(err)
		}
		d, err := readDictionary(b)
		if err != nil || d.id != id {
			t.Fatalf("%s: %+v, %v", file, d, err)
		}
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderDict(b))
		if err != nil {
			t.Fatal(err)
		}
		dec, err := zstd.NewReader(nil, zstd.WithDecoderDicts(d.bytes))
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(`{"did":"did:plc:aaaa","time_us":1788264000123456,"kind":"commit"}`)
		if got, err := dec.DecodeAll(enc.EncodeAll(text, nil), nil); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
		dec.Close()
	}
	if _, err := readDictionary([]byte("no dictionary")); err == nil {
		t.Error("text is taken for a dictionary")
	}
}

func lines(t *testing.T, file string, do func(line []byte)) {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "samples", "bluesky-jetstream", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		do(s.Bytes())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}
