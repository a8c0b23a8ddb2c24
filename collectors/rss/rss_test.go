package rss

import (
	"strings"
	"testing"
	"time"
)

type item struct {
	Title *string `xml:"title"`
}

func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	around := func(inner string) string { return `<rss version="2.0"><channel>` + inner + `</channel></rss>` }
	for name, c := range map[string]struct{ body, want string }{
		"good":           {around(`<title>t</title><item><title>a &amp; b</title></item>`), ""},
		"blanks behind":  {around(`<title>t</title>`) + "\n \n", ""},
		"nothing":        {" \n", "the answer is empty"},
		"json":           {`{"a":1}`, "there is no rss element"},
		"web page":       {`<!doctype html><html>`, "there is no rss element, the answer begins with <html>"},
		"no channel":     {`<rss/>`, "there is no channel"},
		"no title":       {around(``), "there is no channel.title"},
		"not closed":     {`<rss><channel><title>t</title>`, "decode xml: "},
		"closed wrongly": {`<rss><channel><title>t</channel></rss>`, "decode xml: "},
		"own entity":     {`<!DOCTYPE rss [<!ENTITY a "aaaa">]>` + around(`<title>&a;</title>`), "decode xml: "},
		"other charset":  {`<?xml version="1.0" encoding="ISO-8859-1"?>` + around(`<title>t</title>`), "there is no rss element: decode xml: "},
		"two documents":  {around(`<title>t</title>`) + `<rss/>`, "<rss> follows the rss element"},
		"too many items": {around(`<title>t</title>` + strings.Repeat(`<item/>`, maxItems+1)), "channel has 1001 items, at most 1000"},
		"not UTF-8":      {around("<title>\xff</title>"), "decode xml: "},
	} {
		channel, err := Decode[item]([]byte(c.body))
		if c.want == "" {
			if err != nil || channel == nil || *channel.Title != "t" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestParameterOfTheLinks(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		`<link>https://a.example/trending?geo=US</link>`, `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" href="https://a.example/rss?x=1&amp;geo=US"/>`,
		`<link>https://a.example/</link><link>::</link><link> https://a.example/?geo=US </link>`,
	} {
		channel, err := Decode[item]([]byte(`<rss><channel><title>t</title>` + link + `</channel></rss>`))
		if err != nil || channel.Parameter("geo") != "US" || channel.Parameter("q") != "" {
			t.Errorf("%s: %v", link, err)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2025, 1, 13, 9, 30, 0, 0, time.UTC)
	for _, text := range []string{"Mon, 13 Jan 2025 09:30:00 GMT", " Mon, 13 Jan 2025 01:30:00 -0800\n"} {
		if got, err := Time(text); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if _, err := Time("2025-01-13"); err == nil {
		t.Error("a date of another form is taken")
	}
}
