package hours

import (
	"strings"
	"testing"
)

func setOf(t testing.TB, source Source, names string) ZoneSet {
	t.Helper()
	set, err := NewZoneSet(source, strings.Fields(names)...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (s ZoneSet) text() string {
	var out []string
	for _, z := range s.Zones() {
		out = append(out, z.Name+" by "+string(z.Source))
	}
	return strings.Join(out, ", ")
}

func TestNarrow(t *testing.T) {
	const winter, summer = "2026-11-24T14:30:00Z", "2026-07-24T14:30:00Z"
	for _, c := range []struct {
		what   string
		source Source
		zones  string
		by     Source
		names  string
		now    string
		want   string
	}{
		{"a divided zip and the caller's word", FromZip, "America/New_York America/Chicago", FromAnswer, "America/Chicago", winter, "America/Chicago by answer"},
		{"Detroit's clock is New York's", FromZip, "America/New_York America/Chicago", FromAnswer, "America/Detroit", winter, "America/New_York by answer"},
		{"Arizona is not Denver, though it is now", FromZip, "America/Phoenix America/Denver", FromAnswer, "America/Denver", winter, "America/Denver by answer"},
		{"a country and the time there", FromCountry, "Europe/Madrid Atlantic/Canary", FromAnswer, "UTC+00:00", winter, "Atlantic/Canary by answer"},
		{"in summer too", FromCountry, "Europe/Madrid Atlantic/Canary", FromAnswer, "UTC+02:00", summer, "Europe/Madrid by answer"},
		{"the time alone keeps what it leaves", FromCountry, "America/Phoenix America/Denver America/Chicago", FromAnswer, "UTC-07:00", winter, "America/Phoenix by answer, America/Denver by answer"},
		{"a time a day off is the same time", FromCountry, "Pacific/Auckland Pacific/Chatham", FromAnswer, "UTC-11:00", winter, "Pacific/Auckland by answer"},
		{"two that exclude each other are both kept", FromZip, "America/New_York", FromAnswer, "America/Los_Angeles", winter, "America/New_York by zip, America/Los_Angeles by answer"},
		{"a number yields to a zip", FromNumber, "America/New_York", FromZip, "America/Denver", winter, "America/Denver by zip"},
		{"and narrows nothing", FromZip, "America/New_York America/Chicago", FromNumber, "America/Chicago", winter, "America/New_York by zip, America/Chicago by zip"},
		{"two numbers", FromNumber, "America/New_York America/Chicago", FromNumber, "America/Chicago", winter, "America/Chicago by number"},
		{"nothing known", FromZip, "", FromNumber, "America/Chicago", winter, "America/Chicago by number"},
		{"nothing new", FromZip, "America/Chicago", FromAnswer, "", winter, "America/Chicago by zip"},
		{"nothing at all", FromZip, "", FromAnswer, "", winter, ""},
	} {
		got := setOf(t, c.source, c.zones).Narrow(setOf(t, c.by, c.names), at(t, c.now)).text()
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestZoneSet(t *testing.T) {
	set := setOf(t, FromZip, "America/Chicago America/Denver America/Chicago")
	if got := set.text(); got != "America/Chicago by zip, America/Denver by zip" {
		t.Errorf("a zone twice: %s", got)
	}
	if got := set.Locations(); len(got) != 2 || got[1].String() != "America/Denver" {
		t.Errorf("locations: %v", got)
	}
	if set.Empty() || !(ZoneSet{}).Empty() {
		t.Error("empty")
	}
	if _, err := NewZoneSet(FromZip, "America/Chicago", "America/Boston"); err == nil || !strings.Contains(err.Error(), "2 of 2") {
		t.Errorf("the second is no zone: %v", err)
	}
	if _, err := NewZoneSet("guess", "America/Chicago"); err == nil {
		t.Error("a guess is no source")
	}
}

// Narrowing twice by sets that share a start must not mix them up.
func TestNarrowLeavesItsSetsAlone(t *testing.T) {
	start := setOf(t, FromZip, "America/New_York")
	now := at(t, "2026-11-24T14:30:00Z")
	a := start.Narrow(setOf(t, FromAnswer, "America/Denver"), now)
	b := start.Narrow(setOf(t, FromAnswer, "America/Chicago"), now)
	if a.text() != "America/New_York by zip, America/Denver by answer" || b.text() != "America/New_York by zip, America/Chicago by answer" ||
		start.text() != "America/New_York by zip" {
		t.Errorf("%s; %s; %s", start.text(), a.text(), b.text())
	}
}
