package channel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify/channel"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// notification is what Alertmanager sends to its own receivers.
type notification struct {
	Status      string
	GroupLabels map[string]string
	Alerts      []struct {
		Status              string
		Labels, Annotations map[string]string
		StartsAt, EndsAt    time.Time
		GeneratorURL        string
	}
}

// startAlertmanager runs Debian's Alertmanager, and gives its address and what
// it notifies of. It groups by topic.
func startAlertmanager(t *testing.T) (string, <-chan notification) {
	t.Helper()
	folder := filepath.Join(testkit.Root(t), "bin/prometheus")
	binary := filepath.Join(folder, "usr/bin/prometheus-alertmanager")
	_, err := os.Stat(filepath.Join(folder, "usr/share/prometheus/alertmanager/default.tmpl"))
	testkit.Need(t, "Debian's prometheus-alertmanager", "rm -rf bin/prometheus && make prometheus", err == nil)
	got := make(chan notification, 64)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n notification
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil { //nolint:musttag // names are found in any case
			t.Errorf("read notification: %v", err)
		}
		got <- n
	}))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	settings := fmt.Sprintf(`route: {receiver: hook, group_by: [topic], group_wait: 200ms, group_interval: 200ms, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: %q, send_resolved: true}]}]
`, hook.URL)
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	command := exec.Command(binary, "--config.file="+file, "--storage.path="+dir, "--web.listen-address="+address, "--cluster.listen-address=")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr, command.Dir = log, folder
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill() //nolint:errcheck // it may have ended
		command.Wait()         //nolint:errcheck // it was killed
		log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("%s", text)
		}
	})
	until(t, "Alertmanager is ready", func() bool {
		r, err := http.Get("http://" + address + "/-/ready") //nolint:gosec // our own
		if err != nil {
			return false
		}
		defer r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return "http://" + address, got
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("it never came to be that %s", what)
}

func next(t *testing.T, got <-chan notification) notification {
	t.Helper()
	select {
	case n := <-got:
		return n
	case <-time.After(3 * time.Minute):
		t.Fatal("Alertmanager notifies of nothing")
		return notification{}
	}
}

func alerts(t *testing.T, address string) message.Sender {
	t.Helper()
	s, err := channel.Build(
		&config.Receiver{Name: "ops", Alertmanager: config.AlertmanagerURL{URL: config.Secret(address)}},
		channel.Options{Style: style(), Resend: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAlertmanagerReceivesGroupsAndResolves: two episodes of a topic are one
// group; they stay while they are open, whatever is restarted, and are
// resolved when they are over.
func TestAlertmanagerReceivesGroupsAndResolves(t *testing.T) {
	t.Parallel()
	address, got := startAlertmanager(t)
	s := alerts(t, address)
	m := sample()
	other := sampleFor("other", now).Items[0]
	other.Episode.Subject, other.Episode.Entity = "1498607143", "lemon8"
	m.Items = append(m.Items, other)
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	n := next(t, got)
	if n.Status != "firing" || len(n.Alerts) != 2 || n.GroupLabels["topic"] != "tiktok-refugees" {
		t.Fatalf("it notified of %+v", n)
	}
	for _, a := range n.Alerts {
		if a.Labels["alertname"] != "TidemarkSurge" || a.Labels["severity"] != "critical" || a.Labels["episode"] == "" || a.Annotations["summary"] == "" ||
			a.Annotations["runbook_url"] == "" || a.GeneratorURL == "" || a.StartsAt.UnixMilli() != m.Items[0].Episode.GetOnsetMs() {
			t.Errorf("alert %+v", a)
		}
	}
	// It is sent again, by the first and by the one that comes after a restart.
	for range 2 {
		s = alerts(t, address)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.(channel.Runner).Run(ctx) }()
		first := listed(t, address)
		until(t, "both are sent again", func() bool {
			again := listed(t, address)
			return len(again) == 2 && again[0].UpdatedAt.After(first[0].UpdatedAt) && again[1].UpdatedAt.After(first[1].UpdatedAt) && time.Until(again[0].EndsAt) > 50*time.Minute
		})
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	// Worse is the same alert, and after a restart too.
	s = alerts(t, address)
	for i := range m.Items {
		m.Items[i].Episode.State, m.Items[i].Episode.ClosedMs = event.EpisodeState_EPISODE_STATE_CLOSED, now.UnixMilli()
	}
	m.Kind, m.Level = message.KindClosed, message.LevelWarning
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if n = next(t, got); n.Status != "resolved" || len(n.Alerts) != 2 {
		t.Fatalf("it notified of %+v", n)
	}
	until(t, "none is open", func() bool { return len(listed(t, address)) == 0 })
	// What ended is not sent again.
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if left := listed(t, address); len(left) != 0 {
		t.Errorf("open again: %+v", left)
	}
}

// TestAlertmanagerKeepsTheLabels: a level that rises is an annotation, not
// another alert; a test ends by itself; a digest is no alert.
func TestAlertmanagerKeepsTheLabels(t *testing.T) {
	t.Parallel()
	address, _ := startAlertmanager(t)
	s := alerts(t, address)
	m := sample()
	m.Level = message.LevelWarning
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	m.Kind, m.Level = message.KindWorse, message.LevelCritical
	m.Items[0].Episode.State = event.EpisodeState_EPISODE_STATE_UPDATED
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	all := listed(t, address)
	if len(all) != 1 || all[0].Labels["severity"] != "warning" || all[0].Annotations["level"] != "critical" {
		t.Errorf("alerts %+v", all)
	}
	if err := s.Send(t.Context(), &message.Message{ID: "d", Kind: message.KindDigest, Digest: &message.Digest{}}); err != nil || len(listed(t, address)) != 1 {
		t.Errorf("a digest is an alert: %v", err)
	}
	if err := s.Send(t.Context(), sampleFor("ops", now)); err != nil {
		t.Fatal(err)
	}
	for _, a := range listed(t, address) {
		if a.Labels["alertname"] == "TidemarkTest" && time.Until(a.EndsAt) < 6*time.Minute {
			return
		}
	}
	t.Error("the test did not arrive, or does not end")
}

type listedAlert struct {
	Labels, Annotations map[string]string
	UpdatedAt, EndsAt   time.Time
}

// listed is what Alertmanager says is open.
func listed(t *testing.T, address string) []listedAlert {
	t.Helper()
	r, err := http.Get(address + "/api/v2/alerts?active=true") //nolint:gosec // our own
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var all []listedAlert
	if err := json.Unmarshal(body, &all); err != nil { //nolint:musttag // names are found in any case
		t.Fatalf("%v: %s", err, body)
	}
	return all
}
