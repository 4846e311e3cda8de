package audit

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	// gather is how long entries wait for others to be written with.
	gather = 100 * time.Millisecond
	// again is how long after a write that failed it is tried again.
	again = time.Second
	// mostAtOnce bounds a batch, in entries.
	mostAtOnce = 2000
)

// Trail writes down what must not wait to be done: a caller is answered whatever the
// disk does. Entries are kept in memory and written together, so that a crash may lose
// those of the last moments; where the disk is full or slow for so long that there are
// too many, they are counted, and the record says how many are missing.
type Trail struct {
	log  *Log
	most int
	now  func() time.Time
	say  *slog.Logger
	wake chan struct{}

	mu      sync.Mutex
	waiting []Entry
	lost    int // since the last that was written
	failing bool
	stats   TrailStats
}

// TrailStats counts entries.
type TrailStats struct {
	// Waiting are to be written, Written were, Lost will never be; Failures are
	// attempts to write that failed.
	Waiting, Written, Lost, Failures int
}

// NewTrail keeps at most most entries that are not written yet. A nil log loses all.
func NewTrail(log *Log, most int, now func() time.Time, say *slog.Logger) *Trail {
	return &Trail{log: log, most: most, now: now, say: say, wake: make(chan struct{}, 1)}
}

// Note keeps an entry to be written. It never waits.
func (t *Trail) Note(e Entry) {
	if e.At.IsZero() {
		e.At = t.now()
	}
	// One that is too long for a line would keep all after it from being written.
	e.Thing, e.Outcome = cut(e.Thing), cut(e.Outcome)
	t.mu.Lock()
	if t.log == nil || len(t.waiting) >= t.most {
		t.lost++
		t.stats.Lost++
	} else {
		t.waiting = append(t.waiting, e)
	}
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Stats counts.
func (t *Trail) Stats() TrailStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	s.Waiting = len(t.waiting)
	return s
}

// Run writes until ctx ends, and then what is left. It begins and ends with a line of
// its own: a beginning without an end before it tells of a crash, after which the last
// lines of what was done before may be missing.
func (t *Trail) Run(ctx context.Context) {
	if t.log == nil {
		<-ctx.Done()
		return
	}
	t.Note(Entry{Who: "line", Role: "line", What: "trail.begin", Outcome: "done"})
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-t.wake:
			pause(ctx, gather)
		}
		for ctx.Err() == nil && !t.write() {
			pause(ctx, again)
		}
	}
	t.Note(Entry{Who: "line", Role: "line", What: "trail.end", Outcome: "done"})
	t.write()
	if s := t.Stats(); s.Waiting > 0 {
		t.say.Error("the audit record ends without its last lines", "lines", s.Waiting)
	}
}

// write writes what waits, and says whether nothing is left.
func (t *Trail) write() bool {
	for {
		t.mu.Lock()
		n, lost := min(len(t.waiting), mostAtOnce), t.lost
		batch := append([]Entry(nil), t.waiting[:n]...)
		t.mu.Unlock()
		if lost > 0 {
			batch = append(batch, Entry{At: t.now(), Who: "line", Role: "line", What: "trail.lost", Outcome: fmt.Sprintf("%d lines", lost)})
		}
		if len(batch) == 0 {
			return true
		}
		err := t.log.Append(batch...)
		t.mu.Lock()
		if err != nil {
			t.stats.Failures++
			first := !t.failing
			t.failing = true
			t.mu.Unlock()
			if first {
				t.say.Error("the audit record of the line cannot be written; the line goes on", "err", err)
			}
			return false
		}
		t.waiting = append(t.waiting[:0], t.waiting[n:]...)
		t.lost -= lost
		t.stats.Written += n
		failed := t.failing
		t.failing = false
		t.mu.Unlock()
		if failed {
			t.say.Info("the audit record of the line is written again", "lost", lost)
		}
	}
}

// longestName bounds what a line says, in bytes.
const longestName = 200

func cut(name string) string { return strings.ToValidUTF8(name[:min(len(name), longestName)], "") }

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
