package bluesky

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/klauspost/compress/zstd"

	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

const (
	// A batch leaves when it has so many mentions or events, or is flushEvery
	// old. Together with what waits behind, this bounds the memory.
	batchMentions = 1000
	batchEvents   = 5000
	flushEvery    = 200 * time.Millisecond
	// mostBad is how many messages in a row may be beyond understanding before
	// it is the shape that has changed.
	mostBad = 100
	// holeTolerance is how long nobody may have posted before it is a hole.
	// There are tens of posts a second.
	holeTolerance = 10 * time.Second
)

// reader is one connection. Whoever holds the token of turn may touch what is
// below it: the one who reads, or the one who sends what has waited.
type reader struct {
	conn    *websocket.Conn
	host    *host
	quiet   time.Duration
	out     stream.Out
	decoder *zstd.Decoder
	raw     bytes.Buffer
	plain   []byte
	tags    *event.TagNormaliser
	seen    map[string]bool
	bad     int // messages in a row
	events  int

	// waits is since when a message is waited for, Unix nanoseconds; 0 while
	// there is something to do: then it is us who are slow.
	waits atomic.Int64

	turn     chan struct{}
	batch    stream.Batch
	track    track
	outdated bool
}

func newReader(conn *websocket.Conn, h *host, cfg config.Bluesky, from cursor, out stream.Out) (*reader, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2 * maxMessage)}
	if h.dictionary != nil {
		options = append(options, zstd.WithDecoderDicts(h.dictionary.bytes))
	}
	decoder, err := zstd.NewReader(nil, options...)
	if err != nil {
		h.dictionary = nil // the next attempt asks for it anew
		return nil, ended(reasonDictionary, "use dictionary of %s: %w", h.name(), err)
	}
	return &reader{
		conn: conn, host: h, quiet: cfg.Quiet.D(), out: out, decoder: decoder,
		tags: event.NewTagNormaliser(), seen: make(map[string]bool), turn: make(chan struct{}, 1),
		track: track{host: h, rewind: cfg.Rewind.D(), from: from},
	}, nil
}

// run reads until the connection ends, and says why.
func (r *reader) run(ctx context.Context) error {
	defer r.decoder.Close()
	own, cancel := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	// Also after a panic nothing of this connection may go on.
	defer func() { cancel(nil); group.Wait() }()
	group.Go(func() { r.watch(own, cancel) })
	group.Go(func() { r.flushOld(own, cancel) })
	err := r.read(own)
	if reason := context.Cause(own); reason != nil && ctx.Err() == nil {
		err = reason
	}
	cancel(nil)
	group.Wait()
	if ctx.Err() != nil {
		return &stream.Error{Reason: reasonEnded, Err: ctx.Err()}
	}
	// What came before the end is not asked for again.
	if flushed := r.flush(ctx); flushed != nil {
		return errors.Join(err, flushed)
	}
	return err
}

func (r *reader) read(ctx context.Context) error {
	for {
		b, size, err := r.next(ctx)
		if err != nil {
			return err
		}
		select {
		case r.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		err = r.take(b, size)
		if err == nil && (len(r.batch.Mentions) >= batchMentions || r.batch.Events >= batchEvents) {
			err = r.flush(ctx)
		}
		<-r.turn
		if err != nil {
			return err
		}
	}
}

// next is one message, decompressed; size is what came over the network.
func (r *reader) next(ctx context.Context) (b []byte, size int, err error) {
	r.waits.Store(time.Now().UnixNano())
	kind, from, err := r.conn.Reader(ctx)
	if err == nil {
		r.raw.Reset()
		_, err = r.raw.ReadFrom(from)
	}
	r.waits.Store(0)
	if err != nil {
		return nil, 0, r.why(err)
	}
	b = r.raw.Bytes()
	if kind == websocket.MessageBinary {
		// What cannot be unpacked is empty, and no parser understands it.
		r.plain, _ = r.decoder.DecodeAll(b, r.plain[:0])
		b = r.plain
	}
	return b, r.raw.Len(), nil
}

// why tells the ends of a connection apart.
func (r *reader) why(err error) error {
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return ended(reasonTooBig, "read %s: a message has more than %d bytes", r.host.name(), 2*maxMessage)
	}
	if code := websocket.CloseStatus(err); code != -1 {
		return ended(reasonClosed, "read %s: the server closed the connection: %s", r.host.name(), code)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ended(reasonCut, "read %s: the connection broke", r.host.name())
	}
	return ended(reasonCut, "read %s: the connection broke: %w", r.host.name(), cause(err))
}

