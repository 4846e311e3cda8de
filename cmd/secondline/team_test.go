package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"secondline/internal/private"
)

func privateOf(s string) private.Text { return private.Of(s) }

// onlyLineConfig makes an environment that sets LINE_CONFIG alone.
func onlyLineConfig(env func(string) (string, bool)) environment {
	return func(name string) (string, bool) {
		if name != "LINE_CONFIG" {
			return "", false
		}
		return env(name)
	}
}

// owedToTwo leaves a call back for a patient and a message of another.
func (d *desk) owedToTwo() {
	d.t.Helper()
	d.p.from = patient
	d.playTokens(d.t, d.p, "0 1 1")
	d.clock.Pass(time.Hour)
	d.p = &callPlayer{world: d.world, from: "+12125550142", to: tollFree}
	d.playTokens(d.t, d.p, `0 2 "It is Bob"`)
	d.p = &callPlayer{world: d.world, from: worldPerson, to: tollFree}
}

func (d *desk) owed() string {
	d.t.Helper()
	tasks, err := d.line.store.Tasks(d.t.Context())
	d.must(err)
	var out []string
	for _, task := range tasks {
		out = append(out, string(task.Kind))
	}
	return strings.Join(out, " ")
}

// What a coordinator does on the own line, and what is heard last.
func TestCoordinatorsOwnLine(t *testing.T) {
	for _, tt := range []struct {
		name, tokens string
		hears        []string
		owed         string
	}{
		{"hears what is owed", "2468# 1 2 3 2", []string{"You are on duty. Calls owed: 2.", "A call back that was asked for.", "Due by", "A message was left.", "Here is the message.", "(plays what was said)", "Nothing more is owed right now."}, "call_back message"},
		{"calls the first and speaks", "2468# 1 1 _ 1", []string{"A call back that was asked for.", "Dialing now.", "How did it go?", "This one is done.", "Calls owed: 1."}, "message"},
		{"calls the next straight away, nobody answers", "2468# 2 _ 3", []string{"Dialing now.", "How did it go?", "It stays on the list."}, "call_back message"},
		{"says nothing about how it went", "2468# 2 _ _ _ _", []string{"How did it go?", "It stays on the list."}, "call_back message"},
		{"a wrong number", "2468# 2 _ 4", []string{"This one is done."}, "message"},
		{"asked not to be called", "2468# 2 _ 5", []string{"This one is done."}, "message"},
		{"goes off duty and on", "2468# 3 3", []string{"You are off duty until you go on again, or until tomorrow.", "You are on duty now."}, "call_back message"},
		{"a wrong PIN, then the right one", "1111# 2468#", []string{"That PIN did not match.", "You are on duty."}, "call_back message"},
		{"three wrong PINs", "1111# 2222# 3333#", []string{"I was not able to match that PIN.", "Thank you for calling the Online Second Opinion program."}, "call_back message"},
		{"calls as anybody would", "# 1", []string{"Thank you for calling the Online Second Opinion program.", "I will ask a few short questions."}, "call_back message"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, "busy", hooks{})
			d.owedToTwo()
			d.playUntil(t, d.p, tt.tokens)
			said := heardIn(d.p)
			at := 0
			for _, want := range tt.hears {
				i := strings.Index(said[at:], want)
				if i < 0 {
					t.Fatalf("%q is not heard in:\n%s", want, said)
				}
				at += i
			}
			if got := d.owed(); got != tt.owed {
				t.Errorf("owed %q, want %q after:\n%s", got, tt.owed, said)
			}
		})
	}
}

// Who asked not to be called is opted out.
func TestDispositionOptsOut(t *testing.T) {
	d := newDesk(t, "busy", hooks{})
	d.owedToTwo()
	d.playUntil(t, d.p, "2468# 2 _ 5")
	o, out, err := d.line.store.OptedOut(t.Context(), d.line.store.Ring().Person(privateOf(patient)))
	if err != nil || !out || o.How != "coordinator" {
		t.Errorf("opted out: %v by %q, %v", out, o.How, err)
	}
}

// Two coordinators never dial the same patient.
func TestTaskIsTakenOnce(t *testing.T) {
	d := newDesk(t, "busy", hooks{})
	d.owedToTwo()
	luz := &callPlayer{world: d.world, from: d.team[1].Number, to: tollFree}
	d.playUntil(t, d.p, "2468# 1")
	d.playUntil(t, luz, "1357# 2")
	d.more("1")
	if said := heardIn(d.p); !strings.Contains(said, "Someone else has this one now.") {
		t.Errorf("the second hears:\n%s", said)
	}
	if n := len(d.sim.CallsTo(patient)); n != 1 {
		t.Errorf("the patient is called %d times", n)
	}
}

// A coordinator on the own line is not rung, and can be again afterwards.
func TestCoordinatorOnOwnLineIsNotRung(t *testing.T) {
	d := newDesk(t, "rings", hooks{})
	sam := &callPlayer{world: d.world, from: worldPerson, to: tollFree}
	d.playUntil(t, sam, "2468#")
	d.play("0")
	if got := d.rings(); got != "1 2 3" {
		t.Errorf("%s ring while coordinator 0 is on the line", got)
	}
	d.must(errors.Join(sam.now.Hangup(t.Context()), d.p.now.Hangup(t.Context()), d.settle(t.Context())))
	d.p = &callPlayer{world: d.world, from: "+12125550142", to: tollFree}
	d.play("0")
	if got := d.rings(); !strings.Contains(got, "0") {
		t.Errorf("%s ring afterwards", got)
	}
}

// The PIN is guessed no faster than it may be, whatever the number of calls.
func TestPINIsLocked(t *testing.T) {
	d := newDesk(t, "busy", hooks{})
	for range 3 {
		p := &callPlayer{world: d.world, from: worldPerson, to: tollFree}
		d.playTokens(t, p, "1111# 2222# 3333#")
	}
	p := &callPlayer{world: d.world, from: worldPerson, to: tollFree}
	d.playUntil(t, p, "2468#")
	if strings.Contains(heardIn(p), "on duty") {
		t.Error("the right PIN opens the line after nine wrong ones")
	}
	d.clock.Pass(25 * time.Hour)
	p = &callPlayer{world: d.world, from: worldPerson, to: tollFree}
	d.playUntil(t, p, "2468#")
	if !strings.Contains(heardIn(p), "on duty") {
		t.Errorf("a day later the right PIN opens nothing:\n%s", heardIn(p))
	}
}
