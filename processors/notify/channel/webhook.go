package channel

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// Version is the version of the webhook's schema. Fields may be added under
// the same version; nothing else changes under it.
const Version = 1

// Headers of a webhook's request.
const (
	HeaderDelivery  = "X-Tidemark-Delivery"  // the message's id: the same for each try
	HeaderEvent     = "X-Tidemark-Event"     // the message's kind
	HeaderTimestamp = "X-Tidemark-Timestamp" // Unix seconds of this try
	HeaderSignature = "X-Tidemark-Signature" // sha256= and Sign in hex
)

// webhook sends messages as JSON to an address of one's own.
type webhook struct {
	o      Options
	post   *post
	to     string
	secret []byte
}

func (o Options) webhook(to, secret string) (message.Sender, error) {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("webhook.url is no address such as https://example.org/hook")
	}
	return &webhook{o: o, post: &post{client: o.Client, mask: newMask(u, secret), place: "webhook"}, to: to, secret: []byte(secret)}, nil
}

// Sign is the HMAC-SHA256 of the timestamp, a dot and the body.
func Sign(secret []byte, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Send posts the message. The body is the same for each try.
func (s *webhook) Send(ctx context.Context, m *message.Message) error {
	body, err := Payload(m, s.o)
	if err != nil {
		return s.post.fail(true, 0, "write the message: %v", err)
	}
	header := http.Header{}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	header.Set(HeaderDelivery, m.ID)
	header.Set(HeaderEvent, string(m.Kind))
	header.Set(HeaderTimestamp, stamp)
	if len(s.secret) > 0 {
		header.Set(HeaderSignature, "sha256="+hexOf(Sign(s.secret, stamp, body)))
	}
	_, err = s.post.send(ctx, http.MethodPost, s.to, "application/json", body, header)
	return err
}

// payload is what a webhook gets. docs/alerts.md has the schema.
type payload struct {
	Version   int             `json:"version"`
	ID        string          `json:"id"`
	Kind      message.Kind    `json:"kind"`
	Receiver  string          `json:"receiver"`
	At        time.Time       `json:"at"`
	Level     string          `json:"level,omitempty"`
	Topic     string          `json:"topic,omitempty"`
	TopicName string          `json:"topic_name,omitempty"`
	Headline  string          `json:"headline"`
	Text      string          `json:"text"`
	Delayed   bool            `json:"delayed"`
	Note      string          `json:"note,omitempty"`
	Links     []link          `json:"links,omitempty"`
	Items     []item          `json:"items"`
	Digest    *digest         `json:"digest,omitempty"`
	Picture   *encodedPicture `json:"picture,omitempty"`
}

type link struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type item struct {
	Headline      string         `json:"headline"`
	Episode       map[string]any `json:"episode"`
	Opened        map[string]any `json:"opened,omitempty"`
	Corroboration []signal       `json:"corroboration"`
	Score         float64        `json:"score"`
}

type signal struct {
	Source   string    `json:"source"`
	Target   string    `json:"target"`
	Subject  string    `json:"subject"`
	Metric   string    `json:"metric"`
	At       time.Time `json:"at"`
	Multiple float64   `json:"multiple,omitempty"`
	First    bool      `json:"first"`
}

type digest struct {
	Every       string           `json:"every"`
	From        time.Time        `json:"from"`
	To          time.Time        `json:"to"`
	Opened      []map[string]any `json:"opened"`
	Closed      []map[string]any `json:"closed"`
	Open        []map[string]any `json:"open"`
	SourcesDown []map[string]any `json:"sources_down"`
	Overflow    []map[string]any `json:"overflow"`
	Muted       []map[string]any `json:"muted"`
	Failed      int              `json:"failed"`
}

type encodedPicture struct {
	Type   string `json:"type"`
	Says   string `json:"says"`
	Base64 string `json:"base64"`
}

// Payload is the message as a webhook gets it.
func Payload(m *message.Message, o Options) ([]byte, error) {
	t := message.Render(m, o.Style)
	p := payload{
		Version: Version, ID: m.ID, Kind: m.Kind, Receiver: m.Receiver, At: m.At.UTC(), Level: m.Level,
		Topic: m.Topic, TopicName: m.TopicName, Headline: t.Headline, Text: message.Plain(t), Delayed: m.Delayed, Note: m.Note,
		Items: []item{},
	}
	for _, l := range t.Links {
		p.Links = append(p.Links, link{l.Name, l.URL})
	}
	for i := range m.Items {
		it := &m.Items[i]
		out := item{
			Headline: o.Style.Headline(it.Episode), Episode: episode(it.Episode), Opened: episode(it.Opened),
			Corroboration: []signal{}, Score: it.Score,
		}
		for _, c := range it.Corroboration {
			out.Corroboration = append(out.Corroboration, signal{c.Source, c.Target, c.Subject, c.What, c.At.UTC(), c.Multiple, c.First})
		}
		p.Items = append(p.Items, out)
	}
	if d := m.Digest; d != nil {
		p.Digest = &digest{
			Every: d.Every, From: d.From.UTC(), To: d.To.UTC(), Opened: episodes(d.Opened), Closed: episodes(d.Closed), Open: episodes(d.Open),
			SourcesDown: episodes(d.SourcesDown), Overflow: episodes(d.Overflow), Muted: episodes(d.Muted), Failed: d.Failed,
		}
	}
	if png, alt := o.image(m); png != nil {
		p.Picture = &encodedPicture{"image/png", alt, base64.StdEncoding.EncodeToString(png)}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(p)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func episodes(all []*event.Episode) []map[string]any {
	out := make([]map[string]any, 0, len(all))
	for _, e := range all {
		out = append(out, episode(e))
	}
	return out
}
