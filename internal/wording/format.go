package wording

import (
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are there on every machine
	"unicode"
	"unicode/utf8"
)

// formatter makes words of a variable's raw value. No error repeats the value:
// it may be personal.
type formatter func(raw string) (string, error)

// formatters by language: each says days, times and numbers in its own way.
var formatters = map[string]map[string]formatter{"en": english, "es": spanish}

// besides adds to a language's own formatters those that are alike in all.
func besides(own map[string]formatter) map[string]formatter {
	out := map[string]formatter{
		"LAST4": lastFour, "LCASE": lastFour, "PHONE": writtenPhone, "VISIT": writtenPhone, "REQS": spokenRequest, "REQ": request, "N": number,
		"ORG": plain, "FIRST": plain, "CO": plain, "LINK": plain, "MASK": plain, "CODE": plain, "REASON": plain, "NOTICE": plain,
	}
	maps.Copy(out, own)
	return out
}

var (
	errPhone = errors.New("not a number in E.164")
	errTime  = errors.New("not a time (RFC 3339, blank, IANA zone)")
)

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// lastFour takes four digits and no more: a whole number passed by mistake must
// not be read aloud.
func lastFour(raw string) (string, error) {
	if !isDigits(raw) || len(raw) != 4 {
		return "", errors.New("not four digits")
	}
	return groups(raw), nil
}

// northAmerican gives the ten digits of a number of the North American plan, ""
// for one of another country. Only E.164 passes (8 to 15 digits).
func northAmerican(raw string) (ten, digits string, err error) {
	digits, plus := strings.CutPrefix(raw, "+")
	if !plus || !isDigits(digits) || len(digits) < 8 || len(digits) > 15 || digits[0] == '0' {
		return "", "", errPhone
	}
	if digits[0] != '1' {
		return "", digits, nil
	}
	if len(digits) != 11 {
		return "", "", errPhone
	}
	return digits[1:], digits, nil
}

// spokenPhone reads a number out, with the language's word for a plus sign.
func spokenPhone(plus string) formatter {
	return func(raw string) (string, error) {
		ten, digits, err := northAmerican(raw)
		if err != nil {
			return "", err
		}
		if ten != "" {
			return groups(ten[:3], ten[3:6], ten[6:]), nil
		}
		n := countryDigits(digits)
		parts, rest := []string{digits[:n]}, digits[n:]
		for len(rest) > 4 {
			parts, rest = append(parts, rest[:3]), rest[3:]
		}
		return plus + " " + groups(append(parts, rest)...), nil
	}
}

// countryDigits gives the length of a number's country code (ITU-T E.164,
// annex to the Operational Bulletin).
func countryDigits(digits string) int {
	const two = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
	switch {
	case digits[0] == '7':
		return 1
	case strings.Contains(two, " "+digits[:2]+" "):
		return 2
	}
	return 3
}

// groups spaces the digits of each part, with a pause between parts.
func groups(parts ...string) string {
	spaced := make([]string, len(parts))
	for i, p := range parts {
		spaced[i] = strings.Join(strings.Split(p, ""), " ")
	}
	return strings.Join(spaced, ", ")
}

func writtenPhone(raw string) (string, error) {
	ten, _, err := northAmerican(raw)
	if err != nil {
		return "", err
	}
	if ten != "" {
		return ten[:3] + "-" + ten[3:6] + "-" + ten[6:], nil
	}
	return raw, nil
}

func request(raw string) (string, error) {
	if !isDigits(raw) || len(raw) != 8 {
		return "", errors.New("not a request number of eight digits")
	}
	return raw, nil
}

func spokenRequest(raw string) (string, error) {
	if _, err := request(raw); err != nil {
		return "", err
	}
	return groups(raw[:4], raw[4:]), nil
}

func number(raw string) (string, error) {
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 || !isDigits(raw) {
		return "", errors.New("not a whole number")
	}
	return strconv.Itoa(n), nil
}

// plain puts a value on one line, with single blanks and without characters
// that cannot be seen.
func plain(raw string) (string, error) {
	out := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, raw)
	if out = strings.Join(strings.Fields(out), " "); out == "" {
		return "", errors.New("empty")
	}
	return out, nil
}

// parseMoment reads an RFC 3339 time and, after a blank, the zone to tell it in.
// Without one the time keeps the distance from UTC that it was written with.
func parseMoment(raw string) (time.Time, error) {
	stamp, zone, zoned := strings.Cut(raw, " ")
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return time.Time{}, errTime
	}
	_, offset := t.Zone()
	if !zoned {
		return t.In(time.FixedZone("", offset)), nil
	}
	location, err := loadZone(zone)
	if err != nil {
		return time.Time{}, errTime
	}
	return t.In(location), nil
}

// at makes words of a moment.
func at(words func(time.Time) string) formatter {
	return func(raw string) (string, error) {
		t, err := parseMoment(raw)
		if err != nil {
			return "", err
		}
		return words(t), nil
	}
}

func parseDate(raw string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, raw)
	if err != nil {
		return t, errors.New("not a date (YYYY-MM-DD)")
	}
	return t, nil
}

func parseClock(raw string) (time.Time, error) {
	t, err := time.Parse("15:04", raw)
	if err != nil {
		return t, errors.New("not a time of day (HH:MM)")
	}
	return t, nil
}

// shortClock writes a time of day, with what stands between the number and its
// half of the day: "9 AM", "2:30 PM".
func shortClock(t time.Time, between string) string {
	if t.Minute() == 0 {
		return t.Format("3" + between + "PM")
	}
	return t.Format("3:04" + between + "PM")
}

// zoneName gives the zone that a moment was given with, "" without one.
func zoneName(t time.Time) string { return t.Location().String() }

func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, errTime
	}
	return zone, nil
}
