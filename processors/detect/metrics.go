package detect

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/event"
)

// metrics of the judging; nil does nothing.
type metrics struct {
	looks, episodes, refused, checkpoints *prometheus.CounterVec
	readings, lost, bytes                 prometheus.Counter
	forgotten, full                       prometheus.Counter
	targets, stored, size                 *prometheus.GaugeVec
	lastAt, lastTook                      *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	if reg == nil {
		return nil, nil //nolint:nilnil // no registry is no error
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tidemark_detect_" + name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tidemark_detect_" + name, Help: help}, []string{"partition"})
	}
	one := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "tidemark_detect_" + name, Help: help})
	}
	m := &metrics{
		looks:       counter("looks_total", "Looks that came: judged; old (not after what its target's memory has, it changed nothing); known (read again after a restart, and in the stored memory already).", "outcome"),
		readings:    one("readings_total", "Readings of the looks that were judged."),
		episodes:    counter("episode_states_total", "States of episodes that were found. What is judged again after a restart is counted again; it has the same id and sequence.", "rule", "state"),
		refused:     counter("rejected_messages_total", "Messages that were not judged: unknown_type, undecodable, invalid, unexpected_type (the store keeps them among the rejected ones); and invalid_episode: a state that could not be published.", "reason"),
		checkpoints: counter("checkpoints_total", "Checkpoints: ok, or failed (the store did not take a piece of one; it is tried again).", "outcome"),
		bytes:       one("checkpoint_bytes_total", "Bytes of memories that were stored, before they were compressed."),
		lost:        one("lost_memories_total", "Memories that were gone from ClickHouse or could not be read. What they were of is learnt anew."),
		targets:     gauge("targets", "Targets that have a memory."),
		stored:      gauge("stored_targets", "Targets whose memory is stored."),
		forgotten:   one("forgotten_subjects_total", "Subjects that were forgotten because their target had more than process.detect.max_subjects."),
		full:        one("full_memories_refused_total", "Times that a series stirred and got no full memory, because process.detect.max_full of its target had one."),
		size:        gauge("stored_bytes", "Size of the stored memories, before they were compressed."),
		lastAt:      gauge("last_checkpoint_timestamp_seconds", "When the last checkpoint was over. What came since is judged again after a restart."),
		lastTook:    gauge("last_checkpoint_seconds", "How long judging was held up by the last checkpoint, in all its pieces."),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.looks, m.readings, m.episodes, m.refused, m.checkpoints, m.bytes, m.lost, m.targets, m.stored,
		m.size, m.forgotten, m.full, m.lastAt, m.lastTook,
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// tally is what became of the messages of a batch.
type tally struct {
	judged, old, known, readings int
	forgotten, full              uint32
	states                       map[[2]string]int
}

// crowded is how many subjects a memory has forgotten, and series refused a
// full memory, since it began.
func crowded(m Target) (forgotten, refused uint32) {
	if c, ok := m.(interface{ Evicted() uint32 }); ok {
		forgotten = c.Evicted()
	}
	if c, ok := m.(interface{ Refused() uint32 }); ok {
		refused = c.Refused()
	}
	return forgotten, refused
}

func (t *tally) crowd(m Target, forgotten, refused uint32) {
	f, r := crowded(m)
	t.forgotten += f - forgotten
	t.full += r - refused
}

func (t *tally) look(s *event.Snapshot, fresh bool) {
	if !fresh {
		t.old++
		return
	}
	t.judged++
	t.readings += len(s.GetReadings())
}

func (t *tally) state(e *event.Episode) {
	if t.states == nil {
		t.states = map[[2]string]int{}
	}
	t.states[[2]string{e.GetRule(), e.GetState().Word()}]++
}

// report brings the metrics up to date, once for a batch that is published.
func (h *partition) report() {
	t, m := h.tally, h.p.m
	h.tally = tally{}
	if m == nil {
		return
	}
	m.looks.WithLabelValues("judged").Add(float64(t.judged))
	m.looks.WithLabelValues("old").Add(float64(t.old))
	m.looks.WithLabelValues("known").Add(float64(t.known))
	m.readings.Add(float64(t.readings))
	m.forgotten.Add(float64(t.forgotten))
	m.full.Add(float64(t.full))
	for labels, n := range t.states {
		m.episodes.WithLabelValues(labels[0], labels[1]).Add(float64(n))
	}
	m.targets.WithLabelValues(strconv.Itoa(h.id)).Set(float64(len(h.targets)))
	m.stored.WithLabelValues(strconv.Itoa(h.id)).Set(float64(h.stored))
	m.size.WithLabelValues(strconv.Itoa(h.id)).Set(float64(h.size))
}

func (m *metrics) refuse(reason string) {
	if m != nil {
		m.refused.WithLabelValues(reason).Inc()
	}
}

func (m *metrics) loseMemories(n int) {
	if m != nil {
		m.lost.Add(float64(n))
	}
}

func (m *metrics) checkpointFailed() {
	if m != nil {
		m.checkpoints.WithLabelValues("failed").Inc()
	}
}

func (m *metrics) checkpointed(partition int, r *round) {
	if m == nil {
		return
	}
	id := strconv.Itoa(partition)
	m.checkpoints.WithLabelValues("ok").Inc()
	m.bytes.Add(float64(r.bytes))
	m.lastTook.WithLabelValues(id).Set(r.took.Seconds())
	m.lastAt.WithLabelValues(id).SetToCurrentTime()
}
