package ivr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/intake"
)

// The promise of a call after delivery is kept by looking at it whenever it is due:
// the plan is made anew of what has happened (internal/hours), and whatever it says
// for now is done. Every look ends in the time of the next one, so a promise that
// is open is always on the schedule.

// What is told by text around the calls of a promise. The data of each is the
// case's ID, a bar, and the time it is about in Unix seconds.
const (
	EffectPreCall casestore.EffectKind = "text_pre_call"
	EffectMissed  casestore.EffectKind = "text_missed"
	EffectLast    casestore.EffectKind = "text_last"
)

const (
	// lookAgain is how long an open promise is left alone at most.
	lookAgain = 24 * time.Hour
	// inFlight is how often a call that is being made is looked after.
	inFlight = 10 * time.Second
	// tryAgain is how long after no coordinator took a call they are rung again;
	// unanswered rounds go to the supervisor (rules.md 5.5, 7).
	tryAgain       = 10 * time.Minute
	mostUnanswered = 3
	// promiseLease is how long one replica has a promise to itself: what a dead one
	// had is taken over after it. promiseBatch is how many it takes at a time.
	promiseLease = 30 * time.Second
	promiseBatch = 50
)

// Why a call is not made now: the conditions that are asked when it is dialled, in
// this order (R-13, R-15, rules.md 5.5, 6).
const (
	WhyStage    = "stage"        // the request is not at "delivered" any more
	WhyMoved    = "moved"        // made, moved or ended meanwhile
	WhyWrong    = "wrong_number" // the number is not the patient's
	WhyOptedOut = "opted_out"    // a person decides
	WhyWindow   = "window"       // less than ten minutes of legal time are left
	WhyCaps     = "caps"         // three calls in 24 hours
	WhyCountry  = "country"      // the line does not dial there
	WhyWrites   = "cannot_talk"  // the patient is written to
	WhyPaused   = "paused"       // Redis may lose that we have called, or an opt-out
)

// Owed is what a promise follows from, as it was read together.
type Owed struct {
	Case    *casestore.Case
	Contact casestore.Contact
	// Supervisor is the roster ID that a promise at risk goes to; may be empty.
	Supervisor string
	// Line is the name of the line whose number the patient sees.
	Line string
	// Legal is when the patient may be called; ZoneKnown says that the zones are
	// the patient's own.
	Legal     *hours.Legal
	ZoneKnown bool
	// Callable says that the line dials the number's country, LineOpen that it is
	// open, and for ten minutes more.
	Callable, LineOpen bool
	// BotFirst asks for calls that an automated voice begins.
	BotFirst bool
	// Paused says that nothing may be sent now, whoever it is for.
	Paused bool
}

// PlanOf gives the plan that follows from what a promise has come to.
func (o Owed) PlanOf(p *casestore.Promise) hours.Plan { return o.PlannedFrom(p).Plan() }

// PlannedFrom gives what the plan of a promise is made from.
func (o Owed) PlannedFrom(p *casestore.Promise) hours.Promise {
	in := hours.Promise{
		Delivered: p.Delivered, Legal: o.Legal, ZoneNotKnown: !o.ZoneKnown, MaxPerDay: hours.MaxPerDay, Chosen: p.Chosen, NotBefore: p.NotBefore,
		BotFirst: o.BotFirst, CallsRefused: o.refused() != "",
		Consents: hours.Consents{
			Texts:          o.Contact.May(casestore.ByText, false) == casestore.OK,
			AutomatedCalls: o.Contact.May(casestore.ByAutomatedCall, false) == casestore.OK,
			Voicemail:      o.voicemail(),
		},
	}
	for _, a := range p.Attempts {
		in.Earlier = append(in.Earlier, hours.Made{At: a.At, ByHand: a.ByHand, Voicemail: a.Voicemail})
	}
	return in
}

// refused says why no machine may dial the number at all: then a person decides.
func (o Owed) refused() string {
	switch {
	case o.Case.Phone().Empty() || !o.Callable:
		return WhyCountry
	case intake.Writes(o.Case.Answers):
		return WhyWrites
	case !o.Contact.Wrong.IsZero():
		return WhyWrong
	case !o.Contact.OptedOut.At.IsZero():
		return WhyOptedOut
	}
	return ""
}

// paused says whether nothing is to be sent now.
func (s *Server) paused(ctx context.Context) bool { return s.pause != nil && s.pause(ctx) != "" }

// voicemail says whether the patient allowed a message (D7-vm): the last answer
// counts.
func (o Owed) voicemail() bool {
	given := false
	for _, c := range o.Case.Consents {
		if c.Kind == "voicemail" {
			given = c.Given == "yes"
		}
	}
	return given
}

