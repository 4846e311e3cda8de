package wording

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"secondline/internal/segments"
)

// longest are the longest values that a variable may plausibly have.
var longest = map[string]string{
	"LAST4": "7777", "LCASE": "7777", "SPOKENPHONE": "+18009419309", "VISITPHONE": "+18774423324", "PHONE": "+18009419309", "VISIT": "+18774423324", "REQS": "77777777", "REQ": "77777777",
	"DUE": "2027-09-22T21:30:00Z Pacific/Honolulu", "OPENS": "2027-09-22T21:30:00Z Pacific/Honolulu", "DAY": "2027-09-22T21:30:00Z Pacific/Honolulu",
	"ETA": "2027-09-22T21:30:00Z Pacific/Honolulu", "WHEN": "2027-12-29T12:30:00+05:30",
	"DATE": "1977-09-27", "TIME": "11:27", "HOURS": "Mon-Fri 09:00-21:00 America/New_York; Sat 10:00-16:00 America/New_York",
	"HRS": "Mon-Fri 09:00-21:00 America/New_York; Sat 10:00-16:00 America/New_York", "LOCALHOURS": "10:30-22:30", "MIN": "100", "N": "12",
	"ORG": "Clinical Guidance Associates, PC", "FIRST": "Maria Guadalupe", "CO": "Christopher", "LINK": "https://link.example.org/a1b2c3",
	"MASK": "m***@mail.longname.example", "CODE": "123456", "KEY": "3", "NOTICE": "We are closed today because of the storm.", "ETALAST": "2027-09-22T21:30:00Z Pacific/Honolulu", "REASON": "Caller asks for a person",
}

// said gives every prompt as it sounds at its longest.
func said(t testing.TB) (*Book, map[string]string) {
	t.Helper()
	b := loaded(t)
	out := map[string]string{}
	for _, id := range b.IDs() {
		text, err := b.Text("en", id, longest)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		out[id] = text
	}
	return b, out
}

func TestPromptsAreWholeSentences(t *testing.T) {
	b, all := said(t)
	for id, text := range all {
		switch {
		case strings.TrimSpace(text) != text, strings.Contains(text, "  "), strings.ContainsAny(text, "{}<>&\n") && b.Channel(id) != Text:
			t.Errorf("%s is not clean: %q", id, text)
		case !strings.ContainsRune(".?!", rune(text[len(text)-1])):
			t.Errorf("%s has no end: %q", id, text)
		case !unicode.IsUpper([]rune(text)[0]):
			t.Errorf("%s begins in the middle: %q", id, text)
		case strings.Contains(text, "..") || strings.Contains(text, " ,") || strings.Contains(text, " ."):
			t.Errorf("%s stumbles: %q", id, text)
		}
	}
}

// Words that blame, cheer, or belong to a machine (call-script.md, "Wording" and
// "Tone").
var unkind = regexp.MustCompile(`(?i)\b(invalid|incorrect|error|wrong key|you failed|unfortunately|great!|valued customer|fight|battle|survivor|victim|hashtag|please be advised)\b`)

func TestPromptsAreKind(t *testing.T) {
	_, all := said(t)
	for id, text := range all {
		if found := unkind.FindString(text); found != "" {
			t.Errorf("%s says %q", id, found)
		}
		if strings.Count(strings.ToLower(text), "sorry") > 1 {
			t.Errorf("%s says sorry twice", id)
		}
	}
}

// Nothing that goes out tells what it is about (call-script.md 6.10).
var revealing = regexp.MustCompile(`(?i)cancer|oncolog|tumou?r|dana|farber|diagnos|chemo|second opinion|opinion|specialist|record|hospital|doctor`)

func goesOut(b *Book, id string) bool {
	return b.Channel(id) == Text || b.Channel(id) == Voicemail || strings.HasPrefix(id, "H") || id == "G-cb-call"
}

func TestNothingThatGoesOutTellsWhatItIsAbout(t *testing.T) {
	b, all := said(t)
	checked := 0
	for id, text := range all {
		if goesOut(b, id) {
			checked++
			if found := revealing.FindString(text); found != "" {
				t.Errorf("%s says %q", id, found)
			}
		}
	}
	if checked < 45 {
		t.Errorf("only %d prompts were checked", checked)
	}
	if revealing.FindString(all["A1"]) == "" {
		t.Error("the check finds nothing even where the words are")
	}
}

// oneSegment says whether a text costs one segment, in the alphabet that every
// telephone and carrier takes.
func oneSegment(text string) bool {
	n, alphabet := segments.Count(text)
	return n == 1 && alphabet == segments.GSM7
}

func TestTextsFitOneSegment(t *testing.T) {
	b, all := said(t)
	for id, text := range all {
		if b.Channel(id) != Text {
			continue
		}
		if !oneSegment(text) {
			strange, _ := segments.OutsideGSM7(text)
			t.Errorf("%s is no single segment of GSM-7 (%q): %q", id, strange, text)
		}
	}
}

