package hours

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParseSpec(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Mon-Fri 09:00-21:00", "Mon-Fri 09:00-21:00 America/New_York"},
		{"mon-sun 09:00-21:00", "Mon-Sun 09:00-21:00 America/New_York"},
		{"Sat-Mon 10:00-16:00", "Mon 10:00-16:00 America/New_York; Sat-Sun 10:00-16:00 America/New_York"},
		{"Monday-Friday 09:00-21:00, Saturday 10:00-14:00", "Mon-Fri 09:00-21:00 America/New_York; Sat 10:00-14:00 America/New_York"},
		{"Mon-Fri 00:00-24:00 Europe/Paris", "Mon-Fri 00:00-24:00 Europe/Paris"},
	} {
		cfg, err := ParseSpec(c.text, eastern)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := calendarOf(t, cfg).Spec(); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	for _, text := range []string{"", "Mon", "Mon-Fri", "Mon-Fry 09:00-21:00", "Mon 09:00", "Mon 21:00-09:00", "Mo 09:00-21:00", "Mon-Fri 9-21 New York"} {
		cfg, err := ParseSpec(text, eastern)
		if err == nil {
			_, err = NewCalendar(cfg)
		}
		if err == nil {
			t.Errorf("%q makes a calendar", text)
		}
	}
}

func TestSpecIsReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := anyCalendar(rt).Spec()
		cfg, err := ParseSpec(want, "")
		if err != nil {
			rt.Fatal(err)
		}
		c, err := NewCalendar(cfg)
		if err != nil || c.Spec() != want {
			rt.Fatalf("%q is read as %q (%v)", want, c.Spec(), err)
		}
	})
}
