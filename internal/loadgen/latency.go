package loadgen

import (
	"math/bits"
	"time"
)

// Latencies counts spans of time, each to within 1.6 % of itself, in a few kilobytes
// however many there are. Its zero value is ready. It is not safe for concurrent use.
type Latencies struct {
	// counts are by microseconds: the first fine one by one, and then fine to each
	// doubling.
	counts [fine * 34]int
	n      int
	max    time.Duration
}

const fine = 64

// Add counts one.
func (l *Latencies) Add(d time.Duration) {
	l.counts[slot(d)]++
	l.n++
	l.max = max(l.max, d)
}

// Merge counts those of another.
func (l *Latencies) Merge(other *Latencies) {
	for i, n := range other.counts {
		l.counts[i] += n
	}
	l.n += other.n
	l.max = max(l.max, other.max)
}

// Count is how many there are, Max the longest.
func (l *Latencies) Count() int         { return l.n }
func (l *Latencies) Max() time.Duration { return l.max }

// Quantile gives the span that so much of all (0 to 1) do not exceed; 0 where there is
// none.
func (l *Latencies) Quantile(q float64) time.Duration {
	rank, seen := int(q*float64(l.n-1))+1, 0
	for i, n := range l.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(upper(i), l.max)
		}
	}
	return l.max
}

// slot is where a span is counted, upper the longest span of a slot.
func slot(d time.Duration) int {
	us := uint64(max(0, d.Microseconds()))
	doublings := max(0, bits.Len64(us)-7)
	return min(doublings*fine+int(us>>doublings), fine*34-1)
}

func upper(slot int) time.Duration {
	if slot < 2*fine {
		return time.Duration(slot) * time.Microsecond
	}
	doublings := slot/fine - 1
	us := (uint64(slot%fine+fine)+1)<<doublings - 1
	return time.Duration(us) * time.Microsecond
}
