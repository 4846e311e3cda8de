package main

import (
	"context"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/private"
	"secondline/ivr"
)

// actKind names what an executor does.
type actKind string

// What an executor does to keep a promise.
const (
	actCall actKind = "call" // a machine begins a call
	actHand actKind = "hand" // a person calls by hand
	actText actKind = "text"
	// actTask is a person told that something is to be done.
	actTask    actKind = "task"
	actReached actKind = "reached"
)

// act is something that was done.
type act struct {
	at   time.Time
	kind actKind
}

// executor keeps promises: the line's own decisions in memory, or in a test
// something that does wrong.
type executor interface {
	// Keep carries out a promise from the delivery to its end. It asks answers
	// at every call, and tells report everything that it does, in order of
	// time. An error is one of its own, never a promise that was broken.
	Keep(ctx context.Context, p hours.Promise, answers func() bool, report func(act)) error
}

// lineExecutor decides as the line does, with the very same functions, whenever the
// line would look at the promise. What it decides is done at once and without fault:
// a coordinator is always there, and one who has the task calls when the plan says.
// Of the texts that tell of a call the two that the plan has times for are counted.
type lineExecutor struct{}

var _ executor = lineExecutor{}

// Keep carries out a promise. The error is the context's.
func (lineExecutor) Keep(ctx context.Context, p hours.Promise, answers func() bool, report func(act)) error {
	k := &keeping{
		o: owedOf(p), p: &casestore.Promise{Case: "c1", State: casestore.PromiseOpen, Delivered: p.Delivered, Next: p.Delivered},
		answers: answers, report: report,
	}
	k.update, k.hand = updateOf(k.o.PlanOf(k.p)), k.handAt()
	for ctx.Err() == nil && k.p.State == casestore.PromiseOpen {
		k.look(k.p.Next)
	}
	return ctx.Err()
}

// owedOf gives what the line would read of a promise.
func owedOf(p hours.Promise) ivr.Owed {
	c := &casestore.Case{ID: "c1", Stage: casestore.StageDelivered, Language: "en", Caller: private.Of("+12125550142")}
	if p.Consents.Voicemail {
		c.SetConsent(casestore.Consent{Kind: "voicemail", Given: "yes"})
	}
	return ivr.Owed{
		Case: c, Legal: p.Legal, ZoneKnown: !p.ZoneNotKnown, Callable: true, BotFirst: p.BotFirst,
		Contact: casestore.Contact{Permissions: map[casestore.Channel]casestore.Permission{
			casestore.ByText: {Given: p.Consents.Texts}, casestore.ByAutomatedCall: {Given: p.Consents.AutomatedCalls},
		}},
	}
}

// updateOf is when the patient is told by text that there is news; zero for never.
func updateOf(plan hours.Plan) time.Time {
	i := slices.IndexFunc(plan.Texts, func(x hours.Text) bool { return x.Kind == hours.UpdateText })
	if i < 0 {
		return time.Time{}
	}
	return plan.Texts[i].At
}

// keeping is one promise that is being kept.
type keeping struct {
	o       ivr.Owed
	p       *casestore.Promise
	answers func() bool
	report  func(act)
	// update is when the text of the update is sent, hand when a person is to call
	// who has been told; zero for never.
	update, hand time.Time
}

// look does what the line does when it looks at the promise.
func (k *keeping) look(now time.Time) {
	if !k.update.IsZero() && !k.update.After(now) {
		k.report(act{k.update, actText})
		k.update = time.Time{}
	}
	change := ivr.Decide(k.p, k.o, now)
	for range change.Tasks {
		k.report(act{now, actTask})
	}
	for _, e := range change.Effects {
		if e.Kind == ivr.EffectPreCall {
			k.report(act{now, actText})
		}
	}
	switch t := change.Transfer; {
	case t != nil:
		k.p.Flight = ""
		k.call(now, actCall, casestore.Attempt{Transfer: t.ID, Voicemail: t.Out.Voicemail})
	case k.p.State == casestore.PromiseOpen && !k.p.Human.IsZero() && !k.hand.IsZero() && !k.hand.After(now):
		k.call(now, actHand, casestore.Attempt{ByHand: true})
	}
}

// handAt is when the plan has a person call next; zero where a machine does.
func (k *keeping) handAt() time.Time {
	plan := k.o.PlanOf(k.p)
	if a := slices.Concat(plan.Attempts, plan.After); len(a) > 0 && a[0].Kind == hours.ByHand {
		return a[0].At
	}
	return time.Time{}
}

// call is a call to the patient, who may answer. Else the promise is looked at again
// at once.
func (k *keeping) call(now time.Time, kind actKind, a casestore.Attempt) {
	k.report(act{now, kind})
	a.At, a.Result = now, "no_answer"
	if k.answers() {
		k.report(act{now, actReached})
		a.Result = "reached"
	}
	k.p.Attempts = append(k.p.Attempts, a)
	if a.Result == "reached" {
		k.p.End(casestore.PromiseKept, "reached", now)
		return
	}
	k.p.Next = now
	k.hand = k.handAt()
}
