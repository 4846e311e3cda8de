package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"secondline/internal/wording"
)

// notHeard lists the rows of the call sheet that no transcript says, and why.
var notHeard = map[string]string{
	"D-save":    "is for a caller who has hung up, and hears nothing",
	"E-otp":     "the code is an optional step that is not built",
	"E-more":    "offers texts, whose consent a call about the status does not take; E-more-call is said",
	"F-est":     "is said only when the wait is measured, and it is not",
	"G-cb-ok":   "cb-ok names the time too",
	"G-cb-call": "is for automated calls, which are not made",
	"A-fault":   "needs a Redis that is gone: TestRedisGoneInTheMiddle",
	"A-fault2":  "needs a Redis that is gone: TestRedisGoneInTheMiddle",
	"F-w":       "is heard by the coordinator: TestTransfers",
	"F-w2":      "is heard by the coordinator: TestTransfers",
	"F-w3":      "is heard by the coordinator: TestTransfers",
	"F-w-late":  "is heard by the coordinator: TestTransfers",
}

// rows are the prompts of tables 6.1 to 6.7 of the call sheet.
var rows = strings.Fields(`A1 A1-rec A1-0 A2 A2-ni1 A2-nm1 A2-ni2 A2-esc A3 A3-cost A3-time A3-who A3-visit A4 A-spanish A-lang A-bye A-fault A-fault2
	A-911 A9 A9-ok B1 B1-cost B-consent B-phone B-time B-time-c B-dob-y B-dob-m B-dob-d C1 C2 C-988
	D0 D1 D1-else D2 D2-no D3 D3-yes D4 D4-yes D5 D6 D6-other D6-c D7-call D7-text D7-vm D8 D8-zone D9 D10 D11 D11-c D11-bad D12 D12-notext D13 D14 D14-re
	D15 D15-next D15-text D-resume D-silence D-save
	E1 E2 E-fail E-lock E-otp E-s1 E-s2 E-s2a E-s3 E-s4 E-s5 E-s6 E-hold E-more
	F1 F-wait F-est F-none F-w F-w2 F-w3 F-w-late F-joined G1 G2 G-cb G-cb-ok G-cb-call`)

var variable = regexp.MustCompile(`\\\{[A-Z0-9]+\\\}`)

// Every row of every table of the call sheet is heard in a golden transcript, in
// every language, or it is said here why not.
func TestEveryRowIsHeard(t *testing.T) {
	words, err := wording.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range words.Languages() {
		files, err := filepath.Glob(filepath.Join("testdata", "calls", language, "*.txt"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no transcripts, %v", language, err)
		}
		var all strings.Builder
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		for _, id := range rows {
			said := variable.ReplaceAllString(regexp.QuoteMeta(strings.TrimSuffix(words.Template(language, id), ".")), `.+`)
			heard := regexp.MustCompile(said).MatchString(all.String())
			switch why := notHeard[id]; {
			case heard && why != "":
				t.Errorf("%s: %s is heard, though %s", language, id, why)
			case !heard && why == "":
				t.Errorf("%s: %s is in no transcript: %s", language, id, words.Template(language, id))
			}
		}
	}
}
