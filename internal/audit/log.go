package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// longestLine bounds a line, in bytes: names are short.
const longestLine = 4 << 10

// Log is a record that is being written. It is safe for concurrent use in one
// process, which holds a lock on it: every other one has a file of its own.
type Log struct {
	mu   sync.Mutex
	path string
	file *os.File
	head *os.File
	// write and sync are the files'; tests make them fail.
	write func(*os.File, []byte) (int, error)
	sync  func(*os.File) error
	now   func() time.Time
	// last is the end of what was acknowledged, size how long the file is by then, in
	// bytes; tried is the end of what was written last, acknowledged or not.
	last, tried Head
	size        int64
	// broken is set while it is not known what is on disk behind last.
	broken error
	closed bool
	// failures counts those in a row; before retry nothing is tried.
	failures int
	retry    time.Time
}

// ErrLocked says that another process writes the record.
var ErrLocked = errors.New("audit: another process writes it")

// Head says how many lines a record has, and the hash of the last.
type Head struct {
	N    int
	Hash string
}

// String gives the head as it is written: its length is always the same.
func (h Head) String() string { return fmt.Sprintf("%012d %s\n", h.N, h.Hash) }

// ParseHead reads what String gives.
func ParseHead(s string) (Head, error) {
	n, hash, ok := strings.Cut(strings.TrimSpace(s), " ")
	count, err := strconv.Atoi(n)
	if !ok || err != nil || len(hash) != len(first) {
		return Head{}, errors.New("audit: a head is a number and 64 hexadecimal digits")
	}
	return Head{count, hash}, nil
}

// headPath is the file of the head of a record.
func headPath(path string) string { return path + ".head" }

// Open opens a record, or begins one. Its directory must exist. A line that a crash
// cut off was never acknowledged and is taken away. It fails with ErrLocked while
// another process has it, and when the end of the file is not what its head says: then
// somebody must look (secondline audit verify).
func Open(path string, now func() time.Time) (*Log, error) {
	file, head, err := openFiles(path, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	l := &Log{path: path, file: file, head: head, write: (*os.File).Write, sync: (*os.File).Sync, now: now}
	if err := errors.Join(l.takeUp(), syncDir(filepath.Dir(path))); err != nil {
		l.Close()
		return nil, fmt.Errorf("audit: %w", err)
	}
	return l, nil
}

// openFiles opens a record and its head, and locks it. It fails with ErrLocked.
func openFiles(path string, create int) (file, head *os.File, err error) {
	if file, err = os.OpenFile(path, create|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return nil, nil, fmt.Errorf("audit: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	} else if err == nil {
		head, err = os.OpenFile(headPath(path), create|os.O_RDWR, 0o600)
	}
	if err != nil {
		file.Close()
		if errors.Is(err, ErrLocked) {
			return nil, nil, ErrLocked
		}
		return nil, nil, fmt.Errorf("audit: %w", err)
	}
	return file, head, nil
}

// takeUp finds the last line, and compares it with the head.
func (l *Log) takeUp() error {
	known, err := readHead(l.head)
	if err != nil {
		return err
	}
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	tail := make([]byte, min(size, 4*longestLine))
	if _, err := l.file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	whole := tail[:bytes.LastIndexByte(tail, '\n')+1]
	if len(whole) == 0 && len(tail) >= 2*longestLine {
		return errors.New("the end of the file is no record")
	}
	l.last = Head{0, first}
	if len(whole) > 0 {
		e, err := read(whole[bytes.LastIndexByte(whole[:len(whole)-1], '\n')+1 : len(whole)-1])
		if err != nil {
			return fmt.Errorf("the last line: %w", err)
		}
		l.last = Head{e.N, e.Hash}
	}
	if known.N > l.last.N || known.N == l.last.N && known.Hash != l.last.Hash {
		return fmt.Errorf("the head tells of %d lines, the file ends at line %d or with another: lines were taken away", known.N, l.last.N)
	}
	l.size = size - int64(len(tail)-len(whole))
	if l.size < size {
		if err := l.file.Truncate(l.size); err != nil {
			return err
		}
	}
	l.tried = l.last
	return l.writeHead(l.last)
}

func readHead(file *os.File) (Head, error) {
	text := make([]byte, 256)
	n, err := file.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Head{}, err
	}
	if n == 0 {
		return Head{0, first}, nil
	}
	return ParseHead(string(text[:n]))
}

func (l *Log) writeHead(h Head) error {
	if _, err := l.head.WriteAt([]byte(h.String()), 0); err != nil {
		return err
	}
	return l.sync(l.head)
}

// Append keeps accesses, in their order; it sets N, Prev and Hash of each, and At where
// it is zero. When it returns nil they are on disk, all of them; otherwise none is
// acknowledged, and they can be tried again: the record is then opened anew first, at
// once after the first failure and less and less often after further ones. While it
// fails, who cannot be recorded may not read.
func (l *Log) Append(entries ...Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.mend(); err != nil {
		return fmt.Errorf("audit: an earlier entry was not written: %w", err)
	}
	text, last, err := l.lines(entries)
	if err != nil {
		return err
	}
	if _, err := l.write(l.file, text); err != nil {
		if cut := l.file.Truncate(l.size); cut != nil {
			l.breaks(errors.Join(err, cut))
		}
		return fmt.Errorf("audit: %w", err)
	}
	l.tried = last
	if err = l.sync(l.file); err == nil {
		// A crash before this leaves lines more than the head tells of, which is right.
		err = l.writeHead(last)
	}
	if err != nil {
		l.breaks(err)
		return fmt.Errorf("audit: %w", err)
	}
	l.last, l.size = last, l.size+int64(len(text))
	l.failures = 0
	return nil
}

// lines gives entries as they are written, and the head that follows.
func (l *Log) lines(entries []Entry) (text []byte, last Head, err error) {
	last = l.last
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = l.now()
		}
		e.N, e.At, e.Prev = last.N+1, e.At.UTC(), last.Hash
		line, e, err := e.line()
		if err != nil {
			return nil, last, err
		}
		if len(line) > longestLine {
			return nil, last, fmt.Errorf("audit: an entry of %d bytes is too long", len(line))
		}
		text, last = append(append(text, line...), '\n'), Head{e.N, e.Hash}
	}
	return text, last, nil
}

// Head says how long the record is.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Close closes the files. Nothing more is taken.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return errors.Join(l.file.Close(), l.head.Close())
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
