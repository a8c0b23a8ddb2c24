package config

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"
)

func (k *checker) kafka(c *Kafka) {
	k.need(len(c.Brokers) > 0, "kafka.brokers", "is empty, want at least one host:port")
	for i, b := range c.Brokers {
		host, port, err := net.SplitHostPort(b)
		n, portErr := strconv.ParseUint(port, 10, 16)
		k.need(err == nil && host != "" && portErr == nil && n > 0, index("kafka.brokers", i), "is %q, want host:port", b)
	}
	k.need(c.Partitions >= 1 && c.Partitions <= 1024, "kafka.partitions", "is %d, want 1 to 1024", c.Partitions)
	k.need(c.ReplicationFactor >= 1 && c.ReplicationFactor <= 32, "kafka.replication_factor", "is %d, want 1 to 32", c.ReplicationFactor)
	k.retention(&c.Retention)
	k.tls("kafka.tls", &c.TLS)
	k.oneOf("kafka.sasl.mechanism", c.SASL.Mechanism, "", "plain", "scram-sha-256", "scram-sha-512")
	if c.SASL.Mechanism == "" {
		k.need(c.SASL.Password == "" && c.SASL.PasswordFile == "", "kafka.sasl.mechanism", "is empty although a password is set")
		return
	}
	k.need(c.SASL.Username != "", "kafka.sasl.username", "is empty, but kafka.sasl.mechanism is %s", c.SASL.Mechanism)
	switch {
	case c.SASL.Password == "" && c.SASL.PasswordFile == "":
		k.add("kafka.sasl.password", "set it or kafka.sasl.password_file")
	case c.SASL.Password != "" && c.SASL.PasswordFile != "":
		k.add("kafka.sasl.password", "set it or kafka.sasl.password_file, not both")
	}
	k.file("kafka.sasl.password_file", c.SASL.PasswordFile)
}

func (k *checker) tls(path string, c *TLS) {
	k.need((c.CertFile == "") == (c.KeyFile == ""), path+".cert_file", "and %s.key_file belong together", path)
	used := c.CAFile != "" || c.CertFile != "" || c.ServerName != "" || c.SkipVerify
	k.need(c.Enabled || !used, path+".enabled", "is false although other settings of %s are set", path)
	k.file(path+".ca_file", c.CAFile)
	k.file(path+".cert_file", c.CertFile)
	k.file(path+".key_file", c.KeyFile)
}

// file reports a named file that cannot be read, before anything is started
// that would need it.
func (k *checker) file(path, name string) {
	if name == "" {
		return
	}
	info, err := os.Stat(name)
	if err == nil && info.Mode().IsRegular() {
		// Only of a regular file does opening tell something without harm: a
		// pipe would wait for its writer.
		var f *os.File
		if f, err = os.Open(name); err == nil {
			err = f.Close()
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.add(path, "is %q, which does not exist", name)
	case err != nil:
		// The reason alone: err names the file again.
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err
		}
		k.add(path, "is %q, which cannot be read: %v", name, err)
	case info.IsDir():
		k.add(path, "is %q, which is a directory", name)
	}
}

func (k *checker) retention(r *TopicRetention) {
	for path, d := range map[string]Duration{
		"kafka.retention.snapshots": r.Snapshots, "kafka.retention.mentions": r.Mentions,
		"kafka.retention.episodes": r.Episodes, "kafka.retention.rejected": r.Rejected,
	} {
		if d != 0 {
			k.between(path, d.D(), time.Hour, 3650*day)
		}
	}
}

func (k *checker) clickhouse(c *ClickHouse) {
	k.dsn("clickhouse.dsn", c.DSN, "clickhouse.password_file", c.PasswordFile)
	if c.ReaderDSN != "" {
		k.dsn("clickhouse.reader_dsn", c.ReaderDSN, "clickhouse.reader_password_file", c.ReaderPasswordFile)
	}
	k.need(c.ReaderDSN != "" || c.ReaderPasswordFile == "", "clickhouse.reader_password_file", "is set and clickhouse.reader_dsn is not")
	if c.Cluster != "" {
		k.need(matches(`^[A-Za-z_][A-Za-z0-9_.-]*$`, c.Cluster), "clickhouse.cluster", "is %q, want the name of a cluster", c.Cluster)
	}
	k.tls("clickhouse.tls", &c.TLS)
	if c.Retention != 0 {
		k.between("clickhouse.retention", c.Retention.D(), day, 36500*day)
	}
}

func (k *checker) dsn(path string, dsn Secret, filePath, file string) {
	u, err := url.Parse(string(dsn))
	// The text of the address is never repeated: it may hold a password.
	k.need(err == nil && slices.Contains(dsnSchemes(), u.Scheme) && u.Host != "", path,
		"is no address such as clickhouse://user:password@host:9000/tidemark or https://host:8443/tidemark")
	if err == nil {
		k.dsnDurations(path, u.Query())
	}
	if file != "" && err == nil {
		_, twice := u.User.Password()
		k.need(!twice, filePath, "is set and %s has a password too, want one of them", path)
		k.need(u.User.Username() != "", filePath, "is set and %s names no user, want clickhouse://user@host:9000/tidemark", path)
	}
	k.file(filePath, file)
}

// dsnDurations looks at what the driver would refuse only when it connects.
func (k *checker) dsnDurations(path string, q url.Values) {
	for _, key := range []string{"dial_timeout", "read_timeout", "conn_max_lifetime"} {
		if !q.Has(key) {
			continue
		}
		_, err := time.ParseDuration(q.Get(key))
		k.need(err == nil, path, "has a %s that is no duration such as 10s or 5m", key)
	}
}

func (k *checker) engine(c *Engine) {
	host, port, err := net.SplitHostPort(c.Listen)
	_, errPort := strconv.ParseUint(port, 10, 16)
	loopback := host == "localhost" || net.ParseIP(host).IsLoopback()
	k.need(err == nil && errPort == nil && loopback, "engine.listen", "is %q, want a loopback address such as 127.0.0.1:8123", c.Listen)
	k.size("engine.max_memory", c.MaxMemory, 256<<20, 1<<40)
	k.need(c.MaxQueries >= 1 && c.MaxQueries <= 1000, "engine.max_queries", "is %d, want 1 to 1000", c.MaxQueries)
	k.between("engine.analyst.max_time", c.Analyst.MaxTime.D(), time.Second, time.Hour)
	k.need(c.Analyst.MaxRows >= 1 && c.Analyst.MaxRows <= 1e9, "engine.analyst.max_rows", "is %d, want 1 to 1000000000", c.Analyst.MaxRows)
	if c.Analyst.MaxMemory != 0 {
		k.size("engine.analyst.max_memory", c.Analyst.MaxMemory, 16<<20, c.MaxMemory)
	}
	k.need(c.Analyst.MaxQueries >= 0 && c.Analyst.MaxQueries <= c.MaxQueries, "engine.analyst.max_queries", "is %d, want 0 to engine.max_queries (%d)", c.Analyst.MaxQueries, c.MaxQueries)
}
