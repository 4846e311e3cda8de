package intake

import (
	"testing"
	"time"

	"secondline/internal/flow"
)

var zips = ZipRules{
	State: func(zip string) (string, bool) {
		s, ok := map[string]string{"10001": "NY", "02139": "MA", "83501": "ID"}[zip]
		return s, ok
	},
	Zones: func(zip string) []string {
		return map[string][]string{"10001": {"a"}, "02139": {"a"}, "83501": {"a", "b"}}[zip]
	},
	Offset:     func(hhmm string, _ time.Time) (int, bool) { return 330, hhmm == "20:30" },
	OffsetName: func(int) string { return "UTC+05:30" },
}

func TestAge(t *testing.T) {
	env := flow.Env{Now: now}
	for born, want := range map[string]flow.Outcome{
		"1960-03-04": "adult", "2009-03-02": "adult", "2009-03-03": "minor", "2027-03-02": "minor", "2027-03-03": "unlikely", "1907-03-01": "unlikely", "": "unlikely",
	} {
		a := answers("birth_date", born)
		if got := ageOf(a, env); got != want {
			t.Errorf("born %q is %s, want %s", born, got, want)
		}
		if want == "unlikely" && !a["birth_date"].Empty() {
			t.Errorf("born %q is kept", born)
		}
	}
	a := answers()
	for i, want := range []flow.Outcome{"unlikely", "unlikely", "enough"} {
		if got := ageOf(a, env); got != want {
			t.Errorf("odd date %d is %s, want %s", i+1, got, want)
		}
	}
}

// Three answers make a date, which is kept once it was found right, and only then.
func TestDateInThreeParts(t *testing.T) {
	a := answers("birth_year", "1960", "birth_month", "02", "birth_day", "30")
	if got := dateExists(a, flow.Env{}); got != "no" || Told(a) {
		t.Errorf("the 30th of February: %s", got)
	}
	a = answers("birth_year", "1960", "birth_month", "02", "birth_day", "29")
	if got := dateExists(a, flow.Env{}); got != "yes" || Told(a) {
		t.Errorf("the 29th of February 1960: %s, told before it was found right: %v", got, Told(a))
	}
	if keepDate(a, flow.Env{}); a.Get("birth_date") != "1960-02-29" || len(a) != 1 || !Told(a) {
		t.Errorf("kept as %d answers", len(a))
	}
	if Blank(a); !Told(a) || !a["birth_date"].Empty() {
		t.Error("a date that is left to a coordinator is not told of")
	}
}

func TestZip(t *testing.T) {
	for zip, want := range map[string]flow.Outcome{"10001": "one_zone", "02139": "massachusetts", "83501": "two_zones", "99999": "unknown"} {
		if got := zips.decide(answers("zip", zip), flow.Env{}); got != want {
			t.Errorf("%s: %s, want %s", zip, got, want)
		}
	}
	a := answers("local_time", "20:30")
	if zips.offset(a, flow.Env{}); a.Get("utc_offset") != "UTC+05:30" {
		t.Errorf("the offset is %q", a.Get("utc_offset"))
	}
}

// An unfinished request is taken up at the step where it stopped, or where its
// channel is decided if the other one does not ask that step.
func TestGoOn(t *testing.T) {
	end := []flow.Step{{ID: "goodbye", Say: []string{"bye"}, End: flow.Hangup}}
	person := []flow.Step{{ID: "start", Say: []string{"bye"}, End: flow.Hangup}, {ID: "stuck", Say: []string{"bye"}, End: flow.Hangup}}
	book := flow.NewBook(flow.Ways{Person: ToStuck, Starts: []string{ToStart}}, Script(zips),
		&flow.Script{Name: "main", Steps: end}, &flow.Script{Name: "person", Steps: person}, &flow.Script{Name: "info", Steps: []flow.Step{{ID: "connect", Say: []string{"bye"}, End: flow.Hangup}, {ID: "visit_text", Say: []string{"bye"}, End: flow.Hangup}}})
	for _, tt := range []struct{ at, voice, text string }{
		{"intake.zip", "intake.zip", "intake.zip"},
		{"intake.calls", "intake.calls", "intake.calls"},
		{"intake.this_number", "intake.this_number", "intake.number"},
		{"intake.phone", "intake.phone", "intake.number"},
		{"intake.talk", "intake.number", "intake.number"},
		{"intake.email", "intake.email_how", "intake.email_how"},
		{"intake.email_text", "intake.email_how", "intake.email_how"},
		{"intake.review", "intake.review_how", "intake.review_how"},
		{"intake.name", "intake.name", "intake.name"},
		{"", "intake.number", "intake.number"},
		{"intake.of_a_version_to_come", "intake.number", "intake.number"},
	} {
		if voice, text := GoOn(tt.at, "voice", book), GoOn(tt.at, "text", book); voice != tt.voice || text != tt.text {
			t.Errorf("%q is taken up at %s by voice and %s by text", tt.at, voice, text)
		}
	}
}

func TestPlaces(t *testing.T) {
	p := Places{
		Zips: ZipRules{Zones: func(zip string) []string { return map[string][]string{"10001": {"America/New_York"}}[zip] }},
		Load: func(name string) (*time.Location, error) { return time.FixedZone(name, 0), nil },
		OfNumber: func(string) []*time.Location {
			return []*time.Location{time.FixedZone("of the number", 0)}
		},
	}
	number := making().Caller
	for _, tt := range []struct{ zip, offset, want string }{{"10001", "", "America/New_York"}, {"", "UTC+05:30", "UTC+05:30"}, {"99999", "", "of the number"}} {
		if got := p.Zones(answers("zip", tt.zip, "utc_offset", tt.offset), number); len(got) != 1 || got[0].String() != tt.want {
			t.Errorf("%v: %v", tt, got)
		}
	}
}
