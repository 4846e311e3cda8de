package casestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/redistest"
)

var t0 = time.Date(2027, 3, 2, 15, 12, 0, 0, time.UTC)

const anyCall = "CA00000000000000000000000000000001"

func testRing(t testing.TB) *KeyRing {
	t.Helper()
	ring, err := NewKeyRing(bytes.Repeat([]byte{1}, 32), Key{"2027a", bytes.Repeat([]byte{2}, 32)}, Key{"2026a", bytes.Repeat([]byte{3}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func testStore(t testing.TB, url string) *Store {
	t.Helper()
	rdb, err := Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Redis: rdb, Ring: testRing(t), Now: func() time.Time { return t0 }})
	t.Cleanup(func() { s.Close() })
	return s
}

// reveal makes what is private comparable.
var revealed = cmp.Options{
	cmp.Transformer("private", func(t private.Text) string { return "private:" + t.Reveal() }),
	cmp.Transformer("number", func(n RequestNumber) string { return "number:" + n.Reveal() }),
}

func conversation() *Conversation {
	return &Conversation{
		Call: anyCall, Token: "f0", Line: "tollfree", Caller: private.Of("+16175550123"), Started: t0,
		State: flow.State{At: "intake.birth_date", Phase: flow.PhaseConfirm, Tries: 1, Slow: true, Pending: private.Of("1960-03-04"), From: "main.choose",
			Answers: flow.Answers{"adult": private.Of("yes")}},
		Turn:       flow.Turn{Say: []flow.Prompt{{ID: "D11-c", Vars: map[string]private.Text{"DATE": private.Of("1960-03-04")}}}, Await: flow.Await{Kind: flow.AwaitKeys, MaxKeys: 1, Seconds: 7}},
		Case:       fullCase(),
		Unfinished: true, ResumeTries: 2, Home: true, ZoneKnown: true, Language: "es", Named: "cdef", LastFour: private.Of("5674"), Coordinator: "co1",
		Verified: true, StatusTries: 1, Transfer: anyCall + ".3", Member: "co2", SignedIn: true, PINTries: 1, Task: "t1", TaskPlace: 9, Passed: []string{"t0"},
	}
}

func fullCase() *Case {
	return &Case{ID: "cabc", Stage: StageStarted, Line: "tollfree", Language: "en", Opened: t0, Updated: t0, Caller: private.Of("+16175550123"),
		Answers:  flow.Answers{"birth_date": private.Of("1960-03-04"), "zip": private.Of("10001")},
		Consents: []Consent{{Kind: "calls", Given: "yes", Prompt: "D7-call", Version: "1a2b", Key: "1", Call: anyCall, Line: "tollfree", At: t0, Unproven: true}},
		At:       "intake.name", Coordinator: "co1", ActionNeeded: true, Waiting: 3, RecordsAt: t0, DeliveredAt: t0}
}

func TestConversationComesBackAsItWas(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	id := s.ring.Person(private.Of("+16175550123"))
	c := conversation()
	if err := s.Commit(t.Context(), id, c, Change{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Conversation(t.Context(), id.Partition(), anyCall)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got, revealed); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if _, err := s.Conversation(t.Context(), id.Partition(), "CA2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a call that is not known gives %v", err)
	}
}

func TestOnlyOneOfTwoTurnsWins(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	id := s.ring.Person(private.Of("+16175550123"))
	first := conversation()
	if err := s.Commit(t.Context(), id, first, Change{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wins, losses := make(chan int, 20), make(chan error, 20)
	for i := range 20 {
		wg.Go(func() {
			mine := *first
			mine.State.Tries = i
			if err := s.Commit(t.Context(), id, &mine, Change{Stop: "age"}); err != nil {
				losses <- err
				return
			}
			wins <- i
		})
	}
	wg.Wait()
	if len(wins) != 1 {
		t.Fatalf("%d turns of 20 won, want 1", len(wins))
	}
	for range len(losses) {
		if err := <-losses; !errors.Is(err, ErrConflict) {
			t.Errorf("a turn that lost got %v", err)
		}
	}
	got, err := s.Conversation(t.Context(), id.Partition(), anyCall)
	if err != nil || got.State.Tries != <-wins || got.Version != 2 {
		t.Errorf("kept version %d, %v", got.Version, err)
	}
	if stops, _ := s.Stops(t.Context()); stops["age"] != 1 {
		t.Errorf("a turn that lost wrote something: %v", stops)
	}
}

func TestUnfinishedRequestIsKeptFinishedAndFound(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	id := s.ring.Person(private.Of("+16175550123"))
	c, draft := conversation(), fullCase()
	if err := s.Commit(ctx, id, c, Change{Drafts: []Draft{{Case: draft}}, Guard: draft.ID}); err != nil {
		t.Fatal(err)
	}
	drafts, err := s.Drafts(ctx, id)
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%d unfinished requests, %v", len(drafts), err)
	}
	if diff := cmp.Diff(draft, drafts[0], revealed); diff != "" {
		t.Errorf("unfinished (-want +got):\n%s", diff)
	}
	finished := fullCase()
	finished.Stage = StageRequested
	if finished.Number, err = s.TakeNumber(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CaseByNumber(ctx, finished.Number); !errors.Is(err, ErrNotFound) {
		t.Errorf("a number set aside finds %v", err)
	}
	task := &Task{ID: NewTaskID(), Kind: TaskFirstCall, Due: t0.Add(time.Hour), Phone: private.Of("+16175550123"), Case: finished.ID, Call: anyCall, Opened: t0, Partition: id.Partition(), Version: 1}
	if err := s.Commit(ctx, id, c, Change{Finished: finished, Guard: finished.ID, Tasks: []*Task{task}}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Work(ctx, "one", map[EffectKind]Handler{EffectEvent: func(context.Context, Partition, Effect) error { return nil }})
	}()
	waitFor(t, "the outbox is empty", func() bool { n, err := s.Waiting(ctx); return err == nil && n == 0 })
	got, err := s.CaseByNumber(ctx, finished.Number)
	if err != nil {
		t.Fatal(err)
	}
	finished.Partition, finished.Version = id.Partition(), 1
	if diff := cmp.Diff(finished, got, revealed); diff != "" {
		t.Errorf("the case (-want +got):\n%s", diff)
	}
	if drafts, _ := s.Drafts(ctx, id); len(drafts) != 0 {
		t.Error("the finished request is still unfinished too")
	}
	tasks, err := s.Tasks(ctx)
	if err != nil || cmp.Diff([]*Task{task}, tasks, revealed) != "" {
		t.Errorf("tasks: %v, %v", cmp.Diff([]*Task{task}, tasks, revealed), err)
	}
	if err := s.Commit(ctx, id, c, Change{Drafts: []Draft{{Case: draft}}, Guard: draft.ID}); !errors.Is(err, ErrFinished) {
		t.Errorf("another call could write to the finished request: %v", err)
	}
	cancel()
	<-done
}

// What a dead worker had taken is done by another.
func TestOutboxOfADeadWorkerIsTakenOver(t *testing.T) {
	server := redistest.Start(t)
	s := testStore(t, server.URL())
	id := s.ring.Person(private.Of("+16175550123"))
	finished := fullCase()
	finished.Number, _ = s.TakeNumber(t.Context())
	p := id.Partition()
	s.makeGroup(t.Context(), p)
	if err := s.Commit(t.Context(), id, conversation(), Change{Finished: finished}); err != nil {
		t.Fatal(err)
	}
	taken, err := s.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: outboxGroup, Consumer: "dead", Streams: []string{outboxKey(p), ">"}, Count: 1}).Result()
	if err != nil {
		t.Fatal(err)
	}
	// XCLAIM sets how long the dead one has held it, without waiting for it.
	entry := taken[0].Messages[0].ID
	if err := s.rdb.Do(t.Context(), "XCLAIM", outboxKey(p), outboxGroup, "dead", 0, entry, "IDLE", (2 * outboxIdle).Milliseconds()).Err(); err != nil {
		t.Fatal(err)
	}
	for _, m := range s.claim(t.Context(), p, "alive") {
		s.do(t.Context(), p, map[EffectKind]Handler{EffectIndex: s.index}, m)
	}
	if _, err := s.CaseByNumber(t.Context(), finished.Number); err != nil {
		t.Errorf("the case is not found: %v", err)
	}
}

func TestEffectThatNeverSucceedsIsLaidAside(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	id := s.ring.Person(private.Of("+16175550123"))
	p := id.Partition()
	s.makeGroup(t.Context(), p)
	if err := s.Commit(t.Context(), id, conversation(), Change{Effects: []Effect{{Kind: "ring", Data: "x"}}}); err != nil {
		t.Fatal(err)
	}
	taken, err := s.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: outboxGroup, Consumer: "one", Streams: []string{outboxKey(p), ">"}, Count: 1}).Result()
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	handlers := map[EffectKind]Handler{"ring": func(context.Context, Partition, Effect) error { tries++; return errors.New("busy") }}
	messages := taken[0].Messages
	for range outboxTries + 3 {
		for _, m := range messages {
			s.do(t.Context(), p, handlers, m)
		}
		if messages, err = s.rdb.XClaim(t.Context(), &redis.XClaimArgs{Stream: outboxKey(p), Group: outboxGroup, Consumer: "one", Messages: []string{taken[0].Messages[0].ID}}).Result(); err != nil {
			t.Fatal(err)
		}
	}
	if tries != outboxTries {
		t.Errorf("tried %d times, want %d", tries, outboxTries)
	}
	if n, _ := s.rdb.XLen(t.Context(), deadKey(p)).Result(); n != 1 {
		t.Errorf("%d effects laid aside, want 1", n)
	}
}

