package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// textWorld is a world in which anything may happen to texts, and what is known
// of what was asked for.
type textWorld struct {
	t *rapid.T
	*world
	id      casestore.PersonID
	c       *casestore.Case
	stopped time.Time // of the last opt-out that was acknowledged; zero when texts are wanted
	lose    int       // answers of Twilio's that are lost
	faults  int       // that were
	checked int
}

func newTextWorld(t *rapid.T) *textWorld {
	x := &textWorld{t: t}
	settings, err := LoadSettings(noEnvironment, func(string) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, tuesday)
	if err != nil {
		t.Fatal(err)
	}
	x.world, err = newWorld(settings, &clock{at: at}, slog.New(slog.DiscardHandler), hooks{rest: x.losing})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.stop)
	ctx := context.Background()
	x.id = x.line.store.Ring().Person(private.Of(patient))
	x.must(x.addCase(ctx, "requested", patient))
	x.c, err = x.line.store.Lookup(ctx, worldRequest)
	x.must(err)
	x.must(x.line.store.ChangeContact(ctx, x.id, casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{casestore.ByText: {Given: true, At: at}}}))
	return x
}

// losing lets Twilio do what it is asked, and loses some of its answers.
func (x *textWorld) losing(rt http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(r)
		if err == nil && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Messages.json") && x.lose > 0 {
			x.lose--
			x.faults++
			resp.Body.Close()
			return nil, context.DeadlineExceeded
		}
		return resp, err
	})
}

func (x *textWorld) must(err error) {
	if err != nil {
		x.t.Fatal(err)
	}
}

// does one thing that may happen.
func (x *textWorld) step() {
	ctx := context.Background()
	switch what := rapid.SampledFrom([]string{"stage", "stage", "stage again", "hour", "hour", "day", "stop", "start", "chat", "lose", "carrier", "ask", "minute", "late news"}).Draw(x.t, "what"); what {
	case "stage":
		stage := rapid.SampledFrom([]casestore.Stage{casestore.StageCollectingRecords, casestore.StageRecordsComplete, casestore.StageInReview, casestore.StageDelivered, casestore.StageClosed}).Draw(x.t, "stage")
		now := x.clock.Now()
		c, err := x.line.store.MoveCase(ctx, x.c.Partition, x.c.ID, func(c *casestore.Case) bool {
			c.Stage = stage
			if stage == casestore.StageDelivered {
				c.DeliveredAt = now
			}
			return true
		})
		x.must(err)
		x.must(x.line.texts.StageChanged(ctx, c))
	case "stage again":
		c, err := x.line.store.Case(ctx, x.c.Partition, x.c.ID)
		x.must(err)
		x.must(x.line.texts.StageChanged(ctx, c))
	case "minute":
		x.clock.Pass(time.Minute)
	case "hour":
		x.clock.Pass(time.Hour)
	case "day":
		for range 8 {
			x.clock.Pass(3 * time.Hour)
			x.settleAll()
		}
	case "stop":
		x.write(rapid.SampledFrom([]string{"STOP", "please stop texting me", "take me off your list", "unsubscribe", "alto"}).Draw(x.t, "words"))
		x.stopped = x.clock.Now()
	case "start":
		x.write("START")
		x.stopped = time.Time{}
	case "chat":
		x.write(rapid.SampledFrom([]string{"hello", "LATER", "CALL", "2", "HELP", "thank you", "don't stop the updates please"}).Draw(x.t, "words"))
	case "ask":
		x.must(x.line.texts.AskAddress(ctx, private.Of(patient), "en", x.c.ID, ""))
	case "lose":
		x.lose += 1
	case "carrier":
		code := rapid.SampledFrom([]int{0, 0, 0, 30003, 30008}).Draw(x.t, "code")
		x.sim.SetCarrier(func(twiliosim.Text) twiliosim.Delivery {
			if code == 0 {
				return twiliosim.Delivery{Status: "delivered"}
			}
			return twiliosim.Delivery{Status: "undelivered", ErrorCode: code}
		})
	case "late news":
		x.sim.SetFaults(twiliosim.Faults{HoldCallbacks: rapid.Bool().Draw(x.t, "hold")})
		x.sim.ReleaseCallbacks()
	}
	x.settleAll()
}

