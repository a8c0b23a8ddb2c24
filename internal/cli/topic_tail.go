package cli

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

const tailLong = `Tail prints the messages of a topic, one per line. With --json each line is
{"topic","partition","offset","time","key","type","message"}, the message as
protobuf's JSON: ` + "`tidemark replay FILE`" + ` reads such lines back. A message that cannot
be decoded has "problem" and its bytes in "base64" instead. Ticks, which keep idle
partitions alive, are left out unless --ticks is given; --last and --limit then do
not count them.
`

// errEnough ends a tail that has shown as much as was asked for.
var errEnough = errors.New("enough")

type tail struct {
	from   string
	follow bool
	limit  int
	last   int64
	ticks  bool
	json   bool
}

// envelope is what a line of `topic tail --json` says. Problem and Base64
// stand for a message that could not be decoded.
type envelope struct {
	replay.Envelope
	Problem string `json:"problem,omitempty"`
	Base64  string `json:"base64,omitempty"`
}

func (a *app) topicTailCommand() *cobra.Command {
	var w where
	var t tail
	cmd := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Print the messages of a topic",
		Long:  tailLong + whereHelp,
		Example: `  tidemark topic tail tidemark.snapshots.v1 --follow
  tidemark topic tail tidemark.rejected.v1 --json
  tidemark topic tail tidemark.snapshots.v1 --json > looks.ndjson && tidemark replay looks.ndjson`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: completeTopics,
		RunE: func(cmd *cobra.Command, given []string) error {
			options, err := t.options()
			if err != nil {
				return err
			}
			c, err := a.kafkaOf(&w)
			if err != nil {
				return err
			}
			defer c.Close()
			return a.tail(cmd.Context(), c, given[0], &t, options)
		},
	}
	f := cmd.Flags()
	f.StringVar(&t.from, "from", "beginning", "beginning, end or an `offset`, which counts in every partition")
	f.BoolVarP(&t.follow, "follow", "f", false, "go on with what comes")
	f.IntVarP(&t.limit, "limit", "n", 0, "stop after so many messages; 0: no limit")
	f.Int64Var(&t.last, "last", 0, "begin so many messages before the end of each partition, instead of --from")
	f.BoolVar(&t.ticks, "ticks", false, "show ticks too")
	f.BoolVar(&t.json, "json", false, "one JSON object per line")
	w.dataDirFlag(cmd)
	w.brokersFlag(cmd)
	return cmd
}

func completeTopics(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range event.Topics() {
		names = append(names, t.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (t *tail) options() (kafka.TailOptions, error) {
	o := kafka.TailOptions{From: kafka.FromFirst, Last: t.last, SkipTicks: !t.ticks, Follow: t.follow}
	switch t.from {
	case "beginning":
	case "end":
		o.From = kafka.FromEnd
	default:
		offset, err := strconv.ParseInt(t.from, 10, 64)
		if err != nil || offset < 0 {
			return o, usagef("read --from %q: want beginning, end or an offset", t.from)
		}
		o.From = offset
	}
	if t.limit < 0 || t.last < 0 {
		return o, usagef("read --limit and --last: want no negative number")
	}
	return o, nil
}

func (a *app) tail(ctx context.Context, c *kafka.Client, topic string, t *tail, o kafka.TailOptions) error {
	out := bufio.NewWriter(a.stdout)
	shown := 0
	err := c.Tail(ctx, topic, o, func(m kafka.Message) error {
		if t.limit > 0 && shown == t.limit { // other partitions end a moment later
			return errEnough
		}
		line, err := t.line(m)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
		if o.Follow { // somebody is watching
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if shown++; shown == t.limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if errors.Is(err, kafka.ErrUnknownTopic) {
		err = fmt.Errorf("%w; see tidemark topic list", err)
	}
	return errors.Join(err, out.Flush())
}

func (t *tail) line(m kafka.Message) ([]byte, error) {
	e := envelopeOf(m)
	if t.json {
		return json.Marshal(e)
	}
	shown := string(e.Message)
	if e.Problem != "" {
		shown = e.Problem + ": " + e.Base64
	}
	return fmt.Appendf(nil, "%s %d/%d %s %s %s", e.Time.Format(time.RFC3339), e.Partition, e.Offset, e.Type, e.Key, shown), nil
}

func envelopeOf(m kafka.Message) envelope {
	e := envelope{Envelope: replay.Envelope{
		Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Time: m.Time.UTC(), Key: string(m.Key), Type: m.Type,
	}}
	v, err := event.Unmarshal(m.Type, m.Value)
	if err == nil {
		e.Message, err = messageJSON(v)
	}
	if err != nil {
		e.Problem, e.Base64 = err.Error(), base64.StdEncoding.EncodeToString(m.Value)
	}
	return e
}

// messageJSON undoes protojson's blanks, which differ from build to build.
func messageJSON(m proto.Message) (json.RawMessage, error) {
	b, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(json.RawMessage(b))
}
