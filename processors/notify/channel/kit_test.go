package channel_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/channel"
	"github.com/tidemark/tidemark/processors/notify/message"
)

var now = time.Date(2025, 1, 13, 22, 0, 0, 0, time.UTC)

// request is what came, with its body.
type request struct {
	*http.Request
	body []byte
}

func (r request) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("the body is no JSON: %v\n%s", err, r.body)
	}
	return v
}

// place stands where a messenger's servers are: it answers for any host.
type place struct {
	client *http.Client
	url    string

	mu  sync.Mutex
	got []request
}

func newPlace(t *testing.T, answer http.HandlerFunc) *place {
	t.Helper()
	p := &place{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read request: %v", err)
		}
		p.mu.Lock()
		p.got = append(p.got, request{r, body})
		p.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a server of the test's own
	}
	t.Cleanup(transport.CloseIdleConnections)
	p.client = &http.Client{Transport: transport, Timeout: 10 * time.Second}
	return p
}

func (p *place) requests() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// ok answers as the place would that the URL belongs to.
func ok(w http.ResponseWriter, r *http.Request) {
	switch r.Host {
	case "hooks.slack.com":
		io.WriteString(w, "ok") //nolint:errcheck // the client has left
	case "example.webhook.office.com":
		io.WriteString(w, "1") //nolint:errcheck // the client has left
	default:
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"ok":true}`) //nolint:errcheck // the client has left
	}
}

func style() message.Style {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return message.Style{Zone: zone, Dashboard: "https://tidemark.example.org/", Docs: "https://docs.example.org", Entities: map[string]string{"rednote": "RedNote"}}
}

func sample() *message.Message {
	m := sampleFor("desk", now)
	m.Kind = message.KindOpened
	return m
}

// nasty is a message whose names try to be more than names.
func nasty() *message.Message {
	m := sample()
	e := m.Items[0].Episode
	e.Entity, e.Subject = "", "</b><a href='x'>*_~`||[x](y)<!channel> @everyone &amp; \r\nBcc: all@example.org\u202e"
	m.TopicName = e.GetSubject()
	return m
}

// crowd is a message of very many episodes.
func crowd() *message.Message {
	m := sample()
	m.Items[0].Episode.History = nil
	for range 400 {
		it := sampleFor("desk", now).Items[0]
		it.Episode.History = nil
		it.Episode.Entity = ""
		it.Episode.Subject = "an app with quite a long name that fills what room there is"
		m.Items = append(m.Items, it)
	}
	return m
}

func closed() *message.Message {
	m := sample()
	m.Kind = message.KindClosed
	e := m.Items[0].Episode
	e.History = nil
	e.State, e.ClosedMs, e.Value = event.EpisodeState_EPISODE_STATE_CLOSED, now.Add(time.Hour).UnixMilli(), 58
	return m
}

// build makes the way to some addresses.
func build(t *testing.T, client *http.Client, urls ...string) message.Sender {
	t.Helper()
	r := &config.Receiver{Name: "desk"}
	for _, u := range urls {
		r.URLs = append(r.URLs, config.Hidden(u))
	}
	s, err := channel.Build(r, channel.Options{Style: style(), Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each kind of message must pass.
func messages() map[string]*message.Message {
	return map[string]*message.Message{
		"opened": sample(), "nasty": nasty(), "crowd": crowd(), "closed": closed(),
		"digest": {ID: "d", Receiver: "desk", Kind: message.KindDigest, Digest: &message.Digest{Every: "daily", From: now.Add(-24 * time.Hour), To: now}},
		"test":   sampleFor("desk", now),
	}
}

func isPicture(t *testing.T, data []byte) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the picture is no PNG: %v", err)
	}
	if img.Bounds().Dx() < 600 {
		t.Errorf("the picture is %v", img.Bounds())
	}
}

// pictured says whether a message has a picture. Most have none: pictures take
// long.
func pictured(m *message.Message) bool {
	return len(m.Items) > 0 && len(m.Items[0].Episode.GetHistory()) > 0
}
