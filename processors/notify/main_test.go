package notify_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

// TestMain can be a processor that is killed, for TestKillsTellNobodyTwice.
func TestMain(m *testing.M) {
	if os.Getenv("TIDEMARK_TEST_VICTIM") != "" {
		if err := beVictim(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	engine.MainHook()
	os.Exit(m.Run())
}
