package hours

import (
	"fmt"
	"strings"
)

// ParseSpec reads opening hours as Spec writes them, "Mon-Fri 09:00-21:00" with
// or without a zone after it; "; " or "," divides groups of days. The zone of a
// group without one is zone. A later group's days replace an earlier one's.
// There are no holidays in it. The error says which part is wrong, with an
// example; the hours themselves are NewCalendar's to check.
func ParseSpec(text, zone string) (CalendarConfig, error) {
	out := CalendarConfig{Zone: zone, Days: map[string][2]string{}}
	for _, group := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ',' }) {
		words := strings.Fields(group)
		if len(words) < 2 || len(words) > 3 {
			return CalendarConfig{}, fmt.Errorf("hours: %q is no group of days; an example: Mon-Fri 09:00-21:00", strings.TrimSpace(group))
		}
		if len(words) == 3 {
			out.Zone = words[2]
		}
		days, err := daysOf(words[0])
		if err != nil {
			return CalendarConfig{}, err
		}
		from, to, _ := strings.Cut(words[1], "-")
		for _, day := range days {
			out.Days[day] = [2]string{from, to}
		}
	}
	return out, nil
}

// daysOf gives the days from "Mon" or "Mon-Fri", which may go over the weekend.
func daysOf(text string) ([]string, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, to := dayNumber(first), dayNumber(last)
	if from < 0 || to < 0 {
		return nil, fmt.Errorf("hours: %q are no days; examples: Mon-Fri, Sat", text)
	}
	var out []string
	for n := range mod(to-from, 7) + 1 {
		out = append(out, weekdayNames[(from+n)%7])
	}
	return out, nil
}

// dayNumber gives the number of a day by its first letters, Sunday's is 0; -1 for
// what is none.
func dayNumber(text string) int {
	for i, name := range weekdayNames {
		if len(text) >= 3 && strings.HasPrefix(name, strings.ToLower(text)) {
			return i
		}
	}
	return -1
}
