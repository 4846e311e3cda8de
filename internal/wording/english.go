package wording

import (
	"strconv"
	"strings"
	"time"
)

// english makes words of raw values for en.toml.
//
//	LAST4, LCASE      four digits                       "0123" → "0 1 2 3"
//	SPOKENPHONE       E.164, spoken                     "+16175550123" → "6 1 7, 5 5 5, 0 1 2 3"
//	PHONE, VISIT      E.164, written                    "+16175550123" → "617-555-0123"
//	REQS, REQ         request number, spoken, written   "12345674" → "1 2 3 4, 5 6 7 4"
//	DUE, OPENS        RFC 3339, blank, IANA zone        → "Tuesday, March 2nd, at 5 p.m. Eastern time"
//	DAY, ETA, ETALAST the same, the day alone           → "Tuesday, March 2nd"
//	WHEN              the same, short, for texts        → "Tue 3/2 5 PM ET"
//	DATE              YYYY-MM-DD                        → "March 4th, 1960"
//	TIME              HH:MM                             → "two thirty in the afternoon"
//	HOURS, HRS        days, times and zone, below       → "Monday to Friday, 9 a.m. to 9 p.m. Eastern time"
//	LOCALHOURS        opening and closing               "14:00-02:00" → "2 p.m. to 2 a.m."
//	MIN               whole minutes                     "5" → "5 minutes"
//	N, KEY            a whole number; a key
//	ORG, FIRST, CO, LINK, MASK, CODE, REASON, NOTICE    as they are, on one line, without control characters
//
// A time without a zone is told by the listener's own clock, its distance from
// UTC as it stands in the value: "5 p.m., your time". HOURS takes "Mon-Fri
// 09:00-21:00 America/New_York", several groups divided by "; ".
var english = besides(map[string]formatter{
	"SPOKENPHONE": spokenPhone("plus"), "VISITPHONE": spokenPhone("plus"),
	"DUE": at(moment), "OPENS": at(moment), "DAY": at(dayWords), "ETA": at(dayWords), "ETALAST": at(dayWords), "WHEN": at(shortMoment),
	"DATE": date, "TIME": clockTime, "LOCALHOURS": span(spanWords),
	"HOURS": openHours("; and ", openingWords, func(zone string) string { return " " + spokenZone(zone) + " time" }),
	"HRS":   openHours(", ", shortOpening(shortDay, "daily", shortHour), func(zone string) string { return " " + zoneShort(zone) }),
	"MIN":   minutes, "KEY": number,
})

func moment(t time.Time) string { return dayWords(t) + ", at " + clockWords(t) + zoneWords(t) }

func shortMoment(t time.Time) string {
	return t.Format("Mon 1/2 ") + shortClock(t, " ") + " " + zoneShort(zoneName(t))
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

func zoneWords(t time.Time) string {
	if name := zoneName(t); name != "" {
		return " " + spokenZone(name) + " time"
	}
	return ", your time"
}

// spokenZone gives the name that people use for a zone, else its city's:
// "Eastern", "London".
func spokenZone(name string) string {
	if z, ok := zones[name]; ok {
		return z.spoken
	}
	return strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
}

func zoneShort(name string) string {
	if z, ok := zones[name]; ok {
		return z.short
	}
	if name == "" {
		return "your time"
	}
	return spokenZone(name) + " time"
}

type zoneWord struct{ spoken, short string }

// zones are called by the names that people in the United States use.
var zones = map[string]zoneWord{
	"America/New_York": {"Eastern", "ET"}, "America/Detroit": {"Eastern", "ET"}, "America/Indiana/Indianapolis": {"Eastern", "ET"},
	"America/Kentucky/Louisville": {"Eastern", "ET"}, "America/Toronto": {"Eastern", "ET"},
	"America/Chicago": {"Central", "CT"}, "America/Winnipeg": {"Central", "CT"}, "America/Denver": {"Mountain", "MT"},
	"America/Boise": {"Mountain", "MT"}, "America/Edmonton": {"Mountain", "MT"}, "America/Phoenix": {"Arizona", "AZT"},
	"America/Los_Angeles": {"Pacific", "PT"}, "America/Vancouver": {"Pacific", "PT"}, "America/Halifax": {"Atlantic", "AT"},
	"America/Anchorage": {"Alaska", "AKT"}, "Pacific/Honolulu": {"Hawaii", "HT"},
	"America/Puerto_Rico": {"Puerto Rico", "AT"}, "America/St_Thomas": {"Virgin Islands", "AT"}, "Pacific/Pago_Pago": {"American Samoa", "SST"},
}

func openingWords(o opening) string {
	days := o.first.String()
	switch {
	case o.everyDay():
		days = "every day"
	case o.last != o.first:
		days += " to " + o.last.String()
	}
	if o.allDay {
		return days + ", all day and all night"
	}
	return days + ", " + spanWords(o.opens, o.closes)
}

func spanWords(opens, closes time.Time) string {
	return clockWords(opens) + " to " + clockWords(closes)
}

func shortDay(d time.Weekday) string { return d.String()[:3] }

// shortHour writes "9a", "2:30p".
func shortHour(t time.Time) string {
	return strings.TrimSuffix(strings.ToLower(shortClock(t, "")), "m")
}

func date(raw string) (string, error) {
	t, err := parseDate(raw)
	if err != nil {
		return "", err
	}
	return t.Format("January ") + ordinal(t.Day()) + t.Format(", 2006"), nil
}

// clockTime says a time as people say it to each other, so that a slip of half
// a day is heard.
func clockTime(raw string) (string, error) {
	t, err := parseClock(raw)
	if err != nil {
		return "", err
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

func minutes(raw string) (string, error) {
	n, err := number(raw)
	if err != nil {
		return "", err
	}
	if n == "1" {
		return "1 minute", nil
	}
	return n + " minutes", nil
}
