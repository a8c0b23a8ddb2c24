package channel

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nicholas-fedor/shoutrrr"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// otherRoom is what a place that is not known in particular is trusted with.
const otherRoom = 2000

// other is whatever else shoutrrr sends to: gotify, matrix, mattermost,
// pushover, ... It gets the words, without markup and picture. shoutrrr does
// not say whether trying again can help: every failure counts as temporary.
type other struct {
	o      Options
	post   *post
	router *router.ServiceRouter
}

func (o Options) other(u *url.URL, p *post) (message.Sender, error) {
	service, _, _ := strings.Cut(u.Scheme, "+")
	if known := new(router.ServiceRouter).ListServices(); !slices.Contains(known, service) {
		slices.Sort(known)
		return nil, fmt.Errorf("there is no such service; there are %s", strings.Join(known, ", "))
	}
	r, err := shoutrrr.CreateSender(u.String())
	if err != nil {
		// What shoutrrr says repeats the address, and of many services the host
		// is a key.
		return nil, errors.New(newMask(u, u.String(), u.Host, u.Hostname()).hide(err.Error()))
	}
	return &other{o: o, post: p, router: r}, nil
}

// Send waits until the message is taken, or the caller has had enough; shoutrrr
// itself gives up after ten seconds.
func (s *other) Send(ctx context.Context, m *message.Message) error {
	text := message.Render(m, s.o.Style).Fit(otherRoom, message.Bytes, message.Plain)
	select {
	case err := <-s.router.SendAsync(text, nil):
		if err != nil {
			return s.post.fail(false, 0, "%v", err)
		}
		return nil
	case <-ctx.Done():
		f := s.post.fail(false, 0, "%v", ctx.Err())
		f.context = ctx.Err()
		return f
	}
}
