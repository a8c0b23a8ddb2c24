package channel

import (
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// docs is where the pages are that messages link to.
const docs = "https://github.com/tidemark/tidemark/blob/main/docs"

// StyleOf is how the messages of a receiver look, by the configuration.
func StyleOf(c *config.Config, r *config.Receiver) (message.Style, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return message.Style{}, config.Mistake("notify.receivers."+r.Name+".zone", "is %q, want a zone such as Europe/Berlin", r.Zone)
	}
	return message.Style{Zone: zone, Dashboard: c.Notify.BaseURL, Docs: docs, Entities: c.Watch.EntityNames()}, nil
}
