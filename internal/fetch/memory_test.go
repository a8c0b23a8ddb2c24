package fetch_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/memory"
	"github.com/tidemark/tidemark/internal/testkit"
)

// A restart is no way past a shut door, past a pause or past what 429 without
// a Retry-After have added up to.
func TestDoorsStayShutOverRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path, place := filepath.Join(t.TempDir(), "hosts.json"), testkit.NewFakeSourceInMemory()
		captcha := func(r *fetch.Response) string {
			if r.Status == 200 {
				return string(r.Body)
			}
			return ""
		}
		life := func(url string) error {
			kept, err := memory.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, fetch.Config{Collect: settings(), Transport: place, Memory: kept})
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, err = c.Do(ctx, fetch.Request{URL: url, IsBlock: captcha})
			return err
		}
		place.Reply("/door", testkit.FakeOK("a captcha"))
		place.Reply("/pause", testkit.FakeBusy("36000"))
		place.Reply("/strikes", testkit.FakeStatus(429))

		for n, pause := range []time.Duration{6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour} { // a new life each time
			for range 3 {
				blocked, ok := errors.AsType[*fetch.Blocked](life("https://door.example/door"))
				if !ok || time.Until(blocked.Until) != pause {
					t.Errorf("block %d: %v", n, blocked)
				}
			}
			time.Sleep(pause)
		}
		if got := len(place.Requests("/door")); got != 4 {
			t.Errorf("the door was knocked at %d times, want 4", got)
		}

		_ = life("https://pause.example/pause")
		if pause, ok := errors.AsType[*fetch.PauseError](life("https://pause.example/pause")); !ok || time.Until(pause.Until).Round(time.Minute) != 10*time.Hour {
			t.Errorf("after a restart the pause is %v", pause)
		}
		if got := len(place.Requests("/pause")); got != 1 {
			t.Errorf("asked %d times within the pause", got)
		}

		for range 6 {
			_ = life("https://strikes.example/strikes")
			time.Sleep(10 * time.Minute)
		}
		_ = life("https://strikes.example/strikes")
		if pause, ok := errors.AsType[*fetch.PauseError](life("https://strikes.example/strikes")); !ok || time.Until(pause.Until) < 4*time.Minute {
			t.Errorf("the strikes of earlier lives are forgotten: %v", pause)
		}
	})
}

// Who runs beside another process leaves a host alone as soon as that one is
// told to, and never makes its rest shorter.
func TestARestIsSharedWithOtherProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path, place := filepath.Join(t.TempDir(), "hosts.json"), testkit.NewFakeSourceInMemory()
		process := func() func(url string) error {
			kept, err := memory.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, fetch.Config{Collect: settings(), Transport: place, Memory: kept})
			return func(url string) error {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				_, err := c.Get(ctx, url)
				return err
			}
		}
		place.Reply("/ok", testkit.FakeOK("x"))
		place.Reply("/long", testkit.FakeBusy("36000"))
		place.Reply("/late", testkit.FakeAnswer{Status: 429, Header: map[string]string{"Retry-After": "60"}, Delay: time.Second})
		up, fill := process(), process()
		for _, ask := range []func(string) error{up, fill} { // both know the host
			if err := ask("https://a.example/ok"); err != nil {
				t.Fatal(err)
			}
		}
		// One that knows the host and is told nothing itself.
		idle := process()
		if err := idle("https://a.example/ok"); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { // it is told of a shorter rest after the other is told of a long one
			defer close(done)
			_ = fill("https://a.example/late")
		}()
		synctest.Wait()
		_ = up("https://a.example/long")
		<-done
		for name, ask := range map[string]func(string) error{"the one that was told": up, "the one beside it": fill, "one that only asked before": idle, "one after both": process()} {
			err := ask("https://a.example/ok")
			if pause, ok := errors.AsType[*fetch.PauseError](err); !ok || time.Until(pause.Until).Round(time.Minute) != 10*time.Hour {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(place.Requests("/ok")); n != 3 {
			t.Errorf("asked %d times, want 3", n)
		}
		time.Sleep(10*time.Hour + time.Second)
		if err := fill("https://a.example/ok"); err != nil {
			t.Errorf("after the rest: %v", err)
		}
	})
}

// A clock that was wrong in an earlier life silences no host for ever.
func TestRememberedDoorsHaveAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept, err := memory.Open(filepath.Join(t.TempDir(), "hosts.json"), nil)
		if err != nil {
			t.Fatal(err)
		}
		far := time.Now().AddDate(30, 0, 0)
		kept.Remember("host a.example", map[string]any{"until": far, "shut": far, "strikes": 1 << 30, "length_ns": int64(1) << 62})
		place := testkit.NewFakeSourceInMemory()
		place.Reply("/a", testkit.FakeOK("x"))
		c := newClient(t, fetch.Config{Collect: settings(), Transport: place, Memory: kept})
		if blocked, ok := errors.AsType[*fetch.Blocked](func() error { _, err := c.Get(t.Context(), "https://a.example/a"); return err }()); !ok || time.Until(blocked.Until) != 24*time.Hour {
			t.Errorf("got %v", blocked)
		}
		time.Sleep(24 * time.Hour)
		if _, err := c.Get(t.Context(), "https://a.example/a"); err != nil {
			t.Error(err)
		}
	})
}
