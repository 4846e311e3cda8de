// Package hours knows when the line is open and in which time zones a person
// may be.
package hours

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are there on every machine

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/us"
)

// State says whether the line is open.
type State string

// The states of the line.
const (
	Open    State = "open"
	Closed  State = "closed"
	Holiday State = "holiday"
	// Special is a day of its own kind while the line is closed.
	Special State = "special"
)

// CalendarConfig is what an operator decides. Every time is wall-clock time of
// Zone.
type CalendarConfig struct {
	// Zone is an IANA name.
	Zone string
	// Days maps "monday" … "sunday" to opening and closing, "09:00" and
	// "21:00"; "24:00" is the end of the day. A day that is left out is closed.
	Days map[string][2]string
	// Holidays are names ("new_year") or dates ("2027-12-24").
	Holidays []string
	// Special maps dates ("2027-01-05") to their own opening and closing, or to
	// two empty texts where the line stays closed. It goes before Days and
	// Holidays.
	Special map[string][2]string
}

// span is an opening in minutes from midnight, the end not included.
type span struct{ from, to int }

// Calendar says when the line is open. It never changes and is safe for
// concurrent use.
type Calendar struct {
	zone *time.Location
	days [7]span
	// shut maps the dates of holidays to their names.
	shut map[int]string
	// special maps dates to their own opening.
	special map[int]span
}

// holidays by name.
var holidays = map[string]*cal.Holiday{
	"new_year": us.NewYear, "martin_luther_king": us.MlkDay, "presidents": us.PresidentsDay, "memorial": us.MemorialDay,
	"juneteenth": us.Juneteenth, "independence": us.IndependenceDay, "labor": us.LaborDay, "columbus": us.ColumbusDay,
	"veterans": us.VeteransDay, "thanksgiving": us.ThanksgivingDay, "day_after_thanksgiving": us.DayAfterThanksgivingDay, "christmas": us.ChristmasDay,
}

var weekdayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// NewCalendar makes a calendar. The error names every fault, with an example;
// there is no calendar then.
func NewCalendar(c CalendarConfig) (*Calendar, error) {
	out := &Calendar{shut: map[int]string{}, special: map[int]span{}}
	err := errors.Join(out.setZone(c.Zone), out.setDays(c.Days), out.setHolidays(c.Holidays), out.setSpecial(c.Special))
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Calendar) setZone(name string) error {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return fmt.Errorf("hours: zone %q is not known; an example: America/New_York", name)
	}
	c.zone = zone
	return nil
}

func (c *Calendar) setDays(days map[string][2]string) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(days)) {
		i := slices.Index(weekdayNames, name)
		if i < 0 {
			faults = append(faults, fmt.Errorf("hours: %q is no day; the days are sunday to saturday", name))
			continue
		}
		from, err1 := minuteOf(days[name][0])
		to, err2 := minuteOf(days[name][1])
		if err := errors.Join(err1, err2); err != nil {
			faults = append(faults, fmt.Errorf("hours: %s: %w", name, err))
		} else if from >= to {
			faults = append(faults, fmt.Errorf("hours: %s closes before it opens; an example: 09:00-21:00", name))
		}
		c.days[i] = span{from, to}
	}
	if len(days) == 0 {
		faults = append(faults, errors.New("hours: the line is never open; an example: monday 09:00-21:00"))
	}
	return errors.Join(faults...)
}

// setHolidays needs the days: they decide which holidays are moved.
func (c *Calendar) setHolidays(names []string) error {
	var faults []error
	for _, name := range names {
		if day, err := time.Parse(time.DateOnly, name); err == nil {
			c.shut[dateOf(day)] = name
		} else if h := holidays[name]; h != nil {
			c.shutOn(h, name)
		} else {
			faults = append(faults, fmt.Errorf("hours: holiday %q is not known; there are %s, and dates like 2027-12-24",
				name, strings.Join(slices.Sorted(maps.Keys(holidays)), ", ")))
		}
	}
	return errors.Join(faults...)
}

