//go:build unix

package main

import (
	"cmp"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondline/internal/loadgen"
)

// measurement is one run of one side.
type measurement struct {
	perSecond float64
	// cpu is the process's time for one, load and server together, and redisCPU that of
	// redis-server; in microseconds. allocs are allocations for one, and their bytes.
	cpu, redisCPU, allocs, allocBytes float64
	// toRedis and fromRedis are bytes for one.
	toRedis, fromRedis float64
	p50, p99           time.Duration
}

// figure is a row of the table: one thing, with medians of all its sides.
type figure struct {
	what, redis string
	connections int
	names       []string
	medians     []measurement
	rounds      int
}

func (f figure) side(name string) (measurement, bool) {
	i := slices.Index(f.names, name)
	if i < 0 {
		return measurement{}, false
	}
	return f.medians[i], true
}

func (f figure) line() measurement  { m, _ := f.side("line"); return m }
func (f figure) floor() measurement { m, _ := f.side("floor"); return m }

// speed and cost are what the line does of the floor's: more, and less, is better.
func (f figure) speed() float64 { return f.line().perSecond / f.floor().perSecond }
func (f figure) cost() float64  { return f.line().cpu / f.floor().cpu }

// timed takes what a run uses of the processors, of Redis and of memory.
func timed(b *testing.B, r *benchRedis, run func() (done int, took *loadgen.Latencies, err error)) measurement {
	b.Helper()
	runtime.GC()
	var before, after runtime.MemStats
	redis := r.use(b)
	runtime.ReadMemStats(&before)
	cpu, started := cpuUsed(b), time.Now()
	done, took, err := run()
	spent, span := cpuUsed(b)-cpu, time.Since(started)
	runtime.ReadMemStats(&after)
	if err != nil {
		b.Fatal(err)
	}
	used, n := r.use(b), float64(done)
	return measurement{
		perSecond: n / span.Seconds(), cpu: float64(spent.Microseconds()) / n, redisCPU: (used.seconds - redis.seconds) * 1e6 / n,
		allocs: float64(after.Mallocs-before.Mallocs) / n, allocBytes: float64(after.TotalAlloc-before.TotalAlloc) / n,
		toRedis: (used.in - redis.in) / n, fromRedis: (used.out - redis.out) / n,
		p50: took.Quantile(0.5), p99: took.Quantile(0.99),
	}
}

// medianOf takes each value's median by itself.
func medianOf(all []measurement) measurement {
	return measurement{
		perSecond: middle(all, func(m measurement) float64 { return m.perSecond }), cpu: middle(all, func(m measurement) float64 { return m.cpu }),
		redisCPU: middle(all, func(m measurement) float64 { return m.redisCPU }), allocs: middle(all, func(m measurement) float64 { return m.allocs }),
		allocBytes: middle(all, func(m measurement) float64 { return m.allocBytes }),
		toRedis:    middle(all, func(m measurement) float64 { return m.toRedis }), fromRedis: middle(all, func(m measurement) float64 { return m.fromRedis }),
		p50: middle(all, func(m measurement) time.Duration { return m.p50 }), p99: middle(all, func(m measurement) time.Duration { return m.p99 }),
	}
}

func middle[T cmp.Ordered](all []measurement, of func(measurement) T) T {
	values := make([]T, 0, len(all))
	for _, m := range all {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// inTurn runs the sides in one order and then in the other, so that none has the warmer
// processor.
func inTurn(round, sides int, run func(side int)) {
	for i := range sides {
		if round%2 == 1 {
			i = sides - 1 - i
		}
		run(i)
	}
}

// cpuUsed is the process's time on all CPUs, in the kernel too.
func cpuUsed(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuModel is the processor's name where the system tells it, loadAverage how many
// processes have wanted a processor in the last minute.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unnamed processor"
	}
	_, after, _ := strings.Cut(string(info), "model name\t: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
