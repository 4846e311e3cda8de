package ivr

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/private"
)

// oddZones change their clocks at odd times, by odd spans, or not at all.
var oddZones = []string{
	"America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/St_Johns", "Europe/London", "America/Santiago", "Asia/Beirut",
	"Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Pacific/Kiritimati", "Africa/Casablanca",
}

// life is one promise from the delivery to its end, and what it follows from.
type life struct {
	*rapid.T
	line  *hours.Calendar
	zones hours.ZoneSet
	now   time.Time
	p     *casestore.Promise
	o     Owed
	tasks map[string]bool
	// dials are the moments at which the patient was dialled by machine.
	dials []time.Time
}

func anyLife(rt *rapid.T) *life {
	l := &life{T: rt, line: anyLine(rt), tasks: map[string]bool{}}
	var names []string
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 0}).Draw(rt, "zones") {
		names = append(names, rapid.SampledFrom(oddZones).Draw(rt, "zone"))
	}
	var err error
	if l.zones, err = hours.NewZoneSet(hours.FromAnswer, names...); err != nil {
		rt.Fatal(err)
	}
	minute := rapid.IntRange(0, 366*24*60).Draw(rt, "minute")
	l.now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(minute)*time.Minute + time.Duration(rapid.IntRange(0, 59).Draw(rt, "second"))*time.Second)
	l.p = &casestore.Promise{Case: "c1", State: casestore.PromiseOpen, Delivered: l.now, Next: l.now}
	l.p.Note(casestore.Decision{At: l.now, What: "delivered", About: l.now})
	l.o = Owed{
		Case:  &casestore.Case{ID: "c1", Stage: casestore.StageDelivered, Caller: private.Of("+16175550123"), Language: "en"},
		Legal: hours.NewLegal(l.line, l.zones, hours.DefaultWindow, hours.ClosingMargin), ZoneKnown: !l.zones.Empty(), Callable: true,
		BotFirst: rapid.Bool().Draw(rt, "bot first"), Supervisor: "co9", Line: "tollfree",
		Contact: casestore.Contact{Permissions: map[casestore.Channel]casestore.Permission{
			casestore.ByText: {Given: rapid.Bool().Draw(rt, "texts")}, casestore.ByAutomatedCall: {Given: rapid.Bool().Draw(rt, "calls")}}},
	}
	l.o.Case.SetConsent(casestore.Consent{Kind: "voicemail", Given: rapid.SampledFrom([]string{"yes", "no"}).Draw(rt, "voicemail")})
	return l
}

// anyLine is open every day, on some days, or in a short time of them.
func anyLine(rt *rapid.T) *hours.Calendar {
	spec := rapid.SampledFrom([]string{
		"Mon-Sun 09:00-21:00 America/New_York", "Mon-Fri 09:00-21:00 America/New_York", "Mon-Sat 10:00-18:30 America/Chicago",
		"Tue-Thu 09:00-09:40 America/New_York", "Mon-Sun 00:00-24:00 Europe/London", "Mon-Sun 07:13-18:41 Asia/Kathmandu",
	}).Draw(rt, "line")
	cfg, err := hours.ParseSpec(spec, "America/New_York")
	if err != nil {
		rt.Fatal(err)
	}
	if rapid.Bool().Draw(rt, "holidays") {
		cfg.Holidays = []string{"thanksgiving", "christmas", "2027-03-15", "2027-07-05"}
	}
	c, err := hours.NewCalendar(cfg)
	if err != nil {
		rt.Fatal(err)
	}
	return c
}

// slowLegal asks the clocks on the wall: the line is open now, and for ten minutes
// and the margin before closing; every clock of the patient is within the window,
// and for ten minutes.
func (l *life) slowLegal(at time.Time) bool {
	zones := l.zones
	if zones.Empty() {
		zones, _ = hours.NewZoneSet(hours.FromCountry, hours.ZonesOfCountry("US")...)
	}
	at = at.Truncate(time.Minute)
	for m := range 10 {
		for _, zone := range zones.Locations() {
			if h := at.Add(time.Duration(m) * time.Minute).In(zone).Hour(); h < 8 || h >= 20 {
				return false
			}
		}
	}
	return l.slowOpen(at, 10*time.Minute+hours.ClosingMargin)
}

