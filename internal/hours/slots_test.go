package hours

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func weekCalendar(t testing.TB) *Calendar {
	t.Helper()
	days := map[string][2]string{}
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday"} {
		days[day] = [2]string{"09:00", "21:00"}
	}
	c, err := NewCalendar(CalendarConfig{Zone: "America/New_York", Days: days, Holidays: []string{"thanksgiving"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func zonesNamed(t testing.TB, names ...string) []*time.Location {
	t.Helper()
	var out []*time.Location
	for _, name := range names {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, zone)
	}
	return out
}

func TestSlots(t *testing.T) {
	for _, tt := range []struct {
		name, now string
		zones     []string
		want      []string
	}{
		{"a Tuesday morning in New York", "2027-03-02T10:12:00-05:00", []string{"America/New_York"},
			[]string{"today Tue 11:30", "morning Wed 10:00 tomorrow", "afternoon Wed 14:00 tomorrow", "evening Wed 18:00 tomorrow"}},
		{"a Friday evening: Monday", "2027-03-05T20:30:00-05:00", []string{"America/New_York"},
			[]string{"morning Mon 10:00", "afternoon Mon 14:00", "evening Mon 18:00"}},
		{"Tokyo has only mornings", "2027-03-02T18:00:00-05:00", []string{"Asia/Tokyo"},
			[]string{"today Wed 09:00", "morning Thu 10:00 tomorrow"}},
		{"Paris has no morning", "2027-03-02T04:00:00-05:00", []string{"Europe/Paris"},
			[]string{"today Tue 15:00", "afternoon Wed 15:00 tomorrow", "evening Wed 18:00 tomorrow"}},
		{"a zone in which it is never a decent hour", "2027-01-05T10:00:00-05:00", []string{"Asia/Dhaka"}, nil},
		{"nothing known: the line's clock", "2027-03-02T10:12:00-05:00", nil,
			[]string{"today Tue 11:30", "morning Wed 10:00 tomorrow", "afternoon Wed 14:00 tomorrow", "evening Wed 18:00 tomorrow"}},
		{"somewhere between New York and Honolulu", "2027-03-02T10:12:00-05:00", []string{"America/New_York", "Pacific/Honolulu"},
			[]string{"today Tue 13:00", "afternoon Wed 14:00 tomorrow", "evening Wed 18:00 tomorrow"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			zones := zonesNamed(t, tt.zones...)
			var got []string
			for _, s := range weekCalendar(t).Slots(now, zones) {
				line := string(s.Kind) + " "
				if len(zones) == 0 {
					zones = zonesNamed(t, "America/New_York")
				}
				line += s.At.In(zones[0]).Format("Mon 15:04")
				if s.Tomorrow {
					line += " tomorrow"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is offered lies ahead, while the line is open, and at a decent hour in
// every zone.
func TestSlotsAreLegal(t *testing.T) {
	c := weekCalendar(t)
	names := []string{"America/New_York", "Pacific/Honolulu", "Europe/London", "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe", "America/St_Johns"}
	rapid.Check(t, func(r *rapid.T) {
		now := time.Unix(rapid.Int64Range(1798761600, 1893456000).Draw(r, "now"), 0)
		zones := zonesNamed(t, rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID).Draw(r, "zones")...)
		for _, s := range c.Slots(now, zones) {
			if s.At.Before(now.Add(soonest)) && s.Kind == Today || !s.At.After(now) || !c.Open(s.At) {
				r.Fatalf("%s at %s, asked at %s", s.Kind, s.At, now)
			}
			for _, zone := range zones {
				if h := s.At.In(zone).Hour(); h < 8 || h >= 20 {
					r.Fatalf("%s at %s in %s", s.Kind, s.At.In(zone), zone)
				}
			}
		}
	})
}

func TestDueBy(t *testing.T) {
	for _, tt := range []struct{ name, now, at, zone, want string }{
		{"decent hours in between", "2027-03-02T10:12:00-05:00", "2027-03-02T14:30:00-05:00", "America/New_York", "2027-03-02T14:30:00-05:00"},
		{"due at closing time, decent hours all day", "2027-03-02T21:30:00-05:00", "2027-03-03T21:00:00-05:00", "America/New_York", "2027-03-03T21:00:00-05:00"},
		{"night in Tokyo until then", "2027-03-02T10:12:00-05:00", "2027-03-02T14:30:00-05:00", "Asia/Tokyo", "2027-03-02T18:30:00-05:00"},
		{"before breakfast in Honolulu", "2027-03-03T08:00:00-05:00", "2027-03-03T10:00:00-05:00", "Pacific/Honolulu", "2027-03-03T13:30:00-05:00"},
		{"late in London", "2027-03-02T15:10:00-05:00", "2027-03-02T19:30:00-05:00", "Europe/London", "2027-03-03T09:30:00-05:00"},
		{"never in Dhaka", "2027-01-05T10:00:00-05:00", "2027-01-05T12:00:00-05:00", "Asia/Dhaka", "2027-01-05T12:00:00-05:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, err1 := time.Parse(time.RFC3339, tt.now)
			at, err2 := time.Parse(time.RFC3339, tt.at)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			got := weekCalendar(t).DueBy(now, at, zonesNamed(t, tt.zone))
			if s := got.In(at.Location()).Format(time.RFC3339); s != tt.want {
				t.Errorf("due by %s, want %s", s, tt.want)
			}
		})
	}
}