func (x *textWorld) write(words string) {
	got, err := x.sim.Text(context.Background(), patient, tollFree, words)
	x.must(err)
	if got.Status != http.StatusOK {
		x.t.Fatalf("%q is answered with status %d", words, got.Status)
	}
}

func (x *textWorld) settleAll() {
	x.must(x.settle(context.Background()))
	x.check()
}

// check holds every text that has left since the last time against the rules.
func (x *textWorld) check() {
	ctx := context.Background()
	texts, err := x.line.store.Texts(ctx, x.id, time.Time{})
	x.must(err)
	all := x.sim.TextsTo(patient)
	for _, s := range all[x.checked:] {
		kind := x.kindOf(texts, s.Body)
		if kind == nil {
			x.t.Fatalf("a text left that nobody decided on: %q", s.Body)
		}
		confirm := kind.Prompt == "S-stop" || kind.Prompt == "S-notpatient"
		if !x.stopped.IsZero() && !confirm {
			x.t.Fatalf("%s was sent at %s after the opt-out of %s", kind.Prompt, s.At, x.stopped)
		}
		if kind.Kind != casestore.TextReply {
			for _, zone := range textZones("", "", patient) {
				if h := s.At.In(zone).Hour(); h < 8 || h >= 20 {
					x.t.Fatalf("%s was sent at %s", kind.Prompt, s.At.In(zone))
				}
			}
		}
		if s.Segments != 1 {
			x.t.Fatalf("%s has %d segments", kind.Prompt, s.Segments)
		}
	}
	x.checked = len(all)
}

// kindOf finds what a text that left was: the prompts differ in their words.
func (x *textWorld) kindOf(texts []*casestore.Text, body string) *casestore.Text {
	for _, t := range texts {
		vars := map[string]string{"ORG": "Care Team Services", "PHONE": tollFree, "HRS": "Mon-Fri 09:00-21:00 America/New_York"}
		for name, v := range t.Vars {
			vars[name] = v.Reveal()
		}
		if words, err := x.words.Text(t.Language, t.Prompt, vars); err == nil && words == body {
			return t
		}
	}
	return nil
}

// Whatever happens to a person's texts - stages in any order and again, opt-outs,
// answers, nights, failing handsets, lost and late answers of Twilio's - nothing
// is sent after an opt-out, nothing in the night, nothing twice beyond what was
// lost or failed, and everything that was decided on ends, or waits, for a reason.
//
// SECONDLINE_TEXT_LIVES sets how many lives of a number are lived.
func TestTextsWhateverHappens(t *testing.T) {
	lives := os.Getenv("SECONDLINE_TEXT_LIVES")
	if err := flag.Set("rapid.checks", cmp.Or(lives, "12")); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := newTextWorld(t)
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			x.step()
		}
		// Let everything come to its end.
		x.lose = 0
		x.sim.SetFaults(twiliosim.Faults{})
		x.sim.ReleaseCallbacks()
		x.sim.SetCarrier(func(twiliosim.Text) twiliosim.Delivery { return twiliosim.Delivery{Status: "delivered"} })
		for range 42 {
			x.clock.Pass(2 * time.Hour)
			x.settleAll()
		}
		x.ended()
	})
}

// ended holds the whole against what may have happened.
func (x *textWorld) ended() {
	texts, err := x.line.store.Texts(context.Background(), x.id, time.Time{})
	x.must(err)
	tries := 0
	for _, t := range texts {
		if !t.State.Final() && t.State != casestore.TextSent {
			x.t.Fatalf("%s never ends: %s, %q", t.Prompt, t.State, t.Reason)
		}
		if (t.State == casestore.TextDropped || t.State == casestore.TextFailed || t.State == casestore.TextUndelivered) && t.Reason == "" {
			x.t.Fatalf("%s is %s for no reason", t.Prompt, t.State)
		}
		tries += t.Tries
	}
	if left := len(x.sim.TextsTo(patient)); left > tries {
		x.t.Fatalf("%d texts left, for %d tries: %s", left, tries, fmt.Sprint(x.faults, " answers were lost"))
	}
}
