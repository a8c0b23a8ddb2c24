package importer

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// number is what a field says: one value, or two where it is a range.
type number struct {
	low, high float64
	ranged    bool
	plus      bool // "and more"
}

// maxCount is what a float64 tells apart one by one.
const maxCount = 1<<53 - 1

// maxRank is deeper than any list.
const maxRank = 10_000

// style is how numbers are grouped and where their decimals begin.
type style struct {
	groups  string // the signs that may stand between groups of three digits
	decimal byte
	open    bool // nobody has said: what can be two numbers is refused
}

func styleOf(name string) style {
	const spaces = " \u00a0\u202f\u2009"
	switch name {
	case "en":
		return style{groups: ",", decimal: '.'}
	case "de":
		return style{groups: ".", decimal: ','}
	case "fr":
		return style{groups: spaces, decimal: ','}
	case "ch":
		return style{groups: "'’", decimal: '.'}
	case "plain":
		return style{decimal: '.'}
	default:
		return style{decimal: '.', open: true}
	}
}

// parseNumber reads a field of a unit. Platforms round and abbreviate: 1.2亿 is
// 120,000,000. The digits are shifted as text, so that 1.15亿 is exact.
func parseNumber(text, unit string, st style) (number, error) {
	text = strings.TrimSpace(narrowed(text))
	plain := number{}
	switch unit {
	case unitRank:
		return parseRank(text)
	case unitFlag:
		return parseFlag(text)
	case unitPercent:
		text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	}
	if strings.ContainsAny(text, "%％‰") {
		return plain, errors.New("want a number: a percentage is not meant here")
	}
	if rest, found := strings.CutSuffix(text, "+"); found {
		text, plain.plus = strings.TrimSpace(rest), true
	}
	from, to, ranged := cutRange(text)
	if !ranged {
		v, _, err := parseOne(text, unit, st, "")
		plain.low, plain.high = v, v
		return plain, err
	}
	if plain.plus {
		return plain, errors.New("want a range or a +, not both")
	}
	high, word, err := parseOne(to, unit, st, "")
	if err != nil {
		return plain, err
	}
	low, _, err := parseOne(from, unit, st, word)
	if err != nil {
		return plain, err
	}
	if low > high {
		return plain, errors.New("want a range that begins with its lower end")
	}
	return number{low: low, high: high, ranged: true}, nil
}

// narrowed writes the wide digits and signs of East Asian type as the usual ones.
func narrowed(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．' || r == '，' || r == '％' || r == '＋' || r == '－':
			return r - '！' + '!'
		}
		return r
	}, text)
}

func parseRank(text string) (number, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < 1 || n > maxRank {
		return number{}, fmt.Errorf("want a place from 1 to %d", maxRank)
	}
	return number{low: float64(n), high: float64(n)}, nil
}

func parseFlag(text string) (number, error) {
	switch strings.ToLower(text) {
	case "1", "true":
		return number{low: 1, high: 1}, nil
	case "0", "false":
		return number{}, nil
	default:
		return number{}, errors.New("want 0, 1, true or false")
	}
}

// cutRange finds the sign between two numbers. A sign at the beginning is a minus.
func cutRange(s string) (from, to string, found bool) {
	for i, r := range s {
		if i == 0 || !strings.ContainsRune("-–—~～至", r) {
			continue
		}
		return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+utf8.RuneLen(r):]), true
	}
	return s, "", false
}

// powerOf is the power of ten that a word stands for, as the platforms of the
// case and the English press write them; 0: none. A small m is not among them: it
// is too often a milli.
func powerOf(word string) int {
	switch word {
	case "k", "K", "千":
		return 3
	case "w", "W", "万", "萬":
		return 4
	case "M":
		return 6
	case "亿", "億":
		return 8
	case "B":
		return 9
	case "万亿", "萬億":
		return 12
	default:
		return 0
	}
}

// cutScale takes the word for a power of ten off the end.
func cutScale(text string) (digits, word string) {
	for _, both := range []string{"万亿", "萬億"} {
		if rest, found := strings.CutSuffix(text, both); found {
			return strings.TrimSpace(rest), both
		}
	}
	_, size := utf8.DecodeLastRuneInString(text)
	if word = text[len(text)-size:]; powerOf(word) == 0 {
		return text, ""
	}
	return strings.TrimSpace(text[:len(text)-size]), word
}

