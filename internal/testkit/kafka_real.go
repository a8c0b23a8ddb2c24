package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// realKafka is the one Apache Kafka of a test binary, and ends with it.
//
//nolint:gochecknoglobals // one broker for all tests of a binary: each needs 400 MB and some seconds
var realKafka struct {
	once sync.Once
	k    *Kafka
	err  error
}

// RealKafka is the address of an Apache Kafka that the tests of a binary share:
// use topics and groups of your own. The test is skipped unless
// TIDEMARK_REAL_KAFKA=1.
func RealKafka(t testing.TB) (addr string) {
	t.Helper()
	needKafka(t)
	realKafka.once.Do(func() {
		var dir string
		//nolint:usetesting // it outlives the test that starts it
		if dir, realKafka.err = os.MkdirTemp("", "tidemark-kafka-"); realKafka.err == nil {
			realKafka.k, realKafka.err = startKafka(jarsDir(t), dir, dir, testConfig, "--standalone")
		}
	})
	if realKafka.err != nil {
		t.Fatal(realKafka.err)
	}
	return realKafka.k.Addr()
}

// OwnKafka is an Apache Kafka for one test, which may kill it.
func OwnKafka(t testing.TB) *Kafka {
	t.Helper()
	needKafka(t)
	k, err := startKafka(jarsDir(t), t.TempDir(), "", testConfig, "--standalone")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Kill)
	return k
}

// ComposedKafka is an Apache Kafka with the variables that docker-compose.yml
// gives it, which its image turns into settings: KAFKA_LOG_DIRS is log.dirs.
// Only its addresses and its folder are those of this machine.
func ComposedKafka(t testing.TB, environment map[string]string) *Kafka {
	t.Helper()
	needKafka(t)
	k, err := startKafka(jarsDir(t), t.TempDir(), "", func(broker, controller int, dir string) string {
		here := strings.NewReplacer(
			"kafka:9092", fmt.Sprintf("127.0.0.1:%d", broker), "kafka:9093", fmt.Sprintf("127.0.0.1:%d", controller),
			"//:9092", fmt.Sprintf("//127.0.0.1:%d", broker), "//:9093", fmt.Sprintf("//127.0.0.1:%d", controller),
			"/var/lib/kafka/data", filepath.Join(dir, "data"))
		var settings strings.Builder
		for name, value := range environment {
			if key, ok := strings.CutPrefix(name, "KAFKA_"); ok && name != "KAFKA_HEAP_OPTS" {
				fmt.Fprintf(&settings, "%s=%s\n", strings.ToLower(strings.ReplaceAll(key, "_", ".")), here.Replace(value))
			}
		}
		return settings.String()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Kill)
	return k
}

func needKafka(t testing.TB) {
	t.Helper()
	if os.Getenv("TIDEMARK_REAL_KAFKA") != "1" {
		t.Skip("set TIDEMARK_REAL_KAFKA=1 to run against Apache Kafka (make slow)")
	}
	_, errJava := exec.LookPath("java")
	Need(t, "java", "install a Java 17 runtime", errJava == nil)
	_, errJars := os.Stat(filepath.Join(jarsDir(t), ".complete"))
	Need(t, "Apache Kafka's jars", "make kafka-jars", errJars == nil)
}

func jarsDir(t testing.TB) string {
	t.Helper()
	return filepath.Join(Root(t), "internal", "testkit", "kafkajars", "jars")
}

// Kafka is one broker of Apache Kafka, in a process of its own.
type Kafka struct {
	jars, dir string
	remove    string // a folder that goes with the broker; empty: none
	port      int
	stdin     io.Closer
	done      chan struct{}
}

// Addr is where clients connect.
func (k *Kafka) Addr() string { return fmt.Sprintf("127.0.0.1:%d", k.port) }

// Kill ends the broker as a power cut would, and returns when it is gone.
func (k *Kafka) Kill() {
	_ = k.stdin.Close()
	<-k.done
}

const kraftConfig = `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:%[2]d
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]d
controller.listener.names=CONTROLLER
log.dirs=%[3]s/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
`

// testConfig is what most tests want: it is quick to notice what is gone.
func testConfig(broker, controller int, dir string) string {
	return fmt.Sprintf(kraftConfig, broker, controller, dir)
}

func startKafka(jars, dir, remove string, config func(broker, controller int, dir string) string, formatFlags ...string) (*Kafka, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	k := &Kafka{jars: jars, dir: dir, remove: remove, port: ports[0]}
	if err := os.WriteFile(k.configFile(), []byte(config(ports[0], ports[1], dir)), 0o600); err != nil {
		return nil, err
	}
	format := exec.Command("java", append([]string{ //nolint:noctx // seconds
		"-cp", filepath.Join(jars, "*"), "kafka.tools.StorageTool", "format",
		"-t", "dGlkZW1hcmstdGVzdC1rYQ", "-c", k.configFile(),
	}, formatFlags...)...)
	if out, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format kafka storage: %w: %s", err, out)
	}
	return k, k.Start()
}

func (k *Kafka) configFile() string { return filepath.Join(k.dir, "server.properties") }

// Start runs the broker, again after Kill, on the same port with the same log.
// It returns when the broker accepts connections.
func (k *Kafka) Start() error {
	// The shell kills the broker when its input ends, which it does however
	// the test binary dies.
	script := `java -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$1/*" kafka.Kafka "$2" </dev/null & pid=$!
cat >/dev/null; kill -9 $pid; wait $pid 2>/dev/null; [ -z "$3" ] || rm -rf "$3"; exit 0`
	cmd := exec.Command("sh", "-c", script, "sh", k.jars, k.configFile(), k.remove) //nolint:noctx // ends by its input
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start kafka: %w", err)
	}
	k.stdin, k.done = stdin, make(chan struct{})
	go func() {
		defer close(k.done)
		_ = cmd.Wait()
	}()
	if err := k.await(); err != nil {
		k.Kill()
		return fmt.Errorf("start kafka: %w: %s", err, out.Bytes())
	}
	return nil
}

func (k *Kafka) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", k.Addr())
		if err == nil {
			return c.Close()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return errors.New("no answer within three minutes")
}
