package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// failure is why a message was not taken. Its text shows no secret, and it
// wraps nothing that could.
type failure struct {
	text      string
	permanent bool
	after     time.Duration
	context   error // that the caller had enough; else nil
}

func (f *failure) Error() string { return f.text }

// Is says whether trying again can help.
func (f *failure) Is(target error) bool { return f.permanent && target == message.ErrPermanent }

func (f *failure) Unwrap() error { return f.context }

// RetryAfter is how long the place wants to be left alone; 0: it did not say.
func (f *failure) RetryAfter() time.Duration { return f.after }

// RetryAfter is how long the place that failed wants to be left alone.
func RetryAfter(err error) (time.Duration, bool) {
	var later interface{ RetryAfter() time.Duration }
	if errors.As(err, &later) && later.RetryAfter() > 0 {
		return later.RetryAfter(), true
	}
	return 0, false
}

// post sends requests to one place.
type post struct {
	client *http.Client
	mask   *mask
	place  string
}

// most is how much of an answer is read.
const most = 64 << 10

// json sends a JSON document, and gives back the answer.
func (p *post) json(ctx context.Context, to string, v any, header http.Header) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, p.fail(true, 0, "write the message: %v", err)
	}
	return p.send(ctx, http.MethodPost, to, "application/json", body, header)
}

// file is one file of a form.
type file struct {
	field, name string
	data        []byte
}

// form sends fields and a PNG as a browser would.
func (p *post) form(ctx context.Context, to string, fields map[string]string, f file) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := w.WriteField(name, fields[name]); err != nil {
			return p.fail(true, 0, "write the form: %v", err)
		}
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, f.field, f.name)}, "Content-Type": {"image/png"},
	})
	if err == nil {
		_, err = part.Write(f.data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return p.fail(true, 0, "write the form: %v", err)
	}
	_, err = p.send(ctx, http.MethodPost, to, w.FormDataContentType(), b.Bytes(), nil)
	return err
}

// send gives back the body of a good answer. Who is told to wait, or cannot
// reach the place, may try again; who is refused may not.
func (p *post) send(ctx context.Context, method, to, kind string, body []byte, header http.Header) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, p.fail(true, 0, "the address cannot be used")
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "tidemark")
	res, err := p.client.Do(req)
	if err != nil {
		return nil, p.unreached(ctx, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, most))
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		if err != nil {
			// It may have been taken. Twice is better than not at all.
			return nil, p.unreached(ctx, err)
		}
		return answer, nil
	}
	return answer, p.refused(res, answer)
}

// unreached is a failure of the network.
func (p *post) unreached(ctx context.Context, err error) error {
	if u, found := errors.AsType[*url.Error](err); found {
		err = u.Err // without the address
	}
	f := p.fail(false, 0, "not reached: %v", err)
	f.context = ctx.Err()
	return f
}

// refused is an answer that is not good.
func (p *post) refused(res *http.Response, answer []byte) error {
	status := res.StatusCode
	says := ""
	if text := strings.Join(strings.Fields(string(answer)), " "); text != "" {
		says = ": " + short(text)
	}
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return p.fail(false, wait(res.Header, answer), "answered %d %s%s", status, http.StatusText(status), says)
	case status >= 300 && status < 400:
		return p.fail(true, 0, "answered %d: the place has moved; set its new address", status)
	}
	return p.fail(true, 0, "answered %d %s%s", status, http.StatusText(status), says)
}

func short(s string) string {
	runes := []rune(s)
	if len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}

// longestWait bounds what a place may ask for.
const longestWait = 24 * time.Hour

// wait is how long a place asks to be left alone: in the header, or as Discord
// and Telegram say it in the body.
func wait(header http.Header, answer []byte) time.Duration {
	var says struct {
		Seconds    float64 `json:"retry_after"`
		Parameters struct {
			Seconds float64 `json:"retry_after"`
		} `json:"parameters"`
	}
	text := header.Get("Retry-After")
	if at, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(at), 0), longestWait)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil && json.Unmarshal(answer, &says) == nil {
		seconds = max(says.Seconds, says.Parameters.Seconds)
	}
	if !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, longestWait.Seconds()) * float64(time.Second))
}

// fail is a failure that says which place it was, without its secrets.
func (p *post) fail(permanent bool, after time.Duration, format string, args ...any) *failure {
	return &failure{text: p.mask.hide("send to " + p.place + ": " + fmt.Sprintf(format, args...)), permanent: permanent, after: after}
}

// mask hides the secrets of an address wherever they turn up.
type mask struct{ secrets []string }

// newMask knows what of an address may be a secret: all but its host.
func newMask(u *url.URL, more ...string) *mask {
	m := &mask{}
	add := func(least int, all ...string) {
		for _, s := range all {
			for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
				if len(form) >= least && !slices.Contains(m.secrets, form) {
					m.secrets = append(m.secrets, form)
				}
			}
		}
	}
	// As short as a secret may be: shorter ones would mask parts of words.
	const short, shorter = 5, 3
	if password, has := u.User.Password(); has {
		add(shorter, password, u.User.String())
	}
	add(short, u.User.Username())
	if u.Scheme != "smtp" {
		add(short, strings.Split(u.Path, "/")...)
		add(short, u.Path, u.RawQuery)
		for key, values := range u.Query() {
			if !slices.Contains([]string{"scheme", "parsemode", "encryption", "auth", "api-version"}, key) {
				add(short, values...)
			}
		}
	}
	if u.Scheme == "discord" || u.Scheme == "slack" || u.Scheme == "teams" {
		add(short, u.Hostname())
	}
	add(shorter, more...)
	// The longest first, so that no part of one is left.
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	return m
}

func (m *mask) hide(text string) string {
	for _, s := range m.secrets {
		text = strings.ReplaceAll(text, s, "***")
	}
	return text
}
