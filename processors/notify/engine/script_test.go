package engine_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify/engine"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// script runs a text against an engine. Above the line --- stands notify: of a
// configuration; below it one record or command per line:
//
//	TIME tick [past=TIME partition=0/2]
//	TIME open|updated|closed ID [severity=0.6 topic=t source=s ...]
//	again: the line before comes a second time
//	restart: the state is saved and loaded by another engine
//	horizon TIME, mute NAME TIME, unmute, failed RECEIVER
type script struct {
	t        *testing.T
	cfg      engine.Config
	e        *engine.Engine
	sequence map[string]uint32
	onset    map[string]int64
	last     engine.Record
	mutes    []engine.Mute
	out      strings.Builder
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		yaml, lines, _ := strings.Cut(string(input), "---\n")
		s := newScript(t, yaml)
		for line := range strings.Lines(lines) {
			s.line(strings.TrimSpace(line))
		}
		return s.out.String()
	})
}

func newScript(t *testing.T, yaml string) *script {
	t.Helper()
	s := &script{t: t, cfg: engineConfig(t, yaml), sequence: map[string]uint32{}, onset: map[string]int64{}}
	s.e = newEngine(t, s.cfg)
	return s
}

func engineConfig(t *testing.T, yaml string) engine.Config {
	t.Helper()
	c, err := config.Parse("script", []byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	topics := map[string]config.Topic{}
	for _, topic := range c.Watch.Topics {
		topics[topic.ID] = topic
	}
	return engine.Config{GroupWait: c.Notify.GroupWait.D(), Receivers: c.Notify.Receivers, Topics: topics}
}

func newEngine(t *testing.T, cfg engine.Config) *engine.Engine {
	t.Helper()
	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (s *script) line(line string) {
	if line == "" || strings.HasPrefix(line, "#") {
		return
	}
	words := strings.Fields(line)
	switch words[0] {
	case "again":
		s.apply(s.last)
	case "restart":
		s.e = reload(s.t, s.e, s.cfg)
		s.e.SetMutes(s.mutes)
	case "horizon":
		s.e.SetHorizon(s.time(words[1]))
	case "mute":
		s.mutes = append(s.mutes, engine.Mute{Name: words[1], Until: s.time(words[2])})
		s.e.SetMutes(s.mutes)
	case "unmute":
		s.mutes = nil
		s.e.SetMutes(nil)
	case "failed":
		s.e.Failed(words[1])
	default:
		s.last = s.record(words)
		s.apply(s.last)
	}
}

func (s *script) apply(r engine.Record) {
	for _, m := range s.e.Apply(r) {
		s.out.WriteString(show(m))
	}
}

func (s *script) time(text string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04Z07:00", time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	s.t.Fatalf("%q is no time", text)
	return time.Time{}
}

func (s *script) record(words []string) engine.Record {
	at := s.time(words[0])
	settings := map[string]string{}
	for _, w := range words[2:] {
		if k, v, found := strings.Cut(w, "="); found {
			settings[k] = v
		}
	}
	if words[1] == "tick" {
		t := &event.Tick{AtMs: at.UnixMilli()}
		if past := settings["past"]; past != "" {
			t.PastMs = s.time(past).UnixMilli()
			_, err := fmt.Sscanf(settings["partition"], "%d/%d", &t.Partition, &t.Partitions)
			if err != nil {
				s.t.Fatalf("partition=%s: %v", settings["partition"], err)
			}
		}
		return engine.Record{Tick: t}
	}
	id := words[2]
	s.sequence[id]++
	return engine.Record{Episode: s.episode(at, words[1], id, settings)}
}

func (s *script) episode(at time.Time, state, id string, settings map[string]string) *event.Episode {
	or := func(key, otherwise string) string {
		if v, found := settings[key]; found {
			return v
		}
		return otherwise
	}
	number := func(key, otherwise string) float64 {
		v, err := strconv.ParseFloat(or(key, otherwise), 64)
		if err != nil {
			s.t.Fatalf("%s: %v", key, err)
		}
		return v
	}
	source := or("source", "appstore")
	ep := &event.Episode{
		Id: id, Rule: or("rule", "rank-surge"), Source: source, Target: event.ChartTarget(source, "us", "top-free/overall"),
		Subject: id, Metric: "rank", Sequence: uint32(number("sequence", fmt.Sprint(s.sequence[id]))),
		AtMs: at.UnixMilli(), OnsetMs: at.UnixMilli(), Value: 1, Baseline: 100, Peak: 1, Multiple: 100,
		Severity: number("severity", "0.6"), Kind: or("kind", "surge"), Topic: or("topic", ""), Entity: or("entity", ""),
		State: map[string]event.EpisodeState{
			"open": event.EpisodeState_EPISODE_STATE_OPEN, "updated": event.EpisodeState_EPISODE_STATE_UPDATED,
			"closed": event.EpisodeState_EPISODE_STATE_CLOSED,
		}[state],
		Basis: map[string]event.Basis{
			"measured": event.Basis_BASIS_MEASURED, "imported": event.Basis_BASIS_IMPORTED, "backfill": event.Basis_BASIS_BACKFILL,
		}[or("basis", "measured")],
		History: []*event.Moment{{AtMs: at.UnixMilli()}},
	}
	if onset, found := s.onset[id]; found {
		ep.OnsetMs = onset
	}
	s.onset[id] = ep.GetOnsetMs()
	if state == "closed" {
		ep.ClosedMs = at.UnixMilli()
	}
	if err := ep.Validate(); err != nil {
		s.t.Fatal(err)
	}
	return ep
}

func reload(t *testing.T, e *engine.Engine, cfg engine.Config) *engine.Engine {
	t.Helper()
	b, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again := newEngine(t, cfg)
	if err := again.Unmarshal(b); err != nil {
		t.Fatal(err)
	}
	return again
}

// show writes a message as a person would check it.
func show(m *message.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s", m.At.Format(time.RFC3339), m.Receiver, m.Kind, m.Level)
	if m.Topic != "" {
		fmt.Fprintf(&b, " topic=%s (%s)", m.Topic, m.TopicName)
	}
	if m.Delayed || m.Note != "" {
		fmt.Fprintf(&b, " delayed=%v: %s", m.Delayed, m.Note)
	}
	b.WriteString("\n")
	for _, it := range m.Items {
		fmt.Fprintf(&b, "  %s %s %g", it.Episode.GetId(), it.Episode.GetState().Word(), it.Episode.GetSeverity())
		if it.Opened != nil {
			fmt.Fprintf(&b, " (opened %g)", it.Opened.GetSeverity())
		}
		if it.Score > 0 {
			fmt.Fprintf(&b, " score %.2f", it.Score)
		}
		for _, c := range it.Corroboration {
			fmt.Fprintf(&b, ", %s %s", c.Source, c.At.Format("02 15:04"))
			if c.First {
				b.WriteString(" first")
			}
		}
		b.WriteString("\n")
	}
	if d := m.Digest; d != nil {
		fmt.Fprintf(&b, "  %s from %s to %s\n", d.Every, d.From.Format(time.RFC3339), d.To.Format(time.RFC3339))
		for _, l := range []struct {
			name string
			of   []*event.Episode
		}{{"opened", d.Opened}, {"closed", d.Closed}, {"open", d.Open}, {"down", d.SourcesDown}, {"overflow", d.Overflow}, {"muted", d.Muted}} {
			if len(l.of) == 0 {
				continue
			}
			fmt.Fprintf(&b, "  %s:", l.name)
			for _, ep := range l.of {
				b.WriteString(" " + ep.GetId())
			}
			b.WriteString("\n")
		}
		if d.Failed > 0 {
			fmt.Fprintf(&b, "  failed: %d\n", d.Failed)
		}
	}
	return b.String()
}
