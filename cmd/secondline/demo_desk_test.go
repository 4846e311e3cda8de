package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"secondline/internal/twiliosim"
	"secondline/internal/twiliosim/phone"
)

// testDemo is the demo without its page, its clock on a Tuesday at work. What
// Twilio and the workers would do by themselves is done by settle.
type testDemo struct {
	t *testing.T
	*demoPhone
}

func newTestDemo(t *testing.T) *testDemo {
	t.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	w := testWorld(t, tuesday)
	x, err := newDemoPhone(w, settings)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, tuesday)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Set(at)
	return &testDemo{t, x}
}

// see gives what the page shows after err.
func (d *testDemo) see(_ phone.View, err error) phone.View {
	d.t.Helper()
	if err == nil {
		err = d.w.settle(d.t.Context())
	}
	if err != nil {
		d.t.Fatal(err)
	}
	v, err := d.View(d.t.Context(), "")
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// askForAPerson calls the line and presses zero.
func (d *testDemo) askForAPerson() phone.View {
	d.t.Helper()
	v := d.see(d.Ring(d.t.Context(), "tollfree", "known"))
	return d.see(d.Press(d.t.Context(), v.Call, "0"))
}

// said joins what a telephone shows.
func said(captions []phone.Caption) string {
	var b strings.Builder
	for _, c := range captions {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// ringing gives the first coordinator whose telephone rings.
func (d *testDemo) ringing(v phone.View) phone.Coordinator {
	d.t.Helper()
	for _, c := range v.Coordinators {
		if c.Status == phone.Ringing {
			return c
		}
	}
	d.t.Fatal("no coordinator's telephone rings")
	return phone.Coordinator{}
}

// of gives the telephone that had a call.
func (d *testDemo) of(v phone.View, call string) phone.Coordinator {
	d.t.Helper()
	for _, c := range v.Coordinators {
		if c.Call == call {
			return c
		}
	}
	d.t.Fatal("the coordinator's telephone shows another call")
	return phone.Coordinator{}
}

func TestDemoCoordinatorTakesACall(t *testing.T) {
	d := newTestDemo(t)
	desk := d.ringing(d.askForAPerson())
	if desk.Await.TimeoutSeconds < 5 {
		t.Errorf("it rings for %d seconds", desk.Await.TimeoutSeconds)
	}
	v := d.see(d.PickUp(t.Context(), desk.Call))
	if got := said(d.of(v, desk.Call).Captions); !strings.Contains(got, "Press 1 to take the call. Press 2 to pass.") {
		t.Errorf("who picks up hears %q", got)
	}
	v = d.see(d.Press(t.Context(), desk.Call, "1"))
	if got := d.of(v, desk.Call).Status; v.Status != phone.Talking || got != phone.Talking {
		t.Fatalf("after 1 the caller is %s and the coordinator %s", v.Status, got)
	}
	if got := strings.Count(said(v.Captions), "You are connected."); got != 1 {
		t.Errorf("the caller is told %d times of being connected", got)
	}
	v = d.see(d.Hangup(t.Context(), desk.Call))
	if got := d.of(v, desk.Call); got.Status != phone.Ended || !strings.Contains(said(got.Captions), "You hung up.") || v.Status == phone.Talking {
		t.Errorf("after the coordinator hung up: coordinator %s, caller %s", got.Status, v.Status)
	}
}

func TestDemoCoordinatorDoesNotTakeACall(t *testing.T) {
	tests := []struct {
		name string
		do   func(*testDemo, string) (phone.View, error)
		want string
	}{
		{"declines", func(d *testDemo, call string) (phone.View, error) { return d.Hangup(d.t.Context(), call) }, "the line hears that you are busy"},
		{"lets it ring", func(d *testDemo, call string) (phone.View, error) { return d.Silence(d.t.Context(), call) }, "Missed: nobody picked up."},
		{"presses 2", func(d *testDemo, call string) (phone.View, error) {
			d.see(d.PickUp(d.t.Context(), call))
			return d.Press(d.t.Context(), call, "2")
		}, "The line ended the call."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newTestDemo(t)
			desk := d.ringing(d.askForAPerson())
			v := d.see(tt.do(d, desk.Call))
			got := d.of(v, desk.Call)
			if got.Status != phone.Ended || !strings.Contains(said(got.Captions), tt.want) {
				t.Errorf("the coordinator is %s and reads %q", got.Status, said(got.Captions))
			}
			if v.Status != phone.InCall {
				t.Errorf("the caller is %s, not waiting for somebody else", v.Status)
			}
			if _, err := d.PickUp(t.Context(), desk.Call); !errors.Is(err, phone.ErrNoCall) {
				t.Errorf("picking up what no longer rings: %v", err)
			}
		})
	}
}

func TestDemoCoordinatorsBehave(t *testing.T) {
	tests := []struct{ behaviour, want string }{
		{phone.CalleeAnswers, "You are connected."},
		{phone.CalleeBusy, "the line hears that you are busy"},
		{phone.CalleeNoAnswer, "Missed: nobody picked up."},
		{phone.CalleeVoicemail, "The line ended the call."},
	}
	for _, tt := range tests {
		t.Run(tt.behaviour, func(t *testing.T) {
			d := newTestDemo(t)
			d.see(d.SetCallee(t.Context(), tt.behaviour))
			v := d.askForAPerson()
			all := ""
			for _, c := range v.Coordinators {
				all += said(c.Captions)
			}
			if !strings.Contains(all, tt.want) {
				t.Errorf("no coordinator reads %q, but %q", tt.want, all)
			}
		})
	}
}

// A page that reports silence must not ask for the wait document without pause.
func TestDemoCallerWaitsCalmly(t *testing.T) {
	d := newTestDemo(t)
	v := d.askForAPerson()
	for range 3 {
		if !v.Await.Holding || v.Await.TimeoutSeconds < 6 {
			t.Fatalf("the caller waits %+v: at least 6 seconds a round are wanted", v.Await)
		}
		if !strings.Contains(said(v.Captions), "(soft music)") {
			t.Error("the music is not mentioned")
		}
		v = d.see(d.Silence(t.Context(), v.Call))
	}
}

func TestDemoTellsTelephonesApart(t *testing.T) {
	d := newTestDemo(t)
	v := d.askForAPerson()
	if _, err := d.PickUp(t.Context(), v.Call); !errors.Is(err, phone.ErrNotNow) {
		t.Errorf("the caller's telephone is picked up: %v", err)
	}
	if _, err := d.PickUp(t.Context(), "CA0"); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("an unknown call is picked up: %v", err)
	}
	d.see(d.Hangup(t.Context(), v.Call))
	for _, c := range d.see(d.View(t.Context(), "")).Coordinators {
		if c.Status == phone.Ringing {
			t.Errorf("%s is still rung for a caller who is gone", c.Name)
		}
	}
}

// A call that the application's answer dials, as it does without Redis, shows on
// the coordinator's telephone too.
func TestDemoShowsADialledLeg(t *testing.T) {
	d := newTestDemo(t)
	d.w.redis.SetError("gone")
	defer d.w.redis.SetError("")
	call, err := d.w.sim.Ring(t.Context(), "+16175550123", d.settings.Programme.Lines.TollFree.Number)
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		for _, c := range d.desks() {
			if c.Status == phone.Ringing {
				return
			}
		}
		if err := call.Silence(t.Context()); err != nil && !errors.Is(err, twiliosim.ErrNotWaiting) {
			t.Fatal(err)
		}
	}
	t.Errorf("no coordinator's telephone rings:\n%s", call.Transcript())
}
