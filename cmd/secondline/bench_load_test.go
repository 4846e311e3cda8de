//go:build unix

package main

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"secondline/internal/loadgen"
)

// recordIntake plays a whole intake and gives the requests it was made of.
func recordIntake(b testing.TB) []webhook {
	b.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		b.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, tuesday)
	if err != nil {
		b.Fatal(err)
	}
	intake, err := recordCall(b.Context(), settings, at, wholeIntake)
	if err != nil {
		b.Fatal(err)
	}
	return intake
}

// benchLoad plays one recorded intake as many calls, each with a CallSid and a number
// of its own. The requests are written beforehand, so that sending them costs
// little while the time runs, and lie outside of Go's heap, which would collect
// its garbage less often with them in it.
type benchLoad struct {
	intake []webhook
	// ends holds where each request ends within a call.
	ends    []int
	slab    []byte
	calls   int // ever written
	numbers loadgen.Numbers
}

// benchTarget is the address that the line of the benchmarks is known by.
var benchTarget = loadgen.Line{Origin: worldURL, Sign: signedBy(worldToken)}

// newBenchLoad makes room for so many calls at a time.
func newBenchLoad(b *testing.B, intake []webhook, calls int) *benchLoad {
	b.Helper()
	l := &benchLoad{intake: intake, numbers: loadgen.HomeNumbers(isDomestic)}
	sample := l.appendCall(nil, 0)
	slab, err := syscall.Mmap(-1, 0, calls*len(sample), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		b.Fatalf("room for the requests: %v", err)
	}
	b.Cleanup(func() { _ = syscall.Munmap(slab) })
	l.slab = slab[:0]
	return l
}

// write writes the requests of new calls in place of the last ones.
func (l *benchLoad) write(calls int) {
	l.slab = l.slab[:0]
	for range calls {
		l.slab = l.appendCall(l.slab, l.calls)
		l.calls++
	}
}

// request gives a request of one of the calls written.
func (l *benchLoad) request(call, turn int) []byte {
	from := call * l.ends[len(l.ends)-1]
	start := from
	if turn > 0 {
		start += l.ends[turn-1]
	}
	return l.slab[start : from+l.ends[turn]]
}

// appendCall writes the requests of the n-th call. All calls have one length.
func (l *benchLoad) appendCall(to []byte, n int) []byte {
	start := len(to)
	l.ends = l.ends[:0]
	for turn, hook := range l.intake {
		fields := hook.asCall(loadgen.SID("CA", n), l.numbers.Of(n), n)
		to = benchTarget.AppendRequest(to, hook.target, loadgen.Token(n, turn), fields)
		l.ends = append(l.ends, len(to)-start)
	}
	return to
}

// play plays the calls written, shared out evenly, one turn after the other on
// each connection.
func (l *benchLoad) play(callers []*loadgen.Conn, calls int) error {
	errs := make([]error, len(callers))
	var all sync.WaitGroup
	for i, c := range callers {
		all.Go(func() {
			for call := i; call < calls && errs[i] == nil; call += len(callers) {
				for turn := 0; turn < len(l.intake) && errs[i] == nil; turn++ {
					errs[i] = c.Turn(l.request(call, turn))
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
