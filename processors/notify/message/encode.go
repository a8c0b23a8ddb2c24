package message

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

// wire is a message as it is kept until it is delivered: JSON, with episodes as
// their protobuf bytes.
type wire struct {
	Plain  plain       `json:"message"`
	Items  []wireItem  `json:"items,omitempty"`
	Digest *wireDigest `json:"digest,omitempty"`
}

// plain is a Message whose items and digest stand elsewhere.
type plain Message

type wireItem struct {
	Episode       []byte   `json:"episode"`
	Opened        []byte   `json:"opened,omitempty"`
	Corroboration []Signal `json:"corroboration,omitempty"`
	Score         float64  `json:"score,omitempty"`
}

type wireDigest struct {
	Head  Digest     `json:"head"`
	Lists [][][]byte `json:"lists"`
}

// lists are those of a digest, in the order of the wire.
func (d *Digest) lists() []*[]*event.Episode {
	return []*[]*event.Episode{&d.Opened, &d.Closed, &d.Open, &d.SourcesDown, &d.Overflow, &d.Muted}
}

// Encode writes a message so that Decode gives the same.
func Encode(m *Message) ([]byte, error) {
	w := wire{Plain: plain(*m)}
	w.Plain.Items, w.Plain.Digest = nil, nil
	for _, it := range m.Items {
		w.Items = append(w.Items, wireItem{
			Episode: encode(it.Episode), Opened: encode(it.Opened),
			Corroboration: it.Corroboration, Score: it.Score,
		})
	}
	if m.Digest != nil {
		w.Digest = &wireDigest{Head: *m.Digest}
		for _, list := range w.Digest.Head.lists() {
			var all [][]byte
			for _, ep := range *list {
				all = append(all, encode(ep))
			}
			w.Digest.Lists = append(w.Digest.Lists, all)
			*list = nil
		}
	}
	b, err := json.Marshal(w) //nolint:musttag // the tree's own types; episodes are bytes
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return b, nil
}

// Decode reads what Encode wrote.
func Decode(b []byte) (*Message, error) {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil { //nolint:musttag // as Encode
		return nil, fmt.Errorf("decode message: %w", err)
	}
	m := Message(w.Plain)
	for _, it := range w.Items {
		episode, err := decode(it.Episode)
		if err != nil {
			return nil, err
		}
		opened, err := decode(it.Opened)
		if err != nil {
			return nil, err
		}
		m.Items = append(m.Items, Item{
			Episode: episode, Opened: opened, Corroboration: it.Corroboration, Score: it.Score,
		})
	}
	if w.Digest == nil {
		return &m, nil
	}
	m.Digest = &w.Digest.Head
	for i, list := range m.Digest.lists() {
		if i >= len(w.Digest.Lists) {
			break
		}
		for _, bytes := range w.Digest.Lists[i] {
			ep, err := decode(bytes)
			if err != nil {
				return nil, err
			}
			*list = append(*list, ep)
		}
	}
	return &m, nil
}

// encode cannot fail: an episode that came from the log is valid UTF-8.
func encode(ep *event.Episode) []byte {
	if ep == nil {
		return nil
	}
	b, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(ep)
	if err != nil {
		return []byte{}
	}
	return b
}

func decode(b []byte) (*event.Episode, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // no episode is what was written
	}
	ep := &event.Episode{}
	if err := proto.Unmarshal(b, ep); err != nil {
		return nil, fmt.Errorf("decode episode of a message: %w", err)
	}
	return ep, nil
}
