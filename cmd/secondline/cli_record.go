package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
)

// byHand collects what a command does, for the record.
type byHand struct {
	mu    sync.Mutex
	deeds []audit.Entry
}

func (b *byHand) note(d casestore.Deed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := entryOf(d)
	e.At = time.Now()
	b.deeds = append(b.deeds, e)
}

// errNotRecorded is what was done although the audit record could not be written.
type errNotRecorded struct{ err error }

// Error says so.
func (e errNotRecorded) Error() string {
	return "it is DONE, and it is NOT ON RECORD; write down who asked for it, and see to the audit record: " + e.err.Error()
}

// Unwrap gives the cause.
func (e errNotRecorded) Unwrap() error { return e.err }

// onRecord carries a command out, with a line in the audit record before it, and those
// of what it did and of how it ended after it. What cannot be recorded is not done,
// unless it is to be done anyway: then it fails with errNotRecorded, if with nothing else.
func (k kept) onRecord(ctx context.Context, name string, anyway bool, do func(context.Context) error) error {
	by := casestore.Actor{Who: "uid" + strconv.Itoa(os.Getuid()), Role: "operator", Trace: strings.ToLower(rand.Text()[:16])}
	e := audit.Entry{Who: by.Who, Role: by.Role, What: "command." + strings.ReplaceAll(name, " ", "."), Outcome: "asked", Trace: by.Trace}
	asked := recordByHand(ctx, k.settings, k.data, e)
	if asked != nil && !anyway {
		return fmt.Errorf("nothing is done, because it cannot be recorded: %w", asked)
	}
	did := do(casestore.By(ctx, by))
	k.did.mu.Lock()
	defer k.did.mu.Unlock()
	for _, d := range k.did.deeds {
		e.Case = cmp.Or(e.Case, d.Case)
	}
	if e.Outcome = "done"; did != nil {
		e.Outcome = "failed"
	}
	// What was done is done, however long ctx still lasts.
	err := recordByHand(context.WithoutCancel(ctx), k.settings, k.data, append(k.did.deeds, e)...)
	if anyway && did == nil && err != nil {
		return errNotRecorded{err}
	}
	return errors.Join(did, err)
}

// cliWait is how long a command waits for another one that is writing its lines.
const cliWait = 10 * time.Second

// recordByHand writes lines into the record of the commands of this machine, which
// they share: each holds it only as long as it writes.
func recordByHand(ctx context.Context, s Settings, data string, entries ...audit.Entry) error {
	path := auditBeside(auditPath(s, data), "cli")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("AUDIT_LOG: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, cliWait)
	defer cancel()
	for {
		record, err := audit.Open(path, time.Now)
		if err == nil {
			return errors.Join(record.Append(entries...), record.Close())
		}
		if !errors.Is(err, audit.ErrLocked) || ctx.Err() != nil {
			return fmt.Errorf("AUDIT_LOG: %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}
