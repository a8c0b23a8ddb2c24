package e2e

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// place is an instance with one receiver, which asked for replays too.
type place struct {
	t                *testing.T
	bin, dir, config string
	args             []string // that say where the instance is
	inbox            *inbox
}

func newPlace(t *testing.T, bin string) *place {
	t.Helper()
	return newPlaceWith(t, bin, "process: {detect: {checkpoint: {every: 1s}}}\n")
}

func newPlaceWith(t *testing.T, bin, settings string) *place {
	t.Helper()
	p := &place{t: t, bin: bin, dir: dataDir(t), inbox: &inbox{got: map[string][]telling{}}}
	server := httptest.NewServer(p.inbox)
	t.Cleanup(server.Close)
	p.config = filepath.Join(t.TempDir(), "tidemark.yaml")
	p.args = []string{"--data-dir", p.dir}
	settings += fmt.Sprintf(`
notify:
  receivers:
    - name: desk
      kinds: [surge]
      basis: [measured, imported, modelled]
      webhook: {url: "%s"}
`, server.URL)
	if err := os.WriteFile(p.config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) run(args ...string) (string, error) {
	return run(p.t, p.bin, append(args, p.args...)...)
}

func (p *place) sql(query string) (string, error) {
	out, err := p.run("sql", query, "--format", "TSV")
	return strings.TrimRight(out, "\n"), err
}

func (p *place) replay(t *testing.T) {
	t.Helper()
	if _, err := p.run("replay", "january-2025", "--speed", "max"); err != nil {
		t.Fatal(err)
	}
}

// account is all that an instance says of the case.
type account struct {
	// states are the episodes' states as they are on the topic, by id and
	// sequence; one that is there twice has to be the same.
	states map[string]string
	// rows are the columns of v_episodes, log the lines of v_deliveries.
	rows, log string
	// told are the messages by their ids.
	told map[string]telling
}

func (p *place) account() (a account, err error) {
	if a.states, err = p.states(); err != nil {
		return a, err
	}
	if a.rows, err = p.sql("SELECT * FROM v_episodes WHERE kind = 'surge' ORDER BY id"); err != nil {
		return a, err
	}
	if a.log, err = p.sql(`SELECT id, receiver, kind, level, topic, episodes, about, at, delayed, outcome, error
		FROM v_deliveries ORDER BY id`); err != nil {
		return a, err
	}
	a.told = map[string]telling{}
	for id, times := range p.inbox.all() {
		a.told[id] = times[0]
	}
	return a, nil
}

// lines is what has to be the same, in a form whose differences can be read.
func (a account) lines() []string {
	var all []string
	for id, m := range a.told {
		all = append(all, "message "+id+" "+m.body)
	}
	for id, text := range a.states {
		all = append(all, "state "+id+" "+text)
	}
	for part, text := range map[string]string{"episode": a.rows, "delivery": a.log} {
		for line := range strings.SplitSeq(text, "\n") {
			all = append(all, part+" "+line)
		}
	}
	slices.Sort(all)
	return all
}

func (a account) digest() string { return strings.Join(a.lines(), "\n") }

// states reads the topic of episodes.
func (p *place) states() (map[string]string, error) {
	out, err := p.run("topic", "tail", "tidemark.episodes.v1", "--json")
	if err != nil {
		return nil, err
	}
	states := map[string]string{}
	for line := range strings.Lines(out) {
		var m struct {
			Message map[string]any `json:"message"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			return nil, fmt.Errorf("read state: %w: %s", err, line)
		}
		if m.Message["kind"] != "surge" {
			continue
		}
		text, err := json.Marshal(m.Message) // sorted
		if err != nil {
			return nil, err
		}
		id := fmt.Sprint(m.Message["id"], " ", m.Message["sequence"])
		if before, found := states[id]; found && before != string(text) {
			return nil, fmt.Errorf("state %s is there with two contents:\n%s\n%s", id, before, text)
		}
		states[id] = string(text)
	}
	return states, nil
}

func (p *place) judged(partitions int) error { return judged(p.t, p.bin, p.dir, partitions) }

// telling is a message as the receiver has got it.
type telling struct {
	Kind     string    `json:"kind"`
	Level    string    `json:"level"`
	At       time.Time `json:"at"`
	Topic    string    `json:"topic"`
	Headline string    `json:"headline"`
	Items    []struct {
		Episode struct {
			Rule    string `json:"rule"`
			Subject string `json:"subject"`
			Entity  string `json:"entity"`
			Topic   string `json:"topic"`
		} `json:"episode"`
	} `json:"items"`

	body string
}

// inbox is the webhook of the receiver.
type inbox struct {
	mu    sync.Mutex
	got   map[string][]telling // by id
	wrong string
	pause time.Duration
}

func (b *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed: it comes again
	}
	m := telling{body: string(body)}
	id := r.Header.Get("X-Tidemark-Delivery")
	err = json.Unmarshal(body, &m)
	b.mu.Lock()
	b.got[id] = append(b.got[id], m)
	if err != nil || id == "" {
		b.wrong += fmt.Sprintf("%q: %v\n", id, err)
	}
	pause := b.pause
	b.mu.Unlock()
	time.Sleep(pause)
}

// slow makes the receiver take its time, so that kills meet what is on its way.
func (b *inbox) slow(pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause = pause
}

func (b *inbox) all() map[string][]telling {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.got)
}

func (b *inbox) bad() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wrong
}

func (b *inbox) atLeast(n int) error {
	if got := len(b.all()); got < n {
		return fmt.Errorf("there are %d of %d", got, n)
	}
	return nil
}

// inOrder are messages by their moments.
func inOrder(told map[string]telling) []telling {
	return slices.SortedFunc(maps.Values(told), func(a, b telling) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Headline, b.Headline)) })
}

// tells is the last line in which the process says that it tells people from
// now on, which begins with its time; empty: it never did.
func (p *process) tells() string {
	last := ""
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, `"alerts go on"`) {
			last = line
		}
	}
	return last
}

// end waits until the process has ended by itself.
func (p *process) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.exited:
		p.exited <- err
		if err != nil {
			t.Fatalf("run tidemark: %v", errors.Join(err, errors.New(tail(p.log.String(), 5))))
		}
	case <-time.After(patience):
		t.Fatal("tidemark does not end")
	}
}
