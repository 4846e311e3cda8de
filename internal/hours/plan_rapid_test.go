package hours

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawn is a promise and what its legal time was made from.
type drawn struct {
	Promise
	line  *Calendar
	zones ZoneSet
}

// anyPromise draws a promise to which nothing has happened yet.
func anyPromise(rt *rapid.T) drawn {
	d := drawn{line: anyCalendar(rt), zones: anyZones(rt)}
	if rapid.Bool().Draw(rt, "usual line") {
		d.line, d.zones = sevenDayLine, anyZones(rt)
	}
	d.Promise = NewPromise(nearClockChange(rt), d.line, d.zones)
	d.Delivered = d.Delivered.Add(time.Duration(rapid.IntRange(0, 59).Draw(rt, "second")) * time.Second)
	b := rapid.Bool()
	d.Consents = Consents{b.Draw(rt, "texts"), b.Draw(rt, "automated calls"), b.Draw(rt, "voicemail")}
	d.BotFirst, d.Exemption = b.Draw(rt, "bot first"), b.Draw(rt, "exemption")
	return d
}

// slowMinutes asks the clocks for every legal minute of the promise.
func (d drawn) slowMinutes() []time.Time {
	var out []time.Time
	from := d.Delivered.Truncate(time.Minute)
	for m := 1; m <= 24*60; m++ {
		if at := from.Add(time.Duration(m) * time.Minute); slowLegal(d.line, d.zones, DefaultWindow, ClosingMargin, at) {
			out = append(out, at)
		}
	}
	return out
}

func contains(minutes []time.Time, at time.Time) bool {
	return slices.ContainsFunc(minutes, at.Equal)
}

func TestPlansKeepTheRules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyPromise(rt)
		plan, legal := d.Plan(), d.slowMinutes()
		if Minutes(plan.Blocks) != len(legal) || plan.NoLegalMinute != (len(legal) == 0) {
			rt.Fatalf("%d legal minutes, none %v; the clocks say %d", Minutes(plan.Blocks), plan.NoLegalMinute, len(legal))
		}
		if len(legal) > 0 && len(plan.Attempts) == 0 || len(plan.Attempts) > 3 || len(plan.After) > 4 {
			rt.Fatalf("%d attempts and %d after for %d minutes", len(plan.Attempts), len(plan.After), len(legal))
		}
		apart := leastSpace(len(legal))
		for i, a := range plan.Attempts {
			if !contains(legal, a.At) {
				rt.Fatalf("%s is not legal", a.At)
			}
			if a.Kind != ByHand && !slowLegal(d.line, d.zones, DefaultWindow, ClosingMargin, a.At.Add(9*time.Minute)) {
				rt.Fatalf("less than ten minutes are left at %s", a.At)
			}
			if i > 0 && a.At.Sub(plan.Attempts[i-1].At) < apart {
				rt.Fatalf("%s comes less than %s after %s", a.At, apart, plan.Attempts[i-1].At)
			}
		}
		checkGuards(rt, plan, legal)
		checkAfter(rt, d, plan)
		checkKinds(rt, d, plan)
	})
}

// leastSpace is what lies between two attempts at least.
func leastSpace(minutes int) time.Duration {
	switch {
	case minutes < 60:
		return 10 * time.Minute
	case minutes < 360:
		return time.Duration(max(30, minutes/3)) * time.Minute
	}
	return 3 * time.Hour
}

func checkGuards(rt *rapid.T, plan Plan, legal []time.Time) {
	g := plan.Guards
	if len(legal) < 60 {
		if !g.Human.Equal(plan.Delivered) {
			rt.Fatalf("%d minutes, and no task at once but %s", len(legal), g.Human)
		}
		return
	}
	want := min(120, len(legal)/2)
	i := slices.IndexFunc(legal, g.Human.Equal)
	if i < 0 || len(legal)-i != want {
		rt.Fatalf("a person takes over with %d of %d minutes left, not %d", len(legal)-i, len(legal), want)
	}
	j := slices.IndexFunc(legal, g.Supervisor.Equal)
	if j < i || len(legal)-j != min(60, want/2) {
		rt.Fatalf("the supervisor comes with %d minutes left", len(legal)-j)
	}
	if last := legal[len(legal)-1]; g.Missed.Before(last) || g.Missed.After(last.Add(time.Minute)) {
		rt.Fatalf("missed at %s, but the last minute is %s", g.Missed, last)
	}
}

// checkAfter looks at what comes later, and at the texts.
func checkAfter(rt *rapid.T, d drawn, plan Plan) {
	before := plan.Deadline
	for _, a := range plan.After {
		if !a.At.After(before) || !slowLegal(d.line, d.zones, DefaultWindow, ClosingMargin, a.At) {
			rt.Fatalf("%s comes not after %s or is not legal", a.At, before)
		}
		before = a.At
	}
	if len(plan.After) > 0 && !plan.Letter.After(before) {
		rt.Fatalf("the letter of %s comes before the attempt of %s", plan.Letter, before)
	}
	if plan.NoLegalMinute && !plan.FirstLegalAfter.IsZero() && !plan.FirstLegalAfter.Equal(plan.After[0].At) {
		rt.Fatalf("%s is legal, but the first attempt is %s", plan.FirstLegalAfter, plan.After[0].At)
	}
	for _, x := range plan.Texts {
		if !d.Consents.Texts || x.At.Before(plan.Delivered) || !slowText(d.zones, DefaultWindow, x.At) {
			rt.Fatalf("the text %s of %s is not allowed", x.Kind, x.At)
		}
	}
}

