package hours

import (
	"strings"
	"testing"
)

// zonesOf makes a set of zones from their names, divided by spaces.
func zonesOf(t testing.TB, names string) ZoneSet {
	t.Helper()
	out, err := NewZoneSet(FromAnswer, strings.Fields(names)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
