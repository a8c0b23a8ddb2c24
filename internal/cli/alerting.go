package cli

import (
	"context"
	"strings"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/processors/notify"
	"github.com/tidemark/tidemark/processors/notify/channel"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// notifyParts are the processor that tells people; nothing where it is off.
func (s *system) notifyParts(truncated string) (stage, error) {
	cfg := s.cfg.Notify
	if !cfg.Enabled {
		return nil, nil
	}
	senders, err := s.senders()
	if err != nil {
		return nil, err
	}
	group := s.cfg.Process.Group + "-notify"
	p := notify.New(notify.Deps{DB: s.ch, Group: group, Senders: senders, Log: s.log}, cfg, &s.cfg.Watch, s.reg)
	s.rewatch = append(s.rewatch, func(_ context.Context, cfg *config.Config, _ []collectors.Entry) { p.Watch(&cfg.Watch) })
	var handler kafka.Handler = p
	if s.cfg.Process.Assignment == kafka.AssignStatic {
		handler = turning{p, s.health.Loop("notify", storeHangs)}
	}
	consumer := kafka.NewConsumer(s.kafka, kafka.ConsumerConfig{
		Group: group, Topics: notify.Topics(), Assignment: s.cfg.Process.Assignment,
		MaxWait: notify.MaxWait, LagEvery: lagEvery, Truncated: truncated,
	}, handler, s.reg, s.log)
	parts := stage{s.after("notify", func(ctx context.Context) error {
		defer p.Wait()
		return consumer.Run(ctx)
	})}
	for _, name := range sortedKeys(senders) {
		if r, ok := senders[name].(interface {
			Run(ctx context.Context) error
		}); ok {
			parts = append(parts, s.after("receiver "+name, r.Run))
		}
	}
	return parts, nil
}

// senders are the ways to the receivers.
func (s *system) senders() (map[string]message.Sender, error) {
	senders := map[string]message.Sender{}
	for _, r := range notify.Receivers(s.cfg.Notify) {
		sender, err := s.sender(&r)
		if err != nil {
			return nil, s.cfg.Locate(err)
		}
		senders[r.Name] = sender
	}
	return senders, nil
}

// sender is the way to one receiver.
func (s *system) sender(r *config.Receiver) (message.Sender, error) {
	style, err := channel.StyleOf(s.cfg, r)
	if err != nil {
		return nil, err
	}
	if r.Name == config.LogReceiver {
		return notify.LogSender{Log: s.log.With("component", notify.Stage), Style: style}, nil
	}
	sender, err := channel.Build(r, channel.Options{Style: style, Logger: s.log.With("receiver", r.Name)})
	if err != nil {
		return nil, config.Mistake("notify.receivers", "cannot be used: %s", withoutAddress(err.Error(), r))
	}
	return sender, nil
}

// withoutAddress takes the receiver's addresses out of a text of a library's.
func withoutAddress(text string, r *config.Receiver) string {
	addresses, err := r.Addresses()
	if err != nil {
		addresses = nil // the text says so itself, and names the file only
	}
	for _, a := range append(addresses, r.Webhook.URL, config.Hidden(r.Alertmanager.URL)) {
		if a != "" {
			text = strings.ReplaceAll(text, a.Reveal(), a.String())
		}
	}
	return text
}
