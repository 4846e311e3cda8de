package wording

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// formatters make words of a variable's raw value. No error repeats the value:
// it may be personal.
//
//	LAST4, LCASE      the last four digits              "0123" → "0 1 2 3"
//	SPOKENPHONE       E.164, spoken                     "+16175550123" → "6 1 7, 5 5 5, 0 1 2 3"
//	PHONE             E.164, written                    "+16175550123" → "617-555-0123"
//	REQS, REQ         request number, spoken, written   "12345674" → "1 2 3 4, 5 6 7 4"
//	DUE, ETA, OPENS   RFC 3339 and an IANA zone         → "Tuesday, March 2nd, at 5 p.m. Eastern time"
//	DAY               the same, the day alone           → "Tuesday, March 2nd"
//	WHEN              the same, short, for texts        → "Tue 3/2 5 PM ET"
//	DATE              YYYY-MM-DD                        → "March 4th, 1960"
//	TIME              HH:MM                             → "two thirty in the afternoon"
//	HOURS, HRS        groups of days and times, below   → "Monday to Friday, 9 a.m. to 9 p.m. Eastern time"
//	LOCALHOURS        opening and closing               "14:00-02:00" → "2 p.m. to 2 a.m."
//	MIN, N            a whole number
//	ORG, FIRST, CO, LINK, MASK, CODE, REASON   as they are, without control characters
//
// HOURS takes "Mon-Fri 09:00-21:00 America/New_York", several groups divided by
// "; ".
var formatters = map[string]func(string) (string, error){
	"LAST4": spacedDigits, "LCASE": spacedDigits,
	"SPOKENPHONE": spokenPhone, "PHONE": writtenPhone,
	"REQS": spokenRequest, "REQ": request,
	"DUE": moment, "ETA": moment, "OPENS": moment, "DAY": day, "WHEN": shortMoment,
	"DATE": date, "TIME": clockTime, "HOURS": openHours, "HRS": shortHours, "LOCALHOURS": localHours,
	"MIN": number, "N": number,
	"ORG": plain, "FIRST": plain, "CO": plain, "LINK": plain, "MASK": plain, "CODE": plain, "REASON": plain,
}

var (
	errDigits = errors.New("not a row of digits")
	errPhone  = errors.New("not a number in E.164")
	errTime   = errors.New("not a time (RFC 3339, blank, IANA zone)")
	errHours  = errors.New("not opening hours; an example: Mon-Fri 09:00-21:00 America/New_York")
)

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func spacedDigits(raw string) (string, error) {
	if !isDigits(raw) {
		return "", errDigits
	}
	return strings.Join(strings.Split(raw, ""), " "), nil
}

func spokenPhone(raw string) (string, error) {
	digits, ok := strings.CutPrefix(raw, "+")
	if !ok || !isDigits(digits) || len(digits) < 8 || len(digits) > 15 {
		return "", errPhone
	}
	if digits[0] == '1' && len(digits) == 11 {
		return groups(digits[1:4], digits[4:7], digits[7:]), nil
	}
	// Abroad: threes, and never a single digit at the end.
	var out []string
	for len(digits) > 4 {
		out, digits = append(out, digits[:3]), digits[3:]
	}
	return "plus " + groups(append(out, digits)...), nil
}

func groups(parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.Join(strings.Split(p, ""), " ")
	}
	return strings.Join(parts, ", ")
}

func writtenPhone(raw string) (string, error) {
	digits, ok := strings.CutPrefix(raw, "+")
	if !ok || !isDigits(digits) || len(digits) < 8 || len(digits) > 15 {
		return "", errPhone
	}
	if digits[0] == '1' && len(digits) == 11 {
		return digits[1:4] + "-" + digits[4:7] + "-" + digits[7:], nil
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
	if n, err := strconv.Atoi(raw); err != nil || n < 0 {
		return "", errors.New("not a whole number")
	}
	return raw, nil
}

func plain(raw string) (string, error) {
	out := strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, raw))
	if out == "" {
		return "", errors.New("empty")
	}
	return out, nil
}

// parseMoment reads an RFC 3339 time and, after a blank, the zone to tell it in.
func parseMoment(raw string) (time.Time, error) {
	stamp, zone, _ := strings.Cut(raw, " ")
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return t, errTime
	}
	if zone == "" {
		return t, nil
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return t, errTime
	}
	return t.In(location), nil
}

func moment(raw string) (string, error) {
	t, err := parseMoment(raw)
	if err != nil {
		return "", err
	}
	return dayWords(t) + ", at " + clockWords(t) + zoneWords(t), nil
}

func day(raw string) (string, error) {
	t, err := parseMoment(raw)
	if err != nil {
		return "", err
	}
	return dayWords(t), nil
}

func shortMoment(raw string) (string, error) {
	t, err := parseMoment(raw)
	if err != nil {
		return "", err
	}
	layout := "Mon 1/2 3:04 PM"
	if t.Minute() == 0 {
		layout = "Mon 1/2 3 PM"
	}
	return t.Format(layout) + zoneShort(t), nil
}

