package ivr

import (
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// due gives the time by which something promised now is done: so much open time
// later, rounded up to the half hour, as it is spoken, and such that there is a
// decent hour before it where the person is.
func (s *Server) due(now time.Time, open time.Duration, zones []*time.Location) time.Time {
	due := s.calendar.AddOpen(now, open)
	if up := due.Truncate(30 * time.Minute); !up.Equal(due) {
		due = up.Add(30 * time.Minute)
	}
	return s.calendar.DueBy(now, due, zones)
}

// zonesOf gives the time zones in which somebody may be: what the answers tell,
// else the number; none where neither does.
func (s *Server) zonesOf(answers flow.Answers, number private.Text) []*time.Location {
	names := s.cfg.Zips.Zones(answers.Get("zip"))
	if offset := answers.Get("utc_offset"); offset != "" {
		names = []string{offset}
	}
	var out []*time.Location
	for _, name := range names {
		if zone, err := s.cfg.LoadZone(name); err == nil {
			out = append(out, zone)
		}
	}
	if len(out) > 0 || number.Empty() {
		return out
	}
	return s.cfg.ZonesOf(number.Reveal())
}
