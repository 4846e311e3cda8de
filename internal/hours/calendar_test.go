package hours

import (
	"strings"
	"testing"
	"time"
)

// usual is the programme's own calendar.
func usual(t testing.TB) *Calendar {
	return calendarOf(t, CalendarConfig{
		Zone: "America/New_York",
		Days: map[string][2]string{
			"monday": {"09:00", "21:00"}, "tuesday": {"09:00", "21:00"}, "wednesday": {"09:00", "21:00"},
			"thursday": {"09:00", "21:00"}, "friday": {"09:00", "21:00"},
		},
		Holidays: []string{"new_year", "memorial", "independence", "labor", "thanksgiving", "christmas", "2027-12-24"},
	})
}

// daily is open at the same hours on every day of the week.
func daily(t testing.TB, zone, from, to string, holidays ...string) *Calendar {
	days := map[string][2]string{}
	for _, name := range weekdayNames {
		days[name] = [2]string{from, to}
	}
	return calendarOf(t, CalendarConfig{Zone: zone, Days: days, Holidays: holidays})
}

func calendarOf(t testing.TB, cfg CalendarConfig) *Calendar {
	t.Helper()
	c, err := NewCalendar(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at reads an RFC 3339 time; seconds may be left out.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if out, err := time.Parse(layout, text); err == nil {
			return out
		}
	}
	t.Fatalf("%q is no time", text)
	return time.Time{}
}

func TestState(t *testing.T) {
	for _, c := range []struct {
		when, at string
		want     State
		holiday  string
	}{
		{"a second before opening", "2026-11-24T08:59:59-05:00", Closed, ""},
		{"opening", "2026-11-24T09:00:00-05:00", Open, ""},
		{"the last second", "2026-11-24T20:59:59-05:00", Open, ""},
		{"closing", "2026-11-24T21:00:00-05:00", Closed, ""},
		{"the same moment told in another zone", "2026-11-24T14:00:00Z", Open, ""},
		{"summer opens an hour earlier in UTC", "2026-07-07T13:00:00Z", Open, ""},
		{"and closes an hour earlier", "2026-07-08T01:00:00Z", Closed, ""},
		{"Saturday", "2026-11-28T12:00:00-05:00", Closed, ""},
		{"Thanksgiving, all day", "2026-11-26T03:00:00-05:00", Holiday, "thanksgiving"},
		{"the day after is a working day", "2026-11-27T12:00:00-05:00", Open, ""},
		{"Memorial Day", "2027-05-31T12:00:00-04:00", Holiday, "memorial"},
		{"Labor Day", "2027-09-06T12:00:00-04:00", Holiday, "labor"},
		{"Columbus Day is not ours", "2027-10-11T12:00:00-04:00", Open, ""},
		{"Saturday's Independence Day is kept on Friday", "2026-07-03T12:00:00-04:00", Holiday, "independence"},
		{"and that Saturday is closed as ever", "2026-07-04T12:00:00-04:00", Closed, ""},
		{"Sunday's is kept on Monday", "2027-07-05T12:00:00-04:00", Holiday, "independence"},
		{"Saturday's New Year is kept in the old year", "2027-12-31T12:00:00-05:00", Holiday, "new_year"},
		{"a date of our own", "2027-12-24T12:00:00-05:00", Holiday, "2027-12-24"},
		{"the same date another year", "2026-12-24T12:00:00-05:00", Open, ""},
	} {
		state, holiday := usual(t).State(at(t, c.at))
		if state != c.want || holiday != c.holiday {
			t.Errorf("%s: %s %q, want %s %q", c.when, state, holiday, c.want, c.holiday)
		}
	}
}

