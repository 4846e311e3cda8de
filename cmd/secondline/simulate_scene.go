package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"secondline/internal/hours"
)

// population gives how many live in a state, in hundred thousands (census of
// 2020).
var population = map[string]int{
	"AL": 50, "AK": 7, "AZ": 72, "AR": 30, "CA": 395, "CO": 58, "CT": 36, "DE": 10, "FL": 215, "GA": 107, "HI": 15, "ID": 18, "IL": 128,
	"IN": 68, "IA": 32, "KS": 29, "KY": 45, "LA": 47, "ME": 14, "MD": 62, "MA": 70, "MI": 101, "MN": 57, "MS": 30, "MO": 62, "MT": 11,
	"NE": 20, "NV": 31, "NH": 14, "NJ": 93, "NM": 21, "NY": 202, "NC": 104, "ND": 8, "OH": 118, "OK": 40, "OR": 42, "PA": 130, "RI": 11,
	"SC": 51, "SD": 9, "TN": 69, "TX": 291, "UT": 33, "VT": 6, "VA": 86, "WA": 77, "WV": 18, "WI": 59, "WY": 6,
}

// place is where a patient may be.
type place struct {
	weight int // of all places together, how often a patient is there
	zones  hours.ZoneSet
	legal  *hours.Legal
}

// scene is all that a simulation follows from.
type scene struct {
	simulation
	line   *hours.Calendar
	window hours.Window
	places []place
	sum    int
}

// scene reads what was asked for; the error names every fault.
func (s *simulation) scene() (*scene, error) {
	line, window, err := s.read()
	if err != nil {
		return nil, err
	}
	sc := &scene{simulation: *s, line: line, window: window}
	err = errors.Join(s.check(), sc.setPlaces())
	return sc, err
}

func (s *simulation) check() error {
	var faults []error
	if s.deliveries < 1 {
		faults = append(faults, errors.New("-deliveries is not 1 or more"))
	}
	if s.year < 2020 || s.year > 2099 {
		faults = append(faults, errors.New("-year is not within 2020 to 2099"))
	}
	if s.answer < 0 || s.answer > 1 {
		faults = append(faults, errors.New("-answer is not within 0 to 1"))
	}
	if s.released != "any" && s.released != "weekdays" {
		faults = append(faults, fmt.Errorf("-released %q is not any or weekdays", s.released))
	}
	return errors.Join(faults...)
}

// setPlaces says where patients are.
func (sc *scene) setPlaces() error {
	switch sc.zones {
	case "us50":
		for _, state := range slices.Sorted(maps.Keys(population)) {
			if err := sc.addPlace(population[state], hours.FromZip, hours.ZonesOfState(state)...); err != nil {
				return err
			}
		}
	case "world":
		for _, zone := range hours.AllZones() {
			if err := sc.addPlace(1, hours.FromAnswer, zone); err != nil {
				return err
			}
		}
	default:
		return sc.addPlace(1, hours.FromAnswer, sc.zones)
	}
	return nil
}

// where says where patients are.
func (sc *scene) where() string {
	switch sc.zones {
	case "us50":
		return "in the 50 states"
	case "world":
		return "all over the world"
	}
	return "in " + sc.zones
}

func (sc *scene) addPlace(weight int, source hours.Source, names ...string) error {
	zones, err := hours.NewZoneSet(source, names...)
	if err != nil {
		return fmt.Errorf("-zones: %w", err)
	}
	legal := hours.NewLegal(sc.line, zones, sc.window, hours.ClosingMargin)
	sc.places = append(sc.places, place{weight, zones, legal})
	sc.sum += weight
	return nil
}

// delivered is a delivery of the year.
type delivered struct {
	promise hours.Promise
	place   place
	// answers says whether the patient answers the next call.
	answers func() bool
}

// delivery makes the n-th delivery, always the same.
func (sc *scene) delivery(n int) delivered {
	r := rand.New(rand.NewPCG(sc.seed, uint64(n)))
	at := sc.place(r)
	p := hours.NewPromise(sc.moment(r), sc.line, at.zones)
	p.Legal = at.legal
	p.Consents = hours.Consents{Texts: true, Voicemail: true}
	return delivered{p, at, func() bool { return r.Float64() < sc.answer }}
}

func (sc *scene) place(r *rand.Rand) place {
	n := r.IntN(sc.sum)
	for _, p := range sc.places {
		if n -= p.weight; n < 0 {
			return p
		}
	}
	return sc.places[len(sc.places)-1]
}

// moment draws when an opinion is delivered: a minute of the year, by the line's
// clock, on which one may be.
func (sc *scene) moment(r *rand.Rand) time.Time {
	zone := sc.line.Zone()
	from := time.Date(sc.year, 1, 1, 0, 0, 0, 0, zone)
	minutes := int(time.Date(sc.year+1, 1, 1, 0, 0, 0, 0, zone).Sub(from) / time.Minute)
	for {
		at := from.Add(time.Duration(r.IntN(minutes)) * time.Minute)
		day := at.Weekday()
		weekday := day != time.Saturday && day != time.Sunday && at.Hour() >= 9 && at.Hour() < 18
		if sc.released == "any" || weekday && !sc.holiday(at) {
			return at
		}
	}
}

func (sc *scene) holiday(at time.Time) bool {
	state, _ := sc.line.State(at)
	return state == hours.Holiday
}
