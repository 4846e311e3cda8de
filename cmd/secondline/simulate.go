package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"
)

const simulateUsage = `secondline simulate delivers opinions all through a year to patients who answer
now and then, keeps the promise to each of them, and counts.

  secondline simulate [-deliveries N] [-year YEAR] [-zones us50|world|ZONE] [-answer SHARE]
  secondline simulate -every-minute [-year YEAR] [-zones us50|world|ZONE]

Every call and text is checked, minute for minute, against the clocks on the
wall. The exit status is 1 when one was illegal, or when a promise was broken and
nobody was told.

With -every-minute an opinion is delivered in every minute of the year, to every
zone, and only planned: every call and text of every plan is checked, when people
take over, and that it is said exactly where no minute is legal. For the world that
takes some minutes.

`

// simulation is what is asked for.
type simulation struct {
	hoursFlags
	deliveries, year int
	seed             uint64
	zones, released  string
	answer           float64
	svg              string
	json             bool
	everyMinute      bool
}

func runSimulate(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var s simulation
	flags.IntVar(&s.deliveries, "deliveries", 100_000, "how many opinions are delivered")
	flags.IntVar(&s.year, "year", 2027, "the year")
	flags.StringVar(&s.zones, "zones", "us50", "where patients are: us50 (as many as live there), world (every zone of the tz database alike), or a zone")
	flags.Float64Var(&s.answer, "answer", 0.35, "the share of calls that the patient answers")
	flags.StringVar(&s.released, "released", "any", "when opinions are delivered: weekdays (Monday to Friday 9 to 18, by the line's clock), or any time")
	flags.Uint64Var(&s.seed, "seed", 1, "another seed makes other deliveries, the same the same")
	flags.StringVar(&s.svg, "svg", "", "a file to draw the counts in")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	flags.BoolVar(&s.everyMinute, "every-minute", false, "plan a delivery in every minute of the year, in every zone")
	s.register(flags)
	flags.Usage = func() { fmt.Fprint(stderr, simulateUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	scene, err := s.scene()
	if err != nil || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "secondline simulate:", errors.Join(err, unexpected(flags.Args())))
		return 2
	}
	if s.everyMinute {
		return runEveryMinute(ctx, scene, stdout, stderr)
	}
	result, err := simulate(ctx, scene, lineExecutor{}, stderr)
	if err == nil {
		err = s.show(result, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline simulate:", err)
		return 1
	}
	return result.status()
}

func runEveryMinute(ctx context.Context, sc *scene, stdout, stderr io.Writer) int {
	result, err := everyMinute(ctx, sc, time.Minute, stderr)
	if err == nil {
		err = result.show(sc, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline simulate:", err)
		return 1
	}
	return result.status()
}

// unexpected refuses what is left of the arguments.
func unexpected(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("there is nothing to do with %q", args)
}

// show prints the result and, where a file is named, draws it.
func (s *simulation) show(r *tally, stdout io.Writer) error {
	var err error
	if s.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(r.report())
	} else {
		_, err = io.WriteString(stdout, r.text())
	}
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	if s.svg == "" {
		return nil
	}
	if err := os.WriteFile(s.svg, []byte(r.svg()), 0o644); err != nil {
		return fmt.Errorf("draw the result: %w", err)
	}
	return nil
}

// simulate keeps the promise of every delivery and counts. It says on progress
// how far it is. The result depends on the scene alone, whatever the number of
// processors.
func simulate(ctx context.Context, sc *scene, x executor, progress io.Writer) (*tally, error) {
	const batch = 500
	total := newTally(sc)
	starts := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var faults error
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for from := range starts {
				part, err := sc.batch(ctx, x, from, min(from+batch, sc.deliveries))
				mu.Lock()
				faults = errors.Join(faults, err)
				total.add(part, progress)
				mu.Unlock()
			}
		})
	}
	for from := 0; from < sc.deliveries && ctx.Err() == nil; from += batch {
		starts <- from
	}
	close(starts)
	wg.Wait()
	if err := errors.Join(faults, ctx.Err()); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	return total, nil
}

// batch keeps the promises of some deliveries.
func (sc *scene) batch(ctx context.Context, x executor, from, to int) (*tally, error) {
	part := newTally(sc)
	for n := from; n < to; n++ {
		d := sc.delivery(n)
		var acts []act
		if err := x.Keep(ctx, d.promise, d.answers, func(a act) { acts = append(acts, a) }); err != nil {
			return part, fmt.Errorf("delivery %d: %w", n, err)
		}
		part.judge(d, acts)
	}
	return part, nil
}
