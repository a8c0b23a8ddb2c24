package clickhouse

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

const password = "s3cr%25et%2Fword"

func TestDSN(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]struct {
		protocol ch.Protocol
		addr     string
		database string
		tls      bool
	}{
		"clickhouse://host:9000/tide":              {ch.Native, "clickhouse://host:9000/tide", "tide", false},
		"clickhouse://u:p@host:9440/t?secure=true": {ch.Native, "clickhouse://host:9440/t", "t", true},
		"clickhouse://a:9000,b:9000/t":             {ch.Native, "clickhouse://a:9000,b:9000/t", "t", false},
		"http://host:8123":                         {ch.HTTP, "http://host:8123/tidemark", "tidemark", false},
		"https://host:8443/?compress=zstd":         {ch.HTTP, "https://host:8443/tidemark", "tidemark", true},
		"clickhouse://u:p@host:9000":               {ch.Native, "clickhouse://host:9000/tidemark", "tidemark", false},
		"http://host:8123/default":                 {ch.HTTP, "http://host:8123/default", "default", false},
		"https://host:8443/t":                      {ch.HTTP, "https://host:8443/t", "t", true},
		"https://host:8443/t?compress=zstd":        {ch.HTTP, "https://host:8443/t", "t", true},
	} {
		o, err := parseOptions(config.ClickHouse{DSN: config.Secret(dsn)})
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		if o.Protocol != want.protocol || addrOf(o) != want.addr || o.Auth.Database != want.database || o.TLS != nil != want.tls {
			t.Errorf("%s: %v %s %s tls=%v", dsn, o.Protocol, addrOf(o), o.Auth.Database, o.TLS != nil)
		}
		if o.Compression == nil {
			t.Errorf("%s: no compression to another machine", dsn)
		}
	}
	if o, err := parseOptions(config.ClickHouse{DSN: "http://127.0.0.1:8123/t"}); err != nil || o.Compression != nil {
		t.Errorf("compression on the same machine (%v)", err)
	}
}

// TestPasswordFromAFile: as an orchestrator hands out secrets.
func TestPasswordFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("s3c/ret@#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.ClickHouse{DSN: "clickhouse://u@host:9000/t", PasswordFile: file}
	if o, err := parseOptions(cfg); err != nil || o.Auth.Username != "u" || o.Auth.Password != "s3c/ret@#" {
		t.Errorf("%v, %v", o, err)
	}
	if err := os.WriteFile(file, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := parseOptions(cfg); err == nil {
		t.Error("an empty file passes")
	}
}

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(noPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cfg  config.ClickHouse
		want string
	}{
		"no scheme": {config.ClickHouse{DSN: "host:9000"}, "has no scheme"},
		"scheme":    {config.ClickHouse{DSN: "mysql://u:" + password + "@host/t"}, `has the scheme "mysql"`},
		"port":      {config.ClickHouse{DSN: "clickhouse://u:" + password + "@host:abc/t"}, "clickhouse.dsn"},
		"http tls":  {config.ClickHouse{DSN: "http://host/t", TLS: config.TLS{Enabled: true}}, "want https://"},
		"ca":        {config.ClickHouse{DSN: "https://host/t", TLS: config.TLS{CAFile: noPEM}}, "has no certificate"},
		"ca file":   {config.ClickHouse{DSN: "https://host/t", TLS: config.TLS{CAFile: dir + "/none"}}, "read ca_file"},
		"cert":      {config.ClickHouse{DSN: "https://host/t", TLS: config.TLS{CertFile: dir + "/none"}}, "read cert_file and key_file"},
		"cluster":   {config.ClickHouse{DSN: "http://host/t", Cluster: "a'b"}, "is no name of a cluster"},
		"retention": {config.ClickHouse{DSN: "http://host/t", Retention: -1}, "is negative"},
	} {
		_, err := Open(test.cfg, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %q", name, err, test.want)
			continue
		}
		noPassword(t, name, err.Error())
	}
}

func noPassword(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range []string{"s3cr", "et/word", "et%2Fword"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows the password: %s", what, text)
		}
	}
}

