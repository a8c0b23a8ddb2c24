package obs

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestLoggerFormats(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"text": "level=INFO msg=hello n=1\n", "json": `"msg":"hello","n":1}`, "auto": `"msg":"hello","n":1}`} {
		var out bytes.Buffer
		log, err := NewLogger(&out, "info", format)
		if err != nil {
			t.Fatal(err)
		}
		log.Debug("unseen")
		log.Info("hello", "n", 1)
		if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "unseen") {
			t.Errorf("%s: got %s, want %s", format, got, want)
		}
	}
	for _, bad := range [][2]string{{"loud", "text"}, {"info", "xml"}} {
		if _, err := NewLogger(io.Discard, bad[0], bad[1]); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

func TestBuildIsOneLine(t *testing.T) {
	t.Parallel()
	if got := NewBuild("v1.2.3").String(); !strings.HasPrefix(got, "tidemark v1.2.3 ") || strings.Contains(got, "\n") {
		t.Errorf("got %q", got)
	}
	if got := (Build{}).orDev().Version; got != "dev" {
		t.Errorf("got %q, want dev", got)
	}
}

func TestMetricsAreWellNamed(t *testing.T) {
	t.Parallel()
	reg := NewRegistry(NewBuild("v1.2.3"))
	NewHealth(reg).Loop("a", time.Minute)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	n, err := testutil.GatherAndCount(reg, "tidemark_build_info", "go_goroutines", "process_open_fds")
	if err != nil || n != 3 {
		t.Errorf("got %d of the metrics that every process shows, want 3 (%v)", n, err)
	}
}

func TestALoopThatHangsIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHealth(nil)
		store := h.Loop("store", time.Minute)
		rollups := h.Loop("rollups", time.Hour)
		time.Sleep(59 * time.Second)
		if v := h.alive(); !v.OK {
			t.Errorf("hangs too early: %+v", v)
		}
		time.Sleep(2 * time.Second)
		if v := h.alive(); v.OK || len(v.Hanging) != 1 || v.Hanging[0] != "store has not turned for 1m1s" {
			t.Errorf("the hanging loop is not named: %+v", v)
		}
		store.Turn()
		if v := h.alive(); !v.OK {
			t.Errorf("a loop that turns again still hangs: %+v", v)
		}
		rollups.End()
		time.Sleep(30 * time.Second)
		if v := h.alive(); !v.OK {
			t.Errorf("an ended loop hangs: %+v", v)
		}
		var none *Loop
		none.Turn()
		none.End()
	})
}

func TestServer(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	s, err := Listen(t.Context(), "127.0.0.1:0", log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), s.Addr(), log); err == nil || !strings.Contains(err.Error(), "give another one with --http") {
		t.Errorf("a port in use: got %v", err)
	}
	reg := NewRegistry(NewBuild("v1"))
	h := NewHealth(reg)
	h.NotReady("store")
	hangs := h.Loop("hangs", -1)
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, reg, h, page) }()

	expect(t, s, "/", 200, "page")
	expect(t, s, "/metrics", 200, "tidemark_build_info")
	expect(t, s, "/healthz", 503, "hangs has not turned")
	expect(t, s, "/readyz", 503, `"waiting":["store"]`)
	h.Ready("store")
	hangs.End()
	expect(t, s, "/healthz", 200, `"ok":true`)
	expect(t, s, "/readyz", 200, `"ok":true`)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("end: %v", err)
	}
}

func expect(t *testing.T, s *Server, path string, code int, text string) {
	t.Helper()
	resp, err := http.Get("http://" + s.Addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != code || !strings.Contains(string(body), text) {
		t.Errorf("%s: got %d %s, want %d %s", path, resp.StatusCode, body, code, text)
	}
	if path == "/healthz" && !json.Valid(body) {
		t.Errorf("%s is no JSON: %s", path, body)
	}
}