// A line that works on Saturdays is closed on the holiday itself, and not on the
// Friday before as well.
func TestHolidayOnWorkingSaturday(t *testing.T) {
	c := daily(t, "America/New_York", "09:00", "21:00", "independence")
	if state, _ := c.State(at(t, "2026-07-04T12:00-04:00")); state != Holiday {
		t.Errorf("July 4th is %s", state)
	}
	if !c.Open(at(t, "2026-07-03T12:00-04:00")) {
		t.Error("July 3rd is closed, too")
	}
}

func TestOpeningAndClosing(t *testing.T) {
	for _, c := range []struct {
		when, at, opens, closes string
	}{
		{"during the day", "2026-11-24T12:34:56-05:00", "2026-11-24T12:34:56-05:00", "2026-11-24T21:00:00-05:00"},
		{"before opening", "2026-11-24T03:00:00-05:00", "2026-11-24T09:00:00-05:00", "2026-11-24T03:00:00-05:00"},
		{"at closing", "2026-11-24T21:00:00-05:00", "2026-11-25T09:00:00-05:00", "2026-11-24T21:00:00-05:00"},
		{"over Thanksgiving", "2026-11-25T22:00:00-05:00", "2026-11-27T09:00:00-05:00", "2026-11-25T22:00:00-05:00"},
		{"Friday night", "2026-11-27T23:00:00-05:00", "2026-11-30T09:00:00-05:00", "2026-11-27T23:00:00-05:00"},
		{"over the spring change", "2027-03-12T21:30:00-05:00", "2027-03-15T09:00:00-04:00", "2027-03-12T21:30:00-05:00"},
		{"over the autumn change", "2027-11-05T21:30:00-04:00", "2027-11-08T09:00:00-05:00", "2027-11-05T21:30:00-04:00"},
		{"Christmas of 2027: Friday alone, Saturday's, then the weekend", "2027-12-23T21:00:00-05:00", "2027-12-27T09:00:00-05:00", "2027-12-23T21:00:00-05:00"},
	} {
		from := at(t, c.at)
		if got := usual(t).NextOpening(from); !got.Equal(at(t, c.opens)) {
			t.Errorf("%s: opens %s, want %s", c.when, got, c.opens)
		}
		if got := usual(t).NextClosing(from); !got.Equal(at(t, c.closes)) {
			t.Errorf("%s: closes %s, want %s", c.when, got, c.closes)
		}
	}
}

func TestNightHoursOverClockChanges(t *testing.T) {
	const spring, autumn = "2027-03-14T00:00-05:00", "2027-11-07T00:00-04:00"
	for _, c := range []struct {
		what, day, from, to string
		minutes             int
	}{
		{"02:00 to 03:00 is not there in spring", spring, "02:00", "03:00", 0},
		{"01:00 to 02:00 comes twice in autumn", autumn, "01:00", "02:00", 120},
		{"01:30 to 02:30 in autumn", autumn, "01:30", "02:30", 90},
		{"01:30 to 02:30 in spring", spring, "01:30", "02:30", 30},
		{"the whole day in spring", spring, "00:00", "24:00", 23 * 60},
		{"the whole day in autumn", autumn, "00:00", "24:00", 25 * 60},
		{"an ordinary line does not notice", spring, "09:00", "21:00", 12 * 60},
	} {
		cal := daily(t, "America/New_York", c.from, c.to)
		midnight := at(t, c.day).In(cal.Zone())
		if got := cal.OpenMinutes(midnight, midnight.AddDate(0, 0, 1)); got != c.minutes {
			t.Errorf("%s: %d minutes, want %d", c.what, got, c.minutes)
		}
	}
}

