package viewer

import "time"

// Storage is what lies on the disk of this instance, and how it grows.
type Storage struct {
	Tables []Stored `json:"tables"`
	Topics []Stored `json:"topics"`
	// Raw are raw answers, All is the whole data directory.
	Raw Stored `json:"raw"`
	All Stored `json:"all"`
	// DiskFree and DiskSize are of the disk that the data directory is on, in
	// bytes.
	DiskFree int64 `json:"disk_free"`
	DiskSize int64 `json:"disk_size"`
	// GrowthOverS is how many seconds growth was looked back for; 0: nobody knows
	// it yet.
	GrowthOverS float64 `json:"growth_over_s"`
	// FullAt is when the disk will be full if all goes on as it has; nil: never,
	// or nobody knows.
	FullAt *time.Time `json:"full_at"`
}

// Stored is one thing on the disk.
type Stored struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	// BytesPerDay is the growth; nil: nobody knows yet.
	BytesPerDay *float64 `json:"bytes_per_day"`
}
