package hours

import (
	"slices"
	"time"
)

const (
	// perPromise is how many attempts a day has.
	perPromise = 3
	// readingTime is what is left to a person to read, before the first call.
	readingTime = 30 * time.Minute
	// apart is the time between attempts: three of them need twice as much
	// legal time. With less, attempts are a third of it apart.
	apart      = 3 * time.Hour
	leastApart = 30 * time.Minute
	// noStart is the end of a block in which no call begins, as long as there
	// is a later block.
	noStart = 20 * time.Minute
)

// attempts plans what is still to be tried before the deadline.
func (d *day) attempts() {
	for len(d.today()) < perPromise {
		a, ok := d.attempt()
		if !ok {
			break
		}
		d.add(&d.plan.Attempts, a)
	}
	d.noteIf(d.size != noTime && len(d.today()) < perPromise, FewerFit)
}

// add plans an attempt, and counts it as made for those that follow.
func (d *day) add(list *[]Attempt, a Attempt) {
	*list = append(*list, a)
	d.made = append(d.made, Made{At: a.At, ByHand: a.Kind == ByHand})
}

// attempt gives the next attempt of the day; false where no more fits.
func (d *day) attempt() (Attempt, bool) {
	from, why := d.earliest()
	if now := ceilMinute(d.p.NotBefore); from.Before(now) {
		from, why = now, NotBefore
	}
	at, why, ok := d.start(from, why)
	if !ok {
		return d.tooShort(from)
	}
	kind, kindWhy := d.dayKind(at)
	if free := d.freeAt(at); kind != ByHand && free.After(at) {
		if at, _, ok = d.start(free, why); !ok {
			d.noteIf(true, CapReached)
			return Attempt{}, false
		}
		why = WaitsForCap
		kind, kindWhy = d.dayKind(at)
	}
	return Attempt{At: at, Kind: kind, Why: append([]Reason{why}, kindWhy...)}, true
}

// earliest gives the moment from which on the next attempt may be made, and why.
func (d *day) earliest() (time.Time, Reason) {
	if made := d.today(); len(made) > 0 {
		gap, why := d.gap()
		return made[len(made)-1].At.Truncate(time.Minute).Add(gap), why
	}
	first := d.plan.Delivered.Add(time.Minute)
	if d.size != usualTime {
		return first, FirstLegalMinute
	}
	read := d.plan.Delivered.Add(readingTime)
	at, _, _ := d.start(first, FirstLegalMinute)
	after, why, ok := d.start(read, AfterReadingTime)
	switch {
	case !at.Before(read):
		return first, FirstLegalMinute
	case !ok || why == NextBlock || after.After(read):
		return first, NoReadingTime
	}
	return read, AfterReadingTime
}

// gap gives the time between two attempts, and why.
func (d *day) gap() (time.Duration, Reason) {
	legal := time.Duration(d.minutes) * time.Minute
	switch {
	case d.size == tinyTime:
		return max(legal/2, leastLeft).Truncate(time.Minute), BeforeTheEnd
	case legal < 2*apart:
		return max(legal/perPromise, leastApart).Truncate(time.Minute), ThirdOfLegalTime
	}
	return apart, ThreeHoursLater
}

// start gives the first minute, at or after from, at which a call may begin;
// NextBlock, in place of why, where that is not from but the start of a later
// block. At least ten minutes must be left, and more than twenty where the
// day is a usual one and has a later block.
func (d *day) start(from time.Time, why Reason) (time.Time, Reason, bool) {
	for i, b := range d.plan.Blocks {
		at, end := later(from, b.From), d.ends[i]
		if !at.Before(b.To) || at.Add(leastLeft).After(end) {
			continue
		}
		if d.size == usualTime && i < len(d.ends)-1 && !at.Add(noStart).Before(end) {
			continue
		}
		if at.After(from) && why != FirstLegalMinute && why != NoReadingTime {
			why = NextBlock
		}
		return at, why, true
	}
	return time.Time{}, why, false
}

// tooShort gives the first attempt where only minutes are left, for a person to
// decide.
func (d *day) tooShort(from time.Time) (Attempt, bool) {
	for _, b := range d.plan.Blocks {
		if at := later(from, b.From); at.Before(b.To) && len(d.today()) == 0 {
			return Attempt{At: at, Kind: ByHand, Why: []Reason{FirstLegalMinute, TooShort}}, true
		}
	}
	return Attempt{}, false
}

// dayKind gives the kind of an attempt within the day. The first is never left
// to a guard.
func (d *day) dayKind(at time.Time) (Kind, []Reason) {
	if d.size != tinyTime && len(d.today()) > 0 && !at.Before(d.plan.Guards.Human) {
		return ByHand, []Reason{AfterGuard}
	}
	return d.kind(at)
}

// kind gives the kind of an attempt that consents and the exemption allow.
func (d *day) kind(at time.Time) (Kind, []Reason) {
	switch {
	case d.exempt() && d.spent(at):
		return ByHand, []Reason{ExemptionSpent}
	case d.p.BotFirst && d.size != tinyTime && (d.p.Consents.AutomatedCalls || d.exempt()):
		return BotFirst, nil
	}
	return AgentFirst, nil
}

// spent says that the exemption allows no contact at a time: there was one since
// delivery or on that day, or three in seven days.
func (d *day) spent(at time.Time) bool {
	week := 0
	for _, m := range d.made {
		if m.ByHand {
			continue
		}
		if !m.At.Before(d.plan.Delivered) || d.dateOf(m.At) == d.dateOf(at) {
			return true
		}
		if m.At.After(at.AddDate(0, 0, -7)) {
			week++
		}
	}
	return week >= 3
}

func (d *day) dateOf(t time.Time) int { return dateOf(t.In(d.p.Legal.clock)) }

// freeAt gives the moment from which on the cap allows an attempt: at, or 24
// hours after an attempt before it.
func (d *day) freeAt(at time.Time) time.Time {
	machine := slices.DeleteFunc(slices.Clone(d.made), func(m Made) bool { return m.ByHand })
	most := min(max(d.p.MaxPerDay, 1), MaxPerDay)
	if len(machine) < most {
		return at
	}
	return later(at, ceilMinute(machine[len(machine)-most].At.Add(24*time.Hour)))
}
