// Package config reads the one YAML file of the project, strictly: what it does
// not know it refuses, and it names the line.
package config

import "time"

// Config is everything that a person can set. DefaultYAML is a whole one.
type Config struct {
	// Version of this file's shape.
	Version int `yaml:"version"`
	// LogLevel is debug, info, warn or error.
	LogLevel   string     `yaml:"log_level"`
	Kafka      Kafka      `yaml:"kafka"`
	ClickHouse ClickHouse `yaml:"clickhouse"`
	Engine     Engine     `yaml:"engine"`
	Collect    Collect    `yaml:"collect"`
	Process    Process    `yaml:"process"`
	Notify     Notify     `yaml:"notify"`
	HTTP       HTTP       `yaml:"http"`
	Watch      Watch      `yaml:"watch"`

	where map[string]string // the line of each setting
}

// Kafka says how to reach the brokers. `tidemark up` brings its own and uses
// Partitions and Retention only.
type Kafka struct {
	Brokers           []string `yaml:"brokers"`
	Partitions        int      `yaml:"partitions"`
	ReplicationFactor int      `yaml:"replication_factor"`
	TLS               TLS      `yaml:"tls"`
	SASL              SASL     `yaml:"sasl"`
	// Retention is how long topics keep their messages.
	Retention TopicRetention `yaml:"retention"`
}

// TopicRetention is how long each topic keeps its messages. 0: a topic that is
// made gets what is built in, and one that is there keeps what it has.
type TopicRetention struct {
	Snapshots Duration `yaml:"snapshots"`
	Mentions  Duration `yaml:"mentions"`
	Episodes  Duration `yaml:"episodes"`
	Rejected  Duration `yaml:"rejected"`
}

// TLS switches encryption on. Empty files mean the system's roots and no
// client certificate.
type TLS struct {
	Enabled    bool   `yaml:"enabled"`
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
	// SkipVerify accepts any certificate. For trials only.
	SkipVerify bool `yaml:"skip_verify"`
}

// SASL names a user. Mechanism is empty (none), plain, scram-sha-256 or
// scram-sha-512.
type SASL struct {
	Mechanism    string `yaml:"mechanism"`
	Username     string `yaml:"username"`
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
}

// ClickHouse says how to reach the store. `tidemark up` brings its own.
type ClickHouse struct {
	// DSN is clickhouse://user:password@host:9000/tidemark (native) or
	// http(s)://user:password@host:8123/tidemark.
	DSN Secret `yaml:"dsn"`
	// PasswordFile holds the password of the DSN's user, which then has none in
	// the DSN. Empty: as the DSN says.
	PasswordFile string `yaml:"password_file"`
	// ReaderDSN is the same server with a login that may only read: the page asks
	// as it. Empty: that of DSN, read only as long as the page asks.
	ReaderDSN Secret `yaml:"reader_dsn"`
	// ReaderPasswordFile is PasswordFile for ReaderDSN.
	ReaderPasswordFile string `yaml:"reader_password_file"`
	// Cluster is the name for ON CLUSTER; empty means one node.
	Cluster string `yaml:"cluster"`
	TLS     TLS    `yaml:"tls"`
	// Retention of readings and looks; rollups are kept for ever. 0: keep.
	Retention Duration `yaml:"retention"`
	// Fsync makes an acknowledged insert survive a power cut, at the price of
	// some 50 ms each. Kill -9 loses nothing either way.
	Fsync bool `yaml:"fsync"`
}

// HTTP is for the page and its API.
type HTTP struct {
	// Hosts are the names under which browsers may reach the page when it listens
	// on loopback only, beside localhost and its addresses: those of a proxy that
	// passes them on. Without this a foreign page could ask by a name of its own.
	Hosts []string `yaml:"hosts"`
	// PrometheusURL is asked for metrics; empty: the process keeps its own.
	PrometheusURL Secret `yaml:"prometheus_url"`
	// MetricsKeep is how long the process keeps samples of its own metrics, in
	// memory; 0: not at all. MaxSeries bounds how many series.
	MetricsKeep Duration `yaml:"metrics_keep"`
	MaxSeries   int      `yaml:"max_series"`
}

