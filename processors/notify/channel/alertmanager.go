package channel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// hold is how long Alertmanager keeps an alert of which it hears nothing more:
// long enough for a restart of ours, short enough that nothing burns for ever.
const hold = time.Hour

// labelReceiver tells our alerts of one receiver from all others.
const labelReceiver = "tidemark_receiver"

// alertmanager keeps one alert per open episode at a Prometheus Alertmanager.
// Alertmanager resolves what is not sent again, so Run sends what is open once
// a minute. Its own memory is ours: after a restart Run asks it what is open.
type alertmanager struct {
	o        Options
	post     *post
	receiver string
	api      string

	mu   sync.Mutex
	open map[string]alert // by id of the episode
}

// alert is an alert of the API v2.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

func (o Options) alertmanager(receiver, base string) (message.Sender, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("alertmanager.url is no address such as http://127.0.0.1:9093")
	}
	return &alertmanager{
		o: o, post: &post{client: o.Client, mask: newMask(u), place: "alertmanager"}, receiver: receiver,
		api: u.JoinPath("api", "v2", "alerts").String(), open: map[string]alert{},
	}, nil
}

// Send fires, changes and resolves the alerts of a message. A digest is none.
func (s *alertmanager) Send(ctx context.Context, m *message.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Kind == message.KindTest {
		return s.test(ctx, m)
	}
	now := time.Now()
	var send []alert
	next := map[string]alert{}
	for i := range m.Items {
		e := m.Items[i].Episode
		was, known := s.open[e.GetId()]
		closed := e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED
		if closed && !known {
			// Fired before a restart, or never.
			if err := s.adopt(ctx); err != nil {
				return err
			}
			if was, known = s.open[e.GetId()]; !known {
				continue
			}
		}
		a := s.alert(m, &m.Items[i])
		if known {
			// Other labels would be another alert.
			a.Labels, a.StartsAt = was.Labels, was.StartsAt
		}
		a.EndsAt = now.Add(hold)
		if closed {
			a.EndsAt = now
		}
		send = append(send, a)
		next[e.GetId()] = a
	}
	if err := s.put(ctx, send); err != nil {
		return err
	}
	for id, a := range next {
		s.open[id] = a
		if !a.EndsAt.After(now) {
			delete(s.open, id)
		}
	}
	return nil
}

// test fires an alert that ends by itself.
func (s *alertmanager) test(ctx context.Context, m *message.Message) error {
	t := message.Render(m, s.o.Style)
	return s.put(ctx, []alert{{
		Labels:      map[string]string{"alertname": "TidemarkTest", labelReceiver: s.receiver, "severity": message.LevelInfo, "id": m.ID},
		Annotations: map[string]string{"summary": t.Headline, "description": message.Plain(t)},
		StartsAt:    time.Now(), EndsAt: time.Now().Add(5 * time.Minute),
	}})
}

// alert is an episode's alert as it is now. Its labels are those of the moment
// in which it is fired, and stay: the level of later is an annotation.
func (s *alertmanager) alert(m *message.Message, it *message.Item) alert {
	e := it.Episode
	name := "TidemarkSurge"
	if e.GetKind() == event.EpisodeHealth {
		name = "TidemarkHealth"
	}
	one := *m
	one.Items = []message.Item{*it}
	t := message.Render(&one, s.o.Style)
	a := alert{
		Labels: map[string]string{
			"alertname": name, labelReceiver: s.receiver, "severity": m.Level, "episode": e.GetId(), "rule": e.GetRule(), "source": e.GetSource(),
			"target": e.GetTarget().Key(), "subject": e.GetSubject(), "metric": e.GetMetric(), "entity": e.GetEntity(), "topic": e.GetTopic(), "basis": e.GetBasis().Word(),
		},
		Annotations: map[string]string{
			"summary": t.Headline, "description": message.Plain(t), "level": m.Level,
			"value": message.Amount(e, e.GetValue()), "baseline": message.Amount(e, e.GetBaseline()),
		},
		StartsAt: time.UnixMilli(e.GetOnsetMs()).UTC(),
	}
	for _, l := range t.Links {
		switch l.Name {
		case message.LinkDashboard:
			a.GeneratorURL = l.URL
		case message.LinkMeaning:
			a.Annotations["runbook_url"] = l.URL
		}
	}
	for name, value := range a.Labels {
		if value = strings.ToValidUTF8(value, "�"); value == "" {
			delete(a.Labels, name)
		} else {
			a.Labels[name] = value
		}
	}
	return a
}

func (s *alertmanager) put(ctx context.Context, all []alert) error {
	if len(all) == 0 {
		return nil
	}
	_, err := s.post.json(ctx, s.api, all, nil)
	return err
}

// adopt takes over what Alertmanager says is open of ours.
func (s *alertmanager) adopt(ctx context.Context) error {
	filter := url.Values{"active": {"true"}, "silenced": {"true"}, "inhibited": {"true"}, "filter": {labelReceiver + `="` + s.receiver + `"`}}
	answer, err := s.post.send(ctx, http.MethodGet, s.api+"?"+filter.Encode(), "application/json", nil, nil)
	if err != nil {
		return err
	}
	var all []alert
	if err := json.Unmarshal(answer, &all); err != nil {
		return s.post.fail(false, 0, "its list of alerts is not understood: %v", err)
	}
	for _, a := range all {
		id := a.Labels["episode"]
		if _, known := s.open[id]; id != "" && !known {
			s.open[id] = a
		}
	}
	return nil
}

// Run sends again what is open, until the end.
func (s *alertmanager) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Resend)
	defer tick.Stop()
	adopted := false
	for {
		if err := s.again(ctx, &adopted); err != nil && ctx.Err() == nil {
			s.o.Logger.Warn("open alerts could not be sent again", "receiver", s.receiver, "err", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *alertmanager) again(ctx context.Context, adopted *bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !*adopted {
		if err := s.adopt(ctx); err != nil {
			return err
		}
		*adopted = true
	}
	all := make([]alert, 0, len(s.open))
	for id, a := range s.open {
		a.EndsAt = time.Now().Add(hold)
		s.open[id] = a
		all = append(all, a)
	}
	return s.put(ctx, all)
}