func (l *life) slowOpen(at time.Time, span time.Duration) bool {
	for m := time.Duration(0); m < span; m += time.Minute {
		if !l.line.Open(at.Add(m)) {
			return false
		}
	}
	return true
}

// copied gives a promise that shares nothing with the one that is there.
func copied(p *casestore.Promise) *casestore.Promise {
	out := *p
	out.Attempts, out.Log = slices.Clone(p.Attempts), slices.Clone(p.Log)
	return &out
}

// look has Decide look at the promise now, and checks what it did. It gives the
// call that is begun, if there is one.
func (l *life) look() *casestore.Transfer {
	l.o.LineOpen = l.slowOpen(l.now, 10*time.Minute)
	before, again := copied(l.p), copied(l.p)
	if diff := cmp.Diff(l.o.PlanOf(l.p), l.o.PlanOf(again)); diff != "" {
		l.Fatalf("the plan, made again:\n%s", diff)
	}
	change, other := Decide(l.p, l.o, l.now), Decide(again, l.o, l.now)
	if diff := cmp.Diff(l.p, again) + cmp.Diff(change, other, cmp.Comparer(func(a, b private.Text) bool { return a == b })); diff != "" {
		l.Fatalf("decided again, from the same:\n%s", diff)
	}
	for _, task := range change.Tasks {
		if l.tasks[task.ID] {
			l.Fatalf("the task %s is opened twice", task.ID)
		}
		l.tasks[task.ID] = true
	}
	l.named(l.p.Log[min(len(before.Log), len(l.p.Log)):])
	l.comesNext()
	if t := change.Transfer; t != nil {
		l.mayBegin(before, t)
	} else if l.p.State == casestore.PromiseOpen {
		once := copied(l.p)
		if more := Decide(once, l.o, l.now); len(more.Tasks)+len(more.Effects) > 0 || more.Transfer != nil || len(once.Log) > len(l.p.Log) || !once.Next.Equal(l.p.Next) {
			l.Fatalf("looked at twice with nothing changed: %+v, next %s after %s, %v", more, once.Next, l.p.Next, once.Log[len(l.p.Log):])
		}
	}
	return change.Transfer
}

// comesNext checks that an open promise is looked at again, and an ended one not.
func (l *life) comesNext() {
	switch open := l.p.State == casestore.PromiseOpen; {
	case open && !l.p.Next.After(l.now):
		l.Fatalf("an open promise (task %q) is looked at next %s, now it is %s", l.p.Task, l.p.Next, l.now)
	case open && l.p.Next.Sub(l.now) > lookAgain:
		l.Fatalf("an open promise is left alone until %s", l.p.Next)
	case open && l.p.Flight == "" && l.late():
		l.Fatalf("it is looked at next %s, after the time of what is planned", l.p.Next)
	case !open && !l.p.Next.IsZero():
		l.Fatalf("a promise that is %s is looked at %s", l.p.State, l.p.Next)
	case open && (l.o.refused() != "" || l.p.Missed && l.p.Chosen.IsZero()) && !l.tasks[l.p.Task]:
		l.Fatalf("no machine may call (%q), or it is too late (%v), and no person has a task", l.o.refused(), l.p.Missed)
	}
}

// late says whether the next look comes after the time of a call that is planned.
func (l *life) late() bool {
	plan := l.o.PlanOf(l.p)
	return slices.ContainsFunc(slices.Concat(plan.Attempts, plan.After), func(a hours.Attempt) bool { return a.At.After(l.now) && a.At.Before(l.p.Next) })
}

