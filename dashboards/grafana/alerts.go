package grafana

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

const alertsQuestion = "What was told to whom, did it arrive, and what is still going on?"

// Alerts is the history of what people were told.
func Alerts() *Board {
	return NewBoard("tidemark-alerts", "Alerts", alertsQuestion, FolderTrends).
		Variables(Topic(),
			choice{
				name: "receiver", label: "Receiver", description: "Who was told.",
				sql: "SELECT DISTINCT receiver AS value FROM deliveries ORDER BY value",
			},
			custom("level", "Level", "The highest level of what a message tells of.", true, "info", "warning", "critical"),
			Language(), Answer(alertsAnswer)).
		Annotations(Events(), NobodyLooked("startsWith(target, 'chart/')")).
		Panels(
			Question(1, alertsQuestion,
				"A message tells that something began, got worse or is over; times are those of the data. Where no receiver is configured, the one named *log* stands for what would have been sent. `tidemark alerts backtest` tells what other settings would have sent."),
		).
		Panels(alertsStats()...).
		Panels(
			lines(bars(TimeSeries(About{
				ID: 10, Title: "Messages a day, by level", Unit: "short", W: 14, H: 9,
				Description: "How many messages were decided on each day (UTC), by the highest level of what they tell of.",
			}, alertsByDay)), [2]string{"info", "#9a9aa8"}, [2]string{"warning", colourWarning}, [2]string{"critical", colourBad}),
			BarGauge(About{
				ID: 11, Title: "What they told of", Unit: "short", W: 10, H: 9,
				Description: "Episodes in the messages of the time range, by the rule that found them and by what was told: opened, worse, closed. A message that tells of three episodes counts three times.",
			}, alertsByRule).Decimals(0).Min(0),
			StateTimeline(About{
				ID: 12, Title: "How severe, and for how long", Unit: "none", W: 24, H: 10,
				Description: "The level of the worst open episode of each app, tag or source of ours. Empty: nothing was open.",
			}, severityLevels(), withNames+fmt.Sprintf(alertsSeverity, appName("entity"))),
			lines(TimeSeries(About{
				ID: 13, Title: "Open episodes", Unit: "short", W: 24, H: 7,
				Description: "How many surges and how many troubles of our own sources lasted at each moment.",
			}, alertsOpenEpisodes), [2]string{"surges", colourEvent}, [2]string{"troubles of our sources", colourGap}),
		).
		Row("Message by message").
		Panels(alertsTables()...)
}

func alertsStats() []panel {
	return []panel{
		Stat(About{
			ID: 2, Title: "Messages a week", Unit: "short", W: 8, H: 4,
			Description: "Messages that were decided in the time range, per week, without those that somebody sent as a test; and how many of them were critical.",
		}, alertsNumbers).Decimals(1),
		Stat(About{ID: 3, Title: "Arrived", Unit: "percentunit", W: 4, H: 4, Description: "Share of the messages that the receiver has taken. The others are still tried, or failed for good."}, alertsArrived),
		Stat(About{ID: 4, Title: "Held back", Unit: "short", W: 4, H: 4, Description: "Messages that waited for the end of quiet hours or for the next day's budget."}, alertsHeld),
		Stat(About{ID: 5, Title: "Open now", Unit: "short", W: 5, H: 4, Description: "Episodes that last, whatever the time range: surges, and troubles of our own sources."}, alertsOpen),
		Stat(About{ID: 6, Title: "Muted now", Unit: "short", W: 3, H: 4, Description: "What nobody is told of at present, however much it surges."}, alertsMuted),
	}
}

func alertsTables() []panel {
	levels := colouredWords(map[string]string{"critical": colourBad, "warning": "#b58900"})
	outcomes := colouredWords(map[string]string{"delivered": colourGood, "retrying": "#b58900", "failed": colourBad})
	severity := []col{column("Severity", 100, property("decimals", 2), property("min", 0), property("max", 1), gauge(), neutral())}
	return []panel{
		table24(About{
			ID: 20, Title: "Messages", Unit: "short", W: 24, H: 13,
			Description: "One row per message, the newest first, with its latest outcome. Attempts: how often it was tried since the processor was started.",
		}, alertsMessages,
			column("When", 130), col{"Level", append(levels, property("custom.width", 70))}, column("Kind", 65), column("To", 60), column("What was told", 520, wrapped()),
			col{"Outcome", append(outcomes, property("custom.width", 85))}, column("Held back", 70), column("Attempts", 75), column("Arrived", 130), column("Error", 60), column("Topic", 115)),
		table24(About{
			ID: 21, Title: "What is still open", Unit: "short", W: 24, H: 10,
			Description: "Episodes that have not been closed, the worst first, also those of which nobody was told. A replayed past that ends in the middle of a surge leaves it open.",
		}, withNames+fmt.Sprintf(alertsStillOpen, appName("entity"), chartName("target")),
			append(severity, column("Since", 130), column("Who", 85), column("Where", 170), column("Rule", 70), column("Basis", 80), column("Now", 70), column("Usual", 90),
				column("How it was computed", 560, wrapped()), column("What to do", 110))...),
		table24(About{
			ID: 22, Title: "Mutes", Unit: "short", W: 24, H: 6,
			Description: "What was muted in the time range: its episodes are recorded as ever, and nobody is told that they begin or get worse. `tidemark alerts mute` mutes.",
		}, alertsMutes, column("Muted", 200), column("Kind", 180), column("Since", 160), column("Until", 160), column("State", 100)),
	}
}

// bars draws counts as bars that stand on each other.
func bars(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.DrawStyle(common.GraphDrawStyleBars).FillOpacity(80).LineWidth(0).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
}
