package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/event"
)

const (
	// maxBatchBytes bounds a batch, and with it a message.
	maxBatchBytes = 4 << 20
	batchOverhead = 64 << 10
	// chunkBytes is how much PublishAll hands to the writer at once, and
	// maxInFlight how much may be under way in all, also for callers that
	// stopped waiting: without a bound, an absent broker would fill the memory.
	chunkBytes    = 8 << 20
	chunkMessages = 8000
	maxInFlight   = 64 << 20
	// messageOverhead is what kafka-go adds when it checks sizes.
	messageOverhead = 64
)

// Outgoing is a message to publish; messages with the same key keep their order.
type Outgoing struct {
	Key string
	Msg event.Validator
}

// newWriter sets everything whose default would lose or delay messages: the
// zero RequiredAcks is none, the zero BatchTimeout one second. The writer
// tries so often that in practice only the gate ends it, because a batch that
// it gave up would be overtaken by the next.
func newWriter(addr net.Addr, rt kafkago.RoundTripper, log *slog.Logger) *kafkago.Writer {
	return &kafkago.Writer{
		Addr:            addr,
		Transport:       rt,
		Balancer:        &pinBalancer{hash: &kafkago.Hash{}},
		RequiredAcks:    kafkago.RequireAll,
		BatchSize:       1000,
		BatchBytes:      maxBatchBytes,
		BatchTimeout:    5 * time.Millisecond,
		Compression:     kafkago.Zstd,
		MaxAttempts:     100_000,
		WriteBackoffMin: 20 * time.Millisecond,
		WriteBackoffMax: 500 * time.Millisecond,
		WriteTimeout:    callTimeout,
		ReadTimeout:     callTimeout,
		ErrorLogger:     newLibraryLog(log),
	}
}

// pinBalancer sends a message to the partition that it names, or to the one
// of its key.
type pinBalancer struct{ hash *kafkago.Hash }

// pin is the partition of a message that is for one partition.
type pin int

// Balance implements kafkago.Balancer.
func (b *pinBalancer) Balance(msg kafkago.Message, partitions ...int) int {
	if p, ok := msg.WriterData.(pin); ok {
		return int(p)
	}
	return b.hash.Balance(msg, partitions...)
}

// Publish sends one message and returns when every in-sync replica has it.
// While no broker answers, it waits until ctx ends; after an error of ctx the
// message may still arrive. Other errors say why the message can never be sent.
func (c *Client) Publish(ctx context.Context, topic, key string, m event.Validator) error {
	return c.PublishAll(ctx, topic, []Outgoing{{key, m}})
}

// PublishAll sends all messages and returns when all are acknowledged. All are
// checked before the first is sent. Like Publish, it waits for the broker.
func (c *Client) PublishAll(ctx context.Context, topic string, msgs []Outgoing) error {
	out := make([]kafkago.Message, len(msgs))
	for i, o := range msgs {
		m, err := encode(topic, o)
		if err != nil {
			c.m.published(topic, "invalid", 1)
			return fmt.Errorf("publish message %d of %d to %s: %w", i+1, len(msgs), topic, err)
		}
		out[i] = m
	}
	return c.publish(ctx, topic, out)
}

func encode(topic string, o Outgoing) (kafkago.Message, error) {
	b, err := event.Marshal(o.Msg)
	if err != nil {
		return kafkago.Message{}, err
	}
	if n := len(b) + len(o.Key) + messageOverhead + len(event.HeaderType) + 64; n > maxBatchBytes {
		return kafkago.Message{}, fmt.Errorf("%d bytes, at most %d: %w", n, maxBatchBytes, ErrTooLarge)
	}
	m := kafkago.Message{
		Topic: topic, Value: b,
		Headers: []kafkago.Header{{Key: event.HeaderType, Value: []byte(event.TypeName(o.Msg))}},
	}
	if o.Key != "" {
		m.Key = []byte(o.Key)
	}
	return m, nil
}

func (c *Client) publish(ctx context.Context, topic string, msgs []kafkago.Message) error {
	for len(msgs) > 0 {
		n, size := chunk(msgs)
		start := time.Now()
		if err := c.sendUntil(ctx, topic, msgs[:n], size); err != nil {
			c.m.published(topic, "failed", len(msgs))
			return fmt.Errorf("publish to %s: %d of the messages are not acknowledged: %w", topic, len(msgs), err)
		}
		c.m.published(topic, "ok", n)
		c.m.publishTook(topic, time.Since(start))
		msgs = msgs[n:]
	}
	return nil
}

func chunk(msgs []kafkago.Message) (n int, size int64) {
	for i := range msgs {
		s := int64(len(msgs[i].Key) + len(msgs[i].Value) + messageOverhead)
		if n == chunkMessages || n > 0 && size+s > chunkBytes {
			break
		}
		n, size = n+1, size+s
	}
	return n, size
}

// sendUntil sends again what failed and can succeed later, until ctx ends.
func (c *Client) sendUntil(ctx context.Context, topic string, msgs []kafkago.Message, size int64) error {
	b := newBackoff(50*time.Millisecond, 2*time.Second)
	quiet := newQuiet()
	for {
		err := c.send(ctx, msgs, size)
		if err == nil {
			return nil
		}
		var first error
		msgs, first = failed(msgs, err)
		switch {
		case isPermanent(first) && !isAuth(first) && !isTLS(first):
			return c.explain("write", first)
		case ctx.Err() != nil:
			return c.gaveUp(ctx, "write", first)
		}
		c.m.publishRetried(topic)
		if quiet.speak() {
			c.log.Warn("broker did not take messages, trying again", "topic", topic, "messages", len(msgs), "err", first)
		}
		c.transport.CloseIdleConnections()
		if !b.sleep(ctx) {
			return c.gaveUp(ctx, "write", first)
		}
	}
}

// send returns when the writer is done, or ctx ends; then the writer still
// holds the messages, and its share of what may be in flight, until it is done.
func (c *Client) send(ctx context.Context, msgs []kafkago.Message, size int64) error {
	size = min(size, maxInFlight)
	if err := c.inFlight.Acquire(ctx, size); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer c.inFlight.Release(size)
		done <- c.writer.WriteMessages(context.WithoutCancel(ctx), msgs...)
	}()
	select {
	case err := <-done:
		if errors.Is(err, io.ErrClosedPipe) {
			return ErrClosed
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failed returns the messages that were not acknowledged, and one reason,
// rather one that is permanent.
func failed(msgs []kafkago.Message, err error) ([]kafkago.Message, error) {
	var each kafkago.WriteErrors
	if !errors.As(err, &each) || len(each) != len(msgs) {
		return msgs, err
	}
	var again []kafkago.Message
	var first error
	for i, e := range each {
		if e == nil {
			continue
		}
		again = append(again, msgs[i])
		if first == nil || isPermanent(e) && !isPermanent(first) {
			first = e
		}
	}
	return again, first
}
