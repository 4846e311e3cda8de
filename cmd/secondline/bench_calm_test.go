//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"secondline/internal/loadgen"
)

// calm is how long voice turns take in an open loop while something goes on.
type calm struct {
	While               string
	Rate                float64 // webhooks a second
	N                   int
	P50, P90, P99, P999 time.Duration
	Max                 time.Duration
	// Late99 and LateMax are how late something was that only wanted to be woken every
	// millisecond in the same process: what no program on this machine escapes.
	Late99, LateMax time.Duration
}

// lateness measures that until ctx ends.
func lateness(ctx context.Context) *loadgen.Latencies {
	out := &loadgen.Latencies{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Now(); ctx.Err() == nil; due = time.Now().Add(time.Millisecond) {
		timer.Reset(time.Until(due))
		<-timer.C
		out.Add(time.Since(due))
	}
	return out
}

// tickOf is how many promises are due at once in the worst tick that is measured.
const tickOf = 10_000

// most is the most voice turns a second on the first set-up.
func (r *benchReport) most() (most float64) {
	for _, f := range r.figures {
		if f.what == "voice turn" && f.redis == benchSetUps[0].name {
			most = max(most, f.line().perSecond)
		}
	}
	return most
}

// benchCalm has voice turns come by the clock while nothing else goes on, while Redis
// saves, and while many promises are due.
func benchCalm(b *testing.B, report *benchReport, rate float64) {
	b.Helper()
	// Between Redis' saves lies as much as a large programme keeps.
	r := benchSetUps[0].start(b)
	const filled = 200_000
	for from := 0; from < filled; from += 10_000 {
		r.servers[0].Do(b, "EVAL", fmt.Sprintf("for i=%d,%d do redis.call('SET', 'fill:' .. i, string.rep('x', 1000)) end", from+1, from+10_000), "0")
	}
	k := newBenchKind(b, r, voiceKind(b))
	address, stop := k.sides[sideLine].serve(b, "calm")
	defer stop()
	const span = 6 * time.Second
	for i, while := range []struct {
		what string
		do   func(context.Context)
	}{
		{"nothing else goes on", func(context.Context) {}},
		{fmt.Sprintf("Redis saves %d MB (BGSAVE)", filled/1000), func(ctx context.Context) { saveAgain(ctx, b, r, "BGSAVE", "rdb_bgsave_in_progress") }},
		{fmt.Sprintf("Redis rewrites its append-only file, %d MB", filled/1000), func(ctx context.Context) { saveAgain(ctx, b, r, "BGREWRITEAOF", "aof_rewrite_in_progress") }},
		{fmt.Sprintf("%d promises are due at once", tickOf), func(ctx context.Context) { k.line.due(ctx) }},
	} {
		if i == 3 {
			fillCases(b, k.line, tickOf)
		}
		report.calm = append(report.calm, k.openLoop(b, address, rate, span, while.what, while.do))
	}
}

// saveAgain has Redis save over and over.
func saveAgain(ctx context.Context, b *testing.B, r *benchRedis, command, progress string) {
	for ctx.Err() == nil {
		r.servers[0].Try(command)
		for ctx.Err() == nil && infoNumber(r.servers[0].Try("INFO", "persistence"), progress) != 0 {
			<-time.After(50 * time.Millisecond)
		}
	}
}

func (k *benchKind) openLoop(b *testing.B, address string, rate float64, span time.Duration, what string, do func(context.Context)) calm {
	b.Helper()
	l := &loadTest{line: benchTarget, pool: newLoadPool(address, false, ""), call: recordIntake(b), numbers: loadgen.HomeNumbers(isDomestic), account: worldAccount, to: tollFree,
		pace: 20 * time.Millisecond, rate: rate, first: int(time.Now().UnixMilli() << 8), tally: &loadTally{}}
	defer l.pool.close()
	ctx, cancel := context.WithCancel(b.Context())
	over, late := make(chan struct{}), make(chan *loadgen.Latencies, 1)
	go func() { defer close(over); do(ctx) }()
	go func() { late <- lateness(ctx) }()
	began := time.Now()
	l.run(b.Context(), began, span)
	cancel()
	<-over
	woken := <-late
	if n := l.tally.failures(); n > 0 {
		b.Fatalf("%s: %d webhooks failed: %v", what, n, l.tally.failed)
	}
	t := &l.tally.all[loadVoice]
	return calm{what, rate, t.Count(), t.Quantile(0.5), t.Quantile(0.9), t.Quantile(0.99), t.Quantile(0.999), t.Max(), woken.Quantile(0.99), woken.Max()}
}

// firstWords shortens what went on for a picture.
func firstWords(s string) string {
	s, _, _ = strings.Cut(s, ",")
	s, _, _ = strings.Cut(s, " (")
	return s
}