// Analyst is what a statement of the embedded engine's user analyst may use.
type Analyst struct {
	MaxTime Duration `yaml:"max_time"`
	// MaxRows of a result.
	MaxRows int `yaml:"max_rows"`
	// MaxMemory of one statement, in bytes; 0: a quarter of engine.max_memory.
	MaxMemory Bytes `yaml:"max_memory"`
	// MaxQueries that run at once; others wait. 0: half of engine.max_queries.
	MaxQueries int `yaml:"max_queries"`
}

// Engine is the embedded ClickHouse engine of `tidemark up`.
type Engine struct {
	// Library is the path of libchdb.so; empty: look in the usual places.
	Library string `yaml:"library"`
	// Listen is the loopback address that the engine would like. Where somebody
	// has it, the engine takes any other port, and keeps it.
	Listen string `yaml:"listen"`
	// MaxMemory caps the engine's memory, in bytes.
	MaxMemory Bytes `yaml:"max_memory"`
	// MaxQueries is how many queries run at once; others wait.
	MaxQueries int `yaml:"max_queries"`
	// Analyst limits the read-only login.
	Analyst Analyst `yaml:"analyst"`
}

// Process is for the processors.
type Process struct {
	// Assignment is static (this process owns every partition) or group
	// (partitions are shared by every process of the group).
	Assignment string  `yaml:"assignment"`
	Group      string  `yaml:"group"`
	Store      Store   `yaml:"store"`
	Count      Count   `yaml:"count"`
	Health     Health  `yaml:"health"`
	Detect     Detect  `yaml:"detect"`
	SQLRule    SQLRule `yaml:"sqlrule"`
}

// SQLRule is for the processor that evaluates rules which a person wrote in
// SQL. See docs/alert-rules.md.
type SQLRule struct {
	Enabled bool `yaml:"enabled"`
	// Paths are files NAME.sql, or directories of them.
	Paths []string `yaml:"paths"`
	// Every is how often a rule is evaluated that does not say it itself.
	Every Duration `yaml:"every"`
	// Timeout, MaxRows and MaxMemory bound each query; it is read only anyway.
	Timeout   Duration `yaml:"timeout"`
	MaxRows   int      `yaml:"max_rows"`
	MaxMemory Bytes    `yaml:"max_memory"`
}

// Health is for the processor that watches the sources. See docs/operating.md
// for what each rule means.
type Health struct {
	Enabled bool `yaml:"enabled"`
	// Every is how often all rules are evaluated; Lookback how far back they
	// see. A target without any look for so long is taken for switched off.
	Every    Duration `yaml:"every"`
	Lookback Duration `yaml:"lookback"`
	// Grace is how long after the start nothing is called stale: the first
	// looks are still on their way.
	Grace Duration `yaml:"grace"`
	// StaleAfter is a number of intervals.
	StaleAfter float64 `yaml:"stale_after"`
	// FailingLooks in a row open an episode, RecoverLooks close it.
	FailingLooks int `yaml:"failing_looks"`
	RecoverLooks int `yaml:"recover_looks"`
	// Depth is the share of the usual depth below which a list has become
	// short, DepthRecovered the one from which it is well again.
	Depth          float64 `yaml:"depth"`
	DepthRecovered float64 `yaml:"depth_recovered"`
	// MissingLooks is in how many looks in a row a metric has to be missing.
	MissingLooks int `yaml:"missing_looks"`
	// EqualLooks is how many looks in a row have to be identical; EqualReadings
	// how many readings a look needs for that to mean anything.
	EqualLooks    int `yaml:"equal_looks"`
	EqualReadings int `yaml:"equal_readings"`
	// FrozenAfter is how long a chart may keep its order.
	FrozenAfter Duration `yaml:"frozen_after"`
	// Coverage is the share of a day's looks below which the day is a hole,
	// CoverageRecovered the one from which it is well again.
	Coverage          float64 `yaml:"coverage"`
	CoverageRecovered float64 `yaml:"coverage_recovered"`
	// AcceptAfter is when what has changed for good becomes the usual.
	AcceptAfter Duration `yaml:"accept_after"`
}

// Store is for the processor that writes into ClickHouse.
type Store struct {
	// A batch is inserted when its messages have BatchBytes bytes or it is
	// BatchWait old. 4 MiB are some 100,000 readings.
	BatchBytes Bytes    `yaml:"batch_bytes"`
	BatchWait  Duration `yaml:"batch_wait"`
	// RollupEvery is how often the hourly and daily rollups are brought up to date.
	RollupEvery Duration `yaml:"rollup_every"`
}