// whats are all things that are decided; whyless those that say why themselves.
var (
	whats = []string{"delivered", "no_legal_minute", "supervisor", "missed", "coordinator", "pre_call_text", "by_hand", "not_called", "ringing_coordinators", "voice_calls",
		"planned", "kept", "over", "called", "nobody_took_it", "asked_to_wait", "chosen", "called_by_hand"}
	whyless  = []string{"delivered", "no_legal_minute", "missed", "pre_call_text", "nobody_took_it", "asked_to_wait"}
	whyNames = []string{WhyStage, WhyMoved, WhyWrong, WhyOptedOut, WhyWindow, WhyCaps, WhyCountry, WhyConsent, WhyPaused, "little_time", "nobody_took_it", "no_legal_minute", "letter",
		resultReached, resultMessage, resultNoAnswer, resultBusy, resultFailed, resultCut, resultWrong, resultOptedOut, resultOtherTime, resultUnknown, resultNoKey, resultNotPatient, resultNobody, resultMachine, "refused", "lost", "key", "coordinator"}
)

// named checks that what was decided has names.
func (l *life) named(log []casestore.Decision) {
	for _, d := range log {
		why := slices.Contains(whyNames, d.Why) || hours.Reason(d.Why).String() != d.Why || strings.HasPrefix(d.Why, "stage_")
		if !slices.Contains(whats, d.What) || d.Why == "" && !slices.Contains(whyless, d.What) || d.Why != "" && !why {
			l.Fatalf("%q for %q has no name", d.What, d.Why)
		}
	}
}

// mayBegin checks the moment at which coordinators are rung for a call.
func (l *life) mayBegin(before *casestore.Promise, t *casestore.Transfer) {
	l.mayDial(t)
	if before.Flight != "" || l.p.Flight != t.ID {
		l.Fatalf("a call is begun while %q is in flight", before.Flight)
	}
	if t.Out.Plan.After(l.now) || before.NotBefore.After(l.now) {
		l.Fatalf("the call of %s, kept back until %s, is begun %s", t.Out.Plan, before.NotBefore, l.now)
	}
}

// mayDial checks the moment at which a machine dials the patient.
func (l *life) mayDial(t *casestore.Transfer) {
	switch chosen := t.Out.Chosen; {
	case l.o.refused() != "" || l.o.Case.Stage != casestore.StageDelivered || l.p.State != casestore.PromiseOpen:
		l.Fatalf("a patient is dialled, though %q, %s, %s", l.o.refused(), l.o.Case.Stage, l.p.State)
	case !chosen && !l.slowLegal(l.now):
		l.Fatalf("%s is not legal, or less than ten minutes are left", l.now)
	case chosen && !l.slowOpen(l.now, 10*time.Minute):
		l.Fatalf("the line is closed %s, or in ten minutes", l.now)
	case chosen && l.now.Before(l.p.Chosen):
		l.Fatalf("%s was chosen, and %s it is dialled", l.p.Chosen, l.now)
	case !l.p.Chosen.IsZero() && l.now.Before(l.p.Chosen):
		l.Fatalf("it is dialled %s, before %s, which was chosen", l.now, l.p.Chosen)
	}
	n := 0
	for _, at := range l.dials {
		if l.now.Sub(at) < 24*time.Hour {
			n++
		}
	}
	if n >= hours.MaxPerDay {
		l.Fatalf("%s would be call number %d in 24 hours", l.now, n+1)
	}
}

