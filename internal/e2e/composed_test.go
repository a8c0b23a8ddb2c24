package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestServersAsComposed starts what docker-compose.yml starts, without
// containers: the commands, variables, files and secrets of each service are read
// from it, and only addresses and folders are those of this machine. Not started
// are Grafana, and ClickHouse's own server: the embedded engine stands in for it
// behind a door that wants user and password.
func TestServersAsComposed(t *testing.T) {
	t.Parallel()
	needSlow(t)
	if os.Getenv("TIDEMARK_REAL_KAFKA") == "" {
		t.Skip("needs Apache Kafka: run `make slow`")
	}
	c := newComposed(t)
	if out, err := c.run(t, "migrate"); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	collector := c.start(t, "collect")
	for range c.file.Services["process"].Deploy.Replicas {
		c.start(t, "process")
	}
	eventually(t, "a look from collect in ClickHouse", func() error {
		out, err := run(t, c.bin, "sql", "--dsn", c.engine, "SELECT count() FROM looks WHERE source = 'hackernews' AND outcome = 'failed'", "--format", "TSV")
		if err == nil && strings.TrimSpace(out) == "0" {
			err = fmt.Errorf("there is none")
		}
		return err
	})
	for _, p := range c.processes {
		p.checkHealth(t, c.file.Services[p.service].Health.Test)
	}
	monitor := startMonitoring(t, c)
	monitor.check(t, 1+c.file.Services["process"].Deploy.Replicas)
	collector.kill()
	eventually(t, "the alert about a process that is down", func() error { return monitor.has("TidemarkDown") })
}

// composed is docker-compose.yml on this machine.
type composed struct {
	file              testkit.Compose
	bin, dir, secrets string
	broker, engine    string
	door              *httptest.Server
	processes         []*composedProcess
}

type composedProcess struct {
	*process
	service, http string
}

func newComposed(t *testing.T) *composed {
	t.Helper()
	c := &composed{file: testkit.ReadCompose(t), bin: binary(t), dir: t.TempDir()}
	c.secrets = filepath.Join(c.dir, "secrets")
	made := exec.CommandContext(t.Context(), "bash", filepath.Join(testkit.Root(t), "deploy/secrets.sh"), c.secrets)
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("make secrets: %v: %s", err, out)
	}
	c.broker = testkit.ComposedKafka(t, c.file.Services["kafka"].Environment).Addr()
	store := testkit.FreePort(t)
	start(t, c.bin, nil, "engine", "--data-dir", filepath.Join(c.dir, "engine"), "--http", store)
	c.engine = "http://" + store + "/tidemark"
	eventually(t, "the engine", func() error { _, err := run(t, c.bin, "sql", "--dsn", c.engine, "SELECT 1"); return err })
	c.door = httptest.NewServer(c.doorTo(t, store))
	t.Cleanup(c.door.Close)
	return c
}

// doorTo lets in who has the password of the program, as ClickHouse's server does.
func (c *composed) doorTo(t *testing.T, store string) http.Handler {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.secrets, "clickhouse_password"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(text))
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: store})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "tidemark" || password != want {
			http.Error(w, "Code: 516. DB::Exception: Authentication failed", http.StatusForbidden)
			return
		}
		r.Header.Del("Authorization")
		r.Host = store
		proxy.ServeHTTP(w, r)
	})
}

// here turns an address or path of a container into one of this machine.
func (c *composed) here(t *testing.T, service testkit.ComposeService, text string) string {
	t.Helper()
	text = strings.NewReplacer(
		"kafka:9092", c.broker,
		"clickhouse://tidemark@clickhouse:9000", "http://tidemark@"+c.door.Listener.Addr().String(),
		"/run/secrets/", c.secrets+"/",
	).Replace(text)
	if mounted := service.HostPath(text); mounted != "" {
		return filepath.Join(testkit.Root(t), mounted)
	}
	return text
}

// environmentOf is what the service is given, and that nobody outside of this
// machine is asked: the one source that is left has an address that is not there.
func (c *composed) environmentOf(t *testing.T, service testkit.ComposeService) []string {
	t.Helper()
	var env []string
	for name, value := range service.Environment {
		env = append(env, name+"="+c.here(t, service, value))
	}
	for name := range config.Variables() {
		if strings.HasPrefix(name, "TIDEMARK_COLLECT_SOURCES_") && strings.HasSuffix(name, "_ENABLED") && !strings.Contains(name, "HACKERNEWS") {
			env = append(env, name+"=false")
		}
	}
	return append(env, "TIDEMARK_COLLECT_SOURCES_HACKERNEWS_BASE_URL=http://127.0.0.1:1", "TIDEMARK_COLLECT_SOURCES_HACKERNEWS_EVERY=@every 1m")
}

func (c *composed) run(t *testing.T, name string) (string, error) {
	t.Helper()
	service := c.file.Services[name]
	cmd := exec.CommandContext(t.Context(), c.bin, service.Command...)
	cmd.Dir, cmd.Env = testkit.Root(t), append(environment(), c.environmentOf(t, service)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c *composed) start(t *testing.T, name string) *composedProcess {
	t.Helper()
	service, address := c.file.Services[name], testkit.FreePort(t)
	args := slices.Clone(service.Command)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "0.0.0.0:8080", address)
	}
	p := &composedProcess{process: start(t, c.bin, c.environmentOf(t, service), args...), service: name, http: address}
	c.processes = append(c.processes, p)
	return p
}