// asks says whether a text is a question within an exchange that the person began;
// its first and its last text say who writes.
func asks(id string) bool { return strings.HasPrefix(id, "Q-") && id != "Q-D15" }

// Who writes comes first, and how to stop is in each text but those that
// are themselves about stopping, or about an emergency, or part of a call, or a
// question among others.
func TestTextsSayWhoAndHowToStop(t *testing.T) {
	b := loaded(t)
	without := []string{"S-stop", "S-notpatient", "S-emerg", "S-emerg-intl", "S-otp"}
	for _, id := range b.IDs() {
		if b.Channel(id) != Text || asks(id) {
			continue
		}
		text := b.Template("en", id)
		if !strings.HasPrefix(text, "{ORG}: ") {
			t.Errorf("%s does not say first who writes", id)
		}
		if !strings.Contains(text, "STOP to stop") && !slices.Contains(without, id) {
			t.Errorf("%s does not say how to stop", id)
		}
	}
	for _, want := range []string{"{ORG}", "{PHONE}", "{HRS}", "data rates", "msgs/week", "STOP"} {
		if !strings.Contains(b.Template("en", "S-help"), want) {
			t.Errorf("S-help lacks %s (R-27)", want)
		}
	}
}

// An automated call says who calls, then at once how to stop it (R-24, R-30,
// R-31), and gives a number.
func TestAutomatedCallsSayWhoAndHowToStop(t *testing.T) {
	b := loaded(t)
	for _, id := range []string{"H1", "G-cb-call"} {
		first, rest, _ := strings.Cut(strings.TrimPrefix(b.Template("en", id), "Hello. "), ". ")
		if !strings.HasPrefix(first, "This is an automated call from {ORG}") || !strings.HasPrefix(rest, "To stop automated calls, press 9.") {
			t.Errorf("%s begins %q, then %q", id, first, rest)
		}
	}
	for _, id := range []string{"H1-ni", "H1-bye", "H3", "H9", "H-vm", "H-screen", "G-cb-call"} {
		if !slices.Contains(b.Vars(id), "SPOKENPHONE") {
			t.Errorf("%s gives no number", id)
		}
	}
}

// Abroad, 911 and 988 alone are no help. A prompt that both lines say
// names the local number, too.
func TestEmergencyNumbers(t *testing.T) {
	b, all := said(t)
	for id, text := range all {
		abroad := strings.HasPrefix(id, "B") || strings.HasSuffix(id, "-intl")
		american := regexp.MustCompile(`9 ?1 ?1|9 ?8 ?8`).MatchString(text)
		if abroad && american {
			t.Errorf("%s gives an American number to callers from abroad", id)
		}
		if regexp.MustCompile(`911|988`).MatchString(text) && b.Channel(id) != Text {
			t.Errorf("%s would be read as a large number: %q", id, text)
		}
	}
	if !strings.Contains(all["A-fault2"], "call 9 1 1. Outside the United States, call your local emergency number") {
		t.Error("A-fault2 is heard on both lines")
	}
	for _, id := range []string{"A1", "B1", "C1", "C1-intl", "C1-holiday", "C1-holiday-intl"} {
		if !strings.Contains(all[id], "emergency") {
			t.Errorf("%s does not say what to do in an emergency", id)
		}
	}
}

// No call sheet's example is left in the words.
func TestEveryValueIsFilledIn(t *testing.T) {
	b := loaded(t)
	for id, vars := range map[string]string{
		"D11-c": "DATE", "B-time-c": "TIME", "H4-c": "DAY TIME", "D15": "REQS", "D15-next": "DUE", "C1": "HOURS", "C1-intl": "HOURS",
		"C1-holiday": "OPENS", "C1-holiday-intl": "OPENS", "person-closed": "OPENS", "cb-number": "DUE LAST4", "cb-ok": "DUE", "saved": "DUE", "G2": "DUE", "D6": "LAST4",
		"D6-c": "SPOKENPHONE", "no-input": "", "no-match": "", "D5-more": "", "zip-ma": "",
	} {
		if got := strings.Join(b.Vars(id), " "); got != vars || !b.Has(id) {
			t.Errorf("%s fills in %q, want %q", id, got, vars)
		}
	}
}

// The call sheet's prompts are all there, for the same channel. The sheet is
// conformance material beside the project.
func TestCallSheet(t *testing.T) {
	dir := os.Getenv("SECONDLINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	sheet, err := os.ReadFile(filepath.Join(dir, "prompts.tsv"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the call sheet is not there: %v", err)
		}
		t.Logf("NOT COMPARED with the call sheet: %v; SECONDLINE_SHARED names its folder", err)
		return
	}
	b := loaded(t)
	lines := strings.Split(strings.TrimSpace(string(sheet)), "\n")[1:]
	for _, line := range lines {
		fields := strings.Split(line, "\t")
		if b.Channel(fields[0]) != Channel(fields[1]) {
			t.Errorf("%s is for %q, in the call sheet for %s", fields[0], b.Channel(fields[0]), fields[1])
		}
	}
	if len(lines) < 140 {
		t.Errorf("the call sheet has %d prompts only", len(lines))
	}
}
