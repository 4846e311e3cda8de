//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/loadgen"
	"secondline/internal/redistest"
)

// benchRows are the numbers of connections and how many whole calls a
// measurement plays on them.
var benchRows = []struct{ connections, calls int }{{1, 96}, {16, 448}, {64, 576}}

// benchRounds is how often everything is measured, floor and line in turn; the
// table has the medians.
const benchRounds = 5

// BenchmarkVoiceTurn plays whole intakes against the program and against a
// floor, each on a real Redis, and prints turns per second of both.
func BenchmarkVoiceTurn(b *testing.B) {
	v := newVoiceBench(b)
	turn := 0
	for b.Loop() {
		for range benchRounds {
			for row := range benchRows {
				v.measure(b, row, turn%2 == 0)
				turn++
			}
			v.compact(b)
		}
	}
	onlyNextTurns(b, v.line)
	if err := v.print(b); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	last := len(benchRows) - 1
	b.ReportMetric(v.median(1, last, perSecond), "turns/s")
	b.ReportMetric(v.ratio(last), "of-floor")
}

// voiceBench is both sides, the load, and what was measured.
type voiceBench struct {
	redis    *redistest.Server
	line     *line
	sides    [2]side // floor, line
	load     *benchLoad
	of       sizes
	measured [2][][]measurement // by side and row
}

func newVoiceBench(b *testing.B) *voiceBench {
	b.Helper()
	v := &voiceBench{redis: redistest.Start(b, "--appendfsync", "everysec", "--save", "", "--auto-aof-rewrite-percentage", "0")}
	most := 0
	for _, row := range benchRows {
		most = max(most, row.calls)
	}
	v.load = newBenchLoad(b, recordIntake(b), most)
	v.line = benchLine(b, v.redis)
	v.sides[1] = side{"line", v.line.handler}
	v.of = v.tryOut(b)
	v.sides[0] = side{"floor", floor(b, v.redis, v.of)}
	for i := range v.measured {
		v.measured[i] = make([][]measurement, len(benchRows))
	}
	return v
}

