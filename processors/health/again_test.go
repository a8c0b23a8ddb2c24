package health

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// TestWantedAgainAndStillDeadIsToldAgain: the looks were not wanted for a while,
// and the cause outlasts that.
func TestWantedAgainAndStillDeadIsToldAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, rule, target string
		countries          []string
		look               func(i int) *event.Snapshot
		again              string
	}{
		{"silent", "source-stale", us, []string{"us"}, func(int) *event.Snapshot { return nil }, "03-02 10:05"},
		{"failing", "looks-failing", us, []string{"us"}, func(i int) *event.Snapshot { return failed(well20(i)) }, "03-02 11:00"},
		{"whole", "source-stale", "appstore source/appstore//all ", []string{"us", "gb"}, func(int) *event.Snapshot { return nil }, "03-02 10:05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			for _, country := range c.countries {
				for _, s := range good(0, 10) {
					k.looks(in(country, s))
				}
			}
			k.ticks(10, 15, c.look)
			k.retired = func(string, string) bool { return true }
			k.restart(soon(20)) // 10:05
			k.retired = nil
			k.ticks(22, 27, c.look)
			var got []string
			for _, e := range k.published {
				got = append(got, e.GetState().Word()+" "+time.UnixMilli(e.GetOnsetMs()).UTC().Format("01-02 15:04"))
				if e.GetRule() != c.rule || e.GetSource()+" "+e.GetTarget().Key()+" " != c.target {
					t.Errorf("episode is %v", e)
				}
			}
			// Every state is there twice: a second evaluator says the same.
			ids, opens := map[string]bool{}, map[string]bool{}
			for i, e := range k.published {
				ids[e.GetId()] = true
				if e.GetState().Word() == "open" {
					opens[got[i]] = true
				}
			}
			if len(ids) != 2 || len(opens) != 2 || !opens["open "+c.again] {
				t.Errorf("said %v, want a second open since %s", got, c.again)
			}
		})
	}
}

// TestSinglesEndInTheSource: one target fails first, then the other.
func TestSinglesEndInTheSource(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 20 {
		for n, c := range []string{"us", "gb"} {
			s := in(c, well20(i))
			if i >= 8 && (n == 0 || i >= 14) {
				s = failed(s)
			}
			k.looks(s)
		}
		if i >= 8 {
			k.restart(soon(i))
		}
	}
	k.want(
		"looks-failing "+us+"open 03-02 04:00 03-02 05:00 3/0 looks",
		"looks-failing appstore source/appstore//all open 03-02 07:00 03-02 08:00 2/0 targets",
		"looks-failing "+us+"closed 03-02 04:00 03-02 08:00 3/0 looks")
}

func TestANameOfAnAppNoLongerWatchedEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.ticks(8, 18, func(i int) *event.Snapshot {
		s := well20(i)
		s.Source, s.Target, s.Depth = "appstore_lookup", event.ListingTarget("apple", "us"), 0
		s.Readings = []*event.Reading{{Subject: "1", Metric: metricNameMatches, Value: 1}}
		if i < 12 {
			s.Readings = append(s.Readings, &event.Reading{Subject: "2", Metric: metricNameMatches, Value: 0})
		}
		return s
	})
	const name = "appstore_lookup listing/apple/us/apps "
	k.want(
		"name-changed "+name+"open 03-02 04:00 03-02 04:00 0/1 matches",
		"name-changed "+name+"closed 03-02 04:00 03-02 07:00 0/1 matches")
}

func TestWhatCannotBeReadSilencesNoOther(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.looks(good(0, 10)...)
	if err := k.db.Exec(t.Context(), "DROP VIEW v_readings"); err != nil {
		t.Fatal(err)
	}
	k.restart(soon(14))
	k.want("source-stale " + us + "open 03-02 04:30 03-02 05:45 4500/1800 s")
}

// TestTroublesOfOthersAreLeftAlone: others publish episodes of kind health too,
// and close them themselves.
func TestTroublesOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.ticks(0, 4, well20)
	k.put(event.TopicEpisodes, &event.Episode{
		Id: "x", Kind: event.EpisodeHealth, Rule: "sql-rule-failing", Source: "sql", Subject: "mine", Metric: "evaluations",
		Target: &event.Target{Kind: event.KindSource, Place: "sql", Name: "mine"}, State: event.EpisodeState_EPISODE_STATE_OPEN,
		Sequence: 1, OnsetMs: at(1).UnixMilli(), AtMs: at(1).UnixMilli(), Unit: "evaluations", Basis: event.Basis_BASIS_MEASURED,
	})
	k.ticks(4, 6, well20)
	k.want("sql-rule-failing sql source/sql//mine open 03-02 00:30 03-02 00:30 0/0 evaluations")
}
