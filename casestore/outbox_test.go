package casestore

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/redistest"
)

// settles notes how many effects each round trip takes out of the outbox; the first
// waits for hold.
type settles struct {
	mu    sync.Mutex
	sizes []int
	hold  func(first int)
}

func (s *settles) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (s *settles) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (s *settles) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if cmds[0].Name() == "xack" {
			n := len(cmds[0].Args()) - 3 // the command, the stream, the group
			s.mu.Lock()
			s.sizes = append(s.sizes, n)
			first := len(s.sizes) == 1
			s.mu.Unlock()
			if first {
				s.hold(n)
			}
		}
		return next(ctx, cmds)
	}
}

// worked has a store do effects of one partition until the test ends.
func worked(t *testing.T, s *Store, p Partition, effects []string, do func(data string) error) {
	t.Helper()
	for _, data := range effects {
		if err := s.Wake(t.Context(), p, Effect{Kind: "test", Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Work(ctx, "one", map[EffectKind]Handler{"test": func(_ context.Context, _ Partition, e Effect) error { return do(e.Data) }})
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func left(t *testing.T, s *Store, want int) {
	t.Helper()
	waitFor(t, "so many effects are left", func() bool { n, err := s.Waiting(t.Context()); return err == nil && n == want })
}

// What is done while Redis is asked to settle is settled together, in the next round
// trip.
func TestEffectsAreSettledTogether(t *testing.T) {
	now := time.Now()
	s := storeBy(t, redistest.Start(t).URL(), &now)
	var begun atomic.Int64
	// One round trip is under way: no more can begin than are done and not settled, and
	// are in hand.
	seen := &settles{hold: func(first int) {
		waitFor(t, "no more begin", func() bool { return begun.Load() == int64(first+outboxBatch+outboxAtOnce) })
	}}
	s.rdb.AddHook(seen)
	worked(t, s, 3, make([]string, 3*outboxBatch), func(string) error { begun.Add(1); return nil })
	left(t, s, 0)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.sizes) < 2 || seen.sizes[1] != outboxBatch {
		t.Errorf("settled in pieces of %v; the second is to be %d", seen.sizes, outboxBatch)
	}
}

// An effect that takes long, or fails, keeps none of the others in the outbox, and is
// itself settled only when it is done.
func TestASlowEffectHoldsNoneBack(t *testing.T) {
	now := time.Now()
	s := storeBy(t, redistest.Start(t).URL(), &now)
	answered := make(chan struct{})
	worked(t, s, 3, []string{"slow", "", "fails", "", "", ""}, func(data string) error {
		switch data {
		case "slow":
			<-answered
		case "fails":
			return errors.New("not now")
		}
		return nil
	})
	left(t, s, 2)
	close(answered)
	left(t, s, 1)
}

// What was done when the program is told to end is settled all the same: it would be
// done again.
func TestWhatIsDoneAtTheEndIsSettled(t *testing.T) {
	now := time.Now()
	s := storeBy(t, redistest.Start(t).URL(), &now)
	if err := s.Wake(t.Context(), 3, Effect{Kind: "test"}); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	s.Work(ctx, "one", map[EffectKind]Handler{"test": func(context.Context, Partition, Effect) error { end(); return nil }})
	if n, err := s.Waiting(t.Context()); n != 0 || err != nil {
		t.Errorf("%d effects are left, %v", n, err)
	}
}
