package hours

import "time"

// SlotKind names a part of a day.
type SlotKind string

// The parts of a day that a person may choose to be called in.
const (
	Today     SlotKind = "today"
	Morning   SlotKind = "morning"
	Afternoon SlotKind = "afternoon"
	Evening   SlotKind = "evening"
)

// Slot is a time that may be chosen: one at which the line is open and at which
// it is a decent hour wherever the person may be.
type Slot struct {
	Kind SlotKind
	At   time.Time
	// Tomorrow says that At is on the day after the present one, by the person's
	// own clock.
	Tomorrow bool
}

// The decent hours, by the person's clock, and where a part of the day
// begins, is best, and ends, in minutes from midnight.
const decentFrom, decentTo = 8 * 60, 20 * 60

var dayParts = []struct {
	kind           SlotKind
	from, best, to int
}{{Morning, decentFrom, 10 * 60, 12 * 60}, {Afternoon, 12 * 60, 14 * 60, 17 * 60}, {Evening, 17 * 60, 18 * 60, decentTo}}

const (
	// soonest is how far ahead the first time is that can be chosen today.
	soonest = time.Hour
	// slotStep is the grid of times; half an hour is what is spoken well.
	slotStep = 30 * time.Minute
	// slotDays is how many days ahead are looked at.
	slotDays = 10
)

// Slots gives the times that a person may choose from: later today, and the
// morning, afternoon and evening of the next day that has any of them. What has
// no time is left out. zones are all in which the person may be, the first one's
// clock being theirs; without any it is the line's own.
func (c *Calendar) Slots(now time.Time, zones []*time.Location) []Slot {
	if len(zones) == 0 {
		zones = []*time.Location{c.zone}
	}
	local := now.In(zones[0])
	var out []Slot
	if at, ok := c.firstSlot(now.Add(soonest), dayStart(local, 1), zones); ok {
		out = append(out, Slot{Kind: Today, At: at})
	}
	for day := 1; day <= slotDays; day++ {
		start := dayStart(local, day)
		var found []Slot
		for _, part := range dayParts {
			if at, ok := c.bestSlot(start, part.from, part.best, part.to, zones); ok {
				found = append(found, Slot{Kind: part.kind, At: at, Tomorrow: day == 1})
			}
		}
		if len(found) > 0 {
			return append(out, found...)
		}
	}
	return out
}

// dayStart gives the midnight that begins the day which is so many days after
// that of a local time.
func dayStart(local time.Time, days int) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, local.Location())
}

func (c *Calendar) firstSlot(from, to time.Time, zones []*time.Location) (time.Time, bool) {
	at := from.Truncate(slotStep)
	if at.Before(from) {
		at = at.Add(slotStep)
	}
	for ; at.Before(to); at = at.Add(slotStep) {
		if c.decent(at, zones) {
			return at, true
		}
	}
	return time.Time{}, false
}

// bestSlot gives the time of a part of a day that is nearest to its best.
func (c *Calendar) bestSlot(start time.Time, from, best, to int, zones []*time.Location) (time.Time, bool) {
	at := func(minute int) time.Time {
		y, m, d := start.Date()
		return time.Date(y, m, d, 0, minute, 0, 0, start.Location())
	}
	step := int(slotStep / time.Minute)
	for away := 0; best+away < to || best-away >= from; away += step {
		for _, minute := range []int{best + away, best - away} {
			if minute >= from && minute < to && c.decent(at(minute), zones) {
				return at(minute), true
			}
		}
	}
	return time.Time{}, false
}

// decent says whether a call of half an hour from t on may be made.
func (c *Calendar) decent(t time.Time, zones []*time.Location) bool {
	last := t.Add(slotStep - time.Minute)
	if !c.Open(t) || !c.Open(last) {
		return false
	}
	for _, zone := range zones {
		for _, moment := range []time.Time{t, last} {
			local := moment.In(zone)
			if minute := local.Hour()*60 + local.Minute(); minute < decentFrom || minute >= decentTo {
				return false
			}
		}
	}
	return true
}

// DueBy gives the time by which a call that is owed from now on, by t, can be made
// at a decent hour: t itself where a half hour before it is one, else the end of
// the first such half hour after t. Where none comes within slotDays it is t: then
// a person must find a way.
func (c *Calendar) DueBy(now, t time.Time, zones []*time.Location) time.Time {
	if _, ok := c.firstSlot(now, t.Add(time.Minute-slotStep), zones); ok || len(zones) == 0 {
		return t
	}
	if at, ok := c.firstSlot(t, t.AddDate(0, 0, slotDays), zones); ok {
		return at.Add(slotStep)
	}
	return t
}
