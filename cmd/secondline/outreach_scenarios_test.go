package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
)

// takes waits until a coordinator's telephone rings, and takes the call there.
func (d *promised) takes(n int) {
	d.t.Helper()
	d.hears(n)
	d.press(n, "1")
}

// hears waits until a coordinator's telephone rings, and answers it.
func (d *promised) hears(n int) {
	d.t.Helper()
	if !d.until(40 * time.Hour) {
		d.t.Fatalf("nobody is rung:\n%s", d.log())
	}
	d.answer(n)
}

// ends is the patient hanging up, and the coordinator saying how it went.
func (d *promised) ends(key string) {
	d.t.Helper()
	d.must(d.patientCall().Hangup(d.t.Context()))
	d.must(d.settle(d.t.Context()))
	d.press(0, key)
	d.must(d.settle(d.t.Context()))
}

// dials is how often and when the patient was dialled.
func (d *promised) dials() []time.Time {
	var out []time.Time
	for _, a := range d.promise().Attempts {
		out = append(out, a.At)
	}
	return out
}

// wantLawful looks at everything that a patient must be able to rely on, however a
// scenario went: no call outside legal hours, no more than three a day, nobody left
// alone on a line, nothing forgotten.
func (d *promised) wantLawful() {
	d.t.Helper()
	p := d.promise()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	d.must(err)
	calendar, err := newCalendar(settings.Programme)
	d.must(err)
	legal, _ := legalOf(calendar)(d.c.Answers.Get("zip"), "", deliveredTo)
	made := d.dials()
	for i, at := range made {
		if p.Attempts[i].ByHand {
			continue
		}
		if next, ok := legal.Next(at.Truncate(time.Minute)); p.Chosen.IsZero() && (!ok || next.After(at)) {
			d.t.Errorf("the patient was dialled at %s, outside of the hours", at)
		}
		if i >= 3 && at.Sub(made[i-3]) < 24*time.Hour {
			d.t.Errorf("a fourth call within 24 hours, at %s", at)
		}
	}
	for _, call := range d.sim.CallsTo(deliveredTo) {
		if call.Await().Kind != twiliosim.AwaitNothing {
			d.t.Errorf("the patient is left on the line:\n%s", call.Transcript())
		}
	}
	if p.State == casestore.PromiseOpen && p.Next.IsZero() {
		d.t.Error("nothing comes next, and the promise is open")
	}
	if p.State != casestore.PromiseKept && !strings.HasPrefix(p.Outcome, "stage_") && d.owes() == "" && p.Next.IsZero() {
		d.t.Error("the promise is not kept, and nobody has it")
	}
}

// wantJournalled says that the opt-out of the patient's number is on disk.
func (d *promised) wantJournalled(how string) {
	d.t.Helper()
	entries, _, err := d.line.journal.Entries(time.Time{})
	d.must(err)
	for _, e := range entries {
		if e.Person == d.person() && e.What == "stop" && e.How == how {
			return
		}
	}
	d.t.Errorf("no opt-out by %s is in the journal", how)
}

// texts lists the prompts of the texts that the patient got.
func (d *promised) texts() string {
	d.t.Helper()
	var out []string
	for _, p := range d.promptsTo(d.t, deliveredTo) {
		out = append(out, strings.TrimSuffix(p, " delivered"))
	}
	return strings.Join(out, ", ")
}

// Every way in which the call after delivery goes, and where it ends.
func TestOutreach(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	var mu sync.Mutex
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tpromise\tcalls\towed\ttexts")
	t.Run("all", func(t *testing.T) {
		for _, tt := range outreachScenarios {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				at := tt.at
				if at == "" {
					at = tuesday
				}
				d := deliver(t, at, tt.team, tt.hooks, tt.patient...)
				tt.play(d)
				got := d.sum()
				if got != tt.want {
					t.Errorf("ends with  %s\nwant       %s", got, tt.want)
				}
				if texts := d.texts(); tt.texts != "" && texts != tt.texts {
					t.Errorf("texts %s, want %s", texts, tt.texts)
				}
				d.wantLawful()
				d.wantExplained()
				t.Logf("\n%s", d.log())
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(w, "%s\t%s\t%s\n", tt.name, strings.ReplaceAll(got, " | ", "\t"), d.texts())
			})
		}
	})
	w.Flush()
	t.Logf("\n%s", table.String())
}

