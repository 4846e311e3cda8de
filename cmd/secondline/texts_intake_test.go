package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// Who cannot talk on the telephone is not called after delivery: a person owes
// something written.
func TestWhoCannotTalkIsWrittenTo(t *testing.T) {
	d := deliver(t, afternoon, "answers", hooks{}, twiliosim.CalleeBehaviour{})
	_, err := d.line.store.MoveCase(t.Context(), d.c.Partition, d.c.ID, func(c *casestore.Case) bool {
		c.Answers["can_talk"] = private.Of("write")
		return true
	})
	d.must(err)
	d.pass(26 * time.Hour)
	if calls := len(d.sim.CallsTo(deliveredTo)); calls != 0 || d.rings() != "" {
		t.Errorf("%d calls to the patient, coordinator rung: %q", calls, d.rings())
	}
	if owed := d.owes(); !strings.Contains(owed, string(casestore.TaskPromise)) {
		t.Errorf("a person owes %q", owed)
	}
	if log := d.log(); !strings.Contains(log, "cannot_talk") {
		t.Errorf("the promise says:\n%s", log)
	}
}

// writes texts the line, twenty seconds apart.
func (w *world) writes(t *testing.T, from string, messages ...string) {
	t.Helper()
	for _, m := range messages {
		w.clock.Pass(20 * time.Second)
		if got, err := w.sim.Text(t.Context(), from, tollFree, m); err != nil || got.Status != http.StatusOK {
			t.Fatalf("%q is answered with %d, %v", m, got.Status, err)
		}
		if err := w.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) lastTextTo(number string) string {
	texts := w.sim.TextsTo(number)
	if len(texts) == 0 {
		return ""
	}
	return texts[len(texts)-1].Body
}

// What is told by text is in no log and in no key of Redis.
func TestIntakeByTextIsPrivate(t *testing.T) {
	var log bytes.Buffer
	w := testWorldWith(t, afternoon, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), hooks{})
	w.writes(t, patient, wholeByText...)
	kept := log.String() + strings.Join(w.redis.Keys(), " ")
	for _, key := range w.redis.Keys() {
		if w.redis.Type(key) == "hash" {
			fields, _ := w.redis.HKeys(key)
			for _, f := range fields {
				kept += " " + w.redis.HGet(key, f)
			}
		}
	}
	for _, secret := range []string{"Ruiz", "ana@example", "1960", "City Clinic", "another way", patient[2:]} {
		if strings.Contains(kept, secret) {
			t.Errorf("%q can be read", secret)
		}
	}
}

