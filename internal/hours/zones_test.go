package hours

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestZips(t *testing.T) {
	for _, c := range []struct {
		place, zip, state, zones string
	}{
		{"Boston", "02115", "MA", "America/New_York"},
		{"the first of Massachusetts", "01001", "MA", "America/New_York"},
		{"the last", "02791", "MA", "America/New_York"},
		{"Andover's own", "05501", "MA", "America/New_York"},
		{"Providence is not Massachusetts", "02903", "RI", "America/New_York"},
		{"nor is Vermont, on either side", "05401", "VT", "America/New_York"},
		{"Vermont again", "05602", "VT", "America/New_York"},
		{"nor Holtsville", "00501", "NY", "America/New_York"},
		{"Dallas", "75201", "TX", "America/Chicago"},
		{"El Paso", "79901", "TX", "America/Chicago America/Denver"},
		{"Phoenix", "85004", "AZ", "America/Phoenix"},
		{"the Navajo Nation", "86515", "AZ", "America/Phoenix America/Denver"},
		{"Nashville", "37203", "TN", "America/Chicago"},
		{"Knoxville", "37902", "TN", "America/New_York"},
		{"Chattanooga's hills", "37356", "TN", "America/Chicago America/New_York"},
		{"Crossville's side of the Plateau", "37723", "TN", "America/Chicago America/New_York"},
		{"Gary", "46402", "IN", "America/New_York America/Chicago"},
		{"Winamac and Ora", "46968", "IN", "America/New_York America/Chicago"},
		{"Miami", "33101", "FL", "America/New_York"},
		{"Panama City", "32401", "FL", "America/New_York America/Chicago"},
		{"Boise", "83702", "ID", "America/Denver"},
		{"Coeur d'Alene", "83814", "ID", "America/Los_Angeles"},
		{"Anchorage", "99501", "AK", "America/Anchorage"},
		{"Adak", "99546", "AK", "America/Adak"},
		{"Honolulu", "96813", "HI", "Pacific/Honolulu"},
		{"Pago Pago has a zip of Hawaii's", "96799", "AS", "Pacific/Pago_Pago"},
		{"Hagåtña", "96910", "GU", "Pacific/Guam"},
		{"Saipan", "96950", "MP", "Pacific/Guam"},
		{"Majuro", "96960", "MH", "Pacific/Majuro"},
		{"San Juan", "00901", "PR", "America/Puerto_Rico"},
		{"Charlotte Amalie", "00802", "VI", "America/St_Thomas"},
		{"an army post in Europe may be anywhere", "09128", "AE", ""},
		{"in the Americas", "34012", "AA", ""},
		{"in the Pacific", "96201", "AP", ""},
	} {
		state, ok := StateOfZip(c.zip)
		if !ok || state != c.state {
			t.Errorf("%s: %q %v, want %s", c.place, state, ok, c.state)
		}
		if got := strings.Join(ZonesOfZip(c.zip), " "); got != c.zones {
			t.Errorf("%s: %q, want %q", c.place, got, c.zones)
		}
	}
	for _, zip := range []string{"", "0211", "021150", "0211O", "02115-1234", "0２115", " 2115", "00000", "00401", "34300", "98701"} {
		if state, ok := StateOfZip(zip); ok || ZonesOfZip(zip) != nil {
			t.Errorf("%q is no zip code, but lies in %q", zip, state)
		}
	}
}

// Nobody of Massachusetts may slip through, and nobody else be turned away.
func TestMassachusettsIsJustItsPrefixes(t *testing.T) {
	for n := range 100000 {
		zip := fmt.Sprintf("%05d", n)
		state, _ := StateOfZip(zip)
		p := n / 100
		if want := p >= 10 && p <= 27 || p == 55; want != (state == "MA") {
			t.Fatalf("%s lies in %q", zip, state)
		}
	}
}

