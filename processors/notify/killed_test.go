package notify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/engine"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// victims are the receivers of the processor that is killed.
func victims() []config.Receiver {
	return []config.Receiver{
		{Name: "phone", Levels: message.Levels()},
		{
			Name: "desk", Levels: message.Levels(), Quiet: config.Quiet{Hours: []config.QuietHours{{From: "22:00", To: "07:00"}}},
			Digest: config.Digest{Every: "daily", At: "08:00"}, Budget: config.Budget{PerDay: 12},
		},
	}
}

// beVictim is a process that runs the processor until it is killed.
func beVictim(ctx context.Context) error {
	c, db, err := connect(os.Getenv("TIDEMARK_TEST_BROKER"), os.Getenv("TIDEMARK_TEST_DSN"))
	if err != nil {
		return err
	}
	senders := map[string]message.Sender{}
	for _, r := range victims() {
		senders[r.Name] = post{os.Getenv("TIDEMARK_TEST_VICTIM")}
	}
	return consume(ctx, c, db, settings(victims()...), senders)
}

type post struct{ url string }

func (p post) Send(ctx context.Context, m *message.Message) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(m.Receiver+" "+m.ID))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// hook counts what comes. It takes a moment for each, so that kills meet it.
type hook struct {
	mu  sync.Mutex
	got map[string]int
}

func (h *hook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.got[string(body)]++
	h.mu.Unlock()
	time.Sleep(5 * time.Millisecond)
}

func (h *hook) counts() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.got)
}

// The processor is killed twenty times while episodes come in: everybody is
// told what an undisturbed run tells; what the log calls delivered before a kill
// is not sent after it.
func TestKillsTellNobodyTwice(t *testing.T) {
	t.Parallel()
	const kills = 20
	k := newKit(t, victims()...)
	h := &hook{got: map[string]int{}}
	server := httptest.NewServer(h)
	defer server.Close()
	r := rand.New(rand.NewPCG(1, 2))
	e, err := engine.New(engine.Config{Receivers: victims()})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	at, n := begin, 0
	send := func(steps int) {
		var all []event.Validator
		for range steps {
			n++
			id := fmt.Sprint("e", n/3)
			at = at.Add(time.Duration(r.IntN(40)) * time.Minute)
			ep := episode(id, at, []event.EpisodeState{1, 2, 3}[n%3], uint32(n%3+1), float64(n%10)/10)
			all = append(all, ep, ep, &event.Tick{AtMs: at.UnixMilli()})
		}
		for _, v := range all {
			rec := engine.Record{}
			switch v := v.(type) {
			case *event.Episode:
				rec.Episode = v
			case *event.Tick:
				rec.Tick = v
			}
			for _, m := range e.Apply(rec) {
				want[m.Receiver+" "+m.ID] = true
			}
		}
		k.publish(all...)
	}
	frozen := map[string]int{} // what the log called delivered, as often as it had come
	for range kills {
		v := k.victim(server.URL)
		for range 3 {
			send(3 + r.IntN(5))
			time.Sleep(time.Duration(r.IntN(250)) * time.Millisecond)
		}
		v()
		before := h.counts()
		for _, l := range k.deliveries() {
			if id := l.Receiver + " " + l.ID; l.Outcome == "delivered" && frozen[id] == 0 {
				frozen[id] = before[id]
			}
		}
	}
	end := k.victim(server.URL)
	defer end()
	eventually(t, "all is told", func() bool { return len(h.counts()) >= len(want) })
	eventually(t, "all is logged", func() bool { return len(k.deliveries()) >= len(want) })
	got := h.counts()
	twice := 0
	for id := range want {
		if got[id] == 0 {
			t.Errorf("%s was never told", id)
		}
		twice += max(got[id]-1, 0)
	}
	for id, n := range got {
		if !want[id] {
			t.Errorf("%s was told, and an undisturbed run tells no such thing", id)
		}
		if frozen[id] > 0 && n > frozen[id] {
			t.Errorf("%s was logged as delivered, and came again", id)
		}
	}
	if most := kills * len(victims()); twice > most {
		t.Errorf("%d came twice, more than can have been in flight (%d)", twice, most)
	}
	t.Logf("%d messages, %d of them logged before a kill, %d came twice", len(want), len(frozen), twice)
}

// victim starts the process; the function kills it.
func (k *kit) victim(url string) (kill func()) {
	k.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(context.Background(), exe)
	cmd.Stderr = &stderr
	cmd.Env = append(os.Environ(), "TIDEMARK_TEST_VICTIM="+url, "TIDEMARK_TEST_BROKER="+k.addr, "TIDEMARK_TEST_DSN="+k.dsn)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // SIGKILL; if it has ended by itself, Wait says so
		_ = cmd.Wait()
		if stderr.Len() > 0 {
			k.t.Errorf("the victim said: %s", stderr.String())
		}
	})
}
