package ivr

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/hours"
	"secondline/internal/private"
)

// statusTries is how many pairs of number and date are heard in one call.
const statusTries = 3

// prepared is what was read for a turn before it is made: turns themselves only
// decide. The zero value is what most turns need.
type prepared struct {
	// allowed says that a guess may be judged, found is the case that it is about.
	allowed bool
	found   *casestore.Case
	// owed and state are for coordinators: what is owed first, and the team.
	// due is by when the promise after delivery says that a person calls.
	due   time.Time
	owed  []*casestore.Task
	count int
	state casestore.CoordinatorState
	taken bool
}

// The steps whose answer is judged by something that must be read first.
var (
	judgesStatus = map[string]bool{"status.born": true, "status.day": true, "returned.born": true, "returned.day": true}
	judgesPIN    = map[string]bool{"team.start": true, "team.start_again": true}
)

// prepare reads what the turn will need. Everything that a guess may depend on is
// read whether the guess is right or not.
func (s *Server) prepare(ctx context.Context, req request, c *casestore.Conversation) (prepared, error) {
	var p prepared
	var err error
	switch {
	case judgesStatus[c.State.At]:
		digits := c.State.Answers.Get("status_number")
		// Only a whole answer is a guess: a star, or a slip, is none.
		if !s.completes(c, req) {
			return p, nil
		}
		if p.allowed, err = s.store.Try(ctx, s.store.NumberSubject(digits), s.store.CallerSubject(req.who.id), s.store.EverySubject()); err != nil {
			return p, err
		}
		if p.found, err = s.store.Lookup(ctx, digits); err == nil {
			p.due, err = s.PromisedBy(ctx, p.found)
		}
	case judgesPIN[c.State.At] && s.completes(c, req):
		if p.allowed, err = s.store.Try(ctx, s.store.PINSubject(c.Member)); err != nil {
			return p, err
		}
		err = s.prepareTeam(ctx, c, &p)
	case c.SignedIn && c.State.Script() == "team":
		if err = s.prepareTeam(ctx, c, &p); err == nil {
			p.taken, err = s.takeTask(ctx, req, c, p.owed)
		}
	}
	return p, err
}

// PromisedBy is by when a patient is told that a person calls after delivery: 24
// hours later, at the time that was chosen, or, where no call is legal within the 24
// hours, an hour after the first minute in which one is. It is zero before delivery.
func (s *Server) PromisedBy(ctx context.Context, c *casestore.Case) (time.Time, error) {
	if c == nil || c.Stage != casestore.StageDelivered {
		return time.Time{}, nil
	}
	by := c.DeliveredAt.Add(hours.PromisedWithin)
	p, err := s.store.Promise(ctx, c.Partition, c.ID)
	switch {
	case errors.Is(err, casestore.ErrNotFound):
		return by, nil
	case err != nil:
		return time.Time{}, err
	case !p.Chosen.IsZero():
		return p.Chosen, nil
	case s.legal == nil:
		return by, nil
	}
	legal, _ := s.legal(c.Answers.Get("zip"), c.Answers.Get("utc_offset"), c.Phone().Reveal())
	plan := hours.Promise{Delivered: p.Delivered, Legal: legal, MaxPerDay: hours.MaxPerDay}.Plan()
	if plan.NoLegalMinute && !plan.FirstLegalAfter.IsZero() {
		return plan.FirstLegalAfter.Add(time.Hour).Truncate(30 * time.Minute), nil
	}
	return by, nil
}

// completes says whether the input is an answer that the step would have judged,
// and not a key that means the same everywhere or nothing at all.
func (s *Server) completes(c *casestore.Conversation, req request) bool {
	asked := false
	s.book.Answer(c.State, s.input(req), flow.Env{Now: req.who.now, Facts: s.facts(req.who, c.Home, c.ZoneKnown),
		Check: func(string, flow.Answers) flow.Outcome { asked = true; return judged }})
	return asked
}

// judged is what every look-up answers while it is only asked whether one will be
// made.
const judged = flow.Outcome("again")

