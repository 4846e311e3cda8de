package ivr

import (
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
)

// lefts gives the open promises by the time that is left, as they are told.
func (x *crowd) lefts(s *Server) map[string]int {
	x.t.Helper()
	all := prometheus.NewRegistry()
	s.metrics.Register(all)
	families, err := all.Gather()
	x.must(err)
	out := map[string]int{}
	for _, family := range families {
		if family.GetName() != "secondline_promise_open_by_time_left" {
			continue
		}
		for _, m := range family.GetMetric() {
			out[m.GetLabel()[0].GetValue()] = int(m.GetGauge().GetValue())
		}
	}
	return out
}

func TestOpenPromisesByTheTimeThatIsLeft(t *testing.T) {
	x := newCrowd(t)
	x.deliver(3) // an hour ago, at 8:30 by the line's clock
	s := x.server(x.store, nil)
	s.metrics = NewMetrics()
	sweep := func(now string, want map[string]int) {
		t.Helper()
		var err error
		x.now, err = time.Parse(time.RFC3339, now)
		x.must(err)
		s.SweepPromises(t.Context())
		all := map[string]int{"none": 0, "under_60": 0, "under_180": 0, "under_480": 0, "more": 0, "chosen": 0}
		maps.Copy(all, want)
		if got := x.lefts(s); !maps.Equal(got, all) {
			t.Errorf("%s: %v, want %v", now, got, all)
		}
	}
	// It is legal from 9:00 to 20:00, on Tuesday and on Wednesday, and the day is over
	// at 8:30.
	sweep("2027-03-02T09:30:00-05:00", map[string]int{"more": 3})
	sweep("2027-03-02T12:01:00-05:00", map[string]int{"under_480": 3})
	sweep("2027-03-02T17:30:00-05:00", map[string]int{"under_180": 3})
	sweep("2027-03-02T19:58:00-05:00", map[string]int{"under_60": 3})
	sweep("2027-03-02T19:59:00-05:00", map[string]int{"none": 3})
	for i, move := range []func(*casestore.Promise){
		func(p *casestore.Promise) { p.Chosen = x.now.Add(time.Hour) },
		func(p *casestore.Promise) { p.End(casestore.PromiseKept, "reached", x.now) },
	} {
		c := x.cases[i]
		_, err := x.store.MovePromise(t.Context(), c.Partition, c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
			move(p)
			return casestore.PromiseChange{}, true
		})
		x.must(err)
	}
	sweep("2027-03-04T12:00:00-05:00", map[string]int{"none": 1, "chosen": 1})
}

// BenchmarkSweep is what it costs to look for what is lost among 5,000 open promises,
// and to count them by the time that is left.
func BenchmarkSweep(b *testing.B) {
	x := newCrowd(b)
	x.deliver(5000)
	s := x.server(x.store, nil)
	for b.Loop() {
		s.SweepPromises(b.Context())
	}
}
