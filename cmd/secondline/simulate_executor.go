package main

import (
	"context"
	"slices"
	"time"

	"secondline/internal/hours"
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

// executor keeps promises: the planner in memory, or the line's own scheduler.
type executor interface {
	// Keep carries out a promise from the delivery to its end. It asks answers
	// at every call, and tells report everything that it does, in order of
	// time. An error is one of its own, never a promise that was broken.
	Keep(ctx context.Context, p hours.Promise, answers func() bool, report func(act)) error
}

// memoryExecutor does what the plan says, at once and without fault, and plans
// again after every attempt.
type memoryExecutor struct{}

var _ executor = memoryExecutor{}

// Keep carries out a promise. The error is the context's.
func (memoryExecutor) Keep(ctx context.Context, p hours.Promise, answers func() bool, report func(act)) error {
	done := p.Delivered.Truncate(time.Minute).Add(-time.Minute)
	for ctx.Err() == nil {
		plan := p.Plan()
		next, ok := nextAttempt(plan)
		until := next.At
		if !ok {
			until = plan.Letter
		}
		if len(p.Earlier) > 0 {
			plan.Guards.Missed = time.Time{}
		}
		tell(plan, done, until, report)
		if !ok {
			report(act{plan.Letter, actTask})
			return nil
		}
		kind := map[bool]actKind{true: actHand, false: actCall}[next.Kind == hours.ByHand]
		report(act{next.At, kind})
		if answers() {
			report(act{next.At, actReached})
			return nil
		}
		p.Earlier = append(p.Earlier, hours.Made{At: next.At, ByHand: next.Kind == hours.ByHand, Voicemail: next.Voicemail})
		done = next.At
	}
	return ctx.Err()
}

func nextAttempt(plan hours.Plan) (hours.Attempt, bool) {
	for _, list := range [][]hours.Attempt{plan.Attempts, plan.After} {
		if len(list) > 0 {
			return list[0], true
		}
	}
	return hours.Attempt{}, false
}

// tell reports the texts and tasks that fall after done, up to until.
func tell(plan hours.Plan, done, until time.Time, report func(act)) {
	var due []act
	g := plan.Guards
	for _, at := range []time.Time{g.Human, g.Supervisor, g.Missed} {
		due = append(due, act{at, actTask})
	}
	for _, x := range plan.Texts {
		due = append(due, act{x.At, actText})
	}
	slices.SortStableFunc(due, func(a, b act) int { return a.at.Compare(b.at) })
	for _, a := range due {
		if a.at.After(done) && !a.at.After(until) {
			report(a)
		}
	}
}
