package detect

import (
	"context"
	"testing"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/processors/detect/judge"
)

// TestKillsWithTheRealRules: what package judge remembers survives too, here of
// the case of January 2025. Its states carry their picture and their band, so nothing may be off by one look.
func TestKillsWithTheRealRules(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Rules(cfg.Process.Detect, cfg.Watch)
	if err != nil {
		t.Fatal(err)
	}
	k, r := newKit(t), chance(21)
	k.judge, k.chunk, k.most = rules, 20_000, 400
	recording, err := replay.Open("january-2025")
	if err != nil {
		t.Fatal(err)
	}
	var events []event.Validator
	for m, err := range recording.Messages() {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, m.Msg)
	}
	log := messages(t, events)
	want, got := k.undisturbed(log), newReader()
	d := k.throughKills(r, log, got, 20)
	compare(t, want, got)
	t.Logf("%d states, %+v, %d came again", len(want.states), d, got.again)
	if d.resumed < 15 || got.again == 0 {
		t.Errorf("%+v, %d states came again: the test proves little", d, got.again)
	}
}

// crowd is a broker that takes everything.
type crowd struct{}

func (crowd) Partitions(context.Context, string) (int, error)            { return 1, nil }
func (crowd) PublishAll(context.Context, string, []kafka.Outgoing) error { return nil }

// TestWhatJudgesForgetIsCounted, as nobody would see it otherwise.
func TestWhatJudgesForgetIsCounted(t *testing.T) {
	t.Parallel()
	j, err := judge.New(config.Detect{Sensitivity: "medium", MaxSubjects: 10, MaxFull: 1}, config.NewBelongings(&config.Watch{}))
	if err != nil {
		t.Fatal(err)
	}
	k := newKitWithoutStore(t)
	k.judge = byRules{j}
	p := k.processor(crowd{})
	h := assign(t, p, never())
	var all []event.Validator
	for i := range 40 {
		all = append(all, chartLook(i, 30))
	}
	handle(t, h, messages(t, all))
	if n := value(t, p.m.forgotten); n == 0 {
		t.Error("no subject is called forgotten")
	}
}