func (c *Calendar) setSpecial(days map[string][2]string) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(days)) {
		date, err := time.Parse(time.DateOnly, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("hours: special day %q is no date; an example: 2027-12-24", name))
			continue
		}
		if days[name] == [2]string{} {
			c.special[dateOf(date)] = span{}
			continue
		}
		from, err1 := minuteOf(days[name][0])
		to, err2 := minuteOf(days[name][1])
		if err := errors.Join(err1, err2); err != nil || from >= to {
			faults = append(faults, fmt.Errorf("hours: special day %s: not an opening; an example: 09:00-12:00", name))
			continue
		}
		c.special[dateOf(date)] = span{from, to}
	}
	return errors.Join(faults...)
}

// openingOn gives the opening of the date that a local time falls on, and the
// state of the line on that date outside of it.
func (c *Calendar) openingOn(local time.Time) (span, State) {
	date := dateOf(local)
	if day, ok := c.special[date]; ok {
		return day, Special
	}
	day := c.days[local.Weekday()]
	if _, shut := c.shut[date]; shut && day != (span{}) {
		return span{}, Holiday
	}
	return day, Closed
}

// minuteOf reads a time of day as minutes from midnight; "24:00" is the end of
// the day.
func minuteOf(clock string) (int, error) {
	if clock == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day; an example: 09:00", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// The years whose holidays are worked out beforehand.
const firstYear, lastYear = 2020, 2100

// shutOn works out the days on which a holiday closes the line. One that falls
// on a day that is closed anyway is kept on the day on which it is observed: a
// Saturday's on Friday, a Sunday's on Monday (5 U.S.C. 6103(b)).
func (c *Calendar) shutOn(h *cal.Holiday, name string) {
	for year := firstYear; year <= lastYear; year++ {
		day, observed := h.Calc(year)
		if day.IsZero() {
			continue
		}
		c.shut[dateOf(day)] = name
		if c.days[day.Weekday()] == (span{}) {
			c.shut[dateOf(observed)] = name
		}
	}
}

// dateOf gives a date as a number: 2027-12-24 is 20271224.
func dateOf(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

// Zone is where the calendar's wall clock hangs.
func (c *Calendar) Zone() *time.Location { return c.zone }

// State says whether the line is open at t. Holiday comes with the holiday's
// name, all day long, on days on which the line would else open; Special on a
// special day while the line is closed.
func (c *Calendar) State(t time.Time) (State, string) {
	local := t.In(c.zone)
	day, otherwise := c.openingOn(local)
	if minute := local.Hour()*60 + local.Minute(); minute >= day.from && minute < day.to {
		return Open, ""
	}
	if otherwise == Holiday {
		return Holiday, c.shut[dateOf(local)]
	}
	return otherwise, ""
}

// SpecialDay says whether t falls on one, and gives its date ("2027-01-05").
func (c *Calendar) SpecialDay(t time.Time) (string, bool) {
	local := t.In(c.zone)
	_, ok := c.special[dateOf(local)]
	return local.Format(time.DateOnly), ok
}

// Open says whether the line is open at t: from the first moment of the opening
// minute to the last before the closing one. An hour that the clocks skip is not
// there to be open, one that they repeat is open twice.
func (c *Calendar) Open(t time.Time) bool {
	s, _ := c.State(t)
	return s == Open
}

// Spec gives the opening hours as the wording takes them:
// "Mon-Fri 09:00-21:00 America/New_York", groups divided by "; ".
func (c *Calendar) Spec() string {
	var groups []string
	week := []time.Weekday{1, 2, 3, 4, 5, 6, 0}
	for i := 0; i < len(week); {
		first := c.days[week[i]]
		last := i
		for last+1 < len(week) && c.days[week[last+1]] == first {
			last++
		}
		if first != (span{}) {
			days := week[i].String()[:3]
			if last > i {
				days += "-" + week[last].String()[:3]
			}
			groups = append(groups, fmt.Sprintf("%s %02d:%02d-%02d:%02d %s", days, first.from/60, first.from%60, first.to/60, first.to%60, c.zone))
		}
		i = last + 1
	}
	return strings.Join(groups, "; ")
}
