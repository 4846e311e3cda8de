package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/recordings"
)

const keysUsage = `secondline keys says which key has sealed how much, and seals everything anew with
the first key of PHI_KEYS, so that an old one may be destroyed.

  secondline keys list      values and recordings by key
  secondline keys reseal    seal anew what another key has sealed; beside calls, and again
                            after it was broken off

Both look at Redis and at the recordings of this machine.

`

// runKeys is the command "secondline keys".
func runKeys(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runKeptGroup(ctx, "keys", keysUsage, map[string]keptCommand{
		"list":   {usage: "Usage: secondline keys list\n\n", do: listKeys},
		"reseal": {usage: "Usage: secondline keys reseal\n\nEvery replica must have the new key first. It looks at every key of Redis.\n\n", do: reseal},
	}, args, env, stdout, stderr)
}

func openDir(k kept) (*recordings.Dir, error) {
	vault, err := openVault(time.Now, k.settings, k.data, k.store)
	if err != nil {
		return nil, err
	}
	return vault.(*recordings.Dir), nil
}

func listKeys(ctx context.Context, k kept, _ []string, out io.Writer) error {
	dir, err := openDir(k)
	if err != nil {
		return err
	}
	values, err := k.store.SealedBy(ctx)
	if err != nil {
		return err
	}
	ring := k.store.Ring()
	ids := slices.Compact(slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(values)), ring.Keys()...))))
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tVALUES\tRECORDINGS\t")
	for _, id := range ids {
		n, err := dir.Count(ctx, func(sealed []byte) bool { by, _ := casestore.KeyOf(sealed); return by == id })
		if err != nil {
			return err
		}
		note := ""
		switch {
		case id == ring.Current():
			note = "seals"
		case values[id]+n == 0:
			note = "nothing is left under it here"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", id, values[id], n, note)
	}
	return w.Flush()
}

func reseal(ctx context.Context, k kept, _ []string, out io.Writer) error {
	dir, err := openDir(k)
	if err != nil {
		return err
	}
	current := k.store.Ring().Current()
	if err := k.store.MarkKeys(ctx); err != nil {
		return err
	}
	done, failed, err := k.store.Reseal(ctx, func(done, failed int) {
		if n := done + failed; n%10_000 == 0 {
			fmt.Fprintf(out, "%d values so far\n", n)
		}
	})
	fmt.Fprintf(out, "%d values are sealed anew with %s\n", done, current)
	if err != nil {
		return err
	}
	sounds, left, err := dir.Reseal(ctx, func(sealed []byte) bool { by, ok := casestore.KeyOf(sealed); return ok && by != current })
	fmt.Fprintf(out, "%d recordings are sealed anew\n", sounds)
	if err != nil {
		return err
	}
	if failed+left > 0 {
		return fmt.Errorf("%d values and %d recordings open with no key of PHI_KEYS; they go when their time is up, and their key must stay until then", failed, left)
	}
	dropped, err := k.store.DropMarks(ctx)
	if err != nil {
		return errors.Join(err, errors.New("something was sealed with an old key meanwhile: restart the replicas that have it first, and do this again"))
	}
	fmt.Fprintf(out, "Nothing is left under another key in Redis. ")
	if len(dropped) > 0 {
		fmt.Fprintf(out, "When no other machine keeps recordings, take %s out of PHI_KEYS, restart every replica, and destroy it with its copies: backups of its time cannot be read any more.\n", strings.Join(dropped, ", "))
	} else {
		fmt.Fprintln(out)
	}
	return nil
}
