package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

const (
	// Label is what a person is to read wherever the broker is named.
	Label = "embedded (kfake, single node, no replication)"

	defaultPartitions = 4
	retentionEvery    = 30 * time.Second
	closeTimeout      = 5 * time.Second
	topicsTimeout     = 15 * time.Second
	loopback          = "127.0.0.1"
	// Committed offsets must outlive any holiday of the machine; kfake's
	// default forgets them after a week.
	offsetsRetentionMinutes = 10 * 365 * 24 * 60
)

// Config says where the broker keeps its log and where it listens.
type Config struct {
	// DataDir holds the log; empty means memory, which grows until retention.
	DataDir string
	// Listen is 127.0.0.1:PORT; port 0 means a free one. Empty: any free one.
	Listen string
	// Partitions of a topic that is created; 0 means 4.
	Partitions int
	// SyncWrites makes every batch survive a power cut, at a third to a half
	// of the throughput. Without it a kill of the process loses nothing, a
	// power cut can lose the last seconds.
	SyncWrites bool
	// Topics exist when Open returns, each with explicit retention.
	Topics []event.Topic
}

// Broker is a running embedded broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *dirLock
	addr    string
	log     *slog.Logger

	closeOnce sync.Once
	errClose  error
}

// Open locks the data directory, starts the broker and creates the topics. The
// broker answers when Open returns. Close it by Close, or by ending Run.
func Open(cfg Config, root *slog.Logger) (*Broker, error) {
	log := root.With("component", "broker")
	port, err := parseListen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	b := &Broker{lock: lock, log: log}
	start := time.Now()
	if b.cluster, err = kfake.NewCluster(options(cfg, port, log)...); err != nil {
		lock.release()
		return nil, openError(cfg, err)
	}
	// kfake reads the whole log into memory at start. Without this the process
	// would keep that much for minutes.
	debug.FreeOSMemory()
	b.addr = b.cluster.ListenAddrs()[0]
	if err := b.createTopics(cfg, root); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	log.Info("broker started", "broker", Label, "addr", b.addr, "data_dir", cfg.DataDir,
		"sync_writes", cfg.SyncWrites, "took", time.Since(start))
	return b, nil
}

// Addr is the address that clients use, 127.0.0.1:PORT.
func (b *Broker) Addr() string { return b.addr }

// Run applies retention until ctx ends, and then closes the broker.
func (b *Broker) Run(ctx context.Context) error { return b.run(ctx, retentionEvery) }

func (b *Broker) run(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return b.Close()
		case <-tick.C:
			// kfake's own ticker does not run after a restart.
			b.cluster.ApplyRetention()
		}
	}
}

// Close writes the state to disk and gives the data directory free. It may be
// called more than once.
func (b *Broker) Close() error {
	b.closeOnce.Do(func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.cluster.Close()
			b.lock.release()
		}()
		select {
		case <-done:
			b.log.Info("broker closed", "addr", b.addr)
		case <-time.After(closeTimeout):
			b.errClose = fmt.Errorf("close broker: still busy after %s", closeTimeout)
		}
	})
	return b.errClose
}

// createTopics goes through the same client as with a server, so that there is
// one place which knows how a topic is made.
func (b *Broker) createTopics(cfg Config, root *slog.Logger) error {
	if len(cfg.Topics) == 0 {
		return nil
	}
	partitions := cfg.Partitions
	if partitions <= 0 {
		partitions = defaultPartitions
	}
	c, err := kafka.New(config.Kafka{
		Brokers: []string{b.addr}, Partitions: partitions, ReplicationFactor: 1,
	}, "tidemark-broker", nil, root)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), topicsTimeout)
	defer cancel()
	return c.EnsureTopics(ctx, cfg.Topics)
}

func options(cfg Config, port int, log *slog.Logger) []kfake.Opt {
	partitions := cfg.Partitions
	if partitions <= 0 {
		partitions = defaultPartitions
	}
	opts := []kfake.Opt{
		kfake.Ports(port),
		kfake.DefaultNumPartitions(partitions),
		kfake.ClusterID("tidemark-embedded"),
		kfake.WithLogger(logAdapter{log}),
		kfake.BrokerConfigs(map[string]string{
			"offsets.retention.minutes": strconv.Itoa(offsetsRetentionMinutes),
		}),
	}
	if cfg.DataDir != "" {
		opts = append(opts, kfake.DataDir(filepath.Join(cfg.DataDir, "log")))
	}
	if cfg.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	return opts
}

func parseListen(listen string) (port int, err error) {
	if listen == "" {
		return 0, nil
	}
	host, p, err := net.SplitHostPort(listen)
	if err != nil {
		return 0, fmt.Errorf("parse broker address %q: want 127.0.0.1:PORT", listen)
	}
	if host != loopback && host != "localhost" {
		return 0, fmt.Errorf("listen on %s: the embedded broker has no users and no encryption, it listens on 127.0.0.1 only", listen)
	}
	port, err = strconv.Atoi(p)
	if err != nil || port < 0 || port > 65535 {
		return 0, fmt.Errorf("parse broker address %q: want a port from 0 to 65535", listen)
	}
	return port, nil
}

func openError(cfg Config, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %s: the port is in use by another process", cfg.Listen)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("open broker data directory %s: not writable: %w", cfg.DataDir, err)
	default:
		return fmt.Errorf("open broker data directory %s: %w", cfg.DataDir, err)
	}
}
