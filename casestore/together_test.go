package casestore

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"secondline/internal/redistest"
)

// gate holds every piece that is sent until it is let through, and counts them.
type gate struct {
	came chan int // how many commands a piece has
	open chan error
}

var _ redis.Hook = gate{}

func (g gate) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}
func (g gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (g gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if cmds[0].Name() != "get" {
			return next(ctx, cmds) // the client's own, of a new connection
		}
		g.came <- len(cmds)
		if err := <-g.open; err != nil {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
			return err
		}
		return next(ctx, cmds)
	}
}

// gated is a together whose pieces go through a gate, and what is asked of it: the value
// of one key.
func gated(t *testing.T) (g gate, ask func(context.Context) error, waiting func() int) {
	t.Helper()
	rdb, err := Connect(redistest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rdb.Close() })
	if err := rdb.Set(t.Context(), "k", "kept", 0).Err(); err != nil {
		t.Fatal(err)
	}
	g = gate{came: make(chan int), open: make(chan error)}
	rdb.AddHook(g)
	all := &together{rdb: rdb}
	ask = func(ctx context.Context) error {
		var value *redis.StringCmd
		err := all.ask(ctx, func(pipe redis.Pipeliner) { value = pipe.Get(ctx, "k") })
		if err == nil && value.Val() != "kept" {
			err = errors.New("the answer is another one's: " + value.Val())
		}
		return err
	}
	waiting = func() int {
		all.mu.Lock()
		defer all.mu.Unlock()
		return len(all.waiting)
	}
	return g, ask, waiting
}

// eventually waits until something is so; the test's own limit ends it otherwise.
func eventually(so func() bool) {
	for !so() {
		runtime.Gosched()
	}
}

// What is asked while two pieces are under way goes in one; nobody waits for company, and
// who gives up holds up nobody.
func TestWhatIsAskedAtTheSameTimeGoesTogether(t *testing.T) {
	g, ask, waiting := gated(t)
	var all sync.WaitGroup
	asking := func(ctx context.Context, want error) {
		all.Go(func() {
			if err := ask(ctx); !errors.Is(err, want) {
				t.Errorf("got %v, not %v", err, want)
			}
		})
	}
	for range piecesAtOnce {
		asking(t.Context(), nil)
		if n := <-g.came; n != 1 {
			t.Fatalf("a piece of %d", n)
		}
	}
	for range mostInPiece + 3 {
		asking(t.Context(), nil)
	}
	eventually(func() bool { return waiting() == mostInPiece+3 })
	impatient, giveUp := context.WithCancel(t.Context())
	asking(impatient, context.Canceled)
	eventually(func() bool { return waiting() == mostInPiece+4 })
	giveUp()

	g.open <- nil // one of the first two is answered, the other hangs
	if n := <-g.came; n != mostInPiece {
		t.Errorf("the next piece has %d", n)
	}
	g.open <- nil
	if n := <-g.came; n != 3 {
		t.Errorf("the last piece has %d", n)
	}
	g.open <- nil
	g.open <- nil
	all.Wait()
}

// A lost connection concerns those whose piece it carried; what an old primary would not
// do after a failover is asked again.
func TestAPieceThatIsLost(t *testing.T) {
	g, ask, waiting := gated(t)
	errs := make(chan error)
	first := func() { errs <- ask(t.Context()) }
	for range piecesAtOnce {
		go first()
		<-g.came
	}
	go first()
	go first()
	eventually(func() bool { return waiting() == 2 })
	g.open <- nil
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
	<-g.came
	lost := errors.New("connection reset")
	g.open <- nil
	g.open <- lost
	failed := 0
	for range 3 {
		if err := <-errs; errors.Is(err, lost) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if failed != 1 && failed != 2 {
		t.Errorf("%d failed", failed)
	}
	go first()
	<-g.came
	g.open <- nil
	if err := <-errs; err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
