package store

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// loose is a partition without a database, and what it rejects.
func loose() (*partition, *[]*event.Rejected) {
	var rejected []*event.Rejected
	p := New(nil, func(_ context.Context, r *event.Rejected) error {
		rejected = append(rejected, r)
		return nil
	}, nil, slog.New(slog.DiscardHandler))
	return &partition{p: p, topic: event.TopicSnapshots, tables: tablesOf(event.TopicSnapshots), log: p.log}, &rejected
}

// dump is what a partition has collected, row by row.
func dump(t *testing.T, h *partition) []string {
	t.Helper()
	var out []string
	for _, table := range h.tables {
		for _, f := range table.fields {
			if f.col.Rows() != table.rows() {
				t.Errorf("%s.%s has %d rows of %d", table.name, f.name, f.col.Rows(), table.rows())
			}
		}
		for i := range table.rows() {
			line := table.name
			for _, f := range table.fields {
				line += fmt.Sprintf(" %s=%v", f.name, valueAt(t, f, i))
			}
			out = append(out, line)
		}
	}
	return out
}

func valueAt(t *testing.T, f field, i int) any {
	t.Helper()
	switch c := f.col.(type) {
	case *words:
		return c.At(i)
	case *texts:
		return c.At(i)
	case *times:
		return c.At(i)
	case *floats:
		return c.At(i)
	case *uint16s:
		return c.At(i)
	case *uint32s:
		return c.At(i)
	case *uint64s:
		return c.At(i)
	default:
		return "-" // of facts; they have no fast way
	}
}

// slowTake is take as it is without the fast way.
func slowTake(t *testing.T, h *partition, m *kafka.Message) {
	t.Helper()
	msg, err := event.Unmarshal(m.Type, m.Value)
	if s, ok := msg.(*event.Snapshot); ok && err == nil {
		h.addSnapshot(at{topic: h.topic, offset: uint64(m.Offset)}, s)
	}
}

func seeds(f *testing.F) {
	f.Helper()
	odd := chart(day, 2)
	odd.Readings[0].AtMs, odd.Readings[1].Value = day.UnixMilli()-5, 2.5
	odd.Readings[1].Metric = "share"
	badRank := chart(day, 2)
	badRank.Readings[1].Value = 0
	halfRank, longAgo := chart(day, 2), chart(day, 2)
	halfRank.Readings[1].Value, longAgo.Readings[1].AtMs = 1.5, 5
	share := chart(day, 2)
	share.Readings[1].Metric = "share" // a subject that is known, a metric that is not
	twice := chart(day, 2)
	twice.Readings = append(twice.Readings, twice.Readings...)
	nobody := chart(day, 2)
	nobody.Readings[1].Subject = ""
	refused := failed(chart(day, 2), "bad shape")
	refused.Readings = chart(day, 1).GetReadings()
	for _, e := range []proto.Message{
		chart(day, 3), failed(chart(day, 3), "HTTP 503"), tagLook(day, 7), odd, badRank, halfRank, longAgo, share, twice, nobody, refused,
		imported(chart(day, 2), "0123456789abcdef"),
		&event.Import{Id: "i", Name: "f.csv", ImportedBy: "b", AtMs: day.UnixMilli(), Sha256: "ab", Via: "file"},
		&event.Tick{AtMs: day.UnixMilli()},
		&event.Fact{Id: "f", Kind: event.FactKind_FACT_KIND_EVENT, Topic: "t", Subject: "s", Metric: "m", Publisher: "p", Confidence: "c"},
		&event.Mention{Id: "m", Platform: "x", Tag: "y", AtMs: day.UnixMilli()},
	} {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(event.TypeName(e), b)
		f.Add(event.TypeName(e), b[:len(b)/2])
		f.Add(event.TypeName(e), append(b[len(b)/2:], b[:len(b)/2]...))
	}
	f.Add("", []byte{})
}

// FuzzFast: the fast way takes what the slow way takes, and nothing else.
func FuzzFast(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, _ string, value []byte) {
		quick, rejected := loose()
		slow, _ := loose()
		first := batch(t, 6, chart(day, 2))[0] // its words are known then
		m := kafka.Message{Topic: event.TopicSnapshots, Offset: 7, Type: typeSnapshot, Value: value}
		for _, m := range []kafka.Message{first, m} {
			if err := quick.take(t.Context(), &m); err != nil {
				t.Fatal(err)
			}
			slowTake(t, slow, &m)
		}
		if diff := cmp.Diff(dump(t, slow), dump(t, quick)); diff != "" {
			t.Errorf("rejected %v (-slow +fast):\n%s", *rejected, diff)
		}
	})
}

// FuzzTake: any bytes under any type are a row, or a rejection with those very
// bytes, and never half a row.
func FuzzTake(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, typeName string, value []byte) {
		h, kept := loose()
		if err := h.take(t.Context(), &kafka.Message{Topic: event.TopicSnapshots, Offset: 7, Type: typeName, Value: value}); err != nil {
			t.Fatal(err)
		}
		dump(t, h)
		rejected, rows := *kept, 0
		for _, table := range h.tables {
			rows += table.rows()
		}
		switch {
		case len(rejected) == 0 && rows == 0 && typeName != "tidemark.v1.Tick":
			t.Error("neither stored nor rejected")
		case len(rejected) > 0 && rows > 0:
			t.Error("stored and rejected")
		case len(rejected) == 1 && (rejected[0].Validate() != nil || string(rejected[0].GetOriginal()) != string(value)):
			t.Errorf("rejected is %v", rejected[0])
		}
	})
}
