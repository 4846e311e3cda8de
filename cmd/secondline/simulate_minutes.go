package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/ivr"
)

// tooFar is how far after the year calls are looked up; later ones, of zones in
// which months pass without a legal minute, are asked for one by one.
const tooFar = 160 * 24 * time.Hour

// minuteTally is what was counted of plans made for deliveries at many minutes.
type minuteTally struct {
	Zones int `json:"zones"`
	// Clocks are zones whose clocks differ at any time: of the same ones, one is
	// planned.
	Clocks        int `json:"different_clocks"`
	Deliveries    int `json:"deliveries"`
	NoLegalMinute int `json:"no_legal_minute"`
	Calls         int `json:"calls"`
	Texts         int `json:"texts"`
	Illegal       int `json:"illegal"`
	Guards        int `json:"guards_not_as_specified"`
	None          int `json:"no_legal_minute_wrong"`
	// Example is the first fault.
	Example string `json:"example,omitempty"`
}

func (t *minuteTally) add(o minuteTally) {
	t.Deliveries, t.NoLegalMinute, t.Calls, t.Texts = t.Deliveries+o.Deliveries, t.NoLegalMinute+o.NoLegalMinute, t.Calls+o.Calls, t.Texts+o.Texts
	t.Illegal, t.Guards, t.None = t.Illegal+o.Illegal, t.Guards+o.Guards, t.None+o.None
	if t.Example == "" {
		t.Example = o.Example
	}
}

// fault counts one and keeps the first.
func (t *minuteTally) fault(n *int, format string, args ...any) {
	*n++
	if t.Example == "" {
		t.Example = fmt.Sprintf(format, args...)
	}
}

func (t *minuteTally) status() int { return one(t.Illegal+t.Guards+t.None > 0) }

func (t *minuteTally) show(sc *scene, stdout io.Writer) error {
	if sc.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(t)
	}
	_, err := fmt.Fprintf(stdout, "a delivery in every minute of %d, patients %s: %d zones with %d different clocks\nline %s\n\n"+
		"%-34s %13s\n%-34s %13s\n%-34s %13s\n%-34s %13s\n\n%-34s %13s  must be 0\n%-34s %13s  must be 0\n%-34s %13s  must be 0\n%s",
		sc.year, sc.where(), t.Zones, t.Clocks, sc.line.Spec(),
		"plans", thousands(t.Deliveries), "of them without a legal minute", thousands(t.NoLegalMinute), "calls in them", thousands(t.Calls), "texts in them", thousands(t.Texts),
		"illegal calls and texts", thousands(t.Illegal), "guards not as specified", thousands(t.Guards), "no legal minute, wrongly said or not", thousands(t.None), t.Example)
	return err
}

// everyMinute plans a delivery in every minute of the year, or at every step, wherever
// patients are, and asks the clocks on the wall of each minute whether the plan is
// right.
func everyMinute(ctx context.Context, sc *scene, step time.Duration, progress io.Writer) (*minuteTally, error) {
	from := time.Date(sc.year, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	wall := newWall(sc, from, to.Add(tooFar))
	clocks := differentClocks(sc.places, from, to.Add(tooFar))
	total := &minuteTally{Zones: len(sc.places), Clocks: len(clocks)}
	todo := make(chan place)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for at := range todo {
				part := wall.at(at).plans(ctx, from, to, step)
				mu.Lock()
				done++
				total.add(part)
				fmt.Fprintf(progress, "%d of %d: %s, %s plans\n", done, len(clocks), zonesOfPlace(at), thousands(part.Deliveries))
				mu.Unlock()
			}
		})
	}
	for _, at := range clocks {
		if ctx.Err() != nil {
			break
		}
		todo <- at
	}
	close(todo)
	wg.Wait()
	return total, ctx.Err()
}

func zonesOfPlace(p place) string {
	var out []string
	for _, z := range p.zones.Zones() {
		out = append(out, z.Name)
	}
	return strings.Join(out, " and ")
}

// differentClocks leaves one of the places whose clocks agree at every moment.
func differentClocks(places []place, from, to time.Time) []place {
	seen := map[string]bool{}
	var out []place
	for _, p := range places {
		var changes strings.Builder
		for _, zone := range p.zones.Locations() {
			for at := from; at.Before(to); {
				_, offset := at.In(zone).Zone()
				_, end := at.In(zone).ZoneBounds()
				fmt.Fprintf(&changes, "%d until %d;", offset, min(end.Unix(), to.Unix()))
				if at = end; end.IsZero() {
					break
				}
			}
			changes.WriteByte('|')
		}
		if key := changes.String(); !seen[key] {
			seen[key] = true
			out = append(out, p)
		}
	}
	return out
}

// wall is what the line's clock says, minute for minute.
type wall struct {
	sc   *scene
	from time.Time
	// stays says that the line is open, and still is when the margin has passed.
	stays []bool
}

