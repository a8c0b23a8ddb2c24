package store

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

func TestHandleStoresLooksReadingsAndFacts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if err := k.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := k.assign(t, -1)
	value := &event.Fact{
		Id: "f1", Kind: event.FactKind_FACT_KIND_FIGURE, Topic: "january-2025", Subject: "rednote", Metric: "new users",
		Value: 700000, HasValue: true, Publisher: "Reuters", Confidence: "high", FromMs: day.UnixMilli(),
	}
	words := &event.Fact{
		Id: "f2", Kind: event.FactKind_FACT_KIND_EVENT, Topic: "january-2025", Subject: "tiktok", Metric: "goes dark",
		Publisher: "AP", Confidence: "high",
	}
	got := handle(t, h, batch(t, 5,
		chart(day, 3), failed(chart(day.Add(time.Hour), 3), "HTTP 503"), &event.Tick{AtMs: day.UnixMilli()}, value, words))
	if want := (kafka.Commit{Offset: 10}); got != want {
		t.Errorf("commit is %v, want %v", got, want)
	}
	for sql, want := range map[string]string{
		"SELECT arrayStringConcat(arraySort(groupArray(concat(toString(slot), ' ', outcome, ' ', toString(readings), ' ', toString(depth), ' ', reason, ' ', via))), ', ') FROM v_looks": "2025-01-14 00:00:00.000 ok 3 3  marketing-v2, 2025-01-14 01:00:00.000 failed 0 0 HTTP 503 marketing-v2",
		"SELECT arrayStringConcat(arraySort(groupArray(concat(subject, '=', toString(value), ' ', toString(at), ' ', target, ' ', country))), ', ') FROM v_readings":                     "a1=1 2025-01-14 00:00:00.000 chart/apple/us/top-free/overall us, a2=2 2025-01-14 00:00:00.000 chart/apple/us/top-free/overall us, a3=3 2025-01-14 00:00:00.000 chart/apple/us/top-free/overall us",
		"SELECT arrayStringConcat(groupArray(concat(id, ' ', toString(value), ' ', toString(at_from), ' ', toString(isNull(at_to)))), ', ') FROM reported":                               "f1 700000 2025-01-14 00:00:00.000 1",
		"SELECT arrayStringConcat(groupArray(concat(id, ' ', what)), ', ') FROM events":                                                                                                  "f2 goes dark",
		"SELECT toString(groupUniqArray(_offset)) FROM readings":                                                                                                                         "[5]",
		"SELECT toString(arraySort(groupUniqArray(_offset))) FROM looks":                                                                                                                 "[5,6]",
	} {
		if got := one[string](t, k, sql); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
}
