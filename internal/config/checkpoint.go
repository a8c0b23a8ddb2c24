package config

import "time"

// Checkpoint says how often what a processor remembers is stored: after so much
// time or so many looks, whichever is first. What came since is judged again
// after a restart.
type Checkpoint struct {
	Every Duration `yaml:"every"`
	Looks int      `yaml:"looks"`
}

func (k *checker) checkpoint(at string, c *Checkpoint) {
	k.between(at+".every", c.Every.D(), time.Second, time.Hour)
	k.whole(at+".looks", c.Looks, 100, 10_000_000)
}
