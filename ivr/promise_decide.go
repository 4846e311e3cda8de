package ivr

import (
	"slices"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/private"
)

// Decide does what a promise needs now: it changes p, whose call is not in flight,
// and gives what is to be done besides. It reads no clock and no store, and asked
// again with nothing changed it does nothing twice.
func Decide(p *casestore.Promise, o Owed, now time.Time) casestore.PromiseChange {
	d := deciding{p: p, o: o, now: now}
	if p.State != casestore.PromiseOpen {
		p.Next = time.Time{}
		return d.change
	}
	if o.Case.Stage != casestore.StageDelivered {
		p.EndWithStage(o.Case.Stage, now)
		return d.change
	}
	// Twice: what is refused now has another plan.
	for range 2 {
		d.plan = o.PlanOf(p)
		d.guards()
		d.tell()
		if d.attempt() {
			break
		}
	}
	d.letter()
	d.next()
	return d.change
}

// deciding is a look at a promise.
type deciding struct {
	p      *casestore.Promise
	o      Owed
	now    time.Time
	plan   hours.Plan
	change casestore.PromiseChange
}

func (d *deciding) note(what, why string, about time.Time) {
	d.p.Note(casestore.Decision{At: d.now, What: what, Why: why, About: about})
}

// guards tells people in time: the coordinator, the supervisor, and everybody when
// the promise is broken (rules.md 5.5).
func (d *deciding) guards() {
	g := d.plan.Guards
	if d.plan.NoLegalMinute && !d.p.NoLegalMinute {
		d.p.NoLegalMinute = true
		d.note("no_legal_minute", "", d.plan.FirstLegalAfter)
	}
	if due(g.Human, d.now) && d.p.Human.IsZero() {
		d.toPerson(d.whyPerson())
	}
	if (due(g.Supervisor, d.now) || d.p.Unanswered >= mostUnanswered) && d.p.Supervisor.IsZero() {
		why := "little_time"
		if !due(g.Supervisor, d.now) {
			why = "nobody_took_it"
		}
		d.toPerson(d.whyPerson())
		d.p.Supervisor = d.now
		d.note("supervisor", why, time.Time{})
	}
	if due(g.Missed, d.now) && !d.p.Missed && !d.attempted() {
		d.p.Missed = true
		d.toPerson(d.whyPerson())
		d.note("missed", "", d.plan.Deadline)
	}
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// attempted says whether the patient was called since delivery.
func (d *deciding) attempted() bool {
	for _, a := range d.p.Attempts {
		if !a.At.Before(d.p.Delivered) {
			return true
		}
	}
	return false
}

func (d *deciding) whyPerson() string {
	switch {
	case d.o.refused() != "":
		return d.o.refused()
	case d.plan.NoLegalMinute:
		return "no_legal_minute"
	}
	return "little_time"
}

// toPerson opens the task of a person, once.
func (d *deciding) toPerson(why string) {
	if !d.p.Human.IsZero() {
		return
	}
	d.p.Human = d.now
	d.p.Task = d.taskID(casestore.TaskPromise)
	by := d.plan.Deadline
	switch {
	case !d.p.Chosen.IsZero():
		by = d.p.Chosen
	case d.plan.NoLegalMinute && !d.plan.FirstLegalAfter.IsZero():
		by = d.plan.FirstLegalAfter.Add(time.Hour)
	}
	d.change.Tasks = append(d.change.Tasks, &casestore.Task{
		ID: d.p.Task, Kind: casestore.TaskPromise, Due: by, Owner: d.o.Case.Coordinator, Phone: d.o.Case.Phone(), Case: d.p.Case, Opened: d.now,
		Language: foreign(d.o.Case.Language),
	})
	d.note("coordinator", why, by)
}

// taskID names the task of a kind that is opened now: the same when it is decided
// again.
func (d *deciding) taskID(kind casestore.TaskKind) string {
	return "t" + string(d.p.Case) + "." + string(kind) + "." + strconv.FormatInt(d.now.UnixMilli(), 36)
}

// foreign gives a language for a person to speak; empty for English.
func foreign(language string) string {
	if language == english {
		return ""
	}
	return language
}

// toldApart is how far apart texts that tell of a call are at least.
const toldApart = 2 * time.Hour

// tell has the text sent that tells of a call half an hour before it. While no
// coordinator takes the call, nothing more is announced: it may not come.
func (d *deciding) tell() {
	if d.p.Unanswered > 0 {
		return
	}
	for _, x := range d.plan.Texts {
		call := x.At.Add(30 * time.Minute)
		if x.Kind != hours.PreCallText || x.At.After(d.now) || d.now.After(call.Add(-5*time.Minute)) || !d.p.Announced.IsZero() && call.Before(d.p.Announced.Add(toldApart)) {
			continue
		}
		d.p.Announced = call
		d.effect(EffectPreCall, call)
		d.note("pre_call_text", "", call)
	}
}

func (d *deciding) effect(kind casestore.EffectKind, about time.Time) {
	d.change.Effects = append(d.change.Effects, casestore.Effect{Kind: kind, Data: string(d.p.Case) + "|" + strconv.FormatInt(about.Unix(), 10)})
}

// attempt begins the call that is due, if there is one. It says whether nothing
// is left to be planned anew.
func (d *deciding) attempt() bool {
	a, ok := d.nextAttempt()
	if !ok || a.At.After(d.now) {
		return true
	}
	if a.Kind == hours.ByHand {
		d.toPerson(string(reasonOf(a)))
		d.note("by_hand", string(reasonOf(a)), a.At)
		return true
	}
	chosen := a.Why[0] == hours.PatientChose || a.Why[0] == hours.ChosenLineClosed
	if why := d.o.MayDial(d.p, "", chosen, d.now); why != "" {
		d.note("not_called", why, a.At)
		if why == WhyWindow || why == WhyCaps || why == WhyPaused {
			d.p.NotBefore = d.now.Add(time.Minute)
			return false
		}
		d.toPerson(why)
		return true
	}
	t := &casestore.Transfer{
		ID: "o" + string(d.p.Case) + "." + strconv.FormatInt(d.now.UnixMilli(), 36), State: casestore.TransferWaiting, Line: d.o.Line,
		Caller: d.o.Case.Phone(), Language: d.o.Case.Language, Wanted: foreign(d.o.Case.Language), Reason: "promise", Case: d.p.Case,
		LastFour: lastFour(d.o.Case.Number.Reveal()), Verified: true, Assigned: d.o.Case.Coordinator, Opened: d.now, RoundAt: d.now, Round: 1,
		Out: &casestore.Outreach{Due: d.plan.Deadline, Kind: casestore.TaskPromise, Plan: a.At, Chosen: chosen, Voicemail: a.Voicemail},
	}
	if chosen {
		t.Out.Due = d.p.Chosen
	}
	what := "ringing_coordinators"
	if a.Kind == hours.BotFirst {
		what = "voice_calls"
		t.State, t.Out.Bot, t.Out.State, t.Out.At = casestore.TransferTaken, true, casestore.LegAsked, d.now
	}
	d.p.Flight = t.ID
	d.change.Transfer = t
	d.note(what, string(a.Why[0]), a.At)
	return true
}

func reasonOf(a hours.Attempt) hours.Reason { return a.Why[len(a.Why)-1] }

func lastFour(number string) private.Text { return private.Of(number[max(0, len(number)-4):]) }

func (d *deciding) nextAttempt() (hours.Attempt, bool) {
	for _, list := range [][]hours.Attempt{d.plan.Attempts, d.plan.After} {
		for _, a := range list {
			if a.Kind == hours.ByHand && !a.At.After(d.now) && !d.p.Human.IsZero() {
				continue // told; a person has it
			}
			return a, true
		}
	}
	return hours.Attempt{}, false
}

// letter hands the case to a person when all was in vain: it never closes by
// itself.
func (d *deciding) letter() {
	if d.p.Flight != "" || !due(d.plan.Letter, d.now) || !d.p.Letter.IsZero() {
		return
	}
	d.p.Letter = d.now
	d.change.Tasks = append(d.change.Tasks, &casestore.Task{
		ID: d.taskID(casestore.TaskLetter), Kind: casestore.TaskLetter, Due: d.now.Add(24 * time.Hour), Owner: d.o.Case.Coordinator, Phone: d.o.Case.Phone(),
		Case: d.p.Case, Opened: d.now, Language: foreign(d.o.Case.Language),
	})
	d.effect(EffectLast, d.now)
	d.p.End(casestore.PromiseOver, "letter", d.now)
}

// next says when the promise is looked at again: at the first thing to come.
func (d *deciding) next() {
	if d.p.State != casestore.PromiseOpen {
		return
	}
	if d.p.Flight != "" {
		d.p.Next = d.now.Add(inFlight)
		return
	}
	at := d.now.Add(lookAgain)
	sooner := func(t time.Time) {
		if t.After(d.now) && t.Before(at) {
			at = t
		}
	}
	g := d.plan.Guards
	for _, t := range []time.Time{g.Human, g.Supervisor, g.Missed, d.plan.Letter} {
		sooner(t)
	}
	for _, list := range [][]hours.Attempt{d.plan.Attempts, d.plan.After} {
		for _, a := range list {
			sooner(a.At)
		}
	}
	for _, x := range d.plan.Texts {
		if x.Kind == hours.PreCallText {
			sooner(x.At)
		}
	}
	if a, ok := d.nextAttempt(); ok {
		d.planned(a)
	}
	d.p.Next = at
}

// planned notes the attempt that comes next, once, and has the patient told of it by
// text where a call has just reached nobody.
func (d *deciding) planned(a hours.Attempt) {
	if i := slices.IndexFunc(backwards(d.p.Log), func(x casestore.Decision) bool { return x.What == "planned" }); i < 0 || !backwards(d.p.Log)[i].About.Equal(a.At) {
		d.note("planned", string(a.Why[0]), a.At)
	}
	n := len(d.p.Attempts)
	if n == 0 || !a.At.After(d.now) {
		return
	}
	last := d.p.Attempts[n-1]
	switch last.Result {
	case resultNoAnswer, resultBusy, resultMessage, resultCut, resultMachine, resultNoKey:
		if d.p.Regretted.Before(last.At) && d.now.Sub(last.At) < time.Hour {
			d.p.Regretted = last.At
			d.effect(EffectMissed, a.At)
		}
	}
}

func backwards(log []casestore.Decision) []casestore.Decision {
	out := slices.Clone(log)
	slices.Reverse(out)
	return out
}
