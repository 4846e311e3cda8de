package main

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ranWith runs a command and gives the exit status and what it printed.
func ranWith(args ...string) (status int, stdout, stderr string) {
	var out, faults strings.Builder
	none := func(string) (string, bool) { return "", false }
	status = run(context.Background(), args, none, &out, &faults)
	return status, out.String(), faults.String()
}

// squeezed writes every run of blanks as one.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestPlanPrints(t *testing.T) {
	for _, c := range []struct {
		what string
		args []string
		want []string
	}{
		{"a usual day", []string{"-delivered", "2026-12-01 10:00", "-zone", "America/New_York"},
			[]string{"660 of 1,440 minutes", "Tue 1 Dec 10:30 attempt 1, coordinator first", "Tue 1 Dec 16:30 attempt 3", "Tue 1 Dec 19:01 a task for the coordinator 120 legal minutes remain", "Sun 6 Dec 09:00 a task: a letter?"}},
		{"two clocks", []string{"-delivered", "2026-12-01T12:00:00+01:00", "-zone", "Europe/Paris"},
			[]string{"Tue 1 Dec 15:00 (Tue 09:00 EST) attempt 1", "18:20 (Tue 12:20 EST) attempt 3, by hand"}},
		{"a zip code in two zones", []string{"-delivered", "2026-12-01 10:00", "-zip", "37301"}, []string{"Chicago; New York"}},
		{"a strict state", []string{"-delivered", "2027-01-16 21:30", "-zip", "35004", "-strict"}, []string{"no minute of the 24 hours is legal", "the first legal minute after"}},
		{"Canada", []string{"-delivered", "2027-01-13 08:00", "-country", "ca"}, []string{"St Johns"}},
		{"nothing known", []string{"-delivered", "2027-01-13 08:00"}, []string{"the time zone is not known", "Honolulu"}},
		{"weekdays only", []string{"-delivered", "2027-01-15 20:30", "-zone", "America/New_York", "-line", "Mon-Fri 09:00-21:00", "-consents", "none"},
			[]string{"0 of 1,440 minutes", "Fri 15 Jan 20:30 a task for the coordinator at once", "Mon 18 Jan 09:00 attempt, coordinator first"}},
		{"a holiday", []string{"-delivered", "2026-11-25 21:00", "-zone", "America/New_York", "-holidays", "thanksgiving"}, []string{"0 of 1,440 minutes"}},
		{"an automated voice", []string{"-delivered", "2026-12-01 10:00", "-zone", "America/New_York", "-bot", "-consents", "calls"}, []string{"attempt 1, automated voice first"}},
		{"a chosen time", []string{"-delivered", "2026-12-01 10:00", "-zone", "America/New_York", "-chosen", "2026-12-02 20:15"}, []string{"Wed 2 Dec 20:15 attempt 1, coordinator first the patient chose this time"}},
	} {
		status, out, faults := ranWith(append([]string{"plan"}, c.args...)...)
		if status != 0 {
			t.Errorf("%s: exit status %d: %s", c.what, status, faults)
		}
		for _, want := range c.want {
			if !strings.Contains(squeezed(out), want) {
				t.Errorf("%s: %q is not in\n%s", c.what, want, out)
			}
		}
	}
}

func TestPlanSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "is no time"},
		{[]string{"-delivered", "yesterday"}, "examples:"},
		{[]string{"-delivered", "2026-12-01 10:00", "-zone", "New York"}, "zone 1 of 2"},
		{[]string{"-delivered", "2026-12-01 10:00", "-zip", "2115"}, "an example: 02115"},
		{[]string{"-delivered", "2026-12-01 10:00", "-country", "XX"}, "an example: CA"},
		{[]string{"-delivered", "2026-12-01 10:00", "-line", "always"}, "an example: Mon-Fri 09:00-21:00"},
		{[]string{"-delivered", "2026-12-01 10:00", "-window", "07:00-20:00"}, "not within 08:00-21:00"},
		{[]string{"-delivered", "2026-12-01 10:00", "-consents", "mail"}, "is no consent"},
		{[]string{"-delivered", "2026-12-01 10:00", "-holidays", "easter"}, "is not known"},
		{[]string{"-delivered", "2026-12-01 10:00", "more"}, "nothing to do"},
	} {
		status, _, faults := ranWith(append([]string{"plan"}, c.args...)...)
		if status != 2 || !strings.Contains(faults, c.want) {
			t.Errorf("%q: exit status %d: %s; want %q", c.args, status, faults, c.want)
		}
	}
}

// drawing runs a command that draws, and gives the drawing's words. It fails
// where that is not XML.
func drawing(t *testing.T, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "drawing.svg")
	if status, _, faults := ranWith(append(args, "-svg", file)...); status != 0 {
		t.Fatalf("exit status %d: %s", status, faults)
	}
	drawn, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer drawn.Close()
	var words strings.Builder
	for decoder := xml.NewDecoder(drawn); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return words.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			words.Write(text)
			words.WriteByte('\n')
		}
	}
}

func TestPlanDraws(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"plan", "-delivered", "2026-12-01 10:00", "-zone", "Asia/Kolkata"}, "line's clock"},
		{[]string{"plan", "-delivered", "2026-12-01 10:00"}, "patient in Los Angeles"},
		{[]string{"plan", "-delivered", "2027-01-15 20:30", "-line", "Mon-Fri 09:00-21:00", "-zone", "America/New_York"}, "a person is told at once"},
	} {
		if words := drawing(t, c.args...); !strings.Contains(words, c.want) {
			t.Errorf("%q: %q is not drawn in\n%s", c.args, c.want, words)
		}
	}
}
