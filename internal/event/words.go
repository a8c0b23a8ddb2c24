package event

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Metrics whose meaning the project itself relies on.
const (
	// MetricRank is the place in a ranked list, from 1.
	MetricRank = "rank"
	// MetricListed is 1 where an app has a page in a storefront, 0 where we
	// looked and it has none (delisted, or never there).
	MetricListed = "listed"
)

// Word is the outcome as it stands in tables, metrics and messages.
func (o Outcome) Word() string {
	switch o {
	case Outcome_OUTCOME_OK:
		return "ok"
	case Outcome_OUTCOME_EMPTY:
		return "empty"
	case Outcome_OUTCOME_FAILED:
		return "failed"
	case Outcome_OUTCOME_REFUSED:
		return "refused"
	default:
		return "unspecified"
	}
}

// Word is the basis as it stands in tables and on charts.
func (b Basis) Word() string {
	switch b {
	case Basis_BASIS_MEASURED:
		return "measured"
	case Basis_BASIS_BACKFILL:
		return "backfill"
	case Basis_BASIS_IMPORTED:
		return "imported"
	case Basis_BASIS_REPORTED:
		return "reported"
	case Basis_BASIS_MODELLED:
		return "modelled"
	default:
		return "unspecified"
	}
}

// Kinds of episodes.
const (
	// EpisodeSurge is about what the crowd does.
	EpisodeSurge = "surge"
	// EpisodeHealth is about our own looking: a source that is dead, or odd.
	EpisodeHealth = "health"
)

// Levels of severity.
const (
	LevelInfo     = "info"
	LevelWarning  = "warning"
	LevelCritical = "critical"
)

// SeverityLevel is the level of a severity from 0 to 1: warning from 0.4 and
// critical from 0.75.
func SeverityLevel(severity float64) string {
	switch {
	case severity >= 0.75:
		return LevelCritical
	case severity >= 0.4:
		return LevelWarning
	default:
		return LevelInfo
	}
}

// Word is the state as it stands in tables and messages.
func (s EpisodeState) Word() string {
	switch s {
	case EpisodeState_EPISODE_STATE_OPEN:
		return "open"
	case EpisodeState_EPISODE_STATE_UPDATED:
		return "updated"
	case EpisodeState_EPISODE_STATE_CLOSED:
		return "closed"
	default:
		return "unspecified"
	}
}

// ID makes a deterministic id from what a thing is: the same parts give the
// same id in every process and after every restart.
func ID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:12])
}
