package kafka_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// What must never be in this package, and why.
var forbidden = map[string]string{
	"GroupID:kafkago.ReaderConfig":     "kafka-go's group reader commits partitions that it has lost",
	"GroupTopics:kafkago.ReaderConfig": "kafka-go's group reader commits partitions that it has lost",
	"kafkago.NewWriter":                "write the literal: its settings are all in sight",
	"kafkago.DefaultTransport":         "one Transport is shared by everything",
	"kafkago.DefaultDialer":            "it knows no user and no TLS",
}

func TestNothingForbiddenIsUsed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range uses(t, name, string(src)) {
			t.Errorf("%s: %s: %s", name, found, forbidden[found])
		}
	}
	// The test itself sees what it is there for.
	const bad = `package p; var _ = kafkago.ReaderConfig{GroupID: "g"}; var _ = kafkago.NewWriter`
	if got := uses(t, "bad.go", bad); len(got) != 2 {
		t.Errorf("found %v in a bad file, want two things", got)
	}
}

func uses(t *testing.T, name, src string) (found []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := func(what string) {
		if forbidden[what] != "" {
			found = append(found, what)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			seen(dotted(n))
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					seen(dotted(kv.Key) + ":" + dotted(n.Type))
				}
			}
		}
		return true
	})
	return found
}

func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	default:
		return ""
	}
}

func TestKafkaTopicsAreNeverCompacted(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		c := newClient(t, addr)
		admin := rawAdmin(t, addr)
		topic := newTopic(t, c)
		got := configs(t, admin, topic)
		for name, want := range map[string]string{
			"cleanup.policy": "delete", "retention.ms": "3600000", "retention.bytes": "67108864", "segment.bytes": "8388608",
		} {
			if got[name] != want {
				t.Errorf("%s of a new topic is %q, want %q", name, got[name], want)
			}
		}

		compacted := topic + "-compacted"
		res, err := admin.CreateTopics(t.Context(), &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{{
			Topic: compacted, NumPartitions: 1, ReplicationFactor: 1,
			ConfigEntries: []kafkago.ConfigEntry{{ConfigName: "cleanup.policy", ConfigValue: "compact"}},
		}}})
		if err = errors.Join(err, res.Errors[compacted]); err != nil {
			t.Fatal(err)
		}
		err = c.EnsureTopics(t.Context(), []event.Topic{{Name: compacted, Retention: time.Hour, RetentionBytes: 1 << 20}})
		if !errors.Is(err, kafka.ErrCompacted) || !strings.Contains(err.Error(), compacted) {
			t.Errorf("EnsureTopics(compacted) = %v, want %v and the name", err, kafka.ErrCompacted)
		}
	})
}

func rawAdmin(t *testing.T, addr string) *kafkago.Client {
	t.Helper()
	transport := &kafkago.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafkago.Client{Addr: kafkago.TCP(addr), Transport: transport}
}

func configs(t *testing.T, admin *kafkago.Client, topic string) map[string]string {
	t.Helper()
	res, err := admin.DescribeConfigs(t.Context(), &kafkago.DescribeConfigsRequest{
		Resources: []kafkago.DescribeConfigRequestResource{{ResourceType: kafkago.ResourceTypeTopic, ResourceName: topic}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range res.Resources {
		for _, e := range r.ConfigEntries {
			got[e.ConfigName] = e.ConfigValue
		}
	}
	return got
}

// EnsureTopics by several processes at once, and again, changes nothing.
func TestKafkaEnsureTopicsIsIdempotent(t *testing.T) {
	t.Parallel()
	eachBroker(t, func(t *testing.T, addr string) {
		first := newClient(t, addr)
		name := newTopic(t, first)
		topics := []event.Topic{
			{Name: name, Retention: 2 * time.Hour, RetentionBytes: 1 << 20},
			{Name: name + "-a", Retention: time.Hour, RetentionBytes: 1 << 20},
			{Name: name + "-b", Retention: time.Hour, RetentionBytes: 1 << 20},
		}
		done := make(chan error, 4)
		for range cap(done) {
			c := newClient(t, addr)
			go func() { done <- c.EnsureTopics(t.Context(), topics) }()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		admin := rawAdmin(t, addr)
		if got := configs(t, admin, name)["retention.ms"]; got != "3600000" {
			t.Errorf("retention of an existing topic is %s now, want it as it was", got)
		}
		// A client that knew the topics as missing may write at once.
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := first.Publish(ctx, name+"-a", "k", note("a")); err != nil {
			t.Error(err)
		}
	})
}

func TestEnsureTopicsSaysWhichTopicIsWrong(t *testing.T) {
	t.Parallel()
	c := newClientOf(t, config.Kafka{Brokers: []string{testkit.Broker(t)}, Partitions: 1, ReplicationFactor: 5}, nil)
	err := c.EnsureTopics(t.Context(), []event.Topic{{Name: "too-safe", Retention: time.Hour, RetentionBytes: 1}})
	if err == nil || !strings.Contains(err.Error(), "too-safe") || !errors.Is(err, kafkago.InvalidReplicationFactor) {
		t.Errorf("EnsureTopics() = %v, want the name of the topic and why", err)
	}
}