// MayDial asks every condition of a call; "" when it may be made now.
func (o Owed) MayDial(p *casestore.Promise, transfer string, chosen bool, now time.Time) string {
	switch {
	case o.Case.Stage != casestore.StageDelivered:
		return WhyStage
	case p.State != casestore.PromiseOpen, p.Flight != transfer:
		return WhyMoved
	case o.refused() != "":
		return o.refused()
	case o.Paused:
		return WhyPaused
	case chosen && !o.LineOpen, !chosen && !o.legalNow(now):
		return WhyWindow
	case dialledSince(p, now.Add(-24*time.Hour)) >= hours.MaxPerDay:
		return WhyCaps
	}
	return ""
}

// legalNow says whether ten minutes of legal time are ahead.
func (o Owed) legalNow(now time.Time) bool {
	next, ok := o.Legal.Next(now.Truncate(time.Minute))
	return ok && !next.After(now)
}

func dialledSince(p *casestore.Promise, since time.Time) int {
	n := 0
	for _, a := range p.Attempts {
		if !a.ByHand && a.At.After(since) {
			n++
		}
	}
	return n
}

// TickPromises looks at what is due. Every replica may run it at once.
func (s *Server) TickPromises(ctx context.Context) {
	started := s.now()
	s.eachDue(ctx, casestore.DuePromise, func(d casestore.Due) error { return s.keepPromise(ctx, d.Partition, casestore.CaseID(d.ID)) })
	s.metrics.tick.Observe(s.now().Sub(started).Seconds())
}

// eachDue does everything that is due of a kind. What fails is due again when its
// lease has run out.
func (s *Server) eachDue(ctx context.Context, kind casestore.EffectKind, do func(casestore.Due) error) {
	for {
		due, more, err := s.store.ClaimDue(ctx, kind, promiseBatch, promiseLease)
		if err != nil {
			s.log.Warn("what is due cannot be read", "kind", kind, "err", err)
		}
		for i, d := range due {
			if ctx.Err() != nil {
				s.giveBack(ctx, due[i:])
				return
			}
			if err := do(d); err != nil {
				s.log.Warn("what is due is looked at again", "kind", kind, "id", d.ID, "err", err)
			}
		}
		if !more || err != nil {
			return
		}
	}
}

// giveBack hands leases back when this replica stops.
func (s *Server) giveBack(ctx context.Context, due []casestore.Due) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.store.Return(ctx, due...); err != nil {
		s.log.Warn("leases are not handed back; they run out by themselves", "err", err)
	}
}

// Owed reads what the promise of a case follows from. It fails with ErrNotFound.
func (s *Server) Owed(ctx context.Context, p casestore.Partition, id casestore.CaseID) (Owed, error) {
	return s.owed(ctx, p, id)
}

// owed reads what a promise follows from.
func (s *Server) owed(ctx context.Context, p casestore.Partition, id casestore.CaseID) (Owed, error) {
	c, err := s.store.Case(ctx, p, id)
	if err != nil {
		return Owed{}, err
	}
	o := Owed{Case: c, Line: c.Line, BotFirst: s.cfg.BotFirst, Paused: s.paused(ctx)}
	for _, member := range s.cfg.Coordinators {
		if member.Supervisor && o.Supervisor == "" {
			o.Supervisor = member.ID
		}
	}
	phone := c.Phone()
	if !phone.Empty() {
		if o.Contact, err = s.store.ContactOf(ctx, phone); err != nil {
			return o, err
		}
		o.Callable = s.cfg.Callable(phone.Reveal())
	}
	o.LineOpen = s.calendar.State(s.now()) == "open" && s.calendar.NextClosing(s.now()).Sub(s.now()) >= 10*time.Minute
	o.Legal, o.ZoneKnown = s.legal(c.Answers.Get("zip"), c.Answers.Get("utc_offset"), phone.Reveal())
	return o, nil
}

