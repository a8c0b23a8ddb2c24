package notify_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify"
	"github.com/tidemark/tidemark/processors/notify/message"
)

func TestToldAndLogged(t *testing.T) {
	t.Parallel()
	k := newKit(t, config.Receiver{Name: "phone"}, config.Receiver{Name: "desk"})
	phone, desk := &fake{}, &fake{}
	senders := map[string]message.Sender{"phone": phone, "desk": desk}
	stop := k.start(senders)
	k.publish(opened("a", begin), opened("a", begin), &event.Tick{AtMs: begin.Add(time.Hour).UnixMilli()})
	eventually(t, "the opening is told", func() bool { return phone.count() == 1 && desk.count() == 1 })
	if len(phone.messages()[0].Items[0].Episode.GetHistory()) != 48 {
		t.Error("the message has no history for a picture")
	}
	stop()
	k.publish(opened("a", begin), closed("a", begin.Add(2*time.Hour)), &event.Tick{AtMs: begin.Add(3 * time.Hour).UnixMilli()})
	stop = k.start(senders)
	eventually(t, "the end is told", func() bool { return phone.count() == 2 && desk.count() == 2 })
	eventually(t, "the log is whole", func() bool {
		return len(k.deliveries()) == 4 && !slices.ContainsFunc(k.deliveries(), func(l logged) bool { return l.Outcome != "delivered" })
	})
	stop()
	if got := phone.messages()[1]; got.Kind != message.KindClosed || got.Items[0].Opened.GetId() != "a" {
		t.Errorf("the second message is %s of %v, want the end", got.Kind, got.Items[0].Opened)
	}
	for _, l := range k.deliveries() {
		if diff := cmp.Diff([]string{"a"}, l.Episodes); diff != "" || l.Attempts != 1 {
			t.Errorf("logged %+v", l)
		}
	}
}

func TestADeadReceiverDelaysNobody(t *testing.T) {
	t.Parallel()
	k := newKit(t, config.Receiver{Name: "dead"}, config.Receiver{Name: "well"}, config.Receiver{
		Name: "refuses", Digest: config.Digest{Every: "daily", At: "09:00"},
	})
	dead := &fake{fail: func(*message.Message, int) error { return errors.New("connection refused") }}
	well := &fake{}
	refuses := &fake{fail: func(m *message.Message, _ int) error {
		if m.Kind == message.KindDigest {
			return nil
		}
		return fmt.Errorf("no such channel: %w", message.ErrPermanent)
	}}
	senders := map[string]message.Sender{"dead": dead, "well": well, "refuses": refuses}
	stop := k.start(senders)
	for i := range 5 {
		k.publish(opened(fmt.Sprint("e", i), begin.Add(time.Duration(i)*time.Minute)))
	}
	k.publish(&event.Tick{AtMs: begin.Add(time.Hour).UnixMilli()})
	eventually(t, "the others are told", func() bool { return well.count() == 5 })
	outcomes := func() map[string]int {
		all := map[string]int{}
		for _, l := range k.deliveries() {
			all[l.Receiver+" "+l.Outcome]++
		}
		return all
	}
	want := map[string]int{"dead retrying": 1, "refuses failed": 5, "well delivered": 5}
	eventually(t, "the log says it", func() bool { return cmp.Diff(want, outcomes()) == "" })
	// What has failed is told in the digest.
	eventually(t, "the digest tells of what failed", func() bool {
		at := begin.Add(24 * time.Hour)
		k.publish(&event.Tick{AtMs: at.UnixMilli()})
		return refuses.count() > 0
	})
	if n := refuses.messages()[0].Digest.Failed; n != 5 {
		t.Errorf("the digest tells of %d failures, want 5", n)
	}
	stop()
	// It comes to life, and nothing was lost; nobody else hears anything again.
	dead.mu.Lock()
	dead.fail = nil
	dead.mu.Unlock()
	k.start(senders)
	eventually(t, "the dead one hears of all", func() bool { return dead.count() == 5 })
	if well.count() != 5 {
		t.Errorf("the well one was told %d times, want 5", well.count())
	}
}

func TestWithoutReceiversMessagesAreListed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	log := &fake{}
	k.start(map[string]message.Sender{config.LogReceiver: log})
	past := opened("old", begin)
	past.Basis = event.Basis_BASIS_IMPORTED
	k.publish(opened("a", begin), past,
		&event.Tick{AtMs: begin.UnixMilli(), PastMs: begin.Add(time.Hour).UnixMilli(), Partitions: 1})
	eventually(t, "both are listed", func() bool { return len(k.deliveries()) == 2 })
	for _, l := range k.deliveries() {
		if l.Receiver != config.LogReceiver || l.Outcome != "delivered" {
			t.Errorf("logged %+v", l)
		}
	}
}

func TestMutesAreRead(t *testing.T) {
	t.Parallel()
	k := newKit(t, config.Receiver{Name: "phone"})
	now := time.Now()
	for _, m := range []notify.Mute{
		{Name: "rednote", Since: now, Until: now.Add(time.Hour)},
		{Kind: "rule", Name: "counts", Since: now, Until: now.Add(time.Hour)},
		{Kind: "rule", Name: "counts", Since: now, Until: now}, // unmuted
	} {
		if err := notify.WriteMute(t.Context(), k.db, m); err != nil {
			t.Fatal(err)
		}
	}
	mutes, err := notify.ReadMutes(t.Context(), k.db)
	if err != nil || len(mutes) != 1 || mutes[0].Name != "rednote" {
		t.Fatalf("mutes are %v, %v", mutes, err)
	}
	phone := &fake{}
	k.start(map[string]message.Sender{"phone": phone})
	a, b := opened("a", begin), opened("b", begin)
	a.Entity = "rednote"
	k.publish(a, b)
	eventually(t, "the other one is told", func() bool { return phone.count() == 1 })
	if got := phone.messages()[0].Items[0].Episode.GetId(); got != "b" {
		t.Errorf("told of %s, want b", got)
	}
}

// Whoever removes the memory does not make people hear everything again.
func TestALostMemoryTellsNothingTwice(t *testing.T) {
	t.Parallel()
	k := newKit(t, config.Receiver{Name: "phone"})
	phone := &fake{}
	senders := map[string]message.Sender{"phone": phone}
	stop := k.start(senders)
	k.publish(opened("a", begin), closed("a", begin.Add(time.Minute)))
	eventually(t, "both are told", func() bool { return phone.count() == 2 })
	eventually(t, "both are logged", func() bool { return len(k.deliveries()) == 2 })
	stop()
	if err := k.db.Exec(t.Context(), "TRUNCATE TABLE notify_state"); err != nil {
		t.Fatal(err)
	}
	k.start(senders)
	k.publish(opened("b", begin.Add(time.Hour)))
	eventually(t, "news is told", func() bool { return phone.count() >= 3 })
	if ids := phone.messages(); len(ids) != 3 || ids[2].Items[0].Episode.GetId() != "b" {
		t.Errorf("told %d messages, want 3", len(ids))
	}
}