// call is what becomes of a call: coordinators, and then the patient, if all that
// is asked before the dial still holds.
func (l *life) call(t *casestore.Transfer) {
	s := &Server{now: func() time.Time { return l.now }}
	seconds := rapid.IntRange(0, 20*60).Draw(l.T, "seconds until a coordinator answers")
	l.now = l.now.Add(time.Duration(seconds) * time.Second)
	choices := []string{"", "", "", choseNobody, choseWait}
	if t.Out.Bot {
		choices = []string{""}
	}
	t.Choice = rapid.SampledFrom(choices).Draw(l.T, "choice")
	l.o.LineOpen = l.slowOpen(l.now, 10*time.Minute)
	if why := l.o.MayDial(l.p, t.ID, t.Out.Chosen, l.now); t.Choice == "" && why != "" {
		t.Choice, t.Out.Why = choseRefused, why
	}
	if t.Choice == "" {
		l.mayDial(t)
		l.dials = append(l.dials, l.now)
		t.Taken, t.Out.At = "co1", l.now
		results := []string{resultNoAnswer, resultNoAnswer, resultBusy, resultMessage, resultCut, resultUnknown, resultOtherTime, resultReached}
		if t.Out.Bot {
			results = append(results, resultNoKey, resultNotPatient, resultNobody, resultMachine)
		}
		t.Out.Disposition = rapid.SampledFrom(results).Draw(l.T, "result")
		if t.Out.Disposition == resultOtherTime {
			t.Out.OtherTime = l.anyTime()
		}
		l.now = l.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(l.T, "seconds of the call")) * time.Second)
	}
	before := len(l.p.Log)
	s.landed(l.p, t)
	l.named(l.p.Log[min(before, len(l.p.Log)):])
}

// anyTime is one that somebody chooses: to the half hour, within some days.
func (l *life) anyTime() time.Time {
	halves := rapid.IntRange(1, 6*48).Draw(l.T, "half hours")
	return l.now.Truncate(30 * time.Minute).Add(time.Duration(halves) * 30 * time.Minute)
}

// happens is what comes between two looks, mostly nothing.
func (l *life) happens() {
	switch rapid.IntRange(0, 30).Draw(l.T, "event") {
	case 1: // as ChoosePromise does it
		p := l.p
		p.Chosen, p.ChosenHow, p.NotBefore, p.Unanswered, p.Next = l.anyTime(), "key", time.Time{}, 0, l.now
		p.Task, p.Human, p.Supervisor, p.Announced = "", time.Time{}, time.Time{}, time.Time{}
	case 2:
		l.o.Contact.OptedOut.At = l.now
	case 3:
		l.o.Contact.Wrong = l.now
	case 4:
		l.o.Case.Stage = rapid.SampledFrom([]casestore.Stage{casestore.StageFollowedUp, casestore.StageWithdrawn, casestore.StageOnHold}).Draw(l.T, "stage")
	case 5: // as byHand does it
		l.p.Attempts = append(l.p.Attempts, casestore.Attempt{Coordinator: "co1", At: l.now, Result: resultNoAnswer, ByHand: true})
		l.p.Next = l.now
	case 6:
		l.p.Next = l.now // a look that nothing asked for
	}
}

// lives plays a promise to its end: whenever it is looked at, and however late.
func lives(rt *rapid.T) {
	l := anyLife(rt)
	for range 400 {
		if t := l.look(); t != nil {
			l.call(t)
		}
		if l.p.State != casestore.PromiseOpen {
			if l.p.Outcome == "" || l.p.Ended.IsZero() || l.p.Flight != "" {
				rt.Fatalf("it is %s %q since %s, with %q in flight", l.p.State, l.p.Outcome, l.p.Ended, l.p.Flight)
			}
			return
		}
		if l.o.refused() != "" {
			return // a person has it
		}
		l.happens()
		late := rapid.SampledFrom([]int{0, 0, 0, 1, 1, 45, 600, 5 * 3600, 30 * 3600}).Draw(rt, "seconds late")
		if at := l.p.Next.Add(time.Duration(late) * time.Second); at.After(l.now) {
			l.now = at
		}
	}
	if attended := l.tasks[l.p.Task]; !attended {
		rt.Fatalf("after 400 looks it is %s, and nobody has a task: %d calls, %v", l.p.State, len(l.dials), tail(l.p.Log))
	}
}

func tail(log []casestore.Decision) string {
	return fmt.Sprint(log[max(0, len(log)-12):])
}

// Whatever happens to a promise: no call outside of legal time or with less than ten
// minutes of it left, no fourth in 24 hours, none before the time that was chosen; a
// name for everything that is decided, something that comes next or a person who
// knows; and the same decision from the same.
func TestPromisesWhatever(t *testing.T) { rapid.Check(t, lives) }

func FuzzPromises(f *testing.F) { f.Fuzz(rapid.MakeFuzz(lives)) }