// keepPromise looks at one promise. It may be called any number of times.
func (s *Server) keepPromise(ctx context.Context, p casestore.Partition, id casestore.CaseID) error {
	due := casestore.Due{Kind: casestore.DuePromise, ID: string(id), Partition: p}
	promise, err := s.store.Promise(ctx, p, id)
	if errors.Is(err, casestore.ErrNotFound) {
		return s.store.Finish(ctx, due)
	}
	if err != nil {
		return err
	}
	if promise.Flight != "" {
		if over, err := s.lookAfter(ctx, p, promise); err != nil || !over {
			return err
		}
	}
	o, err := s.owed(ctx, p, id)
	if errors.Is(err, casestore.ErrNotFound) {
		s.log.Error("a promise has no case", "case", id)
		return s.store.Finish(ctx, due)
	}
	if err != nil {
		return err
	}
	var before, after casestore.Promise
	_, err = s.store.MovePromise(ctx, p, id, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		if pr.Flight != "" {
			return casestore.PromiseChange{}, false // somebody was faster
		}
		before = *pr
		change := Decide(pr, o, s.now())
		after = *pr
		return change, true
	})
	if err == nil {
		s.count(before, after)
	}
	if err == nil && after.Supervisor != before.Supervisor {
		err = s.toSupervisor(ctx, p, &after, o)
	}
	return err
}

// toSupervisor passes the open task on.
func (s *Server) toSupervisor(ctx context.Context, p casestore.Partition, promise *casestore.Promise, o Owed) error {
	s.log.Error("a promise is at risk", "case", promise.Case, "unanswered", promise.Unanswered)
	if promise.Task == "" || o.Supervisor == "" {
		return nil
	}
	_, err := s.store.MoveTask(ctx, p, promise.Task, func(t *casestore.Task) bool {
		open := t.Outcome == "" && t.Owner != o.Supervisor
		t.Owner, t.HeldUntil = o.Supervisor, time.Time{}
		return open
	})
	return err
}

// count makes the metrics follow what was decided.
func (s *Server) count(before, after casestore.Promise) {
	if after.Missed && !before.Missed {
		s.log.Error("a promise is broken: nobody has called", "case", after.Case)
		s.metrics.promises.WithLabelValues("missed").Inc()
	}
	if after.NoLegalMinute && !before.NoLegalMinute {
		s.metrics.promises.WithLabelValues("no_legal_minute").Inc()
	}
	if after.State != before.State {
		s.metrics.promises.WithLabelValues(string(after.State)).Inc()
	}
	if n := len(after.Log); n > len(before.Log) && after.Log[n-1].What == "not_called" {
		s.metrics.refusals.WithLabelValues(after.Log[n-1].Why).Inc()
	}
}

// SweepPromises has every open promise looked at for which nothing comes next, and
// says what it repaired.
func (s *Server) SweepPromises(ctx context.Context) {
	for p := range casestore.Partition(casestore.Partitions) {
		repairs, err := s.store.SweepPromises(ctx, p)
		for _, r := range repairs {
			s.metrics.repairs.WithLabelValues(r.What).Inc()
			s.log.Error("an open promise had nothing that comes next; it is repaired", "case", r.Case, "repair", r.What)
		}
		if err != nil {
			s.log.Warn("open promises cannot be swept", "err", err)
			return
		}
	}
	open, late, oldest, err := s.store.PromiseCounts(ctx)
	if err != nil {
		s.log.Warn("promises cannot be counted", "err", err)
		return
	}
	s.metrics.open.WithLabelValues("in_time").Set(float64(open - late))
	s.metrics.open.WithLabelValues("after_24_hours").Set(float64(late))
	s.metrics.oldest.Set(oldest.Seconds())
	s.countLeft(ctx)
}

// lookAfter sees to a call that is being made for a promise. It says whether the
// call is over and settled.
func (s *Server) lookAfter(ctx context.Context, p casestore.Partition, promise *casestore.Promise) (bool, error) {
	t, err := s.store.Transfer(ctx, p, promise.Flight)
	if errors.Is(err, casestore.ErrNotFound) {
		// It lives a day; who finds none knows nothing, and a person must look.
		s.log.Error("the call of a promise is lost", "case", promise.Case, "transfer", promise.Flight)
		_, err = s.store.MovePromise(ctx, p, promise.Case, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
			same := pr.Flight == promise.Flight
			pr.Flight = ""
			pr.Note(casestore.Decision{At: s.now(), What: "lost", Why: "transfer"})
			return casestore.PromiseChange{}, same
		})
		return err == nil, err
	}
	if err != nil {
		return false, fmt.Errorf("ivr: the call of a promise: %w", err)
	}
	if err := s.moveOut(ctx, p, t); err != nil {
		return false, err
	}
	promise, err = s.store.Promise(ctx, p, promise.Case)
	if err != nil {
		return false, err
	}
	if promise.Flight == t.ID {
		return false, s.store.Schedule(ctx, casestore.Due{Kind: casestore.DuePromise, ID: string(promise.Case), Partition: p}, s.now().Add(inFlight))
	}
	return promise.State == casestore.PromiseOpen, nil
}
