package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
)

// abused is a world whose bounds are these.
func abused(t *testing.T, at string, change func(*Caps)) *world {
	t.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	change(&settings.Programme.Caps)
	return testWorldOf(t, settings, at, slog.New(slog.DiscardHandler), hooks{})
}

// tasksOf gives what is owed of one kind.
func (w *world) tasksOf(t *testing.T, kind casestore.TaskKind) []*casestore.Task {
	t.Helper()
	tasks, err := w.line.store.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(tasks, func(task *casestore.Task) bool { return task.Kind != kind || task.Outcome != "" })
}

// says gives the first words that a call of a number hears, and hangs up.
func (w *world) says(t *testing.T, from string) string {
	t.Helper()
	p := &callPlayer{world: w, from: from, to: tollFree}
	if err := p.ring(t.Context()); err != nil {
		t.Fatal(err)
	}
	said := heardIn(p)
	if err := p.do(t.Context(), token{hangup: true}); err != nil && !strings.Contains(err.Error(), "over") {
		t.Fatal(err)
	}
	return said
}

// Who calls more often than anybody needs to is told that a person will call, owed
// that call once, and answered again ten minutes later.
func TestWhoCallsTooOftenIsCalledBack(t *testing.T) {
	w := testWorld(t, afternoon)
	const hello, sorry, wait = "Thank you for calling", "A person will call you at this number by Tuesday, March 2nd, at 7", "Please wait ten minutes"
	for i := 1; i <= 9; i++ {
		want := hello
		switch {
		case i == 7:
			want = sorry
		case i > 7:
			want = wait
		}
		if said := w.says(t, patient); !strings.Contains(said, want) || (want != hello) == strings.Contains(said, hello) {
			t.Errorf("call %d heard %q, want %q", i, said, want)
		}
	}
	if said := w.says(t, "+16175550177"); !strings.Contains(said, hello) {
		t.Errorf("somebody else heard %q", said)
	}
	owed := w.tasksOf(t, casestore.TaskMissed)
	if len(owed) != 1 || owed[0].Phone != private.Of(patient) {
		t.Errorf("owed %d calls, want one to the number", len(owed))
	}
	w.clock.Pass(11 * time.Minute)
	if said := w.says(t, patient); !strings.Contains(said, hello) {
		t.Errorf("ten minutes later heard %q", said)
	}
}

