package sqlrule

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// maxFile is far more than a query needs.
const maxFile = 256 << 10

// Rule is a query and what its rows mean.
type Rule struct {
	// Name is the file's name without .sql.
	Name string
	// Path is the file; SQL its text, comments and all.
	Path, SQL string
	// Description stands in every message.
	Description string
	// Threshold is what a value crosses: from below, or where Under is true from
	// above. Clear is where it is well again.
	Threshold, Clear float64
	Under            bool
	// Looks is how many evaluations in a row decide, both ways.
	Looks int
	Every time.Duration
	// Severity of what has just crossed, 0 to 1.
	Severity            float64
	Topic, Entity, Unit string
	Basis               event.Basis
	// MissingClears takes a subject without a row for one that is well; else
	// nothing is known of it.
	MissingClears bool
}

// head is the front matter: the comments at the beginning of the file, as YAML.
type head struct {
	Description string          `yaml:"description"`
	Over        config.Number   `yaml:"over"`
	Under       config.Number   `yaml:"under"`
	Clear       config.Number   `yaml:"clear"`
	Looks       int             `yaml:"looks"`
	Every       config.Duration `yaml:"every"`
	Severity    float64         `yaml:"severity"`
	Topic       string          `yaml:"topic"`
	Entity      string          `yaml:"entity"`
	Unit        string          `yaml:"unit"`
	Basis       string          `yaml:"basis"`
	Missing     string          `yaml:"missing"`
}

// Load reads the rules of the configuration: files NAME.sql, and directories
// of them. What is wrong is *config.Invalid, all of it at once.
func Load(cfg config.SQLRule) ([]Rule, error) {
	var rules []Rule
	var wrong []config.Problem
	from := map[string]string{}
	for i, path := range cfg.Paths {
		files, err := filesOf(path)
		if err != nil {
			wrong = append(wrong, config.Problem{Path: fmt.Sprintf("process.sqlrule.paths[%d]", i), Text: err.Error()})
			continue
		}
		for _, file := range files {
			r, err := read(file, cfg)
			if bad, ok := errors.AsType[*config.Invalid](err); ok {
				wrong = append(wrong, bad.Problems...)
				continue
			}
			if err != nil {
				wrong = append(wrong, config.Problem{Where: file, Text: err.Error()})
				continue
			}
			if first, twice := from[r.Name]; twice && first != file {
				wrong = append(wrong, config.Problem{Where: file, Text: fmt.Sprintf("has the name of %s: rules go by the name of their file", first)})
				continue
			} else if twice {
				continue
			}
			from[r.Name] = file
			rules = append(rules, r)
		}
	}
	if len(wrong) > 0 {
		return nil, &config.Invalid{Problems: wrong}
	}
	slices.SortFunc(rules, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return rules, nil
}

func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("is %q, which does not exist: want a file NAME.sql, or a directory of them", path)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return []string{path}, nil
	}
	return filepath.Glob(filepath.Join(path, "*.sql")) // a directory may still be empty
}

