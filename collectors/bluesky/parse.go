package bluesky

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

const (
	postCollection = "app.bsky.feed.post"
	tagFeature     = "app.bsky.richtext.facet#tag"
	messageV2      = "network.bsky.jetstream.subscribeEvents"
)

// frame is what one message says, as far as it is read.
type frame struct {
	// at is the event time; zero for what is no event (info, failure).
	at time.Time
	// seq is the number of the event on its server; 0 with v1.
	seq int64
	// post is set for a post that was created.
	post *post
	// info and failure are the names of a notice and of an error that ends the
	// connection.
	info, failure string
}

// post is a new post, as far as it is read. did and rkey are its position:
// they go into the ids of its mentions, one way, and nowhere else.
type post struct {
	did, rkey string
	tags      []string // as they were written, in the order of the facets
	language  string
	// broken is how many parts of the record were not of their shape.
	broken int
}

// The errors say what is wrong, and never what was written: that is a person's.
var (
	errNotJSON   = errors.New("message is no JSON of the expected shape")
	errEnvelope  = errors.New("message names no kind")
	errTime      = errors.New("message has no time between 2000 and 2100")
	errSeq       = errors.New("message has no sequence number")
	errCommit    = errors.New("commit is missing")
	errOperation = errors.New("commit.operation is none of create, update, delete")
	errPlace     = errors.New("commit.collection is missing")
	errPosition  = errors.New("did or rkey is missing")
	errRecord    = errors.New("record of a new post is missing")
)

// wireCommit is the part of a commit that both versions have.
type wireCommit struct {
	Operation  string          `json:"operation"`
	Collection string          `json:"collection"`
	RKey       string          `json:"rkey"`
	Record     json.RawMessage `json:"record"`
}

type wireV1 struct {
	DID    string      `json:"did"`
	TimeUS int64       `json:"time_us"`
	Kind   string      `json:"kind"`
	Commit *wireCommit `json:"commit"`
}

type wireV2 struct {
	Type    string `json:"$type"`
	Error   string `json:"error"`
	Payload *struct {
		wireCommit

		Type string `json:"$type"`
		Name string `json:"name"`
		Seq  int64  `json:"seq"`
		DID  string `json:"did"`
		Time string `json:"time"`
	} `json:"payload"`
}

// parseV1 reads a message of /subscribe.
func parseV1(b []byte) (frame, error) {
	var w wireV1
	if json.Unmarshal(b, &w) != nil {
		return frame{}, errNotJSON
	}
	if w.Kind == "" {
		return frame{}, errEnvelope
	}
	f := frame{at: time.UnixMicro(w.TimeUS).UTC()}
	if !isTime(f.at) {
		return frame{}, errTime
	}
	if w.Kind != "commit" {
		return f, nil // identity and account come unasked
	}
	if w.Commit == nil {
		return frame{}, errCommit
	}
	var err error
	f.post, err = w.Commit.post(w.DID)
	return f, err
}

// parseV2 reads a message of subscribeEvents.
func parseV2(b []byte) (frame, error) {
	var w wireV2
	if json.Unmarshal(b, &w) != nil {
		return frame{}, errNotJSON
	}
	if w.Type == "error" {
		return frame{failure: name(w.Error)}, nil
	}
	p := w.Payload
	if w.Type != "message" || p == nil {
		return frame{}, errEnvelope
	}
	kind, found := strings.CutPrefix(p.Type, messageV2+"#")
	if !found {
		return frame{}, errEnvelope
	}
	if kind == "info" {
		return frame{info: name(p.Name)}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, p.Time)
	if err != nil || !isTime(at) {
		return frame{}, errTime
	}
	if p.Seq <= 0 {
		return frame{}, errSeq
	}
	f := frame{at: at.UTC(), seq: p.Seq}
	if kind == "commit" {
		f.post, err = p.post(p.DID)
	}
	return f, err
}

// post reads a commit; nil is one that creates no post.
func (c *wireCommit) post(did string) (*post, error) {
	switch {
	case c.Operation != "create" && c.Operation != "update" && c.Operation != "delete":
		return nil, errOperation
	case c.Collection == "":
		return nil, errPlace
	case c.Collection != postCollection || c.Operation != "create":
		return nil, nil //nolint:nilnil // no post is no error
	case !strings.HasPrefix(did, "did:") || c.RKey == "":
		return nil, errPosition
	case len(c.Record) == 0 || c.Record[0] != '{':
		return nil, errRecord
	}
	p := &post{did: did, rkey: c.RKey}
	// Most posts have no tag, and nothing else of a record is read.
	if bytes.Contains(c.Record, []byte(tagFeature)) || bytes.Contains(c.Record, []byte(`"tags"`)) {
		p.read(c.Record)
	}
	return p, nil
}

type feature struct {
	Type string `json:"$type"`
	Tag  string `json:"tag"`
}

// read takes the tags of the facets and of record.tags, and never the text.
// Nobody checks records, so what is not of its shape is left out and counted,
// and all else of the record is read.
func (p *post) read(record []byte) {
	var r struct {
		Facets json.RawMessage `json:"facets"`
		Tags   json.RawMessage `json:"tags"`
		Langs  json.RawMessage `json:"langs"`
	}
	if json.Unmarshal(record, &r) != nil {
		p.broken++
		return
	}
	for _, raw := range each[json.RawMessage](p, r.Facets) {
		var facet struct {
			Features json.RawMessage `json:"features"`
		}
		if json.Unmarshal(raw, &facet) != nil {
			p.broken++
			continue
		}
		for _, f := range each[feature](p, facet.Features) {
			if f.Type == tagFeature {
				p.tags = append(p.tags, f.Tag)
			}
		}
	}
	p.tags = append(p.tags, each[string](p, r.Tags)...)
	if languages := each[string](p, r.Langs); len(languages) > 0 {
		p.language = language(languages[0])
	}
}

// each decodes a list, and where that fails every entry that can be decoded.
func each[T any](p *post, raw json.RawMessage) []T {
	var all []T
	if len(raw) == 0 || json.Unmarshal(raw, &all) == nil {
		return all
	}
	all = nil
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		p.broken++
		return nil
	}
	for _, part := range parts {
		var one T
		if json.Unmarshal(part, &one) != nil {
			p.broken++
			continue
		}
		all = append(all, one)
	}
	return all
}

// isTime holds the bounds that every message of ours has.
func isTime(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2100 }

// name keeps a name of the protocol, and nothing that a person could have
// written.
func name(s string) string {
	if s == "" || len(s) > 64 || strings.ContainsFunc(s, notLetter) {
		return "unnamed"
	}
	return s
}
