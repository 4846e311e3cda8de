package casestore

import (
	"context"
	"fmt"
	"time"

	"secondline/internal/private"
)

// CaseEntry is one line of what people did about a case: what neither a call nor the
// promise tells.
type CaseEntry struct {
	At   time.Time
	What EntryKind
	// Who is the roster ID, or the issuer's name, of the one who did it; empty for the
	// line itself.
	Who string
	// About is the name of what it is about: a stage, a task, a kind of outcome.
	About string
	// Text is what was written: a note, a reason.
	Text private.Text
	// Sealed says that only its author, and who oversees, may read Text.
	Sealed bool
}

// EntryKind says what was done.
type EntryKind string

// What can be done about a case.
const (
	EntryNote      EntryKind = "note"
	EntryStage     EntryKind = "stage"     // About is the stage it came to
	EntryReason    EntryKind = "reason"    // why Who moved it to the stage About
	EntryAuthority EntryKind = "authority" // Text is who may speak for the patient
	EntryNumber    EntryKind = "number"    // another number to call
	EntryStop      EntryKind = "stop"      // no automated calls and no texts any more
	EntryMoved     EntryKind = "moved"     // the patient chose another time; About in Unix seconds
	EntryTask      EntryKind = "task"      // About is the task's kind and what became of it
)

// mostEntries is how many lines of one case are kept: the oldest go first.
const mostEntries = 2000

// entriesKey: list of sealed lines, the newest first. What people did about a case.
func entriesKey(p Partition, id CaseID) string { return key(p, "entries", string(id)) }

func (s *Store) addEntry(ops *operations, p Partition, id CaseID, e CaseEntry) {
	ops.add("LPUSH", entriesKey(p, id), s.ring.Seal(string(id), "entry", encodeEntry(e)))
	ops.add("LTRIM", entriesKey(p, id), 0, mostEntries-1)
	ops.did(Deed{What: "case.entry", Case: id, Outcome: string(e.What)})
}

// AddEntry writes a line down.
func (s *Store) AddEntry(ctx context.Context, p Partition, id CaseID, e CaseEntry) error {
	ops := operations{}
	s.addEntry(&ops, p, id, e)
	return s.runPlain(ctx, ops)
}

func (s *Store) openEntries(id CaseID, sealed []string) []CaseEntry {
	out := make([]CaseEntry, 0, len(sealed))
	for i := len(sealed) - 1; i >= 0; i-- {
		plain, err := s.ring.Open(string(id), "entry", []byte(sealed[i]))
		if err != nil {
			s.log.Error("a line of a case cannot be opened", "case", id, "err", err)
			continue
		}
		e, err := decodeEntry(plain)
		if err != nil {
			s.log.Error("a line of a case cannot be read", "case", id, "err", err)
			continue
		}
		out = append(out, e)
	}
	return out
}

func encodeEntry(e CaseEntry) []byte {
	w := &writer{b: append(make([]byte, 0, 128), wireFormat)}
	w.when(e.At)
	w.text(string(e.What))
	w.text(e.Who)
	w.text(e.About)
	w.told(e.Text)
	w.flag(e.Sealed)
	return w.b
}

func decodeEntry(plain []byte) (CaseEntry, error) {
	r, err := openWire(plain)
	if err != nil {
		return CaseEntry{}, err
	}
	e := CaseEntry{At: r.when(), What: EntryKind(r.text()), Who: r.text(), About: r.text(), Text: r.told(), Sealed: r.flag()}
	if r.err != nil {
		return e, fmt.Errorf("casestore: entry: %w", r.err)
	}
	return e, nil
}
