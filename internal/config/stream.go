package config

// Bluesky reads the firehose of Bluesky, as its Jetstream servers tell it.
type Bluesky struct {
	Stream `yaml:",inline"`
	// HostsV2 and HostsV1 are base URLs of servers that know the second and the
	// first version of the protocol. They are asked in turn, v2 first.
	HostsV2 []string `yaml:"hosts_v2"`
	HostsV1 []string `yaml:"hosts_v1"`
	// DictionaryV1 is a file with the zstd dictionary that the maintainers of v1
	// publish; empty: v1 comes uncompressed. Servers of v2 hand theirs out.
	DictionaryV1 string `yaml:"dictionary_v1"`
}

// Stream is what every stream has.
type Stream struct {
	Enabled bool `yaml:"enabled"`
	// Quiet is after how long without a message a connection counts as broken.
	Quiet Duration `yaml:"quiet"`
	// Rewind is how far before the last message a new connection begins.
	Rewind Duration `yaml:"rewind"`
	// SaveEvery is how often the position is kept in Kafka.
	SaveEvery Duration `yaml:"save_every"`
	// RetryAfter is the pause after a first failure. It doubles with each
	// further one, up to RetryMost.
	RetryAfter Duration `yaml:"retry_after"`
	RetryMost  Duration `yaml:"retry_most"`
}
