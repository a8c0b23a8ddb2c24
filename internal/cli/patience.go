package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// persist tries again while the reason may pass: a store that is being started
// anew, a full disk. What needs a person is returned at once.
func persist(ctx context.Context, log *slog.Logger, what string, try func(ctx context.Context) error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 200*time.Millisecond, 10*time.Second
	for {
		err := try(ctx)
		if err == nil || !mayPass(err) || ctx.Err() != nil {
			return err
		}
		log.Error("not done, trying again", "step", what, "err", err)
		if sleep(ctx, pauses.NextBackOff()) != nil {
			return err
		}
	}
}

func mayPass(err error) bool {
	if clickhouse.Code(err) != 0 {
		return !clickhouse.IsPermanent(err)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}