// TestPasswordNeverShows: in no error and no log line, over either protocol,
// whether nobody listens or the server says no.
func TestPasswordNeverShows(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-ClickHouse-Exception-Code", "516")
		http.Error(w, "Code: 516. DB::Exception: u: Authentication failed (AUTHENTICATION_FAILED)", http.StatusForbidden)
	}))
	defer refusing.Close()
	for name, dsn := range map[string]string{
		"native, nobody there": "clickhouse://u:" + password + "@127.0.0.1:1/t",
		"http, nobody there":   "http://u:" + password + "@127.0.0.1:1/t",
		"https, no TLS there":  "https://u:" + password + "@" + refusing.Listener.Addr().String() + "/t",
		"http, refused":        "http://u:" + password + "@" + refusing.Listener.Addr().String() + "/t",
	} {
		var logged bytes.Buffer
		c, err := Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refused, patience := strings.HasSuffix(name, "refused"), 300*time.Millisecond
		if refused {
			patience = time.Minute // it does not wait where the server says no
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err = c.Wait(ctx)
		cancel()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		noPassword(t, name, err.Error()+logged.String())
		if refused != IsPermanent(err) {
			t.Errorf("%s: permanent is %v: %v", name, IsPermanent(err), err)
		}
		c.Close()
	}
}

// TestWaitForAServerThatComesLater: it returns when the server is there, and
// has said meanwhile what it waits for.
func TestWaitForAServerThatComesLater(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	engine := strings.TrimPrefix(dsn, "http://")
	host, database, _ := strings.Cut(engine, "/")
	var up atomic.Bool
	addr := relay(t, host, &up)
	logged := make(said, 100)
	c, err := Open(config.ClickHouse{DSN: config.Secret("http://" + addr + "/" + database)}, slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	done := make(chan error, 1)
	go func() { done <- c.Wait(t.Context()) }()
	select {
	case err := <-done:
		t.Fatalf("returned too early: %v", err)
	case line := <-logged:
		if !strings.Contains(line, "waiting for clickhouse") || !strings.Contains(line, addr) {
			t.Errorf("log says %q", line)
		}
	}
	up.Store(true)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// said is what is logged, line by line.
type said chan string

func (s said) Write(p []byte) (int, error) {
	s <- string(p)
	return len(p), nil
}

// relay forwards connections to addr while up, and drops them otherwise.
func relay(t *testing.T, addr string, up *atomic.Bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			if !up.Load() {
				client.Close()
				continue
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				client.Close()
				continue
			}
			go func() { _, _ = io.Copy(server, client); server.Close() }()
			go func() { _, _ = io.Copy(client, server); client.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestErrorsAreTyped(t *testing.T) {
	t.Parallel()
	c := open(t)
	err := c.Exec(t.Context(), "SELECT * FROM nowhere")
	if Code(err) != codeUnknownTable || !IsPermanent(err) {
		t.Errorf("code %d of %v", Code(err), err)
	}
	if IsPermanent(context.DeadlineExceeded) || IsPermanent(nil) {
		t.Error("a time-out passes")
	}
}

func TestQueryValues(t *testing.T) {
	t.Parallel()
	c := open(t)
	rows, err := c.Query(t.Context(), "SELECT toUInt8(?) AS a, NULL::Nullable(String) AS b, [1, 2] AS c, 'x'::Nullable(String) AS d", 7)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	v, err := rows.Values()
	if err != nil {
		t.Fatal(err)
	}
	if v[0] != uint8(7) || v[1] != nil || v[3] != "x" || rows.Columns()[2] != "c" || rows.Types()[2] != "Array(UInt8)" {
		t.Errorf("values %v, columns %v, types %v", v, rows.Columns(), rows.Types())
	}
	body, err := c.QueryFormat(t.Context(), "JSONEachRow", "SELECT 1 AS one")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, err := io.ReadAll(body); err != nil || string(text) != "{\"one\":1}\n" {
		t.Errorf("got %q (%v)", text, err)
	}
}
