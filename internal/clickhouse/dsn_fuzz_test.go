package clickhouse

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
)

// FuzzDSN: whatever a password is made of, no error and no address shows it.
func FuzzDSN(f *testing.F) {
	for _, odd := range []string{"", "/", "#", "?", "@", "%", "%25", "&password=", ":", "://", " ", "\n", "[", "?secure=maybe&x"} {
		for _, scheme := range []string{"clickhouse", "http", "https", "mysql"} {
			f.Add(scheme, odd, "host:9000/tide")
		}
	}
	f.Add("clickhouse", "x", "host:port/tide")
	f.Add("clickhouse", "x", "/")
	f.Fuzz(func(t *testing.T, scheme, odd, rest string) {
		const secret = "s3cr3tw0rd"
		if strings.Contains(scheme, "://") {
			t.Skip("then the password is a part of something else")
		}
		o, err := parseOptions(config.ClickHouse{DSN: config.Secret(scheme + "://u:" + secret + odd + "@" + rest)})
		switch {
		case err != nil && strings.Contains(err.Error(), secret):
			t.Errorf("error shows the password: %v", err)
		case err == nil && strings.Contains(addrOf(o), secret):
			t.Errorf("address shows the password: %s", addrOf(o))
		}
	})
}
