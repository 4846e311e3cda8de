package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"secondline/internal/hours"
)

func minuteScene(t *testing.T, zones string) *scene {
	t.Helper()
	s := simulation{hoursFlags: hoursFlags{line: "Mon-Sun 09:00-21:00", window: "08:00-20:00"}, deliveries: 1, year: 2027, zones: zones, released: "any"}
	sc, err := s.scene()
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// In every zone of the tz database, on days drawn anew each time and on those around
// which clocks change: no call outside of legal minutes, people take over when it is
// specified, and no legal minute is said exactly where there is none. simulate
// -every-minute asks the same for every minute of the year.
func TestPlansInEveryZone(t *testing.T) {
	t.Parallel()
	sc := minuteScene(t, "world")
	year := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	clocks := differentClocks(sc.places, year, year.AddDate(1, 0, 0))
	if len(sc.places) < 590 || len(clocks) < 80 {
		t.Fatalf("%d zones with %d different clocks", len(sc.places), len(clocks))
	}
	total := &minuteTally{}
	drawn := rand.Uint64()
	r := rand.New(rand.NewPCG(drawn, 0))
	days := []int{72, 86, 303, 310, r.IntN(365)} // the changes of March, of October and November
	for i, day := range days {
		from := year.AddDate(0, 0, day)
		wall := newWall(sc, from, from.AddDate(0, 0, 20))
		for n, at := range clocks {
			if n%len(days) == i || day == days[len(days)-1] && n%3 == 0 {
				total.add(wall.at(at).plans(t.Context(), from.Add(time.Duration(r.IntN(60))*time.Minute), from.AddDate(0, 0, 2), 11*time.Minute))
			}
		}
	}
	t.Logf("seed %d: %d plans, %d calls, %d texts; %d have no legal minute", drawn, total.Deliveries, total.Calls, total.Texts, total.NoLegalMinute)
	if total.status() != 0 || total.Deliveries < 5000 || total.NoLegalMinute == 0 {
		t.Errorf("seed %d: %+v", drawn, total)
	}
}

// A planner that does wrong is found out.
func TestEveryMinuteFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	sc := minuteScene(t, "Asia/Dhaka")
	from := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)
	at := newWall(sc, from, from.AddDate(0, 0, 20)).at(sc.places[0])
	at.owed.Legal = minuteScene(t, "Asia/Kolkata").places[0].legal
	got := at.plans(t.Context(), from, from.AddDate(0, 0, 1), 10*time.Minute)
	if got.Illegal == 0 || got.Guards == 0 || got.None == 0 || got.status() != 1 || got.Example == "" {
		t.Errorf("a plan for another zone: %+v", got)
	}
	at.owed.Legal = hours.NewLegal(sc.line, sc.places[0].zones, hours.WidestWindow, 0)
	if got := at.plans(t.Context(), from, from.AddDate(0, 0, 1), 10*time.Minute); got.Illegal == 0 {
		t.Errorf("a plan for a wider window: %+v", got)
	}
}

func TestSimulateEveryMinute(t *testing.T) {
	t.Parallel()
	sc := minuteScene(t, "America/New_York")
	sc.json = true
	got, err := everyMinute(t.Context(), sc, 113*time.Minute, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var again minuteTally
	if err := errors.Join(got.show(sc, &out), json.Unmarshal(out.Bytes(), &again)); err != nil || again != *got {
		t.Errorf("%v: %s", err, out.String())
	}
	if got.Deliveries != 365*24*60/113+1 || got.Clocks != 1 || got.NoLegalMinute != 0 || got.status() != 0 || got.Calls < 5*got.Deliveries {
		t.Errorf("%+v", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var faults strings.Builder
	if status := run(ctx, []string{"simulate", "-every-minute", "-zones", "UTC"}, noEnvironment, io.Discard, &faults); status != 1 || !strings.Contains(faults.String(), "canceled") {
		t.Errorf("exit status %d: %s", status, faults.String())
	}
}
