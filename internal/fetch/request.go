package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Request is one question to a public place.
type Request struct {
	URL string
	// Header is sent as well: keys go here, never into the URL, because headers
	// are neither logged nor kept. A User-Agent here replaces the client's own;
	// only sources that read what was made for browsers may do that. It is not
	// sent on to another host by a redirect.
	Header http.Header
	// Body makes the request a POST. Asking twice must be harmless.
	Body []byte
	// Allow is asked before each request that goes out, tries again included.
	// Its error ends the asking. It is for places that count requests.
	Allow func() error
	// Page marks what was made for browsers: it is read only where the host's
	// robots.txt lets us, and a redirect to another host is not followed. An
	// address that was made for programs leaves it out.
	Page bool
	// IsBlock tells an answer by which a host shuts its door (a captcha, a page
	// that asks for consent) from all others: it returns the sign, for a person
	// to read, or "". It is shown every answer before anything else is made of
	// it, also redirects and errors (of those, the first 16 KiB). The host is
	// then left alone for hours: see Blocked.
	IsBlock func(*Response) string

	to *sink // where a large answer goes; nil: into memory
}

// Socket is what a websocket is dialled with: the network of this client, and
// a header that says who asks. A connection that stays is no matter of a host's
// rate; whoever dials keeps pauses of his own.
func (c *Client) Socket() (*http.Client, http.Header) {
	return c.http, http.Header{"User-Agent": {c.agent}}
}

func (r Request) method() string {
	if r.Body != nil {
		return http.MethodPost
	}
	return http.MethodGet
}

// sign is what IsBlock says of an answer.
func (r Request) sign(resp *Response) string {
	if r.IsBlock == nil {
		return ""
	}
	return r.IsBlock(resp)
}

func (r Request) verb() string { return strings.ToLower(r.method()) }

func (r Request) make(ctx context.Context, u *url.URL, agent string) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method(), u.String(), body)
	if err != nil {
		return nil, errors.New("make request: URL is not valid")
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "application/json, */*;q=0.5")
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}
