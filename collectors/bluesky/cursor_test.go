package bluesky

import (
	"testing"
	"time"
)

// However a connection ends, after some seconds of the stream the next one must
// begin later: a server that cuts each connection would otherwise never be left
// behind. A time far ahead of the others moves nothing.
func TestCursorMovesOnInDisorder(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	h := &host{url: "https://one.example", v2: true}
	at := func(seq int64) time.Time { return start.Add(time.Duration(seq) * time.Millisecond) }
	from := cursor{Host: h.url, Seq: 1, US: start.UnixMicro()}
	for connection := range 5 {
		tr := track{host: h, rewind: 5 * time.Second, from: from}
		for seq := from.Seq; seq < from.Seq+8000; seq++ {
			f := frame{seq: seq, at: at(seq)}
			switch {
			case seq == from.Seq+7999:
				f.at = at(seq).Add(-5 * time.Second) // the last one is late
			case seq%1000 == 0:
				f.at = at(seq).Add(time.Hour) // and some are wrong
			}
			tr.passed(f)
		}
		next := tr.cursor(start.Add(time.Hour))
		if next.Seq < from.Seq+2000 {
			t.Fatalf("connection %d went from %d to %d only", connection, from.Seq, next.Seq)
		}
		if behind := at(from.Seq + 7998).Sub(at(next.Seq)); behind < 5*time.Second || behind > 6*time.Second {
			t.Errorf("connection %d goes back by %v, want the rewind of 5s", connection, behind)
		}
		from = next
	}
}

// Another server's numbers mean nothing here, and times of two servers differ:
// it is asked from some seconds before the last event. The server itself is
// asked by its own number, which was taken some seconds before already.
func TestAnotherServerIsAskedFromBefore(t *testing.T) {
	t.Parallel()
	last := time.Date(2025, 1, 13, 12, 0, 0, 0, time.UTC)
	c := cursor{Host: "https://a.example", Seq: 7, US: last.UnixMicro()}
	before := last.Add(-5 * time.Second).UnixMicro()
	for name, try := range map[string]struct {
		host host
		now  time.Time
		want int64
	}{
		"itself":            {host{url: "https://a.example", v2: true}, last.Add(time.Hour), 7},
		"forgot the number": {host{url: "https://a.example", v2: true, noSeq: true}, last.Add(time.Hour), before},
		"another":           {host{url: "https://b.example", v2: true}, last.Add(time.Hour), before},
		"v1":                {host{url: "https://a.example"}, last.Add(time.Hour), before},
		"time to come":      {host{url: "https://b.example", v2: true}, last.Add(-time.Minute), last.Add(-time.Minute - 5*time.Second).UnixMicro()},
	} {
		if got := c.ask(&try.host, 5*time.Second, try.now); got != try.want {
			t.Errorf("%s is asked for %d, want %d", name, got, try.want)
		}
	}
}
