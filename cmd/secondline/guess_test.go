package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// answered counts pairs of number and date by what was answered.
func (w *world) answered(t *testing.T, answer string) int {
	t.Helper()
	families, err := w.line.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "secondline_voice_status_answers_total" && m.GetLabel()[0].GetValue() == answer {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}

// Somebody who knows a request number and has many telephones tries dates of
// birth for a whole day: ten of them are judged. Against some 22,000 dates that
// are likely that is a chance of 1 in 2,200 on the first day, and of 1 in 11,000
// or less on every day after it (rules.md 3.1).
func TestBruteForce(t *testing.T) {
	t.Parallel()
	w := testWorld(t, tuesday)
	if err := w.addCase(t.Context(), "in_review", patient); err != nil {
		t.Fatal(err)
	}
	day := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC)
	guesses, calls := 0, 0
	judgedBefore := 0
	for d := range 3 {
		for range 48 {
			for range 4 {
				calls++
				p := &callPlayer{world: w, from: fmt.Sprintf("+1212555%04d", calls), to: tollFree}
				tokens := "2"
				for range 3 {
					tokens += " 12345674 " + day.Format("01022006")
					day = day.AddDate(0, 0, 1)
					guesses++
				}
				w.playTokens(t, p, tokens)
				if strings.Contains(heardIn(p), "A specialist is looking") {
					t.Fatalf("guess %d was right", guesses)
				}
			}
			w.clock.Pass(29 * time.Minute)
		}
		judged := w.answered(t, "no_match")
		t.Logf("day %d: %d guesses so far, %d judged in all", d+1, guesses, judged)
		if most := []int{10, 2, 2}[d]; judged-judgedBefore > most {
			t.Errorf("%d guesses were judged on day %d, want at most %d", judged-judgedBefore, d+1, most)
		}
		judgedBefore = judged
	}
	// The way to a person stays open all the time.
	p := &callPlayer{world: w, from: "+12125559999", to: tollFree}
	w.clock.Set(time.Date(2027, 3, 9, 15, 0, 0, 0, time.UTC))
	w.playUntil(t, p, "2 12345674 03041960 0#")
	if said := heardIn(p); !strings.Contains(said, "(talks with a coordinator)") {
		t.Errorf("heard:\n%s", said)
	}
}

// "No such request", "wrong date" and "locked" sound the same and take the same
// time. SECONDLINE_TRIES says how many of each are tried.
func TestMismatchesAreAlike(t *testing.T) {
	tries := 40
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_TRIES")); err == nil {
		tries = n
	}
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	settings.Programme.Caps.WrongAnswersADay = 1_000_000
	at, _ := time.Parse(time.RFC3339, tuesday)
	w, err := newWorld(settings, &clock{at: at, real: time.Now()}, slog.New(slog.DiscardHandler), hooks{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.stop)
	locked := w.knownNumber(t)
	for range 6 {
		if _, err := w.line.store.Try(t.Context(), w.line.store.NumberSubject(locked)); err != nil {
			t.Fatal(err)
		}
	}
	kinds := map[string]func() string{
		"no such request": func() string { return casestore.NewRequestNumber().Reveal() },
		"wrong date":      func() string { return w.knownNumber(t) },
		"locked":          func() string { return locked },
	}
	medians, heard := map[string]time.Duration{}, map[string]string{}
	var mu sync.Mutex
	n := 0
	for range 2 { // alternating, so that neither the first nor the last has the quieter machine
		for name, number := range kinds {
			var took []time.Duration
			slots := make(chan struct{}, 25)
			var wg sync.WaitGroup
			for range tries / 2 {
				slots <- struct{}{}
				n++
				from := fmt.Sprintf("+1212%07d", 5550000+n)
				digits := number()
				wg.Go(func() {
					defer func() { <-slots }()
					d, said := w.mismatch(t.Context(), t, from, digits)
					mu.Lock()
					defer mu.Unlock()
					took = append(took, d)
					heard[name] = said
				})
			}
			wg.Wait()
			slices.Sort(took)
			medians[name] += took[len(took)/2] / 2
			t.Logf("%-16s min %s, median %s, 95 %% %s, max %s", name, took[0].Round(time.Microsecond), took[len(took)/2].Round(time.Microsecond), took[len(took)*95/100].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond))
		}
	}
	for name := range kinds {
		if heard[name] != heard["locked"] {
			t.Errorf("%s is told as:\n%s\nlocked as:\n%s", name, heard[name], heard["locked"])
		}
		if diff := (medians[name] - medians["locked"]).Abs(); diff > 100*time.Millisecond || medians[name] < 1500*time.Millisecond {
			t.Errorf("%s takes %s, locked %s", name, medians[name], medians["locked"])
		}
	}
}

// knownNumber adds a request and gives its number.
func (w *world) knownNumber(t *testing.T) string {
	number := casestore.NewRequestNumber()
	c := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: number, Caller: private.Of(patient),
		Answers: map[string]private.Text{"birth_date": private.Of("1951-05-05")}}
	if err := w.line.store.AddCase(t.Context(), c); err != nil {
		t.Error(err)
	}
	return number.Reveal()
}

// mismatch enters a pair that does not match, and gives how long the answer took
// and what it was.
func (w *world) mismatch(ctx context.Context, t *testing.T, from, digits string) (time.Duration, string) {
	call, err := w.sim.Ring(ctx, from, tollFree)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	for _, keys := range []string{"2", digits} {
		if err := call.Press(ctx, keys); err != nil {
			t.Error(err)
		}
	}
	before, began := len(call.Events()), time.Now()
	if err := call.Press(ctx, "03041960"); err != nil {
		t.Error(err)
	}
	took := time.Since(began)
	said := ""
	for _, e := range call.Events()[before:] {
		if l, ok := heard(e); ok {
			said += l.Text + "\n"
		}
	}
	if err := call.Hangup(ctx); err != nil {
		t.Error(err)
	}
	return took, said
}
