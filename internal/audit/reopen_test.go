package audit

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// failing gives a record of two lines whose disk does as fail says, and its clock.
func failing(t *testing.T, fail func(f *os.File) error) (l *Log, path string, now *time.Time) {
	t.Helper()
	path, _ = written(t, 2)
	l, at := opened(t, path), t0
	t.Cleanup(func() { _ = l.Close() })
	l.now = func() time.Time { return at }
	l.sync = func(f *os.File) error {
		if err := fail(f); err != nil {
			return err
		}
		return f.Sync()
	}
	return l, path, &at
}

func wantRecord(t *testing.T, path string, lines int, last string) {
	t.Helper()
	head, err := VerifyFile(path, Head{})
	text := contents(t, path)
	if err != nil || head.N != lines || bytes.Count(text, []byte(last)) != 1 {
		t.Errorf("verified %v, %v, want %d lines with %q once:\n%s", head, err, lines, last, text)
	}
}

// A disk that fails for a moment keeps nobody from the record until a restart: it is
// opened anew at the next try, what was not acknowledged is written once, and the chain
// is whole. So it is where the head fails, and where the file's end of us is closed.
func TestAfterAFailureTheRecordGoesOn(t *testing.T) {
	for what, ends := range map[string]string{"the record": ".log", "the head": ".head"} {
		t.Run(what, func(t *testing.T) {
			failed := 0
			l, path, _ := failing(t, func(f *os.File) error {
				if strings.HasSuffix(f.Name(), ends) && failed == 0 {
					failed++
					return syscall.EIO
				}
				return nil
			})
			if err := l.Append(Entry{What: "board.read"}); !errors.Is(err, syscall.EIO) {
				t.Fatalf("acknowledged: %v", err)
			}
			if err := l.Append(Entry{What: "board.read"}); err != nil {
				t.Fatalf("not taken after the failure: %v", err)
			}
			wantRecord(t, path, 3, "board.read")
		})
	}
	t.Run("the file", func(t *testing.T) {
		l, path, _ := failing(t, func(*os.File) error { return nil })
		l.file.Close()
		if err := l.Append(Entry{What: "board.read"}); err == nil {
			t.Fatal("taken")
		}
		if err := l.Append(Entry{What: "board.read"}); err != nil {
			t.Fatal(err)
		}
		wantRecord(t, path, 3, "board.read")
		if _, err := Open(path, l.now); !errors.Is(err, ErrLocked) {
			t.Errorf("another writes it too: %v", err)
		}
	})
}

// While the disk fails it is asked less and less often, and the trail says so once in
// each outage, counts every try, and loses nothing.
func TestADiskThatFailsForAWhile(t *testing.T) {
	down, asked := true, 0
	l, path, now := failing(t, func(*os.File) error {
		if asked++; down {
			return syscall.EIO
		}
		return nil
	})
	var said bytes.Buffer
	tr := NewTrail(l, 100, l.now, slog.New(slog.NewTextHandler(&said, nil)))
	for outage := range 2 {
		down, asked = true, 0
		tr.Note(Entry{What: "call.begin", Thing: []string{"CA1", "CA2"}[outage]})
		for range 300 {
			tr.write()
			*now = now.Add(time.Second)
		}
		if asked < 10 || asked > 30 {
			t.Errorf("the disk was asked %d times in five minutes", asked)
		}
		down = false
		*now = now.Add(mostWait)
		if !tr.write() {
			t.Fatal("a disk that is well again is not written to")
		}
	}
	if n := strings.Count(said.String(), "level=ERROR"); n != 2 {
		t.Errorf("it is said %d times in two outages:\n%s", n, said.String())
	}
	if s := tr.Stats(); s.Failures != 600 || s.Written != 2 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	wantRecord(t, path, 4, "CA2")
}

// What was acknowledged and is gone, or what another has written meanwhile, is not gone
// on with: somebody must look.
func TestARecordThatLostItsEndIsNotGoneOnWith(t *testing.T) {
	for what, harm := range map[string]func(path string) error{
		"cut short": func(path string) error { return os.Truncate(path, 100) },
		"another's": func(path string) error { return os.WriteFile(headPath(path), []byte(Head{9, first}.String()), 0o600) },
		"gone":      os.Remove,
	} {
		t.Run(what, func(t *testing.T) {
			l, path, now := failing(t, func(*os.File) error { return nil })
			l.file.Close()
			if err := l.Append(Entry{What: "board.read"}); err == nil {
				t.Fatal("taken")
			}
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				*now = now.Add(mostWait)
				if err := l.Append(Entry{What: "board.read"}); err == nil {
					t.Error("gone on with")
				}
			}
		})
	}
}
