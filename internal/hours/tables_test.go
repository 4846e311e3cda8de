package hours

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// counted answers for every minute of a time how much legal time follows it.
type counted struct {
	from  time.Time
	legal []int // of the minutes before
	next  []int // the first legal minute at or after
}

func count(l *Legal, from, to time.Time) counted {
	n := int(to.Sub(from)/time.Minute) + 24*60 + 1
	c := counted{from: from, legal: make([]int, n+1), next: make([]int, n+1)}
	is := make([]bool, n)
	for _, b := range l.Blocks(from, from.Add(time.Duration(n)*time.Minute)) {
		for m := range b.Minutes() {
			is[int(b.From.Sub(from)/time.Minute)+m] = true
		}
	}
	c.next[n] = n + 100000
	for i := range n {
		c.legal[i+1] = c.legal[i]
		if is[i] {
			c.legal[i+1]++
		}
	}
	for i := n - 1; i >= 0; i-- {
		if c.next[i] = c.next[i+1]; is[i] {
			c.next[i] = i
		}
	}
	return c
}

// minutes gives the legal minutes of the day after delivery in minute i.
func (c counted) minutes(i int) int { return c.legal[i+24*60+1] - c.legal[i+1] }

// deliveries is how many minutes there are to deliver in.
func (c counted) deliveries() int { return len(c.legal) - 24*60 - 2 }

// fewest gives the fewest and the most legal minutes after any delivery.
func (c counted) fewest() (least, most int) {
	least = math.MaxInt
	for i := range c.deliveries() {
		least, most = min(least, c.minutes(i)), max(most, c.minutes(i))
	}
	return least, most
}

// none gives the deliveries, of those that count, after which there is no legal
// minute, in percent.
func (c counted) none(counts func(time.Time) bool) float64 {
	all, zero := 0, 0
	for i := range c.deliveries() {
		if counts != nil && !counts(c.from.Add(time.Duration(i)*time.Minute)) {
			continue
		}
		all++
		if c.minutes(i) == 0 {
			zero++
		}
	}
	return 100 * float64(zero) / float64(all)
}

// wait gives the longest wait for a legal minute as "13:01"; "never" for more
// than a day.
func (c counted) wait() string {
	longest := 0
	for i := range c.deliveries() {
		longest = max(longest, c.next[i+1]-i)
	}
	if longest > 24*60 {
		return "never"
	}
	return fmt.Sprintf("%02d:%02d", longest/60, longest%60)
}

// The weeks of the tables: without a change of clocks, and around each.
var (
	winterWeek = "2027-01-11T00:00Z"
	summerWeek = "2027-07-05T00:00Z"
	springWeek = "2027-03-11T00:00Z"
	fallWeek   = "2027-11-04T00:00Z"
)

// spread writes the fewest and the most legal minutes of a week: "60", "30-90".
func spread(c counted) string {
	least, most := c.fewest()
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d-%d", least, most)
}

// The table of section 5.2: legal minutes of the day after delivery, whatever its
// minute, for a seven-day line and a fixed distance from UTC.
var sevenDays = []struct{ offset, wide, spring, fall, narrow, wait string }{
	{"-12:00", "360/300", "300-360", "300-360", "360/300", "18:01/19:01"},
	{"-11:00", "420/360", "360-420", "360-420", "420/360", "17:01/18:01"},
	{"-10:00", "480/420", "420-480", "420-480", "480/420", "16:01/17:01"},
	{"-09:00", "540/480", "480-540", "480-540", "540/480", "15:01/16:01"},
	{"-08:00", "600/540", "540-600", "540-600", "600/540", "14:01/15:01"},
	{"-07:00", "660/600", "600-660", "600-660", "660/600", "13:01/14:01"},
	{"-06:00", "720/660", "660-720", "660-720", "720/660", "12:01/13:01"},
	{"-05:00", "720/720", "720-780", "660-720", "660/720", "13:01/12:01"},
	{"-04:00", "660/720", "660-720", "660-720", "600/660", "14:01/13:01"},
	{"-03:00", "600/660", "600-660", "600-660", "540/600", "15:01/14:01"},
	{"-02:00", "540/600", "", "", "480/540", "16:01/"},
	{"-01:00", "480/540", "", "", "420/480", "17:01/"},
	{"+00:00", "420/480", "420-480", "420-480", "360/420", "18:01/17:01"},
	{"+01:00", "360/420", "360-420", "360-420", "300/360", "19:01/18:01"},
	{"+02:00", "300/360", "300-360", "300-360", "240/300", "20:01/19:01"},
	{"+03:00", "240/300", "240-300", "240-300", "180/240", "21:01/20:01"},
	{"+04:00", "180/240", "180-240", "180-240", "120/180", "22:01/21:01"},
	{"+05:00", "120/180", "120-180", "120-180", "60/120", "23:01/22:01"},
	{"+05:30", "90/150", "90-150", "90-150", "30/90", "23:31/22:31"},
	{"+05:45", "75/135", "75-135", "75-135", "15/75", "23:46/22:46"},
	{"+06:00", "60/120", "60-120", "60-120", "0/60", "never/23:01"},
	{"+06:30", "60/90", "60-120", "30-90", "30/30", "23:31/"},
	{"+07:00", "60/60", "60-120", "0-60", "60/0", "23:01/never"},
	{"+08:00", "120/60", "60-120", "60-120", "120/60", "22:01/23:01"},
	{"+09:00", "180/120", "120-180", "120-180", "180/120", "21:01/22:01"},
	{"+10:00", "240/180", "180-240", "180-240", "240/180", "20:01/21:01"},
	{"+11:00", "300/240", "240-300", "240-300", "300/240", "19:01/20:01"},
	{"+12:00", "360/300", "300-360", "300-360", "360/300", "18:01/19:01"},
	{"+13:00", "420/360", "", "", "420/360", "17:01/"},
	{"+14:00", "480/420", "", "", "480/420", "16:01/"},
}

