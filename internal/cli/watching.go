package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
)

// watchPoll is how often a running process looks at its watch file.
const watchPoll = 5 * time.Second

// watching tells what runs that the watch file has changed.
type watching struct {
	cfg  *config.Config // without the file
	seen time.Time      // when the file was written that is in force
	size int64
}

// newWatching lays the watch file over cfg for the first time. A mistake in it
// keeps the process from starting, as one in the configuration does.
func newWatching(cfg *config.Config) (*watching, *config.Config, error) {
	w := &watching{cfg: cfg}
	w.changed()
	with, err := w.read()
	return w, with, err
}

func (w *watching) read() (*config.Config, error) {
	if w.cfg.Watch.File == "" {
		return w.cfg, nil
	}
	additions, err := config.ReadWatchFile(w.cfg.Watch.File)
	if err != nil {
		return nil, err
	}
	return w.cfg.WithAdditions(additions)
}

// changed says whether the file is another one than last time. One that cannot
// be looked at is as it was.
func (w *watching) changed() bool {
	if w.cfg.Watch.File == "" {
		return false
	}
	info, err := os.Stat(w.cfg.Watch.File)
	if err != nil {
		if !os.IsNotExist(err) || w.size == 0 {
			return false
		}
		w.seen, w.size = time.Time{}, 0
		return true
	}
	if info.ModTime().Equal(w.seen) && info.Size() == w.size {
		return false
	}
	w.seen, w.size = info.ModTime(), info.Size()
	return true
}

// watchedIn lays the watch file of an instance in dir over cfg, unless the
// configuration names another file; without a dir there is only that one.
func watchedIn(cfg *config.Config, dir string) (*config.Config, error) {
	if cfg.Watch.File == "" && dir != "" {
		cfg.Watch.File = filepath.Join(dir, watchFileName)
	}
	_, with, err := newWatching(cfg)
	return with, err
}

// watchPart looks at the watch file until ctx ends, and hands every new
// watchlist on. A mistake in the file is said once, and the former list stays.
func (s *system) watchPart() part {
	if s.ch != nil {
		s.rewatch = append(s.rewatch, func(ctx context.Context, cfg *config.Config, _ []collectors.Entry) {
			if err := s.ch.SyncWatch(ctx, cfg.Watch); err != nil {
				s.log.ErrorContext(ctx, "watchlist is not written; it is at the next start", "err", err)
			}
		})
	}
	return s.after("watch", func(ctx context.Context) error {
		for sleep(ctx, watchPoll) == nil {
			s.rereadWatch(ctx)
		}
		return nil
	})
}

// rereadWatch takes on a watch file that has changed. The sources are built
// before anybody is told: what one of them refuses is taken on by nobody.
func (s *system) rereadWatch(ctx context.Context) {
	if !s.watching.changed() {
		return
	}
	cfg, err := s.watching.read()
	var entries []collectors.Entry
	if err == nil {
		entries, err = s.polled(cfg)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "watch file has a mistake; what was watched stays watched", "err", err)
		return
	}
	s.log.InfoContext(ctx, "watch file has changed", "entities", len(cfg.Watch.Entities), "tags", len(cfg.Watch.Tags))
	for _, took := range s.rewatch {
		took(ctx, cfg, entries)
	}
}
