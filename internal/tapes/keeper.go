package tapes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"google.golang.org/protobuf/proto"
)

const (
	// queueBytes is what may wait for the disk; queueTapes is how many tapes.
	queueBytes = 32 << 20
	queueTapes = 4096
	// fileBytes is how long a file grows before the next is begun, so that the
	// oldest can go in small steps.
	fileBytes  = 32 << 20
	cleanEvery = 10 * time.Minute
)

// Config says where tapes are kept, and how long.
type Config struct {
	// Dir is the directory; empty: nothing is kept.
	Dir string
	// Keep is how old a tape may become.
	Keep time.Duration
	// MaxBytes is how large all files together may become.
	MaxBytes int64
}

// Keeper writes tapes in the background. Nothing that goes wrong here holds up
// a look or makes it fail.
type Keeper struct {
	cfg   Config
	log   *slog.Logger
	m     *metrics
	queue chan parcel
	room  *semaphore.Weighted

	zstd   *zstd.Encoder
	broken bool // the last write failed, and was told
}

type parcel struct {
	tape Tape
	size int64
}

// NewKeeper makes a Keeper. It touches no disk.
func NewKeeper(cfg Config, reg prometheus.Registerer, log *slog.Logger) *Keeper {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Keeper{
		cfg: cfg, log: log.With("component", "tapes"), m: newMetrics(reg),
		queue: make(chan parcel, queueTapes), room: semaphore.NewWeighted(queueBytes),
	}
}

// On says whether anything is kept.
func (k *Keeper) On() bool { return k != nil && k.cfg.Dir != "" && k.cfg.Keep > 0 }

// Keep takes a tape over and returns at once. Where the disk cannot follow the
// tape is dropped and counted. whole is false for a look that brought more than
// is kept.
func (k *Keeper) Keep(t Tape, whole bool) {
	if !k.On() || whole && len(t.Exchanges) == 0 {
		return
	}
	source := t.Look.GetSource()
	if !whole {
		k.m.looks.WithLabelValues(source, "too_large").Inc()
		return
	}
	p := parcel{tape: t, size: int64(proto.Size(t.Look))}
	for _, e := range t.Exchanges {
		p.size += int64(len(e.Body) + len(e.URL) + len(e.Err))
	}
	p.size = min(p.size, queueBytes)
	if k.room.TryAcquire(p.size) {
		select {
		case k.queue <- p:
			return
		default:
			k.room.Release(p.size)
		}
	}
	k.m.looks.WithLabelValues(source, "dropped").Inc()
}

// Run writes until ctx ends, and then what still waits.
func (k *Keeper) Run(ctx context.Context) error {
	if !k.On() {
		return nil
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("make compressor: %w", err)
	}
	k.zstd = z
	clean := time.NewTicker(cleanEvery)
	defer clean.Stop()
	k.clean(ctx)
	for {
		select {
		case p := <-k.queue:
			k.take(ctx, p)
		case <-clean.C:
			k.clean(ctx)
		case <-ctx.Done():
			for {
				select {
				case p := <-k.queue:
					k.take(ctx, p)
				default:
					return nil
				}
			}
		}
	}
}

func (k *Keeper) take(ctx context.Context, p parcel) {
	defer k.room.Release(p.size)
	source := p.tape.Look.GetSource()
	full, err := k.write(p.tape)
	if err == nil {
		k.m.looks.WithLabelValues(source, "kept").Inc()
		if k.broken {
			k.broken = false
			k.log.InfoContext(ctx, "raw answers are kept again")
		}
		if full {
			k.clean(ctx)
		}
		return
	}
	k.m.looks.WithLabelValues(source, "failed").Inc()
	if !k.broken {
		k.broken = true
		k.log.WarnContext(ctx, "raw answers cannot be kept; looks go on without", "dir", k.cfg.Dir, "err", err)
	}
}

// write appends a tape to the file of its day; full says that it was the last
// one of the file.
func (k *Keeper) write(t Tape) (full bool, err error) {
	frame, err := encode(t, k.zstd)
	if err != nil {
		return false, err
	}
	folder := filepath.Join(k.cfg.Dir, t.Look.GetSource())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return false, fmt.Errorf("keep tape: %w", err)
	}
	day := time.UnixMilli(t.Look.GetSeenAtMs()).UTC().Format(dayFormat)
	for number := 0; ; number++ {
		path := filepath.Join(folder, fmt.Sprintf("%s.%d.tape", day, number))
		info, err := os.Stat(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("keep tape: %w", err)
		}
		var size int64
		if err == nil {
			size = info.Size()
		}
		if size >= fileBytes {
			continue
		}
		if err := appendTo(path, size, frame); err != nil {
			return false, fmt.Errorf("keep tape: %w", err)
		}
		k.m.bytes.Add(float64(len(frame)))
		return size+int64(len(frame)) >= fileBytes, nil
	}
}

// appendTo writes a frame at the end of a file. What a full disk cut short is
// taken away again.
func appendTo(path string, size int64, frame []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(frame); err != nil {
		return errors.Join(err, f.Truncate(size), f.Close())
	}
	return f.Close()
}

// clean removes the files that are too old, and then the oldest until the rest
// is small enough.
func (k *Keeper) clean(ctx context.Context) {
	files, err := list(k.cfg.Dir)
	if err != nil {
		k.log.WarnContext(ctx, "old raw answers cannot be found", "err", err)
		return
	}
	var total int64
	for _, f := range files {
		total += f.size
	}
	now := time.Now()
	for _, f := range files {
		var reason string
		switch {
		case now.Sub(f.day.AddDate(0, 0, 1)) > k.cfg.Keep:
			reason = "age"
		case total > k.cfg.MaxBytes:
			reason = "size"
		default:
			continue
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.log.WarnContext(ctx, "old raw answers cannot be removed", "err", err)
			continue
		}
		total -= f.size
		k.m.removed.WithLabelValues(reason).Inc()
		_ = os.Remove(filepath.Dir(f.path)) // fails unless it is empty
	}
	k.m.bytes.Set(float64(total))
}

// metrics of the tapes.
type metrics struct {
	looks   *prometheus.CounterVec
	removed *prometheus.CounterVec
	bytes   prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		looks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_raw_looks_total",
			Help: "Looks whose raw answers were kept, dropped (the disk could not follow), failed (it refused), or too_large.",
		}, []string{"source", "result"}),
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_raw_removed_files_total",
			Help: "Files of raw answers that were removed for their age, or for the size of all.",
		}, []string{"reason"}),
		bytes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tidemark_raw_bytes",
			Help: "Size of all files of raw answers.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.looks, m.removed, m.bytes)
	}
	return m
}
