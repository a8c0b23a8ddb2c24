package testkit

import (
	"fmt"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	// firstDictionary is the id of the fake's dictionary of the v2 wire, and
	// legacyDictionary that of v1. They are made from the plan's own posts.
	firstDictionary  = 20_000_001
	legacyDictionary = 1_000_000_001
)

// appendRecord writes a post. It has a text, and a word with # in it that no
// facet marks: neither may be found behind the collector.
func (e *firehoseEvent) appendRecord(b []byte) []byte {
	b = append(b, `{"$type":"app.bsky.feed.post","createdAt":"2001-01-01T00:00:00.000Z","facets":[{"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://private.example/`...)
	b = append(b, e.rkey...)
	b = append(b, `"}],"index":{"byteEnd":3,"byteStart":0}}`...)
	for _, tag := range e.written {
		b = append(b, `,{"features":[{"$type":"app.bsky.richtext.facet#tag","tag":`...)
		b = strconv.AppendQuote(b, tag)
		b = append(b, `}],"index":{"byteEnd":9,"byteStart":4}}`...)
	}
	b = append(b, ']')
	b = appendList(b, "langs", e.langs)
	b = appendList(b, "tags", e.aside)
	b = append(b, `,"text":"these are the private words of `...)
	b = append(b, e.did...)
	return append(b, `, #nofacet #rednote"}`...)
}

func appendList(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, `,"`+name+`":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, s)
	}
	return append(b, ']')
}

// appendV2 writes the event as network.bsky.jetstream.subscribeEvents does.
func (e *firehoseEvent) appendV2(b []byte, seq int64) []byte {
	b = append(b, `{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":`...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, `,"did":"`...)
	b = append(b, e.did...)
	b = append(b, `","time":"`...)
	b = e.at.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","rev":"`...)
	b = append(b, e.rev...)
	b = append(b, `","operation":"`...)
	b = append(b, e.operation...)
	b = append(b, `","collection":"app.bsky.feed.post","rkey":"`...)
	b = append(b, e.rkey...)
	b = append(b, '"')
	if e.operation != "delete" {
		b = append(b, `,"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi","record":`...)
		b = e.appendRecord(b)
	}
	return append(b, "}}"...)
}

// appendV1 writes the event as /subscribe does.
func (e *firehoseEvent) appendV1(b []byte) []byte {
	b = append(b, `{"did":"`...)
	b = append(b, e.did...)
	b = append(b, `","time_us":`...)
	b = strconv.AppendInt(b, e.at.UnixMicro(), 10)
	b = append(b, `,"kind":"commit","commit":{"rev":"`...)
	b = append(b, e.rev...)
	b = append(b, `","operation":"`...)
	b = append(b, e.operation...)
	b = append(b, `","collection":"app.bsky.feed.post","rkey":"`...)
	b = append(b, e.rkey...)
	b = append(b, '"')
	if e.operation != "delete" {
		b = append(b, `,"record":`...)
		b = e.appendRecord(b)
		b = append(b, `,"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"`...)
	}
	return append(b, "}}"...)
}

// appendIdentity writes what /subscribe sends whatever was asked for.
func appendIdentity(b []byte, at time.Time) []byte {
	return fmt.Appendf(b, `{"did":"did:plc:eygmaihciaxprqvxpfvl6flk","time_us":%d,"kind":"identity","identity":{"did":"did:plc:eygmaihciaxprqvxpfvl6flk","seq":1,"time":"2026-09-01T12:00:00.000Z"}}`, at.UnixMicro())
}

// makeDictionary builds a dictionary from the plan's own posts.
func makeDictionary(p FirehosePlan, id uint32) []byte {
	var history []byte
	var samples [][]byte
	for i := range 60 {
		e := p.event(i)
		sample := e.appendV2(nil, p.FirstSeq+int64(i))
		if i < 20 {
			history = append(history, sample...)
			continue
		}
		samples = append(samples, sample)
	}
	dict, err := zstd.BuildDict(zstd.BuildDictOptions{ID: id, Contents: samples, History: history, Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedFastest})
	if err != nil {
		panic("build dictionary: " + err.Error())
	}
	return dict
}

func newEncoder(dict []byte) *zstd.Encoder {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderDict(dict), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	if err != nil {
		panic("make encoder: " + err.Error())
	}
	return enc
}
