package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"secondline/internal/hours"
)

func TestSimulateKeepsPromises(t *testing.T) {
	for _, c := range []struct {
		args      []string
		no, least float64 // share of no legal minute at most, of attempts in time at least
	}{
		{[]string{"-zones", "us50"}, 0, 100},
		{[]string{"-zones", "world"}, 5, 95},
		{[]string{"-zones", "us50", "-line", "Mon-Fri 09:00-21:00", "-released", "weekdays"}, 0, 100},
		{[]string{"-zones", "us50", "-line", "Mon-Fri 09:00-21:00"}, 26, 74},
		{[]string{"-zones", "Asia/Dhaka", "-answer", "0"}, 37, 63},
		{[]string{"-zones", "Europe/London", "-holidays", "thanksgiving,christmas", "-answer", "1"}, 2, 98},
	} {
		status, out, faults := ranWith(append([]string{"simulate", "-json", "-deliveries", "1500"}, c.args...)...)
		var got report
		if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 {
			t.Fatalf("%q: exit status %d: %v %s", c.args, status, err, faults)
		}
		share := func(n int) float64 { return 100 * float64(n) / float64(got.Deliveries) }
		if got.Deliveries != 1500 || got.Illegal+got.Broken+got.LateWithoutATask > 0 || share(got.NoLegalMinute) > c.no || share(got.AttemptedInTime) < c.least {
			t.Errorf("%q: %+v", c.args, got.counts)
		}
		if !strings.Contains(faults, "1,500 of 1,500 deliveries\n") {
			t.Errorf("%q: progress is %q", c.args, faults)
		}
	}
}

func TestSimulateIsTheSameOnOneProcessor(t *testing.T) {
	args := []string{"simulate", "-deliveries", "1200", "-zones", "world", "-seed", "7"}
	_, many, _ := ranWith(args...)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	_, single, _ := ranWith(args...)
	if diff := cmp.Diff(single, many); diff != "" {
		t.Errorf("-one +many:\n%s", diff)
	}
	if _, other, _ := ranWith("simulate", "-deliveries", "1200", "-zones", "world", "-seed", "8"); other == single {
		t.Error("another seed makes the same deliveries")
	}
}

func TestSimulateDraws(t *testing.T) {
	words := drawing(t, "simulate", "-deliveries", "500")
	for _, want := range []string{"500 opinions delivered in 2027", "late without a task", "Calls by the hour of the line's clock"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not drawn in\n%s", want, words)
		}
	}
}

func TestSimulateSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"-deliveries", "0", "1 or more"}, {"-deliveries", "many", "invalid value"}, {"-year", "1999", "2020 to 2099"},
		{"-zones", "us51", "not a time zone"}, {"-answer", "35", "within 0 to 1"}, {"-released", "sundays", "any or weekdays"}, {"-line", "always", "an example"},
	} {
		if status, _, faults := ranWith("simulate", c.flag, c.value); status != 2 || !strings.Contains(faults, c.want) {
			t.Errorf("%s %s: exit status %d: %s; want %q", c.flag, c.value, status, faults, c.want)
		}
	}
}

// careless keeps promises as its function says.
type careless func(p hours.Promise, report func(act)) error

func (c careless) Keep(_ context.Context, p hours.Promise, _ func() bool, report func(act)) error {
	return c(p, report)
}

// An executor that does wrong is found out.
func TestSimulateFindsWhatIsWrong(t *testing.T) {
	s := simulation{hoursFlags: hoursFlags{line: "Mon-Sun 09:00-21:00", window: "08:00-20:00"}, deliveries: 200, year: 2027, zones: "us50", released: "any"}
	sc, err := s.scene()
	if err != nil {
		t.Fatal(err)
	}
	run := func(x careless) *tally {
		out, err := simulate(t.Context(), sc, x, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := run(func(hours.Promise, func(act)) error { return nil }); got.LateWithoutATask != 200 || got.Broken != 200 || got.status() != 1 {
		t.Errorf("nothing is done: %+v", got.counts)
	}
	late := run(func(p hours.Promise, report func(act)) error {
		report(act{p.Delivered.Add(25 * time.Hour), actCall})
		return nil
	})
	if late.LateWithoutATask != 200 || late.AttemptedInTime != 0 || late.status() != 1 {
		t.Errorf("all is an hour late: %+v", late.counts)
	}
	told := run(func(p hours.Promise, report func(act)) error {
		report(act{p.Delivered.Add(time.Hour), actTask})
		return nil
	})
	if told.LateWithoutATask != 0 || told.Broken != 200 || told.status() != 1 {
		t.Errorf("a person is told, nobody calls: %+v", told.counts)
	}
	night := run(func(p hours.Promise, report func(act)) error {
		y, m, d := p.Delivered.Date()
		report(act{time.Date(y, m, d, 3, 0, 0, 0, sc.line.Zone()), actText})
		return nil
	})
	if night.Illegal != 200 {
		t.Errorf("texts at three in the night: %+v", night.counts)
	}
	broken := errors.New("out of order")
	if _, err := simulate(t.Context(), sc, careless(func(hours.Promise, func(act)) error { return broken }), io.Discard); !errors.Is(err, broken) {
		t.Errorf("the executor's own error is lost: %v", err)
	}
}

func TestSimulateCanBeStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var faults strings.Builder
	if status := run(ctx, []string{"simulate"}, func(string) (string, bool) { return "", false }, io.Discard, &faults); status != 1 || !strings.Contains(faults.String(), "canceled") {
		t.Errorf("exit status %d: %s", status, faults.String())
	}
}
