package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
)

// kept is what an operator's command works on: what the line keeps.
type kept struct {
	settings Settings
	store    *casestore.Store
	zone     *time.Location
	data     string
	now      time.Time
	did      *byHand
}

// keptCommand is an operator's command on what is kept.
type keptCommand struct {
	usage string
	// least and most are how many arguments it takes.
	least, most int
	// flags adds those of its own; nil for none.
	flags func(*flag.FlagSet)
	// anyway has it done though it cannot be recorded, as an opt-out must be; nil for
	// never.
	anyway func(args []string) bool
	do     func(ctx context.Context, k kept, args []string, out io.Writer) error
}

// errUsage is an argument that was not understood.
type errUsage struct{ what string }

// Error says which.
func (e errUsage) Error() string { return e.what }

// runKept carries a command out. The exit status is 2 when the question was not
// understood, 1 when it could not be done, 3 when it was done and is not on record.
func runKept(ctx context.Context, name string, c keptCommand, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "data", "the directory that serve was given")
	if c.flags != nil {
		c.flags(flags)
	}
	flags.Usage = func() { fmt.Fprint(stderr, c.usage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	if n := flags.NArg(); n < c.least || n > c.most {
		fmt.Fprint(stderr, c.usage)
		return 2
	}
	k, err := openKept(ctx, env, *data)
	if err == nil {
		err = k.onRecord(ctx, name, c.anyway != nil && c.anyway(flags.Args()), func(ctx context.Context) error { return c.do(ctx, k, flags.Args(), stdout) })
		err = errors.Join(err, k.store.Close())
	}
	if err != nil {
		fmt.Fprintf(stderr, "secondline %s: %v\n", name, err)
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(errUsage)):
		return 2
	case errors.As(err, new(errNotRecorded)):
		return 3
	}
	return 1
}

// runKeptGroup carries out one of several commands under a name.
func runKeptGroup(ctx context.Context, name, usage string, commands map[string]keptCommand, args []string, env environment, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	if c, ok := commands[args[0]]; ok {
		return runKept(ctx, name+" "+args[0], c, args[1:], env, stdout, stderr)
	}
	fmt.Fprint(stderr, usage)
	if args[0] == "-h" || args[0] == "-help" || args[0] == "help" {
		return 0
	}
	fmt.Fprintf(stderr, "secondline %s: there is no %q; there is %s\n", name, args[0], list(slices.Sorted(maps.Keys(commands))))
	return 2
}

// openKept opens what serve keeps. It fails where nothing of it could be read with
// these keys.
func openKept(ctx context.Context, env environment, data string) (kept, error) {
	settings, err := LoadSettings(env, os.ReadFile)
	if err != nil {
		return kept{}, err
	}
	address := settings.Deploy.RedisURL.Reveal()
	if files := (redisFiles{data}); address == "" {
		if _, err := os.Stat(files.socket()); err != nil {
			return kept{}, fmt.Errorf("REDIS_URL is not set, and no redis-server of serve runs in %s: give REDIS_URL or the -data of serve", data)
		}
		address = "unix://" + files.socket()
	}
	if len(settings.Deploy.PHIKeys.Sealing) == 0 {
		return kept{}, errors.New("PHI_KEYS is not set: it is that of secondline serve")
	}
	zone, err := time.LoadLocation(settings.Programme.Opening.Zone)
	if err != nil {
		return kept{}, err
	}
	did := &byHand{}
	store, err := openStoreOf(time.Now, settings, address, slog.New(slog.DiscardHandler), did.note)
	if err != nil {
		return kept{}, err
	}
	if _, err := store.CheckKeys(ctx); err != nil {
		_ = store.Close() // nothing was asked that could be lost
		if errors.Is(err, casestore.ErrOtherIndex) || errors.Is(err, casestore.ErrSealed) {
			return kept{}, fmt.Errorf("PHI_KEYS is not that of secondline serve: %w", err)
		}
		return kept{}, errors.New("Redis: " + redisTrouble(err))
	}
	return kept{settings: settings, store: store, zone: zone, data: data, now: time.Now(), did: did}, nil
}

// when writes a time for an operator; a dash for none.
func (k kept) when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(k.zone).Format("2006-01-02 15:04 MST")
}

// who names a coordinator by the roster, else by the ID; a dash for none.
func (k kept) who(id string) string {
	for _, c := range k.settings.Programme.Coordinators {
		if coordinatorID(c.Number) == id {
			return c.Name
		}
	}
	if id == "" {
		return "-"
	}
	return id
}

// ending shows of a request number what may be shown.
func ending(n casestore.RequestNumber) string {
	if digits := n.Reveal(); len(digits) == 8 {
		return "…" + digits[4:]
	}
	return "-"
}

// inBlanks writes a name of the program's for people.
func inBlanks[T ~string](name T) string { return strings.ReplaceAll(string(name), "_", " ") }
