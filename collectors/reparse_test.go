package collectors_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/tapes"
	"github.com/tidemark/tidemark/internal/testkit"
)

// recorded is a Keeper that keeps in memory.
type recorded struct {
	mu  sync.Mutex
	all []tapes.Tape
}

func (r *recorded) Keep(t tapes.Tape, whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if whole {
		r.all = append(r.all, t)
	}
}

// record runs all sources against a place, and returns what they published
// and what was kept.
func record(t *testing.T, d time.Duration, tell func(*testkit.FakeSource)) (map[string]collectors.Entry, *testkit.FakeSource, *topics, *recorded) {
	t.Helper()
	pub, place, kept := &topics{}, testkit.NewFakeSourceInMemory(), &recorded{}
	tell(place)
	time.Sleep(time.Until(now()))
	client, err := fetch.New(fetch.Config{Collect: collect(), Transport: place}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := collectors.New(collect(), watchlist(), client)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	runner := collectors.NewRunner(list, pub, collect(), nil, nil)
	runner.KeepTapes(kept)
	if err := runner.Run(ctx); err != nil {
		t.Fatal(err)
	}
	byName := map[string]collectors.Entry{}
	for _, e := range list {
		byName[e.Name] = e
	}
	return byName, place, pub, kept
}

// TestEverySourceReadsItsTapesAgain: the same parser reads the same out of a
// tape, after good answers and bad, a week later and without asking anybody.
func TestEverySourceReadsItsTapesAgain(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(*testkit.FakeSource){
		"good":     tellGood(asItIs),
		"304":      tellGood(func(a testkit.FakeAnswer) testkit.FakeAnswer { a.ETag = `"1"`; return a }),
		"404":      tellAll(testkit.FakeStatus(404)),
		"429":      tellAll(testkit.FakeBusy("86400")),
		"503":      tellAll(testkit.FakeStatus(503)),
		"reset":    tellAll(testkit.FakeAnswer{Reset: true}),
		"html":     tellAll(testkit.FakeOK("<html>Sorry")),
		"enormous": tellAll(testkit.FakeAnswer{Body: "{}", Fill: 2 << 20}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				entries, place, pub, kept := record(t, 3*time.Hour-time.Second, tell)
				published := map[string]*event.Snapshot{}
				key := func(s *event.Snapshot) string {
					return s.GetSource() + " " + s.GetTarget().Key() + " " + strconv.FormatInt(s.GetSlotMs(), 10)
				}
				for _, s := range pub.looks() {
					published[key(s)] = s
				}
				if len(kept.all) == 0 {
					t.Fatal("nothing was kept")
				}
				asked := len(place.Requests(testkit.FakeAnywhere))
				time.Sleep(7 * 24 * time.Hour)
				start := time.Now()
				for _, tape := range kept.all {
					again, err := entries[tape.Look.GetSource()].Reparse(t.Context(), tape, slog.New(slog.DiscardHandler))
					if err != nil {
						t.Fatal(err)
					}
					want := proto.CloneOf(published[key(tape.Look)])
					want.Reparsed = true
					if diff := cmp.Diff(want, again.Is, protocmp.Transform()); diff != "" || len(again.Missing) > 0 || again.Newer() {
						t.Errorf("%s is read otherwise (missing %v):\n%s", key(tape.Look), again.Missing, diff)
					}
					if d := again.Difference(); len(d) > 0 {
						t.Errorf("%s differs: %v", key(tape.Look), d)
					}
				}
				if n := len(place.Requests(testkit.FakeAnywhere)) - asked; n > 0 || time.Since(start) > 0 {
					t.Errorf("%d requests were made, in %v", n, time.Since(start))
				}
			})
		})
	}
}

// asking is a source that asks one page and reads it in some way.
func asking(client *fetch.Client, path string, version uint32, read func(body string, slot time.Time) ([]*event.Reading, error)) source {
	return source{tags("a"), func(ctx context.Context, _ *event.Target, slot time.Time) (*event.Snapshot, error) {
		snap := &event.Snapshot{ParserVersion: version}
		resp, err := client.Get(ctx, "https://a.example"+path)
		if err != nil {
			return snap, err
		}
		readings, err := read(string(resp.Body), slot)
		if err != nil {
			return snap, fetch.Refuse(resp.Body, err)
		}
		snap.Readings = readings
		return snap, nil
	}}
}

func TestReparseReadsTheLookAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		place := testkit.NewFakeSourceInMemory()
		place.Reply("/counts", testkit.FakeOK("b=1 c=2"), testkit.FakeOK("sorry"))
		client, err := fetch.New(fetch.Config{Collect: collect(), Transport: place}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		old := asking(client, "/counts", 1, func(body string, _ time.Time) ([]*event.Reading, error) {
			if body == "sorry" {
				return []*event.Reading{{Subject: "sorry", Metric: "n", Value: 0}}, nil
			}
			return nil, errors.New("what is this?")
		})
		better := asking(client, "/counts", 2, func(body string, slot time.Time) ([]*event.Reading, error) {
			if body == "sorry" {
				return nil, errors.New("the place says sorry")
			}
			var all []*event.Reading
			for pair := range strings.FieldsSeq(body) {
				name, n, _ := strings.Cut(pair, "=")
				v, err := strconv.ParseFloat(n, 64)
				all = append(all, &event.Reading{Subject: name, Metric: "n", Value: v, AtMs: slot.UnixMilli()})
				if err != nil {
					return nil, err
				}
			}
			return all, nil
		})
		pub, kept := &topics{}, &recorded{}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour-time.Second)
		defer cancel()
		runner := collectors.NewRunner([]collectors.Entry{entry("src", "@every 1h", old)}, pub, collect(), nil, nil)
		runner.KeepTapes(kept)
		if err := runner.Run(ctx); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tape := range kept.all {
			again, err := entry("src", "@every 1h", better).Reparse(t.Context(), tape, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			was, is := again.Was, again.Is
			if !again.Newer() || !is.GetReparsed() || was.GetSlotMs() != is.GetSlotMs() || was.GetSeenAtMs() != is.GetSeenAtMs() ||
				was.GetBasis() != is.GetBasis() || was.GetTarget().Key() != is.GetTarget().Key() || was.GetEveryS() != is.GetEveryS() ||
				is.GetHttpStatus() != 200 || is.GetBodyBytes() == 0 || is.GetParserVersion() != 2 {
				t.Errorf("the look lost what it is about: %v", is)
			}
			got = append(got, again.Difference()...)
		}
		if diff := cmp.Diff([]string{
			"~ look: refused depth 0 refuse answer: what is this? → ok depth 0",
			"+ n of b at 2000-01-01 00:00 1", "+ n of c at 2000-01-01 00:00 2",
			"~ look: ok depth 0 → refused depth 0 refuse answer: the place says sorry", "- n of sorry 0",
		}, got); diff != "" {
			t.Error(diff)
		}
		// A parser that needs another page cannot say anything about the look.
		elsewhere := asking(client, "/others", 3, nil)
		again, err := entry("src", "@every 1h", elsewhere).Reparse(t.Context(), kept.all[0], slog.New(slog.DiscardHandler))
		if err != nil || !cmp.Equal(again.Missing, []string{"GET https://a.example/others"}) {
			t.Errorf("missing %v, %v", again.Missing, err)
		}
		if _, err := entry("other", "@every 1h", better).Reparse(t.Context(), kept.all[0], slog.New(slog.DiscardHandler)); err == nil {
			t.Error("a source read another one's tape")
		}
	})
}
