package channel

import (
	"context"
	"net/url"

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
	r, err := shoutrrr.CreateSender(u.String())
	if err != nil {
		return nil, err
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
