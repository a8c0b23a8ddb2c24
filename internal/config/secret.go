package config

import (
	"log/slog"
	"net/url"
	"slices"
)

// masked stands where a secret was.
const masked = "***"

// Reveal gives the secret itself, to those who must log in with it.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret; of an address that can hold a password, the
// rest is shown, because people need to see where they connect to.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(string(s))
	if err != nil || u.Host == "" || !slices.Contains(dsnSchemes(), u.Scheme) {
		return masked
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), masked)
	}
	q := u.Query()
	for key := range q {
		if !slices.Contains(plainParameters(), key) {
			q.Set(key, masked)
		}
	}
	u.RawQuery = q.Encode()
	if u.Fragment != "" {
		// An address has none, but a password with # in it looks like one.
		u.Fragment, u.RawFragment = masked, ""
	}
	text, err := url.PathUnescape(u.String())
	if err != nil {
		return u.Redacted()
	}
	return text
}

// GoString keeps %#v from showing the secret.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps loggers from showing the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps JSON and the like from showing the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML keeps the printed configuration from showing the secret.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// Reveal gives the address itself, to those who must send there.
func (h Hidden) Reveal() string { return string(h) }

// String hides the address.
func (h Hidden) String() string {
	if h == "" {
		return ""
	}
	return masked
}

// GoString keeps %#v from showing the address.
func (h Hidden) GoString() string { return h.String() }

// LogValue keeps loggers from showing the address.
func (h Hidden) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText keeps JSON and the like from showing the address.
func (h Hidden) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// MarshalYAML keeps the printed configuration from showing the address.
func (h Hidden) MarshalYAML() (any, error) { return h.String(), nil }

func dsnSchemes() []string { return []string{"clickhouse", "http", "https"} }

// plainParameters are what may be shown of a DSN's query. All others are hidden:
// the driver has several that hold a secret, and may get more.
func plainParameters() []string {
	return []string{
		"secure", "skip_verify", "dial_timeout", "read_timeout", "compress", "block_buffer_size",
		"max_execution_time", "debug", "connection_open_strategy", "max_open_conns", "max_idle_conns",
		"conn_max_lifetime", "database",
	}
}