// The call that is owed to who calls too often is owed although the turn that would have
// promised it failed; it is owed once for as long as it is open, and again after it was
// made.
func TestOneCallAtATimeIsOwedToWhoCallsTooOften(t *testing.T) {
	w := testWorld(t, afternoon)
	const hello, sorry, wait = "Thank you for calling", "A person will call you at this number", "Please wait ten minutes"
	hears := func(want string) {
		t.Helper()
		if said := w.says(t, patient); !strings.Contains(said, want) {
			t.Errorf("heard %q, want %q", said, want)
		}
	}
	six := func() {
		t.Helper()
		for range 6 {
			hears(hello)
		}
	}
	six()
	id := w.line.store.Ring().Person(private.Of(patient))
	for _, call := range []string{"CA" + strings.Repeat("7", 32), "CA" + strings.Repeat("8", 32)} {
		_, _, err := w.line.store.Incoming(t.Context(), id, call) // counted, and nothing comes of it
		if err == nil {
			err = w.line.store.CallOver(t.Context(), id, call)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hears(sorry)
	hears(wait)
	w.clock.Pass(11 * time.Minute)
	six()
	hears(wait)
	owed := w.tasksOf(t, casestore.TaskMissed)
	if len(owed) != 1 {
		t.Fatalf("owed %d calls", len(owed))
	}
	if _, err := w.line.store.MoveTask(t.Context(), owed[0].Partition, owed[0].ID, func(task *casestore.Task) bool {
		task.Outcome = "reached"
		return true
	}); err != nil {
		t.Fatal(err)
	}
	w.clock.Pass(11 * time.Minute)
	six()
	hears(sorry)
	hears(wait)
	if owed := w.tasksOf(t, casestore.TaskMissed); len(owed) != 1 {
		t.Errorf("owed %d calls after the first was made", len(owed))
	}
}

// A withheld number is nobody's: it is not counted against others who withhold theirs.
func TestWithheldNumbersAreNotOneCaller(t *testing.T) {
	w := testWorld(t, afternoon)
	for i := range 12 {
		if said := w.says(t, "anonymous"); !strings.Contains(said, "Thank you for calling") {
			t.Fatalf("call %d heard %q", i+1, said)
		}
	}
}

// Two calls of one number at once are taken, a third is called back, and a call that
// has ended does not count.
func TestManyCallsOfOneNumberAtOnce(t *testing.T) {
	w := testWorld(t, afternoon)
	var on []*callPlayer
	for i, want := range []string{"Thank you for calling", "Thank you for calling", "A person will call you"} {
		p := &callPlayer{world: w, from: patient, to: tollFree}
		if err := p.ring(t.Context()); err != nil {
			t.Fatal(err)
		}
		if said := heardIn(p); !strings.Contains(said, want) {
			t.Errorf("call %d heard %q", i+1, said)
		}
		on = append(on, p)
	}
	if err := on[0].do(t.Context(), token{hangup: true}); err != nil {
		t.Fatal(err)
	}
	if said := w.says(t, patient); !strings.Contains(said, "Thank you for calling") {
		t.Errorf("after a call has ended, heard %q", said)
	}
}

// When all lines are busy, callers of whom something is known still get through, and
// so do coordinators.
func TestAllLinesAreBusy(t *testing.T) {
	w := abused(t, afternoon, func(c *Caps) { c.CallsAtOnce = 20 })
	w.allowTexts(t, patient)
	for i := range 30 {
		p := &callPlayer{world: w, from: fmt.Sprintf("+1212555%04d", i), to: tollFree}
		if err := p.ring(t.Context()); err != nil {
			t.Fatal(err)
		}
		if busy := strings.Contains(heardIn(p), "All of our lines are busy"); busy != (i >= 20) {
			t.Errorf("call %d: busy %v", i+1, busy)
		}
	}
	w.line.voice.CountCalls(t.Context())
	for _, known := range []string{patient, worldPerson} {
		if said := w.says(t, known); strings.Contains(said, "busy") {
			t.Errorf("one who is known heard %q", said)
		}
	}
	w.clock.Pass(31 * time.Minute) // nobody told us how those calls ended
	w.line.voice.CountCalls(t.Context())
	if said := w.says(t, "+12125559999"); !strings.Contains(said, "Thank you for calling") {
		t.Errorf("half an hour later heard %q", said)
	}
}

// A machine that goes round in the menus is let go in the end.
func TestCallWithoutAnEnd(t *testing.T) {
	w := testWorld(t, afternoon)
	p := &callPlayer{world: w, from: patient, to: tollFree}
	keys := 0
	for ; keys < 5000; keys++ {
		if err := p.do(t.Context(), token{keys: []string{"3", "1"}[min(keys, 1)]}); err != nil {
			break
		}
		w.clock.Pass(20 * time.Second)
	}
	if said := heardIn(p); !strings.Contains(said, "This call has become too long") {
		t.Errorf("ends with %q after %d keys", said[max(0, len(said)-200):], keys)
	}
}

// Toll fraud: many callers have us call numbers of one block that pays who owns it.
// So many are dialled in a day as the bound says, whatever is asked; the rest stands
// before people, and nothing of it is forgotten. SECONDLINE_PUMP sets how many callers.
func TestTollFraud(t *testing.T) {
	callers, bound := 60, 12
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_PUMP")); err == nil {
		callers, bound = n, 40
	}
	w := abused(t, evening, func(c *Caps) { c.CallsOutPerPrefix = bound })
	for i := range callers {
		p := &callPlayer{world: w, from: fmt.Sprintf("+1202555%04d", i), to: tollFree}
		w.playTokens(t, p, fmt.Sprintf("3 2 646555%04d 1 1", i))
	}
	w.sim.SetCallee(func(to string) twiliosim.CalleeBehaviour {
		if strings.HasPrefix(to, "+1646555") {
			return twiliosim.NoAnswer()
		}
		return twiliosim.Answers("1")
	})
	owed := len(w.tasksOf(t, casestore.TaskCallBack))
	w.clock.Pass(10 * time.Hour)
	for range 5 * 60 * 4 {
		w.clock.Pass(15 * time.Second)
		if err := w.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	dialled := 0
	for _, c := range w.sim.Calls() {
		if strings.HasPrefix(c.To(), "+1646555") && c.Direction() == string(twilio.OutboundAPI) {
			dialled++
		}
	}
	t.Logf("%d callers, %d calls owed, %d dialled, bound %d", callers, owed, dialled, bound)
	if owed != callers {
		t.Errorf("%d calls are owed to %d callers", owed, callers)
	}
	if dialled == 0 || dialled > bound {
		t.Errorf("%d calls were dialled, the bound is %d", dialled, bound)
	}
}

// A call back that a bound refuses at the moment of the dial is put off and not used up:
// it is made when the bound lets it, the next day if need be, and stays before people.
func TestBoundsUseUpNoCallBack(t *testing.T) {
	w := abused(t, evening, func(c *Caps) { c.CallsOutPerPrefix = 1 })
	w.playTokens(t, &callPlayer{world: w, from: "+12025550101", to: tollFree}, "3 2 6465550102 1 1")
	w.sim.SetCallee(func(to string) twiliosim.CalleeBehaviour {
		if to == "+16465550102" {
			return twiliosim.NoAnswer()
		}
		return twiliosim.Answers("1")
	})
	w.clock.Pass(12 * time.Hour)
	if ok, err := w.line.store.Cap(t.Context(), "calls to prefix +1646555", "another", 1, 24*time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	full, refused := w.clock.Now().Add(24*time.Hour), 0
	for end := full.Add(12 * time.Hour); len(w.sim.CallsTo("+16465550102")) == 0; w.goesBy(t) {
		if n := len(w.tasksOf(t, casestore.TaskCallBack)); n != 1 {
			t.Fatalf("%d calls back stand before people, want 1", n)
		}
		if w.clock.Now().After(end) {
			t.Fatal("the patient was not called when the bound would have let it")
		}
	}
	for _, c := range w.sim.Calls() {
		if strings.Contains(c.Transcript(), "more calls have gone out today") {
			refused++
		}
	}
	if w.clock.Now().Before(full) || refused < 3 || refused > 8 {
		t.Errorf("called at %s, and the bound was full until %s; coordinators were told so %d times", w.clock.Now(), full, refused)
	}
}

// goesBy lets time go by: slowly while a telephone rings or somebody talks.
func (w *world) goesBy(t *testing.T) {
	t.Helper()
	step := time.Minute
	for _, c := range w.sim.Calls() {
		if !twilio.CallStatus(c.Status()).Final() {
			step = 15 * time.Second
		}
	}
	w.clock.Pass(step)
	if err := w.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Numbers that cost, and our own, are promised no call by a machine.
func TestNumbersThatAreNotDialled(t *testing.T) {
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	dial := dialable(settings.Programme)
	for number, want := range map[string]bool{
		"+16175550123": true, "+447400123456": true, "+17875550123": true,
		"+19002345678": false, "+449098790123": false, "+491806123456": false, "+870773111632": false, "+8816123456": false,
		"+18765550123": false, tollFree: false, "+17754402559": false, "+18774423324": false, "+37121234567": false, "": false,
	} {
		if dial(number) != want {
			t.Errorf("%s is dialled: %v", number, !want)
		}
	}
}
