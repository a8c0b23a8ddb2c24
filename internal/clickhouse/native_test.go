package clickhouse

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestNative speaks the native protocol to a true, if old, server: Debian's
// 18.16. It has no DateTime64 and little of our SQL, so the schema is small;
// what is tested is the way there and back.
func TestNative(t *testing.T) {
	t.Parallel()
	if os.Getenv("TIDEMARK_CLICKHOUSE18") == "" {
		t.Skip("slow: make slow runs it")
	}
	addr := clickhouse18(t)
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			t.Parallel()
			dsn := "clickhouse://tide:" + password + "@" + addr + "/default?compress=" + compress
			c, err := Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			nativeRoundTrip(t, c, "sink_"+compress)
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		c, err := Open(config.ClickHouse{DSN: config.Secret("clickhouse://tide:" + password + "x@" + addr + "/default")}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Wait(t.Context()); !isAuthentication(err) {
			t.Errorf("error is %v", err)
		} else {
			noPassword(t, "wrong password", err.Error())
		}
	})
}

func nativeRoundTrip(t *testing.T, c *Client, table string) {
	t.Helper()
	if err := c.Exec(t.Context(), "CREATE TABLE "+table+" (at DateTime, source String, value Float64, _topic String, _partition UInt16, _offset UInt64) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY at"); err != nil {
		t.Fatal(err)
	}
	const rows = 10_000
	var (
		at            Values[int64]
		source, topic Words
		value         Values[float64]
		partition     Values[uint16]
		offset        Values[uint64]
	)
	for i := range rows {
		at.Add(1_736_812_800 + int64(i))
		value.Add(float64(i))
		offset.Add(uint64(i / 10))
	}
	source.AddN("appstore", rows/2)
	source.AddN("mastodon", rows/2)
	topic.AddN("t", rows)
	partition.AddN(3, rows)
	b := Block{
		Table: table, ID: "sink:" + table + ":t:3:0-999",
		Defs: []ColumnDef{
			{"at", "DateTime"}, {"source", TypeString}, {"value", TypeFloat64}, {"_topic", TypeString}, {"_partition", TypeUInt16}, {"_offset", TypeUInt64},
		},
		Columns: []Column{&at, &source, &value, &topic, &partition, &offset},
	}
	if err := c.CheckColumns(t.Context(), table, b.Defs); err != nil {
		t.Error(err)
	}
	if err := c.Insert(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	place := Place{Table: table, Topic: "t", Partition: 3}
	if last, found, err := c.LastStored(t.Context(), place, 5); err != nil || !found || last != 999 {
		t.Errorf("last is %d %v %v", last, found, err)
	}
	stored, err := c.StoredOffsets(t.Context(), place, 990, 2000, "toUInt64(7)")
	if err != nil || len(stored) != 10 || stored[0].Identity != 7 {
		t.Errorf("stored are %v %v", stored, err)
	}
	if sum, err := SelectOne[string](t.Context(), c, "SELECT concat(toString(sum(value)), ' ', toString(uniqExact(source)), ' ', toString(min(toUInt32(at)))) FROM "+table); err != nil || sum != "49995000 2 1736812800" {
		t.Errorf("got %q (%v)", sum, err)
	}
	b.Table = "nowhere"
	if err := c.Insert(t.Context(), b); Code(err) != codeUnknownTable || !IsPermanent(err) {
		t.Errorf("error is %v, want code %d", err, codeUnknownTable)
	}
}

// clickhouse18 starts the server that `make clickhouse18` unpacked.
func clickhouse18(t *testing.T) (addr string) {
	t.Helper()
	binary := filepath.Join(os.Getenv("TIDEMARK_CLICKHOUSE18"), "clickhouse-server")
	_, err := os.Stat(binary)
	testkit.Need(t, "Debian's ClickHouse 18.16", "make clickhouse18", err == nil)
	dir := t.TempDir()
	addr = testkit.FreePort(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.xml", fmt.Sprintf(`<yandex><logger><level>warning</level><console>1</console></logger>
		<tcp_port>%s</tcp_port><listen_host>127.0.0.1</listen_host><path>%s/data/</path><tmp_path>%s/tmp/</tmp_path>
		<mark_cache_size>67108864</mark_cache_size><max_concurrent_queries>20</max_concurrent_queries>
		<users_config>%s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database></yandex>`,
		port, dir, dir, dir))
	write("users.xml", `<yandex><profiles><default/></profiles><quotas><default/></quotas>
		<users><tide><password>s3cr%et/word</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></tide></users></yandex>`)
	var out bytes.Buffer
	cmd := exec.Command(binary, "--config-file="+dir+"/config.xml")
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("server said:\n%s", out.String())
		}
	})
	for range 1200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the server did not come:\n%s", out.String())
	return ""
}
