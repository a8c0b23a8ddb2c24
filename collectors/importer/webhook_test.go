package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

const (
	secret  = "a-secret-of-more-than-16"
	goodCSV = "time,topic,views,discussions\n2025-01-13 08:00,tiktokrefugee,1.2亿,3万\n"
	badCSV  = goodCSV + "2025-01-13 09:00,tiktokrefugee,12%,\n"
)

func webhook(t *testing.T, most int64) (*Webhook, *sink) {
	t.Helper()
	s := &sink{t: t}
	return NewWebhook(WebhookConfig{Secret: secret, MaxBody: most}, library(t), s, slog.New(slog.DiscardHandler)), s
}

// post sends a body; change may do anything to the request.
func post(t *testing.T, h http.Handler, query, body string, change func(*http.Request)) (int, answer) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/import?"+query, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return w.Code, a
}

// signed signs a request as a sender does.
func signed(at time.Time, key, body string) func(*http.Request) {
	return func(r *http.Request) {
		sum := sha256.Sum256([]byte(body))
		stamp := strconv.FormatInt(at.Unix(), 10)
		r.Header.Del("Authorization")
		r.Header.Set(headerTimestamp, stamp)
		r.Header.Set(headerSum, hex.EncodeToString(sum[:]))
		r.Header.Set(headerSignature, "sha256="+hex.EncodeToString(sign([]byte(key), stamp+"\n"+r.URL.RequestURI()+"\n"+hex.EncodeToString(sum[:]))))
	}
}

func TestWebhookTakesAFileWhole(t *testing.T) {
	t.Parallel()
	h, s := webhook(t, 1<<20)
	status, a := post(t, h, "mapping=rednote-topics&by=ann&source_url=https://example.org&note=n&name=v.csv", goodCSV, nil)
	if status != http.StatusOK || a.ImportID == "" || a.Counts == nil || a.Counts.Rows != 1 || a.Counts.Readings != 2 || len(s.msgs) != 3 {
		t.Fatalf("%d %+v, %d messages", status, a, len(s.msgs))
	}
	i, is := s.msgs[0].(*event.Import)
	if !is || i.GetId() != a.ImportID || i.GetImportedBy() != "ann" || i.GetSourceUrl() != "https://example.org" || i.GetVia() != "webhook" || i.GetName() != "v.csv" {
		t.Errorf("the record is %v", s.msgs[0])
	}
	// Again, signed: the same bytes are the same import.
	if status, again := post(t, h, "mapping=rednote-topics", goodCSV, signed(time.Now(), secret, goodCSV)); status != http.StatusOK || again.ImportID != a.ImportID {
		t.Errorf("%d %+v, want the same import", status, again)
	}
}

func TestWebhookNamesTheBadLine(t *testing.T) {
	t.Parallel()
	h, s := webhook(t, 1<<20)
	status, a := post(t, h, "mapping=rednote-topics", badCSV, nil)
	if status != http.StatusUnprocessableEntity || a.BadLine == nil || a.BadLine.Line != 3 || a.BadLine.Column != "views" || a.BadLine.Value != "12%" || len(s.msgs) != 0 {
		t.Errorf("%d %+v %+v, %d messages", status, a, a.BadLine, len(s.msgs))
	}
}

// TestWebhookLetsNobodyElseIn: every wrong login is the same answer, and nothing
// is published.
func TestWebhookLetsNobodyElseIn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"no login":      func(r *http.Request) { r.Header.Del("Authorization") },
		"other token":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret+"x") },
		"begin of it":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret[:10]) },
		"empty token":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") },
		"other scheme":  func(r *http.Request) { r.Header.Set("Authorization", "Basic "+secret) },
		"other key":     signed(time.Now(), secret+"x", goodCSV),
		"other body":    signed(time.Now(), secret, goodCSV+"\n"),
		"long ago":      signed(time.Now().Add(-maxSkew-time.Minute), secret, goodCSV),
		"in the future": signed(time.Now().Add(maxSkew+time.Minute), secret, goodCSV),
		"other query":   func(r *http.Request) { signed(time.Now(), secret, goodCSV)(r); r.URL.RawQuery += "&by=eve" },
		"other timestamp": func(r *http.Request) {
			signed(time.Now(), secret, goodCSV)(r)
			r.Header.Set(headerTimestamp, fmt.Sprint(time.Now().Unix()+1))
		},
		"no hex": func(r *http.Request) {
			signed(time.Now(), secret, goodCSV)(r)
			r.Header.Set(headerSignature, "sha256=zz")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, s := webhook(t, 1<<20)
			status, a := post(t, h, "mapping=rednote-topics", goodCSV, change)
			if status != http.StatusUnauthorized || a.Error != "the token or the signature is not right" || len(s.msgs) != 0 {
				t.Errorf("%d %+v, %d messages", status, a, len(s.msgs))
			}
		})
	}
	// Without a secret nobody comes in.
	h := NewWebhook(WebhookConfig{MaxBody: 1 << 20}, library(t), &sink{t: t}, slog.New(slog.DiscardHandler))
	if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }); status != http.StatusUnauthorized {
		t.Errorf("status is %d", status)
	}
}

