package casestore

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// storeOf opens a topology as the line does, waiting for as many replicas as there are.
func storeOf(t *testing.T, o *redistest.Topology) *Store {
	t.Helper()
	rdb, err := Connect(o.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Redis: rdb, Ring: testRing(t), Replicas: o.Replicas})
	t.Cleanup(func() { s.Close() })
	return s
}

func signal(t *testing.T, nodes []*redistest.Node, sig syscall.Signal) {
	t.Helper()
	for _, n := range nodes {
		if err := n.Process().Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
}

// While replicas are away nothing that may be lost is taken for kept: no text is to be
// sent, no patient dialled, no event acknowledged; an opt-out is, since it is in the
// journal. A turn of a call goes on as ever.
func TestReplicasAreWaitedFor(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sentinel", "cluster"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := redistest.StartTopology(t, kind)
			s, ctx := storeOf(t, o), t.Context()
			to := private.Of("+12125550142")
			person := s.Ring().Person(to)
			text := &Text{ID: NewTextID(), Kind: TextUpdate, To: to, Created: time.Now(), Expires: time.Now().Add(time.Hour)}
			out := &Transfer{ID: "o1", State: TransferTaken, Caller: to, Out: &Outreach{State: LegAsked}}
			if err := errors.Join(s.QueueText(ctx, text, time.Now().Add(time.Hour)), s.StartTransfer(ctx, person.Partition(), out)); err != nil {
				t.Fatal(err)
			}
			submit := func() error {
				_, err := s.MoveText(ctx, person.Partition(), text.ID, func(t *Text) (time.Time, bool) { t.State = TextSubmitting; return time.Time{}, true })
				return err
			}
			dial := func() error {
				_, err := s.MoveTransfer(ctx, person.Partition(), out.ID, func(t *Transfer) ([]*Task, bool) { t.Out.State = LegDialling; return nil, true })
				return err
			}
			back := func() {
				_, err := s.MoveText(ctx, person.Partition(), text.ID, func(t *Text) (time.Time, bool) { t.State = TextPending; return time.Time{}, true })
				_, err2 := s.MoveTransfer(ctx, person.Partition(), out.ID, func(t *Transfer) ([]*Task, bool) { t.Out.State = LegAsked; return nil, true })
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
			}
			since, err := s.Lineage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(submit(), dial(), s.Durable(ctx, since)); err != nil {
				t.Fatalf("with all replicas: %v", err)
			}
			back()

			_, replicas := o.Primaries()
			signal(t, replicas, syscall.SIGSTOP)
			for what, do := range map[string]func() error{"a text": submit, "a dial": dial, "an event": func() error { return s.Durable(ctx, since) }} {
				if err := do(); !errors.Is(err, ErrNotReplicated) {
					t.Errorf("%s without replicas: %v", what, err)
				}
			}
			begun := time.Now()
			if err := s.OptOutNumber(ctx, to, OptOut{At: time.Now(), How: "text", Call: "SM1"}); err != nil {
				t.Errorf("an opt-out without replicas: %v", err)
			}
			if took := time.Since(begun); took < replicaWait {
				t.Errorf("an opt-out was not waited for: %s", took)
			}
			begun = time.Now()
			if err := s.Commit(ctx, person, &Conversation{Call: "CA1"}, Change{}); err != nil || time.Since(begun) > replicaWait/2 {
				t.Errorf("a turn took %s: %v", time.Since(begun), err)
			}
			signal(t, replicas, syscall.SIGCONT)
		})
	}
}

// A failover between an event and its acknowledgement may have lost it.
func TestDurableAcrossAFailover(t *testing.T) {
	t.Parallel()
	o := redistest.StartTopology(t, "sentinel")
	s := storeOf(t, o)
	since, err := s.Lineage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	primaries, _ := o.Primaries()
	primaries[0].Kill()
	o.Settle()
	waitFor(t, "the new primary is found", func() bool { return s.Ping(t.Context()) == nil })
	if err := s.Durable(t.Context(), since); !errors.Is(err, ErrFailedOver) && (err == nil || !strings.Contains(err.Error(), "READONLY")) {
		t.Errorf("after a failover: %v", err)
	}
}