// checkHealth runs the container's own health check.
func (p *composedProcess) checkHealth(t *testing.T, test []string) {
	t.Helper()
	eventually(t, "health of "+p.service, func() error {
		args := slices.Clone(test[1:])
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "127.0.0.1:8080", p.http)
		}
		out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%v: %w: %s", args, err, out)
		}
		return nil
	})
}

// monitoring is Debian's Prometheus and Alertmanager with the files of deploy/.
type monitoring struct{ prometheus, alertmanager string }

func startMonitoring(t *testing.T, c *composed) *monitoring {
	t.Helper()
	folder := filepath.Join(testkit.Root(t), "bin/prometheus")
	_, err := os.Stat(filepath.Join(folder, "usr/bin/prometheus"))
	testkit.Need(t, "Debian's prometheus", "make prometheus", err == nil)
	m := &monitoring{prometheus: testkit.FreePort(t), alertmanager: testkit.FreePort(t)}
	files := filepath.Join(c.dir, "prometheus")
	c.copyPrometheus(t, files, m)
	c.program(t, folder, "prometheus-alertmanager", "alertmanager", m.alertmanager, strings.NewReplacer("=/alertmanager", "="+filepath.Join(c.dir, "am")))
	c.program(t, folder, "prometheus", "prometheus", m.prometheus,
		strings.NewReplacer("=/etc/prometheus/", "="+files+"/", "=/prometheus", "="+filepath.Join(c.dir, "tsdb")))
	return m
}

// program starts one of the two with the flags that the service has.
func (c *composed) program(t *testing.T, folder, binary, name, address string, here *strings.Replacer) {
	t.Helper()
	service := c.file.Services[name]
	args := []string{"--web.listen-address=" + address}
	for _, arg := range service.Command {
		flag, value, _ := strings.Cut(arg, "=")
		if mounted := service.HostPath(value); mounted != "" && name != "prometheus" {
			arg = flag + "=" + filepath.Join(testkit.Root(t), mounted)
		}
		args = append(args, here.Replace(arg))
	}
	cmd := exec.Command(filepath.Join(folder, "usr/bin", binary), args...)
	said := &transcript{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(said.String(), 30))
		}
	})
	eventually(t, name, func() error { return fetchJSON("http://"+address+"/-/ready", nil) })
}

// copyPrometheus copies deploy/prometheus with the addresses of this machine, and
// with alerts that do not wait.
func (c *composed) copyPrometheus(t *testing.T, into string, m *monitoring) {
	t.Helper()
	from := filepath.Join(testkit.Root(t), c.file.Services["prometheus"].HostPath("/etc/prometheus"))
	if err := os.CopyFS(into, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	edit := func(name string, change func(string) string) {
		file := filepath.Join(into, name)
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, []byte(change(string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	names := regexp.MustCompile(`dns_sd_configs:\s*- \{names: \[(\w+)\][^}]*\}`)
	edit("prometheus.yml", func(text string) string {
		text = strings.NewReplacer("alertmanager:9093", m.alertmanager, ": 15s", ": 1s").Replace(text)
		return names.ReplaceAllStringFunc(text, func(found string) string {
			var addresses []string
			for _, p := range c.processes {
				if p.service == names.FindStringSubmatch(found)[1] {
					addresses = append(addresses, p.http)
				}
			}
			return "static_configs:\n      - {targets: [" + strings.Join(addresses, ", ") + "]}"
		})
	})
	edit("tidemark.rules.yml", func(text string) string {
		return regexp.MustCompile(`(?m)^(\s+for:) \w+$`).ReplaceAllString(text, "$1 1s")
	})
}

// check waits until every target is scraped and every rule was evaluated well.
func (m *monitoring) check(t *testing.T, targets int) {
	t.Helper()
	eventually(t, "all targets", func() error {
		var answer struct {
			Data struct {
				ActiveTargets []struct{ ScrapeURL, Health, LastError string }
			}
		}
		if err := fetchJSON("http://"+m.prometheus+"/api/v1/targets", &answer); err != nil {
			return err
		}
		up := 0
		for _, target := range answer.Data.ActiveTargets {
			if target.Health == "up" {
				up++
			}
		}
		if up != targets {
			return fmt.Errorf("%d of %d are up: %+v", up, targets, answer.Data.ActiveTargets)
		}
		return nil
	})
	eventually(t, "all rules", func() error {
		var answer struct {
			Data struct {
				Groups []struct {
					Rules []struct{ Name, Health, LastError string }
				}
			}
		}
		if err := fetchJSON("http://"+m.prometheus+"/api/v1/rules", &answer); err != nil {
			return err
		}
		well := map[string]bool{}
		for _, group := range answer.Data.Groups {
			for _, rule := range group.Rules {
				if rule.Health != "ok" {
					return fmt.Errorf("%s is %s: %s", rule.Name, rule.Health, rule.LastError)
				}
				well[rule.Name] = true
			}
		}
		if len(well) < 10 {
			return fmt.Errorf("only %v are there", slices.Sorted(maps.Keys(well)))
		}
		return nil
	})
}

// has tells whether Alertmanager has the alert.
func (m *monitoring) has(name string) error {
	var alerts []struct{ Labels map[string]string }
	if err := fetchJSON("http://"+m.alertmanager+"/api/v2/alerts", &alerts); err != nil {
		return err
	}
	for _, alert := range alerts {
		if alert.Labels["alertname"] == name {
			return nil
		}
	}
	return fmt.Errorf("it has %v", alerts)
}

// fetchJSON reads a JSON answer; into nil only asks.
func fetchJSON(address string, into any) error {
	answer, err := http.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", address, answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
