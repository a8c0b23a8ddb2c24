package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// biggestAnswer is how many bytes of a Prometheus' answer are read.
const biggestAnswer = 64 << 20

// Remote asks a Prometheus through its HTTP API.
type Remote struct {
	base   *url.URL
	client *http.Client
}

// NewRemote reads the address of a Prometheus: http(s)://host:9090, with user
// and password if it wants any. It asks nothing yet.
func NewRemote(address string) (*Remote, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" { // the text may hold a password
		return nil, errors.New("read http.prometheus_url: is no address such as http://127.0.0.1:9090")
	}
	return &Remote{base: u, client: &http.Client{Timeout: queryTimeout}}, nil
}

// Scrape is taken to be the usual.
func (r *Remote) Scrape() time.Duration { return scrapeEvery }

// Query asks query_range, or query for an instant.
func (r *Remote) Query(ctx context.Context, q Question) ([]Series, error) {
	form := url.Values{"query": {q.Expr}}
	path := "query"
	if q.Instant {
		form.Set("time", unixText(q.To))
	} else {
		path = "query_range"
		form.Set("start", unixText(q.From))
		form.Set("end", unixText(q.To))
		form.Set("step", strconv.FormatFloat(max(q.Step, time.Second).Seconds(), 'f', -1, 64))
	}
	var data struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	}
	if err := r.ask(ctx, path, form, &data); err != nil {
		return nil, err
	}
	return readResult(data.ResultType, data.Result)
}

func readResult(kind string, raw json.RawMessage) ([]Series, error) {
	if kind == "scalar" {
		var p point
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, fmt.Errorf("read Prometheus' answer: %w", err)
		}
		return []Series{{Labels: map[string]string{}, At: []int64{p.at}, Values: []float64{p.value}}}, nil
	}
	if kind != "matrix" && kind != "vector" {
		return nil, fmt.Errorf("read Prometheus' answer: it is a %q, and no series", kind)
	}
	var result []struct {
		Metric map[string]string `json:"metric"`
		Values []point           `json:"values"`
		Value  *point            `json:"value"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return nil, fmt.Errorf("read Prometheus' answer: %w", err)
	}
	if len(result) > mostSeries {
		return nil, fmt.Errorf("read Prometheus' answer: it has %d series, at most %d can be drawn", len(result), mostSeries)
	}
	out := make([]Series, 0, len(result))
	for _, one := range result {
		if one.Value != nil {
			one.Values = []point{*one.Value}
		}
		s := Series{Labels: one.Metric}
		for _, p := range one.Values {
			s.At, s.Values = append(s.At, p.at), append(s.Values, p.value)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Series) int { return strings.Compare(written(a.Labels), written(b.Labels)) })
	return out, nil
}

// Values asks for the values of a label.
func (r *Remote) Values(ctx context.Context, label, selector string, from, to time.Time) ([]string, error) {
	form := url.Values{"start": {unixText(from)}, "end": {unixText(to)}}
	if selector != "" {
		form.Set("match[]", selector)
	}
	var values []string
	err := r.get(ctx, "label/"+url.PathEscape(label)+"/values", form, &values)
	return values, err
}

func (r *Remote) ask(ctx context.Context, path string, form url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base.JoinPath("api/v1", path).String(), strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("ask Prometheus: the address is wrong")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(req, into)
}

func (r *Remote) get(ctx context.Context, path string, form url.Values, into any) error {
	u := r.base.JoinPath("api/v1", path)
	u.RawQuery = form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return errors.New("ask Prometheus: the address is wrong")
	}
	return r.do(req, into)
}

func (r *Remote) do(req *http.Request, into any) error {
	resp, err := r.client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the address, which may hold a password
		}
		return fmt.Errorf("ask Prometheus at %s: %w", r.base.Host, err)
	}
	defer resp.Body.Close()
	var answer struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, biggestAnswer)).Decode(&answer)
	switch {
	case err == nil && answer.Error != "":
		return fmt.Errorf("ask Prometheus at %s: %s", r.base.Host, answer.Error)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("ask Prometheus at %s: %s", r.base.Host, resp.Status)
	case err != nil:
		return fmt.Errorf("read Prometheus' answer: %w", err)
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return fmt.Errorf("read Prometheus' answer: %w", err)
	}
	return nil
}

func unixText(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}

// point is [seconds, "value"].
type point struct {
	at    int64
	value float64
}

// UnmarshalJSON reads a pair.
func (p *point) UnmarshalJSON(b []byte) error {
	var seconds float64
	var text string
	if err := json.Unmarshal(b, &[]any{&seconds, &text}); err != nil {
		return err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err
	}
	p.at, p.value = int64(math.Round(seconds*1000)), v
	return nil
}
