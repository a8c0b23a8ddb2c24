package obs

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Health knows whether the loops of a process turn (it is alive) and whether
// it can do its work (it is ready). A loop that hangs is not an error that
// anybody returns: only its missing beats show it.
type Health struct {
	mu      sync.Mutex
	loops   []*Loop
	waiting map[string]bool // parts that are not ready yet
	age     *prometheus.GaugeVec
}

// NewHealth registers the age of the loops' last turn. reg may be nil.
func NewHealth(reg prometheus.Registerer) *Health {
	h := &Health{waiting: map[string]bool{}, age: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tidemark_obs_loop_last_turn_timestamp_seconds",
		Help: "When each loop of the process turned last; if it stays behind the clock, the loop hangs and its work is not done.",
	}, []string{"loop"})}
	if reg != nil {
		reg.MustRegister(h.age)
	}
	return h
}

// Loop is one loop that has to turn every so often.
type Loop struct {
	name string
	max  time.Duration
	last prometheus.Gauge

	mu   sync.Mutex
	beat time.Time
	done bool
}

// Loop adds a loop which hangs if it has not turned for max.
func (h *Health) Loop(name string, limit time.Duration) *Loop {
	l := &Loop{name: name, max: limit, last: h.age.WithLabelValues(name)}
	l.Turn()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.loops = append(h.loops, l)
	return l
}

// Turn says that the loop turned just now. A nil loop ignores it.
func (l *Loop) Turn() {
	if l == nil {
		return
	}
	l.last.SetToCurrentTime()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beat = time.Now()
}

// End says that the loop ended on purpose.
func (l *Loop) End() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = true
}

func (l *Loop) hangsSince() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	silent := time.Since(l.beat)
	return silent, !l.done && silent > l.max
}

// NotReady names a part that others must wait for.
func (h *Health) NotReady(part string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting[part] = true
}

// Ready says that a part named by NotReady is there.
func (h *Health) Ready(part string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waiting, part)
}

type verdict struct {
	OK bool `json:"ok"`
	// Hanging says of each loop that does not turn since when; Waiting names
	// the parts that are not there yet.
	Hanging []string `json:"hanging,omitempty"`
	Waiting []string `json:"waiting,omitempty"`
	Loops   []string `json:"loops,omitempty"`
}

func (h *Health) alive() verdict {
	h.mu.Lock()
	loops := slices.Clone(h.loops)
	h.mu.Unlock()
	v := verdict{OK: true}
	for _, l := range loops {
		v.Loops = append(v.Loops, l.name)
		if silent, hangs := l.hangsSince(); hangs {
			v.OK = false
			v.Hanging = append(v.Hanging, l.name+" has not turned for "+silent.Round(time.Second).String())
		}
	}
	slices.Sort(v.Loops)
	return v
}

func (h *Health) ready() verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := verdict{OK: len(h.waiting) == 0}
	for part := range h.waiting {
		v.Waiting = append(v.Waiting, part)
	}
	slices.SortFunc(v.Waiting, strings.Compare)
	return v
}

func serveVerdict(of func() verdict) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		v := of()
		body, err := json.Marshal(v)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !v.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(append(body, '\n')) // an asker who has gone cannot be told
	}
}