func newWall(sc *scene, from, to time.Time) *wall {
	w := &wall{sc: sc, from: from, stays: make([]bool, to.Sub(from)/time.Minute)}
	margin := int(hours.ClosingMargin / time.Minute)
	open := 0 // for how many minutes from the one on that is looked at
	for i := len(w.stays) + margin; i >= 0; i-- {
		open++
		if !sc.line.Open(from.Add(time.Duration(i) * time.Minute)) {
			open = 0
		}
		if i < len(w.stays) {
			w.stays[i] = open > margin
		}
	}
	return w
}

// placeWall is that, and what the clocks say by which a patient may live.
type placeWall struct {
	*wall
	place place
	owed  ivr.Owed
	awake []bool
	// legal are the legal minutes, in order; before counts those before a minute.
	legal, before []int32
}

func (w *wall) at(at place) *placeWall {
	p := hours.NewPromise(w.from, w.sc.line, at.zones)
	p.Legal, p.Consents = at.legal, hours.Consents{Texts: true, Voicemail: true}
	out := &placeWall{wall: w, place: at, owed: owedOf(p), awake: make([]bool, len(w.stays)), before: make([]int32, len(w.stays)+1)}
	zones := at.zones.Locations()
	for i := range w.stays {
		out.awake[i] = w.sc.awake(zones, w.from.Add(time.Duration(i)*time.Minute))
		if w.stays[i] && out.awake[i] {
			out.legal = append(out.legal, int32(i))
		}
		out.before[i+1] = int32(len(out.legal))
	}
	return out
}

// plans plans a delivery at every step from from to to, and checks each.
func (w *placeWall) plans(ctx context.Context, from, to time.Time, step time.Duration) minuteTally {
	var out minuteTally
	for at := from; at.Before(to) && ctx.Err() == nil; at = at.Add(step) {
		plan := w.owed.PlanOf(&casestore.Promise{Delivered: at})
		out.Deliveries++
		i := int(at.Sub(w.from) / time.Minute)
		legal := w.legal[w.before[i+1]:w.before[i+1+24*60]]
		out.NoLegalMinute += one(len(legal) == 0)
		if plan.NoLegalMinute != (len(legal) == 0) {
			out.fault(&out.None, "%s, delivered %s: %d legal minutes, and none is %v\n", zonesOfPlace(w.place), at, len(legal), plan.NoLegalMinute)
		}
		if want := w.guards(at, legal); !sameGuards(plan.Guards, want) {
			out.fault(&out.Guards, "%s, delivered %s: guards %v, want %v\n", zonesOfPlace(w.place), at, plan.Guards, want)
		}
		w.checkCalls(&out, plan)
	}
	return out
}

// guards gives them as they are specified (rules.md 5.5), from the legal minutes of
// a day.
func (w *placeWall) guards(delivered time.Time, legal []int32) hours.Guards {
	// remaining is the minute from which on n remain.
	remaining := func(n int) time.Time {
		return w.from.Add(time.Duration(legal[len(legal)-max(n, 1)]) * time.Minute)
	}
	switch n := len(legal); {
	case n == 0:
		return hours.Guards{Human: delivered}
	case n < 60:
		return hours.Guards{Human: delivered, Supervisor: remaining(n / 2), Missed: remaining(1)}
	default:
		human := min(120, n/2)
		return hours.Guards{Human: remaining(human), Supervisor: remaining(min(60, human/2)), Missed: remaining(1)}
	}
}

// sameGuards compares them; a promise is missed when the last legal minute is over,
// or in it where it is the deadline's.
func sameGuards(got, want hours.Guards) bool {
	late := got.Missed.Sub(want.Missed)
	return got.Human.Equal(want.Human) && got.Supervisor.Equal(want.Supervisor) && got.Missed.IsZero() == want.Missed.IsZero() && (late == 0 || late == time.Minute)
}

// checkCalls asks the clocks of every call and text.
func (w *placeWall) checkCalls(out *minuteTally, plan hours.Plan) {
	for i, a := range slices.Concat(plan.Attempts, plan.After) {
		out.Calls++
		span := 10
		if a.Kind == hours.ByHand {
			span = 1
		}
		inTime := a.At.After(plan.Delivered) && !a.At.After(plan.Deadline)
		if !w.legalFor(a.At, span) || inTime != (i < len(plan.Attempts)) {
			out.fault(&out.Illegal, "%s, delivered %s: a call %s\n", zonesOfPlace(w.place), plan.Delivered, a.At)
		}
	}
	for _, x := range plan.Texts {
		out.Texts++
		if x.At.Before(plan.Delivered) || !w.sc.awake(w.place.zones.Locations(), x.At) {
			out.fault(&out.Illegal, "%s, delivered %s: a text %s\n", zonesOfPlace(w.place), plan.Delivered, x.At)
		}
	}
}

// legalFor says whether a call is legal at a minute and for a span of them.
func (w *placeWall) legalFor(at time.Time, minutes int) bool {
	i := int(at.Sub(w.from) / time.Minute)
	if i < 0 || !at.Equal(at.Truncate(time.Minute)) {
		return false
	}
	if i+minutes < len(w.stays) {
		return int(w.before[i+minutes]-w.before[i]) == minutes
	}
	later := newWall(w.sc, at, at.Add(time.Duration(minutes+1)*time.Minute)).at(w.place)
	return later.legalFor(at, minutes)
}
