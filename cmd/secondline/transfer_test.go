package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
	"secondline/internal/wording"
)

// desk is a world with a caller who waits for a person, and four coordinators
// whose telephones are worked by hand.
type desk struct {
	t *testing.T
	*world
	p *callPlayer
	// onPath is called when a webhook of this path has been answered, before
	// Twilio acts on the answer.
	onPath map[string]func()
}

func newDesk(t *testing.T, team string, h hooks) *desk {
	d := &desk{t: t, onPath: map[string]func(){}}
	h.twilio = func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(r)
			if f := d.onPath[r.URL.Path]; f != nil {
				f()
			}
			return resp, err
		})
	}
	w := testWorldWith(t, tuesday, slog.New(slog.DiscardHandler), h)
	d.world, d.p = w, &callPlayer{world: w, from: patient, to: tollFree}
	d.must(w.behave(team))
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// play is what the caller does.
func (d *desk) play(tokens string) {
	d.t.Helper()
	d.playUntil(d.t, d.p, tokens)
}

// more is what the caller does next in the same call.
func (d *desk) more(tokens string) {
	d.t.Helper()
	list, err := parseTokens(tokens)
	d.must(err)
	for _, t := range list {
		d.must(d.p.do(d.t.Context(), t))
	}
}

// phone is the last call to a coordinator, by the place in the roster.
func (d *desk) phone(n int) *twiliosim.Call {
	d.t.Helper()
	calls := d.sim.CallsTo(d.team[n].Number)
	if len(calls) == 0 {
		d.t.Fatalf("coordinator %d is not rung", n)
	}
	return calls[len(calls)-1]
}

func (d *desk) answer(n int) {
	d.t.Helper()
	d.must(d.phone(n).Answer(d.t.Context()))
	d.must(d.settle(d.t.Context()))
}

func (d *desk) press(n int, keys string) {
	d.t.Helper()
	d.must(d.phone(n).Press(d.t.Context(), keys))
	d.must(d.settle(d.t.Context()))
}

// rings lists the coordinators whose telephones ring now.
func (d *desk) rings() string {
	var out []string
	for i, c := range d.team {
		for _, call := range d.sim.CallsTo(c.Number) {
			if call.Status() == twiliosim.StatusRinging {
				out = append(out, fmt.Sprint(i))
			}
		}
	}
	return strings.Join(out, " ")
}

// transfer is the wait of the caller's call.
func (d *desk) transfer() *casestore.Transfer {
	d.t.Helper()
	ctx := d.t.Context()
	c, p := d.conversation(ctx)
	t, err := d.line.store.Transfer(ctx, p, c.Transfer)
	d.must(err)
	return t
}

func (d *desk) conversation(ctx context.Context) (*casestore.Conversation, casestore.Partition) {
	d.t.Helper()
	last := d.p.calls[len(d.p.calls)-1]
	p := d.personOf(last).Partition()
	c, err := d.line.store.Conversation(ctx, p, last.SID())
	d.must(err)
	return c, p
}

// ends describes how a scenario has ended: the caller's line, the transfer, the
// legs, and what is owed.
func (d *desk) ends() (caller, state, legs, owed string) {
	d.t.Helper()
	last := d.p.calls[len(d.p.calls)-1]
	caller = map[twiliosim.AwaitKind]string{twiliosim.AwaitTalk: "talks", twiliosim.AwaitNothing: "call over", twiliosim.AwaitKeys: "is asked", twiliosim.AwaitRecording: "records"}[last.Await().Kind]
	if last.Queued() {
		caller = "waits"
	}
	t := d.transfer()
	for _, l := range t.Legs {
		at := slices.IndexFunc(d.team, func(c Coordinator) bool { return coordinatorID(c.Number) == l.Coordinator })
		word := string(l.State)
		if l.State == casestore.LegOver {
			word = l.Result
		}
		legs += fmt.Sprintf("%d:%s ", at, word)
	}
	tasks, err := d.line.store.Tasks(d.t.Context())
	d.must(err)
	for _, task := range tasks {
		if task.Due.IsZero() || (task.Phone.Empty() && task.Recording == "") {
			d.t.Errorf("a task without a time or anybody to call: %s", task.Kind)
		}
		owed += string(task.Kind) + " "
	}
	return caller, string(t.State), strings.TrimSpace(legs), strings.TrimSpace(owed)
}