// An intake has bounds of its own: whoever stumbles is asked again, a flood is not,
// and afterwards HELP, a stop and a thank-you are heard as ever.
func TestIntakeByTextHasBoundsOfItsOwn(t *testing.T) {
	w := testWorld(t, afternoon)
	w.writes(t, patient, "BEGIN", "1")
	w.writes(t, patient, slices.Repeat([]string{"hm"}, 40)...)
	before := len(w.sim.TextsTo(patient))
	if before < 42 {
		t.Errorf("42 messages are answered by %d texts", before)
	}
	w.writes(t, patient, "HELP")
	if last := w.lastTextTo(patient); !strings.Contains(last, "Emergency: 911") {
		t.Errorf("HELP in the middle: %q", last)
	}
	for range 200 {
		w.clock.Pass(3 * time.Second)
		if _, err := w.sim.Text(t.Context(), patient, tollFree, "hm"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if more := len(w.sim.TextsTo(patient)) - before; more > 60 {
		t.Errorf("a flood is answered %d times", more)
	}
	w.writes(t, patient, "please stop texting me")
	if last := w.lastTextTo(patient); !strings.Contains(last, "no more texts") {
		t.Errorf("a stop after a flood: %q", last)
	}
}

// What was written before the question could be read answers no question.
func TestIntakeByTextTakesNoAnswerThatCameTooSoon(t *testing.T) {
	w := testWorld(t, afternoon)
	w.writes(t, patient, then(upToBirth, "March 4 1960", "1", "1")...)
	before := w.lastTextTo(patient)
	for range 2 {
		if _, err := w.sim.Text(t.Context(), patient, tollFree, "1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := w.lastTextTo(patient); after != before {
		t.Errorf("answered at once: %q", after)
	}
	if w.writes(t, patient, "1"); w.lastTextTo(patient) == before {
		t.Error("nothing goes on")
	}
}

// Key 9 in a call stops the questions: what is texted then goes before a person.
func TestKey9EndsAnIntakeByText(t *testing.T) {
	w := testWorld(t, afternoon)
	w.writes(t, patient, upToZip...)
	w.playTokens(t, &callPlayer{world: w, from: patient, to: tollFree}, "9 1")
	left := len(w.sim.TextsTo(patient))
	w.writes(t, patient, "10001", "BEGIN")
	tasks, err := w.line.store.Tasks(t.Context())
	if err != nil || len(tasks) != 1 || tasks[0].Kind != casestore.TaskRead || len(w.sim.TextsTo(patient)) != left {
		t.Errorf("%d tasks, %d texts, %v", len(tasks), len(w.sim.TextsTo(patient))-left, err)
	}
}

// Where a question would not arrive, none is asked: a person reads it.
func TestIntakeByTextWhereNoTextGoes(t *testing.T) {
	w := testWorld(t, afternoon)
	const elsewhere = "+919876543210"
	w.writes(t, elsewhere, "BEGIN", "1")
	tasks, err := w.line.store.Tasks(t.Context())
	if err != nil || len(tasks) != 1 || tasks[0].Kind != casestore.TaskRead || len(w.sim.TextsTo(elsewhere)) != 0 {
		t.Errorf("%d tasks, %d texts, %v", len(tasks), len(w.sim.TextsTo(elsewhere)), err)
	}
}

// Every answer reaches both replicas, twice, at the same instant: one request comes
// of it, with one number and one call that is owed.
func TestIntakeByTextAtTwoReplicas(t *testing.T) {
	w := testWorld(t, afternoon)
	doors := []http.RoundTripper{twiliosim.HandlerTransport(w.line.handler), twiliosim.HandlerTransport(w.replica(t).handler)}
	for i, m := range wholeByText {
		w.clock.Pass(20 * time.Second)
		form := w.textForm(patient, m, i)
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				if status := deliverText(t, doors[n%2], form); status != http.StatusOK {
					t.Errorf("%q is answered with %d", m, status)
				}
			})
		}
		wg.Wait()
		if err := w.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	id := w.line.store.Ring().Person(private.Of(patient))
	thread, err := w.line.store.Thread(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.line.store.Case(t.Context(), id.Partition(), thread.Case)
	if err != nil || c.Stage != casestore.StageRequested || c.Answers.Get("question") == "" || thread.State.At != "" {
		t.Errorf("%v, %v", c, err)
	}
	tasks, err := w.line.store.Tasks(t.Context())
	if err != nil || len(tasks) != 1 || tasks[0].Kind != casestore.TaskFirstCall || tasks[0].Ring.IsZero() {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
	told := fmt.Sprint(w.promptsTo(t, patient))
	if strings.Count(told, "Q-D15 ") != 1 || strings.Count(told, "S-welcome") != 1 || strings.Contains(told, "S-req") {
		t.Errorf("told: %s", told)
	}
}

// Who asks in a call for the number of the line for visits gets it by text, once a
// call, without having agreed to anything else.
func TestVisitNumberByText(t *testing.T) {
	for _, keys := range []string{"3 4 2 * 4 2", "1 1 1 1 2"} {
		w := testWorld(t, afternoon)
		w.playTokens(t, &callPlayer{world: w, from: patient, to: tollFree}, keys)
		if err := w.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.promptsTo(t, patient); !slices.Equal(got, []string{"S-visit delivered"}) || !strings.Contains(w.lastTextTo(patient), "877-442-3324") {
			t.Errorf("%s: %v, %q", keys, got, w.lastTextTo(patient))
		}
	}
}