// checkKinds looks at what consents forbid.
func checkKinds(rt *rapid.T, d drawn, plan Plan) {
	bots, machine, voicemail := 0, 0, time.Time{}
	for _, a := range slices.Concat(plan.Attempts, plan.After) {
		if a.Kind == BotFirst {
			bots++
		}
		if a.Kind != ByHand {
			machine++
		}
		if len(a.Why) == 0 {
			rt.Fatalf("%s has no reason", a.At)
		}
		if a.Voicemail && (!d.Consents.Voicemail || !voicemail.IsZero() && a.At.Sub(voicemail) < 24*time.Hour) {
			rt.Fatalf("a message at %s, after one at %s", a.At, voicemail)
		}
		if a.Voicemail {
			voicemail = a.At
		}
	}
	exempt := d.Exemption && !d.Consents.AutomatedCalls
	if most := map[bool]int{true: 1, false: math.MaxInt}[exempt]; machine > most {
		rt.Fatalf("%d contacts by machine under the exemption", machine)
	}
	if bots > 0 && (!d.BotFirst || !d.Consents.AutomatedCalls && !exempt) {
		rt.Fatal("an automated voice without consent")
	}
}

// A plan made again is the same; made again after each attempt, what remains of
// it is.
func TestPlanningAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyPromise(rt)
		first := d.Plan()
		if diff := cmp.Diff(first, d.Plan()); diff != "" {
			rt.Fatalf("after a restart (-first +again):\n%s", diff)
		}
		todo := slices.Concat(first.Attempts, first.After)
		for i, a := range todo {
			late := time.Duration(rapid.IntRange(0, 59).Draw(rt, "seconds late")) * time.Second
			d.Earlier = append(d.Earlier, Made{At: a.At.Add(late), ByHand: a.Kind == ByHand, Voicemail: a.Voicemail})
			again := d.Plan()
			rest := slices.Concat(again.Attempts, again.After)
			if diff := cmp.Diff(times(todo[i+1:]), times(rest)); diff != "" {
				rt.Fatalf("after attempt %d of %d (-first +again):\n%s", i+1, len(todo), diff)
			}
			if diff := cmp.Diff(first.Guards, again.Guards); diff != "" {
				rt.Fatalf("guards after attempt %d:\n%s", i+1, diff)
			}
		}
	})
}

func times(attempts []Attempt) []string {
	out := []string{}
	for _, a := range attempts {
		out = append(out, a.At.UTC().Format(time.RFC3339)+" "+string(a.Kind))
	}
	return out
}

// Whatever was done before, and whenever it is planned again, no attempt breaks
// the cap or comes too early.
func TestPlansKeepTheCap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyPromise(rt)
		d.MaxPerDay = rapid.IntRange(0, 5).Draw(rt, "cap")
		for range rapid.IntRange(0, 5).Draw(rt, "earlier") {
			minutes := rapid.IntRange(-3*24*60, 20*60).Draw(rt, "minutes after delivery")
			d.Earlier = append(d.Earlier, Made{At: d.Delivered.Add(time.Duration(minutes) * time.Minute)})
		}
		if rapid.Bool().Draw(rt, "again") {
			d.NotBefore = d.Delivered.Add(time.Duration(rapid.IntRange(0, 3*24*60*60).Draw(rt, "seconds")) * time.Second)
		}
		plan := d.Plan()
		made := slices.Clone(d.Earlier)
		for _, a := range plan.Attempts {
			if a.At.Before(d.NotBefore) {
				rt.Fatalf("%s comes before %s", a.At, d.NotBefore)
			}
			if a.Kind == ByHand {
				continue
			}
			made = append(made, Made{At: a.At})
			n := 0
			for _, m := range made {
				if ago := a.At.Sub(m.At); ago >= 0 && ago < 24*time.Hour {
					n++
				}
			}
			if n > min(max(d.MaxPerDay, 1), 3) {
				rt.Fatalf("%s is number %d in 24 hours", a.At, n)
			}
		}
	})
}

// A chosen time is kept, unless the line is closed then.
func TestChosenTimes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyPromise(rt)
		d.Chosen = d.Delivered.Truncate(time.Minute).Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(rt, "minutes")) * time.Minute)
		plan := d.Plan()
		if len(plan.Attempts) == 0 && plan.Guards.Human.Equal(plan.Delivered) && slices.Contains(plan.Notes, NeverLegal) {
			return
		}
		if len(plan.Attempts) != 1 {
			rt.Fatalf("%d attempts", len(plan.Attempts))
		}
		got, open := plan.Attempts[0].At, true
		for m := range 10 {
			open = open && d.line.Open(d.Chosen.Add(time.Duration(m)*time.Minute))
		}
		if open && !got.Equal(d.Chosen) || !d.line.Open(got) || got.Before(d.Chosen) {
			rt.Fatalf("chosen %s (open %v), planned %s", d.Chosen, open, got)
		}
		if plan.Guards != (Guards{}) {
			rt.Fatal("guards, though the patient chose")
		}
	})
}

// sevenDayLine is open every day from nine to nine in New York.
var sevenDayLine = func() *Calendar {
	c := &Calendar{shut: map[int]string{}}
	if err := c.setZone(eastern); err != nil {
		panic(err)
	}
	for day := range c.days {
		c.days[day] = span{9 * 60, 21 * 60}
	}
	return c
}()
