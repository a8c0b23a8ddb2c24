package clickhouse

import (
	"encoding/pem"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestTLS asks the engine through a TLS front with a certificate of its own.
func TestTLS(t *testing.T) {
	t.Parallel()
	plain, err := url.Parse(testkit.ClickHouse(t))
	if err != nil {
		t.Fatal(err)
	}
	database := plain.Path
	plain.Path = ""
	front := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(plain))
	defer front.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		tls  config.TLS
		want string
	}{
		"its certificate": {config.TLS{Enabled: true, CAFile: ca}, ""},
		"another name":    {config.TLS{CAFile: ca, ServerName: "example.com"}, ""},
		"no check":        {config.TLS{SkipVerify: true}, ""},
		"unknown to us":   {config.TLS{Enabled: true}, "certificate"},
		"the wrong name":  {config.TLS{CAFile: ca, ServerName: "elsewhere.test"}, "elsewhere.test"},
	} {
		c, err := Open(config.ClickHouse{DSN: config.Secret(front.URL + database), TLS: test.tls}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		err = c.Exec(t.Context(), "SELECT 1")
		c.Close()
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error is %v, want %q", name, err, test.want)
		}
	}
}