// parseOne reads one number. word is the scale of a range's other end, for a
// number that has none itself; the scale that was used comes back.
func parseOne(text, unit string, st style, word string) (v float64, used string, err error) {
	digits, own := cutScale(text)
	if own != "" {
		word = own
	}
	digits, negative := cutMinus(digits)
	if negative && unit != unitNumber && unit != unitPercent {
		return 0, word, errors.New("want a count, which is never below 0")
	}
	mantissa, places, err := ungroup(digits, st)
	if err != nil {
		return 0, word, err
	}
	shift := powerOf(word) - places
	if unit == unitCount && !isWhole(mantissa, shift) {
		return 0, word, errors.New("want a whole number")
	}
	v, err = strconv.ParseFloat(mantissa+"e"+strconv.Itoa(shift), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, word, errors.New("want a number that is not so large")
	}
	if unit == unitCount && v > maxCount {
		return 0, word, fmt.Errorf("want a count of at most %d, above which numbers are not kept exactly", int64(maxCount))
	}
	if negative && v != 0 {
		v = -v
	}
	return v, word, nil
}

func cutMinus(text string) (digits string, negative bool) {
	if rest, found := strings.CutPrefix(text, "-"); found {
		return rest, true
	}
	return strings.CutPrefix(text, "\u2212")
}

// isWhole says whether digits shifted by so many places leave no decimals.
func isWhole(digits string, shift int) bool {
	zeros := len(digits) - len(strings.TrimRight(digits, "0"))
	return shift >= 0 || zeros >= -shift || zeros == len(digits)
}

// maxDigits is more than a float64 can tell apart, and keeps nonsense short.
const maxDigits = 30

// ungroup gives the digits of a number, and how many of them are decimals.
func ungroup(s string, st style) (digits string, places int, err error) {
	whole, decimals, hasDecimals := strings.Cut(s, string(st.decimal))
	if hasDecimals && !isDigits(decimals) {
		return "", 0, wantNumber(s, st)
	}
	if st.open && len(decimals) == 3 && len(whole) <= 3 && whole != "0" && isDigits(whole) {
		return "", 0, errTwoNumbers()
	}
	if st.groups != "" && strings.ContainsAny(whole, st.groups) {
		if whole, err = joinGroups(whole, st.groups); err != nil {
			return "", 0, err
		}
	}
	if !isDigits(whole) {
		return "", 0, wantNumber(s, st)
	}
	if len(whole)+len(decimals) > maxDigits {
		return "", 0, fmt.Errorf("want at most %d digits", maxDigits)
	}
	return whole + decimals, len(decimals), nil
}

// joinGroups takes the signs between groups of three digits away.
func joinGroups(whole, signs string) (string, error) {
	parts := strings.FieldsFunc(whole, func(r rune) bool { return strings.ContainsRune(signs, r) })
	for i, p := range parts {
		if len(p) != 3 && (i > 0 || len(p) > 3) {
			return "", errors.New("want groups of three digits")
		}
	}
	joined := strings.Join(parts, "")
	if utf8.RuneCountInString(whole) != len(joined)+len(parts)-1 || !oneSign(whole) {
		return "", errors.New("want one sign between groups of three digits")
	}
	return joined, nil
}

// oneSign says whether all signs between the groups are the same.
func oneSign(whole string) bool {
	sign := strings.TrimFunc(whole, func(r rune) bool { return r >= '0' && r <= '9' })
	var first rune
	for _, r := range sign {
		switch {
		case r >= '0' && r <= '9':
		case first == 0:
			first = r
		case r != first:
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// wantNumber says what to do where a number may be right in another country.
func wantNumber(s string, st style) error {
	if strings.Trim(s, "0123456789.,'’ \u00a0\u202f\u2009") == "" && s != "" && isDigits(s[:1]) && isDigits(s[len(s)-1:]) {
		if st.groups == "" {
			return errTwoNumbers()
		}
		return errors.New("want a number as the mapping says that they are written")
	}
	return errors.New("want a number")
}

func errTwoNumbers() error {
	return errors.New("which can be two numbers: say in the mapping how they are written, " +
		"with numbers: plain (1234.5), en (1,234.5), de (1.234,5), fr (1 234,5) or ch (1'234.5)")
}