// Count is for the processor that turns mentions into readings per minute and
// per hour.
type Count struct {
	Enabled bool `yaml:"enabled"`
	// OutOfOrderness is how much later than others a mention may come: by so
	// much the watermark is behind the latest mention. Grace is how long after
	// that a window stays open.
	OutOfOrderness Duration `yaml:"out_of_orderness"`
	Grace          Duration `yaml:"grace"`
	// IdleAfter is how long there may be no mention of a platform in a partition
	// before ticks move its event time on.
	IdleAfter Duration `yaml:"idle_after"`
	// MaxAhead is how far a mention may be ahead of the moment at which Kafka
	// took it. What is further ahead is refused.
	MaxAhead Duration `yaml:"max_ahead"`
	// TopK tags of each hour, platform and partition are published; TopCounters
	// are counted, the more the smaller the error.
	TopK        int `yaml:"top_k"`
	TopCounters int `yaml:"top_counters"`
	// MaxIDs is how many mentions an open minute of a partition remembers to
	// tell duplicates by, 12 to 24 bytes each.
	MaxIDs int `yaml:"max_ids"`
}

// Collect is for the collectors.
type Collect struct {
	// Contact is a URL or mail address. It is part of the User-Agent: without
	// one, Wikimedia and others answer with 403.
	Contact string `yaml:"contact"`
	// Timeout of one request; MaxBody caps what is read of an answer.
	Timeout Duration `yaml:"timeout"`
	MaxBody Bytes    `yaml:"max_body"`
	// Jitter shifts each look by up to this share of its interval.
	Jitter float64 `yaml:"jitter"`
	Raw    Raw     `yaml:"raw"`
	// State is the directory of what hosts have told us and a restart must not
	// forget. Empty: the data directory of `tidemark up`; elsewhere beside
	// Raw.Dir, and without that in memory only.
	State   string  `yaml:"state"`
	Breaker Breaker `yaml:"breaker"`
	// Hosts are the manners per host; "*" is for all others.
	Hosts   map[string]Host `yaml:"hosts"`
	Sources Sources         `yaml:"sources"`
	Import  Import          `yaml:"import"`
}

// Import is for what others have recorded.
type Import struct {
	// Mappings are files with further mappings, which are found by their names.
	Mappings []string `yaml:"mappings"`
	Webhook  Webhook  `yaml:"webhook"`
}

// Webhook takes imports by POST /import, at the address where /metrics is. It
// needs a secret of at least 16 signs, in Token or in TokenFile.
type Webhook struct {
	Enabled   bool   `yaml:"enabled"`
	Token     Secret `yaml:"token"`
	TokenFile string `yaml:"token_file"`
	// MaxBody caps what one request may bring.
	MaxBody Bytes `yaml:"max_body"`
	// BehindTLS says that others than this machine reach the address only
	// through something that encrypts. Without it, an address that others reach
	// is refused.
	BehindTLS bool `yaml:"behind_tls"`
}

// Raw says where raw answers are kept, so that a better parser can read them
// again, and how long. Empty Dir: in the data directory of `tidemark up`, and
// not at all elsewhere.
type Raw struct {
	Dir string `yaml:"dir"`
	// Keep 0: not at all.
	Keep     Duration `yaml:"keep"`
	MaxBytes Bytes    `yaml:"max_bytes"`
}

// Breaker makes looks rarer where they keep failing.
type Breaker struct {
	// After so many looks in a row that failed; 0: never.
	After int `yaml:"after"`
	// Longest is the longest pause between two tries.
	Longest Duration `yaml:"longest"`
}

// Host is how politely a host is asked.
type Host struct {
	PerMinute  float64 `yaml:"per_minute"`
	Concurrent int     `yaml:"concurrent"`
	// IgnoreRobots reads the host's pages whatever its robots.txt says: the
	// operator's own decision, repeated by `tidemark check`.
	IgnoreRobots bool `yaml:"ignore_robots"`
}

// Secret prints as stars.
type Secret string

// Hidden is an address of which no part is shown: its path may be a password.
type Hidden string

// Duration is a time.Duration written as "30s" or "7d".
type Duration time.Duration

// Bytes is a size written as "512MiB".
type Bytes int64
