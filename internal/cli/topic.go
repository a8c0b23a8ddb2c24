package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

func (a *app) topicCommand() *cobra.Command {
	topic := a.group(&cobra.Command{Use: "topic", Short: "Look into the topics"})
	topic.AddCommand(a.topicListCommand(), a.topicTailCommand(), a.topicCreateCommand())
	return topic
}

func (a *app) topicListCommand() *cobra.Command {
	var w where
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the topics with partitions, offsets and retention",
		Long:  "List shows every topic of the broker." + whereHelp,
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.kafkaOf(&w)
			if err != nil {
				return err
			}
			defer c.Close()
			topics, err := c.Topics(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(a.stdout).Encode(topics)
			}
			return a.printTopics(topics)
		},
	}
	w.dataDirFlag(cmd)
	w.brokersFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (a *app) printTopics(topics []kafka.TopicInfo) error {
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TOPIC\tPARTITIONS\tMESSAGES\tOFFSETS\tKEPT FOR\tAT MOST PER PARTITION")
	for _, topic := range topics {
		var messages int64
		spans := make([]string, len(topic.Partitions))
		for i, p := range topic.Partitions {
			messages += p.End - p.First
			spans[i] = strconv.FormatInt(p.First, 10) + "-" + strconv.FormatInt(p.End, 10)
		}
		kept, size := "ever", "no limit"
		if topic.Retention > 0 {
			kept = topic.Retention.String()
			if topic.Retention%(24*time.Hour) == 0 {
				kept = strconv.Itoa(int(topic.Retention/(24*time.Hour))) + "d"
			}
		}
		if topic.RetentionBytes >= 0 {
			size = strconv.FormatInt(topic.RetentionBytes>>20, 10) + " MiB"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\n", topic.Name, len(topic.Partitions), messages, strings.Join(spans, " "), kept, size)
	}
	return t.Flush()
}

func (a *app) topicCreateCommand() *cobra.Command {
	var w where
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create the project's topics where they are missing",
		Long: `Create makes the topics that are missing, each with explicit retention, and with
kafka.partitions and kafka.replication_factor of the configuration. Topics that
exist stay as they are. Collect and process do the same when they start.` + "\n" + whereHelp,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.kafkaOf(&w)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.EnsureTopics(cmd.Context(), event.Topics()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%d topics are there\n", len(event.Topics()))
			return err
		},
	}
	w.dataDirFlag(cmd)
	w.brokersFlag(cmd)
	return cmd
}
