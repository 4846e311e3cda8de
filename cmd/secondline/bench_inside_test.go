//go:build unix

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/loadgen"
)

// insideSpec is something that the line does by itself, and the least that it could be.
type insideSpec struct {
	name  string
	names []string
	sides []func(b *testing.B) (done int, took *loadgen.Latencies, err error)
	// before prepares a side, untimed.
	before []func(b *testing.B)
}

func (i insideSpec) measure(b *testing.B, r *benchRedis) figure {
	b.Helper()
	all := make([][]measurement, len(i.sides))
	for round := range benchRounds() {
		inTurn(round, len(i.sides), func(side int) {
			if i.before != nil {
				i.before[side](b)
			}
			all[side] = append(all[side], timed(b, r, func() (int, *loadgen.Latencies, error) { return i.sides[side](b) }))
		})
	}
	f := figure{what: i.name, redis: r.name, names: i.names, rounds: benchRounds()}
	for side := range i.sides {
		f.medians = append(f.medians, medianOf(all[side]))
	}
	return f
}

// outboxInside takes effects from the outbox and settles them; the floor reads the same
// streams and settles what it has read in one piece.
func outboxInside(b *testing.B, r *benchRedis) insideSpec {
	b.Helper()
	effects := benchSize(12_000)
	store := benchStore(b, r) // a whole line on this Redis would take the effects
	rdb, err := casestore.Connect(r.url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rdb.Close() })
	// rest has the last round's workers settle what they took, and stop: that is no part
	// of what is timed, since they end only when a blocked read does.
	rest := func() {}
	b.Cleanup(func() { rest() })
	stream := func(p int) string { return fmt.Sprintf("floor:{%02x}:outbox", p) }
	return insideSpec{
		name: "outbox effect", names: []string{"floor", "line"},
		before: []func(b *testing.B){
			func(b *testing.B) {
				pipe := rdb.Pipeline()
				for i := range effects {
					pipe.Do(b.Context(), "XADD", stream(i%casestore.Partitions), "*", "kind", "bench", "data", loadgen.SID("CA", i))
				}
				for p := range casestore.Partitions {
					pipe.Do(b.Context(), "XGROUP", "CREATE", stream(p), "workers", "0")
				}
				_, _ = pipe.Exec(b.Context()) // the group may be there already
			},
			func(b *testing.B) {
				rest()
				for i := range effects {
					if err := store.Wake(b.Context(), casestore.Partition(i%casestore.Partitions), casestore.Effect{Kind: "bench", Data: loadgen.SID("CA", i)}); err != nil {
						b.Fatal(err)
					}
				}
			},
		},
		sides: []func(b *testing.B) (int, *loadgen.Latencies, error){
			func(b *testing.B) (int, *loadgen.Latencies, error) {
				var parts sync.WaitGroup
				for p := range casestore.Partitions {
					parts.Go(func() {
						for {
							got, err := rdb.Do(b.Context(), "XREADGROUP", "GROUP", "workers", "floor", "COUNT", "16", "STREAMS", stream(p), ">").Slice()
							if err != nil || len(got) == 0 {
								return
							}
							ids := []any{}
							for _, entry := range got[0].([]any)[1].([]any) {
								ids = append(ids, entry.([]any)[0])
							}
							pipe := rdb.Pipeline()
							pipe.Do(b.Context(), append([]any{"XACK", stream(p), "workers"}, ids...)...)
							pipe.Do(b.Context(), append([]any{"XDEL", stream(p)}, ids...)...)
							if _, err := pipe.Exec(b.Context()); err != nil {
								return
							}
						}
					})
				}
				parts.Wait()
				left, err := rdb.Do(b.Context(), "XLEN", stream(0)).Int()
				if err == nil && left != 0 {
					err = fmt.Errorf("%d effects are left", left)
				}
				return effects, &loadgen.Latencies{}, err
			},
			func(b *testing.B) (int, *loadgen.Latencies, error) {
				ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
				var done atomic.Int64
				var working sync.WaitGroup
				all := make(chan struct{})
				working.Go(func() {
					store.Work(ctx, "worker", map[casestore.EffectKind]casestore.Handler{"bench": func(context.Context, casestore.Partition, casestore.Effect) error {
						if done.Add(1) == int64(effects) {
							close(all)
						}
						return nil
					}})
				})
				<-all
				rest = func() {
					for n := 1; n > 0; {
						n, _ = store.Waiting(context.WithoutCancel(b.Context()))
					}
					stop()
					working.Wait()
					rest = func() {}
				}
				return effects, &loadgen.Latencies{}, nil
			},
		},
	}
}

