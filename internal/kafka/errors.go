package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// ErrUnknownTopic marks a topic that does not exist. Topics are created first,
// by EnsureTopics: a reader of a missing topic would wait for ever.
var ErrUnknownTopic = errors.New("unknown topic")

// ErrCompacted marks a topic whose cleanup policy is not delete.
var ErrCompacted = errors.New("topic is compacted")

// ErrPartitions marks a topic that must have another number of partitions.
var ErrPartitions = errors.New("wrong number of partitions; delete the topic and start again, and it is made anew")

// ErrTruncated marks a committed offset beyond the end of its partition: the
// log was lost, or made anew.
var ErrTruncated = errors.New("committed offset is beyond the end of the log")

// ErrTooLarge marks a message that no broker would take.
var ErrTooLarge = errors.New("message is too large")

// ErrClosed marks a client that was closed while a message was under way.
var ErrClosed = errors.New("client is closed")

// errImpatient is why a call ends that is not repeated for ever.
var errImpatient = fmt.Errorf("no success within %s", callPatience)

// isPermanent says whether the same call would fail the same way for ever.
func isPermanent(err error) bool {
	if errors.Is(err, ErrClosed) || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrUnknownTopic) ||
		errors.Is(err, ErrCompacted) || errors.Is(err, ErrPartitions) || isAuth(err) || isTLS(err) || isFenced(err) {
		return true
	}
	if _, ok := errors.AsType[kafkago.MessageTooLargeError](err); ok {
		return true
	}
	code, ok := errors.AsType[kafkago.Error](err)
	if !ok {
		return false
	}
	switch code {
	case kafkago.MessageSizeTooLarge, kafkago.RecordListTooLarge, kafkago.InvalidTopic,
		kafkago.TopicAuthorizationFailed, kafkago.GroupAuthorizationFailed, kafkago.ClusterAuthorizationFailed,
		kafkago.InvalidPartitionNumber, kafkago.InvalidReplicationFactor, kafkago.InvalidConfiguration,
		kafkago.InvalidRequest, kafkago.UnsupportedVersion, kafkago.PolicyViolation,
		kafkago.OffsetMetadataTooLarge, kafkago.InvalidGroupId, kafkago.InvalidRequiredAcks:
		return true
	default:
		return false
	}
}

// isFenced says that the group has moved on without this member.
func isFenced(err error) bool {
	return errors.Is(err, kafkago.IllegalGeneration) || errors.Is(err, kafkago.UnknownMemberId) ||
		errors.Is(err, kafkago.FencedInstanceID)
}

func isAuth(err error) bool {
	return errors.Is(err, kafkago.SASLAuthenticationFailed) ||
		errors.Is(err, kafkago.UnsupportedSASLMechanism) ||
		errors.Is(err, kafkago.IllegalSASLState)
}

func isTLS(err error) bool {
	var remote *net.OpError // an alert of the other side has no type of its own
	if errors.As(err, &remote) && remote.Op == "remote error" {
		return true
	}
	var (
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
	)
	return errors.As(err, &verify) || errors.As(err, &record) ||
		errors.As(err, &authority) || errors.As(err, &host)
}

// isCut says that the other side closed the connection.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// explain turns what a broker says into what a person can do. It never holds
// a secret: the error of a SASL exchange can quote it, so it is left out.
func (c *Client) explain(what string, err error) error {
	s := c.cfg.SASL
	switch {
	case errors.Is(err, kafkago.UnsupportedSASLMechanism):
		return fmt.Errorf("%s at %s: the broker does not offer the mechanism %s: %w",
			what, c.brokers(), s.Mechanism, kafkago.UnsupportedSASLMechanism)
	case isAuth(err):
		return fmt.Errorf("%s at %s: user %q is refused (%s): wrong user name or password: %w",
			what, c.brokers(), s.Username, s.Mechanism, kafkago.SASLAuthenticationFailed)
	case isTLS(err):
		return fmt.Errorf("%s at %s: check kafka.tls: %w", what, c.brokers(), err)
	default:
		return fmt.Errorf("%s at %s: %w", what, c.brokers(), err)
	}
}

// backoff grows from low to high, with jitter so that many clients do not come
// back at once.
type backoff struct{ low, high, next time.Duration }

func newBackoff(low, high time.Duration) *backoff {
	return &backoff{low: low, high: high, next: low}
}

func (b *backoff) delay() time.Duration {
	d := b.next
	b.next = min(2*b.next, b.high)
	return d/2 + rand.N(d/2+1)
}

// sleep returns false if ctx ended first.
func (b *backoff) sleep(ctx context.Context) bool { return pause(ctx, b.delay()) }

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// quiet lets one line in an interval through.
type quiet struct {
	every time.Duration
	last  time.Time
}

func newQuiet() *quiet { return &quiet{every: 30 * time.Second} }

func (q *quiet) speak() bool {
	if !q.last.IsZero() && time.Since(q.last) < q.every {
		return false
	}
	q.last = time.Now()
	return true
}