var people = twiliosim.Answers()

var outreachScenarios = []struct {
	name, at, team string
	patient        []twiliosim.CalleeBehaviour
	hooks          hooks
	play           func(*promised)
	want, texts    string
}{
	{name: "reached at the first call", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.wantSaid(0, "Dialing now.")
		d.ends("1")
		d.pass(time.Minute)
	}, want: "kept reached | reached | ", texts: "S-st5"},
	{name: "no answer, reached at the second", team: "rings", patient: does(twiliosim.NoAnswer(), people), play: func(d *promised) {
		d.takes(0)
		d.wantSaid(0, "No one answered.")
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | no_answer reached | ", texts: "S-miss, S-pre, S-st5"},
	{name: "busy, reached at the second", team: "rings", patient: does(twiliosim.Busy(), people), play: func(d *promised) {
		d.takes(0)
		d.wantSaid(0, "busy")
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | busy reached | "},
	{name: "the network fails, reached at the second", team: "rings", patient: does(twiliosim.Fails(503), people), play: func(d *promised) {
		d.takes(0)
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | failed reached | "},
	{name: "a voicemail: the standard message with star 2", team: "rings", patient: does(twiliosim.Machine(), people), play: func(d *promised) {
		d.takes(0)
		d.press(0, "*")
		d.press(0, "2")
		d.wantSaid(0, "The message is playing.")
		if said := d.patientCall().Transcript(); strings.Count(said, "Please call us when you can") != 1 || strings.Contains(said, "opinion") {
			d.t.Errorf("the voicemail hears:\n%s", said)
		}
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | message reached | "},
	{name: "star by mistake, and back", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.press(0, "*")
		d.press(0, "4")
		d.pass(20 * time.Second)
		if d.patientCall().Await().Kind != twiliosim.AwaitTalk {
			d.t.Errorf("the patient does not talk:\n%s", d.patientCall().Transcript())
		}
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "a coordinator waits half an hour", team: "rings", patient: does(people), play: func(d *promised) {
		d.hears(0)
		d.press(0, "2")
		d.wantSaid(0, "30 minutes")
		before := d.clock.Now()
		d.takes(0)
		if waited := d.clock.Now().Sub(before); waited < 29*time.Minute || waited > 32*time.Minute {
			d.t.Errorf("rung again after %s", waited)
		}
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "one passes, the next takes it", team: "rings", patient: does(people), play: func(d *promised) {
		d.hears(0)
		d.press(0, "3")
		d.answer(1)
		d.press(1, "1")
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.press(1, "1")
	}, want: "kept reached | reached | "},
	{name: "nobody takes it three times: the supervisor", team: "no-answer", patient: does(people), play: func(d *promised) {
		d.pass(4 * time.Hour)
		if d.called != 0 {
			d.t.Error("the patient was dialled with nobody on the line")
		}
		if d.promise().Supervisor.IsZero() {
			d.t.Error("the supervisor does not know")
		}
	}, want: "open  |  | promise"},
	{name: "nobody ever takes it: missed, and not forgotten", team: "no-answer", patient: does(people), play: func(d *promised) {
		d.pass(26 * time.Hour)
		if p := d.promise(); !p.Missed || p.Human.IsZero() || p.Supervisor.IsZero() {
			d.t.Errorf("missed %v, told %v %v", p.Missed, p.Human, p.Supervisor)
		}
	}, want: "open  |  | promise"},
	{name: "never reached: three calls, three working days, a letter", team: "rings", patient: does(twiliosim.NoAnswer()), play: func(d *promised) {
		for d.promise().State == casestore.PromiseOpen {
			if d.until(24 * time.Hour) {
				d.answer(0)
				d.press(0, "1")
				d.pass(time.Minute)
			}
		}
	}, want: "over letter | no_answer no_answer no_answer no_answer no_answer no_answer | letter promise"},
	{name: "the patient asks for another time", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.must(d.patientCall().Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.press(0, "6")
		d.press(0, "3")
		d.wantSaid(0, "noted")
		chosen := d.promise().Chosen
		d.takes(0)
		if at := d.clock.Now(); at.Before(chosen) || at.After(chosen.Add(10*time.Minute)) {
			d.t.Errorf("called at %s, chosen %s", at, chosen)
		}
		d.ends("1")
	}, want: "kept reached | other_time reached | "},
	{name: "a wrong number", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.ends("4")
		d.pass(24 * time.Hour)
	}, want: "open  | wrong_number | promise"},
	{name: "the patient asks not to be called", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.ends("5")
		d.wantJournalled("coordinator")
		d.pass(24 * time.Hour)
	}, want: "open  | opted_out | promise"},
	{name: "opted out by text before the call", team: "rings", patient: does(people), play: func(d *promised) {
		_, err := d.sim.Text(d.t.Context(), deliveredTo, tollFree, "STOP")
		d.must(err)
		d.pass(24 * time.Hour)
		if d.called != 0 {
			d.t.Error("a machine dialled a patient who opted out")
		}
	}, want: "open  |  | promise"},
	{name: "opted out between the coordinator's key and the dial", team: "rings", patient: does(people), play: func(d *promised) {
		d.hears(0)
		d.onPath["/voice/accept"] = func() {
			_, err := d.sim.Text(d.t.Context(), deliveredTo, tollFree, "STOP")
			d.must(err)
		}
		d.press(0, "1")
		d.onPath = map[string]func(){}
		d.pass(time.Minute)
		if d.called != 0 {
			d.t.Error("a machine dialled a patient who opted out")
		}
		d.wantSaid(0, "asked us to stop")
	}, want: "open  |  | promise"},
	{name: "opted out while the coordinator hears the request", team: "rings", patient: does(people), play: func(d *promised) {
		d.hears(0)
		_, err := d.sim.Text(d.t.Context(), deliveredTo, tollFree, "STOP")
		d.must(err)
		d.press(0, "1")
		d.wantSaid(0, "asked us to stop")
		d.pass(time.Minute)
	}, want: "open  |  | promise"},
	{name: "the patient chooses a time by text", team: "rings", patient: does(people), play: func(d *promised) {
		d.pass(45 * time.Minute)
		for _, text := range []string{"LATER", "3"} {
			_, err := d.sim.Text(d.t.Context(), deliveredTo, tollFree, text)
			d.must(err)
			d.must(d.settle(d.t.Context()))
		}
		chosen := d.promise().Chosen
		d.takes(0)
		if at := d.clock.Now(); at.Before(chosen) || at.After(chosen.Add(10*time.Minute)) {
			d.t.Errorf("called at %s, chosen %s", at, chosen)
		}
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "the patient calls us, and is helped", team: "answers", patient: does(people), play: func(d *promised) {
		p := &callPlayer{world: d.world, from: deliveredTo, to: tollFree}
		d.playUntil(d.t, p, "2 12345674 03041960 1")
		d.must(p.now.Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.pass(24 * time.Hour)
		if d.called != 0 {
			d.t.Error("the patient is called all the same")
		}
	}, want: "kept patient_called |  | "},
	{name: "somebody else calls from the patient's number", team: "answers", patient: does(twiliosim.Answers()), play: func(d *promised) {
		p := &callPlayer{world: d.world, from: deliveredTo, to: tollFree}
		d.playUntil(d.t, p, "0")
		d.must(p.now.Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
	}, want: "open  |  | "},
	{name: "the coordinator hangs up while it rings", team: "rings", patient: does(twiliosim.Rings(), people), play: func(d *promised) {
		d.takes(0)
		d.must(d.phone(0).Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.pass(20 * time.Second)
		if s := d.patientCall().Status(); s != twiliosim.StatusCanceled {
			d.t.Errorf("the patient's telephone is %s", s)
		}
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | cut reached | "},
	{name: "the coordinator hangs up in the talk and says how it went when asked", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.must(d.phone(0).Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.hears(0)
		d.wantSaid(0, "How did it go?")
		d.press(0, "1")
		d.pass(time.Minute)
	}, want: "kept reached | reached | "},
	{name: "nobody ever says how it went", team: "rings,no-answer", patient: does(people), play: func(d *promised) {
		d.takes(0)
		d.must(d.phone(0).Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.pass(20 * time.Minute)
	}, want: "open  | unknown | how_it_went"},
	{name: "Twilio dials, and its answer is lost", team: "rings", patient: does(people), hooks: losePatient(true), play: func(d *promised) {
		d.takes(0)
		d.pass(time.Minute)
		if d.called != 1 {
			d.t.Errorf("dialled %d times", d.called)
		}
		d.ends("1")
		d.pass(time.Minute)
	}, want: "kept reached | reached | "},
	{name: "Twilio never hears of the dial", team: "rings", patient: does(people), hooks: losePatient(false), play: func(d *promised) {
		d.takes(0)
		d.pass(time.Minute)
		d.wantSaid(0, "I could not place the call.")
		d.takes(0)
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "Twilio refuses the number: the supervisor, after three", team: "rings", patient: does(people), hooks: refusePatient(), play: func(d *promised) {
		for range 3 {
			d.takes(0)
			d.wantSaid(0, "I could not place the call.")
		}
		d.pass(time.Minute)
		if d.promise().Supervisor.IsZero() {
			d.t.Error("the supervisor does not know")
		}
	}, want: "open  |  | promise"},
	{name: "the request is closed before the call", team: "rings", patient: does(people), play: func(d *promised) {
		_, _, err := d.line.store.Advance(d.t.Context(), d.c.Partition, d.c.ID, casestore.StageClosed, nil)
		d.must(err)
		d.pass(24 * time.Hour)
	}, want: "over stage_closed |  | "},
	{name: "delivered in the evening: in the morning, at once at nine", at: "2027-03-02T20:30:00-05:00", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		if at := d.clock.Now().In(d.zone); at.Day() != 3 || at.Hour() != 9 {
			d.t.Errorf("rung at %s", at)
		}
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "the weekend of the spring change: no minute, then Monday at nine", at: "2027-03-13T20:30:00-05:00", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		if at := d.clock.Now().In(d.zone); at.Day() != 15 || at.Hour() != 9 || at.UTC().Hour() != 13 {
			d.t.Errorf("rung at %s", at)
		}
		d.ends("1")
	}, want: "kept reached | reached | "},
	{name: "the weekend of the autumn change: no minute, then Monday at nine", at: "2027-11-06T20:30:00-04:00", team: "rings", patient: does(people), play: func(d *promised) {
		d.takes(0)
		if at := d.clock.Now().In(d.zone); at.Day() != 8 || at.Hour() != 9 || at.UTC().Hour() != 14 {
			d.t.Errorf("rung at %s", at)
		}
		d.ends("1")
	}, want: "kept reached | reached | "},
}

func does(b ...twiliosim.CalleeBehaviour) []twiliosim.CalleeBehaviour { return b }

// losePatient loses the first dial to the patient: its answer, or the request.
func losePatient(made bool) hooks {
	lost := false
	return hooks{rest: func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			dial := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Calls.json") && toPatient(r)
			if !dial || lost {
				return rt.RoundTrip(r)
			}
			lost = true
			if made {
				resp, err := rt.RoundTrip(r)
				if err == nil {
					resp.Body.Close()
				}
			}
			return nil, fmt.Errorf("connection reset")
		})
	}}
}

// toPatient says whether a request to Twilio dials the patient.
func toPatient(r *http.Request) bool {
	if r.GetBody == nil {
		return false
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	defer body.Close()
	copied := r.Clone(r.Context())
	copied.Body = body
	return copied.PostFormValue("To") == deliveredTo
}

// refusePatient has Twilio refuse every dial to the patient.
func refusePatient() hooks {
	return hooks{rest: func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Calls.json") || !toPatient(r) {
				return rt.RoundTrip(r)
			}
			return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(`{"code":21211,"message":"The 'To' number is not a valid phone number","status":400}`))}, nil
		})
	}}
}

// A coordinator whose key was lost with a replica is asked again, and is not passed on
// to other coordinators as if they were a caller.
func TestCoordinatorsKeyIsLost(t *testing.T) {
	d := deliver(t, tuesday, "rings", hooks{}, people)
	d.hears(0)
	d.sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultUnreachable, Path: "/voice/accept"})
	d.press(0, "1")
	if said := d.phone(0).Transcript(); strings.Contains(said, "connect you with a person") {
		t.Errorf("the coordinator hears what a caller hears:\n%s", said)
	}
	if len(d.sim.CallsTo(deliveredTo)) == 0 {
		d.press(0, "1")
	}
	d.wantSaid(0, "Dialing now.")
	d.ends("1")
	if got := d.sum(); got != "kept reached | reached | " {
		t.Error(got)
	}
}
