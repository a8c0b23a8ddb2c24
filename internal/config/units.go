package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseDuration reads "90s", "1h30m", "7d" or "2w"; a plain 0 is allowed too.
func ParseDuration(text string) (Duration, error) {
	bad := fmt.Errorf("is %q, want a duration such as 30s, 15m or 7d", text)
	number, unit := text, time.Duration(0)
	if n, found := strings.CutSuffix(text, "d"); found {
		number, unit = n, day
	} else if n, found := strings.CutSuffix(text, "w"); found {
		number, unit = n, 7*day
	}
	if unit != 0 {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n > uint64(math.MaxInt64/int64(unit)) {
			return 0, bad
		}
		return Duration(time.Duration(n) * unit), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, bad
	}
	return Duration(d), nil
}

// D is the duration as the standard library has it.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String writes whole days as days, everything else as the standard library
// does, without the zeros at its end.
func (d Duration) String() string {
	t := time.Duration(d)
	if t != 0 && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	text := t.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText writes what ParseDuration reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDuration.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

type byteUnit struct {
	suffix string
	size   int64
}

// byteUnits are in the order in which they are tried, both ways.
func byteUnits() []byteUnit {
	return []byteUnit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"GB", 1e9},
		{"MB", 1e6},
		{"KB", 1e3},
		{"B", 1},
		{"", 1},
	}
}

// ParseBytes reads "512MiB", "2GB" or a plain number of bytes.
func ParseBytes(text string) (Bytes, error) {
	for _, u := range byteUnits() {
		number, found := strings.CutSuffix(text, u.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 63)
		if err == nil && n <= uint64(math.MaxInt64/u.size) {
			return Bytes(int64(n) * u.size), nil
		}
		break
	}
	return 0, fmt.Errorf("is %q, want a size such as 512KiB, 16MiB or 2GiB", text)
}

// String writes the size in the largest unit that leaves no rest.
func (b Bytes) String() string {
	for _, u := range byteUnits() {
		if u.size&(u.size-1) == 0 && int64(b) >= u.size && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText writes what ParseBytes reads.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText is ParseBytes.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBytes(string(text))
	return err
}
