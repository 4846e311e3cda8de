package casestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
)

// EffectKind names what is to be done.
type EffectKind string

// EffectIndex makes a finished case findable by its request number. It may be
// done any number of times.
const EffectIndex EffectKind = "index"

// Effect is something to be done outside of the turn that decided it.
type Effect struct {
	// ID is the stream's; empty before it is appended.
	ID   string
	Kind EffectKind
	// Data is what the kind needs; sealed where it is personal.
	Data string
	// Tries counts deliveries, from 1.
	Tries int
}

func (o *operations) addEffect(p Partition, e Effect) {
	o.add("XADD", outboxKey(p), "*", "kind", string(e.Kind), "data", e.Data)
}

// Wake appends an effect by itself.
func (s *Store) Wake(ctx context.Context, p Partition, e Effect) error {
	err := s.rdb.XAdd(ctx, &redis.XAddArgs{Stream: outboxKey(p), Values: []any{"kind", string(e.Kind), "data", e.Data}}).Err()
	if err != nil {
		return fmt.Errorf("casestore: outbox: %w", err)
	}
	return nil
}

// How the outbox is worked.
const (
	outboxGroup = "workers"
	outboxBatch = 16
	// outboxBlock is how long one read waits for work.
	outboxBlock = 2 * time.Second
	// outboxIdle is how long an effect may lie with a worker before another
	// takes it: what a dead replica left is done within outboxIdle+outboxBlock.
	outboxIdle = 15 * time.Second
	// outboxTries is how often an effect is tried before it is laid aside for
	// an operator.
	outboxTries = 8
	// outboxAtOnce is how many effects of a partition one replica does at a time:
	// a slow provider must not keep a caller's telephone ringing.
	outboxAtOnce = 8
	// settleLimit is how long what is done may still be settled after the end.
	settleLimit = 2 * time.Second
)

// Handler does one effect. An error means that it is tried again later.
type Handler func(ctx context.Context, p Partition, e Effect) error

// Work does what the outbox holds until ctx ends, in every partition, together
// with the workers of all other replicas. worker names this one. Every effect is
// done at least once; a handler must bear a second time.
func (s *Store) Work(ctx context.Context, worker string, handlers map[EffectKind]Handler) {
	all := s.withOwn(handlers)
	var wg sync.WaitGroup
	for p := range Partition(Partitions) {
		wg.Go(func() { s.workPartition(ctx, p, worker, all) })
	}
	wg.Wait()
}

func (s *Store) workPartition(ctx context.Context, p Partition, worker string, handlers map[EffectKind]Handler) {
	var claimed time.Time
	free, done := make(chan struct{}, outboxAtOnce), make(chan string, outboxBatch)
	var busy, settling sync.WaitGroup
	// What is done when the program ends is done: another replica would do it again.
	late, cancel := endsLater(ctx, settleLimit)
	defer cancel()
	settling.Go(func() { s.settleAll(late, p, done) })
	defer func() {
		busy.Wait()
		close(done)
		settling.Wait()
	}()
	start := func(messages []redis.XMessage) {
		for _, m := range messages {
			free <- struct{}{}
			busy.Go(func() {
				defer func() { <-free }()
				if s.do(ctx, p, handlers, m) {
					done <- m.ID
				}
			})
		}
	}
	for ctx.Err() == nil {
		if s.now().Sub(claimed) >= outboxIdle {
			claimed = s.now()
			start(s.claim(ctx, p, worker))
		}
		streams, err := s.rdb.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: outboxGroup, Consumer: worker, Streams: []string{outboxKey(p), ">"},
			Count: outboxBatch, Block: outboxBlock,
		}).Result()
		switch {
		case err == nil:
			start(streams[0].Messages)
		case errors.Is(err, redis.Nil) || ctx.Err() != nil:
		case strings.HasPrefix(err.Error(), "NOGROUP"):
			s.makeGroup(ctx, p)
		default:
			s.log.Warn("the outbox cannot be read; trying again", "partition", p.String(), "err", err)
			pause(ctx, time.Second)
		}
	}
}

// Drain does what the outbox holds now, one effect after the other, and says how
// many there were. It is for programs that have no workers: the terminal's
// player, and tests.
func (s *Store) Drain(ctx context.Context, worker string, handlers map[EffectKind]Handler) (int, error) {
	all := s.withOwn(handlers)
	n := 0
	for p := range Partition(Partitions) {
		streams, err := s.rdb.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: outboxGroup, Consumer: worker, Streams: []string{outboxKey(p), ">"}, Count: outboxBatch, Block: -1,
		}).Result()
		switch {
		case errors.Is(err, redis.Nil):
			continue
		case err != nil && strings.HasPrefix(err.Error(), "NOGROUP"):
			s.makeGroup(ctx, p)
			continue
		case err != nil:
			return n, fmt.Errorf("casestore: drain the outbox: %w", err)
		}
		for _, m := range streams[0].Messages {
			if s.do(ctx, p, all, m) {
				s.settle(ctx, p, m.ID)
			}
			n++
		}
	}
	return n, nil
}

func (s *Store) withOwn(handlers map[EffectKind]Handler) map[EffectKind]Handler {
	all := map[EffectKind]Handler{EffectIndex: s.index}
	for kind, h := range handlers {
		all[kind] = h
	}
	return all
}

func (s *Store) makeGroup(ctx context.Context, p Partition) {
	err := s.rdb.XGroupCreateMkStream(ctx, outboxKey(p), outboxGroup, "0").Err()
	if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
		s.log.Warn("the outbox cannot be made; trying again", "partition", p.String(), "err", err)
		pause(ctx, time.Second)
	}
}

