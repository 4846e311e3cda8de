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
	const others = 3
	for range others {
		asking(t.Context(), nil)
	}
	eventually(func() bool { return waiting() == others })
	impatient, giveUp := context.WithCancel(t.Context())
	asking(impatient, context.Canceled)
	eventually(func() bool { return waiting() == others+1 })
	giveUp()

	g.open <- nil // one of the first two is answered, the other hangs
	if n := <-g.came; n != others {
		t.Errorf("the next piece has %d", n)
	}
	g.open <- nil
	g.open <- nil
	all.Wait()
}

// Where every piece hangs, whoever comes then goes alone before long: a dead connection
// holds up those whose piece it carries, and nobody else.
func TestPiecesThatHangHoldUpNobodyElse(t *testing.T) {
	g, ask, waiting := gated(t)
	var hung sync.WaitGroup
	for range piecesAtOnce {
		hung.Go(func() { _ = ask(t.Context()) })
		<-g.came
	}
	others := make(chan error)
	for range 5 {
		go func() { others <- ask(t.Context()) }()
	}
	for range 5 {
		if n := <-g.came; n != 1 {
			t.Errorf("a piece of %d", n)
		}
	}
	if n := waiting(); n != 0 {
		t.Errorf("%d still wait for the pieces that hang", n)
	}
	for range piecesAtOnce + 5 {
		g.open <- nil
	}
	for range 5 {
		if err := <-others; err != nil {
			t.Error(err)
		}
	}
	hung.Wait()
}

// Whoever's time was over before anything was sent is told so, and never that all is well.
func TestWhatWasNotSentIsNoSuccess(t *testing.T) {
	g, ask, waiting := gated(t)
	var first sync.WaitGroup
	for range piecesAtOnce {
		first.Go(func() { _ = ask(t.Context()) })
		<-g.came
	}
	over, end := context.WithCancel(t.Context())
	end()
	errs := make(chan error)
	go func() { errs <- ask(over) }()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if waiting() != 1 {
		t.Fatal("nothing waits")
	}
	for range piecesAtOnce {
		g.open <- nil
	}
	first.Wait()
	a := &asked{ctx: over, pipe: redis.NewClient(&redis.Options{}).Pipeline(), done: make(chan struct{}), left: true}
	close(a.done)
	if err := new(together).await(a); !errors.Is(err, context.Canceled) {
		t.Errorf("one that was left out got %v", err)
	}
}

// What a server would not do for any of a piece, because it is no primary any more, is
// asked again by each alone.
func TestWhatAnOldPrimaryRefusesIsAskedAgain(t *testing.T) {
	g, ask, waiting := gated(t)
	errs := make(chan error)
	for range piecesAtOnce {
		go func() { errs <- ask(t.Context()) }()
		<-g.came
	}
	for range 2 {
		go func() { errs <- ask(t.Context()) }()
	}
	eventually(func() bool { return waiting() == 2 })
	for range piecesAtOnce { // in the order in which they came
		g.open <- nil
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if n := <-g.came; n != 2 {
		t.Fatalf("a piece of %d", n)
	}
	g.open <- readOnly{}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// readOnly is what a replica answers to a write.
type readOnly struct{}

func (readOnly) Error() string { return "READONLY You can't write against a read only replica." }
func (readOnly) RedisError()   {}

// A lost connection concerns those whose piece it carried.
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
