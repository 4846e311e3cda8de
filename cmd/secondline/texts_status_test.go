package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// fates are what the networks do with the first, second … attempt at a text.
var fates = [][]int{
	{0}, {30003, 0}, {30008, 30017, 0}, {30006}, {30007}, {30005}, {30003, 30003, 30003, 30003, 30003}, {30410, 0}, {30024, 0}, {30027, 0},
}

// post takes the reports that Twilio sends and delivers them as a test likes: the
// stand-in believes that they have arrived.
type post struct {
	next http.RoundTripper
	bag  []*http.Request
}

func (p *post) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/sms/status" {
		return p.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	again := r.Clone(context.Background())
	again.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	p.bag = append(p.bag, again)
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func (p *post) deliver(t *testing.T, r *http.Request) {
	t.Helper()
	again := r.Clone(t.Context())
	again.Body, _ = r.GetBody()
	resp, err := p.next.RoundTrip(again)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("a report is answered with %v, %v", resp, err)
	}
}

// mess is how reports are delivered, and how often each thing was done.
type mess struct {
	random                            *rand.Rand // nil delivers each once, in order, at once
	reports, dropped, repeated, asked int
}

func (m *mess) deliver(t *testing.T, p *post, last bool) {
	bag := p.bag
	p.bag = nil
	m.reports += len(bag)
	if m.random == nil {
		for _, r := range bag {
			p.deliver(t, r)
		}
		return
	}
	m.random.Shuffle(len(bag), func(i, j int) { bag[i], bag[j] = bag[j], bag[i] })
	for _, r := range bag {
		switch n := m.random.IntN(10); {
		case n < 3:
			m.dropped++
		case n < 6 && !last:
			m.reports--
			p.bag = append(p.bag, r) // held: it comes later, beside others
		default:
			for range 1 + m.random.IntN(3) {
				p.deliver(t, r)
				m.repeated++
			}
			m.repeated--
		}
	}
}

// ended is what is left of a text when everything is over.
type ended struct {
	State  casestore.TextState
	Reason string
	Code   int
	// Sent is how many messages left; Tasks and NotTextable are what a person and
	// the number's record know of it.
	Sent, Tasks int
	NotTextable bool
}

// play gives what became of one text to each of some numbers, whose fates
// follow from their last digits.
func (m *mess) play(t *testing.T) map[string]ended {
	t.Helper()
	p := &post{}
	w := testWorldWith(t, tuesday, slog.New(slog.DiscardHandler), hooks{
		twilio: func(next http.RoundTripper) http.RoundTripper { p.next = next; return p },
		rest: func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/Messages/SM") {
					m.asked++
				}
				return next.RoundTrip(r)
			})
		},
	})
	attempts := map[string]int{}
	w.sim.SetCarrier(func(text twiliosim.Text) twiliosim.Delivery {
		fate := fates[int(text.To[len(text.To)-1]-'0')]
		n := min(attempts[text.To], len(fate)-1)
		attempts[text.To]++
		if fate[n] == 0 {
			return twiliosim.Delivery{Status: "delivered", After: 2 * time.Second}
		}
		return twiliosim.Delivery{Status: cmp.Or(map[bool]string{true: "failed"}[n%2 == 1], "undelivered"), ErrorCode: fate[n], After: 3 * time.Second}
	})
	ctx, store := t.Context(), w.line.store
	numbers := make([]string, len(fates))
	for i := range fates {
		numbers[i] = "+1617555014" + strconv.Itoa(i)
		id := store.Ring().Person(private.Of(numbers[i]))
		if err := store.ChangeContact(ctx, id, casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{casestore.ByText: {Given: true, At: w.clock.Now()}}}); err != nil {
			t.Fatal(err)
		}
		if err := w.line.texts.Resume(ctx, private.Of(numbers[i]), "en", fmt.Sprint("CA", i)); err != nil {
			t.Fatal(err)
		}
	}
	final := map[string]casestore.TextState{}
	texts := func() map[string]*casestore.Text {
		all := map[string]*casestore.Text{}
		for _, number := range numbers {
			of, err := store.Texts(ctx, store.Ring().Person(private.Of(number)), time.Time{})
			if err != nil || len(of) != 1 {
				t.Fatalf("%d texts, %v", len(of), err)
			}
			if was := final[number]; was != "" && of[0].State != was {
				t.Fatalf("a text that was %s is %s", was, of[0].State)
			}
			if of[0].State.Final() {
				final[number] = of[0].State
			}
			all[number] = of[0]
		}
		return all
	}
	step := time.Minute
	for passed := time.Duration(0); passed < 22*time.Hour && len(final) < len(numbers); passed += step {
		if passed >= 20*time.Minute {
			step = 10 * time.Minute
		}
		w.clock.Pass(step)
		if err := w.settle(ctx); err != nil {
			t.Fatal(err)
		}
		m.deliver(t, p, false)
		texts()
	}
	m.deliver(t, p, true)
	out := map[string]ended{}
	for number, text := range texts() {
		contact, err := store.ContactOf(ctx, private.Of(number))
		if err != nil {
			t.Fatal(err)
		}
		e := ended{State: text.State, Reason: text.Reason, Code: text.Code, Sent: len(w.sim.TextsTo(number)), NotTextable: contact.NotTextable != ""}
		tasks, err := store.Tasks(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			if task.Phone.Reveal() == number {
				e.Tasks++
			}
		}
		out[number] = e
	}
	return out
}

// Whatever order the reports on texts come in, however often, and whether they
// come at all: each text ends as it does when they come in order, it is sent as
// often, as many tasks are opened, and no state that a text does not leave is
// left. What no report tells is asked: five minutes after it was sent.
//
// SECONDLINE_REPORTS sets how many such days are played.
func TestReportsInAnyOrder(t *testing.T) {
	days := 3
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_REPORTS")); err == nil {
		days = n
	}
	want := (&mess{}).play(t)
	for number, e := range want {
		if !e.State.Final() {
			t.Fatalf("in order, the text of fate %v is %s", fates[number[len(number)-1]-'0'], e.State)
		}
	}
	var all mess
	for seed := range uint64(days) {
		m := &mess{random: rand.New(rand.NewPCG(seed, 7))}
		if diff := gocmp.Diff(want, m.play(t)); diff != "" {
			t.Errorf("seed %d: texts end in another way (-in order +in any order):\n%s", seed, diff)
		}
		all.reports, all.dropped, all.repeated, all.asked = all.reports+m.reports, all.dropped+m.dropped, all.repeated+m.repeated, all.asked+m.asked
	}
	t.Logf("%d days, %d texts: %d reports, of which %d never came; %d came again; Twilio was asked %d times", days, days*len(fates), all.reports, all.dropped, all.repeated, all.asked)
	if all.dropped == 0 || all.repeated == 0 || all.asked == 0 {
		t.Error("nothing went wrong")
	}
}
