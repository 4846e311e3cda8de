package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// mostWait is the longest time between two tries to open a record anew.
const mostWait = 30 * time.Second

// breaks notes that it is not known any more what is on disk. A kernel that could not
// write pages out takes them for written afterwards, or throws them away (fsync(2)):
// another Sync of the same would succeed and mean nothing.
func (l *Log) breaks(err error) {
	l.broken = err
	if l.failures++; l.failures > 1 {
		l.retry = l.now().Add(min(time.Second<<min(l.failures-2, 8), mostWait))
	}
}

// mend opens a record that is broken anew, and gives why that cannot be done now.
func (l *Log) mend() error {
	if l.closed {
		return os.ErrClosed
	}
	if l.broken == nil {
		return nil
	}
	if l.now().Before(l.retry) {
		return l.broken
	}
	if err := l.reopen(); err != nil {
		l.breaks(err)
		return err
	}
	l.broken = nil
	return nil
}

// reopen goes on with the record where the last acknowledged line ends. What was
// written behind it and never acknowledged is taken away, for whoever wrote it to
// write again.
func (l *Log) reopen() error {
	_ = errors.Join(l.file.Close(), l.head.Close()) // it has failed already; its lock must go before there is another
	file, head, err := openFiles(l.path, 0)
	if err != nil {
		return err
	}
	l.file, l.head = file, head
	if err := l.wantEnd(); err != nil {
		return err
	}
	// The head first: a crash between the two leaves lines more than it tells of.
	if err := l.writeHead(l.last); err != nil {
		return err
	}
	if err := l.file.Truncate(l.size); err != nil {
		return err
	}
	return l.sync(l.file)
}

// wantEnd fails where the last acknowledged line is not on disk, or where somebody else
// has written meanwhile: then somebody must look.
func (l *Log) wantEnd() error {
	known, err := readHead(l.head)
	if err != nil {
		return err
	}
	if known != l.last && known != l.tried {
		return fmt.Errorf("the head tells of %d lines, and %d were written: another has written it", known.N, l.last.N)
	}
	tail := make([]byte, min(l.size, 2*longestLine))
	if _, err := l.file.ReadAt(tail, l.size-int64(len(tail))); err != nil {
		return fmt.Errorf("the end of the file: %w", err)
	}
	if len(tail) == 0 {
		return nil
	}
	whole := bytes.TrimSuffix(tail, []byte{'\n'})
	e, err := read(whole[bytes.LastIndexByte(whole, '\n')+1:])
	if err != nil {
		return fmt.Errorf("the last line: %w", err)
	}
	if (Head{e.N, e.Hash}) != l.last || len(whole) == len(tail) {
		return errors.New("the last line that was acknowledged is not there: lines were taken away")
	}
	return nil
}
