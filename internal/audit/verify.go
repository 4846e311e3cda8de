package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Problem is what is wrong with a record, and where.
type Problem struct {
	Line int
	What string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.What
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.What)
}

// Verify reads a record from its beginning and gives the head that follows from it.
// The error is a Problem at the first line that was altered, removed or moved, or
// after which a line was. known is the head that was written down beside the file or
// elsewhere; a zero one is not compared.
func Verify(record io.Reader, known Head) (Head, error) {
	at := Head{0, first}
	met := known.N == 0
	lines := bufio.NewReaderSize(record, 64<<10)
	for {
		text, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			break
		}
		if err != nil {
			return at, Problem{at.N + 1, "it is cut off, or too long to be an entry"}
		}
		e, err := read(text[:len(text)-1])
		switch {
		case err != nil:
			return at, Problem{at.N + 1, err.Error()}
		case e.N != at.N+1:
			return at, Problem{at.N + 1, fmt.Sprintf("it is number %d: lines were removed, added or moved", e.N)}
		case e.Prev != at.Hash:
			return at, Problem{at.N + 1, "it does not follow the line before: lines were removed, added or moved"}
		}
		at = Head{e.N, e.Hash}
		if known.N == at.N && known.Hash != at.Hash {
			return at, Problem{at.N, "it is another than the head tells of"}
		}
		met = met || known.N == at.N
	}
	if !met {
		return at, Problem{0, fmt.Sprintf("there are %d lines and the head tells of %d: lines were removed at the end", at.N, known.N)}
	}
	return at, nil
}

// VerifyFile verifies a file by the head beside it. One that has lines and no head is
// a Problem; with another head given, that one counts.
func VerifyFile(path string, other Head) (Head, error) {
	file, err := os.Open(path)
	if err != nil {
		return Head{}, fmt.Errorf("audit: %w", err)
	}
	defer file.Close()
	known := other
	if known.N == 0 {
		text, err := os.ReadFile(headPath(path))
		if err != nil {
			return Head{}, Problem{0, "its head cannot be read: " + err.Error()}
		}
		if known, err = ParseHead(string(text)); err != nil {
			return Head{}, Problem{0, "its head cannot be read"}
		}
	}
	return Verify(file, known)
}