// Every way in which a transfer goes, and where it ends. None ends with a patient
// alone on a dead line, or with a call that is owed and has no time.
func TestTransfers(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tcaller\ttransfer\tcoordinators\towed")
	for _, tt := range transferScenarios {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.team, tt.hooks)
			tt.play(d)
			caller, state, legs, owed := d.ends()
			got := strings.Join([]string{caller, state, legs, owed}, " | ")
			if got != tt.want {
				t.Errorf("ends with  %s\nwant       %s\nheard:\n%s", got, tt.want, d.p.calls[len(d.p.calls)-1].Transcript())
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", tt.name, caller, state, legs, owed)
		})
	}
	w.Flush()
	t.Logf("\n%s", table.String())
}

var transferScenarios = []struct {
	name, team string
	hooks      hooks
	play       func(*desk)
	want       string
}{
	{name: "the first answers", team: "answers", play: func(d *desk) { d.play("0") },
		want: "talks | taken | 0:accepted 1:completed 2:completed | "},
	{name: "the talk ends", team: "answers", play: func(d *desk) { d.play("0 _") },
		want: "call over | talked | 0:completed 1:completed 2:completed | "},
	{name: "nobody answers, the caller waits on", team: "no-answer", play: func(d *desk) { d.play("0 _ _") },
		want: "waits | waiting | 0:no-answer 1:no-answer 2:no-answer 3:no-answer | "},
	{name: "nobody answers, the caller hangs up", team: "no-answer", play: func(d *desk) { d.play("0 _ hangup") },
		want: "call over | gone | 0:no-answer 1:no-answer 2:no-answer 3:no-answer | abandoned"},
	{name: "nobody answers, a call back", team: "no-answer", play: func(d *desk) { d.play("0 _ 1 1") },
		want: "call over | left | 0:no-answer 1:no-answer 2:no-answer 3:no-answer | call_back"},
	{name: "nobody answers, a message", team: "no-answer", play: func(d *desk) { d.play(`0 _ 2 "Ana, 617"`) },
		want: "call over | left | 0:no-answer 1:no-answer 2:no-answer 3:no-answer | message"},
	{name: "nobody answers, then somebody in a later round", team: "no-answer,no-answer,no-answer,no-answer,answers", play: func(d *desk) { d.play("0 _ _ _ _ _") },
		want: "talks | taken | 0:no-answer 1:no-answer 2:no-answer 3:no-answer 0:accepted 1:completed 2:completed | "},
	{name: "nobody for ten minutes, nothing pressed", team: "busy", play: func(d *desk) { d.play("0" + tokensOf(24, " _") + " _ _ _") },
		want: "call over | left | " + strings.TrimSpace(tokensOf(5, "0:busy 1:busy 2:busy 3:busy ")) + " | missed_call"},
	{name: "all are on other calls", team: "answers", play: func(d *desk) {
		for _, c := range d.team {
			d.must(d.line.store.HoldCoordinator(d.t.Context(), coordinatorID(c.Number), "another", "CA00000000000000000000000000000001"))
		}
		d.play("0 _ 1 1")
	}, want: "call over | left |  | call_back"},
	{name: "all are off duty", team: "answers", play: func(d *desk) {
		for _, c := range d.team {
			d.must(d.line.store.SetDuty(d.t.Context(), coordinatorID(c.Number), "off", d.clock.Now().Add(time.Hour)))
		}
		d.play("0 _ 1 1")
	}, want: "call over | left |  | call_back"},
	{name: "voicemail boxes answer", team: "voicemail", play: func(d *desk) { d.play("0 _ 1 1") },
		want: "call over | left | 0:silent 1:silent 2:silent 3:silent | call_back"},
	{name: "a coordinator declines, the next takes it", team: "passes,answers", play: func(d *desk) { d.play("0") },
		want: "talks | taken | 0:declined 1:accepted 2:completed | "},
	{name: "a bad number in the roster", team: "fails,answers", play: func(d *desk) { d.play("0") },
		want: "talks | taken | 0:failed 1:accepted 2:completed | "},
	{name: "two accept at once", team: "rings", play: func(d *desk) {
		d.play("0")
		for n := range 3 {
			d.must(d.phone(n).Answer(d.t.Context()))
		}
		d.press(1, "1")
		d.press(0, "1")
		d.wantSaid(0, "Another person has taken this call")
	}, want: "talks | taken | 0:late 1:accepted 2:answered | "},
	{name: "accepted after the caller has hung up", team: "rings", play: func(d *desk) {
		d.play("0")
		d.answer(0)
		d.more("hangup")
		d.press(0, "1")
		d.wantSaid(0, "The caller has hung up. A call back is on the list.")
	}, want: "call over | gone | 0:late 1:canceled 2:canceled | abandoned"},
	{name: "the caller hangs up between the key and the connection", team: "rings", play: func(d *desk) {
		d.play("0")
		d.answer(0)
		d.onPath["/voice/accept"] = func() { d.must(d.p.now.Hangup(d.t.Context())) }
		d.press(0, "1")
		d.must(d.phone(0).Silence(d.t.Context()))
		d.must(d.settle(d.t.Context()))
		d.wantSaid(0, "The caller has hung up.")
	}, want: "call over | gone | 0:completed 1:canceled 2:canceled | abandoned"},
	{name: "a call back is pressed before the coordinator accepts", team: "rings", play: func(d *desk) {
		d.play("0")
		d.answer(0)
		d.more("1")
		d.press(0, "1")
		d.wantSaid(0, "The caller has hung up.")
		d.more("1")
	}, want: "call over | left | 0:late 1:canceled 2:canceled | call_back"},
	{name: "a call back is pressed after the coordinator accepted", team: "rings", play: func(d *desk) {
		d.play("0")
		d.answer(0)
		d.press(0, "1")
		d.more("1")
	}, want: "talks | taken | 0:accepted 1:canceled 2:canceled | "},
	{name: "Twilio accepts the ringing and its answer is lost", team: "rings", hooks: loseAnswers(1), play: func(d *desk) {
		d.play("0")
		d.more("_ _")
		d.answer(0)
		d.press(0, "1")
	}, want: "talks | taken | 0:accepted 1:canceled 2:canceled | "},
	{name: "Twilio's REST API is down", team: "rings", hooks: hooks{rest: func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) { return nil, errors.New("no route") })
	}}, play: func(d *desk) { d.play("0 _ _ 1 1") },
		want: "call over | left | 0:dialling 1:dialling 2:dialling | call_back"},
	{name: "a replica dies before it dials", team: "rings", play: func(d *desk) {
		d.play("0")
		// As a replica would leave it that wrote its intent and was killed.
		c, p := d.conversation(d.t.Context())
		_, err := d.line.store.MoveTransfer(d.t.Context(), p, c.Transfer, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
			t.Legs = append(t.Legs, casestore.Leg{Coordinator: coordinatorID(d.team[3].Number), State: casestore.LegDialling, Round: 1, At: d.clock.Now()})
			return nil, true
		})
		d.must(err)
		d.more("_ _")
		d.answer(0)
		d.press(0, "1")
	}, want: "talks | taken | 0:accepted 1:canceled 2:canceled 3:lost | "},
	{name: "the number is withheld and the caller hangs up", team: "no-answer", play: func(d *desk) {
		d.p.from = ""
		d.play("0 _ hangup")
	}, want: "call over | gone | 0:no-answer 1:no-answer 2:no-answer 3:no-answer | "},
	{name: "the coordinator hangs up in the whisper", team: "rings", play: func(d *desk) {
		d.play("0")
		d.answer(0)
		d.must(d.phone(0).Hangup(d.t.Context()))
		d.must(d.settle(d.t.Context()))
	}, want: "waits | waiting | 0:completed 1:ringing 2:ringing 3:ringing | "},
}

