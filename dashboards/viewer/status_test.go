package viewer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestStatusHasRowsAndSources(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h := newHandler(Deps{
		DB: small(t),
		Status: func(context.Context) (Status, error) {
			return Status{Broker: "127.0.0.1:9092", Version: "v1", StartedAt: started, Case: Case{Name: "january-2025", Loaded: 3, Total: 9}}, nil
		},
		Expected: func() []Expected { return []Expected{{Source: "appstore", Target: chart, EveryS: 1800}} },
	}, bundle())
	st := answered[Status](t, h, "/api/status")
	if st.Broker != "127.0.0.1:9092" || !st.StartedAt.Equal(started) || st.Case.Total != 9 || st.Now.IsZero() {
		t.Errorf("status lost what the process knows: %+v", st)
	}
	if st.Rows["looks"] != 10 || st.Rows["facts"] != 4 {
		t.Errorf("rows: %v, want 10 looks and 4 facts", st.Rows)
	}
	if len(st.Problems) != 0 {
		t.Errorf("problems: %v", st.Problems)
	}
	states := map[string]string{}
	for _, s := range st.Sources {
		states[s.Source+" "+s.Target] = s.State
	}
	if states["appstore "+chart] != StateWaiting || states["replay "+chart] != StateRecorded {
		t.Errorf("sources: %v, want the configured one waiting and the replayed one recorded", states)
	}
	if st.Sources[0].Source != "appstore" {
		t.Errorf("first source is %s, want the one that needs a look", st.Sources[0].Source)
	}
}

func TestStatusAnswersWithoutStore(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{Status: func(context.Context) (Status, error) {
		return Status{Version: "v1"}, errors.New("no broker")
	}}, bundle())
	st := answered[Status](t, h, "/api/status")
	if st.Version != "v1" || !strings.Contains(strings.Join(st.Problems, " "), "no broker") || len(st.Problems) != 4 {
		t.Errorf("status: %+v, want what is known and four problems", st)
	}
	if st.Health == nil || st.Sources == nil || st.Lag == nil || st.Rows == nil {
		t.Errorf("status has null where scripts expect a list: %+v", st)
	}
}

func TestASourceTakenOutIsNotCalledDead(t *testing.T) {
	t.Parallel()
	s := &server{deps: Deps{Expected: func() []Expected { return []Expected{{Source: "appstore", Target: "a"}} }}}
	for _, c := range []struct {
		one  Source
		want bool
	}{
		{Source{Source: "appstore", Target: "b", State: StateStale}, true},
		{Source{Source: "appstore", Target: "a", State: StateStale}, false},
		{Source{Source: "appstore", Target: "b", State: StateFresh}, false},
	} {
		if got := s.forgotten(c.one); got != c.want {
			t.Errorf("forgotten(%+v) = %v", c.one, got)
		}
	}
}

// A message that comes twice lies there twice until a merge; nobody who asks
// for the status may see that.
func TestStatusCountsARedeliveryOnce(t *testing.T) {
	t.Parallel()
	db := small(t)
	again := append([]string{"SYSTEM STOP MERGES looks"}, story()...)
	for _, sql := range again {
		if err := db.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	st := answered[Status](t, newHandler(Deps{DB: db}, bundle()), "/api/status")
	if st.Rows["looks"] != 10 || st.Rows["facts"] != 4 {
		t.Errorf("rows: %v, want 10 looks and 4 facts", st.Rows)
	}
	for _, s := range st.Sources {
		if s.Target == chart && !strings.Contains(s.Why, "5 looks") {
			t.Errorf("%s: %s, want 5 looks", s.Target, s.Why)
		}
	}
}

// Only what lasts is a trouble, and only what is about us.
func TestStatusHasTheTroublesThatLast(t *testing.T) {
	t.Parallel()
	db := small(t)
	if err := db.Exec(t.Context(), `INSERT INTO episodes (id, kind, rule, source, target, subject, metric, state, sequence, onset, value, baseline, unit, severity, explanation, advice) VALUES
		('a', 'health', 'looks-failing', 'appstore', 'source/appstore//all', 'source/appstore//all', 'looks', 'open', 1, '2026-01-02 03:00:00', 3, 0, 'targets', 0.25, 'because', 'do'),
		('a', 'health', 'looks-failing', 'appstore', 'source/appstore//all', 'source/appstore//all', 'looks', 'updated', 2, '2026-01-02 03:00:00', 9, 0, 'targets', 0.5, 'still', 'do'),
		('b', 'health', 'depth-fell', 'appstore', '`+chart+`', '`+chart+`', 'depth', 'open', 1, '2026-01-02 03:00:00', 100, 200, 'places', 0.25, '', ''),
		('b', 'health', 'depth-fell', 'appstore', '`+chart+`', '`+chart+`', 'depth', 'closed', 2, '2026-01-02 03:00:00', 100, 200, 'places', 0.25, '', ''),
		('c', 'surge', 'r', 'appstore', '`+chart+`', '1', 'rank', 'open', 1, '2026-01-02 03:00:00', 1, 100, '', 1, '', '')`); err != nil {
		t.Fatal(err)
	}
	st := answered[Status](t, newHandler(Deps{DB: db}, bundle()), "/api/status")
	want := Trouble{
		ID: "a", Rule: "looks-failing", Source: "appstore", Target: "source/appstore//all", Subject: "source/appstore//all", Metric: "looks",
		Since: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC), Value: 9, Unit: "targets", Severity: 0.5, Says: "still", Advice: "do",
	}
	if len(st.Health) != 1 || st.Health[0] != want {
		t.Errorf("troubles: %+v, want %+v", st.Health, want)
	}
}
