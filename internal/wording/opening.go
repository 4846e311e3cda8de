package wording

import (
	"errors"
	"strings"
	"time"
)

var (
	errHours = errors.New("not opening hours; an example: Mon-Fri 09:00-21:00 America/New_York")
	errSpan  = errors.New("not an opening and a closing; an example: 14:00-02:00")
)

// opening is one group of days with the same hours. A single day is its first
// and its last.
type opening struct {
	first, last   time.Weekday
	opens, closes time.Time
	allDay        bool
}

var weekdays = map[string]time.Weekday{"Mon": time.Monday, "Tue": time.Tuesday, "Wed": time.Wednesday, "Thu": time.Thursday, "Fri": time.Friday,
	"Sat": time.Saturday, "Sun": time.Sunday}

func (o opening) everyDay() bool { return o.first == time.Monday && o.last == time.Sunday }

// openHours says opening hours in a language's words; the zone is said once, at
// the end.
func openHours(between string, say func(opening) string, zone func(name string) string) formatter {
	return func(raw string) (string, error) {
		openings, name, err := parseHours(raw)
		if err != nil {
			return "", err
		}
		out := make([]string, len(openings))
		for i, o := range openings {
			out[i] = say(o)
		}
		return strings.Join(out, between) + zone(name), nil
	}
}

// parseHours reads groups of days, hours and zone; the zone is the same in all.
func parseHours(raw string) ([]opening, string, error) {
	var out []opening
	zone := ""
	for group := range strings.SplitSeq(raw, "; ") {
		fields := strings.Split(group, " ")
		if len(fields) != 3 || (zone != "" && zone != fields[2]) {
			return nil, "", errHours
		}
		zone = fields[2]
		if _, err := loadZone(zone); err != nil {
			return nil, "", errHours
		}
		o, ok := parseOpening(fields[0], fields[1])
		if !ok {
			return nil, "", errHours
		}
		out = append(out, o)
	}
	return out, zone, nil
}

func parseOpening(days, span string) (opening, bool) {
	first, last, ranged := strings.Cut(days, "-")
	if !ranged {
		last = first
	}
	var o opening
	var known, alsoKnown bool
	o.first, known = weekdays[first]
	o.last, alsoKnown = weekdays[last]
	if !known || !alsoKnown || (ranged && last == first) {
		return o, false
	}
	o.allDay = span == "00:00-24:00"
	head, untilMidnight := strings.CutSuffix(span, "-24:00")
	if untilMidnight {
		span = head + "-00:00"
	}
	var err error
	o.opens, o.closes, err = parseSpan(span)
	return o, err == nil && (untilMidnight || o.opens.Before(o.closes))
}

// parseSpan reads an opening and a closing; the closing may be tomorrow's.
func parseSpan(raw string) (opens, closes time.Time, err error) {
	from, to, _ := strings.Cut(raw, "-")
	opens, err1 := parseClock(from)
	closes, err2 := parseClock(to)
	if err1 != nil || err2 != nil {
		return opens, closes, errSpan
	}
	return opens, closes, nil
}

// span says an opening and a closing on the listener's own clock.
func span(words func(opens, closes time.Time) string) formatter {
	return func(raw string) (string, error) {
		opens, closes, err := parseSpan(raw)
		if err != nil {
			return "", err
		}
		return words(opens, closes), nil
	}
}

// shortOpening writes a group for a text: "Mon-Fri 9a-9p".
func shortOpening(day func(time.Weekday) string, every string, clock func(time.Time) string) func(opening) string {
	return func(o opening) string {
		days := day(o.first)
		switch {
		case o.everyDay():
			days = every
		case o.last != o.first:
			days += "-" + day(o.last)
		}
		if o.allDay {
			return days + " 24h"
		}
		return days + " " + clock(o.opens) + "-" + clock(o.closes)
	}
}
