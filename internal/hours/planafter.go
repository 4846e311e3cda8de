package hours

import "time"

// followUps are the times of day, by the person's clock, to which the attempts
// on the working days after the promise come nearest, each on its day.
var followUps = []int{14 * 60, 18 * 60, 10 * 60}

// nextDayWithin is how many days ahead a working day with legal time is looked
// for.
const nextDayWithin = 14

// chosen plans the call at the time that the person chose: outside the window,
// if so, but never while the line is closed.
func (d *day) chosen() {
	if d.madeSince(d.p.Chosen.Truncate(time.Minute)) > 0 {
		return
	}
	legal := d.p.Legal
	want := ceilMinute(d.p.Chosen)
	at, ok := firstStart(legal.line.Blocks, want, leastLeft)
	why := PatientChose
	if at.After(want) {
		why = ChosenLineClosed
	}
	if now := ceilMinute(d.p.NotBefore); ok && at.Before(now) {
		at, ok = legal.Next(now)
		why = NotBefore
	}
	if !ok {
		d.plan.Guards.Human = d.plan.Delivered
		d.noteIf(true, NeverLegal)
		return
	}
	kind, kindWhy := d.kind(at)
	d.add(&d.plan.Attempts, Attempt{At: at, Kind: kind, Why: append([]Reason{why}, kindWhy...)})
}

// madeSince counts the attempts from t on.
func (d *day) madeSince(t time.Time) int {
	n := 0
	for _, m := range d.made {
		if !m.At.Before(t) {
			n++
		}
	}
	return n
}

// after plans what follows when nobody was reached within the promise: one
// attempt on each of three working days, then a person's decision.
func (d *day) after() {
	since := d.plan.Deadline.Add(time.Minute)
	last, done := d.plan.Deadline, 0
	switch {
	case !d.p.Chosen.IsZero():
		since = d.p.Chosen.Truncate(time.Minute)
		done = -1
	case d.plan.NoLegalMinute:
		d.firstAfter()
		done = -1
	}
	if n := d.madeSince(since); n > 0 {
		last, done = d.made[len(d.made)-1].At, done+n
	}
	for i := max(done, 0); i < len(followUps); i++ {
		at, ok := d.followUp(last, followUps[i])
		if !ok {
			break
		}
		kind, why := d.kind(at)
		d.add(&d.plan.After, Attempt{At: at, Kind: kind, Why: append([]Reason{OneAWorkingDay}, why...)})
		last = at
	}
	d.plan.Letter = d.p.Legal.line.NextOpening(d.lineDay(later(last, d.p.NotBefore), 1))
}

// firstAfter plans the first legal minute after a day that has none.
func (d *day) firstAfter() {
	at := d.plan.FirstLegalAfter
	if d.madeSince(d.plan.Deadline.Add(time.Minute)) > 0 {
		return
	}
	ok := !at.IsZero()
	if now := ceilMinute(d.p.NotBefore); ok && at.Before(now) {
		at, ok = d.p.Legal.Next(now)
	}
	if !ok {
		d.noteIf(true, NeverLegal)
		return
	}
	kind, why := d.kind(at)
	d.add(&d.plan.After, Attempt{At: at, Kind: kind, Why: append([]Reason{FirstAfterTheDay}, why...)})
}

// followUp gives the time nearest to a time of day on the first working day
// after last's that has one.
func (d *day) followUp(last time.Time, minute int) (time.Time, bool) {
	legal := d.p.Legal
	for n := 1; n <= nextDayWithin; n++ {
		from, to := d.lineDay(last, n), d.lineDay(last, n+1)
		if from = later(from, ceilMinute(d.p.NotBefore)); !from.Before(to) {
			continue
		}
		if at, ok := nearest(legal.Blocks(from, to), legal.clock, minute); ok {
			return at, true
		}
	}
	return time.Time{}, false
}

// lineDay gives the midnight that begins the n-th day after t's, by the line's
// clock.
func (d *day) lineDay(t time.Time, n int) time.Time {
	zone := d.p.Legal.line.zone
	y, m, day := t.In(zone).Date()
	return time.Date(y, m, day+n, 0, 0, 0, 0, zone)
}
