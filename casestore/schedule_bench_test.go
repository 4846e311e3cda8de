package casestore

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/redistest"
)

// BenchmarkTick measures what a tick costs, ClaimDue of one kind, with 10,000 and
// with 1,000,000 promises scheduled, in turn and each in a real Redis of its own. The
// aim is a ratio of 1.2 or less: a tick costs what is due, not what is scheduled.
func BenchmarkTick(b *testing.B) {
	small, large := newTick(b, 10_000), newTick(b, 1_000_000)
	for _, due := range []int{0, 20} {
		b.Run(fmt.Sprint(due, "_due"), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				// First and second in turn: neither has the warmer processor.
				order := []*tick{small, large}
				if i%2 == 1 {
					slices.Reverse(order)
				}
				for _, t := range order {
					t.run(b, due)
				}
			}
			few, many := small.median(), large.median()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(few.Microseconds()), "µs/10,000")
			b.ReportMetric(float64(many.Microseconds()), "µs/1,000,000")
			b.ReportMetric(float64(many)/float64(few), "ratio")
		})
	}
}

// tick is a schedule and how long claims of what is due in it have taken.
type tick struct {
	store *Store
	first []Due
	took  []time.Duration
}

// newTick schedules n things for tomorrow.
func newTick(b *testing.B, n int) *tick {
	b.Helper()
	t := &tick{store: testStore(b, redistest.Start(b, "--appendfsync", "everysec", "--save", "").URL())}
	for p := range Partition(Partitions) {
		var members []redis.Z
		for i := int(p); i < n; i += Partitions {
			d := Due{DuePromise, fmt.Sprintf("c%015d", i), p}
			members = append(members, redis.Z{Score: float64(t0.Add(24*time.Hour + time.Duration(i)*time.Millisecond).UnixMilli()), Member: d.ID})
			if i < 20 {
				t.first = append(t.first, d)
			}
		}
		for chunk := range slices.Chunk(members, 1000) {
			if err := t.store.rdb.ZAdd(b.Context(), dueKey(p, DuePromise), chunk...).Err(); err != nil {
				b.Fatal(err)
			}
		}
	}
	return t
}

// run makes some due and takes the time of claiming them.
func (t *tick) run(b *testing.B, due int) {
	b.Helper()
	for _, d := range t.first[:due] {
		scheduled(b, t.store, d, t0)
	}
	started := time.Now()
	got, _, err := t.store.ClaimDue(b.Context(), DuePromise, 50, 30*time.Second)
	t.took = append(t.took, time.Since(started))
	if err != nil || len(got) != due {
		b.Fatalf("%d are due, %v", len(got), err)
	}
}

// median gives the middle of what was taken since it was asked last.
func (t *tick) median() time.Duration {
	slices.Sort(t.took)
	out := t.took[len(t.took)/2]
	t.took = nil
	return out
}
