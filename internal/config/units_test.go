package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestDurationsReadAndWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"30s": "30s", "90s": "1m30s", "7d": "7d", "2w": "14d", "24h": "1d", "0": "0s", "0s": "0s", "1h": "1h", "1h0m5s": "1h0m5s", "500ms": "500ms",
	} {
		d, err := ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%s: got %s (%v), want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "1.5d", "99999999999w", "4294967295w", "d", "7 d"} {
		if d, err := ParseDuration(text); err == nil {
			t.Errorf("%q: got %s, want an error", text, d)
		}
	}
}

func TestBytesReadAndWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4MiB": "4MiB", "2GB": "1953125KiB", "1024": "1KiB", "1000": "1000B", "2 GiB": "2GiB", "0": "0", "512B": "512B",
	} {
		b, err := ParseBytes(text)
		if err != nil || b.String() != want {
			t.Errorf("%s: got %s (%v), want %s", text, b, err, want)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "9999999999TiB", "4mib"} {
		if b, err := ParseBytes(text); err == nil {
			t.Errorf("%q: got %s, want an error", text, b)
		}
	}
}

func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	const dsn = Secret("clickhouse://tidemark:s3cret@ch.example.org:9000/tidemark")
	for _, s := range []Secret{"s3cret", dsn, "https://u:s3cret@h:1/d?password=s3cret", "https://h:1/d?http_proxy=http://u:s3cret@p&Password=s3cret&secure=true", "https://h:1/d#s3cret", "other://u:s3cret@h", "clickhouse://s3cret\x7f@"} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "dsn", s)
		j, err := json.Marshal(map[string]Secret{"a": s})
		if err != nil {
			t.Fatal(err)
		}
		c := Config{ClickHouse: ClickHouse{DSN: s}}
		y, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{s.String(), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, c, c, s, s), log.String(), string(j), string(y)} {
			if strings.Contains(shown, "s3cret") {
				t.Errorf("secret shows: %s", shown)
			}
		}
	}
	if got, want := dsn.String(), "clickhouse://tidemark:***@ch.example.org:9000/tidemark"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	const query = Secret("clickhouse://h:1/d?dial_timeout=5s&other=s3cret&secure=true")
	if got, want := query.String(), "clickhouse://h:1/d?dial_timeout=5s&other=***&secure=true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if dsn.Reveal() != string(dsn) {
		t.Error("a secret does not reveal itself to those who must know it")
	}
}
