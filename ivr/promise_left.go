package ivr

import (
	"context"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
)

// lefts are the names under which open promises are counted by the time that is
// left, and below how many legal minutes each applies.
var lefts = []struct {
	name  string
	below int
}{{"none", 1}, {"under_60", 60}, {"under_180", 180}, {"under_480", 480}, {"more", 24*60 + 1}}

// leftChosen names those whose patient chose a time.
const leftChosen = "chosen"

// countLeft counts the open promises by the legal minutes that are left of their 24
// hours. Hours by the clock would say nothing: most of them are night.
func (s *Server) countLeft(ctx context.Context) {
	counts := map[string]int{leftChosen: 0}
	for _, l := range lefts {
		counts[l.name] = 0
	}
	for p := range casestore.Partition(casestore.Partitions) {
		open, err := s.store.OpenPromised(ctx, p)
		if err != nil {
			s.log.Warn("open promises cannot be counted by the time that is left", "err", err)
			return
		}
		for _, o := range open {
			legal, _ := s.legal(o.Case.Answers.Get("zip"), o.Case.Answers.Get("utc_offset"), o.Case.Phone().Reveal())
			counts[left(o.Promise, legal, s.now())]++
		}
	}
	for name, n := range counts {
		s.metrics.left.WithLabelValues(name).Set(float64(n))
	}
}

// left gives the name of how much time is left for a promise.
func left(p *casestore.Promise, legal *hours.Legal, now time.Time) string {
	if !p.Chosen.IsZero() {
		return leftChosen
	}
	end := p.Delivered.Truncate(time.Minute).Add(hours.PromisedWithin)
	minutes := hours.Minutes(legal.Blocks(now.Truncate(time.Minute).Add(time.Minute), end.Add(time.Minute)))
	for _, l := range lefts {
		if minutes < l.below {
			return l.name
		}
	}
	return lefts[len(lefts)-1].name
}
