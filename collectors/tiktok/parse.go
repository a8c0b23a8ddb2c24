package tiktok

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/fetch"
)

// What a statusCode means.
const (
	statusNoTag  = 10205
	statusVerify = 10000 // a captcha is wanted
)

// scriptID is the element in which a page has its data.
const scriptID = "__UNIVERSAL_DATA_FOR_REHYDRATION__"

var (
	errNoTag   = errors.New("there is no such tag")
	errVariant = errors.New("the page came in the variant that holds no counts")
)

// counts are a tag's counters since it began.
type counts struct {
	views, videos float64
}

// detail is what both ways give.
type detail struct {
	Status *int `json:"statusCode"`
	Info   *struct {
		Challenge struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"challenge"`
		// StatsV2 are exact; stats, beside it, are rounded, and its videos 0.
		StatsV2 *struct {
			Videos *string `json:"videoCount"`
			Views  *string `json:"viewCount"`
		} `json:"statsV2"`
	} `json:"challengeInfo"`
}

// parseDetail reads the answer of challenge/detail.
func parseDetail(body []byte, tag string) (counts, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return counts{}, errors.New("the answer is empty")
	}
	var d detail
	if err := json.Unmarshal(body, &d); err != nil {
		return counts{}, fmt.Errorf("decode json: %w", err)
	}
	if d.Status == nil {
		return counts{}, errors.New("there is no statusCode")
	}
	return d.counts(tag)
}

// rehydration is the data of a page.
type rehydration struct {
	Scope map[string]json.RawMessage `json:"__DEFAULT_SCOPE__"`
}

const detailScope = "webapp.challenge-detail"

// parsePage reads the data that a tag's page holds.
func parsePage(page []byte, tag string) (counts, error) {
	script, ok := scriptOf(page)
	if !ok {
		return counts{}, fmt.Errorf("there is no script %s", scriptID)
	}
	var doc rehydration
	if err := json.Unmarshal(script, &doc); err != nil {
		return counts{}, fmt.Errorf("decode json of the script: %w", err)
	}
	if doc.Scope == nil {
		return counts{}, errors.New("there is no __DEFAULT_SCOPE__")
	}
	raw, ok := doc.Scope[detailScope]
	switch {
	case !ok && bytes.Contains(page, []byte("find this hashtag")):
		return counts{}, errNoTag
	case !ok:
		return counts{}, errVariant
	}
	var d detail
	if err := json.Unmarshal(raw, &d); err != nil {
		return counts{}, fmt.Errorf("decode json of webapp.challenge-detail: %w", err)
	}
	return d.counts(tag)
}

// counts are those of the tag that was asked for. The status for it, or an
// answer about no tag at all, means that there is none; any other status means
// nothing that we know.
func (d *detail) counts(tag string) (counts, error) {
	switch {
	case d.Status == nil || *d.Status == 0:
	case *d.Status == statusNoTag:
		return counts{}, fmt.Errorf("%w (status %d)", errNoTag, *d.Status)
	default:
		return counts{}, fmt.Errorf("the answer has status %d, and nobody knows what it means", *d.Status)
	}
	switch {
	case d.Info == nil:
		return counts{}, errors.New("there is no challengeInfo")
	case d.Info.Challenge.ID == "" || d.Info.Challenge.ID == "0":
		return counts{}, fmt.Errorf("%w (challengeInfo is hollow)", errNoTag)
	case !strings.EqualFold(d.Info.Challenge.Title, tag):
		return counts{}, fmt.Errorf("the answer is about tag %q, want %q", d.Info.Challenge.Title, tag)
	case d.Info.StatsV2 == nil:
		return counts{}, errors.New("there is no challengeInfo.statsV2")
	}
	views, err := count("viewCount", d.Info.StatsV2.Views)
	if err != nil {
		return counts{}, err
	}
	videos, err := count("videoCount", d.Info.StatsV2.Videos)
	return counts{views: views, videos: videos}, err
}

// count reads 1203456789 and 1,203,456,789. What is rounded (1.2B) is refused:
// it is not what statsV2 is for.
func count(field string, text *string) (float64, error) {
	if text == nil {
		return 0, fmt.Errorf("there is no statsV2.%s", field)
	}
	digits := *text
	if regexp.MustCompile(`^[0-9]{1,3}([, _'][0-9]{3})+$`).MatchString(digits) {
		digits = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, digits)
	}
	n, err := strconv.ParseUint(digits, 10, 53)
	if err != nil {
		return 0, fmt.Errorf("statsV2.%s is %.40q, want a whole number", field, *text)
	}
	return float64(n), nil
}

// scriptOf is what stands in the page's data element.
func scriptOf(page []byte) ([]byte, bool) {
	start := regexp.MustCompile(`<script[^>]{0,200}\bid="` + scriptID + `"[^>]{0,200}>`).FindIndex(page)
	if start == nil {
		return nil, false
	}
	script, _, ok := bytes.Cut(page[start[1]:], []byte("</script>"))
	return script, ok
}

// detailBlocks is how the API shuts its door: 403, an empty answer, or a
// captcha where data should be.
func detailBlocks(r *fetch.Response) string {
	body := bytes.TrimSpace(r.Body)
	switch {
	case r.Status == http.StatusForbidden:
		return "403 Forbidden"
	case r.Status == http.StatusOK && len(body) == 0:
		return "the answer is empty"
	case wantsVerify(body):
		return "status 10000: it wants to verify us"
	case bytes.Contains(body, []byte(`"challengeInfo"`)):
		return "" // whatever words a tag's description holds
	case isCaptcha(body):
		return "a captcha"
	}
	return ""
}

// pageBlocks is how a page does: a shell that waits for a captcha has no data.
func pageBlocks(r *fetch.Response) string {
	script, ok := scriptOf(r.Body)
	switch {
	case r.Status == http.StatusForbidden:
		return "403 Forbidden"
	case r.Status == http.StatusOK && len(bytes.TrimSpace(r.Body)) == 0:
		return "the answer is empty"
	case ok && pageWantsVerify(script):
		return "status 10000: it wants to verify us"
	case ok:
		return ""
	case r.Status == http.StatusOK:
		return "a page without data: a captcha, or a shell that waits"
	case isCaptcha(r.Body):
		return "a captcha"
	}
	return ""
}

// wantsVerify finds the status that asks for a captcha.
func wantsVerify(answer []byte) bool {
	var d struct {
		Status int `json:"statusCode"`
	}
	return json.Unmarshal(answer, &d) == nil && d.Status == statusVerify
}

func pageWantsVerify(script []byte) bool {
	var doc rehydration
	return json.Unmarshal(script, &doc) == nil && wantsVerify(doc.Scope[detailScope])
}

func isCaptcha(body []byte) bool {
	body = bytes.ToLower(body)
	return bytes.Contains(body, []byte("captcha")) || bytes.Contains(body, []byte("verify to continue"))
}
