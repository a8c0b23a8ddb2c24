package event

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Bounds of what is taken for a time: 2000 to 2100, in Unix milliseconds. A
// time outside is a unit mix-up (seconds, microseconds), never a fact.
const (
	minTimeMS = 946_684_800_000
	maxTimeMS = 4_102_444_800_000
)

// MaxReadings is how many readings one look may hold.
const MaxReadings = 10_000

// FieldError says which field of a message is wrong, and how.
type FieldError struct {
	Field  string // as in the .proto file, readings[3].value
	Reason string
}

// Error reads "check FIELD: REASON".
func (e *FieldError) Error() string { return "check " + e.Field + ": " + e.Reason }

func fieldError(field, format string, args ...any) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// Validate names the first field that is wrong.
func (s *Snapshot) Validate() error {
	if err := checkName("source", s.GetSource(), 64); err != nil {
		return err
	}
	if err := s.GetTarget().Validate(); err != nil {
		return err
	}
	if err := checkTime("slot_ms", s.GetSlotMs()); err != nil {
		return err
	}
	if err := checkTime("seen_at_ms", s.GetSeenAtMs()); err != nil {
		return err
	}
	if err := checkBasis(s.GetBasis()); err != nil {
		return err
	}
	if id := s.GetImportId(); id != "" && !isName(id, 64) {
		return checkName("import_id", id, 64)
	}
	if len(s.GetReadings()) > MaxReadings {
		return fieldError("readings", "has %d entries, at most %d", len(s.GetReadings()), MaxReadings)
	}
	if err := s.validateOutcome(); err != nil {
		return err
	}
	for i, r := range s.GetReadings() {
		if err := r.validate(i); err != nil {
			return err
		}
	}
	return nil
}

// validateOutcome holds the first promise: missing is never 0, and a look that
// failed has no numbers.
func (s *Snapshot) validateOutcome() error {
	n := len(s.GetReadings())
	switch s.GetOutcome() {
	case Outcome_OUTCOME_OK:
		if n == 0 {
			return fieldError("outcome", "is ok without readings, want empty")
		}
	case Outcome_OUTCOME_EMPTY, Outcome_OUTCOME_FAILED, Outcome_OUTCOME_REFUSED:
		if n > 0 {
			return fieldError("outcome", "is %s with %d readings", s.GetOutcome().Word(), n)
		}
		if s.GetOutcome() != Outcome_OUTCOME_EMPTY && s.GetReason() == "" {
			return fieldError("reason", "is missing for a look that %s", s.GetOutcome().Word())
		}
	default:
		return fieldError("outcome", "is %v", s.GetOutcome())
	}
	return nil
}

func (r *Reading) validate(i int) error {
	if !isName(r.GetSubject(), 512) {
		return checkName(fmt.Sprintf("readings[%d].subject", i), r.GetSubject(), 512)
	}
	if !isName(r.GetMetric(), 64) {
		return checkName(fmt.Sprintf("readings[%d].metric", i), r.GetMetric(), 64)
	}
	if v := r.GetValue(); math.IsNaN(v) || math.IsInf(v, 0) {
		return fieldError(fmt.Sprintf("readings[%d].value", i), "is %v", v)
	}
	if r.GetMetric() == MetricRank && (r.GetValue() < 1 || r.GetValue() != math.Trunc(r.GetValue())) {
		return fieldError(fmt.Sprintf("readings[%d].value", i), "is rank %v, want 1, 2, …", r.GetValue())
	}
	if r.GetAtMs() != 0 {
		return checkTime(fmt.Sprintf("readings[%d].at_ms", i), r.GetAtMs())
	}
	return nil
}

// Validate names the first field that is wrong.
func (m *Mention) Validate() error {
	if err := checkName("id", m.GetId(), 256); err != nil {
		return err
	}
	if err := checkName("platform", m.GetPlatform(), 128); err != nil {
		return err
	}
	if err := checkName("tag", m.GetTag(), 512); err != nil {
		return err
	}
	return checkTime("at_ms", m.GetAtMs())
}

