package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// trail runs one until the function it returns is called.
func trail(t *testing.T, l *Log, most int) (*Trail, func()) {
	t.Helper()
	tr := NewTrail(l, most, func() time.Time { return t0 }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { tr.Run(ctx) })
	stop := func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return tr, stop
}

func TestATrailWritesAllInOneChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := opened(t, path)
	tr, stop := trail(t, l, 10_000)
	var noting sync.WaitGroup
	for worker := range 8 {
		noting.Go(func() {
			for i := range 100 {
				tr.Note(Entry{Who: "line", What: "call.begin", Outcome: "done", Thing: fmt.Sprintf("%d.%d", worker, i)})
				// What must be on disk first goes between.
				if i%50 == 0 {
					if err := l.Append(Entry{Who: "co1", What: "board.read", Outcome: "shown"}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	noting.Wait()
	stop()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if head, err := VerifyFile(path, Head{}); err != nil || head.N != 8*102+2 {
		t.Errorf("verified %v, %v", head, err)
	}
	lines := strings.Split(strings.TrimSpace(string(contents(t, path))), "\n")
	if s := tr.Stats(); s != (TrailStats{Written: 802}) || !strings.Contains(lines[len(lines)-1], "trail.end") {
		t.Errorf("counted %+v; the last line: %s", s, lines[len(lines)-1])
	}
}

// A disk that takes nothing keeps nobody waiting; what is too much is counted, and the
// record says so once it can be written again.
func TestWhatATrailLosesIsOnRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := opened(t, path)
	tr := NewTrail(l, 5, func() time.Time { return t0 }, slog.New(slog.DiscardHandler))
	l.mu.Lock() // the disk is busy
	done := make(chan struct{})
	go func() {
		for i := range 12 {
			tr.Note(Entry{Who: "line", What: "call.begin", Thing: fmt.Sprint(i), Outcome: strings.Repeat("x", longestLine)})
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the disk")
	}
	l.mu.Unlock()
	if !tr.write() {
		t.Fatal("not written")
	}
	if s := tr.Stats(); s.Written != 5 || s.Lost != 7 || s.Waiting != 0 {
		t.Errorf("counted %+v", s)
	}
	if head, err := VerifyFile(path, Head{}); err != nil || head.N != 6 || !bytes.Contains(contents(t, path), []byte(`"what":"trail.lost","outcome":"7 lines"`)) {
		t.Errorf("verified %v, %v:\n%s", head, err, contents(t, path))
	}
}

// A write of which nothing stays can be tried again: a disk that was full.
func TestAfterADiskThatWasFullTheRecordGoesOn(t *testing.T) {
	path, _ := written(t, 2)
	l := opened(t, path)
	whole := l.write
	l.write = func(f *os.File, text []byte) (int, error) {
		n, _ := whole(f, text[:10])
		return n, syscall.ENOSPC
	}
	for range 2 {
		if err := l.Append(Entry{What: "board.read"}); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the full disk takes it: %v", err)
		}
	}
	l.write = whole
	if err := l.Append(Entry{What: "board.read"}, Entry{What: "tasks.read"}); err != nil {
		t.Fatal(err)
	}
	if head, err := VerifyFile(path, Head{}); err != nil || head.N != 4 {
		t.Errorf("verified %v, %v", head, err)
	}
}

func TestOneProcessWritesARecord(t *testing.T) {
	path, _ := written(t, 1)
	l := opened(t, path)
	if _, err := Open(path, time.Now); !errors.Is(err, ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := opened(t, path).Close(); err != nil {
		t.Error(err)
	}
}
