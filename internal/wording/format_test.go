package wording

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestValuesBecomeWords(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"LAST4", "0123", "0 1 2 3"},
		{"LCASE", "5674", "5 6 7 4"},
		{"SPOKENPHONE", "+16175550123", "6 1 7, 5 5 5, 0 1 2 3"},
		{"SPOKENPHONE", "+18009419309", "8 0 0, 9 4 1, 9 3 0 9"},
		{"SPOKENPHONE", "+442079460958", "plus 4 4, 2 0 7, 9 4 6, 0 9 5 8"},
		{"SPOKENPHONE", "+353209123456", "plus 3 5 3, 2 0 9, 1 2 3, 4 5 6"},
		{"SPOKENPHONE", "+74951234567", "plus 7, 4 9 5, 1 2 3, 4 5 6 7"},
		{"SPOKENPHONE", "+61291234567", "plus 6 1, 2 9 1, 2 3 4, 5 6 7"},
		{"SPOKENPHONE", "+47221234", "plus 4 7, 2 2 1, 2 3 4"},
		{"PHONE", "+18009419309", "800-941-9309"},
		{"PHONE", "+442079460958", "+442079460958"},
		{"REQS", "12345674", "1 2 3 4, 5 6 7 4"},
		{"REQ", "12345674", "12345674"},
		{"DUE", "2027-03-03T22:00:00Z America/New_York", "Wednesday, March 3rd, at 5 p.m. Eastern time"},
		{"DUE", "2027-03-03T17:00:00-05:00 America/Chicago", "Wednesday, March 3rd, at 4 p.m. Central time"},
		{"DUE", "2027-07-01T12:00:00-04:00 America/New_York", "Thursday, July 1st, at noon Eastern time"},
		{"DUE", "2027-07-02T00:00:00-04:00 America/New_York", "Friday, July 2nd, at midnight Eastern time"},
		{"DUE", "2027-07-11T18:30:00Z America/Denver", "Sunday, July 11th, at 12:30 p.m. Mountain time"},
		{"DUE", "2027-07-22T18:30:00Z America/Phoenix", "Thursday, July 22nd, at 11:30 a.m. Arizona time"},
		{"DUE", "2027-07-23T18:30:00Z America/Los_Angeles", "Friday, July 23rd, at 11:30 a.m. Pacific time"},
		{"DUE", "2027-07-12T18:30:00Z America/Anchorage", "Monday, July 12th, at 10:30 a.m. Alaska time"},
		{"DUE", "2027-07-13T18:30:00Z Pacific/Honolulu", "Tuesday, July 13th, at 8:30 a.m. Hawaii time"},
		{"DUE", "2027-07-13T18:30:00Z Europe/London", "Tuesday, July 13th, at 7:30 p.m. London time"},
		{"DUE", "2027-07-13T18:30:00Z America/Puerto_Rico", "Tuesday, July 13th, at 2:30 p.m. Puerto Rico time"},
		{"DUE", "2027-07-13T18:30:00+05:30", "Tuesday, July 13th, at 6:30 p.m., your time"},
		{"DUE", "2027-07-13T18:30:00Z", "Tuesday, July 13th, at 6:30 p.m., your time"},
		{"OPENS", "2026-11-27T09:00:00-05:00 America/New_York", "Friday, November 27th, at 9 a.m. Eastern time"},
		{"ETA", "2027-03-03T12:00:00-05:00 America/New_York", "Wednesday, March 3rd"},
		{"DAY", "2027-03-04T04:30:00Z America/New_York", "Wednesday, March 3rd"},
		{"WHEN", "2027-03-02T22:00:00Z America/New_York", "Tue 3/2 5 PM ET"},
		{"WHEN", "2027-12-29T21:30:00Z America/Anchorage", "Wed 12/29 12:30 PM AKT"},
		{"WHEN", "2027-12-29T21:30:00Z America/Puerto_Rico", "Wed 12/29 5:30 PM AT"},
		{"WHEN", "2027-12-29T21:30:00Z Pacific/Guam", "Thu 12/30 7:30 AM Guam time"},
		{"WHEN", "2027-12-29T12:30:00+05:30", "Wed 12/29 12:30 PM your time"},
		{"DATE", "1960-03-04", "March 4th, 1960"},
		{"DATE", "1999-12-31", "December 31st, 1999"},
		{"TIME", "14:30", "two thirty in the afternoon"},
		{"TIME", "02:30", "two thirty at night"},
		{"TIME", "09:00", "nine o'clock in the morning"},
		{"TIME", "21:05", "nine oh five in the evening"},
		{"TIME", "00:21", "twelve twenty-one at night"},
		{"TIME", "12:00", "noon"},
		{"TIME", "00:00", "midnight"},
		{"HOURS", "Mon-Fri 09:00-21:00 America/New_York", "Monday to Friday, 9 a.m. to 9 p.m. Eastern time"},
		{"HOURS", "Mon-Fri 09:00-21:00 America/New_York; Sat 10:30-12:00 America/New_York", "Monday to Friday, 9 a.m. to 9 p.m.; and Saturday, 10:30 a.m. to noon Eastern time"},
		{"HOURS", "Mon-Sun 09:00-24:00 America/Chicago", "every day, 9 a.m. to midnight Central time"},
		{"HOURS", "Mon-Sun 00:00-24:00 Europe/London", "every day, all day and all night London time"},
		{"HRS", "Mon-Fri 09:00-21:00 America/New_York", "Mon-Fri 9a-9p ET"},
		{"HRS", "Mon-Fri 09:00-21:30 America/New_York; Sat 10:00-12:00 America/New_York", "Mon-Fri 9a-9:30p, Sat 10a-12p ET"},
		{"HRS", "Mon-Sun 00:00-24:00 America/Chicago", "daily 24h CT"},
		{"LOCALHOURS", "14:00-02:00", "2 p.m. to 2 a.m."},
		{"MIN", "1", "1 minute"},
		{"MIN", "10", "10 minutes"},
		{"N", "007", "7"},
		{"ORG", " Care\tTeam\r\nServices ", "Care Team Services"},
		{"FIRST", "José\u202e\x00", "José"},
		{"MASK", "j***@example.org", "j***@example.org"},
	} {
		got, err := english[c.name](c.raw)
		if err != nil || got != c.want {
			t.Errorf("%s %q: %q %v, want %q", c.name, c.raw, got, err, c.want)
		}
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	for name, raws := range map[string][]string{
		"LAST4":       {"", "123", "12345", "6175550123", "+16175550123", "12a4", "１２３４"},
		"VISITPHONE":  {"8774423324"},
		"SPOKENPHONE": {"", "6175550123", "+1617555012", "+161755501234", "+1617555O123", "+0123456789", "+1234567", "anonymous"},
		"PHONE":       {"", "6175550123", "+1 617 555 0123", "+12345678"},
		"REQS":        {"", "1234567", "123456789", "1234567a"},
		"REQ":         {"", "1234567"},
		"DUE":         {"", "tomorrow", "2027-03-03", "2027-03-03T17:00:00Z America/Boston", "2027-03-03T17:00:00Z ", "2027-03-03T17:00:00Z Local", "2027-02-30T17:00:00Z"},
		"DATE":        {"", "03041960", "1960-02-30", "March 4th"},
		"TIME":        {"", "1430", "24:00", "25:00", "2pm"},
		"HOURS": {"", "Mon-Fri", "Mon-Fri 09:00-21:00", "Mon-Fri 09:00 America/New_York", "Mon-Fry 09:00-21:00 America/New_York", "Mon- 09:00-21:00 America/New_York",
			"Mon-Fri 21:00-09:00 America/New_York", "Mon-Fri 09:00-21:00 America/Boston", "Mon-Fri 09:00-21:00 America/New_York; Sat 09:00-21:00 America/Chicago"},
		"HRS":        {"", "always"},
		"LOCALHOURS": {"", "14:00", "14:00-26:00"},
		"MIN":        {"", "-1", "+1", "1.5", "few"},
		"N":          {"", "99999999999999999999"},
		"FIRST":      {"", " \t\n", "\x00\u200b"},
	} {
		for _, raw := range raws {
			if got, err := english[name](raw); err == nil {
				t.Errorf("%s %q becomes %q", name, raw, got)
			}
		}
	}
}

// Every formatter gives either clean words or an error that is the same for
// every value, and so cannot repeat it.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"+16175550123", "2027-03-03T17:00:00-05:00 America/New_York", "1960-03-04", "14:30", "14:00-02:00", "12345674", "0123",
		"Mon-Fri 09:00-21:00 America/New_York; Sat 10:00-24:00 America/New_York", "Care Team Services", "j***@example.org", "\xff\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for language, formats := range formatters {
			for name, format := range formats {
				checkFormat(t, language+" "+name, format, raw)
			}
		}
	})
}

func checkFormat(t *testing.T, name string, format formatter, raw string) {
	t.Helper()
	got, err := format(raw)
	_, always := format("")
	switch {
	case err != nil && (got != "" || err.Error() != always.Error()):
		t.Errorf("%s: an error that says too much", name)
	case err == nil && (got == "" || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl)):
		t.Errorf("%s: words that cannot be said: %q", name, got)
	}
}
