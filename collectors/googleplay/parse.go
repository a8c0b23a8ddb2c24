package googleplay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fetch"
)

// maxApps is more than any chart has. A longer answer is not a chart.
const maxApps = 1000

// guard comes before every answer, so that no page can run it as a script.
const guard = ")]}'"

// parseChart reads the packages of a chart, best rank first; none where the
// store has no such chart. The answer comes in chunks, each after a line that
// gives its length, in units that nobody has documented: the lengths are not
// looked at, a chunk is a line that begins an array.
func parseChart(body []byte, ch chart) ([]string, error) {
	payload, err := chartFrame(body)
	if err != nil {
		return nil, err
	}
	var doc any
	if err := json.Unmarshal([]byte(payload), &doc); err != nil {
		return nil, fmt.Errorf("decode the frame's own json: %w", err)
	}
	shelf, ok := at(doc, 0, 1)
	if !ok {
		return nil, errors.New("there is no [0][1]: the place of the charts has moved")
	}
	if shelf == nil {
		return nil, nil
	}
	if err := checkEcho(doc, ch); err != nil {
		return nil, err
	}
	apps, ok := arrayAt(doc, 0, 1, 0, 28, 0)
	if !ok {
		return nil, errors.New("there is no list at [0][1][0][28][0]: the place of the apps has moved")
	}
	if len(apps) > maxApps {
		return nil, fmt.Errorf("the list has %d apps, at most %d", len(apps), maxApps)
	}
	ids, seen := make([]string, 0, len(apps)), make(map[string]int, len(apps))
	for i, app := range apps {
		id, _ := stringAt(app, 0, 0, 0)
		if !isPackage(id) {
			return nil, fmt.Errorf("app %d has package %q, want one such as com.example.app", i, id)
		}
		if first, ok := seen[id]; ok {
			return nil, fmt.Errorf("apps %d and %d are both %s", first, i, id)
		}
		seen[id] = i
		ids = append(ids, id)
	}
	return ids, nil
}

// chartFrame finds the one frame that answers our question, and returns the
// JSON text in it.
func chartFrame(body []byte) (string, error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return "", errors.New("the answer is empty")
	case !bytes.HasPrefix(body, []byte(guard)):
		return "", fmt.Errorf("the answer does not begin with %s", guard)
	}
	found := ""
	for line := range bytes.Lines(body[len(guard):]) {
		if !bytes.HasPrefix(line, []byte("[[")) {
			continue
		}
		var frames []list
		if err := json.Unmarshal(line, &frames); err != nil {
			return "", fmt.Errorf("decode json: a chunk is broken: %w", err)
		}
		for _, frame := range frames {
			if len(frame) < 3 || frame[0] != "wrb.fr" || frame[1] != rpc {
				continue // lengths, timings, the end
			}
			payload, err := payloadOf(frame)
			if err != nil {
				return "", err
			}
			if found != "" {
				return "", fmt.Errorf("there are two frames of %s", rpc)
			}
			found = payload
		}
	}
	if found == "" {
		return "", missing(body)
	}
	return found, nil
}

// missing says why there is no frame.
func missing(body []byte) error {
	if bytes.Contains(body, []byte("PlayGatewayError")) {
		return fmt.Errorf("there is no frame of %s: the store answers with a PlayGatewayError", rpc)
	}
	return fmt.Errorf("there is no frame of %s", rpc)
}

// payloadOf is the third element: JSON in a string, or null where the store
// answers with an error, whose number is the sixth.
func payloadOf(frame list) (string, error) {
	switch payload := frame[2].(type) {
	case string:
		if payload != "" {
			return payload, nil
		}
	case nil:
		text, err := json.Marshal(frame[3:])
		switch {
		case err == nil && bytes.Contains(text, []byte("PlayGatewayError")):
			return "", errors.New("the store answers with a PlayGatewayError")
		case len(frame) > 5 && frame[5] != nil:
			return "", fmt.Errorf("the store answers with error %v", frame[5])
		}
		return "", errors.New("the store answers with null and no error")
	}
	return "", fmt.Errorf("the frame of %s holds %s, want a string", rpc, brief(frame[2]))
}

// checkEcho compares the only echo there is: a token of the list, which has
// its name in it (topselling_free_SOCIAL). A token that is not understood says
// nothing; one that names another list is the answer to another question.
func checkEcho(doc any, ch chart) error {
	token, _ := stringAt(doc, 0, 1, 0, 3, 0)
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil //nolint:nilerr // it is not promised to be base64
	}
	const begin = "top"
	_, name, ok := strings.Cut(string(raw), begin)
	if !ok {
		return nil
	}
	end := strings.IndexFunc(name, func(r rune) bool { return !isWordRune(r) })
	if end < 0 {
		end = len(name)
	}
	got := begin + name[:end]
	want := ch.list + "_" + ch.category
	// How all apps are called in a token has not been seen.
	if got == want || (ch.category == "APPLICATION" && strings.HasPrefix(got, ch.list)) {
		return nil
	}
	for _, known := range []string{"topselling_free", "topselling_paid", "topgrossing"} {
		if strings.HasPrefix(got, known) {
			return fmt.Errorf("the chart is %s, want %s", got, want)
		}
	}
	return nil
}

// blockSign is how the store shuts its door, "" where it does not. inside is
// what a true answer has in it: whatever words such an answer holds (the
// description of an app that solves captchas) are no sign.
func blockSign(r *fetch.Response, inside string) string {
	if r.Status == http.StatusForbidden {
		return "403 Forbidden"
	}
	if to, err := url.Parse(r.Header.Get("Location")); err == nil && r.Status/100 == 3 {
		switch {
		case strings.HasPrefix(to.Hostname(), "consent."):
			return "a page that asks for consent"
		case strings.HasPrefix(to.Path, "/sorry"):
			return "a captcha"
		}
		return ""
	}
	if r.Status == http.StatusNotFound || bytes.Contains(r.Body, []byte(inside)) {
		return ""
	}
	body := bytes.ToLower(r.Body)
	switch {
	case bytes.Contains(body, []byte("https://consent.google.")), bytes.Contains(body, []byte("https://consent.youtube.")):
		return "a page that asks for consent"
	case bytes.Contains(body, []byte("captcha")), bytes.Contains(body, []byte("/sorry/")), bytes.Contains(body, []byte("unusual traffic")):
		return "a captcha"
	}
	return ""
}

// isPackage accepts com.example.app.
func isPackage(s string) bool {
	if len(s) > 255 || strings.ContainsFunc(s, func(r rune) bool { return r != '.' && !isWordRune(r) }) {
		return false
	}
	parts := strings.Split(s, ".")
	return len(parts) > 1 && !slices.Contains(parts, "")
}

func isCategory(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isWordRune(r) || (r >= 'a' && r <= 'z') })
}

func isWordRune(r rune) bool {
	return r == '_' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
}

// at goes down arrays by position. It is false where there is no such place;
// a null at the end of the way is there.
func at(v any, path ...int) (any, bool) {
	for _, i := range path {
		l, ok := v.(list)
		if !ok || i >= len(l) {
			return nil, false
		}
		v = l[i]
	}
	return v, true
}

func arrayAt(v any, path ...int) (list, bool) {
	v, _ = at(v, path...)
	l, ok := v.(list)
	return l, ok
}

func stringAt(v any, path ...int) (string, bool) {
	v, _ = at(v, path...)
	s, ok := v.(string)
	return s, ok
}