// matchStatus judges a request number and a date of birth, and keeps what the
// stage's sentence needs.
func (t *turn) matchStatus(answers flow.Answers) flow.Outcome {
	c := t.pre.found
	born := answers.Get("status_born")
	right := c != nil && subtle.ConstantTimeCompare([]byte(c.Answers.Get("birth_date")), []byte(born)) == 1 && born != ""
	if c != nil && t.pre.allowed {
		// Who the call may be about is told to the person who takes it, never to
		// the caller.
		t.c.Named, t.c.NamedPlace, t.c.Coordinator = c.ID, c.Partition, c.Coordinator
		number := c.Number.Reveal()
		t.c.LastFour = private.Of(number[max(0, len(number)-4):])
	}
	for _, name := range []string{"status_number", "status_born", "status_year", "status_month", "status_day"} {
		delete(answers, name)
	}
	try := casestore.Deed{What: "verify.request", Outcome: either(t.pre.allowed, either(right, "match", "no_match"), "locked")}
	if c != nil && t.pre.allowed {
		try.Case = c.ID
	}
	t.change.Deeds = append(t.change.Deeds, try)
	if !t.pre.allowed {
		t.change.News = append(t.change.News, casestore.News{ID: "locked." + t.who.call + "." + strconv.Itoa(t.c.StatusTries), Type: casestore.VerificationLocked, Case: locked(c), At: t.who.now,
			Facts: map[string]string{"channel": "voice"}})
	}
	if !right || !t.pre.allowed {
		t.c.StatusTries++
		t.s.metrics.status.WithLabelValues(either(t.pre.allowed, "no_match", "locked")).Inc()
		if t.c.StatusTries >= statusTries {
			return "enough"
		}
		return "again"
	}
	t.c.Verified = true
	t.proved = true
	t.change.Deeds = append(t.change.Deeds, casestore.Deed{What: "case.read", Case: c.ID, Outcome: "told"})
	t.s.metrics.status.WithLabelValues("match").Inc()
	return t.stageOf(c, answers)
}

// locked names the case that nobody is told of for now; "" where the number is of none.
func locked(c *casestore.Case) casestore.CaseID {
	if c == nil {
		return ""
	}
	return c.ID
}

// stageOf gives the step that says how far a request is.
func (t *turn) stageOf(c *casestore.Case, answers flow.Answers) flow.Outcome {
	now := t.who.now
	due := func(at time.Time) { answers["status_due"] = private.Of(at.Format(time.RFC3339)) }
	switch c.Stage {
	case casestore.StageRequested:
		due(c.CallBy)
		return flow.Outcome(either(now.After(c.CallBy), "overdue", "received"))
	case casestore.StageCollectingRecords:
		answers["status_places"] = private.Of(strconv.Itoa(c.Waiting))
		switch {
		case c.ActionNeeded:
			return "action_needed"
		case c.Waiting > 0:
			return "collecting"
		}
		return "collecting_plain"
	case casestore.StageRecordsComplete, casestore.StageInReview:
		first, last := t.s.expected(c.RecordsAt)
		answers["status_eta"], answers["status_eta_last"] = private.Of(first.Format(time.RFC3339)), private.Of(last.Format(time.RFC3339))
		if now.After(last.AddDate(0, 0, 1)) || c.RecordsAt.IsZero() {
			return "taking_long"
		}
		return flow.Outcome(either(c.Stage == casestore.StageInReview, "in_review", "complete"))
	case casestore.StageDelivered:
		by := t.pre.due
		due(by)
		return flow.Outcome(either(now.After(by), "overdue", "delivered"))
	case casestore.StageFollowedUp:
		return "followed_up"
	case casestore.StageOnHold:
		return "on_hold"
	}
	return "closed"
}

// expected gives the days between which an opinion is usually there: five to
// seven business days after the records were complete (programme.md).
func (s *Server) expected(complete time.Time) (first, last time.Time) {
	return s.calendar.AddBusinessDays(complete, 5), s.calendar.AddBusinessDays(complete, 7)
}

// clear takes the count of a right guess back.
func (t *turn) clear(ctx context.Context, digits string) {
	if !t.proved {
		return
	}
	err := t.s.store.Clear(ctx, t.s.store.NumberSubject(digits), t.s.store.CallerSubject(t.who.id), t.s.store.EverySubject())
	if err != nil {
		t.s.log.Warn("a right answer stays counted as a try", "call", t.who.call, "err", err)
	}
}

// times gives what a caller may choose from, on the clock that the number makes
// likely, else on the line's. The time is read back with its zone and confirmed:
// a time that the caller chose is honoured.
func (t *turn) times() []Slot {
	var zones []*time.Location
	if !t.who.number.Empty() && t.s.cfg.ZoneOf != nil {
		if zone := t.s.cfg.ZoneOf(t.who.number.Reveal()); zone != nil {
			zones = append(zones, zone)
		}
	}
	return t.s.slots(t.who.now, zones)
}

// chooseSlot keeps the time that a key stands for.
func (t *turn) chooseSlot(answers flow.Answers) flow.Outcome {
	wanted := answers.Get("slot")
	i := slices.IndexFunc(t.times(), func(s Slot) bool { return s.Kind == wanted })
	if i < 0 {
		return "not_offered"
	}
	answers["slot_at"] = private.Of(t.times()[i].At.Format(time.RFC3339))
	return "offered"
}