// TestWebhookSlowsThoseWhoGuess: ten wrong ones, then one in six seconds, and
// nobody else is held up.
func TestWebhookSlowsThoseWhoGuess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := webhook(t, 1<<20)
		time.Sleep(time.Until(time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC))) // the file is of the past
		wrong := func(r *http.Request) { r.Header.Set("Authorization", "Bearer no") }
		for i := range failBurst {
			if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, wrong); status != http.StatusUnauthorized {
				t.Fatalf("try %d: %d", i, status)
			}
		}
		if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, wrong); status != http.StatusTooManyRequests {
			t.Errorf("the eleventh: %d", status)
		}
		if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, nil); status != http.StatusOK {
			t.Errorf("the right token at once: %d", status)
		}
		other := func(r *http.Request) { r.RemoteAddr = "198.51.100.7:1234" }
		if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, other); status != http.StatusOK {
			t.Errorf("another address: %d", status)
		}
		time.Sleep(failEvery + time.Second)
		if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, wrong); status != http.StatusUnauthorized {
			t.Errorf("a wrong one later: %d", status)
		}
		if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, nil); status != http.StatusOK {
			t.Errorf("the right token later: %d", status)
		}
	})
}

func TestWebhookBounds(t *testing.T) {
	t.Parallel()
	h, s := webhook(t, 200)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(goodCSV + strings.Repeat("\n", 1<<20))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	big, _ := webhook(t, 2000)
	for name, c := range map[string]struct {
		h           http.Handler
		query, body string
		change      func(*http.Request)
		status      int
	}{
		"too large":         {h, "mapping=rednote-topics", goodCSV + strings.Repeat("\n", 200), nil, http.StatusRequestEntityTooLarge},
		"too large, unsaid": {h, "mapping=rednote-topics", goodCSV + strings.Repeat("\n", 200), func(r *http.Request) { r.ContentLength = -1 }, http.StatusRequestEntityTooLarge},
		"unpacks to more":   {big, "mapping=rednote-topics", zipped.String(), nil, http.StatusUnprocessableEntity},
		"no mapping":        {h, "", goodCSV, nil, http.StatusBadRequest},
		"a file as mapping": {h, "mapping=mapping_test.go", goodCSV, nil, http.StatusBadRequest},
		"GET":               {h, "mapping=rednote-topics", "", func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
	} {
		if status, a := post(t, c.h, c.query, c.body, c.change); status != c.status || a.Error == "" || len(s.msgs) > 0 {
			t.Errorf("%s: %d %+v, %d messages", name, status, a, len(s.msgs))
		}
	}
	s.fail = errors.New("broker: secret address")
	if status, a := post(t, h, "mapping=rednote-topics", goodCSV, nil); status != http.StatusServiceUnavailable || strings.Contains(a.Error, "secret") {
		t.Errorf("%d %+v", status, a)
	}
}

// unread fails where somebody reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read before the login was checked")
	return 0, io.EOF
}

func TestForgedSignaturesReadNoBody(t *testing.T) {
	t.Parallel()
	h, _ := webhook(t, 1<<20)
	h.busy <- struct{}{} // nor does one wait for, or take, the only place
	status, _ := post(t, h, "mapping=rednote-topics", goodCSV, func(r *http.Request) {
		signed(time.Now(), secret+"x", goodCSV)(r)
		r.Body = io.NopCloser(unread{t})
	})
	if status != http.StatusUnauthorized {
		t.Errorf("status is %d", status)
	}
}

// TestSignaturesAreTakenOnce: a request that was caught is of no use.
func TestSignaturesAreTakenOnce(t *testing.T) {
	t.Parallel()
	h, s := webhook(t, 1<<20)
	again := signed(time.Now(), secret, goodCSV)
	for i, want := range []int{http.StatusOK, http.StatusConflict} {
		if status, _ := post(t, h, "mapping=rednote-topics", goodCSV, again); status != want || len(s.msgs) != 3 {
			t.Errorf("%d: %d, %d messages, want %d", i, status, len(s.msgs), want)
		}
	}
}

// TestWebhookPublishesNothingTwice where somebody knows that it was whole.
func TestWebhookPublishesNothingTwice(t *testing.T) {
	t.Parallel()
	s := &sink{t: t}
	at := time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)
	h := NewWebhook(WebhookConfig{Secret: secret, MaxBody: 1 << 20, Imported: func(context.Context, string) (time.Time, error) { return at, nil }},
		library(t), s, slog.New(slog.DiscardHandler))
	if status, a := post(t, h, "mapping=rednote-topics", goodCSV, nil); status != http.StatusOK || a.Already != "2025-02-01T00:00:00Z" || len(s.msgs) > 0 {
		t.Errorf("%d %+v, %d messages", status, a, len(s.msgs))
	}
}
