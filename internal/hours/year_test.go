package hours

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ofThreeYears draws a moment of 2026 to 2028.
func ofThreeYears(rt *rapid.T) time.Time {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return from.Add(time.Duration(rapid.IntRange(0, 1096*24*60).Draw(rt, "minute")) * time.Minute)
}

func TestNextOpeningOfThreeYears(t *testing.T) {
	calendars := map[string]*Calendar{
		"usual": usual(t), "all day": daily(t, "America/New_York", "00:00", "24:00", "christmas", "thanksgiving"),
		"odd hours": daily(t, "Asia/Kathmandu", "07:13", "18:41", "2027-05-05"), "a minute": daily(t, "America/Denver", "23:59", "24:00"),
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"usual", "all day", "odd hours", "a minute"}).Draw(rt, "calendar")
		c, from := calendars[name], ofThreeYears(rt)
		opens := c.NextOpening(from)
		if !c.Open(opens) || opens.Before(from) {
			rt.Fatalf("%s: %s opens %s", name, from, opens)
		}
		if n := walk(c, from, opens); n > 0 {
			rt.Fatalf("%s: %s opens %s, but was open for %d minutes before", name, from, opens, n)
		}
	})
}

// A promise of open time, counted back, is what was promised.
func TestOpenMinutesUndoAddOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, from := anyCalendar(rt), ofThreeYears(rt)
		minutes := rapid.IntRange(0, 40*60).Draw(rt, "minutes")
		to := c.AddOpen(from, time.Duration(minutes)*time.Minute)
		if got := c.OpenMinutes(from, to); got != minutes {
			rt.Fatalf("%s plus %d open minutes is %s, %d minutes on (%s)", from, minutes, to, got, c.Spec())
		}
	})
}

func TestAWorkingDayFromFridayEvening(t *testing.T) {
	for _, c := range []struct{ what, at, want string }{
		{"over the weekend", "2026-11-20T20:00-05:00", "2026-11-23T20:00-05:00"},
		{"over the weekend on which clocks go forward", "2027-03-12T20:00-05:00", "2027-03-15T20:00-04:00"},
		{"and back", "2027-11-05T20:00-04:00", "2027-11-08T20:00-05:00"},
		{"over Labor Day", "2027-09-03T20:00-04:00", "2027-09-07T20:00-04:00"},
	} {
		if got := usual(t).AddOpen(at(t, c.at), 12*time.Hour); !got.Equal(at(t, c.want)) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// A line that is shut for longer than anyone plans ahead still answers.
func TestShutForMoreThanAYear(t *testing.T) {
	cfg := CalendarConfig{Zone: "America/New_York", Days: map[string][2]string{"sunday": {"09:00", "17:00"}}}
	now := at(t, "2026-11-21T12:00-05:00")
	for week := range 60 {
		cfg.Holidays = append(cfg.Holidays, now.AddDate(0, 0, 1+7*week).Format(time.DateOnly))
	}
	c := calendarOf(t, cfg)
	if got := c.NextOpening(now); !got.Equal(now) || c.Open(got) {
		t.Errorf("opens %s", got)
	}
	if got := c.NextClosing(now); !got.Equal(now) {
		t.Errorf("closes %s", got)
	}
	if got := c.AddOpen(now, 8*time.Hour); !got.Equal(now.Add(8 * time.Hour)) {
		t.Errorf("eight hours are over %s", got)
	}
	if got := c.OpenMinutes(now, now.Add(farthest)); got != 0 {
		t.Errorf("it is open for %d minutes", got)
	}
}

// On the last day of a leap year, by UTC, Go may end a zone's time before the
// moment that it is asked about (https://go.dev/issue/81583). Beyond 2037 it does so with every copy of the
// tz database; with the one that is built in, in 2028 already.
func TestTheLastDayOfALeapYear(t *testing.T) {
	for _, c := range []struct{ what, zone, at, opens, closes string }{
		{"the evening before", "America/New_York", "2040-12-30T20:00-05:00", "2040-12-30T20:00-05:00", "2040-12-30T21:00-05:00"},
		{"the night", "America/New_York", "2040-12-30T23:00-05:00", "2040-12-31T09:00-05:00", "2040-12-30T23:00-05:00"},
		{"the day", "America/New_York", "2040-12-31T12:00-05:00", "2040-12-31T12:00-05:00", "2040-12-31T21:00-05:00"},
		{"its night", "America/New_York", "2040-12-31T22:00-05:00", "2041-01-01T09:00-05:00", "2040-12-31T22:00-05:00"},
		{"2028", "America/New_York", "2028-12-31T07:00-05:00", "2028-12-31T09:00-05:00", "2028-12-31T07:00-05:00"},
		{"a zone of the south", "Australia/Sydney", "2040-12-31T12:00+11:00", "2040-12-31T12:00+11:00", "2040-12-31T21:00+11:00"},
	} {
		line := daily(t, c.zone, "09:00", "21:00")
		from := at(t, c.at)
		if got := line.NextOpening(from); !got.Equal(at(t, c.opens)) {
			t.Errorf("%s: opens %s, want %s", c.what, got, c.opens)
		}
		if got := line.NextClosing(from); !got.Equal(at(t, c.closes)) {
			t.Errorf("%s: closes %s, want %s", c.what, got, c.closes)
		}
	}
}

// Until 2100 time goes on in every zone, whatever clocks do.
func TestEveryPartHasANext(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := anyCalendar(rt)
		day := rapid.IntRange(0, 75*366).Draw(rt, "day")
		if rapid.Bool().Draw(rt, "year's end") {
			day = day / 366 * 366
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(day/366, 0, day%366-2)
		end := from.AddDate(0, 0, 5)
		for at := from; at.Before(end); {
			_, _, next := c.part(at)
			if !next.After(at) || next.Sub(at) > 25*time.Hour {
				rt.Fatalf("%s: after %s comes %s", c.Zone(), at, next)
			}
			at = next
		}
	})
}
