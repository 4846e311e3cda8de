package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"secondline/casestore"
)

const shredUsage = `Usage: secondline case shred -sure REQUEST

Deletes all that is personal of one request at once, its recordings too, and writes
that down in the journal, so that a restored backup does not bring it back. Who agreed
to what, opt-outs and the audit record stay. A request of which a call is promised or
something is owed is left as it is: move it to withdrawn or closed and close its tasks.
Copies of Redis from before can be read until the key of their time is destroyed:
secondline keys.

`

// shredCommand deletes one request.
func shredCommand() keptCommand {
	sure := false
	return keptCommand{usage: shredUsage, least: 1, most: 2,
		flags: func(f *flag.FlagSet) { f.BoolVar(&sure, "sure", false, "it cannot be undone") },
		do: func(ctx context.Context, k kept, args []string, out io.Writer) error {
			c, err := findCase(ctx, k.store, strings.Join(args, ""))
			if err != nil {
				return err
			}
			if !sure {
				return errUsage{"nothing is deleted without -sure; it cannot be undone"}
			}
			return k.shred(ctx, c, out)
		}}
}

// shred writes down first that it is to be done: whatever comes between, it is done
// when serve starts next.
func (k kept) shred(ctx context.Context, c *casestore.Case, out io.Writer) error {
	if !c.Forgotten.IsZero() {
		fmt.Fprintln(out, "It is deleted already.")
		return nil
	}
	if held, err := k.store.Held(ctx, c); err != nil || held != "" {
		return errors.Join(err, heldError(held))
	}
	vault, err := openVault(time.Now, k.settings, k.data, k.store)
	if err != nil {
		return err
	}
	journal, err := openJournal(k.settings, k.data)
	if err != nil {
		return err
	}
	defer journal.Close()
	entry := casestore.JournalEntry{At: k.now, Person: k.store.Ring().Person(c.Phone()), What: casestore.Shredded, How: "operator", Ref: c.Place()}
	if err := journal.Append(entry); err != nil {
		return err
	}
	n := 0
	held, err := k.store.Forget(ctx, c, casestore.Shredded, func(sids []string) error {
		n = len(sids)
		for _, sid := range sids {
			if err := vault.Delete(ctx, sid); err != nil {
				return err
			}
		}
		return nil
	})
	if held != "" {
		entry.What = casestore.ShredRefused
		err = errors.Join(err, journal.Append(entry))
	}
	if err != nil || held != "" {
		return errors.Join(err, heldError(held))
	}
	fmt.Fprintf(out, "Deleted, with %d recordings. Copies of Redis from before can be read until the key of their time is destroyed (secondline keys).\n", n)
	return nil
}

func heldError(held string) error {
	if held == "" {
		return nil
	}
	return fmt.Errorf("nothing is deleted: %s", held)
}

// shredAgain deletes what a restored backup has brought back.
func (l *line) shredAgain(ctx context.Context, entries []casestore.JournalEntry) error {
	var wrong []error
	shredded := map[string]bool{} // by place: what was said of it last
	for _, e := range entries {
		if e.What == casestore.Shredded || e.What == casestore.ShredRefused {
			shredded[e.Ref] = e.What == casestore.Shredded
		}
	}
	for _, e := range entries {
		if e.What != casestore.Shredded || !shredded[e.Ref] {
			continue
		}
		c, err := l.store.At(ctx, e.Ref)
		if errors.Is(err, casestore.ErrNotFound) || err == nil && !c.Forgotten.IsZero() {
			continue
		}
		if err == nil {
			l.log.Warn("a request that was deleted is there again, and is deleted again", "case", c.ID)
			err = l.store.ForgetAgain(ctx, c, casestore.Shredded, func(sids []string) error {
				for _, sid := range sids {
					if err := l.recorder.vault.Delete(ctx, sid); err != nil {
						return err
					}
				}
				return nil
			})
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}