// benchStore is a store by itself.
func benchStore(b *testing.B, r *benchRedis) *casestore.Store {
	b.Helper()
	keys, err := passingKeys()
	if err != nil {
		b.Fatal(err)
	}
	ring, err := newRing(keys)
	if err != nil {
		b.Fatal(err)
	}
	rdb, err := casestore.Connect(r.url)
	if err != nil {
		b.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring})
	b.Cleanup(func() { _ = store.Close() })
	return store
}

// tickInside claims what is due, so many things, among 10,000 that are scheduled; the
// floor sends the same commands.
func tickInside(b *testing.B, r *benchRedis, due int) insideSpec {
	b.Helper()
	kind, ticks := casestore.EffectKind("bench"+strconv.Itoa(due)), benchSize(400)
	store := benchStore(b, r)
	for i := range 10_000 {
		at := time.Now().Add(48 * time.Hour)
		if i < due {
			at = time.Now().Add(-time.Hour)
		}
		d := casestore.Due{Kind: kind, ID: fmt.Sprintf("c%015d", i), Partition: casestore.Partition(i % casestore.Partitions)}
		if err := store.Schedule(b.Context(), d, at); err != nil {
			b.Fatal(err)
		}
	}
	rdb, err := casestore.Connect(r.url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rdb.Close() })
	const source = `local m = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 50) for _, x in ipairs(m) do redis.call('ZADD', KEYS[1], ARGV[1], x) end return m`
	script, err := rdb.ScriptLoad(b.Context(), source).Result()
	if err != nil {
		b.Fatal(err)
	}
	each := func(do func() error) (int, *loadgen.Latencies, error) {
		took := &loadgen.Latencies{}
		for range ticks {
			began := time.Now()
			if err := do(); err != nil {
				return 0, nil, err
			}
			took.Add(time.Since(began))
		}
		return ticks, took, nil
	}
	return insideSpec{name: fmt.Sprintf("tick, %d of 10,000 due", due), names: []string{"floor", "line"}, sides: []func(b *testing.B) (int, *loadgen.Latencies, error){
		func(b *testing.B) (int, *loadgen.Latencies, error) {
			now := time.Now().UnixMilli()
			return each(func() error {
				pipe := rdb.Pipeline()
				for p := range casestore.Partitions {
					pipe.Do(b.Context(), "ZCOUNT", fmt.Sprintf("sl:{%02x}:due:%s", p, kind), "-inf", now)
				}
				if _, err := pipe.Exec(b.Context()); err != nil || due == 0 {
					return err
				}
				for p := range min(due, casestore.Partitions) {
					pipe.Do(b.Context(), "EVALSHA", script, 1, fmt.Sprintf("sl:{%02x}:due:%s", p, kind), now)
				}
				_, err := pipe.Exec(b.Context())
				return err
			})
		},
		func(b *testing.B) (int, *loadgen.Latencies, error) {
			return each(func() error {
				got, _, err := store.ClaimDue(b.Context(), kind, 50, -time.Millisecond)
				if err == nil && len(got) != due {
					err = fmt.Errorf("%d are due, not %d", len(got), due)
				}
				return err
			})
		},
	}}
}
