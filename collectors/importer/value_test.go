package importer

import (
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, unit, style string
		want              number
	}{
		{"0", unitCount, "", number{}},
		{"390000", unitCount, "", number{low: 390000, high: 390000}},
		{" 1.2亿 ", unitCount, "", number{low: 1.2e8, high: 1.2e8}},
		{"1.15亿", unitCount, "", number{low: 115000000, high: 115000000}},
		{"932.9w", unitCount, "", number{low: 9329000, high: 9329000}},
		{"3858万", unitCount, "", number{low: 38580000, high: 38580000}},
		{"3858 萬", unitCount, "", number{low: 38580000, high: 38580000}},
		{"7.7W", unitCount, "", number{low: 77000, high: 77000}},
		{"5千", unitCount, "", number{low: 5000, high: 5000}},
		{"1.2K", unitCount, "", number{low: 1200, high: 1200}},
		{"1.2M", unitCount, "", number{low: 1.2e6, high: 1.2e6}},
		{"2B", unitCount, "", number{low: 2e9, high: 2e9}},
		{"10万+", unitCount, "", number{low: 100000, high: 100000, plus: true}},
		{"10–20 万", unitCount, "", number{low: 100000, high: 200000, ranged: true}},
		{"9千-1万", unitCount, "", number{low: 9000, high: 10000, ranged: true}},
		{"1,234", unitCount, "en", number{low: 1234, high: 1234}},
		{"12,345,678.0", unitCount, "en", number{low: 12345678, high: 12345678}},
		{"1.234", unitCount, "de", number{low: 1234, high: 1234}},
		{"1.234,5", unitNumber, "de", number{low: 1234.5, high: 1234.5}},
		{"1 234", unitCount, "fr", number{low: 1234, high: 1234}},
		{"1\u202f234\u202f567", unitCount, "fr", number{low: 1234567, high: 1234567}},
		{"1'234", unitCount, "ch", number{low: 1234, high: 1234}},
		{"1.234", unitNumber, "plain", number{low: 1.234, high: 1.234}},
		{"0.125", unitNumber, "", number{low: 0.125, high: 0.125}},
		{"-54", unitNumber, "", number{low: -54, high: -54}},
		{"\u221254", unitNumber, "", number{low: -54, high: -54}},
		{"12.5%", unitPercent, "", number{low: 12.5, high: 12.5}},
		{"1", unitRank, "", number{low: 1, high: 1}},
		{"true", unitFlag, "", number{low: 1, high: 1}},
		{"0", unitFlag, "", number{}},
	} {
		if got, err := parseNumber(c.text, c.unit, styleOf(c.style)); err != nil || got != c.want {
			t.Errorf("%q as %s, %s is %+v, %v, want %+v", c.text, c.unit, c.style, got, err, c.want)
		}
	}
	for _, c := range []struct{ text, unit, style, want string }{
		{"", unitCount, "", "want a number"},
		{"many", unitCount, "", "want a number"},
		{"万", unitCount, "", "want a number"},
		{"12%", unitCount, "", "a percentage is not meant here"},
		{"12％", unitNumber, "", "a percentage is not meant here"},
		{"1,234", unitCount, "", "two numbers"},
		{"1.234", unitCount, "", "two numbers"},
		{"1.234万", unitCount, "", "two numbers"},
		{"1 234", unitCount, "", "two numbers"},
		{"1'234", unitCount, "plain", "two numbers"},
		{"1,23", unitCount, "en", "groups of three"},
		{"1,2345", unitCount, "en", "groups of three"},
		{"1,,234", unitCount, "en", "one sign between"},
		{",234", unitCount, "en", "one sign between"},
		{"1.234.5", unitCount, "de", "groups of three"},
		{"1 234\u202f567", unitCount, "fr", "one sign between"},
		{"1,234", unitCount, "de", "whole number"},
		{"1.5", unitCount, "", "whole number"},
		{"1.23456万", unitCount, "", "whole number"},
		{"-5", unitCount, "", "never below 0"},
		{"20-10", unitCount, "", "begins with its lower end"},
		{"10-20+", unitCount, "", "not both"},
		{"1e5", unitCount, "", "want a number"},
		{"0x10", unitCount, "", "want a number"},
		{"Inf", unitNumber, "", "want a number"},
		{"NaN", unitNumber, "", "want a number"},
		{"5.", unitNumber, "", "want a number"},
		{"5m", unitCount, "", "want a number"},
		{"1亿2000万", unitCount, "", "want a number"},
		{strings.Repeat("9", 40), unitCount, "", "at most 30 digits"},
		{"0", unitRank, "", "a place from 1"},
		{"1.0", unitRank, "", "a place from 1"},
		{"+1", unitRank, "", "a place from 1"},
		{"10001", unitRank, "", "a place from 1"},
		{"maybe", unitFlag, "", "want 0, 1"},
	} {
		if got, err := parseNumber(c.text, c.unit, styleOf(c.style)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q as %s, %s is %+v, %v, want %q", c.text, c.unit, c.style, got, err, c.want)
		}
	}
}

// FuzzNumber: never a panic, and never a number that its unit does not allow.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1.2亿", "10–20 万", "1,234.5", "1'234", "-5", "10万+", "12%", "1\u202f234", "~5", "0.000w", "万", "99999999999999999999B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, unit := range units() {
			for _, s := range append(numberStyles(), "") {
				n, err := parseNumber(text, unit, styleOf(s))
				if err != nil {
					continue
				}
				if n.low > n.high || n.low != n.low || n.high-n.high != 0 || n.ranged && n.plus {
					t.Fatalf("%q as %s, %s is %+v", text, unit, s, n)
				}
				if whole := n.low == float64(int64(n.low)) || n.low > 1e15; unit == unitCount && (n.low < 0 || !whole) {
					t.Fatalf("%q as a count, %s is %+v", text, s, n)
				}
				if unit == unitRank && (n.low < 1 || n.ranged) || unit == unitFlag && n.low != 0 && n.low != 1 {
					t.Fatalf("%q as %s is %+v", text, unit, n)
				}
			}
		}
	})
}
