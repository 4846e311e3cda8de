package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
)

const explainUsage = `secondline explain tells what was planned, done and refused to keep the promise of
one request, why, and what comes next.

  secondline explain CASE

CASE is a request number, or the name of a case as logs have it ("c" and letters).
REDIS_URL and PHI_KEYS are those of secondline serve. It changes nothing.

`

// runExplain explains one promise.
func runExplain(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runKept(ctx, "explain", keptCommand{usage: explainUsage, least: 1, most: 1, do: explainCase}, args, env, stdout, stderr)
}

func explainCase(ctx context.Context, k kept, args []string, stdout io.Writer) error {
	store, zone := k.store, k.zone
	c, err := findCase(ctx, store, args[0])
	if err != nil {
		return err
	}
	p, err := store.Promise(ctx, c.Partition, c.ID)
	if err != nil && !errors.Is(err, casestore.ErrNotFound) {
		return err
	}
	tasks, err := store.Tasks(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, explanation(c, p, tasks, zone))
	return err
}

// findCase finds a case by its request number or its name, which is on record.
func findCase(ctx context.Context, store *casestore.Store, which string) (*casestore.Case, error) {
	c, err := lookFor(ctx, store, which)
	if err == nil {
		store.Record(ctx, casestore.Deed{What: "case.read", Case: c.ID, Outcome: "shown"})
	}
	return c, err
}

func lookFor(ctx context.Context, store *casestore.Store, which string) (*casestore.Case, error) {
	if number, err := casestore.ParseRequestNumber(strings.ReplaceAll(which, " ", "")); err == nil {
		c, err := store.Lookup(ctx, number.Reveal())
		if err == nil && c == nil {
			err = errors.New("there is no request of this number")
		}
		return c, err
	}
	if !strings.HasPrefix(which, "c") {
		return nil, errors.New("this is neither a request number (eight digits, the last of which checks the others) nor the name of a case")
	}
	c, err := store.FindCase(ctx, which)
	if errors.Is(err, casestore.ErrNotFound) {
		return nil, errors.New("there is no case of this name")
	}
	return c, err
}

// explanation writes all that is known of a promise; p is nil where none was made.
func explanation(c *casestore.Case, p *casestore.Promise, tasks []*casestore.Task, zone *time.Location) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Case %s is at the stage %q.\n", c.ID, strings.ReplaceAll(string(c.Stage), "_", " "))
	if p == nil {
		out.WriteString("No call after delivery is promised yet: it is when the opinion is delivered.\n")
	} else {
		by := p.Delivered.Add(24 * time.Hour)
		fmt.Fprintf(&out, "The opinion was delivered %s; the 24 hours end %s.\n", explain.OnTime(p.Delivered, zone), explain.OnTime(by, zone))
		if !p.Chosen.IsZero() {
			fmt.Fprintf(&out, "The patient chose %s.\n", strings.TrimPrefix(explain.OnTime(p.Chosen, zone), "on "))
		}
		out.WriteString("\n")
		w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		for _, x := range explain.Promise(p, zone) {
			fmt.Fprintf(w, "%s\t%s\n", inWords(x.At.In(zone), "Mon Jan 2, 3:04 PM"), x.Text)
		}
		_ = w.Flush() // a Builder takes everything
		fmt.Fprintf(&out, "\nNext: %s\n", explain.Next(p, zone))
	}
	open := 0
	for _, t := range tasks {
		if t.Case != c.ID {
			continue
		}
		if open++; open == 1 {
			out.WriteString("\nOn the list of the team:\n")
		}
		fmt.Fprintf(&out, "  %s, due %s\n", strings.ReplaceAll(string(t.Kind), "_", " "), strings.TrimPrefix(explain.OnTime(t.Due, zone), "on "))
	}
	return out.String()
}
