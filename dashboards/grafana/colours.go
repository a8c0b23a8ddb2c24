package grafana

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/tidemark/tidemark/internal/config"
)

// Colours of what is no app. Red and green are only for bad and good, never for
// down and up.
const (
	colourGood    = "#37872d"
	colourWarning = "#e0b400"
	colourBad     = "#c4162a"
	colourNothing = "transparent"
	colourEvent   = "#8f8fd8"
	colourGap     = "#8e8e8e"
	// colourText is Grafana's word for the theme's ink: what is black on paper is
	// white at night.
	colourText = "text"
)

// App is an entity of the built-in watchlist as it is drawn.
type App struct {
	ID     string
	Names  []string // name to show, and the Chinese one where there is one
	Colour string
}

// Apps are all of them, with the one colour that each has on every dashboard.
// Apps that were added to a watchlist later get a colour by their name.
func Apps() ([]App, error) {
	built, err := config.Default()
	if err != nil {
		return nil, fmt.Errorf("read built-in watchlist: %w", err)
	}
	apps := make([]App, 0, len(built.Watch.Entities))
	for _, e := range built.Watch.Entities {
		apps = append(apps, App{ID: e.ID, Names: shownNames(e.Name, e.Aliases), Colour: visible(e.Colour)})
	}
	return apps, nil
}

func shownNames(name string, aliases []string) []string {
	han := regexp.MustCompile(`\p{Han}`)
	for _, a := range aliases {
		if han.MatchString(a) {
			return []string{name, a}
		}
	}
	return []string{name}
}

// visible replaces a colour that nobody can see on a dark page: TikTok's near
// black.
func visible(colour string) string {
	rgb, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		return colour
	}
	if r, g, b := rgb>>16&0xff, rgb>>8&0xff, rgb&0xff; r < 0x30 && g < 0x30 && b < 0x30 {
		return colourText
	}
	return colour
}

// appOverrides give each app its colour, under each of its names and with
// whatever stands behind the name (a chart, a basis).
func appOverrides(apps []App) []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides] {
	out := make([]cog.Builder[dashboard.DashboardFieldConfigSourceOverrides], 0, len(apps))
	for _, a := range apps {
		quoted := make([]string, len(a.Names))
		for i, n := range a.Names {
			quoted[i] = regexp.QuoteMeta(n)
		}
		out = append(out, byRegexp(`/^(`+strings.Join(quoted, "|")+`)( [(·].*)?$/`, property("color", fixed(a.Colour))))
	}
	return out
}

// tagOverrides give each count of the case's tag a colour, so that a published
// figure has the colour of the line that it belongs to. Other tags get a
// colour by their name, each line its own.
func tagOverrides() []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides] {
	return []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides]{
		byRegexp(`/^#tiktokrefugee views,/`, property("color", fixed("#1f78b4"))),
		byRegexp(`/^#tiktokrefugee posts,/`, property("color", fixed("#1b9e77"))),
		byRegexp(`/^#tiktokrefugee discussions,/`, property("color", fixed("#d95f02"))),
	}
}

// basisOverrides draw what has another basis in another way: what was measured
// is a solid line; what was modelled is dashed, what was imported dotted, and what
// was reported is points, never joined.
func basisOverrides() []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides] {
	return []cog.Builder[dashboard.DashboardFieldConfigSourceOverrides]{
		// Without points: dashes with points look like an imported line.
		byRegexp(`/\(modelled\)$/`, property("custom.lineStyle", map[string]any{"fill": "dash", "dash": []int{8, 4}}), property("custom.showPoints", "never")),
		byRegexp(`/\(imported\)$/`, property("custom.lineStyle", map[string]any{"fill": "dot", "dash": []int{2, 4}})),
		byRegexp(`/\(backfill\)$/`, property("custom.lineWidth", 1)),
		byRegexp(`/\(reported\)$/`,
			property("custom.drawStyle", "points"),
			property("custom.showPoints", "always"),
			property("custom.pointSize", 9)),
	}
}

func fixed(colour string) map[string]any {
	return map[string]any{"mode": "fixed", "fixedColor": colour}
}

// override is a rule of how some of the fields of an answer are drawn.
type override dashboard.DashboardFieldConfigSourceOverrides

// Build makes an override its own builder.
func (o override) Build() (dashboard.DashboardFieldConfigSourceOverrides, error) {
	return dashboard.DashboardFieldConfigSourceOverrides(o), nil
}

func byRegexp(expression string, properties ...dashboard.DynamicConfigValue) override {
	return override{Matcher: dashboard.MatcherConfig{Id: "byRegexp", Options: expression}, Properties: properties}
}

func property(id string, value any) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: id, Value: value}
}