func dayWords(t time.Time) string { return t.Format("Monday, January ") + ordinal(t.Day()) }

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// clockWords says a time of day: "9 a.m.", "2:30 p.m.", "noon", "midnight".
func clockWords(t time.Time) string {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return "noon"
	case t.Hour() == 0 && t.Minute() == 0:
		return "midnight"
	}
	layout := "3:04"
	if t.Minute() == 0 {
		layout = "3"
	}
	half := " a.m."
	if t.Hour() >= 12 {
		half = " p.m."
	}
	return t.Format(layout) + half
}

// zones are spoken by the names people use for them.
var zones = map[string]struct{ spoken, short string }{
	"America/New_York": {"Eastern", "ET"}, "America/Detroit": {"Eastern", "ET"},
	"America/Chicago": {"Central", "CT"}, "America/Denver": {"Mountain", "MT"}, "America/Phoenix": {"Arizona", "AZT"},
	"America/Los_Angeles": {"Pacific", "PT"}, "America/Anchorage": {"Alaska", "AKT"}, "Pacific/Honolulu": {"Hawaii", "HT"},
}

func zoneWords(t time.Time) string {
	if z, ok := zones[t.Location().String()]; ok {
		return " " + z.spoken + " time"
	}
	return ", your time"
}

func zoneShort(t time.Time) string {
	if z, ok := zones[t.Location().String()]; ok {
		return " " + z.short
	}
	return ""
}

func date(raw string) (string, error) {
	t, err := time.Parse(time.DateOnly, raw)
	if err != nil {
		return "", errors.New("not a date (YYYY-MM-DD)")
	}
	return t.Format("January ") + ordinal(t.Day()) + t.Format(", 2006"), nil
}

// clockTime says a time as people say it to each other, so that a slip of half
// a day is heard.
func clockTime(raw string) (string, error) {
	t, err := time.Parse("15:04", raw)
	if err != nil {
		return "", errors.New("not a time of day (HH:MM)")
	}
	switch {
	case t.Minute() == 0 && t.Hour() == 12:
		return "noon", nil
	case t.Minute() == 0 && t.Hour() == 0:
		return "midnight", nil
	}
	return hourWords(t) + " " + partOfDay(t.Hour()), nil
}

func hourWords(t time.Time) string {
	hour := countWords((t.Hour()+11)%12 + 1)
	switch m := t.Minute(); {
	case m == 0:
		return hour + " o'clock"
	case m < 10:
		return hour + " oh " + countWords(m)
	default:
		return hour + " " + countWords(m)
	}
}

func partOfDay(hour int) string {
	switch {
	case hour < 5:
		return "at night"
	case hour < 12:
		return "in the morning"
	case hour < 18:
		return "in the afternoon"
	}
	return "in the evening"
}

var (
	ones = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens = strings.Fields("twenty thirty forty fifty")
)

// countWords spells a number from 0 to 59.
func countWords(n int) string {
	if n < 20 {
		return ones[n]
	}
	if n%10 == 0 {
		return tens[n/10-2]
	}
	return tens[n/10-2] + "-" + ones[n%10]
}

var weekdays = map[string]string{"Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday"}

// openHours says opening hours; the zone is said once, at the end.
func openHours(raw string) (string, error) {
	return eachGroup(raw, func(from, to, opens, closes string) string {
		days := weekdays[from]
		if to != "" {
			days += " to " + weekdays[to]
		}
		return days + ", " + opens + " to " + closes
	}, "; and ", func(zone string) string { return zones[zone].spoken + " time" })
}

func localHours(raw string) (string, error) {
	opens, closes, _ := strings.Cut(raw, "-")
	from, err1 := time.Parse("15:04", opens)
	to, err2 := time.Parse("15:04", closes)
	if err1 != nil || err2 != nil {
		return "", errors.New("not an opening and a closing; an example: 14:00-02:00")
	}
	return clockWords(from) + " to " + clockWords(to), nil
}

func shortHours(raw string) (string, error) {
	return eachGroup(raw, func(from, to, opens, closes string) string {
		short := strings.NewReplacer(" a.m.", "a", " p.m.", "p", "midnight", "12a", "noon", "12p")
		if to != "" {
			from += "-" + to
		}
		return from + " " + short.Replace(opens) + "-" + short.Replace(closes)
	}, ", ", func(zone string) string { return zones[zone].short })
}

func eachGroup(raw string, say func(from, to, opens, closes string) string, join string, inZone func(string) string) (string, error) {
	var out []string
	zone := ""
	for _, group := range strings.Split(raw, "; ") {
		var days, span string
		if n, err := fmt.Sscan(group, &days, &span, &zone); err != nil || n != 3 {
			return "", errHours
		}
		from, to, _ := strings.Cut(days, "-")
		opens, closes, ok := strings.Cut(span, "-")
		first, err1 := time.Parse("15:04", opens)
		last, err2 := time.Parse("15:04", strings.Replace(closes, "24:00", "00:00", 1))
		if weekdays[from] == "" || (to != "" && weekdays[to] == "") || !ok || err1 != nil || err2 != nil {
			return "", errHours
		}
		out = append(out, say(from, to, clockWords(first), clockWords(last)))
	}
	if zones[zone].spoken == "" {
		return strings.Join(out, join), nil
	}
	return strings.Join(out, join) + " " + inZone(zone), nil
}
