package hours

import (
	"slices"
	"time"
)

// size is how much legal time a day has, of which all else follows.
type size int

const (
	noTime    size = iota // no legal minute
	tinyTime              // less than an hour
	shortTime             // less than four hours
	usualTime
)

// day is a plan in the making.
type day struct {
	p    Promise
	plan Plan
	size size
	// minutes is the length of plan.Blocks.
	minutes int
	// ends gives, for each of plan.Blocks, how long the legal time goes on,
	// whatever the deadline: to ten minutes beyond it, at most.
	ends []time.Time
	made []Made
}

func newDay(p Promise) *day {
	delivered := p.Delivered.Truncate(time.Minute)
	d := &day{p: p, made: slices.Clone(p.Earlier)}
	slices.SortFunc(d.made, func(a, b Made) int { return a.At.Compare(b.At) })
	d.plan.Delivered, d.plan.Deadline = delivered, delivered.Add(PromisedWithin)
	end := d.plan.Deadline.Add(time.Minute)
	for _, b := range p.Legal.Blocks(delivered.Add(time.Minute), end.Add(leastLeft)) {
		if b.From.Before(end) {
			d.ends = append(d.ends, b.To)
			d.plan.Blocks = append(d.plan.Blocks, Block{b.From, earlier(b.To, end)})
		}
	}
	d.minutes = Minutes(d.plan.Blocks)
	d.size = sizeOf(d.minutes)
	if d.size == noTime {
		d.plan.NoLegalMinute = true
		d.plan.FirstLegalAfter, _ = p.Legal.Next(end)
	}
	return d
}

func sizeOf(minutes int) size {
	switch {
	case minutes == 0:
		return noTime
	case minutes < 60:
		return tinyTime
	case minutes < 240:
		return shortTime
	}
	return usualTime
}

// note says what kind of day it is.
func (d *day) note() {
	size := []Reason{NoLegalTime, HumanOnly, ShortDay, UsualDay}[d.size]
	d.noteIf(d.p.CallsRefused, CallsRefused)
	d.noteIf(!d.p.CallsRefused && !d.p.Chosen.IsZero(), ClockStopped)
	d.noteIf(!d.p.CallsRefused && d.p.Chosen.IsZero(), size)
	d.noteIf(d.p.ZoneNotKnown, ZoneNotKnown)
	d.noteIf(d.exempt(), OneContactExemption)
	d.noteIf(d.p.BotFirst && !d.p.Consents.AutomatedCalls && !d.exempt(), BotNeedsConsent)
	d.noteIf(!d.p.Consents.Texts, TextsNotAllowed)
}

func (d *day) noteIf(is bool, r Reason) {
	if is && !slices.Contains(d.plan.Notes, r) {
		d.plan.Notes = append(d.plan.Notes, r)
	}
}

// exempt says that the day goes by the exemption from consent.
func (d *day) exempt() bool { return d.p.Exemption && !d.p.Consents.AutomatedCalls }

// guard sets the guards. Where there is little legal time, they halve what
// remains.
func (d *day) guard() {
	g := &d.plan.Guards
	human := min(120, d.minutes/2)
	switch d.size {
	case noTime:
		g.Human = d.plan.Delivered
		return
	case tinyTime:
		g.Human = d.plan.Delivered
		g.Supervisor = d.remaining(d.minutes / 2)
	default:
		g.Human = d.remaining(human)
		g.Supervisor = d.remaining(min(60, human/2))
	}
	g.Missed = earlier(d.plan.Blocks[len(d.plan.Blocks)-1].To, d.plan.Deadline)
}

// remaining gives the minute from which on n legal minutes remain, it included;
// the last one for n of 0.
func (d *day) remaining(n int) time.Time {
	n = max(n, 1)
	for _, b := range slices.Backward(d.plan.Blocks) {
		if m := b.Minutes(); m < n {
			n -= m
			continue
		}
		return b.To.Add(-time.Duration(n) * time.Minute)
	}
	return d.plan.Delivered
}

// today gives the attempts that were made since delivery.
func (d *day) today() []Made {
	i := slices.IndexFunc(d.made, func(m Made) bool { return !m.At.Before(d.plan.Delivered) })
	if i < 0 {
		return nil
	}
	return d.made[i:]
}