func (d *desk) wantSaid(n int, words string) {
	d.t.Helper()
	if said := d.phone(n).Transcript(); !strings.Contains(said, words) {
		d.t.Errorf("coordinator %d does not hear %q but:\n%s", n, words, said)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// loseAnswers lets Twilio do what it is asked and loses the answers to the first
// n calls that are made.
func loseAnswers(n int) hooks {
	return hooks{rest: func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(r)
			if err == nil && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Calls.json") && n > 0 {
				n--
				resp.Body.Close()
				return nil, context.DeadlineExceeded
			}
			return resp, err
		})
	}}
}

// The coordinator of the request is rung first and alone; then the team, those
// who speak the caller's language before those who waited longest.
func TestWhoIsRung(t *testing.T) {
	t.Run("at most three at once", func(t *testing.T) {
		d := newDesk(t, "rings", hooks{})
		d.play("0")
		if got := d.rings(); got != "0 1 2" {
			t.Errorf("%s ring", got)
		}
	})
	t.Run("who has waited longest first", func(t *testing.T) {
		d := newDesk(t, "rings", hooks{})
		id := coordinatorID(d.team[0].Number)
		d.must(d.line.store.HoldCoordinator(t.Context(), id, "x", "CA1"))
		d.must(d.line.store.ReleaseCoordinator(t.Context(), id, "x", true))
		d.play("0")
		if got := d.rings(); got != "1 2 3" {
			t.Errorf("%s ring", got)
		}
	})
	t.Run("the coordinator of the request alone", func(t *testing.T) {
		d := newDesk(t, "rings", hooks{})
		d.must(d.addCase(t.Context(), "in_review", "+16175550142"))
		d.play("2 12345674 03041960 1")
		if got := d.rings(); got != "1" {
			t.Errorf("%s ring at first", got)
		}
		d.must(d.phone(1).Silence(t.Context()))
		d.must(d.settle(t.Context()))
		if got := d.rings(); got != "0 2 3" {
			t.Errorf("%s ring then", got)
		}
		d.answer(0)
		d.wantSaid(0, "A caller asks about a request.")
		if strings.Contains(d.phone(0).Transcript(), "5 6 7 4") {
			t.Error("the number is said before the call is taken")
		}
		d.press(0, "1")
		d.wantSaid(0, "Request ending 5 6 7 4. The caller is verified.")
	})
	t.Run("a caller with the wrong date is told to be checked", func(t *testing.T) {
		d := newDesk(t, "rings", hooks{})
		d.must(d.addCase(t.Context(), "in_review", "+16175550142"))
		d.play("2 12345674 03041961 0#")
		d.must(d.phone(1).Silence(t.Context()))
		d.must(d.settle(t.Context()))
		d.answer(0)
		d.press(0, "1")
		d.wantSaid(0, "Request ending 5 6 7 4. The caller is not verified. Please check two identifiers.")
	})
	t.Run("an interpreter: who speaks another language", func(t *testing.T) {
		d := newDesk(t, "rings", hooks{})
		words, err := wording.Load()
		d.must(err)
		d.play("8 " + fmt.Sprint(len(words.Languages())+1))
		if got := d.rings(); got != "0 1 2" {
			t.Errorf("%s ring", got)
		}
		if first := d.transfer().Legs[0].Coordinator; first != coordinatorID(d.team[1].Number) {
			t.Error("the first who is rung speaks English only")
		}
		d.answer(1)
		d.wantSaid(1, "A caller needs an interpreter.")
	})
}

