// Package rss decodes feeds strictly, for the sources that read one. It uses
// the standard library and no feed reader: those are made to get something out
// of any feed, and here a feed that is not as expected has to be refused.
package rss

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/url"
	"strings"
	"time"
)

// maxItems is far more than any feed that we read has.
const maxItems = 1000

// Feed is an RSS 2.0 document whose items are of type I.
type Feed[I any] struct {
	Channel *Channel[I] `xml:"channel"`
}

// Channel is what a feed holds. Links are all elements that are called link,
// also those of Atom, which say the address in href.
type Channel[I any] struct {
	Title *string `xml:"title"`
	Links []Link  `xml:"link"`
	Items []I     `xml:"item"`
}

// Link is the address of a channel.
type Link struct {
	Text string `xml:",chardata"`
	Href string `xml:"href,attr"`
}

// Decode reads one whole feed and nothing behind it.
func Decode[I any](body []byte) (*Channel[I], error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	root, err := rootOf(decoder)
	if err != nil {
		return nil, err
	}
	feed := Feed[I]{}
	if err := decoder.DecodeElement(&feed, root); err != nil {
		return nil, fmt.Errorf("decode xml: %w", err)
	}
	if err := nothingBehind(decoder); err != nil {
		return nil, err
	}
	switch {
	case feed.Channel == nil:
		return nil, errors.New("there is no channel")
	case feed.Channel.Title == nil:
		return nil, errors.New("there is no channel.title")
	case len(feed.Channel.Items) > maxItems:
		return nil, fmt.Errorf("channel has %d items, at most %d", len(feed.Channel.Items), maxItems)
	}
	return feed.Channel, nil
}

func rootOf(decoder *xml.Decoder) (*xml.StartElement, error) {
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("there is no rss element")
		}
		if err != nil {
			return nil, fmt.Errorf("there is no rss element: decode xml: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "rss" {
			return nil, fmt.Errorf("there is no rss element, the answer begins with <%s>", start.Name.Local)
		}
		return &start, nil
	}
}

func nothingBehind(decoder *xml.Decoder) error {
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("decode xml: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return fmt.Errorf("<%s> follows the rss element", start.Name.Local)
		}
	}
}

// Parameter is what the channel's links say about one parameter of the
// question: the first value there is, or "".
func (c *Channel[I]) Parameter(name string) string {
	for _, link := range c.Links {
		for _, text := range []string{link.Href, link.Text} {
			if u, err := url.Parse(strings.TrimSpace(text)); err == nil && u.Query().Get(name) != "" {
				return u.Query().Get(name)
			}
		}
	}
	return ""
}

// Time reads a pubDate.
func Time(text string) (time.Time, error) {
	at, err := mail.ParseDate(strings.TrimSpace(text))
	if err != nil {
		return time.Time{}, fmt.Errorf("is %q, want a date such as Mon, 13 Jan 2025 09:30:00 GMT", text)
	}
	return at.UTC(), nil
}
