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
	"time"
)

// longestLine bounds a line, in bytes: names are short.
const longestLine = 4 << 10

// Log is a record that is being written. It is safe for concurrent use in one
// process; every replica has a file of its own.
type Log struct {
	mu   sync.Mutex
	file *os.File
	head *os.File
	now  func() time.Time
	last Head
	// broken is set once a write failed: what is on disk is not known any more.
	broken error
}

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
// cut off was never acknowledged and is taken away. It fails when the end of the
// file is not what its head says: then somebody must look (secondline audit verify).
func Open(path string, now func() time.Time) (*Log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	head, err := os.OpenFile(headPath(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("audit: %w", err)
	}
	l := &Log{file: file, head: head, now: now}
	if err := errors.Join(l.takeUp(), syncDir(filepath.Dir(path))); err != nil {
		l.Close()
		return nil, fmt.Errorf("audit: %w", err)
	}
	return l, nil
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
	if cut := len(tail) - len(whole); cut > 0 {
		if err := l.file.Truncate(size - int64(cut)); err != nil {
			return err
		}
	}
	return l.writeHead()
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

func (l *Log) writeHead() error {
	if _, err := l.head.WriteAt([]byte(l.last.String()), 0); err != nil {
		return err
	}
	return l.head.Sync()
}

// Append keeps an access; it sets the entry's N, At, Prev and Hash. When it returns
// nil the entry is on disk. After an error nothing more is taken: who cannot be
// recorded may not read.
func (l *Log) Append(e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return fmt.Errorf("audit: an earlier entry was not written: %w", l.broken)
	}
	e.N, e.At, e.Prev = l.last.N+1, l.now().UTC(), l.last.Hash
	line, e, err := e.line()
	if err != nil {
		return err
	}
	if len(line) > longestLine {
		return fmt.Errorf("audit: an entry of %d bytes is too long", len(line))
	}
	if _, err = l.file.Write(append(line, '\n')); err == nil {
		err = l.file.Sync()
	}
	if err == nil {
		// A crash before this leaves a line more than the head tells of, which is right.
		l.last = Head{e.N, e.Hash}
		err = l.writeHead()
	}
	if err != nil {
		l.broken = err
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Head says how long the record is.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Close closes the files.
func (l *Log) Close() error { return errors.Join(l.file.Close(), l.head.Close()) }

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
