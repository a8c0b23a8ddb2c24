package kafka_test

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestKafkaMarksAreKept(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		topic := newTopic(t, c)
		name := topic + "-mark"
		if got, err := c.LoadMark(t.Context(), name, topic); got != "" || err != nil {
			t.Fatalf("before it was ever saved: %q, %v", got, err)
		}
		longest := strings.Repeat("x", kafka.MaxMark)
		for _, mark := range []string{`{"seq":1}`, longest, `{"seq":2,"word":"小红书"}`} {
			if err := c.SaveMark(t.Context(), name, topic, mark); err != nil {
				t.Fatal(err)
			}
			other := newClient(t, addr) // a process that was started anew
			if got, err := other.LoadMark(t.Context(), name, topic); got != mark || err != nil {
				t.Fatalf("LoadMark() = %.40q, %v, want %.40q", got, err, mark)
			}
		}
		if err := c.SaveMark(t.Context(), name, topic, longest+"x"); err == nil || !strings.Contains(err.Error(), "at most 4096") {
			t.Errorf("a mark that is too long: %v", err)
		}
		if got, err := c.LoadMark(t.Context(), name+"-other", topic); got != "" || err != nil {
			t.Errorf("another name has %q, %v", got, err)
		}
	})
}

// A mark reads nothing and holds nothing back: it is no lag.
func TestMarksMoveNoReader(t *testing.T) {
	t.Parallel()
	c := newClient(t, testkit.Broker(t))
	topic := newTopic(t, c)
	publish(t, c, topic, numbered("m", 10)...)
	r := newRecorder(t)
	run := consume(t, c, kafka.ConsumerConfig{Group: topic + "-reader", Topics: []string{topic}, Assignment: kafka.AssignStatic}, r)
	r.await(numbered("m", 10))
	run.stop()
	if err := c.SaveMark(t.Context(), topic+"-mark", topic, "x"); err != nil {
		t.Fatal(err)
	}
	if committed, lag := lagOf(t, c, topic+"-reader", topic); committed != 10 || lag != 0 {
		t.Errorf("the reader is at %d, lag %d", committed, lag)
	}
}