// take reads one message into the batch.
func (r *reader) take(b []byte, size int) error {
	r.batch.Bytes += int64(size)
	parse := parseV1
	if r.host.v2 {
		parse = parseV2
	}
	f, err := parse(b)
	switch {
	case err != nil:
		r.drop(stream.DroppedMessage)
		r.batch.NotUnderstood = err.Error()
		if r.bad++; r.bad >= mostBad {
			return ended(reasonShape, "read %s: %d messages in a row are not understood, the last one: %w", r.host.name(), r.bad, err)
		}
		return nil
	case f.failure == "ConsumerTooSlow":
		return ended(reasonTooSlow, "read %s: the server says that we read too slowly", r.host.name())
	case f.failure != "":
		return ended(reasonError, "read %s: the server says %s", r.host.name(), f.failure)
	case f.info != "":
		r.outdated = r.outdated || f.info == "OutdatedCursor"
		return nil
	}
	r.bad = 0
	if r.events == 0 {
		r.begin(f)
	}
	r.events++
	r.batch.Events++
	r.batch.At = f.at
	r.track.passed(f)
	if f.post != nil {
		r.batch.Posts++
		r.mention(f)
	}
	return nil
}

// begin compares the first event with the cursor: a server that no longer has
// what came after it begins later, and says so or not.
func (r *reader) begin(f frame) {
	from := r.track.from
	if from.isZero() {
		return
	}
	if gap := f.at.Sub(from.time()); r.outdated && gap > 0 || gap > holeTolerance {
		r.out.Say(stream.State{Via: r.host.via(), HoleFrom: from.time(), HoleTo: f.at})
	}
}

// mention makes one mention of each tag of a post. Its id is made from the
// position of the post, so that it is the same by whichever server and version
// it comes, and however often.
func (r *reader) mention(f frame) {
	p := f.post
	for range p.broken {
		r.drop("record")
	}
	clear(r.seen)
	for i, written := range p.tags {
		if i >= maxTags {
			r.drop(dropTooMany)
			continue
		}
		tag, dropped := r.tags.Tag(written)
		if dropped != "" {
			r.drop(dropped)
			continue
		}
		if r.seen[tag] {
			continue
		}
		r.seen[tag] = true
		r.batch.Mentions = append(r.batch.Mentions, &event.Mention{
			Id: event.ID(platform, p.did, p.rkey, tag), Platform: platform, Tag: tag,
			Language: p.language, AtMs: f.at.UnixMilli(),
		})
	}
}

func (r *reader) drop(reason string) {
	if r.batch.Dropped == nil {
		r.batch.Dropped = make(map[string]int)
	}
	r.batch.Dropped[reason]++
}

// flush hands the batch over; it waits while the broker is behind.
func (r *reader) flush(ctx context.Context) error {
	if r.batch.Bytes == 0 {
		return nil
	}
	b := r.batch
	if r.events > 0 {
		b.Cursor = r.track.cursor(time.Now()).String()
	}
	if err := r.out.Publish(ctx, b); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	r.batch = stream.Batch{}
	return nil
}

// flushOld sends what has waited for long enough.
func (r *reader) flushOld(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		select {
		case r.turn <- struct{}{}:
		case <-ctx.Done():
			return
		}
		err := r.flush(ctx)
		<-r.turn
		if err != nil {
			end(err)
			return
		}
	}
}

// watch ends a connection on which nothing comes, and asks once in between
// whether anybody is there.
func (r *reader) watch(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(r.quiet / 6)
	defer tick.Stop()
	asked := int64(0)
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		since := r.waits.Load()
		silent := time.Since(time.Unix(0, since))
		switch {
		case since == 0:
		case silent >= r.quiet:
			end(ended(reasonSilent, "read %s: nothing came for %s", r.host.name(), r.quiet))
			return
		case silent >= r.quiet/2 && asked != since:
			asked = since
			ping, cancel := context.WithTimeout(ctx, r.quiet/3)
			err := r.conn.Ping(ping)
			cancel()
			if err != nil && ctx.Err() == nil {
				end(ended(reasonSilent, "read %s: nothing came for %s, and a ping was not answered", r.host.name(), silent.Round(time.Second)))
				return
			}
		}
	}
}
