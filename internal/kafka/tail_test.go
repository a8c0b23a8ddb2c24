package kafka_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestKafkaTailOptions(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		var msgs []kafka.Outgoing
		for _, s := range numbered("m", 10) {
			msgs = append(msgs, kafka.Outgoing{Key: "one", Msg: note(s)})
		}
		if err := c.PublishAll(t.Context(), topic, msgs); err != nil {
			t.Fatal(err)
		}
		all := numbered("m", 10)
		for name, tc := range map[string]struct {
			o    kafka.TailOptions
			want []string
		}{
			"all":          {kafka.TailOptions{}, all},
			"from first":   {kafka.TailOptions{From: kafka.FromFirst}, all},
			"from end":     {kafka.TailOptions{From: kafka.FromEnd}, nil},
			"from offset":  {kafka.TailOptions{From: 7}, all[7:]},
			"beyond end":   {kafka.TailOptions{From: 70}, nil},
			"last":         {kafka.TailOptions{Last: 3}, all[7:]},
			"last of many": {kafka.TailOptions{Last: 300}, all},
		} {
			var got []string
			err := c.Tail(t.Context(), topic, tc.o, func(m kafka.Message) error {
				got = append(got, text(t, m))
				return nil
			})
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("Tail(%s): %v %s", name, err, diff)
			}
		}
		if err := c.Tail(t.Context(), topic, kafka.TailOptions{Partitions: []int{9}}, nil); !errors.Is(err, kafka.ErrUnknownTopic) {
			t.Errorf("Tail(partition 9) = %v, want %v", err, kafka.ErrUnknownTopic)
		}
		if err := c.Tail(t.Context(), topic+"-absent", kafka.TailOptions{}, nil); !errors.Is(err, kafka.ErrUnknownTopic) {
			t.Errorf("Tail(absent) = %v, want %v", err, kafka.ErrUnknownTopic)
		}
	})
}

func TestKafkaTailLastBehindTicks(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		publish := func(key string, msgs ...event.Validator) {
			t.Helper()
			var out []kafka.Outgoing
			for _, m := range msgs {
				out = append(out, kafka.Outgoing{Key: key, Msg: m})
			}
			if err := c.PublishAll(t.Context(), topic, out); err != nil {
				t.Fatal(err)
			}
		}
		ticks := slices.Repeat([]event.Validator{&event.Tick{AtMs: 1_736_800_000_000}}, 1700) // more than two steps back
		publish("one", note("a"), note("b"), note("c"))
		publish("one", ticks...)
		publish("one", note("d"))
		publish("one", ticks...)
		for last, want := range map[int64][]string{
			1: {"d"}, 2: {"c", "d"}, 3: {"b", "c", "d"}, 300: {"a", "b", "c", "d"},
		} {
			for _, follow := range []bool{false, true} {
				var got []string
				errAll := errors.New("all are there")
				err := c.Tail(t.Context(), topic, kafka.TailOptions{Last: last, SkipTicks: true, Follow: follow}, func(m kafka.Message) error {
					if got = append(got, text(t, m)); follow && len(got) == len(want) {
						return errAll
					}
					return nil
				})
				if diff := cmp.Diff(want, got); diff != "" || err != nil && !errors.Is(err, errAll) {
					t.Errorf("Tail(last %d, follow %t): %v %s", last, follow, err, diff)
				}
			}
		}
		n := 0
		err := c.Tail(t.Context(), topic, kafka.TailOptions{Last: 2}, func(kafka.Message) error { n++; return nil })
		if err != nil || n != 2 {
			t.Errorf("Tail(last 2) with ticks has %d messages, %v", n, err)
		}
	})
}

func TestTailFollows(t *testing.T) {
	t.Parallel()
	c := newClient(t, testkit.Broker(t))
	topic := newTopic(t, c)
	publish(t, c, topic, "old")
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan string, 10)
	done := make(chan error, 1)
	go func() {
		done <- c.Tail(ctx, topic, kafka.TailOptions{Last: 1, Follow: true}, func(m kafka.Message) error {
			got <- text(t, m)
			return nil
		})
	}()
	if s := <-got; s != "old" {
		t.Errorf("first message is %s, want old", s)
	}
	publish(t, c, topic, "new")
	if s := <-got; s != "new" {
		t.Errorf("second message is %s, want new", s)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Tail() = %v after a person ended it", err)
	}
	errStop := errors.New("enough")
	err := c.Tail(t.Context(), topic, kafka.TailOptions{Follow: true}, func(kafka.Message) error { return errStop })
	if !errors.Is(err, errStop) {
		t.Errorf("Tail() = %v, want the error of fn", err)
	}
}
