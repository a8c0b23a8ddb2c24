package obs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server answers /metrics, /healthz and /readyz, and everything else by a page.
type Server struct {
	listener net.Listener
	server   *http.Server
	log      *slog.Logger
}

// Listen takes the address, so that a port in use is told at once, before
// anything is started. page may be nil.
func Listen(ctx context.Context, address string, log *slog.Logger) (*Server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: the address is in use; give another one with --http", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return &Server{listener: l, log: log.With("component", "http")}, nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run answers until ctx ends, and then lets requests finish for a moment.
func (s *Server) Run(ctx context.Context, reg prometheus.Gatherer, h *Health, page http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		ErrorLog:          promLog{s.log},
		EnableOpenMetrics: true,
	}))
	mux.Handle("GET /healthz", serveVerdict(h.alive))
	mux.Handle("GET /readyz", serveVerdict(h.ready))
	if page != nil {
		mux.Handle("/", page)
	}
	s.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err := s.server.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.server.Close()
		}
		stopped <- err
	})
	if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	}
	return <-stopped
}

// Close gives the address back if Run was never called.
func (s *Server) Close() error { return s.listener.Close() }

type promLog struct{ log *slog.Logger }

// Println is what promhttp calls when it cannot gather.
func (l promLog) Println(v ...any) { l.log.Error("gather metrics", "err", fmt.Sprint(v...)) }
