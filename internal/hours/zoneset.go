package hours

import (
	"fmt"
	"slices"
	"time"
)

// Source is how a time zone was learnt.
type Source string

// The sources, the most trusted first.
const (
	FromAnswer  Source = "answer"
	FromZip     Source = "zip"
	FromCountry Source = "country"
	// FromNumber is the prefix of a telephone number: numbers are carried
	// across the country, so it holds only until anything else is known.
	FromNumber Source = "number"
)

var trust = []Source{FromAnswer, FromZip, FromCountry, FromNumber}

// PossibleZone is a zone in which a person may be: an IANA name, or a fixed
// distance from UTC as OffsetName gives it.
type PossibleZone struct {
	Name   string
	Source Source
}

// ZoneSet is every zone in which a person may be, and never a guess among them:
// a time is right for the person when it is right in all. The zero value
// knows nothing. It never changes.
type ZoneSet struct{ zones []PossibleZone }

// NewZoneSet makes a set of the zones that one source leaves possible. The error
// says which of the names is none, by its place.
func NewZoneSet(source Source, names ...string) (ZoneSet, error) {
	if !slices.Contains(trust, source) {
		return ZoneSet{}, fmt.Errorf("hours: zone source %q is not known", source)
	}
	var out ZoneSet
	for i, name := range names {
		if _, err := LoadZone(name); err != nil {
			return ZoneSet{}, fmt.Errorf("zone %d of %d: %w", i+1, len(names), err)
		}
		out = out.with(PossibleZone{name, source})
	}
	return out, nil
}

func (s ZoneSet) with(z PossibleZone) ZoneSet {
	for _, have := range s.zones {
		if have.Name == z.Name {
			return s
		}
	}
	return ZoneSet{append(slices.Clip(s.zones), z)}
}

// Zones lists the zones, as they were learnt.
func (s ZoneSet) Zones() []PossibleZone { return slices.Clone(s.zones) }

// Empty says that nothing is known.
func (s ZoneSet) Empty() bool { return len(s.zones) == 0 }

// Locations gives the zones for working with times.
func (s ZoneSet) Locations() []*time.Location {
	out := make([]*time.Location, 0, len(s.zones))
	for _, z := range s.zones {
		// Every name was loaded once, by NewZoneSet.
		if zone, err := LoadZone(z.Name); err == nil {
			out = append(out, zone)
		}
	}
	return out
}

// Narrow gives what both sets leave possible: the zones of s whose clocks, over
// the year from now on, agree with one of by, as learnt from the more trusted of
// the two. A fixed distance from UTC agrees with every zone that has it at now.
// Where the two exclude each other, one of them is wrong, nobody knows which,
// and both are kept. A telephone number's zones yield to everything else.
func (s ZoneSet) Narrow(by ZoneSet, now time.Time) ZoneSet {
	switch {
	case by.Empty(), by.onlyNumber() && !s.Empty() && !s.onlyNumber():
		return s
	case s.Empty(), s.onlyNumber() && !by.onlyNumber():
		return by
	}
	var out ZoneSet
	for _, a := range s.zones {
		for _, b := range by.zones {
			if agree(a, b, now) {
				out = out.with(merge(a, b))
			}
		}
	}
	if out.Empty() {
		out = s
		for _, z := range by.zones {
			out = out.with(z)
		}
	}
	return out
}

func (s ZoneSet) onlyNumber() bool {
	return !slices.ContainsFunc(s.zones, func(z PossibleZone) bool { return z.Source != FromNumber })
}

// merge keeps the name that knows of daylight saving, and the better source.
func merge(a, b PossibleZone) PossibleZone {
	if fixed(a.Name) {
		a.Name = b.Name
	}
	if slices.Index(trust, b.Source) < slices.Index(trust, a.Source) {
		a.Source = b.Source
	}
	return a
}

func fixed(name string) bool { return len(name) > 3 && name[:3] == "UTC" }

// agree says whether two zones' clocks show the same: at now where one is a
// fixed distance, else on every day of the year from now on.
func agree(a, b PossibleZone, now time.Time) bool {
	za, err1 := LoadZone(a.Name)
	zb, err2 := LoadZone(b.Name)
	if err1 != nil || err2 != nil {
		return false
	}
	if fixed(a.Name) || fixed(b.Name) {
		return clockApart(za, zb, now) == 0
	}
	for day := range 366 {
		if at := now.AddDate(0, 0, day); offsetAt(za, at) != offsetAt(zb, at) {
			return false
		}
	}
	return true
}

func offsetAt(zone *time.Location, at time.Time) int {
	_, seconds := at.In(zone).Zone()
	return seconds / 60
}

// clockApart gives how far two clocks' hands are apart, in minutes: a day's
// difference, which OffsetFromLocal cannot see, is none.
func clockApart(a, b *time.Location, at time.Time) int {
	return mod(offsetAt(a, at)-offsetAt(b, at), dayMinutes)
}
