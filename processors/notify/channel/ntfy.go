package channel

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	shoutntfy "github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// What ntfy takes: bytes of a message, which is a file beyond, and runes of a
// title that a phone shows.
const (
	ntfyRoom  = 4096
	ntfyTitle = 200
)

// ntfy publishes to a topic.
type ntfy struct {
	o      Options
	post   *post
	server string
	config *shoutntfy.Config
}

func (o Options) ntfy(u *url.URL, p *post) (message.Sender, error) {
	var s shoutntfy.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, err
	}
	server := url.URL{Scheme: s.Config.Scheme, Host: s.Config.Host, Path: "/"}
	return &ntfy{o: o, post: p, server: server.String(), config: s.Config}, nil
}

// Send publishes the message with its picture as an attachment, or without
// where the server takes none.
func (s *ntfy) Send(ctx context.Context, m *message.Message) error {
	t := message.Render(m, s.o.Style)
	title := []rune(t.Headline)
	if len(title) > ntfyTitle {
		title = append(title[:ntfyTitle-1], '…')
	} else {
		t.Mark, t.Headline = "", ""
	}
	text := t.Fit(ntfyRoom, message.Bytes, message.Plain)
	if png, _ := s.o.image(m); png != nil {
		err := s.attach(ctx, m, string(title), text, t.Links, png)
		if err == nil || !errors.Is(err, message.ErrPermanent) {
			return err
		}
		// Servers differ in what they let be attached; the words come first.
	}
	body := map[string]any{
		"topic": s.config.Topic, "title": string(title), "message": text,
		"priority": priority(m), "tags": append([]string{tag(m)}, s.config.Tags...),
	}
	if len(t.Links) > 0 {
		body["click"] = t.Links[0].URL
	}
	_, err := s.post.json(ctx, s.server, body, s.login())
	return err
}

// attach puts the picture, with the words in headers: line ends are written
// as \n there, and what is not ASCII as RFC 2047 has it.
func (s *ntfy) attach(ctx context.Context, m *message.Message, title, text string, links []message.Link, png []byte) error {
	header := s.login()
	header.Set("X-Title", mime.BEncoding.Encode("utf-8", title))
	header.Set("X-Message", mime.BEncoding.Encode("utf-8", strings.ReplaceAll(text, "\n", `\n`)))
	header.Set("X-Priority", strconv.Itoa(priority(m)))
	header.Set("X-Tags", strings.Join(append([]string{tag(m)}, s.config.Tags...), ","))
	header.Set("X-Filename", pictureName)
	if len(links) > 0 {
		header.Set("X-Click", links[0].URL)
	}
	_, err := s.post.send(ctx, http.MethodPut, s.server+url.PathEscape(s.config.Topic), "image/png", png, header)
	return err
}

func (s *ntfy) login() http.Header {
	header := http.Header{}
	if s.config.Username != "" || s.config.Password != "" {
		r := http.Request{Header: header}
		r.SetBasicAuth(s.config.Username, s.config.Password)
	}
	return header
}

// priority is 5 for what should wake somebody, 3 for the rest, 2 for what can
// wait.
func priority(m *message.Message) int {
	switch {
	case m.Kind == message.KindDigest, m.Kind == message.KindCatchUp:
		return 2
	case m.Kind == message.KindClosed, m.Kind == message.KindTest:
		return 3
	case m.Level == message.LevelCritical:
		return 5
	case m.Level == message.LevelWarning:
		return 4
	}
	return 3
}

// tag is the name of a sign that ntfy puts before the title.
func tag(m *message.Message) string {
	switch {
	case m.Kind == message.KindDigest:
		return "newspaper"
	case m.Kind == message.KindClosed:
		return "green_circle"
	case m.Level == message.LevelCritical:
		return "red_circle"
	case m.Level == message.LevelWarning:
		return "orange_circle"
	}
	return "large_blue_circle"
}

// tooMuch says whether a place refused what may be taken without the picture.
func tooMuch(err error) bool { return errors.Is(err, message.ErrPermanent) }
