package hours

import (
	"maps"
	"sync/atomic"
	"time"
)

// The default of Legal's margin, and what is left at least of a window when a
// call begins.
const (
	ClosingMargin = 15 * time.Minute
	leastLeft     = 10 * time.Minute
)

// Legal says when one person may be called: while the line is open, every zone
// the person may be in is inside the person's window, and no overlay forbids it
// . It never changes and is safe for concurrent use.
type Legal struct {
	line   *Calendar
	margin time.Duration
	person []*Calendar
	clock  *time.Location
	// none is the longest time without a legal start that was looked for last.
	none atomic.Pointer[gap]
}

// gap is a time in which no call may begin: from from on, until at.
type gap struct{ from, at time.Time }

// NewLegal joins the line's hours with a person's. An empty set of zones stands
// for all zones of the United States. margin is the last time before closing in
// which nobody is called any more: ClosingMargin, as a rule.
func NewLegal(line *Calendar, zones ZoneSet, window Window, margin time.Duration, overlays ...Overlay) *Legal {
	out := &Legal{line: line, margin: max(margin, 0)}
	for _, zone := range zonesOrAll(zones) {
		if out.clock == nil {
			out.clock = zone
		}
		out.person = append(out.person, personal(zone, window.span(), overlays))
	}
	return out
}

func zonesOrAll(zones ZoneSet) []*time.Location {
	if zones.Empty() {
		zones, _ = NewZoneSet(FromCountry, ZonesOfCountry("US")...)
	}
	return zones.Locations()
}

// personal gives a person's hours in a zone as the calendar of a line.
func personal(zone *time.Location, window span, overlays []Overlay) *Calendar {
	out := &Calendar{zone: zone, shut: map[int]string{}}
	for day := range out.days {
		out.days[day] = window
	}
	for _, o := range overlays {
		for day := range out.days {
			out.days[day] = out.days[day].within(o.days[day])
		}
		if o.shut != nil {
			maps.Copy(out.shut, o.shut())
		}
	}
	return out
}

// Clock is the zone, of those the person may be in, whose times of day are said
// to the person: the most common.
func (l *Legal) Clock() *time.Location { return l.clock }

// Blocks gives the time from from to to, that one not included, in which the
// person may be called: in order, never empty, never touching.
func (l *Legal) Blocks(from, to time.Time) []Block {
	open := shorten(l.line.Blocks(from, to.Add(l.margin)), l.margin)
	return common(open, l.Texts(from, to))
}

// Texts gives the time in which the person may be texted: as Blocks does, but
// the line need not be open.
func (l *Legal) Texts(from, to time.Time) []Block {
	out := []Block{{from, to}}
	for _, zone := range l.person {
		if out = common(out, zone.Blocks(from, to)); len(out) == 0 {
			return nil
		}
	}
	return out
}

// Next gives the first minute, at or after t, at which a call may begin, ten
// minutes of legal time ahead of it; false when there is none within 400
// days.
func (l *Legal) Next(t time.Time) (time.Time, bool) {
	t = ceilMinute(t)
	if g := l.none.Load(); g != nil && !t.Before(g.from) && !t.After(g.at) {
		return g.at, true
	}
	at, ok := firstStart(l.Blocks, t, leastLeft)
	if ok && at.Sub(t) > worthKeeping {
		l.none.Store(&gap{t, at})
	}
	return at, ok
}

// worthKeeping is how long a time without a legal start is that is not looked for
// again at once: the way over months is long.
const worthKeeping = 48 * time.Hour

// firstStart gives the first minute at or after t that has least of a block ahead
// of it. It looks ahead a day, then two, then four.
func firstStart(blocks func(from, to time.Time) []Block, t time.Time, least time.Duration) (time.Time, bool) {
	for days, from := 1, t; from.Before(t.Add(farthest)); days *= 2 {
		to := from.AddDate(0, 0, days)
		for _, b := range shorten(blocks(from, to.Add(least)), least-time.Minute) {
			if at := later(b.From, t); at.Before(to) {
				return at, true
			}
		}
		from = to
	}
	return time.Time{}, false
}

// nearest gives the start nearest to a time of day, in minutes from midnight by
// zone's clock on the date on which a block begins; false when no block is long
// enough.
func nearest(blocks []Block, zone *time.Location, minute int) (best time.Time, ok bool) {
	var least time.Duration
	for _, b := range shorten(blocks, leastLeft-time.Minute) {
		y, m, d := b.From.In(zone).Date()
		want := time.Date(y, m, d, 0, minute, 0, 0, zone)
		at := earlier(later(want, b.From), b.To.Add(-time.Minute)).In(zone)
		if away := at.Sub(want).Abs(); !ok || away < least {
			best, least, ok = at, away, true
		}
	}
	return best, ok
}

func ceilMinute(t time.Time) time.Time {
	if floor := t.Truncate(time.Minute); !floor.Equal(t) {
		return floor.Add(time.Minute)
	}
	return t
}
