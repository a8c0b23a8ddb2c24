package googleplay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
)

// detailsRPC is the store's name of the question for an app. Its answer is
// written into the page, under a number that the page itself tells.
const detailsRPC = "Ws7gDc"

// app is what an app's page says of it; nil is not said.
type app struct {
	title    string
	installs *float64 // exact, of all countries
	ratings  *float64
	average  *float64
	reviews  *float64
}

// parseDetails reads the page of one app.
func parseDetails(page []byte, id string) (app, error) {
	if len(bytes.TrimSpace(page)) == 0 {
		return app{}, errors.New("the answer is empty")
	}
	keys, err := dataKeys(page)
	if err != nil {
		return app{}, err
	}
	// The page asks more than once, for other fields: the answer that has a
	// title is the one about the app.
	for _, key := range keys {
		data, err := dataOf(page, key)
		if err != nil {
			return app{}, err
		}
		about, _ := at(data, 1, 2)
		title, ok := stringAt(about, 0, 0)
		if !ok || title == "" {
			continue
		}
		if echo, ok := stringAt(about, 77, 0); !ok || echo != id {
			return app{}, fmt.Errorf("the page is about %q, want %q", echo, id)
		}
		a := app{title: title}
		if err := a.read(about); err != nil {
			return app{}, err
		}
		return a, nil
	}
	return app{}, fmt.Errorf("there is no title in any answer to %s (%s): its place has moved", detailsRPC, strings.Join(keys, ", "))
}

// dataKeys are the numbers (ds:5) under which the page has the answers to our
// question: AF_dataServiceRequests = {'ds:5' : {id:'Ws7gDc', …}, …}.
func dataKeys(page []byte) ([]string, error) {
	_, requests, ok := bytes.Cut(page, []byte("AF_dataServiceRequests"))
	if !ok {
		return nil, errors.New("there is no AF_dataServiceRequests: this is no page of an app, or its shape has changed")
	}
	if script, _, ok := bytes.Cut(requests, []byte("</script>")); ok {
		requests = script
	}
	pattern := regexp.MustCompile(`'(ds:[0-9]{1,4})'\s*:\s*\{\s*id\s*:\s*'` + detailsRPC + `'`)
	var keys []string
	for _, m := range pattern.FindAllSubmatch(requests, -1) {
		keys = append(keys, string(m[1]))
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no %s in AF_dataServiceRequests", detailsRPC)
	}
	return keys, nil
}

// dataOf is the answer under a number: AF_initDataCallback({key: 'ds:5', hash:
// '9', data:[…], sideChannel: {}}). An answer that comes later than the page is
// not there: that is nil.
func dataOf(page []byte, key string) (any, error) {
	start := regexp.MustCompile(`AF_initDataCallback\(\{\s*key:\s*'` + key + `',[^\[{]{0,80}data:`).FindIndex(page)
	if start == nil {
		return nil, nil //nolint:nilnil // it is nothing, and that is no error
	}
	var data any
	if err := json.NewDecoder(bytes.NewReader(page[start[1]:])).Decode(&data); err != nil {
		return nil, fmt.Errorf("decode json: the data of %s: %w", key, err)
	}
	return data, nil
}

// read takes the numbers from their positions. A block that is null is not
// said (nobody has rated a new app); one of another shape is a refusal.
func (a *app) read(about any) error {
	if installs, _ := at(about, 13); installs != nil {
		least, ok1 := numberAt(installs, 1)
		exact, ok2 := numberAt(installs, 2)
		if !ok1 || !ok2 || exact < least || !isCount(exact) {
			return fmt.Errorf("[13] is %s, want installs: text, at least, exact", brief(installs))
		}
		a.installs = &exact
	}
	scores, _ := at(about, 51)
	if scores == nil {
		return nil
	}
	if _, ok := scores.(list); !ok {
		return fmt.Errorf("[51] is %s, want a block of ratings", brief(scores))
	}
	for _, n := range []struct {
		name  string
		at    int
		value **float64
		bad   func(float64) bool
	}{
		{"[51][0][1], the average", 0, &a.average, func(v float64) bool { return v < 0 || v > 5 }},
		{"[51][2][1], the ratings", 2, &a.ratings, func(v float64) bool { return !isCount(v) }},
		{"[51][3][1], the reviews", 3, &a.reviews, func(v float64) bool { return !isCount(v) }},
	} {
		block, _ := at(scores, n.at)
		if block == nil {
			continue
		}
		v, ok := numberAt(block, 1)
		if !ok || n.bad(v) {
			return fmt.Errorf("%s: %s is not it", n.name, brief(block))
		}
		*n.value = &v
	}
	// Without ratings the average is given as 0, which nobody gave.
	if a.average != nil && *a.average == 0 {
		a.average = nil
	}
	return nil
}

// brief is the begin of what is there, for a message.
func brief(v any) string { return fmt.Sprintf("%.60s", fmt.Sprint(v)) }

func isCount(v float64) bool { return v >= 0 && v <= 1e13 && v == math.Trunc(v) }

func numberAt(v any, path ...int) (float64, bool) {
	v, _ = at(v, path...)
	n, ok := v.(float64)
	return n, ok
}
