package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
)

func TestPersist(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	synctest.Test(t, func(t *testing.T) {
		refused := fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
		answers := []error{refused, io.ErrUnexpectedEOF, refused, nil}
		tries := 0
		err := persist(t.Context(), log, "x", func(context.Context) error {
			tries++
			return answers[tries-1]
		})
		if err != nil || tries != 4 {
			t.Errorf("got %v after %d tries", err, tries)
		}

		wrong := errors.New("migration 003 was changed")
		tries = 0
		if err := persist(t.Context(), log, "x", func(context.Context) error { tries++; return wrong }); !errors.Is(err, wrong) || tries != 1 {
			t.Errorf("what needs a person: got %v after %d tries", err, tries)
		}

		ctx, cancel := context.WithCancel(t.Context())
		err = persist(ctx, log, "x", func(context.Context) error { cancel(); return refused })
		if !errors.Is(err, refused) {
			t.Errorf("an end in between: got %v", err)
		}
	})
}
