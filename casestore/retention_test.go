package casestore

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/redistest"
)

const day = 24 * time.Hour

var keptFor = Retention{Closed: 30 * day, Tasks: 30 * day, LaidAside: 90 * day, Consents: 2190 * day}

// closedCase keeps a request that came to a stage now.
func closedCase(t *testing.T, s *Store, phone string, stage Stage) *Case {
	t.Helper()
	number, err := s.TakeNumber(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := &Case{ID: NewCaseID(), Stage: StageRequested, Number: number, Line: "tollfree", Language: "en", Opened: s.now(), Caller: private.Of(phone),
		Answers:  flow.Answers{"birth_date": private.Of("1960-03-04"), "name": private.Of("RE0123456789abcdef0123456789abcdef")},
		Consents: []Consent{{Kind: "voicemail", Given: "yes", Prompt: "D7-vm", Version: "1a2b", Key: "1", Call: "CA1", At: s.now()}}}
	if err := s.AddCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if c, _, err = s.Advance(t.Context(), c.Partition, c.ID, stage, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRetention(t *testing.T) {
	server := redistest.Start(t)
	s := testStore(t, server.URL())
	now, ctx := t0, t.Context()
	s.now = func() time.Time { return now }
	person := s.ring.Person(private.Of("+16175550101"))

	closed := closedCase(t, s, "+16175550101", StageClosed)
	asIntaken := closedCase(t, s, "+16175550102", StageWithdrawn)
	asked := closedCase(t, s, "+16175550103", StageClosed)
	open := closedCase(t, s, "+16175550104", StageInReview)
	promised := closedCase(t, s, "+16175550105", StageDelivered)
	followed := closedCase(t, s, "+16175550106", StageFollowedUp)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.AddEntry(ctx, closed.Partition, closed.ID, CaseEntry{At: now, What: EntryNote, Text: private.Of("her son calls")}))
	must(s.OptOutNumber(ctx, private.Of("+16175550101"), OptOut{At: now, How: "text", Call: "SM1"}))
	must(s.ChangeContact(ctx, person, ContactChange{Permissions: map[Channel]Permission{ByText: {Given: true, At: now, How: "call", Prompt: "D7-text"}}}))
	must(s.QueueText(ctx, &Text{ID: "x1", To: private.Of("+16175550101"), Case: closed.ID, Created: now}, now))
	must(s.OpenTask(ctx, closed.Partition, &Task{ID: "t1", Kind: TaskMessage, Due: now, Case: closed.ID, Phone: private.Of("+16175550101"), Recording: "RE1123456789abcdef0123456789abcdef"}))
	must(s.OpenTask(ctx, asked.Partition, &Task{ID: "t2", Kind: TaskCallBack, Due: now, Case: asked.ID, Phone: private.Of("+16175550103")}))
	must(s.OpenTask(ctx, 3, &Task{ID: "t3", Kind: TaskCallBack, Due: now, Phone: private.Of("+16175550107"), Recording: "RE2123456789abcdef0123456789abcdef"}))
	for id, p := range map[string]Partition{"t1": closed.Partition, "t3": 3} {
		_, err := s.MoveTask(ctx, p, id, func(t *Task) bool { t.Outcome = "spoke"; return true })
		must(err)
	}
	dead := func(id, kind string) {
		must(s.Delivered(ctx, Delivery{ID: id, Endpoint: "records", Type: kind, Body: []byte("{}"), First: now, Partition: asIntaken.Partition}, true))
	}
	dead("d1.intake."+string(asIntaken.ID), IntakeCompleted)
	dead("d1.optout.SM1", OptOutChanged)

	var dropped []string
	drop := func(_ context.Context, sid string) error { dropped = append(dropped, sid); return nil }
	retain := func(dry bool) Retained {
		t.Helper()
		got, err := s.Retain(ctx, keptFor, dry, drop)
		must(err)
		return got
	}
	now = t0.Add(30*day - time.Minute)
	if got := retain(false); got.Cases+got.Tasks+got.Deliveries+len(got.Held) != 0 {
		t.Fatalf("a minute before its time something goes: %+v", got)
	}
	now = t0.Add(30*day + time.Minute)
	want := Retained{Cases: 1, Recordings: 2, Tasks: 1, Unclosed: 1, Held: map[string]int{HeldByTask: 1, HeldByHandOver: 1}}
	for _, dry := range []bool{true, true, false} {
		got := retain(dry)
		if got.Cases != want.Cases || got.Recordings != want.Recordings || got.Tasks != want.Tasks || got.Unclosed != want.Unclosed || !maps.Equal(got.Held, want.Held) {
			t.Fatalf("dry %v: %+v", dry, got)
		}
		if dry && len(dropped) > 0 {
			t.Fatal("what is only counted is deleted")
		}
	}
	if len(dropped) != 3 {
		t.Errorf("recordings deleted: %v", dropped)
	}
	if got := retain(false); got.Cases+got.Tasks != 0 {
		t.Errorf("once more: %+v", got)
	}

	rest, err := s.Case(ctx, closed.Partition, closed.ID)
	must(err)
	if len(rest.Answers) != 0 || !rest.Caller.Empty() || !rest.Number.IsZero() || len(rest.Consents) != 1 || rest.ForgottenOf != person || rest.Forgotten.IsZero() {
		t.Errorf("what is left: %+v", rest)
	}
	if c, err := s.Lookup(ctx, closed.Number.Reveal()); c != nil || err != nil {
		t.Errorf("its number still leads to it: %v", err)
	}
	if file, err := s.File(ctx, closed.Partition, closed.ID); err == nil && len(file.Entries) != 0 {
		t.Error("its history is there")
	}
	for _, gone := range []string{taskKey(closed.Partition, "t1"), taskKey(3, "t3"), textKey(person.Partition(), "x1"), promiseKey(closed.Partition, closed.ID)} {
		if n, err := s.rdb.Exists(ctx, gone).Result(); n != 0 || err != nil {
			t.Errorf("%s is there, %v", gone, err)
		}
	}
	contact, err := s.Contact(ctx, person)
	if must(err); contact.OptedOut.At.IsZero() || !contact.Permissions[ByText].Given {
		t.Errorf("an opt-out or a consent is gone: %+v", contact)
	}
	if _, _, err := s.Advance(ctx, closed.Partition, closed.ID, StageDelivered, nil); !errors.Is(err, ErrForgotten) {
		t.Errorf("what is deleted goes on: %v", err)
	}
	for _, c := range []*Case{asIntaken, asked, open, promised, followed} {
		if got, err := s.Case(ctx, c.Partition, c.ID); err != nil || got.Answers.Get("birth_date") == "" {
			t.Errorf("a request at %s is gone: %v", c.Stage, err)
		}
	}
	if p, err := s.Promise(ctx, promised.Partition, promised.ID); err != nil || p.State != PromiseOpen {
		t.Errorf("the promise: %v", err)
	}
	now = t0.Add(91 * day)
	if got := retain(false); got.Deliveries != 1 || got.Held[HeldByHandOver] != 1 {
		t.Errorf("after 91 days: %+v", got)
	}
	now = t0.Add(30*day + 2191*day)
	if got := retain(false); got.Consents != 1 {
		t.Errorf("after six years: %+v", got)
	}
	if contact, err = s.Contact(ctx, person); err != nil || contact.OptedOut.At.IsZero() {
		t.Error("an opt-out is gone after six years")
	}
}

// What cannot be deleted - a recording, a request, an event that nothing opens - is
// counted and told of, and keeps nothing else.
func TestRetentionGoesOnBehindWhatItCannotDelete(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	now, ctx := t0, t.Context()
	s.now = func() time.Time { return now }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const stuck = "RE2123456789abcdef0123456789abcdef"
	for _, id := range []string{"t1", "t2", "t3", "t4"} {
		task := &Task{ID: id, Kind: TaskMessage, Due: now, Phone: private.Of("+16175550107"), Recording: "RE" + strings.Repeat(id[1:], 32)}
		if id == "t2" {
			task.Recording = stuck
		}
		must(s.OpenTask(ctx, 3, task))
		_, err := s.MoveTask(ctx, 3, id, func(t *Task) bool { t.Outcome = "spoke"; return true })
		must(err)
	}
	bad := closedCase(t, s, "+16175550101", StageClosed)
	must(s.OpenTask(ctx, bad.Partition, &Task{ID: "t5", Kind: TaskMessage, Due: now, Case: bad.ID, Phone: private.Of("+16175550101"), Recording: stuck}))
	_, err := s.MoveTask(ctx, bad.Partition, "t5", func(t *Task) bool { t.Outcome = "spoke"; return true })
	must(err)
	good := closedCase(t, s, "+16175550102", StageClosed)
	for _, id := range []string{"d1", "d2", "d3"} {
		must(s.Delivered(ctx, Delivery{ID: id, Endpoint: "records", Type: OptOutChanged, Body: []byte("{}"), First: now, Partition: 3}, true))
	}
	must(s.rdb.HSet(ctx, deadEventsKey(3), "d2", "what nothing opens").Err())

	now = t0.Add(91 * day)
	got, err := s.Retain(ctx, keptFor, false, func(_ context.Context, sid string) error {
		if sid == stuck {
			return errors.New("the file cannot be removed")
		}
		return nil
	})
	if got.Tasks != 3 || got.Cases != 1 || got.Deliveries != 2 || got.Failed != 3 {
		t.Errorf("%+v", got)
	}
	for _, id := range []string{"task t2", "case " + string(bad.ID), "delivery d2"} {
		if err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("nothing is said of %s: %v", id, err)
		}
	}
	if _, err := s.Task(ctx, 3, "t2"); err != nil {
		t.Errorf("what leads to the recording that is still there is gone: %v", err)
	}
	if c, err := s.Case(ctx, good.Partition, good.ID); err != nil || c.Forgotten.IsZero() {
		t.Errorf("the next request stays: %v", err)
	}
}

// Of several replicas one deletes, once a day; one that dies is followed by another.
func TestOneReplicaADayDeletes(t *testing.T) {
	server := redistest.Start(t)
	one, two := testStore(t, server.URL()), testStore(t, server.URL())
	mine, done, err := one.ClaimRetention(t.Context())
	if !mine || err != nil {
		t.Fatal(mine, err)
	}
	if again, _, err := two.ClaimRetention(t.Context()); again || err != nil {
		t.Errorf("a second one deletes too: %v", err)
	}
	if ttl := one.rdb.PTTL(t.Context(), key(0, "retention", "")).Val(); ttl > time.Hour {
		t.Errorf("a replica that dies is followed after %v", ttl)
	}
	if err := done(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ttl := one.rdb.PTTL(t.Context(), key(0, "retention", "")).Val(); ttl < 23*time.Hour || ttl >= 24*time.Hour {
		t.Errorf("the next time is after %v", ttl)
	}
}
