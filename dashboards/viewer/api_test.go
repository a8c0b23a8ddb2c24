package viewer

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRanksKeepTheFourStatesApart(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{DB: small(t)}, bundle())
	got := answered[Ranks](t, h, "/api/ranks?target="+chart+"&bases=recorded")
	rank := func(n uint32) *uint32 { return &n }
	want := Ranks{Target: chart, Groups: []RankGroup{{
		Basis: "modelled", StepS: 3600, Depth: 200,
		At: []int64{hour0, hour0 + 3600, hour0 + 7200, hour0 + 10800, hour0 + 14400},
		Series: []RankSeries{
			{Entity: "rednote", Rank: []*uint32{nil, rank(11), rank(1), nil, rank(1)}, State: "urrnr"},
			{Entity: "tiktok", Rank: []*uint32{rank(4), rank(5), nil, nil, nil}, State: "rrdnd"},
		},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ranks (-want +got):\n%s", diff)
	}
	if live := answered[Ranks](t, h, "/api/ranks?target="+chart+"&bases=live"); len(live.Groups) != 0 {
		t.Errorf("modelled ranks came as live ones: %+v", live.Groups)
	}
	part := answered[Ranks](t, h, "/api/ranks?target="+chart+"&from=1736733600&to=1736737200")
	if n := len(part.Groups[0].At); n != 1 {
		t.Errorf("one hour has %d looks, want 1", n)
	}
}

func TestSeriesIsThinnedAndKeepsItsPeak(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{DB: small(t)}, bundle())
	got := answered[Counts](t, h, "/api/series?metric=views_total&target=tag/xiaohongshu//tiktokrefugee")
	g := got.Groups[0]
	if n := len(g.At); n > mostPoints || n < mostPoints/4 {
		t.Errorf("5000 values came as %d", n)
	}
	if last := *g.Series[0].Value[len(g.At)-1]; last != 4999 {
		t.Errorf("last value is %v, want the largest of its bucket, 4999", last)
	}
	if g.StepS <= 60 {
		t.Errorf("step is %d s, want that of the buckets", g.StepS)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{DB: small(t)}, bundle())
	events := answered[[]Event](t, h, "/api/events?topic=january-2025")
	if len(events) != 1 || events[0].Subject != "lemon8, tiktok" || events[0].At != 1737176400 {
		t.Errorf("events: %+v, want one about both apps", events)
	}
	figures := answered[[]Figure](t, h, "/api/reported?topic=january-2025")
	if len(figures) != 2 {
		t.Fatalf("figures: %+v, want 2", figures)
	}
	if f := figures[0]; f.Metric != "rank" || f.Scope != chart || *f.Value != 1 || f.Publisher != "TechCrunch" {
		t.Errorf("first figure: %+v", f)
	}
	if f := figures[1]; f.At != 0 {
		t.Errorf("a figure without a date has one: %+v", f)
	}
}

func TestGapsAndCatalogue(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{DB: small(t)}, bundle())
	gaps := answered[[]Gap](t, h, "/api/gaps?target="+chart)
	if len(gaps) != 1 || gaps[0].From != hour0+10800 || gaps[0].To != hour0+14400 || !strings.Contains(gaps[0].Why, "HTTP 503") {
		t.Errorf("gaps: %+v, want the fourth hour", gaps)
	}
	c := answered[Catalogue](t, h, "/api/catalogue")
	want := Catalogue{
		Topic: "january-2025",
		Entities: []EntityInfo{
			{ID: "tiktok", Name: "TikTok", Names: []string{}, Colour: "#111111"},
			{ID: "rednote", Name: "RedNote", Names: []string{"Xiaohongshu"}, Colour: "#e5243b"},
		},
		Charts: []ChartInfo{{Target: chart, Basis: "modelled", First: hour0, Last: hour0 + 14400}},
		Counts: []CountInfo{{Target: "tag/xiaohongshu//tiktokrefugee", Metric: "views_total", Basis: "modelled", First: hour0, Last: hour0 + 4999*60}},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("catalogue (-want +got):\n%s", diff)
	}
}

func TestLiveShowsTheNewestLookAndNoOlderRank(t *testing.T) {
	t.Parallel()
	ch := small(t)
	for _, sql := range []string{
		`INSERT INTO looks (slot, source, target, basis, seen_at, outcome, depth, every_s, _topic, _partition, _offset)
SELECT now64(3) - toIntervalHour(2 - number) AS s, 'appstore', '` + chart + `', 'measured', s, 'ok', 100, 3600, 't', 0, 9000 + number FROM numbers(2)`,
		`INSERT INTO readings (at, source, target, subject, metric, basis, value, slot, seen_at, parser_version, _topic, _partition, _offset)
SELECT slot, source, target, '741292507', 'rank', basis, 7, slot, seen_at, 1, 't', 0, 9000 FROM looks WHERE basis = 'measured' ORDER BY slot LIMIT 1`,
	} {
		if err := ch.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	h := newHandler(Deps{DB: ch}, bundle())
	live := answered[Live](t, h, "/api/live")
	for _, r := range live.Readings {
		if r.Entity == "rednote" && (r.Value != nil || r.State != "unranked" || r.Depth != 100) {
			t.Errorf("RedNote fell off the list, and is shown as %+v", r)
		}
	}
	if len(live.Readings) != 2 {
		t.Errorf("live: %+v, want both apps", live.Readings)
	}
	for bases, want := range map[string][]string{"live": {"measured"}, "recorded": {"modelled"}, "all": {"measured", "modelled"}} {
		var got []string
		for _, g := range answered[Ranks](t, h, "/api/ranks?target="+chart+"&bases="+bases).Groups {
			got = append(got, g.Basis)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("bases %s (-want +got):\n%s", bases, diff)
		}
	}
}

func TestBadQuestionsAreToldSo(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{}, bundle())
	for path, code := range map[string]int{
		"/api/ranks":                                  http.StatusBadRequest,
		"/api/ranks?target=x&from=yesterday":          http.StatusBadRequest,
		"/api/ranks?target=x&from=20&to=10":           http.StatusBadRequest,
		"/api/ranks?target=x&bases=both":              http.StatusBadRequest,
		"/api/series?target=x":                        http.StatusBadRequest,
		"/api/events":                                 http.StatusBadRequest,
		"/api/nothing":                                http.StatusNotFound,
		"/api/catalogue":                              http.StatusServiceUnavailable,
		"/api/ranks?target=" + strings.Repeat("x", 9): http.StatusServiceUnavailable,
	} {
		w := get(t, h, path)
		if w.Code != code || !strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("GET %s: %d %s, want %d", path, w.Code, w.Body, code)
		}
	}
}
