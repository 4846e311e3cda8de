package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// storeBy is a store that goes by a clock of the test.
func storeBy(t testing.TB, url string, now *time.Time) *Store {
	t.Helper()
	s := testStore(t, url)
	s.now = func() time.Time { return *now }
	return s
}

// inReview keeps a request whose opinion is being written.
func inReview(t testing.TB, s *Store, number string) *Case {
	t.Helper()
	c := fullCase()
	c.ID, c.Stage, c.Caller, c.DeliveredAt = NewCaseID(), StageInReview, private.Of(number), time.Time{}
	var err error
	if c.Number, err = s.TakeNumber(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.AddCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// deliveredTo delivers an opinion, and gives the promise.
func deliveredTo(t testing.TB, s *Store, number string) (*Case, *Promise) {
	t.Helper()
	c := inReview(t, s, number)
	return c, advance(t, s, c, StageDelivered, time.Time{})
}

// advance brings a case to a stage, and gives its promise.
func advance(t testing.TB, s *Store, c *Case, to Stage, delivered time.Time) *Promise {
	t.Helper()
	_, _, err := s.Advance(t.Context(), c.Partition, c.ID, to, func(c *Case) {
		if !delivered.IsZero() {
			c.DeliveredAt = delivered
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return promiseOf(t, s, c)
}

func promiseOf(t testing.TB, s *Store, c *Case) *Promise {
	t.Helper()
	p, err := s.Promise(t.Context(), c.Partition, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dueAt is when a promise is to be looked at.
func dueAt(t testing.TB, s *Store, c *Case) time.Time {
	t.Helper()
	at, err := s.DueAt(t.Context(), duePromise(c.Partition, c.ID))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// change moves a promise.
func change(t testing.TB, s *Store, c *Case, move func(*Promise)) *Promise {
	t.Helper()
	p, err := s.MovePromise(t.Context(), c.Partition, c.ID, func(p *Promise) (PromiseChange, bool) { move(p); return PromiseChange{}, true })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADeliveryMakesAPromise(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	c := inReview(t, s, "+16175550123")
	if _, err := s.Promise(t.Context(), c.Partition, c.ID); !errors.Is(err, ErrNotFound) {
		t.Fatalf("before: %v", err)
	}
	got, changed, err := s.Advance(t.Context(), c.Partition, c.ID, StageDelivered, nil)
	if err != nil || !changed || got.Stage != StageDelivered || !got.DeliveredAt.Equal(t0) {
		t.Fatalf("%+v, changed %v, %v", got, changed, err)
	}
	p := promiseOf(t, s, c)
	want := &Promise{Case: c.ID, Version: p.Version, State: PromiseOpen, Delivered: t0, Next: t0, Partition: c.Partition,
		Log: []Decision{{At: t0, What: "delivered", About: t0}}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("the promise (-want +got):\n%s", diff)
	}
	if at := dueAt(t, s, c); !at.Equal(t0) {
		t.Errorf("it is looked at %s", at)
	}
	if open, err := s.OpenPromises(t.Context(), c.Partition); err != nil || !slices.Equal(open, []CaseID{c.ID}) {
		t.Errorf("open: %v, %v", open, err)
	}
	if _, _, err := s.Advance(t.Context(), c.Partition, "cnone", StageDelivered, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("a case that is not there: %v", err)
	}
}

// However often and in whatever order a delivery is told, it has one promise, and
// what was done for it stays done.
func TestOneDeliveryOnePromise(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	c, _ := deliveredTo(t, s, "+16175550123")
	called := Attempt{Transfer: "o1", At: t0.Add(time.Hour), Result: "no_answer"}
	was := change(t, s, c, func(p *Promise) { p.Attempts, p.Next = []Attempt{called}, t0.Add(4*time.Hour) })

	now = t0.Add(2 * time.Hour)
	if _, changed, err := s.Advance(t.Context(), c.Partition, c.ID, StageDelivered, nil); err != nil || changed {
		t.Errorf("told again: changed %v, %v", changed, err)
	}
	again := advance(t, s, c, StageDelivered, t0)
	if diff := cmp.Diff(was, again, revealed); diff != "" {
		t.Errorf("told again (-was +is):\n%s", diff)
	}

	// A late event takes the case back, and the delivery is told once more.
	advance(t, s, c, StageInReview, time.Time{})
	if p := advance(t, s, c, StageDelivered, t0); p.State != PromiseOpen || len(p.Attempts) != 1 || !dueAt(t, s, c).Equal(now) {
		t.Errorf("after a late event it is %s with %d attempts, and is looked at %s", p.State, len(p.Attempts), dueAt(t, s, c))
	}

	// The same where the stage had ended the promise in between.
	advance(t, s, c, StageOnHold, time.Time{})
	change(t, s, c, func(p *Promise) { p.EndWithStage(StageOnHold, now) })
	p := advance(t, s, c, StageDelivered, t0)
	if p.State != PromiseOpen || p.Outcome != "" || !p.Ended.IsZero() || len(p.Attempts) != 1 || !p.Next.Equal(now) || !dueAt(t, s, c).Equal(now) {
		t.Errorf("after a hold: %+v", p)
	}
	if open, _ := s.OpenPromises(t.Context(), c.Partition); len(open) != 1 {
		t.Errorf("%d promises are open", len(open))
	}

	// One that was kept stays kept.
	change(t, s, c, func(p *Promise) { p.End(PromiseKept, "reached", now) })
	advance(t, s, c, StageFollowedUp, time.Time{})
	if p := advance(t, s, c, StageDelivered, t0); p.State != PromiseKept || !dueAt(t, s, c).IsZero() {
		t.Errorf("a kept promise is %s, and is looked at %s", p.State, dueAt(t, s, c))
	}

	// Another delivery has another promise, whose version is higher.
	before := promiseOf(t, s, c)
	if p = advance(t, s, c, StageDelivered, now); p.State != PromiseOpen || len(p.Attempts) != 0 || !p.Delivered.Equal(now) || p.Version <= before.Version {
		t.Errorf("delivered anew: %+v after version %d", p, before.Version)
	}
}

// Ten replicas hear of the same delivery at once.
func TestADeliveryIsToldByMany(t *testing.T) {
	url := redistest.Start(t).URL()
	now := t0
	c := inReview(t, storeBy(t, url, &now), "+16175550123")
	var wg sync.WaitGroup
	news := make(chan bool, 10)
	for range 10 {
		s := storeBy(t, url, &now)
		wg.Go(func() {
			_, changed, err := s.Advance(t.Context(), c.Partition, c.ID, StageDelivered, func(c *Case) { c.DeliveredAt = t0 })
			if err != nil {
				t.Error(err)
			}
			news <- changed
		})
	}
	wg.Wait()
	close(news)
	n := 0
	for changed := range news {
		if changed {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was news %d times", n)
	}
}

func TestAPromiseComesBackAsItWas(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	c, _ := deliveredTo(t, s, "+16175550123")
	full := Promise{State: PromiseOpen, Delivered: t0, NoLegalMinute: true, Missed: true, Chosen: t0.Add(time.Hour), ChosenHow: "key", NotBefore: t0.Add(time.Minute),
		Unanswered: 2, Flight: "o1", Attempts: []Attempt{{Transfer: "o0", Call: anyCall, Coordinator: "co1", At: t0, Result: "busy", ByHand: true, Voicemail: true}},
		Human: t0, Supervisor: t0.Add(time.Second), Letter: t0.Add(2 * time.Second), Task: "t1", Announced: t0.Add(3 * time.Second), Regretted: t0.Add(4 * time.Second),
		Next: t0.Add(5 * time.Second), Log: []Decision{{At: t0, What: "called", Why: "busy", About: t0}}, Case: c.ID, Partition: c.Partition}
	want := change(t, s, c, func(p *Promise) { full.Version = p.Version; *p = full })
	if diff := cmp.Diff(want, promiseOf(t, s, c)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if want = change(t, s, c, func(p *Promise) { p.End(PromiseOver, "letter", t0) }); want.Flight != "" {
		t.Error("an ended promise has a call in flight")
	}
	if diff := cmp.Diff(want, promiseOf(t, s, c)); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
}

// What a change brings about is written with it, once, whoever else was first.
func TestMovingAPromise(t *testing.T) {
	url := redistest.Start(t).URL()
	now := t0
	s := storeBy(t, url, &now)
	c, first := deliveredTo(t, s, "+16175550123")
	var wg sync.WaitGroup
	for i := range 10 {
		other := storeBy(t, url, &now)
		wg.Go(func() {
			_, err := other.MovePromise(t.Context(), c.Partition, c.ID, func(p *Promise) (PromiseChange, bool) {
				p.Unanswered++
				p.Next = t0.Add(time.Duration(p.Unanswered) * time.Minute)
				return PromiseChange{
					Tasks:    []*Task{{ID: fmt.Sprintf("t%d", i), Kind: TaskPromise, Due: t0, Case: c.ID}},
					Transfer: &Transfer{ID: fmt.Sprintf("o%d", i), State: TransferWaiting},
				}, true
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	p := promiseOf(t, s, c)
	if p.Unanswered != 10 || p.Version != first.Version+10 || !dueAt(t, s, c).Equal(t0.Add(10*time.Minute)) {
		t.Errorf("after ten changes: %+v, due %s", p, dueAt(t, s, c))
	}
	if tasks, err := s.Tasks(t.Context()); err != nil || len(tasks) != 10 {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
	if _, err := s.Transfer(t.Context(), c.Partition, "o7"); err != nil {
		t.Errorf("the transfer: %v", err)
	}

	if same, err := s.MovePromise(t.Context(), c.Partition, c.ID, func(*Promise) (PromiseChange, bool) { return PromiseChange{}, false }); err != nil || same.Version != p.Version {
		t.Errorf("left as it is: version %d, %v", same.Version, err)
	}
	if _, err := s.MovePromise(t.Context(), c.Partition, "cnone", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("none there: %v", err)
	}
	change(t, s, c, func(p *Promise) { p.End(PromiseKept, "reached", now) })
	if open, _ := s.OpenPromises(t.Context(), c.Partition); len(open) != 0 || !dueAt(t, s, c).IsZero() {
		t.Errorf("a kept promise is still open (%v), or due %s", open, dueAt(t, s, c))
	}
}

func TestOpenPromisesAreCounted(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	if open, late, oldest, err := s.PromiseCounts(t.Context()); open+late != 0 || oldest != 0 || err != nil {
		t.Fatalf("of none: %d, %d, %s, %v", open, late, oldest, err)
	}
	var cases []*Case
	for i := range 20 {
		c, _ := deliveredTo(t, s, fmt.Sprintf("+161755501%02d", i))
		cases = append(cases, c)
		now = now.Add(time.Hour)
	}
	now = t0.Add(25*time.Hour + time.Minute)
	change(t, s, cases[0], func(p *Promise) { p.Next = now.Add(time.Hour) })
	change(t, s, cases[2], func(p *Promise) { p.End(PromiseKept, "reached", now) })
	open, late, oldest, err := s.PromiseCounts(t.Context())
	if open != 19 || late != 2 || oldest != 24*time.Hour+time.Minute || err != nil {
		t.Errorf("%d open, %d late, %s, %v", open, late, oldest, err)
	}
	listed := 0
	for p := range Partition(Partitions) {
		ids, err := s.OpenPromises(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		listed += len(ids)
		var last time.Time
		for _, id := range ids {
			promise, err := s.Promise(t.Context(), p, id)
			if err != nil || promise.Delivered.Before(last) {
				t.Errorf("%s: %v; delivered %s after %s", id, err, promise.Delivered, last)
			}
			last = promise.Delivered
		}
	}
	if listed != 19 {
		t.Errorf("%d are listed", listed)
	}
}

func TestOpenPromisesAreReadWithTheirCases(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	open, p := deliveredTo(t, s, "+16175550100")
	kept, _ := deliveredTo(t, s, "+16175550100")
	broken, _ := deliveredTo(t, s, "+16175550100")
	change(t, s, kept, func(p *Promise) { p.End(PromiseKept, "reached", now) })
	if err := s.rdb.Del(t.Context(), caseKey(broken.Partition, broken.ID)).Err(); err != nil {
		t.Fatal(err)
	}
	open.Stage, open.DeliveredAt, open.Updated, open.Version = StageDelivered, t0, t0, 2
	got, err := s.OpenPromised(t.Context(), open.Partition)
	if diff := cmp.Diff([]Promised{{p, open}}, got, revealed); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// swept sweeps every partition.
func swept(t *testing.T, s *Store) map[CaseID]string {
	t.Helper()
	out := map[CaseID]string{}
	for p := range Partition(Partitions) {
		repairs, err := s.SweepPromises(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range repairs {
			out[r.Case] = r.What
		}
	}
	return out
}

func TestSweepRepairsWhatNobodyWouldLookAt(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	healthy, _ := deliveredTo(t, s, "+16175550100")
	unscheduled, _ := deliveredTo(t, s, "+16175550101")
	gone, _ := deliveredTo(t, s, "+16175550102")
	left, _ := deliveredTo(t, s, "+16175550103")
	ended, _ := deliveredTo(t, s, "+16175550104")
	noCase, _ := deliveredTo(t, s, "+16175550105")
	withATask, _ := deliveredTo(t, s, "+16175550106")
	change(t, s, healthy, func(p *Promise) { p.Next = t0.Add(time.Hour) })
	change(t, s, withATask, func(p *Promise) { p.Task, p.Next = "t1", time.Time{} })
	change(t, s, ended, func(p *Promise) { p.End(PromiseKept, "reached", now) })
	if got := swept(t, s); len(got) != 1 || got[withATask.ID] != "scheduled" {
		t.Errorf("before anything is lost: %v", got)
	}

	ctx, now0 := t.Context(), now.Add(time.Hour)
	now = now0
	for _, err := range []error{
		s.Finish(ctx, duePromise(unscheduled.Partition, unscheduled.ID)),
		s.rdb.Del(ctx, promiseKey(gone.Partition, gone.ID), dueKey(gone.Partition, DuePromise)).Err(),
		s.rdb.Del(ctx, promiseKey(noCase.Partition, noCase.ID), caseKey(noCase.Partition, noCase.ID)).Err(),
		s.rdb.ZAdd(ctx, promisesKey(ended.Partition), redis.Z{Member: string(ended.ID)}).Err(),
		func() error { _, _, err := s.Advance(ctx, left.Partition, left.ID, StageWithdrawn, nil); return err }(),
		s.rdb.Del(ctx, promiseKey(left.Partition, left.ID)).Err(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := swept(t, s)
	if got[unscheduled.ID] != "scheduled" || got[gone.ID] != "made" || got[left.ID]+got[ended.ID]+got[noCase.ID] != "" {
		t.Errorf("repaired %v", got)
	}
	for _, c := range []*Case{unscheduled, gone} {
		if !dueAt(t, s, c).Equal(now) {
			t.Errorf("it is looked at %s", dueAt(t, s, c))
		}
	}
	if p := promiseOf(t, s, gone); p.State != PromiseOpen || !p.Delivered.Equal(t0) {
		t.Errorf("made again: %+v", p)
	}
	if p := promiseOf(t, s, ended); p.State != PromiseKept {
		t.Errorf("a kept promise is %s", p.State)
	}
	if again := swept(t, s); len(again) != 0 {
		t.Errorf("a second sweep repairs %v", again)
	}
}

// cutOff has a pipeline end in the middle: the answers from the n-th on are lost.
type cutOff struct {
	redis.Hook
	from int
}

func (c cutOff) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (c cutOff) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (c cutOff) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		for _, cmd := range cmds[min(c.from, len(cmds)):] {
			switch cmd := cmd.(type) {
			case *redis.IntCmd:
				cmd.SetVal(0)
			case *redis.FloatCmd:
				cmd.SetVal(0)
			}
			cmd.SetErr(errors.New("connection reset"))
		}
		return err
	}
}

// A sweep that does not hear whether a promise is there makes none anew.
func TestSweepOverALineThatBreaks(t *testing.T) {
	server := redistest.Start(t)
	now := t0
	s, broken := storeBy(t, server.URL(), &now), storeBy(t, server.URL(), &now)
	c, _ := deliveredTo(t, s, "+16175550123")
	was := change(t, s, c, func(p *Promise) { p.Attempts, p.Next = []Attempt{{At: t0, Result: "busy"}}, time.Time{} })
	broken.rdb.AddHook(cutOff{from: 1})
	if repairs, err := broken.SweepPromises(t.Context(), c.Partition); err == nil || len(repairs) > 0 {
		t.Errorf("repaired %v, %v", repairs, err)
	}
	if diff := cmp.Diff(was, promiseOf(t, s, c)); diff != "" {
		t.Errorf("the promise (-was +is):\n%s", diff)
	}
}

// Every step of a promise touches one slot and the keys it declares.
func TestPromisesOnACluster(t *testing.T) {
	var hosts []string
	for _, server := range redistest.StartCluster(t) {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", server.Port))
	}
	now := t0
	s := storeBy(t, "redis+cluster://"+strings.Join(hosts, ","), &now)
	for script, source := range map[**redis.Script]string{&commitScript: commitSource, &claimDueScript: claimDueSource, &boardScript: boardSource} {
		plain := *script
		*script = strict(source)
		t.Cleanup(func() { *script = plain })
	}
	const n = 40
	for i := range n {
		c, _ := deliveredTo(t, s, fmt.Sprintf("+161755501%02d", i))
		if i%2 == 0 {
			if err := s.rdb.Del(t.Context(), promiseKey(c.Partition, c.ID)).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := swept(t, s); len(got) != n/2 {
		t.Errorf("%d are repaired", len(got))
	}
	due, _, err := s.ClaimDue(t.Context(), DuePromise, 100, time.Minute)
	if err != nil || len(due) != n {
		t.Fatalf("%d are due, %v", len(due), err)
	}
	if err := s.Return(t.Context(), due...); err != nil {
		t.Fatal(err)
	}
	if open, _, _, err := s.PromiseCounts(t.Context()); err != nil || open != n {
		t.Errorf("%d are open, %v", open, err)
	}
	if all, err := s.NewBoard().Read(t.Context()); err != nil || len(all) != n {
		t.Errorf("%d are on the board, %v", len(all), err)
	}
}
