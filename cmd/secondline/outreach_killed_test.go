package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
)

// carryOn is people doing what they do for a while: a coordinator takes what rings and
// says how it went, the patient talks for a minute.
func (d *promised) carryOn(span time.Duration) {
	d.t.Helper()
	ctx := d.t.Context()
	for end := d.clock.Now().Add(span); d.clock.Now().Before(end) && d.promise().State == casestore.PromiseOpen; {
		d.pass(30 * time.Second)
		for _, member := range d.team {
			for _, call := range d.sim.CallsTo(member.Number) {
				switch {
				case call.Status() == twiliosim.StatusRinging:
					d.must(call.Answer(ctx))
				case call.Await().Kind == twiliosim.AwaitKeys:
					d.must(call.Press(ctx, "1"))
				}
				d.must(d.settle(ctx))
			}
		}
		for _, call := range d.sim.CallsTo(deliveredTo) {
			if call.Await().Kind == twiliosim.AwaitTalk {
				d.must(call.Hangup(ctx))
				d.must(d.settle(ctx))
			}
		}
	}
}

// A replica dies at any moment on the way from the plan to the talk, with what it
// had just asked of Redis done or not; another goes on. The promise is kept all the
// same, and the patient is dialled at most once more than if nothing had happened.
//
// SECONDLINE_OUTAGES=1 tries every moment; 6 is every sixth.
func TestOutreachKilled(t *testing.T) {
	t.Parallel()
	stride := int64(6)
	if n, err := strconv.ParseInt(os.Getenv("SECONDLINE_OUTAGES"), 10, 64); err == nil && n > 0 {
		stride = n
	}
	for _, path := range []struct {
		name string
		play func(*promised)
	}{
		{"planned, and coordinators are rung", func(d *promised) {
			d.pass(29*time.Minute + 30*time.Second)
			d.begin()
			d.clock.Pass(time.Minute)
		}},
		{"a coordinator takes it, the patient is dialled", func(d *promised) {
			d.until(time.Hour)
			d.answer(0)
			d.begin()
			_ = d.phone(0).Press(d.t.Context(), "1")
		}},
		{"the talk ends, and the result is told", func(d *promised) {
			d.takes(0)
			d.must(d.patientCall().Hangup(d.t.Context()))
			d.must(d.settle(d.t.Context()))
			d.begin()
			_ = d.phone(0).Press(d.t.Context(), "1")
		}},
	} {
		t.Run(path.name, func(t *testing.T) {
			var table strings.Builder
			w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "killed at\tdone in Redis\tends\tdialled")
			moments, lost, twice := 0, 0, 0
			for _, done := range []bool{false, true} {
				for n := int64(1); ; n += stride {
					o := &outage{silent: done}
					d := deliver(t, tuesday, "rings", hooks{redis: func(c net.Conn) net.Conn { return outageConn{c, o} }}, twiliosim.Answers())
					o.begin = func() { d.redis.SetError("ERR killed") }
					d.begin = func() { atomic.StoreInt64(&o.from, n) }
					path.play(d)
					_ = d.settle(t.Context())
					struck := o.struck.Load()
					atomic.StoreInt64(&o.from, 0)
					d.redis.SetError("")
					if !struck {
						d.world.stop()
						break
					}
					moments++
					d.carryOn(8 * time.Hour)
					dials := len(d.sim.CallsTo(deliveredTo))
					if dials > 1 {
						twice++
					}
					p := d.promise()
					fmt.Fprintf(w, "%d\t%v\t%s %s\t%d\n", n, done, p.State, p.Outcome, dials)
					if p.State != casestore.PromiseKept {
						lost++
					}
					if p.State != casestore.PromiseKept || dials > 2 {
						t.Errorf("killed at %d (done %v): %s, dialled %d times\n%s", n, done, d.sum(), dials, d.log())
					}
					d.wantLawful()
					d.world.stop()
				}
			}
			w.Flush()
			t.Logf("killed at %d moments: %d promises lost, the patient dialled twice in %d\n%s", moments, lost, twice, table.String())
		})
	}
}
