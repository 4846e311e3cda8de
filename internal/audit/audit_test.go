package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var t0 = time.Date(2026, 7, 14, 16, 0, 0, 0, time.UTC)

// written gives a record of n lines and its path.
func written(t *testing.T, n int) (string, Head) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	l := opened(t, path)
	for i := range n {
		e := Entry{Who: "co1", Role: "coordinator", What: "case.read", Case: fmt.Sprintf("c%d", i), Outcome: "shown", Trace: "t"}
		if err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	head := l.Head()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path, head
}

func opened(t *testing.T, path string) *Log {
	t.Helper()
	l, err := Open(path, func() time.Time { return t0 })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestARecordVerifies(t *testing.T) {
	path, head := written(t, 5)
	got, err := VerifyFile(path, Head{})
	if err != nil || got != head || got.N != 5 {
		t.Errorf("verified %v, %v; want %v", got, err, head)
	}
	// Elsewhere an earlier head was noted: the record has gone on from it.
	l := opened(t, path)
	if err := l.Append(Entry{Who: "co2", What: "board.read", Outcome: "shown"}); err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyFile(path, head); err != nil || got.N != 6 {
		t.Errorf("verified %v, %v", got, err)
	}
}

// wantFound fails unless the alteration of a record is found.
func wantFound(t *testing.T, what string, text []byte, head Head) {
	t.Helper()
	_, err := Verify(bytes.NewReader(text), head)
	if _, ok := errors.AsType[Problem](err); !ok {
		t.Errorf("%s is not found: %v", what, err)
	}
}

func TestEveryAlteredByteIsFound(t *testing.T) {
	path, head := written(t, 4)
	text := contents(t, path)
	for i := range text {
		for _, flip := range []byte{1, 0x20, 0x80} {
			changed := slices.Clone(text)
			changed[i] ^= flip
			wantFound(t, fmt.Sprintf("byte %d altered by %#x", i, flip), changed, head)
		}
		wantFound(t, fmt.Sprintf("byte %d removed", i), slices.Delete(slices.Clone(text), i, i+1), head)
		wantFound(t, fmt.Sprintf("a blank added at %d", i), slices.Insert(slices.Clone(text), i, ' '), head)
		wantFound(t, fmt.Sprintf("the record cut off at %d", i), text[:i], head)
	}
}

func TestEveryRemovedAddedOrMovedLineIsFound(t *testing.T) {
	path, head := written(t, 6)
	lines := strings.SplitAfter(strings.TrimSuffix(string(contents(t, path)), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	join := func(lines []string) []byte { return []byte(strings.Join(lines, "")) }
	for from := range lines {
		for to := from + 1; to <= len(lines); to++ {
			wantFound(t, fmt.Sprintf("lines %d to %d removed", from+1, to), join(slices.Delete(slices.Clone(lines), from, to)), head)
		}
		for to := range lines {
			if from == to {
				continue
			}
			moved := slices.Insert(slices.Delete(slices.Clone(lines), from, from+1), to, lines[from])
			wantFound(t, fmt.Sprintf("line %d moved to %d", from+1, to+1), join(moved), head)
			wantFound(t, fmt.Sprintf("line %d written again at %d", from+1, to+1), join(slices.Insert(slices.Clone(lines), to, lines[from])), head)
		}
	}
}

// A line that is made anew with a right hash breaks the one after it, and the head
// where it is the last.
func TestALineForgedWithItsHashIsFound(t *testing.T) {
	path, head := written(t, 4)
	lines := bytes.SplitAfter(contents(t, path), []byte("\n"))[:4]
	for i := range lines {
		e, err := read(bytes.TrimSuffix(lines[i], []byte("\n")))
		if err != nil {
			t.Fatal(err)
		}
		e.Who = "co9"
		forged, _, err := e.line()
		if err != nil {
			t.Fatal(err)
		}
		changed := slices.Clone(lines)
		changed[i] = append(forged, '\n')
		wantFound(t, fmt.Sprintf("line %d forged", i+1), bytes.Join(changed, nil), head)
	}
}

func TestARecordIsTakenUp(t *testing.T) {
	path, _ := written(t, 2)
	cut := append(contents(t, path), `{"n":3,"at":"20`...)
	if err := os.WriteFile(path, cut, 0o600); err != nil {
		t.Fatal(err)
	}
	l := opened(t, path)
	if err := l.Append(Entry{Who: "co1", What: "board.read", Outcome: "shown"}); err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyFile(path, Head{}); err != nil || got.N != 3 {
		t.Errorf("verified %v, %v", got, err)
	}
}

// Between the line and its head the program may be killed: the line counts.
func TestALineWhoseHeadWasNotWrittenCounts(t *testing.T) {
	path, _ := written(t, 2)
	before := contents(t, headPath(path))
	l := opened(t, path)
	if err := l.Append(Entry{Who: "co1", What: "board.read", Outcome: "shown"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(headPath(path), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyFile(path, Head{}); err != nil || got.N != 3 {
		t.Errorf("verified %v, %v", got, err)
	}
	if again := opened(t, path); again.Head().N != 3 {
		t.Errorf("taken up at %v", again.Head())
	}
}

func TestARecordThatWasCutShortIsNotGoneOnWith(t *testing.T) {
	path, _ := written(t, 3)
	text := contents(t, path)
	short := text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1]
	if err := os.WriteFile(path, short, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, time.Now); err == nil || !strings.Contains(err.Error(), "taken away") {
		t.Errorf("opened: %v", err)
	}
	if _, err := VerifyFile(path, Head{}); err == nil {
		t.Error("it verifies")
	}
}

func TestManyAtOnceMakeOneChain(t *testing.T) {
	path, _ := written(t, 0)
	l := opened(t, path)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := l.Append(Entry{Who: "co1", What: "board.read", Outcome: "shown"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := VerifyFile(path, Head{}); err != nil || got.N != 160 {
		t.Errorf("verified %v, %v", got, err)
	}
}

func TestHeadsRead(t *testing.T) {
	h := Head{7, strings.Repeat("ab", 32)}
	if got, err := ParseHead(h.String()); err != nil || got != h {
		t.Errorf("read %v, %v", got, err)
	}
	for _, wrong := range []string{"", "7", "x " + first, "7 abc"} {
		if _, err := ParseHead(wrong); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}
