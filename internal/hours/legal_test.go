package hours

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The zones with the oddest clocks: half hours, quarters, changes at midnight, of
// half an hour and of two, a day apart, and Ramadan's.
var oddZones = []string{
	"America/New_York", "America/Chicago", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "America/St_Johns",
	"Europe/London", "Europe/Paris", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Antarctica/Troll",
	"Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Tokyo",
	"Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Casablanca", "Africa/Cairo", "America/Asuncion", "Asia/Gaza",
}

// anyZones draws one zone, mostly, or a few.
func anyZones(rt *rapid.T) ZoneSet {
	n := rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(rt, "zones")
	var names []string
	for range n {
		names = append(names, rapid.SampledFrom(oddZones).Draw(rt, "zone"))
	}
	out, err := NewZoneSet(FromAnswer, names...)
	if err != nil {
		rt.Fatal(err)
	}
	return out
}

// slowLegal asks the clocks on the wall, minute by minute: the line is open and
// stays so through the margin, and every clock is within the window.
func slowLegal(line *Calendar, zones ZoneSet, w Window, margin time.Duration, at time.Time) bool {
	for m := time.Duration(0); m <= margin; m += time.Minute {
		if !line.Open(at.Add(m)) {
			return false
		}
	}
	return slowText(zones, w, at)
}

func slowText(zones ZoneSet, w Window, at time.Time) bool {
	for _, zone := range zonesOrAll(zones) {
		local := at.In(zone)
		if minute := local.Hour()*60 + local.Minute(); minute < w.From || minute >= w.To {
			return false
		}
	}
	return true
}

// slowBlocks gathers what slowLegal says.
func slowBlocks(line *Calendar, zones ZoneSet, w Window, margin time.Duration, from, to time.Time) []Block {
	var out []Block
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		if !slowLegal(line, zones, w, margin, at) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To.Equal(at) {
			out[n-1].To = at.Add(time.Minute)
		} else {
			out = append(out, Block{at, at.Add(time.Minute)})
		}
	}
	return out
}

// nearClockChange draws a moment around one of the changes of 2026 to 2028 of a
// zone, or any moment of those years.
func nearClockChange(rt *rapid.T) time.Time {
	name := rapid.SampledFrom(oddZones).Draw(rt, "change in")
	zone, err := LoadZone(name)
	if err != nil {
		rt.Fatal(err)
	}
	from := ofThreeYears(rt)
	line := &Calendar{zone: zone}
	change := line.clockChange(from, from.AddDate(0, 0, 120))
	if rapid.Bool().Draw(rt, "anywhere") || offsetAt(zone, change) == offsetAt(zone, from) {
		return from
	}
	return change.Add(time.Duration(rapid.IntRange(-30*60, 6*60).Draw(rt, "minutes from the change")) * time.Minute)
}

func TestLegalBlocksAgreeWithTheClocksOnTheWall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		line, zones, from := anyCalendar(rt), anyZones(rt), nearClockChange(rt)
		w := rapid.SampledFrom([]Window{DefaultWindow, WidestWindow, {9*60 + 30, 17*60 + 15}}).Draw(rt, "window")
		margin := time.Duration(rapid.SampledFrom([]int{0, 15, 40}).Draw(rt, "margin")) * time.Minute
		to := from.Add(time.Duration(rapid.IntRange(1, 48*60).Draw(rt, "minutes")) * time.Minute)
		got := NewLegal(line, zones, w, margin).Blocks(from, to)
		want := slowBlocks(line, zones, w, margin, from, to)
		if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
			rt.Fatalf("%s, %v, %s to %s (-clocks +blocks):\n%s", line.Spec(), zones.Zones(), from, to, diff)
		}
	})
}

func TestNextIsTheFirstLegalStart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		line, zones, from := anyCalendar(rt), anyZones(rt), nearClockChange(rt)
		legal := NewLegal(line, zones, DefaultWindow, ClosingMargin)
		next, ok := legal.Next(from)
		end := next
		if !ok || next.Sub(from) > 20*24*time.Hour {
			end = from.AddDate(0, 0, 20)
		}
		for _, b := range slowBlocks(line, zones, DefaultWindow, ClosingMargin, from, end.Add(leastLeft)) {
			if b.Minutes() >= 10 && b.From.Before(end) {
				rt.Fatalf("next after %s is %s, but there is %s", from, next, b.From)
			}
		}
		if ok && !slowLegal(line, zones, DefaultWindow, ClosingMargin, next.Add(9*time.Minute)) {
			rt.Fatalf("%s: less than ten minutes are left", next)
		}
	})
}

func TestWindowIsNeverWiderThanTheLaw(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"08:00", "20:00", true}, {"08:00", "21:00", true}, {"10:30", "17:15", true},
		{"07:59", "20:00", false}, {"08:00", "21:01", false}, {"12:00", "12:00", false}, {"noon", "20:00", false},
	} {
		if _, err := NewWindow(c.from, c.to); (err == nil) != c.ok {
			t.Errorf("%s-%s: %v", c.from, c.to, err)
		}
	}
	line, from := daily(t, "America/New_York", "00:00", "24:00"), at(t, "2027-01-12T00:00-05:00")
	for _, c := range []struct {
		w    Window
		want int
	}{{Window{}, 720}, {Window{0, 24 * 60}, 780}, {Window{6 * 60, 9 * 60}, 60}, {Window{22 * 60, 23 * 60}, 0}} {
		if got := Minutes(NewLegal(line, zonesOf(t, eastern), c.w, 0).Blocks(from, from.AddDate(0, 0, 1))); got != c.want {
			t.Errorf("window %s leaves %d minutes, want %d", c.w, got, c.want)
		}
	}
}
