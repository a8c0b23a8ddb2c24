package testkit

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/klauspost/compress/zstd"
)

// jetstreamSession is one subscriber.
type jetstreamSession struct {
	fake     *FakeJetstream
	faults   JetstreamFaults
	v2       bool
	from     int
	outdated bool // a time below the floor was asked for
	encoder  *zstd.Encoder

	most   int // bytes of a message that the client takes; 0: any
	conn   *websocket.Conn
	raw    net.Conn
	frames int
	plain  []byte
	packed []byte
}

// seekV2 finds the first event of a cursor: a sequence number of this host, or
// a time from 1e15 on. It is false where a sequence number is below the floor.
func (s *jetstreamSession) seekV2(cursor int64) bool {
	p := s.fake.Plan
	if cursor >= 1e15 {
		i := p.indexAt(time.UnixMicro(cursor))
		s.outdated = i < p.Floor
		s.from = min(max(i, p.Floor), s.from)
		return true
	}
	i := cursor - p.FirstSeq
	if i < int64(p.Floor) {
		return false
	}
	s.from = int(min(i, int64(s.from)))
	return true
}

func (s *jetstreamSession) serve(w http.ResponseWriter, r *http.Request) {
	s.raw, _ = r.Context().Value(connKey{}).(net.Conn)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // it may be closed already
	s.conn = conn
	ctx := context.WithoutCancel(r.Context())
	if s.faults.Deaf {
		_, _ = io.Copy(io.Discard, s.raw) // until the client leaves
		return
	}
	// It answers pings, and closes when the client sends any data.
	ctx = conn.CloseRead(ctx)
	if s.faults.Silent {
		<-ctx.Done()
		return
	}
	if s.v2 && s.outdated && s.write(ctx, []byte(`{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor","message":"resumed from the floor"}}`)) != nil {
		return
	}
	for i := s.from; ; {
		tip := s.await(ctx, i)
		if ctx.Err() != nil {
			return
		}
		bundle(s.raw, s.faults.Delay == 0 && !s.fake.Plan.Live)
		n := min(tip-i, max(s.faults.Reorder, 1))
		for _, k := range s.order(i, n) {
			if !s.event(ctx, k) {
				return
			}
		}
		i += n
	}
}

// order is the order in which n events from i on are sent.
func (s *jetstreamSession) order(i, n int) []int {
	list := make([]int, n)
	for k := range list {
		list[k] = i + k
	}
	if s.faults.Reorder > 1 {
		shuffle := rand.New(rand.NewPCG(s.fake.Plan.Seed, uint64(i))) //nolint:gosec // it has to be the same each time
		shuffle.Shuffle(n, func(a, b int) { list[a], list[b] = list[b], list[a] })
	}
	return list
}

// await waits until event i is there, and returns how many there are.
func (s *jetstreamSession) await(ctx context.Context, i int) int {
	for {
		p := s.fake.Plan
		if tip := p.tip(time.Now()); tip > i {
			return tip
		}
		bundle(s.raw, false)
		if i >= p.Events {
			<-ctx.Done()
			return i
		}
		timer := time.NewTimer(max(time.Until(p.witness(i)), time.Millisecond))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return i
		}
	}
}

// event sends event i with the host's faults; false ends the connection.
func (s *jetstreamSession) event(ctx context.Context, i int) bool {
	if !s.before(ctx, i) {
		return false
	}
	p := s.fake.Plan
	e := p.event(i)
	if !s.v2 && i%101 == 0 && s.write(ctx, appendIdentity(nil, e.at)) != nil {
		return false
	}
	s.plain = s.plain[:0]
	if s.v2 {
		s.plain = e.appendV2(s.plain, p.FirstSeq+int64(i))
	} else {
		s.plain = e.appendV1(s.plain)
	}
	times := 1
	if n := s.faults.Duplicate; n > 0 && i%n == 0 {
		times = 2
	}
	for range times {
		if s.write(ctx, s.plain) != nil {
			return false
		}
	}
	return s.goesOn(ctx)
}

// before is what comes instead of event i, before it does.
func (s *jetstreamSession) before(ctx context.Context, i int) bool {
	f := s.faults
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
	if f.GarbageAfter > 0 && s.frames >= f.GarbageAfter {
		return s.write(ctx, garbage(s.frames)) == nil && s.before(ctx, i)
	}
	if f.Garbage > 0 && i%f.Garbage == 0 && s.write(ctx, garbage(i)) != nil {
		return false
	}
	if f.Huge == 0 || s.frames != 100 || s.most > 0 && f.Huge > s.most {
		return true
	}
	return s.write(ctx, make([]byte, f.Huge)) == nil
}

// goesOn ends a connection in one of the ways in which they end.
func (s *jetstreamSession) goesOn(ctx context.Context) bool {
	switch {
	case s.faults.CutAfter > 0 && s.frames >= s.faults.CutAfter:
		s.cut()
		return false
	case s.v2 && s.faults.TooSlow > 0 && s.frames >= s.faults.TooSlow:
		s.fail(ctx, "ConsumerTooSlow")
		return false
	case s.v2 && s.faults.FailAfter > 0 && s.frames >= s.faults.FailAfter:
		s.fail(ctx, "InternalError")
		return false
	}
	return true
}

// fail ends a connection with an error's frame.
func (s *jetstreamSession) fail(ctx context.Context, name string) {
	bundle(s.raw, false)
	if s.write(ctx, []byte(`{"$type":"error","error":"`+name+`","message":"it is so"}`)) == nil {
		_ = s.conn.Close(websocket.StatusPolicyViolation, name) // the client may have left
	}
}

// cut breaks the connection in the middle of a frame. What was sent before
// still arrives.
func (s *jetstreamSession) cut() {
	if s.raw == nil {
		return
	}
	bundle(s.raw, false)
	_ = s.raw.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = s.raw.Write([]byte{0x81, 126, 4, 0, '{', '"'}) // half a frame
	_ = s.raw.Close()
}

func (s *jetstreamSession) write(ctx context.Context, plain []byte) error {
	kind, b := websocket.MessageText, plain
	if s.encoder != nil {
		s.packed = s.encoder.EncodeAll(plain, s.packed[:0])
		kind, b = websocket.MessageBinary, s.packed
	}
	if err := s.conn.Write(ctx, kind, b); err != nil {
		return err
	}
	s.frames++
	s.fake.sent.Add(1)
	return nil
}

// garbage is what no event is.
func garbage(i int) []byte {
	all := []string{
		``, `{`, `null`, `[]`, `{"$type":"message"}`, `{"did":"did:plc:x","kind":"commit"}`, "\xff\xfe", `<html></html>`,
		`{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":-1}}`,
		`{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#new"}}`,
	}
	return []byte(all[i/7%len(all)])
}