func TestSevenDayLine(t *testing.T) {
	line := daily(t, eastern, "09:00", "21:00")
	for _, row := range sevenDays {
		zone := zonesOf(t, "UTC"+row.offset)
		week := func(w Window, from string) counted {
			start := at(t, from)
			return count(NewLegal(line, zone, w, 0), start, start.AddDate(0, 0, 7))
		}
		check := func(what, got, want string) {
			if want != "" && got != want {
				t.Errorf("UTC%s, %s: %s, want %s", row.offset, what, got, want)
			}
		}
		check("8-21", spread(week(WidestWindow, winterWeek))+"/"+spread(week(WidestWindow, summerWeek)), row.wide)
		check("8-20", spread(week(DefaultWindow, winterWeek))+"/"+spread(week(DefaultWindow, summerWeek)), row.narrow)
		check("8-21, clocks go forward", spread(week(WidestWindow, springWeek)), row.spring)
		check("8-21, clocks go back", spread(week(WidestWindow, fallWeek)), row.fall)
		winter, summer, _ := strings.Cut(row.wait, "/")
		check("longest wait in winter", week(DefaultWindow, winterWeek).wait(), winter)
		check("longest wait in summer", week(DefaultWindow, summerWeek).wait(), summer)
	}
}

// year2027 counts after every minute of 2027, by UTC.
func year2027(l *Legal) counted {
	from := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	return count(l, from, from.AddDate(1, 0, 0))
}

func TestFewestMinutesOf2027(t *testing.T) {
	line := daily(t, eastern, "09:00", "21:00")
	for _, c := range []struct {
		zone          string
		least, margin int // without and with the closing margin; -1 where not known
	}{
		{eastern, 600, 600}, {central, 660, 645}, {mountain, 600, 585}, {pacific, 540, 525}, {alaska, 480, 465},
		{hawaii, 420, 405}, {"America/Puerto_Rico", 600, 600}, {"Pacific/Guam", 180, 165},
		{"Europe/London", 360, -1}, {"Europe/Paris", 300, -1}, {"Asia/Dubai", 120, -1}, {"Asia/Kolkata", 30, -1},
		{"Asia/Tokyo", 120, -1}, {"Australia/Sydney", 180, -1},
	} {
		if got, _ := year2027(NewLegal(line, zonesOf(t, c.zone), DefaultWindow, 0)).fewest(); got != c.least {
			t.Errorf("%s: %d, want %d", c.zone, got, c.least)
		}
		if got, _ := year2027(NewLegal(line, zonesOf(t, c.zone), DefaultWindow, ClosingMargin)).fewest(); c.margin >= 0 && got != c.margin {
			t.Errorf("%s with the margin: %d, want %d", c.zone, got, c.margin)
		}
	}
}

func TestSharesWithoutALegalMinute(t *testing.T) {
	line := daily(t, eastern, "09:00", "21:00")
	for _, c := range []struct {
		zone string
		w    Window
		want float64
	}{
		{"Asia/Dhaka", DefaultWindow, 34.8}, {"Asia/Bangkok", DefaultWindow, 65.2}, {"Asia/Yangon", DefaultWindow, 0.1},
		{"Asia/Bangkok", WidestWindow, 0.1}, {"Asia/Dhaka", WidestWindow, 0}, {"Asia/Shanghai", Window{9 * 60, 20 * 60}, 65.2},
	} {
		if got := year2027(NewLegal(line, zonesOf(t, c.zone), c.w, 0)).none(nil); math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s %s: %.2f %%, want %.1f", c.zone, c.w, got, c.want)
		}
	}
}