func read(path string, cfg config.SQLRule) (Rule, error) {
	name, isSQL := strings.CutSuffix(filepath.Base(path), ".sql")
	if !isSQL || !regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`).MatchString(name) {
		return Rule{}, errors.New("is no rule: want NAME.sql, the name in lower-case letters, digits and dashes")
	}
	info, err := os.Stat(path)
	if err != nil {
		return Rule{}, err
	}
	if info.Size() > maxFile {
		return Rule{}, errors.New("is larger than 256 KiB; is it the right file?")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Rule{}, err
	}
	return parse(name, path, string(text), cfg)
}

// parse reads front matter and query. Line numbers stay those of the file.
func parse(name, path, text string, cfg config.SQLRule) (Rule, error) {
	var front, body strings.Builder
	within := true
	for line := range strings.Lines(text) {
		comment, is := strings.CutPrefix(line, "--")
		if within = within && is; within {
			front.WriteString(strings.TrimPrefix(comment, " "))
			continue
		}
		body.WriteString(line)
	}
	h := head{Looks: 1, Every: cfg.Every, Severity: 0.5, Basis: "measured", Missing: "hold"}
	line, err := config.Decode(path, []byte(front.String()), &h)
	if err != nil {
		return Rule{}, err
	}
	r := Rule{
		Name: name, Path: path, SQL: strings.TrimRight(body.String(), "; \t\r\n"),
		Description: h.Description, Looks: h.Looks, Every: h.Every.D(), Severity: h.Severity,
		Topic: h.Topic, Entity: h.Entity, Unit: h.Unit, MissingClears: h.Missing == "clear",
	}
	var wrong []config.Problem
	need := func(ok bool, key, format string, args ...any) {
		if !ok {
			wrong = append(wrong, config.Problem{Where: line(key), Path: key, Text: fmt.Sprintf(format, args...)})
		}
	}
	need(strings.TrimSpace(r.SQL) != "", "", "has no query below its comments")
	need(r.Looks >= 1 && r.Looks <= 1000, "looks", "is %d, want 1 to 1000", h.Looks)
	need(r.Every >= 10*time.Second && r.Every <= 7*24*time.Hour, "every", "is %s, want 10s to 7d", h.Every)
	need(r.Severity >= 0 && r.Severity <= 1, "severity", "is %v, want 0 to 1", h.Severity)
	need(h.Missing == "hold" || h.Missing == "clear", "missing", "is %q, want hold or clear", h.Missing)
	need(!strings.ContainsAny(h.Description+h.Unit, "\x00"), "description", "is no text")
	basis, known := bases()[h.Basis]
	need(known, "basis", "is %q, want measured, backfill, imported or modelled", h.Basis)
	r.Basis = basis
	r.thresholds(&h, need)
	if len(wrong) > 0 {
		return Rule{}, &config.Invalid{Problems: wrong}
	}
	return r, nil
}

func bases() map[string]event.Basis {
	return map[string]event.Basis{
		"measured": event.Basis_BASIS_MEASURED, "backfill": event.Basis_BASIS_BACKFILL,
		"imported": event.Basis_BASIS_IMPORTED, "modelled": event.Basis_BASIS_MODELLED,
	}
}

// thresholds takes what clears as a tenth on the well side of what crosses,
// unless it is given.
func (r *Rule) thresholds(h *head, need func(ok bool, key, format string, args ...any)) {
	over, isOver := h.Over.Value()
	under, isUnder := h.Under.Value()
	need(isOver != isUnder, "over", "is to be given, or under, and not both")
	r.Threshold, r.Under = over, isUnder
	r.Clear = over - math.Abs(over)/10
	if isUnder {
		r.Threshold, r.Clear = under, under+math.Abs(under)/10
	}
	clears, given := h.Clear.Value()
	if !given {
		return
	}
	r.Clear = clears
	need(isUnder == (clears >= under) || !isUnder, "clear", "is %v, want %v or more, as the rule is about values under that", clears, under)
	need(isUnder || clears <= over, "clear", "is %v, want %v or less, as the rule is about values over that", clears, over)
}

// crosses says that a value is what the rule looks for, clears that it is well
// again. In between nothing changes.
func (r *Rule) crosses(v float64) bool {
	if r.Under {
		return v < r.Threshold
	}
	return v > r.Threshold
}

func (r *Rule) clears(v float64) bool {
	if r.Under {
		return v >= r.Clear
	}
	return v <= r.Clear
}

// worse says that a is further out than b.
func (r *Rule) worse(a, b float64) bool {
	if r.Under {
		return a < b
	}
	return a > b
}

// severityOf grows by 0.15 with each doubling beyond the threshold (with each
// halving, where the rule is about values under it), where that has a meaning.
func (r *Rule) severityOf(v float64) float64 {
	ratio := v / r.Threshold
	if r.Under {
		ratio = 1 / ratio
	}
	if r.Threshold <= 0 || v <= 0 || !(ratio >= 2) {
		return r.Severity
	}
	return min(1, math.Round(100*(r.Severity+0.15*math.Floor(math.Log2(ratio))))/100)
}

// side is the word for what crosses.
func (r *Rule) side() string {
	if r.Under {
		return "under"
	}
	return "over"
}

// words is a number as a person writes it.
func words(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