func TestTablesOfZips(t *testing.T) {
	for i := 1; i < len(prefixes); i++ {
		if a, b := prefixes[i-1], prefixes[i]; a.to >= b.from || b.from > b.to {
			t.Errorf("%v and %v overlap, or are out of order", a, b)
		}
	}
	for _, p := range oneZone {
		for n := p.from; n <= p.to; n++ {
			state, ok := StateOfZip(fmt.Sprintf("%03d01", n))
			if ok && !slices.Contains(ZonesOfState(state), p.zone) {
				t.Errorf("%03d is %s, which has no %s", n, state, p.zone)
			}
		}
	}
	for n := range 100000 {
		zip := fmt.Sprintf("%05d", n)
		if state, ok := StateOfZip(zip); ok && ZonesOfZip(zip) == nil && !strings.Contains("AA AE AP", state) {
			t.Fatalf("%s is in %s and in no zone", zip, state)
		}
	}
}

func TestDividedStatesKeepEveryZone(t *testing.T) {
	var divided []string
	for state, zones := range stateZones {
		for _, zone := range zones {
			if _, err := LoadZone(zone); err != nil {
				t.Errorf("%s: %s: %v", state, zone, err)
			}
		}
		if len(zones) > 1 {
			divided = append(divided, state)
		}
	}
	slices.Sort(divided)
	if got, want := strings.Join(divided, " "), "AK AZ FL FM ID IN KS KY MI ND NE NV OR SD TN TX"; got != want {
		t.Errorf("divided: %s, want %s", got, want)
	}
	if len(stateZones) != 51+8 {
		t.Errorf("%d states, the district and islands, want 51 and 8", len(stateZones))
	}
	if ZonesOfState("XX") != nil {
		t.Error("there is no XX")
	}
}

// What a caller changes must not reach the tables.
func TestZonesAreCopies(t *testing.T) {
	ZonesOfState("TX")[0], ZonesOfZip("99546")[0], ZonesOfCountry("GB")[0] = "x", "x", "x"
	if ZonesOfState("TX")[0] == "x" || ZonesOfZip("99546")[0] == "x" || ZonesOfCountry("GB")[0] == "x" {
		t.Error("a table has changed")
	}
}

func TestCountries(t *testing.T) {
	for _, c := range []struct{ country, zones string }{
		{"GB", "Europe/London"}, {"IN", "Asia/Kolkata"}, {"NP", "Asia/Kathmandu"}, {"JP", "Asia/Tokyo"},
		{"ES", "Europe/Madrid Atlantic/Canary"}, {"NZ", "Pacific/Auckland Pacific/Chatham"}, {"PR", "America/Puerto_Rico"},
		{"XX", ""}, {"gb", ""}, {"", ""},
	} {
		if got := strings.Join(ZonesOfCountry(c.country), " "); got != c.zones {
			t.Errorf("%q: %q, want %q", c.country, got, c.zones)
		}
	}
	for country := range countryZones {
		zones := ZonesOfCountry(country)
		set, err := NewZoneSet(FromCountry, zones...)
		if err != nil || len(zones) == 0 || len(country) != 2 {
			t.Errorf("%s: %v", country, err)
			continue
		}
		for _, state := range zones {
			one, err := NewZoneSet(FromCountry, state)
			if err != nil {
				t.Fatal(err)
			}
			if left := set.Narrow(one, at(t, "2026-11-24T12:00Z")).Zones(); len(left) != 1 {
				t.Errorf("%s: %s has the clock of another zone that is listed: %v", country, state, left)
			}
		}
	}
	for state, zones := range stateZones {
		for _, zone := range zones {
			if len(ZonesOfCountry(state)) == 0 && !slices.Contains(ZonesOfCountry("US"), zone) {
				t.Errorf("%s has %s, the United States do not", state, zone)
			}
		}
	}
}

