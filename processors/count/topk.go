package count

import (
	"cmp"
	"slices"
)

// topK counts tags with a fixed number of counters, by the Space-Saving method
// (Metwally, Agrawal, El Abbadi 2005): a tag without a counter takes over the
// smallest, with its count. A count is then at most too high, by no more than
// the counter had when it was taken over, and never by more than the number of
// mentions divided by the number of counters. A tag without a counter has at
// most as many mentions as the smallest counter says.
type topK struct {
	limit int
	byTag map[string]*tally
	heap  []*tally // the smallest first
}

// tally is the counter of a tag: it has count less over to count mentions.
type tally struct {
	tag         string
	count, over uint64
	at          int // in the heap
}

func newTopK(limit int) *topK { return &topK{limit: limit, byTag: map[string]*tally{}} }

// add counts one mention, and says whether another tag lost its counter.
func (t *topK) add(tag []byte) (evicted bool) {
	if c, ok := t.byTag[string(tag)]; ok {
		c.count++
		t.down(c)
		return false
	}
	if len(t.heap) < t.limit {
		c := &tally{tag: string(tag), count: 1, at: len(t.heap)}
		t.heap = append(t.heap, c)
		t.byTag[c.tag] = c
		t.up(c)
		return false
	}
	c := t.heap[0]
	delete(t.byTag, c.tag)
	c.tag, c.over = string(tag), c.count
	c.count++
	t.byTag[c.tag] = c
	t.down(c)
	return true
}

// unlisted is the most that a tag can have which is not among the first k.
func (t *topK) unlisted(k int) uint64 {
	switch top := t.top(k + 1); {
	case len(top) > k:
		return top[k].count
	case len(t.heap) == t.limit:
		return t.heap[0].count
	default:
		return 0
	}
}

// top returns the k tags with the highest counts, highest first, equal ones by
// name.
func (t *topK) top(k int) []*tally {
	all := slices.Clone(t.heap)
	slices.SortFunc(all, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.tag, b.tag))
	})
	return all[:min(k, len(all))]
}

func (t *topK) up(c *tally) {
	for c.at > 0 {
		parent := (c.at - 1) / 2
		if t.heap[parent].count <= c.count {
			return
		}
		t.swap(c.at, parent)
	}
}

func (t *topK) down(c *tally) {
	for {
		child := 2*c.at + 1
		if child >= len(t.heap) {
			return
		}
		if right := child + 1; right < len(t.heap) && t.heap[right].count < t.heap[child].count {
			child = right
		}
		if t.heap[child].count >= c.count {
			return
		}
		t.swap(c.at, child)
	}
}

func (t *topK) swap(i, j int) {
	t.heap[i], t.heap[j] = t.heap[j], t.heap[i]
	t.heap[i].at, t.heap[j].at = i, j
}