// What becomes of a Dial to the in-person line, for every status that Twilio has.
func TestInPersonLine(t *testing.T) {
	for _, tt := range []struct {
		name   string
		callee twiliosim.CalleeBehaviour
		want   string
	}{
		{"answered", twiliosim.Answers(), "talks"},
		{"busy", twiliosim.Busy(), "For the cost, press 1."},
		{"no answer", twiliosim.NoAnswer(), "For the cost, press 1."},
		{"failed", twiliosim.Fails(404), "For the cost, press 1."},
		{"a machine", twiliosim.Machine(), "talks"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := testWorld(t, tuesday)
			w.sim.SetCallee(func(string) twiliosim.CalleeBehaviour { return tt.callee })
			p := &callPlayer{world: w, from: patient, to: tollFree}
			w.playUntil(t, p, "3 4 1")
			said := p.now.Transcript()
			if tt.want == "talks" {
				if p.now.Await().Kind != twiliosim.AwaitTalk {
					t.Errorf("the caller does not talk:\n%s", said)
				}
				return
			}
			if at := strings.LastIndex(said, "caller presses 1"); !strings.Contains(said[at:], tt.want) {
				t.Errorf("heard:\n%s", said)
			}
		})
	}
}

// Telephones stop ringing as soon as the caller has hung up (call-script.md 6.6:
// within two seconds).
func TestRingingStopsWithTheCaller(t *testing.T) {
	d := newDesk(t, "rings", hooks{})
	d.play("0")
	before := d.clock.Now()
	d.must(d.p.now.Hangup(t.Context()))
	d.must(d.settle(t.Context()))
	if got := d.rings(); got != "" {
		t.Errorf("%s still ring", got)
	}
	if took := d.clock.Now().Sub(before); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}
