package config

import "time"

func (k *checker) bluesky(at string, c *Bluesky) {
	k.stream(at, &c.Stream)
	k.need(!c.Enabled || len(c.HostsV2)+len(c.HostsV1) > 0, at+".hosts_v2", "and %s.hosts_v1 are empty, but the source is enabled", at)
	seen := map[string]string{}
	for _, list := range []struct {
		path  string
		hosts []string
	}{{at + ".hosts_v2", c.HostsV2}, {at + ".hosts_v1", c.HostsV1}} {
		for i, u := range list.hosts {
			k.baseURL(index(list.path, i), u)
			// The same server may know both versions.
			k.unique(seen, u+" of "+list.path, index(list.path, i))
		}
	}
	k.file(at+".dictionary_v1", c.DictionaryV1)
}

func (k *checker) stream(at string, c *Stream) {
	k.between(at+".quiet", c.Quiet.D(), time.Second, time.Hour)
	k.between(at+".rewind", c.Rewind.D(), 0, time.Hour)
	k.between(at+".save_every", c.SaveEvery.D(), 100*time.Millisecond, 10*time.Minute)
	k.between(at+".retry_after", c.RetryAfter.D(), 10*time.Millisecond, time.Hour)
	k.between(at+".retry_most", c.RetryMost.D(), c.RetryAfter.D(), time.Hour)
}
