package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
)

var voiceFirst = hooks{settings: func(p *Programme) { p.Promise.VoiceFirst = true }}

// agrees gives the patient's consent to automated calls, or takes it back.
func (d *promised) agrees(yes bool) {
	d.t.Helper()
	d.must(d.line.store.ChangeContact(d.t.Context(), d.person(), casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{
		casestore.ByAutomatedCall: {Given: yes, At: d.clock.Now(), How: "call", Prompt: "D7-calls"}}}))
}

// called waits until the patient's telephone has been answered, and gives the call.
func (d *promised) isCalled() *twiliosim.Call {
	d.t.Helper()
	before := d.called
	for end := d.clock.Now().Add(40 * time.Hour); d.called == before; {
		if d.clock.Now().After(end) {
			d.t.Fatalf("the patient is not called:\n%s", d.log())
		}
		d.pass(time.Minute)
	}
	return d.patientCall()
}

func (d *promised) keys(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		call := d.patientCall()
		if k == "" {
			d.must(call.Silence(d.t.Context()))
		} else {
			d.must(call.Press(d.t.Context(), k))
		}
		d.must(d.settle(d.t.Context()))
	}
}

// Every way in which a call goes that an automated voice begins.
func TestOutreachVoiceFirst(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	var mu sync.Mutex
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tpromise\tcalls\towed\ttexts")
	t.Run("all", func(t *testing.T) {
		for _, tt := range voiceScenarios {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				d := deliver(t, tuesday, tt.team, voiceFirst, tt.patient...)
				d.agrees(true)
				tt.play(d)
				d.pass(time.Minute)
				d.wantExplained()
				got := d.sum()
				if got != tt.want {
					t.Errorf("ends with  %s\nwant       %s", got, tt.want)
				}
				for _, call := range d.sim.CallsTo(deliveredTo) {
					said := call.Transcript()
					if call.Await().Kind != twiliosim.AwaitNothing {
						t.Errorf("the patient is left on the line:\n%s", said)
					}
					if strings.Contains(said, "opinion") || strings.Contains(said, "cancer") || strings.Contains(said, "5 6 7 4") {
						t.Errorf("too much is said to whoever picks up:\n%s", said)
					}
				}
				t.Logf("\n%s\n%s", d.log(), d.patientCall().Transcript())
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(w, "%s\t%s\t%s\n", tt.name, strings.ReplaceAll(got, " | ", "\t"), d.texts())
			})
		}
	})
	w.Flush()
	t.Logf("\n%s", table.String())
}

func (d *promised) patientSaid(words string) {
	d.t.Helper()
	if said := d.patientCall().Transcript(); !strings.Contains(said, words) {
		d.t.Errorf("the patient does not hear %q but:\n%s", words, said)
	}
}

var voiceScenarios = []struct {
	name, team string
	patient    []twiliosim.CalleeBehaviour
	play       func(*promised)
	want       string
}{
	{name: "1: talks, and the coordinator says how it went", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.patientSaid("This is an automated call from")
		d.keys("1")
		d.answer(0)
		d.wantSaid(0, "check two identifiers")
		d.press(0, "1")
		d.wantSaid(0, "Request ending 5 6 7 4. The caller is not verified.")
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.wantSaid(0, "How did it go?")
		d.press(0, "1")
	}, want: "kept reached | reached | "},
	{name: "1: talks, and nobody says how it went", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("1")
		d.answer(0)
		d.press(0, "1")
		d.must(d.phone(0).Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.pass(12 * time.Minute)
	}, want: "open  | unknown | how_it_went"},
	{name: "1: nobody comes, a call within 30 minutes is promised and made", team: "no-answer,no-answer,no-answer,no-answer,rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("1")
		for range 20 {
			if strings.Contains(d.patientCall().Transcript(), "within 30 minutes") {
				break
			}
			if d.patientCall().Queued() {
				d.pass(30 * time.Second)
			}
			if d.patientCall().Queued() {
				d.must(d.patientCall().Silence(d.t.Context()))
				d.must(d.settle(d.t.Context()))
			}
		}
		d.patientSaid("Someone will call you back within 30 minutes.")
		d.keys("")
		asked := d.clock.Now()
		d.closely = true
		if !d.until(30 * time.Minute) {
			d.t.Fatalf("nobody is rung:\n%s", d.log())
		}
		d.answer(0)
		d.press(0, "1")
		if late := d.clock.Now().Sub(asked); late > 30*time.Minute {
			d.t.Errorf("called back after %s", late)
		}
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.press(0, "1")
	}, want: "kept reached | nobody reached | "},
	{name: "2: another time", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("2", "3", "1")
		d.pass(time.Minute)
		chosen := d.promise().Chosen
		if chosen.IsZero() {
			d.t.Fatalf("nothing is chosen:\n%s", d.patientCall().Transcript())
		}
		d.isCalled()
		if at := d.clock.Now(); at.Before(chosen) || at.After(chosen.Add(10*time.Minute)) {
			d.t.Errorf("called at %s, chosen %s", at, chosen)
		}
		d.keys("1")
		d.answer(0)
		d.press(0, "1")
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.press(0, "1")
	}, want: "kept reached | other_time reached | "},
	{name: "3: not the patient", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("3", "")
	}, want: "open  | not_patient | "},
	{name: "3 4: a wrong number", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("3", "4")
		d.patientSaid("We will not call this number again.")
		d.pass(24 * time.Hour)
	}, want: "open  | wrong_number | promise"},
	{name: "9: no more automated calls", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("9")
		d.wantJournalled("key_9")
		d.patientSaid("You will not get any more automated calls from us.")
		d.pass(24 * time.Hour)
	}, want: "open  | opted_out | promise"},
	{name: "nothing is pressed", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.keys("", "")
		d.patientSaid("You can reach us at")
	}, want: "open  | no_key | "},
	{name: "a machine: the standard message", team: "rings", patient: does(twiliosim.CalleeBehaviour{Outcome: twiliosim.OutcomeMachine}), play: func(d *promised) {
		d.isCalled()
		d.pass(10 * time.Second)
		d.patientSaid("Please call us when you can")
	}, want: "open  | message | "},
	{name: "detection is wrong: a person who has pressed a key goes on", team: "rings", patient: does(twiliosim.CalleeBehaviour{Outcome: twiliosim.OutcomeAnswers, Keys: []string{"2"}, AnsweredBy: "machine_end_beep"}), play: func(d *promised) {
		d.isCalled()
		d.keys("3", "1")
	}, want: "open  | other_time | "},
	{name: "no answer, then 1", team: "rings", patient: does(twiliosim.NoAnswer(), people), play: func(d *promised) {
		d.isCalled()
		d.isCalled()
		d.keys("1")
		d.answer(0)
		d.press(0, "1")
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.press(0, "1")
	}, want: "kept reached | no_answer reached | "},
	{name: "the consent is taken back: a coordinator is on the line first", team: "rings", patient: does(people), play: func(d *promised) {
		d.agrees(false)
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "the patient hangs up at once", team: "rings", patient: does(people), play: func(d *promised) {
		d.isCalled()
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
	}, want: "open  | no_key | "},
}
