package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/evidence"
)

// exportEvidence makes the pack of an episode or of a migration.
func (a *app) exportEvidence(ctx context.Context, o *exportOptions) error {
	dest := o.out
	if dest == "" {
		dest = "evidence-" + strings.NewReplacer("/", "-", ":", "").Replace(o.episode+o.migration) + ".zip"
	}
	return a.reading(ctx, &o.where, func(ch *clickhouse.Client, native bool) error {
		if native {
			return usagef("read --dsn: evidence is read over HTTP, as the server writes Parquet: give http://host:8123/db")
		}
		begin := time.Now()
		m := &evidence.Maker{DB: ch, Version: a.build.Version}
		var pack evidence.Pack
		var err error
		if o.episode != "" {
			pack, err = m.Episode(ctx, o.episode)
		} else {
			var show *progress
			pack, err = m.Migration(ctx, o.migration, func(done, total int) {
				if show == nil {
					show = a.newProgress("evidence", total)
					show.noun = "episodes"
				}
				show.set(done)
			})
			if show != nil {
				show.end(err == nil)
			}
		}
		if err != nil {
			return withHint(err)
		}
		written, err := pack.Save(dest, o.force)
		if err != nil {
			return err
		}
		did := "wrote"
		if !written {
			did = "the same is there already:"
		}
		fmt.Fprintf(a.stdout, "%s %s: %d files, %s (%.1f s)\n", did, dest, len(pack), byteSize(pack.Bytes()), time.Since(begin).Seconds())
		return nil
	})
}
