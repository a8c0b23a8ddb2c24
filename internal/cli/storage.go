package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tidemark/tidemark/dashboards/viewer"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/disk"
)

const (
	// sizesFile remembers how large everything was.
	sizesFile = "sizes.json"
	// firstSize is when the first size of a run is remembered: what the start
	// itself writes (the case) is no growth.
	firstSize = 5 * time.Minute
)

// measure sizes up the data directory.
func (u *upRun) measure(ctx context.Context) (*disk.Sizes, error) {
	rows, err := clickhouse.Select[struct {
		Table string `ch:"table"`
		Bytes uint64 `ch:"bytes"`
	}](ctx, u.ch, "SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table")
	if err != nil {
		return nil, fmt.Errorf("read sizes of tables: %w", err)
	}
	tables := map[string]int64{}
	for _, r := range rows {
		tables[r.Table] = int64(r.Bytes) //nolint:gosec // the size of a disk
	}
	return disk.Measure(u.dir.Path(), u.cfg.Collect.Raw.Dir, tables, time.Now())
}

// sizesPart remembers every hour how large everything is.
func (u *upRun) sizesPart() part {
	return u.after("sizes", func(ctx context.Context) error {
		for wait := firstSize; sleep(ctx, wait) == nil; wait = disk.Every {
			s, err := u.measure(ctx)
			if err == nil {
				err = disk.Remember(u.dir.Path(sizesFile), s)
			}
			if err != nil && ctx.Err() == nil {
				u.log.WarnContext(ctx, "sizes are not remembered", "err", err)
			}
		}
		return nil
	})
}

// storage is what status says about the disk.
func (u *upRun) storage(ctx context.Context) (*viewer.Storage, error) {
	now, err := u.measure(ctx)
	if err != nil {
		return nil, err
	}
	history, err := disk.Recall(u.dir.Path(sizesFile))
	if err != nil {
		return nil, err
	}
	return storageOf(now, history.Grown(now)), nil
}

func storageOf(now *disk.Sizes, g disk.Growth) *viewer.Storage {
	stored := func(name string, of func(*disk.Sizes) int64) viewer.Stored {
		s := viewer.Stored{Name: name, Bytes: of(now)}
		if perDay, known := g.PerDay(of); known {
			s.BytesPerDay = &perDay
		}
		return s
	}
	out := &viewer.Storage{
		Tables: []viewer.Stored{}, Topics: []viewer.Stored{}, DiskFree: now.Free, DiskSize: now.Disk, GrowthOverS: g.Over.Seconds(),
		Raw: stored("raw answers", func(s *disk.Sizes) int64 { return s.Raw }),
		All: stored("everything", func(s *disk.Sizes) int64 { return s.All }),
	}
	for _, name := range sortedKeys(now.Tables) {
		out.Tables = append(out.Tables, stored(name, func(s *disk.Sizes) int64 { return s.Tables[name] }))
	}
	for _, name := range sortedKeys(now.Topics) {
		out.Topics = append(out.Topics, stored(name, func(s *disk.Sizes) int64 { return s.Topics[name] }))
	}
	if full, known := g.Full(); known {
		out.FullAt = &full
	}
	return out
}

// printTables lists the tables, with sizes where these are known.
func printTables(t io.Writer, s *viewer.Status) {
	if s.Storage == nil {
		fmt.Fprintln(t, "\nTABLE\tROWS\t")
		for _, name := range sortedKeys(s.Rows) {
			fmt.Fprintf(t, "%s\t%d\t\n", name, s.Rows[name])
		}
		return
	}
	sizes := map[string]viewer.Stored{}
	for _, stored := range s.Storage.Tables {
		sizes[stored.Name] = stored
	}
	fmt.Fprintln(t, "\nTABLE\tROWS\tSIZE\tA DAY")
	for _, name := range sortedKeys(s.Rows) {
		stored, found := sizes[name]
		if !found {
			fmt.Fprintf(t, "%s\t%d\t-\t-\n", name, s.Rows[name])
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", name, s.Rows[name], byteSize(stored.Bytes), perDay(stored))
	}
}

// printStorage lists the rest of what lies on the disk, and says when it will
// be full.
func printStorage(t io.Writer, s *viewer.Storage, now time.Time) {
	if s == nil {
		return
	}
	fmt.Fprintln(t, "\nON DISK\tSIZE\tA DAY\t")
	for _, topic := range s.Topics {
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", topic.Name, byteSize(topic.Bytes), perDay(topic))
	}
	for _, stored := range []viewer.Stored{s.Raw, s.All} {
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", stored.Name, byteSize(stored.Bytes), perDay(stored))
	}
	fmt.Fprintf(t, "free\t%s\tof %s\t%s\n", byteSize(s.DiskFree), byteSize(s.DiskSize), whenFull(s, now))
}

// perDay writes a growth; - is not known.
func perDay(s viewer.Stored) string {
	switch {
	case s.BytesPerDay == nil:
		return "-"
	case *s.BytesPerDay < 0:
		return "-" + byteSize(int64(-*s.BytesPerDay))
	default:
		return "+" + byteSize(int64(*s.BytesPerDay))
	}
}

func whenFull(s *viewer.Storage, now time.Time) string {
	over := time.Duration(s.GrowthOverS * float64(time.Second))
	switch {
	case s.GrowthOverS == 0:
		return "growth is known after an hour"
	case s.FullAt == nil:
		return "no growth in " + lasting(over)
	default:
		return fmt.Sprintf("full in %s (%s), if it grows as in the last %s", lasting(s.FullAt.Sub(now)), s.FullAt.UTC().Format(time.DateOnly), lasting(over))
	}
}

// lasting writes a length of time in hours or days.
func lasting(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
