package kafka_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
)

const secret = "hunter2-in-the-dark"

// secured is a broker that wants users, and TLS where a certificate is given.
func secured(t *testing.T, tlsConfig *tls.Config) (addr string) {
	t.Helper()
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "plain", secret),
		kfake.Superuser("SCRAM-SHA-256", "scram256", secret),
		kfake.Superuser("SCRAM-SHA-512", "scram512", secret),
	}
	if tlsConfig != nil {
		opts = append(opts, kfake.TLS(tlsConfig))
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()[0]
}

func TestSASLMechanisms(t *testing.T) {
	t.Parallel()
	addr := secured(t, nil)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]config.SASL{
		"plain":         {Mechanism: "plain", Username: "plain", Password: secret},
		"scram-sha-256": {Mechanism: "scram-sha-256", Username: "scram256", Password: secret},
		"scram-sha-512": {Mechanism: "scram-sha-512", Username: "scram512", Password: secret},
		"password file": {Mechanism: "scram-sha-512", Username: "scram512", PasswordFile: file},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wholeWay(t, config.Kafka{Brokers: []string{addr}, Partitions: 1, SASL: s})
		})
	}
}

// wholeWay goes through everything that opens a connection: the transport, the
// reader and the group.
func wholeWay(t *testing.T, cfg config.Kafka) {
	t.Helper()
	c := newClientOf(t, cfg, nil)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	topic := newTopic(t, c)
	publish(t, c, topic, "a")
	for _, mode := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		r := newRecorder(t)
		run := consume(t, c, kafka.ConsumerConfig{Group: topic + mode, Topics: []string{topic}, Assignment: mode}, r)
		r.await([]string{"a"})
		run.stop()
	}
}

func TestWrongPasswordIsOneClearError(t *testing.T) {
	t.Parallel()
	addr := secured(t, nil)
	const wrong = "not-the-password"
	for _, s := range []config.SASL{
		{Mechanism: "plain", Username: "plain", Password: wrong},
		{Mechanism: "scram-sha-256", Username: "scram256", Password: wrong},
		{Mechanism: "scram-sha-512", Username: "scram512", Password: wrong},
		{Mechanism: "scram-sha-512", Username: "nobody", Password: wrong},
	} {
		t.Run(s.Mechanism+" "+s.Username, func(t *testing.T) {
			t.Parallel()
			c := newClientOf(t, config.Kafka{Brokers: []string{addr}, SASL: s}, nil)
			err := c.Wait(t.Context())
			if err == nil {
				t.Fatal("Wait() succeeded with a wrong password")
			}
			for _, part := range []string{addr, s.Username, s.Mechanism, "wrong user name or password"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error is %q, want %q in it", err, part)
				}
			}
			if strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error shows the secret or has several lines: %q", err)
			}
			run := consume(t, c, kafka.ConsumerConfig{Group: "g", Topics: []string{"t"}}, newRecorder(t))
			if err := run.wait(); err == nil || !strings.Contains(err.Error(), "wrong user name or password") {
				t.Errorf("Run() = %v", err)
			}
		})
	}
}

func TestSecurityConfigIsChecked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notPEM := filepath.Join(dir, "not.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]config.Kafka{
		"username is missing":       {SASL: config.SASL{Mechanism: "plain", Password: secret}},
		"password is missing":       {SASL: config.SASL{Mechanism: "plain", Username: "u"}},
		"not both":                  {SASL: config.SASL{Mechanism: "plain", Username: "u", Password: secret, PasswordFile: notPEM}},
		"password_file":             {SASL: config.SASL{Mechanism: "plain", Username: "u", PasswordFile: filepath.Join(dir, "absent")}},
		"is none of plain":          {SASL: config.SASL{Mechanism: "kerberos", Username: "u", Password: secret}},
		"that SCRAM does not allow": {SASL: config.SASL{Mechanism: "scram-sha-256", Username: "u", Password: secret + "\x00"}},
		"no certificate in it":      {TLS: config.TLS{Enabled: true, CAFile: notPEM}},
		"read kafka.tls.ca_file":    {TLS: config.TLS{Enabled: true, CAFile: filepath.Join(dir, "absent")}},
		"go together":               {TLS: config.TLS{Enabled: true, CertFile: notPEM}},
		"read kafka.tls.cert_file":  {TLS: config.TLS{Enabled: true, CertFile: notPEM, KeyFile: notPEM}},
	} {
		cfg.Brokers = []string{"127.0.0.1:1"}
		_, err := kafka.New(cfg, "test", nil, testLog(t))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("New() = %v, want %q and no secret", err, want)
		}
	}
	if _, err := kafka.New(config.Kafka{}, "test", nil, testLog(t)); err == nil {
		t.Error("New() without brokers succeeded")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	pki := newPKI(t)
	addr := secured(t, pki.server)
	user := config.SASL{Mechanism: "scram-sha-512", Username: "scram512", Password: secret}
	good := config.TLS{Enabled: true, CAFile: pki.caFile, CertFile: pki.certFile, KeyFile: pki.keyFile}
	t.Run("whole way", func(t *testing.T) {
		t.Parallel()
		wholeWay(t, config.Kafka{Brokers: []string{addr}, Partitions: 1, SASL: user, TLS: good})
	})
	bad := map[string]func(*config.TLS){
		"unknown authority":     func(c *config.TLS) { c.CAFile = "" },
		"wrong server name":     func(c *config.TLS) { c.ServerName = "kafka.example.org" },
		"no client certificate": func(c *config.TLS) { c.CertFile, c.KeyFile = "", "" },
	}
	for name, spoil := range bad {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := good
			spoil(&cfg)
			c := newClientOf(t, config.Kafka{Brokers: []string{addr}, SASL: user, TLS: cfg}, nil)
			if err := c.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "check kafka.tls") {
				t.Errorf("Wait() = %v, want it to point at kafka.tls", err)
			}
		})
	}
}

// pki is an authority with one server and one client.
type pki struct {
	server                    *tls.Config
	caFile, certFile, keyFile string
}

func newPKI(t *testing.T) pki {
	t.Helper()
	dir := t.TempDir()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caKey := newKey(t)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	key := newKey(t)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := pki{
		caFile:   writePEM(t, dir, "ca.pem", "CERTIFICATE", sign(t, ca, ca, caKey, caKey)),
		certFile: writePEM(t, dir, "cert.pem", "CERTIFICATE", sign(t, leaf, ca, key, caKey)),
		keyFile:  writePEM(t, dir, "key.pem", "PRIVATE KEY", keyDER),
	}
	cert, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	caPEM, err := os.ReadFile(p.caFile)
	if err != nil || !pool.AppendCertsFromPEM(caPEM) {
		t.Fatal("read authority", err)
	}
	p.server = &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	return p
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, cert, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePEM(t *testing.T, dir, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
