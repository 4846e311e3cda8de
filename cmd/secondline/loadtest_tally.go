package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"secondline/internal/loadgen"
)

// loadKind is a kind of webhook.
type loadKind int

const (
	loadVoice loadKind = iota
	loadText
	loadStatus
	loadKinds
)

var loadNames = [loadKinds]string{"voice turn", "text", "status callback"}

// loadTally counts answers. It is safe for concurrent use.
type loadTally struct {
	mu sync.Mutex
	// all is since the beginning, now since progress was last shown.
	all [loadKinds]loadgen.Latencies
	now loadgen.Latencies
	// failed counts what went wrong, by kind and what it was.
	failed map[string]int
	people int // in the middle of it
	last   time.Time
}

// add counts a webhook; latency is from when it should have left.
func (t *loadTally) add(kind loadKind, latency time.Duration, failure string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[kind].Add(latency)
	t.now.Add(latency)
	t.last = time.Now()
	if failure != "" {
		t.fail(loadNames[kind] + ": " + failure)
	}
}

func (t *loadTally) fail(what string) {
	if t.failed == nil {
		t.failed = map[string]int{}
	}
	t.failed[what]++
}

// person counts those who are in the middle of a call or a thread.
func (t *loadTally) person(by int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.people += by
}

func (t *loadTally) failures() (n int) {
	for _, count := range t.failed {
		n += count
	}
	return n
}

// progress shows what came since it was shown last.
func (t *loadTally) progress(w io.Writer, since time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(w, "%4.0f s  %4d people  %6d webhooks/s  p50 %-8s p99 %-8s max %-8s failed %d\n", since.Seconds(), t.people, t.now.Count(),
		inMillis(t.now.Quantile(0.5)), inMillis(t.now.Quantile(0.99)), inMillis(t.now.Max()), t.failures())
	t.now = loadgen.Latencies{}
}

// report is the table at the end.
func (t *loadTally) report(out io.Writer, began time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	span := t.last.Sub(began).Seconds()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nkind\tcount\ta second\tp50\tp90\tp99\tp99.9\tmax\t")
	var all loadgen.Latencies
	row := func(name string, l *loadgen.Latencies) {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t", name, l.Count(), float64(l.Count())/max(span, 1e-3))
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999, 1} {
			fmt.Fprintf(w, "%s\t", inMillis(l.Quantile(q)))
		}
		fmt.Fprintln(w)
	}
	for kind := range t.all {
		if t.all[kind].Count() > 0 {
			row(loadNames[kind], &t.all[kind])
			all.Merge(&t.all[kind])
		}
	}
	row("all", &all)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, what := range slices.Sorted(maps.Keys(t.failed)) {
		fmt.Fprintf(out, "failed  %6d  %s\n", t.failed[what], what)
	}
	return nil
}

func inMillis(d time.Duration) string {
	switch ms := float64(d.Microseconds()) / 1000; {
	case ms < 10:
		return fmt.Sprintf("%.2fms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0fms", ms)
	default:
		return fmt.Sprintf("%.2fs", ms/1000)
	}
}
