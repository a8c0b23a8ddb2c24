package clickhouse

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/config"
)

const (
	dialTimeout = "10s"
	// defaultDatabase is where migrate puts everything by the built-in
	// configuration, and where the embedded engine answers who names none.
	defaultDatabase = "tidemark"
	maxOpenConns    = 24
)

// parseOptions turns the configuration into the driver's options. No error of
// it shows the password.
func parseOptions(cfg config.ClickHouse) (*ch.Options, error) {
	dsn, err := completeDSN(string(cfg.DSN), cfg.TLS)
	if err != nil {
		return nil, fmt.Errorf("read clickhouse.dsn: %w", err)
	}
	options, err := ch.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read clickhouse.dsn: %w", hide(err, dsn))
	}
	if cfg.PasswordFile != "" {
		if options.Auth.Password, err = passwordOf(cfg.PasswordFile); err != nil {
			return nil, err
		}
	}
	if options.TLS != nil {
		if options.TLS, err = tlsConfig(cfg.TLS, options.TLS); err != nil {
			return nil, fmt.Errorf("read clickhouse.tls: %w", err)
		}
	}
	if options.Auth.Database == "" {
		options.Auth.Database = defaultDatabase
	}
	if options.MaxOpenConns == 0 {
		options.MaxOpenConns = maxOpenConns
	}
	if options.Compression == nil && !isLoopback(options.Addr) {
		// On the same machine compression costs more than it saves.
		options.Compression = &ch.Compression{Method: ch.CompressionLZ4}
	}
	options.ClientInfo.Products = append(options.ClientInfo.Products,
		struct{ Name, Version string }{"tidemark", "1"})
	return options, nil
}

// passwordOf reads a password; a line's end behind it is none of it.
func passwordOf(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read clickhouse.password_file: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", fmt.Errorf("read clickhouse.password_file: %s is empty", name)
	}
	return password, nil
}

// completeDSN adds what the driver wants to be told (https needs secure=true),
// and refuses what it would misunderstand.
func completeDSN(dsn string, t config.TLS) (string, error) {
	scheme, rest, found := strings.Cut(dsn, "://")
	if !found {
		return "", errors.New("has no scheme, want clickhouse://host:9000/db or http(s)://host:8123/db")
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 && !strings.Contains(rest[:end], "@") && strings.Contains(rest[end:], "@") {
		// What looks like a host is the beginning of a password.
		return "", errors.New("has a user or password with one of / ? #: write it with percent signs (%2F, %3F, %23)")
	}
	secure := t.Enabled
	switch scheme {
	case "clickhouse":
	case "https":
		secure = true
	case "http":
		if t.Enabled {
			return "", errors.New("is http:// while clickhouse.tls.enabled is true, want https://")
		}
	default:
		return "", fmt.Errorf("has the scheme %q, want clickhouse, http or https", scheme)
	}
	if !strings.Contains(dsn, "dial_timeout=") {
		dsn = addParameter(dsn, "dial_timeout="+dialTimeout)
	}
	if secure && !strings.Contains(dsn, "secure=") {
		dsn = addParameter(dsn, "secure=true")
	}
	return dsn, nil
}

func addParameter(dsn, parameter string) string {
	if strings.Contains(dsn, "?") {
		return dsn + "&" + parameter
	}
	return dsn + "?" + parameter
}

// hide takes the DSN's password out of an error's text.
func hide(err error, dsn string) error {
	text := err.Error()
	if u, parseErr := url.Parse(dsn); parseErr == nil && u.User != nil {
		if password, ok := u.User.Password(); ok && password != "" {
			text = strings.ReplaceAll(text, password, "***")
			text = strings.ReplaceAll(text, url.QueryEscape(password), "***")
		}
	}
	return errors.New(text)
}

func tlsConfig(cfg config.TLS, fromDSN *tls.Config) (*tls.Config, error) {
	out := fromDSN.Clone()
	out.MinVersion = tls.VersionTLS12
	if cfg.ServerName != "" {
		out.ServerName = cfg.ServerName
	}
	out.InsecureSkipVerify = out.InsecureSkipVerify || cfg.SkipVerify
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read ca_file: %s has no certificate", cfg.CAFile)
		}
	}
	if cfg.CertFile != "" || cfg.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read cert_file and key_file: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

func isLoopback(addrs []string) bool {
	for _, addr := range addrs {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			host = addr
		}
		ip := net.ParseIP(host)
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

func addrOf(o *ch.Options) string {
	scheme := "clickhouse"
	if o.Protocol == ch.HTTP {
		scheme = "http"
		if o.TLS != nil {
			scheme = "https"
		}
	}
	return scheme + "://" + strings.Join(o.Addr, ",") + "/" + o.Auth.Database
}

// checkCluster keeps a name out of the SQL that could be anything else.
func checkCluster(name string) error {
	if name != "" && !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`).MatchString(name) {
		return fmt.Errorf("read clickhouse.cluster: %q is no name of a cluster", name)
	}
	return nil
}
