package intake

import (
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// Calendar says when the line is open.
type Calendar interface {
	// AddOpen gives t plus d of open time.
	AddOpen(t time.Time, d time.Duration) time.Time
	// DueBy gives the first time from t on by which a call that is owed from now on
	// can be made at a decent hour in all zones.
	DueBy(now, t time.Time, zones []*time.Location) time.Time
}

// Due gives the time by which something promised now is done: so much open time
// later, rounded up to the half hour, as it is spoken, and such that there is a
// decent hour before it where the person is.
func Due(c Calendar, now time.Time, open time.Duration, zones []*time.Location) time.Time {
	due := c.AddOpen(now, open)
	if up := due.Truncate(30 * time.Minute); !up.Equal(due) {
		due = up.Add(30 * time.Minute)
	}
	return c.DueBy(now, due, zones)
}

// Places says where somebody may be.
type Places struct {
	Zips ZipRules
	// Load loads a zone by its name.
	Load func(name string) (*time.Location, error)
	// OfNumber gives all the time zones that a number leaves possible, none for one
	// of the United States, where people take their numbers along.
	OfNumber func(e164 string) []*time.Location
}

// Zones gives the time zones in which somebody may be: what the answers tell, else
// the number; none where neither does.
func (p Places) Zones(answers flow.Answers, number private.Text) []*time.Location {
	names := p.Zips.Zones(answers.Get("zip"))
	if offset := answers.Get("utc_offset"); offset != "" {
		names = []string{offset}
	}
	var out []*time.Location
	for _, name := range names {
		if zone, err := p.Load(name); err == nil {
			out = append(out, zone)
		}
	}
	if len(out) > 0 || number.Empty() {
		return out
	}
	return p.OfNumber(number.Reveal())
}