// Where the hour that is legal jumps by half a day, eleven hours of deliveries
// have none.
func TestBangkokWhenClocksGoBack(t *testing.T) {
	l := NewLegal(daily(t, eastern, "09:00", "21:00"), zonesOf(t, "Asia/Bangkok"), WidestWindow, 0)
	from := at(t, fallWeek)
	c := count(l, from, from.AddDate(0, 0, 7))
	first, n := time.Time{}, 0
	for i := range c.deliveries() {
		if c.minutes(i) == 0 {
			if n++; first.IsZero() {
				first = from.Add(time.Duration(i) * time.Minute)
			}
		}
	}
	if want := at(t, "2027-11-06T13:59Z"); !first.Equal(want) || n != 11*60+1 {
		t.Errorf("%d minutes from %s, want 661 from %s", n, first, want)
	}
}

// The tables of section 5.3: what the line's days decide.
func TestDaysOfTheLine(t *testing.T) {
	week := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	federal := []string{"new_year", "martin_luther_king", "presidents", "memorial", "juneteenth", "independence", "labor", "columbus", "veterans", "thanksgiving", "christmas"}
	zones := []string{eastern, central, pacific, hawaii, "Pacific/Guam", "Europe/London", "Asia/Kolkata", "Asia/Tokyo"}
	for _, row := range []struct {
		what     string
		days     int
		holidays []string
		within   float64
		want     []float64
	}{
		{"7 days", 7, nil, 0, []float64{0, 0, 0, 0, 0, 0, 0, 0}},
		{"7 days, three holidays", 7, []string{"thanksgiving", "christmas", "new_year"}, 0.006, []float64{.45, .41, .48, .55, .69, .62, .81, .72}},
		{"Mon-Sat", 6, nil, 0.06, []float64{7.7, 7.1, 8.3, 9.9, 12.3, 10.7, 13.6, 12.9}},
		{"Mon-Fri", 5, nil, 0.06, []float64{22.0, 21.4, 22.6, 24.1, 26.5, 25.0, 27.9, 27.1}},
		{"Mon-Fri, federal holidays", 5, federal, 0.06, []float64{25.0, 24.4, 25.6, 27.2, 29.7, 28.1, 31.1, 30.3}},
	} {
		cfg := CalendarConfig{Zone: eastern, Days: map[string][2]string{}, Holidays: row.holidays}
		for _, d := range week[:row.days] {
			cfg.Days[d] = [2]string{"09:00", "21:00"}
		}
		line := calendarOf(t, cfg)
		for i, zone := range zones {
			if got := year2027(NewLegal(line, zonesOf(t, zone), DefaultWindow, 0)).none(nil); math.Abs(got-row.want[i]) > row.within {
				t.Errorf("%s, %s: %.3f %%, want %v", row.what, zone, got, row.want[i])
			}
		}
	}
}

// Opinions that are released on working days from 9 to 18.
func TestReleasedOnWorkingDays(t *testing.T) {
	line := usualDays(t)
	released := func(at time.Time) bool {
		local := at.In(line.zone)
		day := local.Weekday()
		return day != time.Saturday && day != time.Sunday && local.Hour() >= 9 && local.Hour() < 18
	}
	for _, c := range []struct {
		zone string
		want float64
	}{{eastern, 0}, {hawaii, 0}, {"Europe/London", 6.7}, {"Europe/Paris", 8.9}, {"Asia/Dubai", 14.4}, {"Asia/Kolkata", 17.8}} {
		if got := year2027(NewLegal(line, zonesOf(t, c.zone), DefaultWindow, ClosingMargin)).none(released); math.Abs(got-c.want) > 0.06 {
			t.Errorf("%s: %.2f %%, want %.1f", c.zone, got, c.want)
		}
	}
	for _, c := range []struct {
		zone, friday string
		want         int
	}{
		{eastern, "17:00", 179}, {eastern, "17:59", 120}, {eastern, "18:00", 119}, {eastern, "19:00", 59}, {eastern, "20:00", 0},
		{central, "17:59", 165}, {pacific, "17:59", 165}, {pacific, "19:00", 104}, {pacific, "20:00", 44},
		{"Europe/London", "13:00", 119}, {"Europe/London", "15:00", 0}, {"Europe/Paris", "14:00", 0}, {"Asia/Dubai", "12:00", 0}, {"Asia/Kolkata", "11:00", 0},
	} {
		p := NewPromise(at(t, "2027-07-09T"+c.friday+"-04:00"), line, zonesOf(t, c.zone))
		if got := Minutes(p.Plan().Blocks); got != c.want {
			t.Errorf("released on Friday %s, %s: %d minutes, want %d", c.friday, c.zone, got, c.want)
		}
	}
}

