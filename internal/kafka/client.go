package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"golang.org/x/sync/semaphore"

	"github.com/tidemark/tidemark/internal/config"
)

const (
	dialTimeout = 5 * time.Second
	callTimeout = 10 * time.Second
	// callPatience is how long a call is repeated before its error is given
	// back: pooled connections break once or twice after a broker restart.
	callPatience = 15 * time.Second
	closeGrace   = 3 * time.Second
)

// Client talks to one Kafka. It is safe for use by many goroutines; a process
// needs one.
type Client struct {
	cfg       config.Kafka
	addr      net.Addr
	dialer    *kafkago.Dialer
	sasl      *countedSASL // nil without a user
	transport *kafkago.Transport
	admin     *kafkago.Client
	gate      *gate
	writer    *kafkago.Writer
	inFlight  *semaphore.Weighted
	m         *metrics
	log       *slog.Logger
	closeOnce sync.Once
}

// New makes a client. It reads the files that the configuration names, and does
// not touch the network. A nil registry means no metrics.
func New(cfg config.Kafka, clientID string, reg prometheus.Registerer, log *slog.Logger) (*Client, error) {
	if len(cfg.Brokers) == 0 {
		return nil, errors.New("read kafka configuration: brokers is empty")
	}
	tlsConfig, err := loadTLS(cfg.TLS)
	if err != nil {
		return nil, err
	}
	user, err := loadSASL(cfg.SASL)
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, addr: kafkago.TCP(cfg.Brokers...), sasl: user, m: m, log: log.With("component", "kafka")}
	c.connectBy(clientID, tlsConfig)
	return c, nil
}

// connectBy sets up the one Transport that everything shares: a writer on
// another one than the admin client does not see new topics for seconds.
func (c *Client) connectBy(clientID string, tlsConfig *tls.Config) {
	var mechanism sasl.Mechanism
	if c.sasl != nil {
		mechanism = c.sasl
	}
	dial := (&net.Dialer{Timeout: dialTimeout}).DialContext
	c.transport = &kafkago.Transport{
		Dial: dial, DialTimeout: dialTimeout, ClientID: clientID, TLS: tlsConfig, SASL: mechanism,
	}
	c.dialer = &kafkago.Dialer{
		DialFunc: dial, Timeout: dialTimeout, ClientID: clientID, TLS: tlsConfig, SASLMechanism: mechanism,
	}
	c.admin = &kafkago.Client{Addr: c.addr, Transport: c.transport, Timeout: callTimeout}
	c.gate = newGate(c.transport)
	c.writer = newWriter(c.addr, c.gate, c.log)
	c.inFlight = semaphore.NewWeighted(maxInFlight)
}

// Wait returns when a broker answers. It logs why it waits, and gives up at
// once where waiting cannot help: a wrong password, an untrusted certificate.
func (c *Client) Wait(ctx context.Context) error {
	return c.persist(ctx, "wait for kafka", func(ctx context.Context) error {
		if _, err := c.admin.ApiVersions(ctx, &kafkago.ApiVersionsRequest{}); err != nil {
			return err
		}
		_, err := c.admin.Metadata(ctx, &kafkago.MetadataRequest{Addr: c.addr})
		return err
	})
}

// Close waits a moment for what is being sent, and closes all connections.
func (c *Client) Close() {
	c.closeOnce.Do(func() {
		timer := time.AfterFunc(closeGrace, c.gate.close)
		defer timer.Stop()
		if err := c.writer.Close(); err != nil {
			c.log.Warn("close writer", "err", err)
		}
		c.gate.close()
		c.transport.CloseIdleConnections()
	})
}

// call repeats fn for callPatience where repeating can help.
func (c *Client) call(ctx context.Context, what string, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callPatience, errImpatient)
	defer cancel()
	return c.persist(ctx, what, fn)
}

// persist repeats fn until it succeeds, repeating cannot help, or ctx ends. It
// logs the first failure and then one in thirty seconds.
func (c *Client) persist(ctx context.Context, what string, fn func(context.Context) error) error {
	b := newBackoff(50*time.Millisecond, 2*time.Second)
	quiet := newQuiet()
	for {
		attempt, cancel := context.WithTimeout(ctx, callTimeout)
		err := fn(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if isCut(err) && c.sasl.refused() {
			err = kafkago.SASLAuthenticationFailed
		}
		if isPermanent(err) {
			return c.explain(what, err)
		}
		if ctx.Err() != nil {
			return c.gaveUp(ctx, what, err)
		}
		if quiet.speak() {
			c.log.Warn("kafka does not answer, trying again", "doing", what, "brokers", c.brokers(), "err", err)
		}
		// The transport keeps an error of its first contact for seconds; a
		// fresh pool asks at once.
		c.transport.CloseIdleConnections()
		if !b.sleep(ctx) {
			return c.gaveUp(ctx, what, err)
		}
	}
}

func (c *Client) gaveUp(ctx context.Context, what string, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%s at %s: %w", what, c.brokers(), cause)
	}
	return fmt.Errorf("%s at %s: %w: %w", what, c.brokers(), cause, err)
}

func (c *Client) brokers() string { return strings.Join(c.cfg.Brokers, ",") }
