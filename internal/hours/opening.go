package hours

import (
	"sort"
	"time"
)

// farthest bounds every search: no line that a person would call is closed, or
// open, for longer.
const farthest = 400 * 24 * time.Hour

// part gives what is left, from at on, of the open time of the date that at
// falls on, as far as the distance from UTC at that moment holds, and the moment
// at which the next part begins, always after at. from is not before to where
// there is none. Wall-clock hours become elapsed time here and nowhere else.
func (c *Calendar) part(at time.Time) (from, to, next time.Time) {
	local := at.In(c.zone)
	y, m, d := local.Date()
	_, offset := local.Zone()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Add(-time.Duration(offset) * time.Second)
	next = c.clockChange(at, midnight.Add(24*time.Hour))
	day, _ := c.openingOn(local)
	from = later(midnight.Add(time.Duration(day.from)*time.Minute), at)
	to = earlier(midnight.Add(time.Duration(day.to)*time.Minute), next)
	return from, to, next
}

// clockChange gives the first second, after from, at which the zone's distance
// from UTC is another, or to where it stays. time.Time.ZoneBounds does not serve:
// on the last day of a leap year it may end a zone's time before the moment it
// was asked about (https://go.dev/issue/81583), and a search would stand still.
func (c *Calendar) clockChange(from, to time.Time) time.Time {
	offset := func(t time.Time) int { _, seconds := t.In(c.zone).Zone(); return seconds }
	before := offset(from)
	if offset(to) == before {
		return to
	}
	start := from.Truncate(time.Second)
	seconds := sort.Search(int(to.Sub(start)/time.Second), func(n int) bool {
		return offset(start.Add(time.Duration(n)*time.Second)) != before
	})
	return start.Add(time.Duration(seconds) * time.Second)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// stretch gives the open time from t on that t falls in or, where t is closed,
// the next; false when none begins within the farthest time.
func (c *Calendar) stretch(t time.Time) (from, to time.Time, ok bool) {
	limit := t.Add(farthest)
	for at := t; at.Before(limit); {
		a, b, next := c.part(at)
		if !a.Before(b) || !b.After(t) {
			at = next
			continue
		}
		for b.Before(limit) {
			a2, b2, _ := c.part(b)
			if a2.After(b) || !b2.After(b) {
				break
			}
			b = b2
		}
		return a.In(c.zone), b.In(c.zone), true
	}
	return t, t, false
}

// NextOpening gives the next moment at or after t at which the line opens; t
// itself while it is open. It is t, too, where the line does not open within 400
// days.
func (c *Calendar) NextOpening(t time.Time) time.Time {
	if from, _, ok := c.stretch(t); ok && from.After(t) {
		return from
	}
	return t
}

// NextClosing gives the moment at which the line, open at t, closes; t itself
// while it is closed. A line that never closes gives a moment 400 days on, or
// little more.
func (c *Calendar) NextClosing(t time.Time) time.Time {
	if from, to, ok := c.stretch(t); ok && !from.After(t) {
		return to
	}
	return t
}

// OpenMinutes counts the minutes from, from+1 min, … before to that begin while
// the line is open. They are elapsed minutes: a day on which the clocks change
// has one hour more or less.
func (c *Calendar) OpenMinutes(from, to time.Time) int {
	n := 0
	for at := from; at.Before(to); {
		a, b, next := c.part(at)
		a, b = later(a, at), earlier(b, to)
		if a.Before(b) {
			n += minutesUntil(b.Sub(from)) - minutesUntil(a.Sub(from))
		}
		at = next
	}
	return n
}

// minutesUntil counts the whole minutes, 0 included, that come before d.
func minutesUntil(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// AddOpen gives the moment by which d of open time has passed since t: twelve
// hours are one working day of 9 to 21. It is t for d of 0 or less, and
// closing time, not the next opening, where d ends with the day. Where the line
// does not open again within 400 days, d passes as if it were open.
func (c *Calendar) AddOpen(t time.Time, d time.Duration) time.Time {
	at := t
	for d > 0 {
		from, to, ok := c.stretch(at)
		if !ok {
			return at.Add(d)
		}
		from = later(from, at)
		if left := to.Sub(from); left < d {
			d -= left
			at = to
			continue
		}
		return from.Add(d)
	}
	return at
}

// AddBusinessDays gives noon of the n-th day after t's, in the calendar's zone,
// counting only days on which the line opens; noon of t's own day for n of 0 or
// less.
func (c *Calendar) AddBusinessDays(t time.Time, n int) time.Time {
	y, m, d := t.In(c.zone).Date()
	day := time.Date(y, m, d, 12, 0, 0, 0, c.zone)
	limit := day.Add(farthest * time.Duration(max(n, 0)))
	for n > 0 && day.Before(limit) {
		day = day.AddDate(0, 0, 1)
		if opening, _ := c.openingOn(day); opening != (span{}) {
			n--
		}
	}
	return day
}
