package casestore

import (
	"cmp"
	"context"
	"strings"
)

// Deed is one thing that was done, for the audit record. It holds names of
// things and words of the program's own, and nothing personal.
type Deed struct {
	Actor
	// What was done: "call.begin", "verify.try", "text.out".
	What string
	Case CaseID
	// Thing is the opaque name of a call, a text, a task; it may be empty.
	Thing   string
	Outcome string
}

// Actor is by whom something is done.
type Actor struct {
	// Who is a name without personal data, Role what they do it as.
	Who, Role string
	// Trace is the same in all that one request, or one call, brings about.
	Trace string
}

// theLine does what nobody has just asked for: what was due, and what waited.
var theLine = Actor{Who: "line", Role: "line"}

type actorKey struct{}

// By says who does what is done with the context.
func By(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// Record tells the audit record of what was done; it never waits, and cannot fail.
// What a deed does not say of the actor is taken from the context.
func (s *Store) Record(ctx context.Context, deeds ...Deed) {
	if s.trail == nil {
		return
	}
	by, ok := ctx.Value(actorKey{}).(Actor)
	if !ok {
		by = theLine
	}
	for _, d := range deeds {
		if d.Who == "" {
			d.Who, d.Role = by.Who, by.Role
		}
		d.Trace = cmp.Or(d.Trace, by.Trace)
		s.trail(d)
	}
}

// recordAll tells of what operations did, or of what they could not do.
func (s *Store) recordAll(ctx context.Context, deeds []Deed, err error) {
	if err != nil {
		for i := range deeds {
			deeds[i].Outcome = "failed"
		}
	}
	s.Record(ctx, deeds...)
}

func (o *operations) did(deeds ...Deed) { o.deeds = append(o.deeds, deeds...) }

// didContact tells of what changes of how a number may be reached.
func (o *operations) didContact(c Deed, change ContactChange) {
	add := func(what, thing, outcome string) {
		c.What, c.Thing, c.Outcome = what, thing, outcome
		o.did(c)
	}
	for by, p := range change.Permissions {
		add("consent", string(by), map[bool]string{true: "given", false: "refused"}[p.Given])
	}
	if stop := change.OptOut; stop != nil {
		add("optout", "", stop.How)
	}
	contact := func(what string, happened bool) {
		if happened {
			add("contact", "", what)
		}
	}
	contact("texts_back", !change.TextsBack.IsZero())
	contact("suspended", !change.Suspended.IsZero())
	contact("wrong_number", !change.Wrong.IsZero())
	contact("not_textable", change.NotTextable != "")
}

// didTransfer tells what happened between two states of a transfer: who was rung and
// what came of it, who was connected, and how the patient's own leg went.
func (o *operations) didTransfer(before, now *Transfer) {
	about := Deed{Case: now.Case, Thing: now.ID, Actor: Actor{Trace: now.Call}}
	add := func(what, outcome, coordinator string) {
		d := about
		d.What, d.Outcome = what, outcome
		if coordinator != "" {
			d.Who, d.Role = coordinator, "coordinator"
		}
		o.did(d)
	}
	if now.State != before.State {
		add("call.transfer", string(now.State), now.Taken)
	}
	for i, l := range now.Legs {
		was := Leg{}
		if i < len(before.Legs) {
			was = before.Legs[i]
		}
		if l.State != was.State && (l.State == LegDialling || l.State == LegAccepted || l.State == LegOver) {
			add("call.ring", cmp.Or(l.Result, string(l.State)), l.Coordinator)
		}
	}
	out, was := now.Out, before.Out
	if out == nil || was == nil {
		return
	}
	if out.State != was.State {
		about.Thing = cmp.Or(out.Call, now.ID)
		add("call.patient", string(out.State), "")
	}
	if out.Disposition != was.Disposition {
		add("call.disposition", out.Disposition, now.Taken)
	}
}

// copyOf is a transfer that a change of the other one leaves as it is.
func (t *Transfer) copyOf() *Transfer {
	c := *t
	c.Legs = append([]Leg(nil), t.Legs...)
	if t.Out != nil {
		out := *t.Out
		c.Out = &out
	}
	return &c
}

// didPromise tells what was decided about a promise in one step: planned, called,
// answered, refused, each with its reason.
func (o *operations) didPromise(p *Promise, known []Decision) {
	decided := p.Log[p.decidedAfter(known):]
	for _, d := range decided {
		o.did(Deed{What: "promise", Case: p.Case, Outcome: strings.TrimSpace(d.What + " " + d.Why)})
	}
	if len(decided) == 0 {
		o.did(Deed{What: "promise", Case: p.Case, Outcome: "changed"})
	}
}
