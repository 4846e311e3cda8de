package ivr

import (
	"time"

	"secondline/internal/flow"
	"secondline/internal/intake"
	"secondline/internal/private"
)

// due gives the time by which something promised now is done.
func (s *Server) due(now time.Time, open time.Duration, zones []*time.Location) time.Time {
	return intake.Due(s.calendar, now, open, zones)
}

// zonesOf gives the time zones in which somebody may be.
func (s *Server) zonesOf(answers flow.Answers, number private.Text) []*time.Location {
	return intake.Places{Zips: s.cfg.Zips, Load: s.cfg.LoadZone, OfNumber: s.cfg.ZonesOf}.Zones(answers, number)
}
