package kafka_test

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
)

// cluster is a bare kfake whose answers a test may change.
func cluster(t *testing.T, opts ...kfake.Opt) (*kfake.Cluster, string) {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, c.ListenAddrs()[0]
}

// A member whose connection dies while its JoinGroup waits is kept by kfake for
// ever, and with it its partitions. The watchdog gets them back.
func TestWatchdogEvictsGhost(t *testing.T) {
	t.Parallel()
	_, addr := cluster(t)
	reg := prometheus.NewPedanticRegistry()
	c := newClientOf(t, config.Kafka{Brokers: []string{addr}, Partitions: 4}, nil)
	topic := newTopic(t, c)
	r := newRecorder(t)
	const session = 1500 * time.Millisecond
	consumeWith(t, c, kafka.ConsumerConfig{
		Group: topic, Topics: []string{topic}, Assignment: kafka.AssignGroup,
		SessionTimeout: session, RebalanceTimeout: session, StallAfter: time.Second,
	}, r, reg)
	fired := func() float64 { return sum(t, reg, "tidemark_kafka_watchdog_firings_total") }
	// One in two is not kept: kfake happens to believe that its answer went out.
	for i := 0; i < 12 && fired() == 0; i++ {
		before := sum(t, reg, "tidemark_kafka_rebalances_total")
		joinAsGhost(t, addr, topic, topic)
		eventually(t, "a generation with the ghost", func() bool {
			return sum(t, reg, "tidemark_kafka_rebalances_total") > before
		})
		texts := numbered(fmt.Sprint("round-", i), 40)
		publish(t, c, topic, texts...)
		r.await(texts)
	}
	if fired() == 0 {
		t.Error("the watchdog never fired: does kfake evict ghosts by itself now?")
	}
}

// joinAsGhost sends a JoinGroup and goes away before the answer.
func joinAsGhost(t *testing.T, addr, group, topic string) {
	t.Helper()
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version = 2
	req.Group = group
	req.SessionTimeoutMillis = 1500
	req.RebalanceTimeoutMillis = 1500
	req.ProtocolType = "consumer"
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name = "range"
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Topics = []string{topic}
	protocol.Metadata = meta.AppendTo(nil)
	req.Protocols = append(req.Protocols, protocol)
	body := kmsg.NewRequestFormatter(kmsg.FormatterClientID("ghost")).AppendRequest(nil, req, 1)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(body); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // it is parked until the others have joined
	_ = conn.Close()
}

// A reader that hears of nothing although there is something is replaced.
func TestWatchdogReplacesStalledReader(t *testing.T) {
	t.Parallel()
	broker, addr := cluster(t)
	reg := prometheus.NewPedanticRegistry()
	c := newClientOf(t, config.Kafka{Brokers: []string{addr}, Partitions: 1}, nil)
	topic := newTopic(t, c)
	publish(t, c, topic, "a")
	var deaf atomic.Bool
	deaf.Store(true)
	broker.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		broker.KeepControl()
		if !deaf.Load() {
			return nil, nil, false
		}
		time.Sleep(5 * time.Millisecond)
		return emptyFetch(req.(*kmsg.FetchRequest)), nil, true
	})
	r := newRecorder(t)
	consumeWith(t, c, kafka.ConsumerConfig{Group: topic, Topics: []string{topic}, StallAfter: 200 * time.Millisecond}, r, reg)
	eventually(t, "the watchdog", func() bool { return sum(t, reg, "tidemark_kafka_watchdog_firings_total") > 0 })
	deaf.Store(false)
	r.await([]string{"a"})
}

func emptyFetch(req *kmsg.FetchRequest) kmsg.Response {
	res := req.ResponseKind().(*kmsg.FetchResponse)
	for _, rt := range req.Topics {
		t := kmsg.NewFetchResponseTopic()
		t.Topic, t.TopicID = rt.Topic, rt.TopicID
		for _, rp := range rt.Partitions {
			p := kmsg.NewFetchResponseTopicPartition()
			p.Partition = rp.Partition
			p.HighWatermark = rp.FetchOffset
			t.Partitions = append(t.Partitions, p)
		}
		res.Topics = append(res.Topics, t)
	}
	return res
}
