package casestore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

func TestTheBoardHasEveryOpenPromise(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	want := map[CaseID]bool{}
	for i := range 20 {
		c, _ := deliveredTo(t, s, fmt.Sprintf("+1617555%04d", i))
		want[c.ID] = true
	}
	ended, _ := deliveredTo(t, s, "+16175559999")
	change(t, s, ended, func(p *Promise) { p.End(PromiseKept, "reached", t0) })
	board := s.NewBoard()
	read := func(open int) []Open {
		t.Helper()
		all, err := board.Read(t.Context())
		if err != nil || len(all) != open {
			t.Fatalf("%d promises, %v; want %d", len(all), err, open)
		}
		return all
	}
	for range 2 {
		for _, o := range read(20) {
			if !want[o.Case.ID] || o.Promise.Case != o.Case.ID || o.Promise.State != PromiseOpen || o.Case.Partition != o.Promise.Partition || o.Case.Version == 0 {
				t.Errorf("on the board: %+v of %s", o.Promise, o.Case.ID)
			}
		}
	}
	// What changes is read again, what ends is gone.
	some := read(20)
	change(t, s, some[0].Case, func(p *Promise) { p.Unanswered = 7 })
	if _, err := s.MoveCase(t.Context(), some[1].Case.Partition, some[1].Case.ID, func(c *Case) bool { c.Coordinator = "co9"; return true }); err != nil {
		t.Fatal(err)
	}
	change(t, s, some[2].Case, func(p *Promise) { p.End(PromiseKept, "reached", t0) })
	found := 0
	for _, o := range read(19) {
		if o.Case.ID == some[0].Case.ID && o.Promise.Unanswered == 7 || o.Case.ID == some[1].Case.ID && o.Case.Coordinator == "co9" {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d of two changes are on the board", found)
	}
}

func TestAFileHasAllOfACase(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	ctx := t.Context()
	c, _ := deliveredTo(t, s, "+16175550123")
	open := &Task{ID: NewTaskID(), Kind: TaskCallBack, Due: t0.Add(time.Hour), Opened: t0, Case: c.ID, Phone: c.Phone()}
	closed := &Task{ID: NewTaskID(), Kind: TaskMessage, Due: t0, Opened: t0.Add(time.Minute), Case: c.ID}
	other := &Task{ID: NewTaskID(), Kind: TaskMessage, Due: t0, Opened: t0, Case: "cother"}
	for _, task := range []*Task{open, closed, other} {
		if err := s.OpenTask(ctx, c.Partition, task); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.MoveTask(ctx, c.Partition, closed.ID, func(t *Task) bool { t.Outcome = "spoke"; return true }); err != nil {
		t.Fatal(err)
	}
	note := CaseEntry{At: t0.Add(time.Hour), What: EntryNote, Who: "co1", Text: private.Of("likes mornings"), Sealed: true}
	if err := s.AddEntry(ctx, c.Partition, c.ID, note); err != nil {
		t.Fatal(err)
	}
	text := &Text{ID: NewTextID(), Kind: TextUpdate, To: c.Phone(), Case: c.ID, Created: c.Opened.Add(time.Hour)}
	strange := &Text{ID: NewTextID(), Kind: TextUpdate, To: c.Phone(), Case: "cother", Created: c.Opened.Add(time.Hour)}
	for _, x := range []*Text{text, strange} {
		if err := s.QueueText(ctx, x, t0); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.File(ctx, c.Partition, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Tasks) != 2 || f.Tasks[0].ID != open.ID || f.Tasks[1].Outcome != "spoke" || f.Tasks[1].Version != 2 {
		t.Errorf("tasks: %+v", f.Tasks)
	}
	want := []CaseEntry{{At: t0, What: EntryStage, About: "delivered"}, note}
	if diff := cmp.Diff(want, f.Entries, revealed); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if len(f.Texts) != 1 || f.Texts[0].ID != text.ID || f.Promise == nil || f.Case.Version != 2 {
		t.Errorf("%d texts, promise %v, version %d", len(f.Texts), f.Promise, f.Case.Version)
	}
	if _, err := s.File(ctx, c.Partition, "cnone"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such case: %v", err)
	}
}

func TestOldLinesOfACaseGo(t *testing.T) {
	s := testStore(t, redistest.Start(t, "--appendfsync", "no").URL())
	c := inReview(t, s, "+16175550123")
	for i := range mostEntries + 5 {
		if err := s.AddEntry(t.Context(), c.Partition, c.ID, CaseEntry{At: t0, What: EntryNote, About: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.File(t.Context(), c.Partition, c.ID)
	if err != nil || len(f.Entries) != mostEntries || f.Entries[0].About != "5" {
		t.Errorf("%d lines, the first %+v, %v", len(f.Entries), f.Entries[0], err)
	}
}

func TestWhatIsWrittenOfACaseIsSealed(t *testing.T) {
	server := redistest.Start(t)
	s := testStore(t, server.URL())
	c := inReview(t, s, "+16175550123")
	if err := s.AddEntry(t.Context(), c.Partition, c.ID, CaseEntry{At: t0, What: EntryNote, Text: private.Of("a very private thing")}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(dump(t, server.Dir), "very private") {
		t.Error("a note stands in Redis in clear")
	}
}

func TestAdvanceFromWhatWasSeen(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	c := inReview(t, s, "+16175550123")
	seen, err := s.Case(t.Context(), c.Partition, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	moved, changed, err := s.AdvanceFrom(t.Context(), c.Partition, c.ID, seen.Version, StageOnHold, nil)
	if err != nil || !changed || moved.Version != seen.Version+1 {
		t.Fatalf("moved %v to version %d, %v", changed, moved.Version, err)
	}
	if _, _, err := s.AdvanceFrom(t.Context(), c.Partition, c.ID, seen.Version, StageWithdrawn, nil); !errors.Is(err, ErrConflict) {
		t.Errorf("from a version that is gone: %v", err)
	}
	if now, err := s.Case(t.Context(), c.Partition, c.ID); err != nil || now.Stage != StageOnHold || now.Version != moved.Version {
		t.Errorf("%s, version %d, %v", now.Stage, now.Version, err)
	}
}

func TestLiveCalls(t *testing.T) {
	s, now := storeAt(t, redistest.Start(t).URL())
	ctx := t.Context()
	p := Partition(3)
	for i, id := range []string{"CA1.1", "CA2.1", "oc1.1"} {
		tr := &Transfer{ID: id, State: TransferWaiting, Opened: now.Add(time.Duration(i) * time.Second)}
		if id[0] == 'o' {
			tr.State, tr.Out = TransferTaken, &Outreach{}
		}
		if err := s.StartTransfer(ctx, p, tr); err != nil {
			t.Fatal(err)
		}
	}
	live := func() string {
		t.Helper()
		all, err := s.Live(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, tr := range all {
			ids = append(ids, tr.ID)
		}
		return strings.Join(ids, " ")
	}
	if got := live(); got != "CA1.1 CA2.1 oc1.1" {
		t.Errorf("live: %s", got)
	}
	over := func(id string, end func(*Transfer)) {
		t.Helper()
		if _, err := s.MoveTransfer(ctx, p, id, func(tr *Transfer) ([]*Task, bool) { end(tr); return nil, true }); err != nil {
			t.Fatal(err)
		}
	}
	over("CA1.1", func(tr *Transfer) { tr.State = TransferGone })
	over("oc1.1", func(tr *Transfer) { tr.Out.Ended = *now })
	if got := live(); got != "CA2.1" {
		t.Errorf("live: %s", got)
	}
	*now = now.Add(5 * time.Hour)
	if got := live(); got != "" {
		t.Errorf("after five hours: %s", got)
	}
}

func TestAuthorityIsKept(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	c := inReview(t, s, "+16175550123")
	want := Authority{Name: private.Of("Rosa Ruiz, daughter"), By: "co1", At: t0}
	if _, err := s.MoveCase(t.Context(), c.Partition, c.ID, func(c *Case) bool { c.Authority = want; return c.Version == 1 }); err != nil {
		t.Fatal(err)
	}
	got, err := s.Case(t.Context(), c.Partition, c.ID)
	if err != nil || cmp.Diff(want, got.Authority, revealed) != "" || got.Version != 2 {
		t.Errorf("kept %v, version %d, %v", cmp.Diff(want, got.Authority, revealed), got.Version, err)
	}
}

// BenchmarkBoard reads 5,000 open promises with their cases from a real Redis.
func BenchmarkBoard(b *testing.B) {
	s := testStore(b, redistest.Start(b, "--appendfsync", "everysec", "--save", "").URL())
	for i := range 5000 {
		c := fullCase()
		c.ID, c.Stage, c.Caller = NewCaseID(), StageDelivered, private.Of(fmt.Sprintf("+1617%07d", i))
		c.Number = NewRequestNumber()
		if err := s.AddCase(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			readBoard(b, s.NewBoard())
		}
	})
	b.Run("again", func(b *testing.B) {
		board := s.NewBoard()
		for b.Loop() {
			readBoard(b, board)
		}
	})
}

func readBoard(b *testing.B, board *Board) {
	b.Helper()
	if all, err := board.Read(b.Context()); err != nil || len(all) != 5000 {
		b.Fatalf("%d, %v", len(all), err)
	}
}
