package casestore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// together sends what several turns ask of Redis at the same time in one piece: a write
// and a read of a connection cost more than all else that a turn asks for. Nobody waits
// for company. What comes while fewer than piecesAtOnce are under way is sent at once;
// what comes meanwhile goes in the next piece, or, where that takes long, alone: pieces
// hang when connections do, and nobody must hang with them.
//
// What is asked may be carried out twice when a connection is lost, as by the client
// itself: it must be safe to repeat, as a read is, and a write that names the version
// it follows.
type together struct {
	rdb redis.UniversalClient

	mu      sync.Mutex
	waiting []*asked
	under   int
}

const (
	// piecesAtOnce: with one, a connection that hangs would hold up everybody.
	piecesAtOnce = 2
	// mostInPiece bounds how long Redis is with one piece, and how many a lost
	// connection concerns.
	mostInPiece = 64
	// pieceLimit is how long a piece may take, whoever still waits for it.
	pieceLimit = 5 * time.Second
	// patience is how long one waits for the next piece before going alone: a hundred
	// times what a piece takes while all is well.
	patience = 250 * time.Millisecond
)

// asked is what one caller waits for.
type asked struct {
	ctx  context.Context
	pipe redis.Pipeliner
	done chan struct{}
	// left says that nothing was sent, because ctx had ended.
	left bool
}

// ask sends the commands that fn gives to a pipeline, and fails with the first error
// among them. They lie in one partition. After an error of ctx the commands must not be
// looked at: they may still be under way.
func (t *together) ask(ctx context.Context, fn func(redis.Pipeliner)) error {
	pipe := t.rdb.Pipeline()
	fn(pipe)
	if _, clustered := t.rdb.(*redis.ClusterClient); clustered {
		// Parts lie on several servers: one that hangs must not hold up the others.
		_, err := pipe.Exec(ctx)
		return err
	}
	t.mu.Lock()
	if t.under < piecesAtOnce {
		t.under++
		t.mu.Unlock()
		defer t.next()
		first, cancel := context.WithTimeout(ctx, pieceLimit)
		defer cancel()
		_, err := pipe.Exec(first)
		return err
	}
	a := &asked{ctx: ctx, pipe: pipe, done: make(chan struct{})}
	t.waiting = append(t.waiting, a)
	t.mu.Unlock()
	return t.await(a)
}

// await waits for the answer to what was asked.
func (t *together) await(a *asked) error {
	long := time.NewTimer(patience)
	defer long.Stop()
	for {
		select {
		case <-a.done:
			if a.left {
				return a.ctx.Err()
			}
			return t.alone(a.ctx, a.pipe.Cmds())
		case <-long.C:
			if t.withdraw(a) {
				_, err := a.pipe.Exec(a.ctx)
				return err
			}
		case <-a.ctx.Done():
			return a.ctx.Err()
		}
	}
}

// withdraw takes back what no piece has taken yet.
func (t *together) withdraw(a *asked) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting, a)
	if i < 0 {
		return false
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	return true
}

// next sends what has come meanwhile.
func (t *together) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.under--
		return
	}
	n := min(len(t.waiting), mostInPiece)
	piece := append([]*asked(nil), t.waiting[:n]...)
	t.waiting = append(t.waiting[:0], t.waiting[n:]...)
	go t.send(piece)
}

func (t *together) send(piece []*asked) {
	defer t.next()
	ctx, cancel := context.WithTimeout(context.Background(), pieceLimit)
	defer cancel()
	pipe := t.rdb.Pipeline()
	for _, a := range piece {
		if a.left = a.ctx.Err() != nil; !a.left {
			_ = pipe.BatchProcess(ctx, a.pipe.Cmds()...)
		}
	}
	_, _ = pipe.Exec(ctx) // every command has its own error
	for _, a := range piece {
		close(a.done)
	}
}

// alone gives the first error of commands that were sent with others. What the server
// would not do as things are is asked again, as the client does for what is sent alone:
// after a failover another server does it.
func (t *together) alone(ctx context.Context, cmds []redis.Cmder) (first error) {
	for _, cmd := range cmds {
		err := cmd.Err()
		if redis.IsReadOnlyError(err) || redis.IsLoadingError(err) || redis.IsMasterDownError(err) {
			err = t.rdb.Process(ctx, cmd)
		}
		if first == nil || errors.Is(first, redis.Nil) {
			first = cmp.Or(err, first)
		}
	}
	return first
}