func TestAddOpen(t *testing.T) {
	for _, c := range []struct {
		what, at string
		add      time.Duration
		want     string
	}{
		{"one working day from the morning ends with the day", "2026-11-24T09:00:00-05:00", 12 * time.Hour, "2026-11-24T21:00:00-05:00"},
		{"one working day from noon", "2026-11-24T12:00:00-05:00", 12 * time.Hour, "2026-11-25T12:00:00-05:00"},
		{"from the night", "2026-11-24T02:00:00-05:00", time.Hour, "2026-11-24T10:00:00-05:00"},
		{"over Thanksgiving", "2026-11-25T20:00:00-05:00", 2 * time.Hour, "2026-11-27T10:00:00-05:00"},
		{"over a weekend with a clock change", "2027-03-12T20:00:00-05:00", 2 * time.Hour, "2027-03-15T10:00:00-04:00"},
		{"nothing", "2026-11-28T02:00:00-05:00", 0, "2026-11-28T02:00:00-05:00"},
		{"less than nothing", "2026-11-28T02:00:00-05:00", -time.Hour, "2026-11-28T02:00:00-05:00"},
	} {
		if got := usual(t).AddOpen(at(t, c.at), c.add); !got.Equal(at(t, c.want)) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestAddBusinessDays(t *testing.T) {
	for _, c := range []struct {
		what, at string
		n        int
		want     string
	}{
		{"the next day", "2026-11-24T22:00:00-05:00", 1, "2026-11-25"},
		{"over Thanksgiving and a weekend", "2026-11-25T12:00:00-05:00", 7, "2026-12-07"},
		{"none", "2026-11-28T12:00:00-05:00", 0, "2026-11-28"},
		{"from late in the evening elsewhere", "2026-11-25T04:30:00Z", 1, "2026-11-25"},
	} {
		if got := usual(t).AddBusinessDays(at(t, c.at), c.n).Format(time.DateOnly); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestAlwaysOpen(t *testing.T) {
	c := daily(t, "America/New_York", "00:00", "24:00")
	now := at(t, "2026-11-24T12:00:00-05:00")
	if got := c.NextClosing(now); got.Sub(now) < 400*24*time.Hour {
		t.Errorf("a line that never closes closes %s", got)
	}
	if got := c.AddOpen(now, 1000*time.Hour); !got.Equal(now.Add(1000 * time.Hour)) {
		t.Errorf("1000 hours of it pass by %s", got)
	}
}

func TestSpec(t *testing.T) {
	for _, c := range []struct {
		days map[string][2]string
		want string
	}{
		{map[string][2]string{"monday": {"09:00", "21:00"}}, "Mon 09:00-21:00 America/Chicago"},
		{map[string][2]string{"monday": {"09:00", "21:00"}, "tuesday": {"09:00", "21:00"}, "wednesday": {"09:00", "21:00"}, "saturday": {"10:00", "24:00"}, "sunday": {"10:00", "24:00"}},
			"Mon-Wed 09:00-21:00 America/Chicago; Sat-Sun 10:00-24:00 America/Chicago"},
		{map[string][2]string{"monday": {"9:00", "12:00"}, "wednesday": {"9:00", "12:00"}}, "Mon 09:00-12:00 America/Chicago; Wed 09:00-12:00 America/Chicago"},
	} {
		if got := calendarOf(t, CalendarConfig{Zone: "America/Chicago", Days: c.days}).Spec(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestEveryFaultOfACalendarIsNamed(t *testing.T) {
	c, err := NewCalendar(CalendarConfig{
		Zone:     "America/Boston",
		Days:     map[string][2]string{"mon": {"09:00", "21:00"}, "tuesday": {"9", "25:00"}, "friday": {"21:00", "09:00"}},
		Holidays: []string{"chrismas", "2027-02-30", "labor"},
	})
	if err == nil || c != nil {
		t.Fatal("a calendar with faults was made")
	}
	for _, want := range []string{`"America/Boston"`, `"mon"`, `"9"`, `"25:00"`, "friday closes before it opens", `"chrismas"`, `"2027-02-30"`,
		"America/New_York", "09:00-21:00", "christmas"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}
	for _, cfg := range []CalendarConfig{{}, {Zone: "Local"}, {Zone: "America/New_York"}} {
		if _, err := NewCalendar(cfg); err == nil {
			t.Errorf("%+v is a calendar", cfg)
		}
	}
}