// claim takes over what another worker has held for too long.
func (s *Store) claim(ctx context.Context, p Partition, worker string) []redis.XMessage {
	messages, _, err := s.rdb.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: outboxKey(p), Group: outboxGroup, Consumer: worker, MinIdle: outboxIdle, Start: "0", Count: outboxBatch,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) && !strings.HasPrefix(err.Error(), "NOGROUP") && ctx.Err() == nil {
		s.log.Warn("what others left in the outbox cannot be taken over", "partition", p.String(), "err", err)
	}
	return messages
}

// do does an effect, and says whether it is to be settled.
func (s *Store) do(ctx context.Context, p Partition, handlers map[EffectKind]Handler, m redis.XMessage) bool {
	e := Effect{ID: m.ID, Kind: EffectKind(text(m.Values["kind"])), Data: text(m.Values["data"])}
	handler := handlers[e.Kind]
	if handler == nil {
		// A newer replica wrote it: one that knows it takes it over.
		s.log.Warn("an effect of a kind not known here is left to others", "kind", e.Kind, "effect", e.ID)
		return false
	}
	if err := handled(ctx, handler, p, e); err != nil {
		s.failed(ctx, p, e, err)
		return false
	}
	return true
}

// handled does an effect. A panic fails it like any other error: the calls of this
// replica go on.
func handled(ctx context.Context, handler Handler, p Partition, e Effect) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = private.Panic(value)
		}
	}()
	return handler(ctx, p, e)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// settleAll settles effects as they are done, until done is closed. Those that are done
// while one round trip is under way go with the next: no effect waits for a slower one.
func (s *Store) settleAll(ctx context.Context, p Partition, done <-chan string) {
	for id := range done {
		ids := []string{id}
		for len(ids) < outboxBatch && len(done) > 0 {
			ids = append(ids, <-done)
		}
		s.settle(ctx, p, ids...)
	}
}

// endsLater is a context that ends so much later than ctx, or when cancel is called.
func endsLater(ctx context.Context, later time.Duration) (_ context.Context, cancel func()) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(later, cancel) })
	return late, cancel
}

// settle takes effects out of the outbox. If that fails they are done again.
func (s *Store) settle(ctx context.Context, p Partition, ids ...string) {
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.XAck(ctx, outboxKey(p), outboxGroup, ids...)
		pipe.XDel(ctx, outboxKey(p), ids...)
		return nil
	})
	if err != nil {
		s.log.Warn("effects are done but not settled; they will be done again", "effects", ids, "err", err)
	}
}

// failed leaves an effect for another try, or lays it aside for an operator.
func (s *Store) failed(ctx context.Context, p Partition, e Effect, cause error) {
	pending, err := s.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: outboxKey(p), Group: outboxGroup, Start: e.ID, End: e.ID, Count: 1,
	}).Result()
	if err == nil && len(pending) == 1 {
		e.Tries = int(pending[0].RetryCount)
	}
	s.log.Warn("an effect failed", "kind", e.Kind, "effect", e.ID, "try", e.Tries, "err", cause)
	if e.Tries < outboxTries {
		return
	}
	s.log.Error("an effect is laid aside for an operator", "kind", e.Kind, "effect", e.ID, "err", cause)
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: deadKey(p), Values: []any{"kind", string(e.Kind), "data", e.Data, "tries", e.Tries}})
		pipe.XAck(ctx, outboxKey(p), outboxGroup, e.ID)
		pipe.XDel(ctx, outboxKey(p), e.ID)
		return nil
	})
	if err != nil {
		s.log.Warn("an effect could not be laid aside; it is tried again", "effect", e.ID, "err", err)
	}
}

// indexed is the data of EffectIndex: the sealed request number and where the
// case lies.
func (s *Store) indexed(c *Case) []byte {
	return s.ring.Seal("outbox", "index", []byte(c.Number.Reveal()+":"+string(c.ID)))
}

// index makes a case findable by its number.
func (s *Store) index(ctx context.Context, p Partition, e Effect) error {
	plain, err := s.ring.Open("outbox", "index", []byte(e.Data))
	if err != nil {
		return fmt.Errorf("casestore: index: %w", err)
	}
	digits, id, _ := strings.Cut(string(plain), ":")
	n, err := ParseRequestNumber(digits)
	if err != nil {
		return fmt.Errorf("casestore: index: %w", err)
	}
	if err := s.rdb.Set(ctx, s.ring.numberKey(n), p.String()+":"+id, 0).Err(); err != nil {
		return fmt.Errorf("casestore: index: %w", err)
	}
	return nil
}

// Waiting counts the effects that are not done, in all partitions.
func (s *Store) Waiting(ctx context.Context) (int, error) {
	total := 0
	for p := range Partition(Partitions) {
		n, err := s.rdb.XLen(ctx, outboxKey(p)).Result()
		if err != nil {
			return 0, fmt.Errorf("casestore: outbox %s: %w", strconv.Itoa(int(p)), err)
		}
		total += int(n)
	}
	return total, nil
}

// LaidAside counts what waits for an operator: effects that could not be done, events
// that nobody took, and events that were refused.
func (s *Store) LaidAside(ctx context.Context) (effects, deliveries, refused int, err error) {
	var dead, events [Partitions]*redis.IntCmd
	var in *redis.IntCmd
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			dead[p], events[p] = pipe.XLen(ctx, deadKey(p)), pipe.HLen(ctx, deadEventsKey(p))
		}
		in = pipe.XLen(ctx, refusedKey())
		return nil
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("casestore: what is laid aside: %w", err)
	}
	for p := range Partitions {
		effects, deliveries = effects+int(dead[p].Val()), deliveries+int(events[p].Val())
	}
	return effects, deliveries, int(in.Val()), nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
