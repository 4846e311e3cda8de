package wording

import (
	"errors"
	"strings"
	"time"
)

var errHours = errors.New("not opening hours; an example: Mon-Fri 09:00-21:00 America/New_York")

// opening is one group of days with the same hours. last is "" for a single
// day.
type opening struct {
	first, last  string
	opens, close time.Time
	allDay       bool
}

var weekdays = map[string]string{"Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday"}

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
	opens, closes, _ := strings.Cut(span, "-")
	o := opening{first: first, last: last, allDay: span == "00:00-24:00"}
	untilMidnight := closes == "24:00"
	if untilMidnight {
		closes = "00:00"
	}
	var err1, err2 error
	o.opens, err1 = time.Parse("15:04", opens)
	o.close, err2 = time.Parse("15:04", closes)
	if err := errors.Join(err1, err2); err != nil || (!untilMidnight && !o.opens.Before(o.close)) {
		return o, false
	}
	return o, weekdays[first] != "" && (!ranged || (weekdays[last] != "" && last != first))
}

// openHours says opening hours; the zone is said once, at the end.
func openHours(raw string) (string, error) {
	openings, zone, err := parseHours(raw)
	if err != nil {
		return "", err
	}
	out := make([]string, len(openings))
	for i, o := range openings {
		days := weekdays[o.first]
		switch {
		case o.first == "Mon" && o.last == "Sun":
			days = "every day"
		case o.last != "":
			days += " to " + weekdays[o.last]
		}
		if o.allDay {
			out[i] = days + ", all day and all night"
			continue
		}
		out[i] = days + ", " + clockWords(o.opens) + " to " + clockWords(o.close)
	}
	return strings.Join(out, "; and ") + " " + spokenZone(zone) + " time", nil
}

// shortHours writes opening hours for a text: "Mon-Fri 9a-9p ET".
func shortHours(raw string) (string, error) {
	openings, zone, err := parseHours(raw)
	if err != nil {
		return "", err
	}
	short := strings.NewReplacer(" a.m.", "a", " p.m.", "p", "midnight", "12a", "noon", "12p")
	out := make([]string, len(openings))
	for i, o := range openings {
		days := o.first
		switch {
		case o.first == "Mon" && o.last == "Sun":
			days = "daily"
		case o.last != "":
			days += "-" + o.last
		}
		hours := short.Replace(clockWords(o.opens)) + "-" + short.Replace(clockWords(o.close))
		if o.allDay {
			hours = "24h"
		}
		out[i] = days + " " + hours
	}
	return strings.Join(out, ", ") + " " + zoneShort(zone), nil
}

// localHours says an opening and a closing on the listener's own clock, where
// the closing may be tomorrow's.
func localHours(raw string) (string, error) {
	opens, closes, _ := strings.Cut(raw, "-")
	from, err1 := time.Parse("15:04", opens)
	to, err2 := time.Parse("15:04", closes)
	if err1 != nil || err2 != nil {
		return "", errors.New("not an opening and a closing; an example: 14:00-02:00")
	}
	return clockWords(from) + " to " + clockWords(to), nil
}
