package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/tidemark/tidemark/internal/config"
)

// loadTLS returns nil where TLS is off.
func loadTLS(cfg config.TLS) (*tls.Config, error) {
	if !cfg.Enabled {
		return nil, nil //nolint:nilnil // no TLS is no error
	}
	t := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         cfg.ServerName,
		InsecureSkipVerify: cfg.SkipVerify,
	}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read kafka.tls.ca_file: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read kafka.tls.ca_file %s: no certificate in it", cfg.CAFile)
		}
	}
	if (cfg.CertFile == "") != (cfg.KeyFile == "") {
		return nil, errors.New("read kafka.tls: cert_file and key_file go together")
	}
	if cfg.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read kafka.tls.cert_file: %w", err)
		}
		t.Certificates = []tls.Certificate{cert}
	}
	return t, nil
}

// loadSASL returns nil where no user is configured.
func loadSASL(cfg config.SASL) (*countedSASL, error) {
	if cfg.Mechanism == "" {
		return nil, nil //nolint:nilnil // no user is no error
	}
	m, err := mechanism(cfg)
	if err != nil {
		return nil, err
	}
	return &countedSASL{Mechanism: m}, nil
}

func mechanism(cfg config.SASL) (sasl.Mechanism, error) {
	if cfg.Username == "" {
		return nil, errors.New("read kafka.sasl: username is missing")
	}
	password := string(cfg.Password)
	if cfg.PasswordFile != "" {
		if password != "" {
			return nil, errors.New("read kafka.sasl: set password or password_file, not both")
		}
		b, err := os.ReadFile(cfg.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("read kafka.sasl.password_file: %w", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	if password == "" {
		return nil, errors.New("read kafka.sasl: password is missing")
	}
	switch cfg.Mechanism {
	case "plain":
		return plain.Mechanism{Username: cfg.Username, Password: password}, nil
	case "scram-sha-256":
		return scramMechanism(scram.SHA256, cfg.Username, password)
	case "scram-sha-512":
		return scramMechanism(scram.SHA512, cfg.Username, password)
	default:
		return nil, fmt.Errorf("read kafka.sasl.mechanism: %q is none of plain, scram-sha-256, scram-sha-512", cfg.Mechanism)
	}
}

// countedSASL counts the exchanges that were begun and did not succeed: some
// brokers refuse a user by closing the connection, which looks like a broker
// that is about to stop, unless it happens again and again.
type countedSASL struct {
	sasl.Mechanism
	failed atomic.Int64
}

// Start begins an exchange.
func (c *countedSASL) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	c.failed.Add(1)
	s, first, err := c.Mechanism.Start(ctx)
	return countedExchange{s, c}, first, err
}

// refused says that the broker would not have the user.
func (c *countedSASL) refused() bool { return c != nil && c.failed.Load() >= 5 }

type countedExchange struct {
	sasl.StateMachine
	c *countedSASL
}

// Next answers the broker's challenge.
func (e countedExchange) Next(ctx context.Context, challenge []byte) (bool, []byte, error) {
	done, answer, err := e.StateMachine.Next(ctx, challenge)
	if done && err == nil {
		e.c.failed.Store(0)
	}
	return done, answer, err
}

func scramMechanism(algorithm scram.Algorithm, user, password string) (sasl.Mechanism, error) {
	m, err := scram.Mechanism(algorithm, user, password)
	if err != nil {
		// The cause can quote the password.
		return nil, errors.New("read kafka.sasl: user name or password has characters that SCRAM does not allow")
	}
	return m, nil
}
