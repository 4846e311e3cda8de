package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"secondline/casestore"
)

const retentionUsage = `secondline retention deletes what has been kept for long enough, as serve does by
itself once a day, and says what was deleted and what stays and why. The times are
[retention] in the programme's file. Opt-outs, who agreed to what, and the audit
record stay.

  secondline retention [-dry-run]

`

// retentionOf gives the store the times.
func retentionOf(r Retention) casestore.Retention {
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	return casestore.Retention{Closed: days(r.ClosedRequestsDays), Tasks: days(r.ClosedTasksDays), LaidAside: days(r.LaidAsideDays), Consents: days(r.ConsentsDays)}
}

// runRetention is the command "secondline retention".
func runRetention(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	dry := false
	return runKept(ctx, "retention", keptCommand{
		usage: retentionUsage,
		flags: func(f *flag.FlagSet) {
			f.BoolVar(&dry, "dry-run", false, "say what would be deleted, and delete nothing")
		},
		do: func(ctx context.Context, k kept, _ []string, out io.Writer) error {
			vault, err := openVault(time.Now, k.settings, k.data, k.store)
			if err != nil {
				return err
			}
			got, err := k.store.Retain(ctx, retentionOf(k.settings.Programme.Retention), dry, vault.Delete)
			printRetained(out, got, dry)
			return err
		},
	}, args, env, stdout, stderr)
}

func printRetained(out io.Writer, r casestore.Retained, dry bool) {
	verb := "deleted"
	if dry {
		verb = "would be deleted"
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	for _, row := range []struct {
		n    int
		what string
	}{
		{r.Cases, "requests that are over"}, {r.Recordings, "recordings of theirs"}, {r.Tasks, "tasks of no request that are done"}, {r.Refused, "events that were refused"},
		{r.Deliveries, "events that nobody took"}, {r.Effects, "effects that were laid aside"}, {r.Consents, "proofs of consent"},
	} {
		fmt.Fprintf(w, "%d\t %s %s\n", row.n, row.what, verb)
	}
	for _, why := range slices.Sorted(maps.Keys(r.Held)) {
		fmt.Fprintf(w, "%d\t requests stay: %s\n", r.Held[why], why)
	}
	if r.Unclosed > 0 {
		fmt.Fprintf(w, "%d\t requests stay: they were followed up as long ago, and nobody has closed them\n", r.Unclosed)
	}
	if r.Failed > 0 {
		fmt.Fprintf(w, "%d\t could not be deleted now\n", r.Failed)
	}
	_ = w.Flush()
}

// retain deletes what has been kept for long enough, on one replica a day.
func (l *line) retain(ctx context.Context) {
	mine, done, err := l.store.ClaimRetention(ctx)
	if err != nil || !mine {
		if err != nil {
			l.log.Warn("what has been kept for long enough is not deleted; it is tried again", "err", err)
		}
		return
	}
	got, err := l.store.Retain(ctx, l.retention, false, l.recorder.vault.Delete)
	l.log.Info("what has been kept for long enough is deleted", "requests", got.Cases, "recordings", got.Recordings, "tasks", got.Tasks, "refused_events", got.Refused,
		"events", got.Deliveries, "effects", got.Effects, "consents", got.Consents, "held", got.Held, "unclosed", got.Unclosed, "failed", got.Failed)
	if err == nil {
		err = done(ctx)
	}
	if err != nil {
		l.log.Error("not everything that has been kept for long enough is deleted; it is tried again", "err", err)
	}
}
