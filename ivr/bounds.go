package ivr

import (
	"context"
	"time"

	"secondline/casestore"
)

// Bounds are what callers, and calls to them, can use up (rules.md 3.1: flood, toll
// fraud); 0 is no bound.
type Bounds struct {
	// PerCaller is how many calls of one number are taken in ten minutes,
	// PerCallerAtOnce how many at the same time. Who calls more is called back.
	PerCaller, PerCallerAtOnce int
	// AtOnce is how many calls go on at the same time in all; beyond it only numbers
	// of which something is known are answered.
	AtOnce int
	// OutADay is how many calls to patients are dialled in 24 hours, OutPerPrefixADay
	// how many to numbers that share all but the last four digits, OutPerCountryADay
	// how many to one country abroad.
	OutADay, OutPerPrefixADay, OutPerCountryADay int
}

const (
	aDay = 24 * time.Hour
	// longestCall is how long a caller may go through menus; nobody who listens
	// needs as long, and a machine that presses keys is paid by the minute.
	longestCall = 2 * time.Hour
)

// Where a call begins that is one too many.
const (
	toOften      = "main.often"
	toOftenAgain = "main.often_again"
	toFull       = "main.full"
	toLong       = "main.long"
)

// crowded gives the step for a call that is one too many, and the bound that it met;
// "" for all others. Nobody is turned away for calling often without being owed a
// call, and one at a time; who withholds the number is counted with everybody only.
func (s *Server) crowded(ctx context.Context, who caller, known casestore.Greeting) (step, bound string, err error) {
	if _, member := s.member(who.number); member {
		return "", "", nil
	}
	b := s.cfg.Bounds
	over := 0
	if !who.number.Empty() {
		over = beyond(known.Recent, b.PerCaller)
	}
	if !who.number.Empty() && !known.Known {
		// Several patients of a ward may call from behind one number.
		over = max(over, beyond(known.Talking, b.PerCallerAtOnce))
	}
	switch {
	case over > 0:
		owed, err := s.store.OwedCall(ctx, who.id)
		return either(owed, toOftenAgain, toOften), "caller", err
	case !known.Known && beyond(int(s.crowd.Add(1)), b.AtOnce) > 0:
		return toFull, "all", nil
	}
	return "", "", nil
}

// beyond is by how much n is above a bound.
func beyond(n, bound int) int {
	if bound == 0 {
		return 0
	}
	return max(0, n-bound)
}

// tooLong says whether a call has gone on through menus for longer than anybody
// needs. Who works here may.
func tooLong(c *casestore.Conversation, now time.Time) bool {
	return now.Sub(c.Started) > longestCall && !c.SignedIn
}

// WhyBound is the reason for a call to a patient that met a bound of all calls out.
const WhyBound = "bound"

// bounded counts a call to a patient that is about to be dialled, once; it says
// whether there are too many. Then somebody must look: a flood, or a bound that has
// become too low.
func (s *Server) bounded(ctx context.Context, t *casestore.Transfer) (bool, error) {
	type bound struct {
		name, of string
		most     int
	}
	b, number, once := s.cfg.Bounds, t.Caller.Reveal(), t.ID
	if t.Out.Task != "" {
		once = roundName(t.ID) // rounds that were not made count once
	}
	all := []bound{{"prefix", "calls to prefix " + number[:max(0, len(number)-4)], b.OutPerPrefixADay}, {"day", "calls out", b.OutADay}}
	if !s.cfg.Home(number) {
		all = append(all, bound{"country", "calls to country " + s.cfg.Country(number), b.OutPerCountryADay})
	}
	for _, bound := range all {
		if bound.most == 0 {
			continue
		}
		ok, err := s.store.Cap(ctx, bound.of, once, bound.most, aDay)
		if err != nil {
			return false, err
		}
		if !ok {
			s.metrics.bounds.WithLabelValues(bound.name).Inc()
			s.log.Error("a bound of calls to patients is reached; the call is not made now, and a person is told", "bound", bound.name, "most", bound.most, "transfer", t.ID)
			return true, nil
		}
	}
	return false, nil
}

// CountCalls looks how many calls are in progress; every replica does, all the time.
func (s *Server) CountCalls(ctx context.Context) {
	n, err := s.store.CallsInProgress(ctx)
	if err != nil {
		s.log.Warn("the calls in progress cannot be counted", "err", err)
		return
	}
	s.crowd.Store(int64(n))
	s.metrics.inProgress.Set(float64(n))
}
