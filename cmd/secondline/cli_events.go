package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/event"
)

const eventsUsage = `secondline events shows events that went wrong, and tries them again.

  secondline events refused         events that came in and could not be accepted
  secondline events dead            events that nobody took in three days
  secondline events given-up        what the line could not do in eight tries: a text, a dial, a recording
  secondline events replay ID|all   take, send or do them again

`

// mostRefused is how many refused events are looked at, at once.
const mostRefused = 10_000

// runEvents is the command "secondline events".
func runEvents(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runKeptGroup(ctx, "events", eventsUsage, map[string]keptCommand{
		"refused":  {usage: "Usage: secondline events refused\n\nWhat they say is personal and is not shown.\n\n", do: listRefused},
		"given-up": {usage: "Usage: secondline events given-up\n\n", do: listGivenUp},
		"dead":     {usage: "Usage: secondline events dead\n\n", do: listDead},
		"replay": {usage: "Usage: secondline events replay ID|all\n\nThose that came in are taken as if they came now, whatever their order; one that is\nrefused again stays. Those that go out are sent by serve, and what was\ngiven up is done by it, from the first try on.\n\n",
			least: 1, most: 1, do: replayEvents},
	}, args, env, stdout, stderr)
}

func listRefused(ctx context.Context, k kept, _ []string, out io.Writer) error {
	all, err := k.store.RefusedEvents(ctx, mostRefused)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "EVENT\tREFUSED\tWHY\tBYTES")
	for _, e := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", e.ID, k.when(e.At), inBlanks(e.Reason), len(e.Body))
	}
	return w.Flush()
}

func listDead(ctx context.Context, k kept, _ []string, out io.Writer) error {
	all, err := k.store.DeadDeliveries(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "EVENT\tFOR\tTYPE\tFIRST TRIED\tTRIES")
	for _, d := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", d.ID, d.Endpoint, d.Type, k.when(d.First), d.Tries)
	}
	return w.Flush()
}

// replayEvents tries again what has a name, or all. What is refused again, or cannot be
// tried, makes it fail; the others are tried all the same.
func replayEvents(ctx context.Context, k kept, args []string, out io.Writer) error {
	refused, err := k.store.RefusedEvents(ctx, mostRefused)
	if err != nil {
		return err
	}
	dead, err := k.store.DeadDeliveries(ctx)
	if err != nil {
		return err
	}
	inbox := &event.Inbox{Store: k.store, Coordinator: rosterID(k.settings.Programme.Coordinators), Unproved: k.settings.Deploy.RedisUnsafe,
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: event.NewMetrics()}
	found, again := 0, 0
	for _, e := range refused {
		if args[0] != "all" && args[0] != e.ID {
			continue
		}
		found++
		results, err := replay(ctx, k.store, inbox, e)
		if err != nil {
			return err
		}
		for _, r := range results {
			fmt.Fprintf(out, "%s: %s", e.ID, r.Status)
			if r.Status == "refused" {
				again++
				fmt.Fprintf(out, ", %s: %s", inBlanks(r.Reason), r.Detail)
			}
			fmt.Fprintln(out)
		}
	}
	for _, d := range dead {
		if args[0] != "all" && args[0] != d.ID {
			continue
		}
		found++
		if err := k.store.Revive(ctx, d); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: sent again by serve, to %s\n", d.ID, d.Endpoint)
	}
	redone, err := redo(ctx, k.store, args[0], out)
	if err != nil {
		return err
	}
	found += redone
	switch {
	case again > 0:
		return fmt.Errorf("%d refused again; they are kept", again)
	case found == 0 && args[0] != "all":
		return errors.New("there is no event of this name; secondline events refused, events dead and events given-up show them")
	case found == 0:
		fmt.Fprintln(out, "There is nothing to try again.")
	}
	return nil
}

func listGivenUp(ctx context.Context, k kept, _ []string, out io.Writer) error {
	all, err := k.store.GivenUp(ctx, mostRefused)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tWHAT\tGIVEN UP\tTRIES")
	for _, g := range all {
		fmt.Fprintf(w, "%s.%s\t%s\t%s\t%d\n", g.Partition, g.ID, inBlanks(g.Kind), k.when(g.At), g.Tries)
	}
	return w.Flush()
}

// redo has what was given up done again: one thing, or all.
func redo(ctx context.Context, store *casestore.Store, which string, out io.Writer) (found int, err error) {
	all, err := store.GivenUp(ctx, mostRefused)
	if err != nil {
		return 0, err
	}
	for _, g := range all {
		name := g.Partition.String() + "." + g.ID
		if which != "all" && which != name {
			continue
		}
		switch err := store.Redo(ctx, g.Partition, g.ID); {
		case errors.Is(err, casestore.ErrNotFound):
			continue // somebody else was first
		case err != nil:
			return found, err
		}
		found++
		fmt.Fprintf(out, "%s (%s): done again by serve\n", name, inBlanks(g.Kind))
	}
	return found, nil
}

// replay takes a refused event once more. One that is refused again is kept anew, and
// the old one goes.
func replay(ctx context.Context, store *casestore.Store, inbox *event.Inbox, e casestore.RefusedEvent) ([]event.Result, error) {
	results, err := inbox.Take(ctx, http.Header{"Content-Type": {e.Kind}}, e.Body)
	if err != nil {
		return nil, err
	}
	return results, store.DropRefused(ctx, e.ID)
}
