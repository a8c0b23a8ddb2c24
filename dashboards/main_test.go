package dashboards

import (
	"os"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/engine"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}
