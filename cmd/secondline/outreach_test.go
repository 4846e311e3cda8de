package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// promised is a world in which an opinion is delivered to one patient.
type promised struct {
	*desk
	c *casestore.Case
	// patient is what the patient's telephone does, call by call; the last again.
	patient []twiliosim.CalleeBehaviour
	called  int
	// closely lets time go by in short steps even where no call is being made.
	closely bool
	// begin lets what is to go wrong go wrong from now on.
	begin func()
}

const deliveredTo = "+12125550142"

// deliver makes a world at a time, and delivers an opinion in it.
func deliver(t *testing.T, at, team string, h hooks, patient ...twiliosim.CalleeBehaviour) *promised {
	t.Helper()
	d := &promised{desk: &desk{t: t, onPath: map[string]func(){}}, patient: patient}
	h.twilio = func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(r)
			if f := d.onPath[r.URL.Path]; f != nil {
				f()
			}
			return resp, err
		})
	}
	d.world = testWorldWith(t, at, slog.New(slog.DiscardHandler), h)
	coordinators, err := d.teamDoes(team)
	d.must(err)
	d.sim.SetCallee(func(to string) twiliosim.CalleeBehaviour {
		if to != deliveredTo {
			return coordinators(to)
		}
		d.called++
		return d.patient[min(d.called, len(d.patient))-1]
	})
	ctx := t.Context()
	number, err := casestore.ParseRequestNumber(worldRequest)
	d.must(err)
	now := d.clock.Now()
	d.c = &casestore.Case{
		ID: "cpromise", Stage: casestore.StageInReview, Number: number, Line: "tollfree", Language: "en", Opened: now.Add(-72 * time.Hour), Caller: private.Of(deliveredTo),
		Answers:     map[string]private.Text{"birth_date": private.Of(worldBorn), "zip": private.Of("10001")},
		Consents:    []casestore.Consent{{Kind: "voicemail", Given: "yes"}},
		Coordinator: coordinatorID(d.team[0].Number),
	}
	d.must(d.line.store.AddCase(ctx, d.c))
	d.must(d.line.store.ChangeContact(ctx, d.person(), casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{
		casestore.ByText: {Given: true, At: now, How: "call", Prompt: "D7-text"}}}))
	_, _, err = d.line.store.Advance(ctx, d.c.Partition, d.c.ID, casestore.StageDelivered, nil)
	d.must(err)
	d.must(d.settle(ctx))
	return d
}

func (d *promised) person() casestore.PersonID {
	return d.line.store.Ring().Person(private.Of(deliveredTo))
}

func (d *promised) promise() *casestore.Promise {
	d.t.Helper()
	p, err := d.line.store.Promise(context.WithoutCancel(d.t.Context()), d.c.Partition, d.c.ID)
	d.must(err)
	return p
}

// pass lets time go by, and everything happen that is due in it.
func (d *promised) pass(span time.Duration) {
	d.t.Helper()
	end := d.clock.Now().Add(span)
	for d.clock.Now().Before(end) {
		step := time.Minute
		if d.closely || d.promise().Flight != "" {
			step = 5 * time.Second
		}
		d.clock.Pass(min(step, end.Sub(d.clock.Now())))
		d.must(d.settle(d.t.Context()))
	}
}

// until lets time go by until a coordinator's telephone rings, or the span is over.
func (d *promised) until(span time.Duration) bool {
	d.t.Helper()
	for end := d.clock.Now().Add(span); d.clock.Now().Before(end); {
		if d.rings() != "" {
			return true
		}
		step := time.Minute
		if d.closely {
			step = 5 * time.Second
		}
		d.pass(min(step, end.Sub(d.clock.Now())))
	}
	return d.rings() != ""
}

// patientCall is the last call to the patient.
func (d *promised) patientCall() *twiliosim.Call {
	d.t.Helper()
	calls := d.sim.CallsTo(deliveredTo)
	if len(calls) == 0 {
		d.t.Fatal("the patient is not called")
	}
	return calls[len(calls)-1]
}

// log is what was decided, a line each.
func (d *promised) log() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, x := range d.promise().Log {
		about := ""
		if !x.About.IsZero() {
			about = x.About.In(d.zone).Format("Mon 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", x.At.In(d.zone).Format("Mon 15:04:05"), x.What, x.Why, about)
	}
	w.Flush()
	return out.String()
}

// owes lists the kinds of tasks that are open.
func (d *promised) owes() string {
	d.t.Helper()
	tasks, err := d.line.store.Tasks(d.t.Context())
	d.must(err)
	var out []string
	for _, t := range tasks {
		out = append(out, string(t.Kind))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// sums up a promise: its state and outcome, and the results of its attempts.
func (d *promised) sum() string {
	p := d.promise()
	var results []string
	for _, a := range p.Attempts {
		results = append(results, a.Result)
	}
	return fmt.Sprintf("%s %s | %s | %s", p.State, p.Outcome, strings.Join(results, " "), d.owes())
}

func TestOutreachReached(t *testing.T) {
	d := deliver(t, tuesday, "rings", hooks{}, twiliosim.Answers())
	if !d.until(2 * time.Hour) {
		t.Fatalf("nobody is rung:\n%s", d.log())
	}
	d.answer(0)
	d.wantSaid(0, "Outreach call. Request ending 5 6 7 4.")
	d.press(0, "1")
	d.wantSaid(0, "Dialing now.")
	d.must(d.patientCall().Hangup(t.Context()))
	d.must(d.settle(t.Context()))
	d.wantSaid(0, "How did it go?")
	d.press(0, "1")
	d.pass(time.Minute)
	t.Logf("\n%s\n%s\n%s", d.log(), d.sum(), d.phone(0).Transcript())
	if got := d.sum(); got != "kept reached | reached | " {
		t.Error(got)
	}
}
