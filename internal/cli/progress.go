package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/tidemark/tidemark/internal/obs"
)

// plainEvery is how often progress is told where nobody sees a bar move.
const plainEvery = 5 * time.Second

// progress shows how far long work is: as a bar on a terminal, as a line now
// and then otherwise.
type progress struct {
	bar   *mpb.Bar
	bars  *mpb.Progress
	out   io.Writer
	name  string
	noun  string // what is counted
	total int
	said  time.Time
}

func (a *app) newProgress(name string, total int) *progress {
	p := &progress{out: a.stderr, name: name, noun: "messages", total: total, said: time.Now()}
	if !obs.IsTerminal(a.stderr) {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(60))
	p.bar = p.bars.AddBar(int64(total),
		mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Percentage(), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), " done")),
	)
	return p
}

func (p *progress) set(done int) {
	if p.bar != nil {
		p.bar.SetCurrent(int64(done))
		return
	}
	if time.Since(p.said) >= plainEvery {
		p.said = time.Now()
		fmt.Fprintf(p.out, "%s: %d of %d %s\n", p.name, done, p.total, p.noun)
	}
}

// say writes a line beside the bar.
func (p *progress) say(line string) {
	if p.bars != nil {
		fmt.Fprintln(p.bars, line)
		return
	}
	fmt.Fprintln(p.out, line)
}

// end leaves a whole bar as it is and takes a broken one away.
func (p *progress) end(whole bool) {
	if p.bar == nil {
		return
	}
	if !whole {
		p.bar.Abort(true)
	}
	p.bars.Wait()
}
