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

// benchTarget is the address that the line of the benchmarks is known by.
var benchTarget = loadgen.Line{Origin: worldURL, Sign: signedBy(worldToken)}

// benchLoad plays many people, each of whom makes the same number of requests. The
// requests are written beforehand, so that sending them costs
// little while the time runs, and lie outside of Go's heap, which would collect
// its garbage less often with them in it.
type benchLoad struct {
	// person writes the requests of the n-th and says where each ends. All have one
	// length.
	person func(to []byte, n int) ([]byte, []int)
	// untimed is how many of a person's requests are only there to prepare the others.
	untimed int
	ends    []int
	slab    []byte
	people  int // ever written
}

// newBenchLoad makes room for so many people at a time.
func newBenchLoad(b *testing.B, kind kindSpec, people int) *benchLoad {
	b.Helper()
	l := &benchLoad{person: kind.person, untimed: kind.untimed}
	sample, _ := l.person(nil, 0)
	slab, err := syscall.Mmap(-1, 0, people*len(sample), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		b.Fatalf("room for the requests: %v", err)
	}
	b.Cleanup(func() { _ = syscall.Munmap(slab) })
	l.slab = slab[:0]
	return l
}

// write writes the requests of new people in place of the last ones.
func (l *benchLoad) write(people int) {
	l.slab = l.slab[:0]
	for range people {
		l.slab, l.ends = l.person(l.slab, l.people)
		l.people++
	}
}

// request gives a request of one of the people written.
func (l *benchLoad) request(person, turn int) []byte {
	from := person * l.ends[len(l.ends)-1]
	start := from
	if turn > 0 {
		start += l.ends[turn-1]
	}
	return l.slab[start : from+l.ends[turn]]
}

// play plays the people written, shared out evenly, one request after the other on
// each connection, each person's from one to another of theirs.
func (l *benchLoad) play(conns []*loadgen.Conn, people, from, to int) (int, *loadgen.Latencies, error) {
	errs, took := make([]error, len(conns)), make([]loadgen.Latencies, len(conns))
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			for person := i; person < people && errs[i] == nil; person += len(conns) {
				for turn := from; turn < to && errs[i] == nil; turn++ {
					began := time.Now()
					errs[i] = c.Turn(l.request(person, turn))
					took[i].Add(time.Since(began))
				}
			}
		})
	}
	all.Wait()
	for i := range took[1:] {
		took[0].Merge(&took[i+1])
	}
	return took[0].Count(), &took[0], errors.Join(errs...)
}
