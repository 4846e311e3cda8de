package main

import (
	"context"
	"errors"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
	"secondline/internal/twiliosim/phone"
)

var _ phone.Deliverer = (*demoPhone)(nil)

// Deliver delivers an opinion to the caller's number.
func (x *demoPhone) Deliver(ctx context.Context) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c, err := x.delivers(ctx)
	if err != nil {
		return phone.View{}, err
	}
	now := x.w.clock.Now()
	if _, _, err = x.w.line.store.Advance(ctx, c.Partition, c.ID, casestore.StageDelivered, func(c *casestore.Case) { c.DeliveredAt = now }); err != nil {
		return phone.View{}, err
	}
	x.delivered = c
	x.w.line.due(ctx)
	return x.view(ctx)
}

// delivers gives the request of the caller's number; where there is none, a made-up
// one.
func (x *demoPhone) delivers(ctx context.Context) (*casestore.Case, error) {
	number := x.number()
	if number == "" {
		return nil, phone.ErrNotNow
	}
	if x.call != nil {
		c, err := x.w.caseOf(ctx, x.call)
		if err != nil {
			return nil, err
		}
		if c != nil && c.Number.Reveal() != "" {
			return x.w.line.store.Lookup(ctx, c.Number.Reveal())
		}
	}
	if c := x.madeUp[number]; c != nil {
		return c, nil
	}
	request, err := x.w.line.store.TakeNumber(ctx)
	if err != nil {
		return nil, err
	}
	now := x.w.clock.Now()
	c := &casestore.Case{
		ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: request, Line: "tollfree", Language: "en", Opened: now.Add(-72 * time.Hour),
		Caller: private.Of(number), Answers: map[string]private.Text{"birth_date": private.Of(worldBorn), "zip": private.Of("10001")},
		Consents: []casestore.Consent{{Kind: "voicemail", Given: "yes"}}, Coordinator: coordinatorID(x.w.team[0].Number),
	}
	if err := x.w.line.store.AddCase(ctx, c); err != nil {
		return nil, err
	}
	person := x.w.line.store.Ring().Person(private.Of(number))
	err = x.w.line.store.ChangeContact(ctx, person, casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{
		casestore.ByText: {Given: true, At: now, How: "demo", Prompt: "D7-text"}}})
	if err != nil {
		return nil, err
	}
	x.madeUp[number] = c
	return c, nil
}

// promise shows what is promised to whom the opinion was delivered last.
func (x *demoPhone) promise(ctx context.Context) (phone.Promise, error) {
	if x.delivered == nil {
		return phone.Promise{}, nil
	}
	p, err := x.w.line.store.Promise(ctx, x.delivered.Partition, x.delivered.ID)
	if errors.Is(err, casestore.ErrNotFound) {
		return phone.Promise{}, nil
	}
	if err != nil {
		return phone.Promise{}, err
	}
	out := phone.Promise{State: string(p.State), Next: explain.Next(p, x.w.zone),
		By: "Delivered " + explain.OnTime(p.Delivered, x.w.zone) + ". A person calls within 24 hours of that."}
	if !p.Chosen.IsZero() {
		out.By = "A person calls " + explain.OnTime(p.Chosen, x.w.zone) + ", which the patient chose."
	}
	for _, e := range explain.Promise(p, x.w.zone) {
		out.Log = append(out.Log, phone.Fact{When: inWords(e.At.In(x.w.zone), "Jan 2, 3:04 PM"), Value: e.Text})
	}
	return out, nil
}

// isCaller says whether a number is one of the demo's callers.
func (x *demoPhone) isCaller(number string) bool {
	for _, c := range demoCallers {
		if c.number != "" && c.number == number {
			return true
		}
	}
	return false
}

// called makes a call to the caller's telephone the one that the page shows.
func (x *demoPhone) called() {
	if x.call != nil && x.call.Await().Kind != twiliosim.AwaitNothing {
		return
	}
	number := x.number()
	if number == "" {
		return
	}
	calls := x.w.sim.CallsTo(number)
	if len(calls) == 0 {
		return
	}
	last := calls[len(calls)-1]
	if last.Status() != twiliosim.StatusQueued && !last.Status().Over() {
		x.call = last
	}
}
