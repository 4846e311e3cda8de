package hours

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAllZones(t *testing.T) {
	all := AllZones()
	if len(all) < 590 || !slices.IsSorted(all) {
		t.Errorf("%d zones, in order %v", len(all), slices.IsSorted(all))
	}
	for _, name := range all {
		if _, err := LoadZone(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for country, zones := range countryZones {
		for _, name := range ZonesOfCountry(country) {
			if !slices.Contains(all, name) {
				t.Errorf("%s of %s is missing in %s", name, country, zones)
			}
		}
	}
}

// What Next remembers of long times without a legal start never changes what it says.
func TestNextAskedAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		zones, err := NewZoneSet(FromAnswer, rapid.SampledFrom([]string{"Asia/Dhaka", "Asia/Bangkok", "Asia/Yangon"}).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		asked := NewLegal(sevenDayLine, zones, DefaultWindow, ClosingMargin)
		from := ofThreeYears(rt)
		for range 6 {
			at := from.Add(time.Duration(rapid.IntRange(-90*24*60, 90*24*60).Draw(rt, "minutes")) * time.Minute)
			got, ok := asked.Next(at)
			want, known := NewLegal(sevenDayLine, zones, DefaultWindow, ClosingMargin).Next(at)
			if !got.Equal(want) || ok != known {
				rt.Fatalf("after %s comes %s, asked for the first time %s", at, got, want)
			}
		}
	})
}
