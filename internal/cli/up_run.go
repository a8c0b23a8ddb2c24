package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/dashboards/viewer"
	"github.com/tidemark/tidemark/internal/embedded/broker"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/processors/store"
)

const engineLabel = "embedded (libchdb, single node, loopback only, no passwords)"

// upRun is one run of `tidemark up`.
type upRun struct {
	*system
	*embedded
	app    *app
	o      upOptions
	dir    *instance.Dir
	server *obs.Server

	mu       sync.Mutex
	progress viewer.Case
}

func (u *upRun) addresses() instance.Run {
	return instance.Run{
		Broker: u.broker.Addr(), ClickHouseHTTP: u.clickhouseURL(),
		Page: "http://" + reachable(u.server.Addr()), StartedAt: u.startedAt,
	}
}

// reachable is an address for this machine: 0.0.0.0 is none.
func reachable(listens string) string {
	host, port, err := net.SplitHostPort(listens)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listens
}

// start announces the instance, prepares it and greets.
func (u *upRun) start(ctx context.Context) error {
	if err := u.dir.Announce(u.addresses()); err != nil {
		return err
	}
	u.banner()
	return u.prepare(ctx)
}

func (u *upRun) banner() {
	run, out := u.addresses(), u.app.stdout
	fmt.Fprintf(out, `Tidemark %s runs here, for one machine:

  page        %s
  ClickHouse  %s   %s
  broker      %s   %s
  data        %s

  ask         tidemark sql --data-dir %s "SELECT count() FROM v_readings"
  look        tidemark status --data-dir %s
  stop        Ctrl-C, or kill %d

`, u.build.Version, run.Page, run.ClickHouseHTTP, engineLabel, run.Broker, broker.Label,
		u.dir.Path(), u.dir.Path(), u.dir.Path(), os.Getpid())
	notices := u.cfg.Notices()
	if !u.o.noCollect {
		notices = append(notices, traffic(u.cfg)...)
	}
	for _, notice := range notices {
		fmt.Fprintln(out, "notice:", notice)
	}
}

// casePart loads the recorded case once. Without the mark, which is written
// only when the broker has everything, it is loaded again: that changes nothing.
func (u *upRun) casePart() part {
	return u.after("case", func(ctx context.Context) error {
		if u.o.recording == "none" {
			return nil
		}
		r, err := replay.Open(u.o.recording)
		if err != nil {
			return err
		}
		version, total, err := recordingVersion(r)
		if err != nil {
			return err
		}
		u.setProgress(0, total)
		if u.dir.Marked(r.Name(), version) {
			u.setProgress(total, total)
			return nil
		}
		fmt.Fprintf(u.app.stdout, "loading the case %s: %d messages\n", r.Name(), total)
		begin := time.Now()
		show := u.app.newProgress(r.Name(), total)
		err = r.Run(ctx, batches{u.kafka}, replay.Options{Past: tellPast(u.kafka), Progress: func(done, _ int) {
			show.set(done)
			u.setProgress(min(done, total-1), total)
		}})
		show.end(err == nil)
		if err != nil {
			return err
		}
		if err := u.dir.Mark(r.Name(), version); err != nil {
			return err
		}
		u.setProgress(total, total)
		fmt.Fprintf(u.app.stdout, "loaded the case %s in %.1f s\n", r.Name(), time.Since(begin).Seconds())
		return nil
	})
}

// recordingVersion is made from the messages themselves: whatever changes them
// makes a new version, and nobody has to think of it.
func recordingVersion(r *replay.Recording) (version string, total int, err error) {
	sum := sha256.New()
	for m, err := range r.Messages() {
		if err != nil {
			return "", 0, err
		}
		b, err := event.Marshal(m.Msg)
		if err != nil {
			return "", 0, err
		}
		sum.Write([]byte(m.Key))
		sum.Write(b)
		total++
	}
	return hex.EncodeToString(sum.Sum(nil)[:12]), total, nil
}

func (u *upRun) setProgress(done, total int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.progress = viewer.Case{Name: u.o.recording, Loaded: done, Total: total, Done: done == total}
}

// status is what the page cannot know by itself.
func (u *upRun) status(ctx context.Context) (viewer.Status, error) {
	run := u.addresses()
	s := viewer.Status{
		Broker: run.Broker, ClickHouseHTTP: run.ClickHouseHTTP, Page: run.Page,
		BrokerAbout: broker.Label, EngineAbout: engineLabel,
		Version: u.build.Version, StartedAt: run.StartedAt,
	}
	u.mu.Lock()
	s.Case = u.progress
	u.mu.Unlock()
	if s.Case.Name == "" && u.o.recording != "none" {
		s.Case.Name = u.o.recording // it has not begun to load
	}
	storage, sizesErr := u.storage(ctx)
	s.Storage = storage
	lags, err := u.kafka.Lag(ctx, u.storeGroup(), store.Topics())
	for _, l := range lags {
		s.Lag = append(s.Lag, viewer.Lag(l))
	}
	return s, errors.Join(err, sizesErr)
}

func (u *upRun) pagePart() part {
	return part{name: "page", run: func(ctx context.Context) error {
		page, err := u.pageOf(u.status)
		if err != nil {
			return err
		}
		both, err := u.imports(u.server.Addr(), page)
		if err != nil {
			return err
		}
		return u.server.Run(ctx, u.gather, u.health, both)
	}}
}

// clientsPart watches the broker, and closes the clients before it ends.
func (u *upRun) clientsPart() part {
	loop := u.health.Loop("broker", embeddedHangs)
	return part{name: "clients", run: func(ctx context.Context) error {
		defer u.close()
		for sleep(ctx, lagEvery) == nil {
			if _, err := u.kafka.Lag(ctx, u.storeGroup(), store.Topics()); err == nil {
				loop.Turn()
			}
		}
		return nil
	}}
}

func (u *upRun) brokerPart() part {
	return part{name: "broker", run: u.broker.Run}
}

// enginePart keeps the engine running, and watches that it answers.
func (u *upRun) enginePart() part {
	loop := u.health.Loop("engine", embeddedHangs)
	return part{name: "engine", run: func(ctx context.Context) error {
		watch, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			for sleep(watch, lagEvery) == nil {
				if answers(watch, u.clickhouseURL()+"/ping") {
					loop.Turn()
				}
			}
		}()
		return u.runEngine(ctx, u.log)
	}}
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, lagEvery)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