func usualDays(t testing.TB) *Calendar {
	days := map[string][2]string{}
	for _, name := range weekdayNames[1:6] {
		days[name] = [2]string{"09:00", "21:00"}
	}
	return calendarOf(t, CalendarConfig{Zone: eastern, Days: days})
}

// Section 5.4: nobody knows where the person is.
func TestUnknownLocation(t *testing.T) {
	line := daily(t, eastern, "09:00", "21:00")
	contiguous := "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles"
	states := contiguous + " America/Anchorage America/Adak Pacific/Honolulu"
	for _, c := range []struct {
		what, zones  string
		narrow, wide [2]int
	}{
		{"contiguous states", contiguous, [2]int{480, 600}, [2]int{540, 660}},
		{"all states", states, [2]int{360, 420}, [2]int{}},
		{"nothing known", "", [2]int{360, 420}, [2]int{}},
		{"Guam to Puerto Rico", states + " Pacific/Guam America/Puerto_Rico", [2]int{120, 0}, [2]int{180, 0}},
	} {
		for w, want := range map[Window][2]int{DefaultWindow: c.narrow, WidestWindow: c.wide} {
			least, most := year2027(NewLegal(line, zonesOf(t, c.zones), w, 0)).fewest()
			if want[0] > 0 && least != want[0] || want[1] > 0 && most != want[1] {
				t.Errorf("%s %s: %d-%d, want %v", c.what, w, least, most, want)
			}
		}
	}
}

// The hours of states and of Canada, as section 5.3 counts them. Rhode Island's
// 12.9 % there are 12.2 with the federal holidays of 2027, each on its own day.
func TestOverlays(t *testing.T) {
	line := daily(t, eastern, "09:00", "21:00")
	for _, c := range []struct {
		what, zone string
		of         func(string) (Overlay, bool)
		window     Window
		none       float64
		least      int
	}{
		{"AL", eastern, OverlayOfState, DefaultWindow, 10.4, 0}, {"LA", eastern, OverlayOfState, DefaultWindow, 10.4, 0},
		{"MS", eastern, OverlayOfState, DefaultWindow, 10.4, 0}, {"RI", eastern, OverlayOfState, DefaultWindow, 12.2, 0},
		{"KY", eastern, OverlayOfState, WidestWindow, 0, 600}, {"TX", central, OverlayOfState, DefaultWindow, 0, 420},
		{"CA", "America/Vancouver", OverlayOfCountry, DefaultWindow, 0, 420},
	} {
		o, ok := c.of(c.what)
		if !ok {
			t.Fatalf("%s has no hours", c.what)
		}
		year := year2027(NewLegal(line, zonesOf(t, c.zone), c.window, 0, o))
		least, _ := year.fewest()
		if got := year.none(nil); math.Abs(got-c.none) > 0.06 || least != c.least {
			t.Errorf("%s: none for %.2f %%, else %d minutes or more; want %.1f, %d", o.Name, got, least, c.none, c.least)
		}
	}
}

func TestOverlaysOnlyNarrow(t *testing.T) {
	line := daily(t, eastern, "00:00", "24:00")
	canada, _ := OverlayOfCountry("CA")
	alabama, _ := OverlayOfState("AL")
	for _, c := range []struct {
		what, day string
		overlays  []Overlay
		want      int
	}{
		{"a weekday", "2027-07-06", nil, 780},
		{"Canada, a weekday: from nine, not beyond 21:00", "2027-07-06", []Overlay{canada}, 720},
		{"Canada, a Sunday", "2027-07-11", []Overlay{canada}, 480},
		{"Alabama, a Sunday", "2027-07-11", []Overlay{alabama}, 0},
		{"Alabama, Sunday's holiday on Monday", "2027-07-05", []Overlay{alabama}, 0},
		{"both, a Saturday", "2027-07-10", []Overlay{alabama, canada}, 480},
	} {
		from := at(t, c.day+"T00:00-04:00")
		l := NewLegal(line, zonesOf(t, eastern), WidestWindow, 0, c.overlays...)
		if got := Minutes(l.Blocks(from, from.AddDate(0, 0, 1))); got != c.want {
			t.Errorf("%s: %d minutes, want %d", c.what, got, c.want)
		}
	}
}
