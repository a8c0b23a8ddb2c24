package googletrends

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/collectors/rss"
)

const maxTitle = 512

// trend is one place of the list. A title that stood further up is empty: the
// feed has searches twice that trended twice within its day.
type trend struct {
	title string
	// traffic is the lower bound of the searches; 0 where the feed says none.
	traffic float64
}

type item struct {
	Title   *string `xml:"title"`
	Traffic *string `xml:"approx_traffic"`
}

// parseTrends reads the feed of one country, GEO in capitals, in its order.
func parseTrends(body []byte, geo string) ([]trend, error) {
	channel, err := rss.Decode[item](body)
	if err != nil {
		return nil, err
	}
	if got := channel.Parameter("geo"); got != "" && !strings.EqualFold(got, geo) {
		return nil, fmt.Errorf("the feed is about %q, want %s", got, geo)
	}
	trends := make([]trend, 0, len(channel.Items))
	seen, counted := make(map[string]bool), false
	for i, it := range channel.Items {
		t, err := it.trend(i)
		if err != nil {
			return nil, err
		}
		counted = counted || t.traffic > 0
		if seen[t.title] {
			t.title = ""
		}
		seen[t.title] = true
		trends = append(trends, t)
	}
	if len(trends) > 0 && !counted {
		return nil, errors.New("there is no approx_traffic in any item")
	}
	return trends, nil
}

func (it item) trend(i int) (trend, error) {
	if it.Title == nil {
		return trend{}, fmt.Errorf("there is no item[%d].title", i)
	}
	t := trend{title: strings.Join(strings.Fields(*it.Title), " ")}
	if t.title == "" || len(t.title) > maxTitle {
		return trend{}, fmt.Errorf("item[%d].title has %d bytes, want 1 to %d", i, len(t.title), maxTitle)
	}
	if it.Traffic == nil {
		return t, nil
	}
	n, err := traffic(*it.Traffic)
	if err != nil {
		return trend{}, fmt.Errorf("item[%d].approx_traffic %w", i, err)
	}
	t.traffic = n
	return t, nil
}

// traffic reads "200+", "2,000+", "500K+" and "1M+": the number that the true
// one is at least.
func traffic(text string) (float64, error) {
	m := regexp.MustCompile(`^([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})([KMB]?)\+$`).FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, fmt.Errorf("is %q, want such as 500K+", text)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("is %q, want more than 0", text)
	}
	return n * map[string]float64{"": 1, "K": 1e3, "M": 1e6, "B": 1e9}[m[2]], nil
}