// tryOut plays one call, looks at its answers and measures its sizes.
func (v *voiceBench) tryOut(b *testing.B) sizes {
	b.Helper()
	address, stop := v.sides[1].serve(b, "try")
	defer stop()
	callers, err := loadgen.Dial(address, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer hangUp(callers)
	v.load.write(1)
	var sum sizes
	var answer []byte
	var draft string
	for turn := range v.load.intake {
		if _, answer, _, err = callers[0].Answer(v.load.request(0, turn)); err != nil {
			b.Fatalf("turn %d: %v", turn, err)
		}
		conversation, drafts := v.kept(b)
		sum.answer += len(answer)
		sum.conversation += len(conversation)
		if drafts != draft {
			sum.draft += len(drafts)
		}
		draft = drafts
	}
	if !bytes.Contains(answer, []byte("request number")) {
		b.Fatalf("the last answer tells no request number: %d bytes", len(answer))
	}
	n := len(v.load.intake)
	return sizes{sum.conversation / n, sum.draft / n, sum.answer / n}
}

// kept gives what is kept of the one call and of the unfinished request, sealed.
func (v *voiceBench) kept(b *testing.B) (conversation, draft string) {
	b.Helper()
	conversation = v.redis.Do(b, "EVAL", "return redis.call('HGET', redis.call('KEYS', 'sl:*:call:*')[1], 'd')", "0")
	draft = v.redis.Do(b, "EVAL", "return table.concat(redis.call('HVALS', redis.call('KEYS', 'sl:*:drafts:*')[1] or 'none'))", "0")
	return conversation, draft
}

// measurement is one run of one side.
type measurement struct {
	perSecond float64
	// cpu is the process's time a turn, load and server together, and redisCPU
	// that of redis-server; in microseconds.
	cpu, redisCPU float64
	// toRedis and fromRedis are bytes a turn.
	toRedis, fromRedis float64
}

// measure plays the same calls on both sides, the floor first or last.
func (v *voiceBench) measure(b *testing.B, row int, floorFirst bool) {
	b.Helper()
	v.load.write(benchRows[row].calls)
	order := []int{0, 1}
	if !floorFirst {
		slices.Reverse(order)
	}
	for _, i := range order {
		v.measured[i][row] = append(v.measured[i][row], v.run(b, v.sides[i], row))
	}
}

func (v *voiceBench) run(b *testing.B, s side, row int) measurement {
	b.Helper()
	connections, calls := benchRows[row].connections, benchRows[row].calls
	address, stop := s.serve(b, fmt.Sprintf("%s-%d", s.name, connections))
	defer stop()
	callers, err := loadgen.Dial(address, connections)
	if err != nil {
		b.Fatal(err)
	}
	defer hangUp(callers)
	runtime.GC()
	redis, cpu, started := v.redisUse(b), cpuUsed(b), time.Now()
	if err := v.load.play(callers, calls); err != nil {
		b.Fatalf("%s, %d connections: %v", s.name, connections, err)
	}
	took, spent, after := time.Since(started), cpuUsed(b)-cpu, v.redisUse(b)
	turns := float64(calls * len(v.load.intake))
	return measurement{
		perSecond: turns / took.Seconds(),
		cpu:       float64(spent.Microseconds()) / turns,
		redisCPU:  (after.seconds - redis.seconds) * 1e6 / turns,
		toRedis:   (after.in - redis.in) / turns,
		fromRedis: (after.out - redis.out) / turns,
	}
}

func hangUp(callers []*loadgen.Conn) {
	for _, c := range callers {
		c.Close()
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

// fsync is how often redis-server makes sure of what it wrote, as it says itself.
func (v *voiceBench) fsync(b *testing.B) string {
	b.Helper()
	rdb, err := casestore.Connect(v.redis.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer rdb.Close()
	set, err := rdb.ConfigGet(b.Context(), "appendfsync").Result()
	if err != nil {
		b.Fatal(err)
	}
	return set["appendfsync"]
}

// redisUse is what redis-server says of itself: seconds of CPU, bytes read and
// written.
type redisUse struct{ seconds, in, out float64 }

func (v *voiceBench) redisUse(b *testing.B) redisUse {
	b.Helper()
	cpu, stats := v.redis.Do(b, "INFO", "cpu"), v.redis.Do(b, "INFO", "stats")
	return redisUse{
		seconds: infoNumber(cpu, "used_cpu_sys") + infoNumber(cpu, "used_cpu_user"),
		in:      infoNumber(stats, "total_net_input_bytes"),
		out:     infoNumber(stats, "total_net_output_bytes"),
	}
}

func infoText(info, name string) string {
	_, after, _ := strings.Cut(info, "\n"+name+":")
	value, _, _ := strings.Cut(after, "\r")
	return value
}

func infoNumber(info, name string) (n float64) {
	_, _ = fmt.Sscan(infoText(info, name), &n)
	return n
}

// compact makes the append-only file small again, which Redis is kept from doing
// while the time runs.
func (v *voiceBench) compact(b *testing.B) {
	b.Helper()
	v.redis.Do(b, "BGREWRITEAOF")
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for infoNumber(v.redis.Do(b, "INFO", "persistence"), "aof_rewrite_in_progress") != 0 {
		select {
		case <-ctx.Done():
			b.Fatal("the append-only file is not rewritten within a minute")
		case <-tick.C:
		}
	}
}

func perSecond(m measurement) float64 { return m.perSecond }

func (v *voiceBench) median(side, row int, of func(measurement) float64) float64 {
	all := make([]float64, 0, len(v.measured[side][row]))
	for _, m := range v.measured[side][row] {
		all = append(all, of(m))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (v *voiceBench) ratio(row int) float64 {
	return v.median(1, row, perSecond) / v.median(0, row, perSecond)
}

// print writes the table to standard output.
func (v *voiceBench) print(b *testing.B) error {
	b.Helper()
	server := v.redis.Do(b, "INFO", "server")
	fmt.Printf("\nTurns per second of the line and of a floor: the same router and signature check, two round\n"+
		"trips to Redis of the same sizes, and an answer that is always the same.\n\n"+
		"machine   %s, %d CPUs, %s/%s; load, server and Redis share them\n"+
		"versions  %s, Redis %s on a unix socket, append-only file, appendfsync %s\n"+
		"calls     whole intakes of %d turns, keep-alive connections; %d rounds in turn, medians\n"+
		"a turn    %d bytes kept of the call, %d of the request, %d of TwiML\n\n",
		cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), infoText(server, "redis_version"), v.fsync(b),
		len(v.load.intake), len(v.measured[0][0]), v.of.conversation, v.of.draft, v.of.answer)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "connections\tfloor\tline\tratio\tfloor µs\tline µs\tfloor Redis µs\tline Redis µs\tfloor bytes\tline bytes\t")
	for row := range benchRows {
		v.printRow(w, row)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Print("\nµs is processor time a turn: of server and load together, and of redis-server. Bytes are those\n" +
		"a turn sends to Redis and gets from it. The aim is a ratio of 0.8 or better.\n\n")
	return nil
}

func (v *voiceBench) printRow(w io.Writer, row int) {
	cells := []string{fmt.Sprint(benchRows[row].connections)}
	for side := range v.sides {
		cells = append(cells, fmt.Sprintf("%.0f/s", v.median(side, row, perSecond)))
	}
	cells = append(cells, fmt.Sprintf("%.2f", v.ratio(row)))
	for _, of := range []func(measurement) float64{
		func(m measurement) float64 { return m.cpu },
		func(m measurement) float64 { return m.redisCPU },
		func(m measurement) float64 { return m.toRedis + m.fromRedis },
	} {
		for side := range v.sides {
			cells = append(cells, fmt.Sprintf("%.0f", v.median(side, row, of)))
		}
	}
	fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
}

// cpuModel is the processor's name where the system tells it.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unnamed processor"
	}
	_, after, _ := strings.Cut(string(info), "model name\t: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}
