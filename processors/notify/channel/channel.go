// Package channel is the ways out: it brings messages to Slack, Discord,
// Telegram, mail, ntfy, Teams, whatever else shoutrrr knows, a webhook that is
// signed, and Prometheus Alertmanager. It decides nothing about who is told
// what, and tries nothing twice: it says whether trying again can help, and
// when.
package channel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/picture"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// Options are what all channels of a receiver share.
type Options struct {
	// Style is how its messages look.
	Style message.Style
	// Client sends what goes by HTTP; nil: one that waits 20 s at most.
	Client *http.Client
	// Resend is how often an open alert is sent to Alertmanager again; 0: every
	// minute.
	Resend time.Duration
	// Logger hears of what did not hinder a message: a picture that was refused.
	Logger *slog.Logger
}

// Runner is a Sender with work of its own (Alertmanager): whoever builds one
// runs it until the end.
type Runner interface {
	Run(ctx context.Context) error
}

// timeout is how long a place may take to answer.
const timeout = 20 * time.Second

// Build makes the way to a receiver. An error names the receiver and what is
// wrong, and never shows an address.
func Build(r *config.Receiver, o Options) (message.Sender, error) {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: timeout}
	}
	// A place that has moved is a mistake to be mended, not to be followed with
	// a secret in the hand.
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.Client = &client
	o.Resend = cmp.Or(o.Resend, time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := o.sender(r)
	if err != nil {
		return nil, fmt.Errorf("build receiver %s: %w", r.Name, err)
	}
	return s, nil
}

func (o Options) sender(r *config.Receiver) (message.Sender, error) {
	switch {
	case r.Webhook.URL != "":
		secret := r.Webhook.Secret.Reveal()
		if r.Webhook.SecretFile != "" {
			text, err := os.ReadFile(r.Webhook.SecretFile)
			if err != nil {
				return nil, fmt.Errorf("read webhook.secret_file: %w", err)
			}
			secret = strings.TrimSpace(string(text))
		}
		return o.webhook(r.Webhook.URL.Reveal(), secret)
	case r.Alertmanager.URL != "":
		return o.alertmanager(r.Name, r.Alertmanager.URL.Reveal())
	}
	urls, err := r.Addresses()
	if err != nil {
		return nil, err
	}
	if len(urls) == 0 {
		return nil, errors.New("it has no address: set one of urls, url_file, webhook and alertmanager")
	}
	all := &each{delivered: map[string][]error{}}
	for i, raw := range urls {
		s, err := o.address(raw.Reveal())
		if err != nil {
			return nil, fmt.Errorf("address %d of %d: %w", i+1, len(urls), err)
		}
		all.senders = append(all.senders, s)
	}
	if len(all.senders) == 1 {
		return all.senders[0], nil
	}
	return all, nil
}

// address makes the way to an address of shoutrrr, or to one of those that
// people copy from Slack, Discord and Teams.
func (o Options) address(raw string) (message.Sender, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		// What url.Parse says repeats the address; and of a key with a colon it
		// takes what is before that for a scheme.
		return nil, errors.New("it is no address such as ntfy://ntfy.sh/my-topic")
	}
	m := newMask(u)
	scheme, _, _ := strings.Cut(u.Scheme, "+")
	if scheme == "http" || scheme == "https" {
		if scheme = pasted(u); scheme == "" {
			return nil, errors.New("an address of your own is a webhook: set webhook.url instead of urls")
		}
	}
	build, known := map[string]func(*url.URL, *post) (message.Sender, error){
		"slack": o.slack, "discord": o.discord, "telegram": o.telegram, "ntfy": o.ntfy, "teams": o.teams, "smtp": o.mail,
	}[scheme]
	if !known {
		build = o.other
	}
	s, err := build(u, &post{client: o.Client, mask: m, place: scheme})
	if err != nil {
		return nil, fmt.Errorf("%s: %s", scheme, m.hide(err.Error()))
	}
	return s, nil
}

// pasted says which place an address of the web belongs to; empty: none that
// is known.
func pasted(u *url.URL) string {
	host := u.Hostname()
	switch {
	case host == "hooks.slack.com":
		return "slack"
	case host == "discord.com" || host == "discordapp.com":
		return "discord"
	case strings.HasSuffix(host, ".webhook.office.com"), strings.HasSuffix(host, ".logic.azure.com"), strings.HasSuffix(host, ".api.powerplatform.com"):
		return "teams"
	}
	return ""
}

// each sends a message to several addresses. It remembers for a while who has
// it, so that a second try is only for those who have not.
type each struct {
	senders []message.Sender

	mu        sync.Mutex
	delivered map[string][]error // by id: nil where it was taken or refused for good
	order     []string
}

// remembered is how many messages each knows.
const remembered = 256

// errUntried stands where a message has yet to be taken.
var errUntried = errors.New("not tried yet")

// Send fails for good only where no address is left that could take it.
func (s *each) Send(ctx context.Context, m *message.Message) error {
	state := s.recall(m.ID)
	for i, sender := range s.senders {
		if state[i] != nil && !errors.Is(state[i], message.ErrPermanent) {
			state[i] = sender.Send(ctx, m)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered[m.ID] = state
	return joined(state)
}

func (s *each) recall(id string) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state, found := s.delivered[id]; found {
		return slices.Clone(state)
	}
	if s.order = append(s.order, id); len(s.order) > remembered {
		delete(s.delivered, s.order[0])
		s.order = s.order[1:]
	}
	return slices.Repeat([]error{errUntried}, len(s.senders))
}

// joined is permanent only if no error is temporary.
func joined(state []error) error {
	var f failure
	f.permanent = true
	for i, err := range state {
		if err == nil {
			continue
		}
		if f.text != "" {
			f.text += "; "
		}
		f.text += fmt.Sprintf("address %d: %v", i+1, err)
		if !errors.Is(err, message.ErrPermanent) {
			f.permanent = false
			after, _ := RetryAfter(err)
			f.after = max(f.after, after)
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				f.context = errors.Unwrap(err)
			}
		}
	}
	if f.text == "" {
		return nil
	}
	return &f
}

// image is the picture of the message's leading episode and what it shows; nil
// where there is none.
func (o Options) image(m *message.Message) (png []byte, alt string) {
	first := message.Leading(m)
	if first == nil {
		return nil, ""
	}
	e := first.Episode
	alt = o.Style.Headline(e)
	words := picture.Words{Title: alt, Zone: o.Style.Zone, Amount: message.Amount, Unit: message.Unit(e)}
	if message.IsLimit(e) {
		words.Baseline = "limit"
	}
	png, err := picture.Draw(e, words)
	if err != nil {
		if !errors.Is(err, picture.ErrNothing) {
			o.Logger.Warn("the picture of a message could not be drawn", "message", m.ID, "err", err)
		}
		return nil, ""
	}
	return png, "The last 48 hours: " + alt
}
