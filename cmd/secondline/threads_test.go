package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"secondline/internal/wording"
)

// thread is an exchange of texts of the golden transcripts.
type thread struct {
	name, options string
	messages      []string
}

// threads are the rows of the call sheet's table of texts (6.9), each way in which
// one comes about.
var threads = []thread{
	{"welcome-start-stop", "-case requested", []string{"START", "STOP", "START", "stop"}},
	{"every-stage", "-case requested -consent", []string{"stage:collecting_records", "+1d", "stage:collecting_records:help", "+1d", "stage:records_complete", "+1d", "stage:in_review", "+1d", "stage:delivered", "+1d", "stage:followed_up", "stage:closed", "+1d"}},
	{"two-stages-in-a-day", "-case requested -consent", []string{"+4h", "stage:collecting_records", "+1h", "stage:records_complete", "+1h", "stage:in_review", "+1d"}},
	{"no-consent", "-case requested", []string{"stage:collecting_records", "+1d"}},
	{"email", "-case requested -consent", []string{"ask:email", "ana at example", "it is ana@gmial.com", "no", "ana@example.org", "ok"}},
	{"email-corrected", "-case requested -consent", []string{"ask:email", "ana@gmial.com", "ana.ruiz@gmail.com", "OK"}},
	{"email-yes-is-no-start", "-case requested -consent", []string{"ask:email", "ana@example.org", "YES"}},
	{"later", "-case delivered -consent", []string{"LATER", "2", "later please", "9", "4"}},
	{"call", "-case in_review -consent", []string{"CALL"}},
	{"help", "-case in_review -consent", []string{"HELP", "info"}},
	{"opt-out-in-own-words", "-case in_review -consent", []string{"Please stop texting me!!", "stage:delivered", "+1d", "hello?"}},
	{"may-be-an-opt-out", "-case in_review -consent", []string{"stop my chemo on Friday?", "stage:delivered", "+1d"}},
	{"emergency", "-case in_review -consent", []string{"I have chest pain", "STOP", "I want to die"}},
	{"emergency-at-night", "-case in_review -consent -at 2027-03-03T03:00:00-05:00", []string{"i cant breathe"}},
	{"emergency-abroad", "-from +447700900123", []string{"emergency"}},
	{"wrong-number", "-case in_review -consent", []string{"You have the wrong number", "stage:delivered", "+1d"}},
	{"picture", "-case in_review -consent", []string{"media:", "media:my scan"}},
	{"health-words", "-case in_review -consent", []string{"The tumor marker is up again", "is it cancer"}},
	{"not-understood", "-case in_review -consent", []string{"Thank you so much", "who is this", "+2h", "🙂", "   ", "and one more thing"}},
	{"begin", "", []string{"BEGIN"}},
	{"number-without-texts", "-case requested -consent -carrier 30006", []string{"+4h", "stage:collecting_records", "+1d", "stage:records_complete", "+1d"}},
	{"handset-off", "-case requested -consent -carrier 30003", []string{"+4h", "stage:collecting_records", "+3d"}},
	{"filtered", "-case requested -consent -carrier 30007", []string{"+4h", "stage:collecting_records", "+1d"}},
	{"flood", "-case in_review -consent", strings.Split(strings.TrimSuffix(strings.Repeat("hello,", 25), ","), ",")},
}

// The golden threads are whole exchanges of texts, in every language that there
// are words for; -update writes them anew.
func TestThreads(t *testing.T) {
	words, err := wording.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range words.Languages() {
		for _, tt := range threads {
			t.Run(language+"/"+tt.name, func(t *testing.T) {
				var out, errs bytes.Buffer
				args := append([]string{"text", "-language", language}, strings.Fields(tt.options)...)
				if status := run(t.Context(), append(args, tt.messages...), noEnvironment, &out, &errs); status != 0 {
					t.Fatalf("status %d: %s%s", status, errs.String(), out.String())
				}
				golden := filepath.Join("testdata", "threads", language, tt.name+".txt")
				if *update {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
					t.Errorf("the exchange is another (-want +got); -update keeps it:\n%s", diff)
				}
			})
		}
	}
}
