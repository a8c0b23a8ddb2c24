// Package bluesky looks at Bluesky in public: what trends there, and its
// firehose, on which every public post comes by. Of each post the tags are kept,
// the language and the time, and nothing else. It speaks Jetstream, version 2
// first and version 1 where no server of version 2 answers.
package bluesky

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// platform is the place in targets and mentions.
const platform = "bluesky"

// Firehose is the stream of new posts. One goroutine may run it at a time.
type Firehose struct {
	fetch *fetch.Client
	cfg   config.Bluesky
	hosts *hosts
}

// NewFirehose makes the stream. It reads the dictionary's file, if one is
// configured, and touches no network.
func NewFirehose(f *fetch.Client, cfg config.Bluesky) (*Firehose, error) {
	var legacy *dictionary
	if cfg.DictionaryV1 != "" && cfg.Enabled {
		b, err := os.ReadFile(cfg.DictionaryV1)
		if err == nil {
			legacy, err = readDictionary(b)
		}
		if err != nil {
			return nil, fmt.Errorf("read collect.sources.bluesky.dictionary_v1: %w", err)
		}
	}
	s := &Firehose{fetch: f, cfg: cfg, hosts: &hosts{}}
	for _, u := range cfg.HostsV2 {
		s.hosts.list = append(s.hosts.list, &host{url: strings.TrimRight(u, "/"), v2: true})
	}
	for _, u := range cfg.HostsV1 {
		s.hosts.list = append(s.hosts.list, &host{url: strings.TrimRight(u, "/"), dictionary: legacy})
	}
	return s, nil
}

// About describes the stream.
func About() about.Source {
	return about.Source{
		Targets:  "list/bluesky//firehose",
		Readings: "`events_minute`, `posts_minute`, `mentions_minute`, `bytes_minute`, `dropped_minute`, `connections_minute`, `lag_s`, `hole_s`",
		Signal:   "every use of every tag on Bluesky, as it happens",
		Unit:     "what came in the minute before the look, by arrival; seconds behind; the tags themselves are mentions, one per tag and post, by the time at which the server saw the post",
		Fresh:    "a second",
		Terms:    "Public service of Bluesky for this use, no key; servers of v2 may limit more strictly. One connection is held.",
		Faults:   "New posts only; edits and deletions are not followed. Tags are taken from the facets and the list of tags, never from the text; one that is a handle or host name, or of seven or more digits alone, may be a person and is dropped. Two servers may date one post some milliseconds apart. What a server no longer has after a long absence is a hole, and the next look says so.",
		Past:     "as far back as the server keeps events, some 36 hours, and only from where it was left",
	}
}

// Target is what the looks at the stream are about.
func Target() *event.Target {
	return &event.Target{Kind: event.KindList, Place: platform, Name: "firehose"}
}

// Run connects once and reads until the connection or ctx ends. The next Run
// goes on where this one ended, at the next server where this one brought
// nothing.
func (s *Firehose) Run(ctx context.Context, out stream.Out) error {
	text, err := out.Resume(ctx)
	if err != nil {
		return &stream.Error{Reason: "cursor", Err: err}
	}
	from, err := parseCursor(text)
	if err != nil {
		// It is not worth to stand still for ever; what is lost is said.
		out.Say(stream.State{Remark: err.Error() + ": begins at the end of the stream, what was before is missing"})
	}
	h, err := s.hosts.pick(time.Now())
	if err != nil {
		return &stream.Error{Reason: reasonPaused, Err: err}
	}
	brought, err := s.once(ctx, out, h, from)
	s.hosts.done(h, brought, err)
	return err
}

// once is one connection; it brought something if an event came that is later
// than the cursor.
func (s *Firehose) once(ctx context.Context, out stream.Out, h *host, from cursor) (brought bool, err error) {
	conn, err := s.dial(ctx, h, from)
	if err != nil {
		return false, err
	}
	defer conn.CloseNow() //nolint:errcheck // there is nothing left to say
	out.Say(stream.State{Via: h.via()})
	r, err := newReader(conn, h, s.cfg, from, out)
	if err != nil {
		return false, err
	}
	err = r.run(ctx)
	return r.track.moved(), err
}

// dictionary is a zstd dictionary as it is published.
type dictionary struct {
	id    uint32
	bytes []byte
}

func readDictionary(b []byte) (*dictionary, error) {
	info, err := zstd.InspectDictionary(b)
	if err != nil {
		return nil, fmt.Errorf("this is no zstd dictionary: %w", err)
	}
	if info.ID() == 0 {
		return nil, errors.New("the zstd dictionary has no id")
	}
	return &dictionary{id: info.ID(), bytes: b}, nil
}
