package count

// ids remembers the mentions of one minute by 64-bit hashes, in a table with
// open addressing: some 12 to 24 bytes each. Two of a million mentions have the
// same hash with a chance of 1 in 37 million.
type ids struct {
	slots []uint64 // a power of two; 0: free
	n     int
}

const firstSlots = 1 << 10

// add says whether the hash is new. At most limit hashes are remembered; after
// that a new one is new each time, and full is true.
func (s *ids) add(h uint64, limit int) (fresh, full bool) {
	if h == 0 {
		h = 1
	}
	if s.slots == nil {
		s.slots = make([]uint64, firstSlots)
	}
	i, found := s.find(h)
	switch {
	case found:
		return false, false
	case s.n >= limit:
		return true, true
	}
	s.slots[i] = h
	if s.n++; s.n > len(s.slots)/4*3 {
		s.grow()
	}
	return true, false
}

// find returns where the hash is, or would be.
func (s *ids) find(h uint64) (at uint64, found bool) {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return i, true
		case 0:
			return i, false
		}
	}
}

func (s *ids) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	for _, h := range old {
		if h != 0 {
			i, _ := s.find(h)
			s.slots[i] = h
		}
	}
}
