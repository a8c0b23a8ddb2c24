package channel_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify/channel"
	"github.com/tidemark/tidemark/processors/notify/message"
)

func webhook(t *testing.T, p *place) message.Sender {
	t.Helper()
	s, err := channel.Build(
		&config.Receiver{Name: "desk", Webhook: config.NotifyWebhook{URL: config.Hidden(webhookURL), Secret: config.Secret(webhookSecret)}},
		channel.Options{Style: style(), Client: p.client})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWebhooksAreSigned: over the time and the body, and the second try is the
// same message.
func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	p := newPlace(t, ok)
	s := webhook(t, p)
	m := sample()
	for range 2 {
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := p.requests()
	for _, r := range got {
		stamp := r.Header.Get("X-Tidemark-Timestamp")
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Hour {
			t.Errorf("timestamp %q", stamp)
		}
		mac := hmac.New(sha256.New, []byte(webhookSecret))
		mac.Write([]byte(stamp + "." + string(r.body)))
		if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); r.Header.Get("X-Tidemark-Signature") != want {
			t.Errorf("signature %s, want %s", r.Header.Get("X-Tidemark-Signature"), want)
		}
		if r.Header.Get("X-Tidemark-Delivery") != m.ID || r.Header.Get("X-Tidemark-Event") != "opened" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("header %v", r.Header)
		}
		if r.URL.Path != "/in/wEbHoOkPaTh" || r.URL.Query().Get("key") != "wEbHoOkKeY" {
			t.Errorf("it went to %s", r.URL)
		}
	}
	if !bytes.Equal(got[0].body, got[1].body) {
		t.Error("the second try is another message")
	}
}

// TestWebhooksHaveTheWholeEpisode: each field of event.proto, and what is
// absent is absent.
func TestWebhooksHaveTheWholeEpisode(t *testing.T) {
	t.Parallel()
	p := newPlace(t, ok)
	m := sample()
	e := m.Items[0].Episode
	e.Anatomy = &event.Anatomy{HalfLifeS: new(3600.0), GivenBack: new(0.0)}
	e.Value = 0
	e.History[3].Value = nil
	m.Items[0].Opened = &event.Episode{Id: e.GetId(), Value: 11}
	if err := webhook(t, p).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version        int
		ID, Kind, Text string
		Items          []struct {
			Episode, Opened map[string]any
			Corroboration   []map[string]any
		}
		Picture struct{ Base64 string }
	}
	if err := json.Unmarshal(p.requests()[0].body, &got); err != nil { //nolint:musttag // names are found in any case
		t.Fatal(err)
	}
	if got.Version != 1 || got.ID != m.ID || got.Kind != "opened" || got.Text == "" || len(got.Items) != 1 || len(got.Items[0].Corroboration) != 2 {
		t.Fatalf("it got %+v", got)
	}
	episode := got.Items[0].Episode
	descriptor := e.ProtoReflect().Descriptor().Fields()
	for i := range descriptor.Len() {
		f := descriptor.Get(i)
		_, has := episode[string(f.Name())]
		always := map[string]bool{"value": true, "baseline": true, "peak": true, "severity": true}[string(f.Name())]
		if has != (e.ProtoReflect().Has(f) || always) {
			t.Errorf("field %s: there %v", f.Name(), has)
		}
	}
	if episode["state"] != "open" || episode["basis"] != "measured" || episode["target"] != "chart/apple/us/top-free/overall" || episode["value"] != 0.0 {
		t.Errorf("episode %v", episode)
	}
	anatomy := episode["anatomy"].(map[string]any)
	if _, has := anatomy["settled"]; has || anatomy["given_back"] != 0.0 {
		t.Errorf("anatomy %v", anatomy)
	}
	if _, has := episode["history"].([]any)[3].(map[string]any)["value"]; has {
		t.Error("a look that found nothing has a value")
	}
	data, err := base64.StdEncoding.DecodeString(got.Picture.Base64)
	if err != nil {
		t.Fatal(err)
	}
	isPicture(t, data)
}

// TestTheDocumentedReceiverVerifies runs the receiver of docs/alerts.md: it
// takes what is signed, and nothing else.
func TestTheDocumentedReceiverVerifies(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	testkit.Need(t, "python3", "install it", err == nil)
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, script, found := strings.Cut(string(text), "```python\n")
	script, _, ended := strings.Cut(script, "```")
	if !found || !ended {
		t.Fatal("docs/alerts.md has no Python")
	}
	file := filepath.Join(t.TempDir(), "verify.py")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(body []byte, header http.Header) bool {
		c := exec.CommandContext(t.Context(), python, file, header.Get("X-Tidemark-Timestamp"), header.Get("X-Tidemark-Signature"))
		c.Stdin = bytes.NewReader(body)
		c.Env = append(os.Environ(), "SECRET="+webhookSecret)
		out, err := c.CombinedOutput()
		t.Logf("%s", out)
		return err == nil
	}
	p := newPlace(t, ok)
	if err := webhook(t, p).Send(t.Context(), nasty()); err != nil {
		t.Fatal(err)
	}
	got := p.requests()[0]
	if !verify(got.body, got.Header) {
		t.Error("the receiver refuses what is signed")
	}
	if verify(append([]byte(" "), got.body...), got.Header) {
		t.Error("the receiver takes another body")
	}
	late := got.Header.Clone()
	late.Set("X-Tidemark-Timestamp", "1736805600")
	late.Set("X-Tidemark-Signature", "sha256="+hex.EncodeToString(channel.Sign([]byte(webhookSecret), "1736805600", got.body)))
	if verify(got.body, late) {
		t.Error("the receiver takes what was signed long ago")
	}
}

// TestOtherPlacesOfShoutrrr: what is known to shoutrrr only gets the words.
func TestOtherPlacesOfShoutrrr(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		got <- b.String()
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(server.Close)
	u := "generic://" + strings.TrimPrefix(server.URL, "http://") + "/hook?disabletls=yes"
	if err := build(t, nil, u).Send(t.Context(), sample()); err != nil {
		t.Fatal(err)
	}
	if text := <-got; !strings.Contains(text, "RedNote took #1") {
		t.Errorf("it got %q", text)
	}
}
