//go:build unix

package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
)

// scaleFigure is what so many cases, each with an open promise, cost.
type scaleFigure struct {
	Cases          int
	Turn, TurnP99  time.Duration
	Tick           time.Duration // 20 of them due
	Sweep, StartUp time.Duration
	// Memory is bytes of Redis a case, all in all; Parts says where they are.
	Memory float64
	Parts  []scalePart
}

// scalePart is one kind of key.
type scalePart struct {
	Kind string
	// PerCase is bytes a case; Encoding how Redis keeps one of them.
	PerCase  float64
	Encoding string
}

// BenchmarkScale keeps 1,000 and SECONDLINE_CASES (100,000) cases with their promises, each
// in a Redis of its own, and measures in turn what a turn, a tick, a sweep and a start take.
// It prints a table, and writes it where SECONDLINE_PERFORMANCE says.
func BenchmarkScale(b *testing.B) {
	report := &benchReport{}
	var worlds []*scaleWorld
	for _, cases := range scaleCases() {
		worlds = append(worlds, newScaleWorld(b, cases))
		report.loads = append(report.loads, loadAverage())
	}
	worlds[0].kind.redis.describe(b, report)
	program := filepath.Join(b.TempDir(), "secondline")
	if text, err := exec.Command("go", "build", "-o", program, "-ldflags=-s -w", ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, text)
	}
	for b.Loop() {
		for round := range benchRounds() {
			inTurn(round, len(worlds), func(i int) { worlds[i].round(b, program) })
			report.loads = append(report.loads, loadAverage())
		}
	}
	for _, w := range worlds {
		report.scale = append(report.scale, w.figure(b))
	}
	fmt.Printf("\n%s\n\n%s\n", report.machine(), report.scaleTable())
	if dir := os.Getenv("SECONDLINE_PERFORMANCE"); dir != "" {
		if err := report.write(dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	first, last := report.scale[0], report.scale[len(report.scale)-1]
	b.ReportMetric(last.Memory, "B/case")
	b.ReportMetric(float64(last.Turn)/float64(first.Turn), "turn-ratio")
	b.ReportMetric(float64(last.Tick)/float64(first.Tick), "tick-ratio")
}

func scaleCases() []int {
	var out []int
	text := os.Getenv("SECONDLINE_CASES")
	if text == "" {
		text = "100000"
	}
	for _, n := range append([]string{"1000"}, strings.Split(text, ",")...) {
		if cases, err := strconv.Atoi(n); err == nil && !slices.Contains(out, cases) {
			out = append(out, cases)
		}
	}
	slices.Sort(out)
	return out
}

// scaleWorld is a line whose Redis keeps so many cases.
type scaleWorld struct {
	cases  int
	kind   *benchKind
	memory float64
	turns  []measurement
	ticks  []time.Duration
	sweeps []time.Duration
	starts []time.Duration
	parts  []scalePart
	keys   string
}

func newScaleWorld(b *testing.B, cases int) *scaleWorld {
	b.Helper()
	r := benchSetUps[0].start(b)
	w := &scaleWorld{cases: cases, kind: newBenchKind(b, r, voiceKind(b))}
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	w.keys = keys
	before := infoNumber(r.servers[0].Do(b, "INFO", "memory"), "used_memory")
	fillCases(b, w.kind.line, cases)
	w.memory = infoNumber(r.servers[0].Do(b, "INFO", "memory"), "used_memory") - before
	w.postpone(b)
	w.parts = w.whereItIs(b)
	r.compact(b)
	return w
}

// fillCases keeps so many cases, each with an open promise that is due.
func fillCases(b *testing.B, l *line, cases int) {
	b.Helper()
	delivered := l.now().Add(-time.Minute)
	var all sync.WaitGroup
	failed := make(chan error, 32)
	for part := range 32 {
		all.Go(func() {
			for i := part; i < cases; i += 32 {
				if err := l.store.AddCase(b.Context(), loadedCase(i, delivered)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
}

// postpone has nothing due for two days, but for twenty promises.
func (w *scaleWorld) postpone(b *testing.B) {
	b.Helper()
	const script = `local n = tonumber(ARGV[1]) for i, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
		if i > n then redis.call('ZADD', KEYS[1], ARGV[2], m) end end return 1`
	later := w.kind.line.now().Add(48 * time.Hour).UnixMilli()
	for p := range casestore.Partitions {
		due := 1
		if p < 4 {
			due = 2
		}
		w.kind.redis.servers[0].Do(b, "EVAL", script, "1", fmt.Sprintf("sl:{%02x}:due:%s", p, casestore.DuePromise), strconv.Itoa(due), strconv.FormatInt(later, 10))
	}
}

// round takes one measurement of everything.
func (w *scaleWorld) round(b *testing.B, program string) {
	b.Helper()
	people := benchSize(160)
	w.kind.load.write(people)
	w.turns = append(w.turns, w.kind.run(b, w.kind.sides[sideLine], 16, people))
	for range 200 {
		began := time.Now()
		// A lease that is over at once has the same due again.
		got, _, err := w.kind.line.store.ClaimDue(b.Context(), casestore.DuePromise, 50, -time.Millisecond)
		w.ticks = append(w.ticks, time.Since(began))
		if err != nil || len(got) != 20 {
			b.Fatalf("%d are due, %v", len(got), err)
		}
	}
	began := time.Now()
	w.kind.line.voice.SweepPromises(b.Context())
	w.sweeps = append(w.sweeps, time.Since(began))
	p := startProgram(b, program, b.TempDir(), w.kind.redis.url, w.keys)
	p.end()
	w.starts = append(w.starts, p.ready)
}

func (w *scaleWorld) figure(b *testing.B) scaleFigure {
	b.Helper()
	onlyNextTurns(b, w.kind.line)
	mid := func(all []time.Duration) time.Duration { slices.Sort(all); return all[len(all)/2] }
	turn := medianOf(w.turns)
	return scaleFigure{Cases: w.cases, Turn: turn.p50, TurnP99: turn.p99, Tick: mid(w.ticks), Sweep: mid(w.sweeps), StartUp: mid(w.starts),
		Memory: w.memory / float64(w.cases), Parts: w.parts}
}

// whereItIs counts keys and their memory by kind.
func (w *scaleWorld) whereItIs(b *testing.B) (out []scalePart) {
	b.Helper()
	rdb, err := casestore.Connect(w.kind.redis.url)
	if err != nil {
		b.Fatal(err)
	}
	defer rdb.Close()
	type kind struct {
		keys, looked int
		bytes        float64
		encoding     string
	}
	kinds := map[string]*kind{}
	for cursor := uint64(0); ; {
		keys, next, err := rdb.Scan(b.Context(), cursor, "sl:*", 10_000).Result()
		if err != nil {
			b.Fatal(err)
		}
		for _, key := range keys {
			name := strings.SplitN(key, ":", 4)[2]
			k := kinds[name]
			if k == nil {
				k = &kind{encoding: rdb.ObjectEncoding(b.Context(), key).Val()}
				kinds[name] = k
			}
			if k.keys++; k.keys <= 500 {
				n, err := rdb.MemoryUsage(b.Context(), key, 0).Result()
				if err != nil {
					b.Fatal(err)
				}
				k.bytes += float64(n)
				k.looked++
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	for name, k := range kinds {
		if per := k.bytes / float64(k.looked) * float64(k.keys) / float64(w.cases); per >= 1 && w.cases >= 1000 {
			out = append(out, scalePart{name, per, k.encoding})
		}
	}
	slices.SortFunc(out, func(a, b scalePart) int { return int(b.PerCase - a.PerCase) })
	return out
}

// scaleTable is the table for the terminal and for performance.md.
func (r *benchReport) scaleTable() string {
	var b strings.Builder
	b.WriteString("| cases | turn, p50 | p99 | tick, 20 due | sweep | ready after | Redis memory a case |\n|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range r.scale {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %.0f bytes |\n", thousands(s.Cases), inMillis(s.Turn), inMillis(s.TurnP99), inMillis(s.Tick), inMillis(s.Sweep), inMillis(s.StartUp), s.Memory)
	}
	first, last := r.scale[0], r.scale[len(r.scale)-1]
	fmt.Fprintf(&b, "\nWith %s cases a turn takes %.2f of what it takes with %s, and a tick %.2f.\n\nWhere the memory is, with %s cases:\n\n| kind of key | bytes a case | encoding |\n|---|---:|---|\n",
		thousands(last.Cases), float64(last.Turn)/float64(first.Turn), thousands(first.Cases), float64(last.Tick)/float64(first.Tick), thousands(last.Cases))
	for _, p := range last.Parts {
		fmt.Fprintf(&b, "| %s | %.0f | %s |\n", p.Kind, p.PerCase, p.Encoding)
	}
	return b.String()
}

func (r *benchReport) scaleText() string {
	return "## Flat as it grows\n\n{machine}\n\nEach case has every answer and consent of an intake, an open promise to be called, and a request number that finds it. Voice turns at 16 connections.\n\n![What a turn and a tick take, by how many cases are kept](performance-scale.svg)\n\n" + r.scaleTable() + "\n"
}
