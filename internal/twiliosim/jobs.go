package twiliosim

import (
	"context"
	"sync"
	"time"
)

// job is work that Twilio would do by itself after an answer.
type job struct {
	due   time.Time
	order int
	call  *Call // the root call whose turn sends it along; nil for none
	auto  bool  // sent at the end of the turn that made it
	held  bool  // waits for ReleaseCallbacks
	run   func(context.Context)
}

type jobQueue struct {
	mu    sync.Mutex
	jobs  []*job
	count int
	wake  chan struct{}
}

func newJobQueue() *jobQueue { return &jobQueue{wake: make(chan struct{}, 1)} }

func (q *jobQueue) add(j *job) {
	q.mu.Lock()
	j.order = q.count
	q.count++
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes the first job, by due time and then by order, that wanted
// accepts.
func (q *jobQueue) take(wanted func(*job) bool) *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	best := -1
	for i, j := range q.jobs {
		if !wanted(j) {
			continue
		}
		if best < 0 || j.due.Before(q.jobs[best].due) ||
			j.due.Equal(q.jobs[best].due) && j.order < q.jobs[best].order {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	j := q.jobs[best]
	q.jobs = append(q.jobs[:best], q.jobs[best+1:]...)
	return j
}

// Step does one piece of due work: dials a created call, sends a text on, moves
// a call that was updated over REST, posts a callback. It reports whether there
// was any.
func (s *Sim) Step(ctx context.Context) bool {
	now := s.cfg.Now()
	j := s.jobs.take(func(j *job) bool { return !j.held && !j.due.After(now) })
	if j == nil {
		return false
	}
	j.run(ctx)
	return true
}

// Run does all due work, including what that work brings, until none is due.
// It stops early only when ctx ends, and then returns its error.
func (s *Sim) Run(ctx context.Context) error {
	for s.Step(ctx) {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Next returns when the earliest waiting work is due, false when none waits.
// Work that is held by a fault does not count.
func (s *Sim) Next() (time.Time, bool) {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	var first time.Time
	found := false
	for _, j := range s.jobs.jobs {
		if !j.held && (!found || j.due.Before(first)) {
			first, found = j.due, true
		}
	}
	return first, found
}

// Work gives a signal after new work has been queued, so that a long-running
// exchange knows when to Run. Signals are merged.
func (s *Sim) Work() <-chan struct{} { return s.jobs.wake }

// flush sends what the turn of a call left behind: its status callbacks and
// what it does to other calls.
func (s *Sim) flush(ctx context.Context, root *Call) {
	for {
		now := s.cfg.Now()
		j := s.jobs.take(func(j *job) bool {
			return j.auto && !j.held && j.call == root && !j.due.After(now)
		})
		if j == nil {
			return
		}
		j.run(ctx)
	}
}