func TestOffsetFromLocal(t *testing.T) {
	for _, c := range []struct {
		where, entered, now string
		want                int
	}{
		{"London in winter", "14:30", "2026-11-24T14:31:00Z", 0},
		{"London in summer", "15:30", "2026-07-24T14:30:00Z", 60},
		{"India", "20:00", "2026-11-24T14:31:50Z", 330},
		{"Nepal", "20:15", "2026-11-24T14:31:00Z", 345},
		{"Tokyo, already tomorrow", "00:10", "2026-11-24T15:11:00Z", 540},
		{"New York, still yesterday", "22:00", "2026-11-25T03:00:00Z", -300},
		{"New York in the afternoon", "14:30", "2026-11-24T19:30:00Z", -300},
		{"Honolulu", "14:30", "2026-11-25T00:30:00Z", -600},
		{"Newfoundland", "11:02", "2026-11-24T14:30:00Z", -210},
		{"Auckland in its winter", "02:30", "2026-07-24T14:30:00Z", 720},
		{"a clock that is seven minutes fast", "14:37", "2026-11-24T14:30:00Z", 0},
		{"the moment is told in another zone", "14:30", "2026-11-24T09:30:00-05:00", 0},
	} {
		if got, ok := OffsetFromLocal(c.entered, at(t, c.now)); !ok || got != c.want {
			t.Errorf("%s: %d %v, want %d", c.where, got, ok, c.want)
		}
	}
	for _, text := range []string{"", "1430", "24:00", "25:00", "12:60", "noon", "-1:00", "14:30:00"} {
		if _, ok := OffsetFromLocal(text, at(t, "2026-11-24T14:30:00Z")); ok {
			t.Errorf("%q is a time", text)
		}
	}
}

// Whoever is a few minutes off still gets the clock of the place they are in.
func TestOffsetFromLocalFindsEveryClock(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		offset := rapid.IntRange(-12*4, 14*4).Draw(rt, "quarters") * 15
		now := anyTime(rt)
		slip := time.Duration(rapid.IntRange(-7, 7).Draw(rt, "slip")) * time.Minute
		entered := now.In(time.FixedZone("", offset*60)).Add(slip).Format("15:04")
		got, ok := OffsetFromLocal(entered, now)
		if !ok || got <= -dayMinutes/2 || got > dayMinutes/2 || mod(got-offset, dayMinutes) != 0 {
			rt.Fatalf("at %s the clock shows %s: %d %v, want %d", now.UTC(), entered, got, ok, offset)
		}
	})
}

func TestLoadZone(t *testing.T) {
	for _, minutes := range []int{-720, -210, 0, 345, 840} {
		zone, err := LoadZone(OffsetName(minutes))
		if err != nil {
			t.Fatalf("%s: %v", OffsetName(minutes), err)
		}
		if got := offsetAt(zone, time.Time{}); got != minutes {
			t.Errorf("%s is %d minutes, want %d", OffsetName(minutes), got, minutes)
		}
	}
	for _, name := range []string{"", "Local", "America/Boston", "UTC+14:15", "UTC-12:15", "UTC+5:30", "UTC*05:30", "UTC+ab:cd", "UTC+24:00"} {
		if _, err := LoadZone(name); err == nil {
			t.Errorf("%q is a zone", name)
		}
	}
}

func FuzzZip(f *testing.F) {
	for _, seed := range []string{"02115", "99999", "", "0211a", "96799", "９６７９９"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		state, ok := StateOfZip(text)
		five := len(text) == 5 && strings.Trim(text, "0123456789") == ""
		if ok && (!five || len(state) != 2) || !ok && state != "" {
			t.Errorf("state %q, %v", state, ok)
		}
		if zones := ZonesOfZip(text); len(zones) > 0 && !ok {
			t.Error("zones, but no state")
		}
	})
}

func FuzzOffsetFromLocal(f *testing.F) {
	f.Add("14:30", int64(1795530600))
	f.Add("00:00", int64(0))
	f.Fuzz(func(t *testing.T, text string, now int64) {
		got, ok := OffsetFromLocal(text, time.Unix(now%4e9, 0))
		if got%15 != 0 || got <= -720 || got > 720 || (!ok && got != 0) {
			t.Errorf("%d %v", got, ok)
		}
	})
}

func FuzzLoadZone(f *testing.F) {
	for _, seed := range []string{"America/New_York", "UTC+05:30", "UTC", "../../etc/passwd", "UTC-00:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if zone, err := LoadZone(name); (zone == nil) != (err != nil) {
			t.Errorf("%v, %v", zone, err)
		}
	})
}

func FuzzMinuteOf(f *testing.F) {
	for _, seed := range []string{"09:00", "24:00", "9:00", "09:60", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := minuteOf(text); m < 0 || m > dayMinutes || (err != nil && m != 0) {
			t.Errorf("%d, %v", m, err)
		}
	})
}
