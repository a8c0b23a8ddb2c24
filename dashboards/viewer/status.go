package viewer

import "time"

// Status is what runs, where, and how it fares: the answer of /api/status and
// of `tidemark status --json`.
type Status struct {
	// Addresses of the three doors.
	Broker         string `json:"broker"`
	ClickHouseHTTP string `json:"clickhouse_http"`
	Page           string `json:"page"`
	// BrokerAbout and EngineAbout say in words what stands behind the addresses
	// ("embedded, Kafka-compatible (kfake), single node").
	BrokerAbout string    `json:"broker_about,omitempty"`
	EngineAbout string    `json:"engine_about,omitempty"`
	Version     string    `json:"version"`
	StartedAt   time.Time `json:"started_at"`
	// Now is the clock of this machine, so that ages are right on a reader's
	// machine whose clock is not.
	Now time.Time `json:"now"`
	// Rows of each table, as far as ClickHouse answers.
	Rows    map[string]uint64 `json:"rows"`
	Lag     []Lag             `json:"lag"`
	Sources []Source          `json:"sources"`
	// Health is what the sources suffer from now, the worst first.
	Health []Trouble `json:"health"`
	Case   Case      `json:"case"`
	// Storage is what lies on the disk; nil: nobody knows.
	Storage *Storage `json:"storage"`
	// Problems are what could not be found out, for a person to read.
	Problems []string `json:"problems,omitempty"`
}

// Lag is how far the processor is behind in one partition.
type Lag struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Committed int64  `json:"committed"`
	End       int64  `json:"end"`
	Lag       int64  `json:"lag"`
}

// States of a source.
const (
	StateFresh    = "fresh"    // the last look came in time and was good
	StateLate     = "late"     // a look is overdue
	StateStale    = "stale"    // several looks in a row are overdue or were not good
	StateBroken   = "broken"   // it looks, and nothing good has come for long, or ever
	StateWaiting  = "waiting"  // it is configured and has not looked yet
	StateRecorded = "recorded" // a recording: it does not look again
)

// Source is how one source fares with one target.
type Source struct {
	Source string `json:"source"`
	Target string `json:"target"`
	State  string `json:"state"`
	// Since is when State began, as far as it is known.
	Since    *time.Time `json:"since"`
	LastLook *time.Time `json:"last_look"`
	LastOK   *time.Time `json:"last_ok"`
	// EveryS is how many seconds lie between two looks; 0: no schedule.
	EveryS uint32 `json:"every_s"`
	// Why says why the state is not fresh, for a person to read.
	Why string `json:"why"`
}

// Trouble is an open episode about a source itself, as the health processor
// found it.
type Trouble struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	Source string `json:"source"`
	// Target is what it is about; source/NAME//all is all of the source.
	Target  string    `json:"target"`
	Subject string    `json:"subject"`
	Metric  string    `json:"metric"`
	Since   time.Time `json:"since"`
	// Value was seen and Expected was not, both in Unit.
	Value    float64 `json:"value"`
	Expected float64 `json:"expected"`
	Unit     string  `json:"unit"`
	Severity float64 `json:"severity"`
	// Says is how it was computed, Advice what can be done.
	Says   string `json:"says"`
	Advice string `json:"advice"`
}

// Case is the recorded case that is shown, and how far it is loaded.
type Case struct {
	Name   string `json:"name"` // empty: none was asked for
	Loaded int    `json:"loaded"`
	Total  int    `json:"total"`
	Done   bool   `json:"done"`
}
