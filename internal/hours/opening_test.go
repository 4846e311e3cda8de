package hours

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clocks are zones with every kind of change: an hour at night, half an hour, at
// midnight, none, to the other side of the date line's habits, far from whole
// hours.
var clocks = []string{"America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Africa/Cairo",
	"Pacific/Chatham", "Antarctica/Troll", "America/St_Johns", "Asia/Beirut", "Africa/Casablanca"}

// anyCalendar draws zones, hours on any of the days, and holidays.
func anyCalendar(rt *rapid.T) *Calendar {
	cfg := CalendarConfig{Zone: rapid.SampledFrom(clocks).Draw(rt, "zone"), Days: map[string][2]string{}}
	for _, name := range weekdayNames {
		if rapid.IntRange(0, 3).Draw(rt, name) == 0 {
			continue
		}
		from := rapid.IntRange(0, 24*60-1).Draw(rt, "from")
		to := rapid.IntRange(from+1, 24*60).Draw(rt, "to")
		if rapid.Bool().Draw(rt, "night") {
			from, to = from%200, from%200+1+to%200
		}
		cfg.Days[name] = [2]string{clockOf(from), clockOf(to)}
	}
	if len(cfg.Days) == 0 {
		cfg.Days["sunday"] = [2]string{"00:00", "24:00"}
	}
	if rapid.Bool().Draw(rt, "holidays") {
		cfg.Holidays = []string{"2027-03-28", "2027-10-31", "memorial", "thanksgiving"}
	}
	c, err := NewCalendar(cfg)
	if err != nil {
		rt.Fatal(err)
	}
	return c
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// changes are days around which clocks change somewhere in 2027.
var changes = []time.Time{
	time.Date(2027, 3, 12, 0, 0, 0, 0, time.UTC), time.Date(2027, 3, 26, 0, 0, 0, 0, time.UTC), time.Date(2027, 4, 2, 0, 0, 0, 0, time.UTC),
	time.Date(2027, 9, 4, 0, 0, 0, 0, time.UTC), time.Date(2027, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 10, 29, 0, 0, 0, 0, time.UTC),
	time.Date(2027, 11, 5, 0, 0, 0, 0, time.UTC), time.Date(2027, 2, 6, 0, 0, 0, 0, time.UTC), time.Date(2027, 12, 30, 0, 0, 0, 0, time.UTC),
}

func anyTime(rt *rapid.T) time.Time {
	day := rapid.SampledFrom(changes).Draw(rt, "around")
	return day.Add(time.Duration(rapid.IntRange(0, 4*24*3600).Draw(rt, "second")) * time.Second)
}

// walk is the plain way to count: minute after minute, by the wall clock.
func walk(c *Calendar, from, to time.Time) int {
	n := 0
	for t := from; t.Before(to); t = t.Add(time.Minute) {
		if c.Open(t) {
			n++
		}
	}
	return n
}

func TestOpenMinutesAgreeWithAWalk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, from := anyCalendar(rt), anyTime(rt)
		to := from.Add(time.Duration(rapid.IntRange(-10, 3*24*3600).Draw(rt, "length")) * time.Second)
		if got, want := c.OpenMinutes(from, to), walk(c, from, to); got != want {
			rt.Fatalf("%s to %s, open %s: %d minutes, by walking %d", from, to, c.Spec(), got, want)
		}
	})
}

func TestNextOpeningIsTheFirst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, from := anyCalendar(rt), anyTime(rt)
		opens := c.NextOpening(from)
		if opens.Equal(from) && c.Open(from) {
			return
		}
		if !c.Open(opens) {
			// Only an hour that falls into the clock's gap, or a calendar that
			// never opens, may end here; neither is drawn for a whole year.
			rt.Fatalf("%s opens %s, when it is closed (%s)", from, opens, c.Spec())
		}
		if opens.Sub(from) < 4*24*time.Hour {
			if n := walk(c, from, opens.Truncate(time.Minute)); n > 0 {
				rt.Fatalf("%s opens %s, but was open for %d minutes before", from, opens, n)
			}
		}
	})
}

func TestNextClosingIsTheFirst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, from := anyCalendar(rt), anyTime(rt)
		closes := c.NextClosing(from)
		if !c.Open(from) {
			if !closes.Equal(from) {
				rt.Fatalf("closed at %s, closes %s", from, closes)
			}
			return
		}
		if closes.Sub(from) > 7*24*time.Hour {
			return // open all the time
		}
		if c.Open(closes) || !c.Open(closes.Add(-time.Second)) {
			rt.Fatalf("%s closes %s (%s)", from, closes, c.Spec())
		}
		for at := from; at.Before(closes); at = at.Add(time.Minute) {
			if !c.Open(at) {
				rt.Fatalf("%s closes %s, but is closed at %s", from, closes, at)
			}
		}
	})
}

func TestAddOpenAddsJustThat(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, from := anyCalendar(rt), anyTime(rt).Truncate(time.Minute)
		minutes := rapid.IntRange(1, 20*60).Draw(rt, "minutes")
		to := c.AddOpen(from, time.Duration(minutes)*time.Minute)
		if to.Sub(from) > 30*24*time.Hour {
			return
		}
		if got := walk(c, from, to); got != minutes {
			rt.Fatalf("%s plus %d open minutes is %s, %d minutes by walking (%s)", from, minutes, to, got, c.Spec())
		}
		if !c.Open(to.Add(-time.Second)) {
			rt.Fatalf("%s plus %d open minutes ends at %s, after time that is closed", from, minutes, to)
		}
	})
}

func TestAddOpenGoesOnWhereItStopped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, from := anyCalendar(rt), anyTime(rt)
		a := time.Duration(rapid.IntRange(1, 100000).Draw(rt, "a")) * time.Second
		b := time.Duration(rapid.IntRange(1, 100000).Draw(rt, "b")) * time.Second
		if once, twice := c.AddOpen(from, a+b), c.AddOpen(c.AddOpen(from, a), b); !once.Equal(twice) {
			rt.Fatalf("%s plus %s is %s at once, %s in two steps", from, a+b, once, twice)
		}
	})
}

func BenchmarkAddOpen(b *testing.B) {
	c := usual(b)
	from := at(b, "2026-11-25T20:00:00-05:00")
	for b.Loop() {
		c.AddOpen(from, 12*time.Hour)
	}
}
