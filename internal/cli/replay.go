package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

func (a *app) replayCommand() *cobra.Command {
	var w where
	var speed string
	cmd := &cobra.Command{
		Use:   "replay NAME|FILE",
		Short: "Replay a recording into Kafka",
		Long: `Replay publishes a recording as if it happened now, with the times that it is
about: the built-in january-2025, or a file (NDJSON as 'tidemark topic tail --json'
prints it, CSV of a chart or of a hot list; also .gz). The file is checked whole
before the first message is sent. To replay twice changes nothing: the same
messages give the same rows.
` + whereHelp,
		Example: `  tidemark replay january-2025 --speed max
  tidemark replay january-2025 --speed 600x --data-dir data
  tidemark replay looks.ndjson.gz`,
		Args: args(cobra.ExactArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{caseName}, 0
		},
		RunE: func(cmd *cobra.Command, given []string) error {
			factor, err := replay.ParseSpeed(speed)
			if err != nil {
				return &usageError{text: err.Error()}
			}
			recording, err := replay.Open(given[0])
			if err != nil {
				return err
			}
			c, err := a.kafkaOf(&w)
			if err != nil {
				return err
			}
			defer c.Close()
			return a.replay(cmd.Context(), c, recording, factor)
		},
	}
	cmd.Flags().StringVar(&speed, "speed", "max", "`pace`: max, or so many times as fast as it was (600x)")
	w.dataDirFlag(cmd)
	w.brokersFlag(cmd)
	return cmd
}

func (a *app) replay(ctx context.Context, c *kafka.Client, r *replay.Recording, speed float64) error {
	counts, err := r.Count()
	if err != nil {
		return err
	}
	if err := c.Wait(ctx); err != nil {
		return err
	}
	if err := c.EnsureTopics(ctx, event.Topics()); err != nil {
		return err
	}
	begin := time.Now()
	show := a.newProgress(r.Name(), counts.Messages)
	err = r.Run(ctx, batches{c}, replay.Options{
		Speed: speed, Progress: func(done, _ int) { show.set(done) }, Past: tellPast(c),
	})
	show.end(err == nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "replayed %s: %d snapshots with %d readings, %d facts, in %.1f s\n",
		r.Name(), counts.Snapshots, counts.Readings, counts.Facts, time.Since(begin).Seconds())
	return err
}

// tellPast tells the readers of the looks how far a past is that is being sent.
func tellPast(c *kafka.Client) func(ctx context.Context, past time.Time) error {
	return func(ctx context.Context, past time.Time) error { return c.TellPast(ctx, event.TopicSnapshots, past) }
}

// thenTellPast tells of a past where all of it has been sent without an error.
func thenTellPast(ctx context.Context, c *kafka.Client, past time.Time, err error) error {
	if err != nil {
		return err
	}
	return tellPast(c)(ctx, past)
}

// batches carries recordings and imports to Kafka, of which a collector knows nothing.
type batches struct{ c *kafka.Client }

// PublishAll is kafka.Client.PublishAll.
func (b batches) PublishAll(ctx context.Context, topic string, msgs []importer.Outgoing) error {
	out := make([]kafka.Outgoing, len(msgs))
	for i, m := range msgs {
		out[i] = kafka.Outgoing(m)
	}
	return b.c.PublishAll(ctx, topic, out)
}