// Validate names the first field that is wrong.
func (e *Episode) Validate() error {
	for field, value := range map[string]string{
		"id": e.GetId(), "rule": e.GetRule(), "source": e.GetSource(),
		"subject": e.GetSubject(), "metric": e.GetMetric(),
	} {
		if err := checkName(field, value, 512); err != nil {
			return err
		}
	}
	if err := e.validateTarget(); err != nil {
		return err
	}
	if k := e.GetKind(); k != "" && k != EpisodeSurge && k != EpisodeHealth {
		return fieldError("kind", "is %q, want %s or %s", k, EpisodeSurge, EpisodeHealth)
	}
	for field, value := range map[string]float64{
		"value": e.GetValue(), "baseline": e.GetBaseline(), "peak": e.GetPeak(), "severity": e.GetSeverity(),
	} {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return fieldError(field, "is %v", value)
		}
	}
	switch e.GetState() {
	case EpisodeState_EPISODE_STATE_OPEN, EpisodeState_EPISODE_STATE_UPDATED, EpisodeState_EPISODE_STATE_CLOSED:
	default:
		return fieldError("state", "is %v", e.GetState())
	}
	if e.GetSequence() == 0 {
		return fieldError("sequence", "is 0, want 1, 2, …")
	}
	return checkTime("onset_ms", e.GetOnsetMs())
}

// validateTarget also takes a whole source, which no look can be about.
func (e *Episode) validateTarget() error {
	t := e.GetTarget()
	if t.GetKind() != KindSource {
		return t.Validate()
	}
	if err := checkName("target.place", t.GetPlace(), 128); err != nil {
		return err
	}
	return checkName("target.name", t.GetName(), 512)
}

// Validate names the first field that is wrong.
func (f *Fact) Validate() error {
	for _, c := range []struct{ field, value string }{
		{"id", f.GetId()},
		{"topic", f.GetTopic()},
		{"subject", f.GetSubject()},
		{"metric", f.GetMetric()},
		{"publisher", f.GetPublisher()},
		{"confidence", f.GetConfidence()},
	} {
		if err := checkName(c.field, c.value, 1024); err != nil {
			return err
		}
	}
	if f.GetKind() != FactKind_FACT_KIND_EVENT && f.GetKind() != FactKind_FACT_KIND_FIGURE {
		return fieldError("kind", "is %v", f.GetKind())
	}
	if f.GetFromMs() != 0 && f.GetToMs() != 0 && f.GetFromMs() > f.GetToMs() {
		return fieldError("from_ms", "is after to_ms")
	}
	return nil
}

// Validate names the first field that is wrong.
func (r *Rejected) Validate() error {
	if err := checkName("stage", r.GetStage(), 128); err != nil {
		return err
	}
	if r.GetReason() == "" {
		return fieldError("reason", "is missing")
	}
	return checkTime("at_ms", r.GetAtMs())
}

// Validate names the first field that is wrong.
func (i *Import) Validate() error {
	for _, c := range []struct{ field, value string }{
		{"id", i.GetId()}, {"name", i.GetName()}, {"imported_by", i.GetImportedBy()}, {"sha256", i.GetSha256()},
	} {
		if err := checkName(c.field, c.value, 512); err != nil {
			return err
		}
	}
	if v := i.GetVia(); v != "file" && v != "webhook" {
		return fieldError("via", "is %q, want file or webhook", v)
	}
	return checkTime("at_ms", i.GetAtMs())
}

// Validate names the first field that is wrong.
func (t *Tick) Validate() error {
	if err := checkTime("at_ms", t.GetAtMs()); err != nil {
		return err
	}
	if t.GetPastMs() != 0 {
		if err := checkTime("past_ms", t.GetPastMs()); err != nil {
			return err
		}
	}
	if n := t.GetPartitions(); n != 0 && t.GetPartition() >= n {
		return fieldError("partition", "is %d of %d", t.GetPartition(), n)
	}
	return nil
}

func checkBasis(b Basis) error {
	if b == Basis_BASIS_UNSPECIFIED || Basis_name[int32(b)] == "" {
		return fieldError("basis", "is %v", b)
	}
	return nil
}

func checkTime(field string, ms int64) error {
	if ms < minTimeMS || ms > maxTimeMS {
		return fieldError(field, "is %d, want Unix milliseconds between 2000 and 2100", ms)
	}
	return nil
}

func isName(s string, maxLen int) bool {
	return s != "" && len(s) <= maxLen && utf8.ValidString(s) && !strings.ContainsAny(s, "\x00\n\r")
}

func checkName(field, s string, maxLen int) error {
	switch {
	case isName(s, maxLen):
		return nil
	case s == "":
		return fieldError(field, "is missing")
	case len(s) > maxLen:
		return fieldError(field, "has %d bytes, at most %d", len(s), maxLen)
	default:
		return fieldError(field, "is not one line of UTF-8")
	}
}
