package fetch

import (
	"container/list"
	"net/http"
	"sync"
)

// cache keeps the last answer of each URL that can be asked for conditionally,
// the most recently used ones, up to a number of bytes.
type cache struct {
	mu    sync.Mutex
	limit int
	size  int
	byURL map[string]*list.Element
	order *list.List // of *entry, the most recently used in front
}

type entry struct {
	url, etag, modified string
	body                []byte
}

func newCache(limit int) *cache {
	return &cache{limit: limit, byURL: make(map[string]*list.Element), order: list.New()}
}

func (c *cache) get(url string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byURL[url]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return value(e)
}

func (c *cache) put(url string, header http.Header, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.byURL[url]; old != nil {
		c.drop(old)
	}
	e := &entry{url: url, etag: header.Get("Etag"), modified: header.Get("Last-Modified"), body: body}
	if (e.etag == "" && e.modified == "") || e.size() > c.limit/4 {
		return
	}
	c.byURL[url] = c.order.PushFront(e)
	c.size += e.size()
	for c.size > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(element *list.Element) {
	e := value(element)
	c.order.Remove(element)
	delete(c.byURL, e.url)
	c.size -= e.size()
}

func value(element *list.Element) *entry {
	e, _ := element.Value.(*entry)
	return e
}

func (e *entry) size() int { return len(e.url) + len(e.etag) + len(e.modified) + len(e.body) }

// ask makes a request conditional. A nil entry asks for everything.
func (e *entry) ask(header http.Header) {
	if e == nil {
		return
	}
	if e.etag != "" {
		header.Set("If-None-Match", e.etag)
	}
	if e.modified != "" {
		header.Set("If-Modified-Since", e.modified)
	}
}