// Numbers taken by many replicas at once are never the same.
func TestRequestNumbersAreUnique(t *testing.T) {
	server := redistest.Start(t, "--appendfsync", "no")
	var takers, keepers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	given := make(chan RequestNumber, 400)
	for range 4 {
		s := testStore(t, server.URL())
		keepers.Go(func() { s.KeepNumbers(ctx) })
		takers.Go(func() {
			for range 100 {
				n, err := s.TakeNumber(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				given <- n
			}
		})
	}
	takers.Wait()
	cancel()
	keepers.Wait()
	close(given)
	seen := map[string]bool{}
	for n := range given {
		if _, err := ParseRequestNumber(n.Reveal()); err != nil {
			t.Errorf("a number that was given out does not read: %v", err)
		}
		if seen[n.Reveal()] {
			t.Error("a number was given out twice")
		}
		seen[n.Reveal()] = true
	}
}

func TestRecordingStatusNeverGoesBack(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	for _, status := range []string{"in-progress", "completed", "in-progress", "completed", "failed"} {
		if err := s.SaveRecording(t.Context(), 3, Recording{SID: "RE1", Call: anyCall, Status: status, Seconds: 7}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Recording(t.Context(), 3, "RE1")
	if err != nil || got.Status != "completed" || got.Seconds != 7 {
		t.Errorf("kept %+v, %v", got, err)
	}
	if _, err := s.Recording(t.Context(), 3, "RE2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a recording that is not known gives %v", err)
	}
}

func TestOptOutIsKept(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	id := s.ring.Person(private.Of("+16175550123"))
	if _, out, err := s.OptedOut(t.Context(), id); out || err != nil {
		t.Fatalf("opted out before: %v, %v", out, err)
	}
	want := OptOut{At: t0, How: "key_9", Call: anyCall}
	if err := s.Commit(t.Context(), id, conversation(), Change{OptOut: &want}); err != nil {
		t.Fatal(err)
	}
	got, out, err := s.OptedOut(t.Context(), id)
	if err != nil || !out || got != want {
		t.Errorf("kept %+v, %v, %v", got, out, err)
	}
}

// Nothing that a person told stands in Redis in clear: not in a key, not in a
// value, not in the append-only file.
func TestNothingPersonalStandsInRedisInClear(t *testing.T) {
	server := redistest.Start(t)
	s := testStore(t, server.URL())
	id := s.ring.Person(private.Of("+16175550123"))
	finished := fullCase()
	finished.Number, _ = s.TakeNumber(t.Context())
	change := Change{Drafts: []Draft{{Case: fullCase()}}, Finished: finished, OptOut: &OptOut{At: t0, How: "key_9"},
		Tasks: []*Task{{ID: NewTaskID(), Kind: TaskCallBack, Due: t0, Phone: private.Of("+16175550123")}}}
	if err := s.Commit(t.Context(), id, conversation(), change); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"6175550123", "1960-03-04", "10001", finished.Number.Reveal()}
	everything := dump(t, server.Dir)
	for _, secret := range secrets {
		if strings.Contains(everything, secret) {
			t.Errorf("what a person told (%d letters) stands in Redis in clear", len(secret))
		}
	}
	if err := s.rdb.Set(t.Context(), "planted", secrets[0], 0).Err(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(dump(t, server.Dir), secrets[0]) {
		t.Error("the search does not find what was planted: it proves nothing")
	}
}

// Every script runs on a cluster that refuses keys which were not declared, so
// that it touches one slot only.
func TestScriptsOnACluster(t *testing.T) {
	var hosts []string
	for _, server := range redistest.StartCluster(t) {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", server.Port))
	}
	s := testStore(t, "redis+cluster://"+strings.Join(hosts, ","))
	scripts := map[**redis.Script]string{&commitScript: commitSource, &plainScript: plainSource, &recordingScript: recordingSource, &claimScript: claimSource,
		&releaseScript: releaseSource, &tryScript: trySource, &untryScript: untrySource, &redoScript: redoSource, &abandonScript: abandonSource}
	for script, source := range scripts {
		plain := *script
		*script = strict(source)
		t.Cleanup(func() { *script = plain })
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		s.Work(ctx, "one", map[EffectKind]Handler{EffectEvent: func(context.Context, Partition, Effect) error { return nil }})
	}()
	for i := range 40 {
		id := s.ring.Person(private.Of(fmt.Sprintf("+161755501%02d", i)))
		c, finished := conversation(), fullCase()
		c.Call = fmt.Sprintf("CA%032d", i)
		finished.ID = NewCaseID()
		var err error
		if finished.Number, err = s.TakeNumber(ctx); err != nil {
			t.Fatal(err)
		}
		change := Change{Drafts: []Draft{{Case: fullCase()}}, Finished: finished, Guard: finished.ID, DropDrafts: []CaseID{"cx"}, Guessed: true, OptOut: &OptOut{At: t0}, Stop: "age",
			Tasks: []*Task{{ID: NewTaskID(), Kind: TaskCallBack, Due: t0}}, Effects: []Effect{{Kind: EffectIndex, Data: string(s.indexed(finished))}}}
		if err := s.Commit(ctx, id, c, change); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.ConversationAndDrafts(ctx, id, c.Call); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveRecording(ctx, id.Partition(), Recording{SID: "RE1", Status: "completed"}); err != nil {
			t.Fatal(err)
		}
		onCluster(t, s, id, c, change.Tasks[0])
		waitFor(t, "the case is found", func() bool { _, err := s.CaseByNumber(ctx, finished.Number); return err == nil })
	}
	cancel()
	<-worked
	late := s.now().Add(s.keep + time.Hour)
	s.now = func() time.Time { return late }
	if err := s.AbandonDrafts(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// onCluster does what coordinators and guesses do to the store.
func onCluster(t *testing.T, s *Store, id PersonID, c *Conversation, task *Task) {
	t.Helper()
	ctx, p := t.Context(), id.Partition()
	c.Version++
	tr := &Transfer{ID: c.Call + ".2", State: TransferWaiting, Opened: t0}
	other := conversation()
	other.Call = c.Call + "x"
	_, err1 := s.ClaimCoordinators(ctx, tr.ID, time.Minute, 3, []string{"a", "b"})
	_, err2 := s.Try(ctx, s.NumberSubject(c.Call), s.CallerSubject(id), s.EverySubject())
	_, err3 := s.Team(ctx)
	_, _, err4 := s.Owed(ctx)
	_, err5 := s.TasksDue(ctx, 5)
	_, err6 := s.MoveTask(ctx, p, task.ID, func(t *Task) bool { t.Outcome = "spoke"; return true })
	_, err7 := s.Lookup(ctx, "12345674")
	err := errors.Join(err1, err2, err3, err4, err5, err6, err7, s.Commit(ctx, id, other, Change{Transfer: tr}),
		s.Clear(ctx, s.NumberSubject(c.Call), s.CallerSubject(id), s.EverySubject()),
		s.HoldCoordinator(ctx, "a", tr.ID, "CA1"), s.ReleaseCoordinator(ctx, "a", tr.ID, true), s.ReleaseCoordinator(ctx, "b", tr.ID, false))
	if err == nil {
		if err = s.Redo(ctx, p, "1-0"); errors.Is(err, ErrNotFound) {
			err = nil
		}
	}
	if err == nil {
		_, err = s.MoveTransfer(ctx, p, tr.ID, func(t *Transfer) ([]*Task, bool) {
			return []*Task{{ID: NewTaskID(), Kind: TaskAbandoned, Due: t0}}, true
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// strict makes a script that Redis refuses when it touches keys of other slots
// or keys that were not declared.
func strict(source string) *redis.Script { return redis.NewScript("#!lua\n" + source) }
