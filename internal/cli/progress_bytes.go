package cli

// byteProgress shows how far work is that is counted in bytes, of which the
// whole may become known, or grow, on the way.
type byteProgress struct {
	app  *app
	name string
	show *progress
}

func (a *app) newByteProgress(name string) *byteProgress { return &byteProgress{app: a, name: name} }

const megabyte = 1_000_000

// set tells the bytes done, and of how many; 0: nobody knows.
func (p *byteProgress) set(done, total int64) {
	if total == 0 {
		total = done
	}
	mega := int(total/megabyte) + 1
	if p.show == nil {
		p.show = p.app.newProgress(p.name, mega)
		p.show.noun = "MB"
	}
	if mega > p.show.total {
		p.show.total = mega
		if p.show.bar != nil {
			p.show.bar.SetTotal(int64(mega), false)
		}
	}
	p.show.set(min(int(done/megabyte), max(p.show.total-1, 0)))
}

func (p *byteProgress) end(whole bool) {
	if p.show == nil {
		return
	}
	if whole {
		p.show.set(p.show.total)
	}
	p.show.end(whole)
}
