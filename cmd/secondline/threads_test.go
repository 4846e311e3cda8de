package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	{"number-without-texts", "-case requested -consent -carrier 30006", []string{"+4h", "stage:collecting_records", "+1d", "stage:records_complete", "+1d"}},
	{"handset-off", "-case requested -consent -carrier 30003", []string{"+4h", "stage:collecting_records", "+3d"}},
	{"filtered", "-case requested -consent -carrier 30007", []string{"+4h", "stage:collecting_records", "+1d"}},
	{"flood", "-case in_review -consent", strings.Split(strings.TrimSuffix(strings.Repeat("hello,", 25), ","), ",")},
}

// What is texted up to a step of the intake, and a whole one.
var (
	upToBirth   = []string{"BEGIN", "1", "1", "yes", "no", "2", "1"}
	upToZip     = then(upToBirth, "March 4 1960", "1", "1", "1", "1", "1")
	wholeByText = then(upToZip, "10001", "1", "Ana Ruiz", "it is ana@example.org", "1", "City Clinic, Boston", "Is there another way?")
)

func then(first []string, more ...string) []string { return slices.Concat(first, more) }

// intakeThreads are intakes by text: whole, stopped, left, taken up, and with
// everything else that may come in between.
var intakeThreads = []thread{
	{"begin", "", then(wholeByText, "thank you")},
	{"begin-in-spanish", "", []string{"Empezar", "1", "yo", "sí", "no", "no", "seguir", "4 de marzo de 1960", "Sí", "sí", "2", "no", "no", "10001", "por la mañana", "Ana Ruiz", "saltar", "Clínica San José, Ponce", "saltar"}},
	{"begin-for-someone-else", "", []string{"begin", "1", "2", "1", "2", "2", "2", "1", "1960-03-04", "1", "1", "2", "2", "2", "83501", "4", "3", "Ana Ruiz", "skip", "skip", "skip"}},
	{"begin-cannot-talk", "", then(upToBirth, "March 4 1960", "1", "No, I am deaf", "1", "10001", "Ana Ruiz", "ana@example.org", "1", "skip", "Can we do all of this in writing?")},
	{"begin-cannot-talk-finish-by-phone", "", then(upToBirth, "March 4 1960", "1", "2", "1", `call:1 03041960 10001 "Ana" # # # `)},
	{"begin-by-call-instead", "", []string{"BEGIN", "2"}},
	{"begin-adults-only", "", []string{"BEGIN", "1", "1", "no", "CALL"}},
	{"begin-minor-by-date", "", then(upToBirth, "03/04/2012", "1", "oh")},
	{"begin-massachusetts", "", []string{"BEGIN", "1", "1", "1", "1"}},
	{"begin-massachusetts-by-zip", "", then(upToZip, "02139", "BEGIN")},
	{"begin-in-hospital", "", []string{"BEGIN", "1", "1", "1", "2", "Yes."}},
	{"begin-abroad", "-from +447700900123", []string{"BEGIN", "1", "1", "1", "2", "2", "1", "1", "1960", "March", "4", "1", "1", "1", "1", "3:16 pm", "1", "2", "Ana Ruiz", "SKIP", "London", "Why?"}},
	{"begin-no-consent-abroad", "-from +447700900123", []string{"BEGIN", "1", "1", "1", "2", "2", "2"}},

	{"begin-by-text-finish-by-phone", "", then(upToZip, "10001", `call:1 03041961 03041960 1 "Ana" # # # `, "thanks")},
	{"begin-by-phone-finish-by-text", "", []string{`call:1 1 1 2 2 1 03041960 1 1 1 1 1 hangup`, "BEGIN", "1", "March 4, 1961", "3/4/1960", "10001", "1", "Ana", "skip", "skip", "skip"}},
	{"begin-by-phone-new-by-text", "", []string{`call:1 1 1 2 2 1 03041960 1 1 1 1 1 hangup`, "BEGIN", "1", "1", "1"}},
	{"begin-three-wrong-dates", "", []string{`call:1 1 1 2 2 1 03041960 1 1 1 1 1 hangup`, "BEGIN", "1", "3/4/1961", "3/4/1962", "3/4/1963", "BEGIN", "1", "3/4/1964", "3/4/1965", "BEGIN", "1"}},
	{"begin-phone-goes-on-meanwhile", "", then(upToZip, `call:1 03041960 10001 2 hangup`, "90210", "Ana Ruiz")},
	{"begin-phone-finishes-meanwhile", "", then(upToZip, `call:1 03041960 10001 1 "Ana" # # # `, "10001", "hello?")},

	{"begin-stop-in-the-middle", "", then(upToZip, "STOP", "10001", "START", "BEGIN", "1", "03041960", "10001")},
	{"begin-emergency-in-the-middle", "", then(upToZip, "I have chest pain", "10001")},
	{"begin-other-words-in-the-middle", "", then(upToZip, "HELP", "LATER", "2", "CALL", "media:my zip", "10001")},
	{"begin-again-in-the-middle", "", then(upToBirth, "03/04/1960", "BEGIN", "03/04/1960", "1")},
	{"begin-bad-answers", "", []string{"BEGIN", "maybe", "1", "1", "what?", "I am not sure", "yes or no", "yes", "no", "no", "2", "1", "2/30/1960", "soon", "3/4/60", "1", "1", "1", "1", "100", "99999", "1", "Ana", "ana at example", "ana@example.org", "no", "ana@example.net", "1"}},
	{"begin-odd-texts", "", then(upToZip, "🙂", "   ", "نعم، أعيش هنا", "\u202e10001\u202c", "1", strings.Repeat("A very long name ", 94), "skip", "👍🏽", strings.Repeat("🏥", 400), "skip")},
	{"begin-twice-delivered", "", []string{"repeat:BEGIN", "repeat:1", "repeat:1", "repeat:yes"}},
	{"begin-pauses", "", then(upToZip, "+3d", "10001", "+6d", "1")},
	{"begin-expires", "", then(upToZip, "+8d", "10001", "BEGIN", "1")},
	{"begin-expires-before-anything-is-told", "", []string{"BEGIN", "1", "+8d", "1", "1"}},
	{"begin-after-opting-out", "", []string{"please stop texting me", "BEGIN"}},
}

var requestNumber = regexp.MustCompile(`(?m)^  number +(\d{8})$`)

// hideRequest replaces the request number, which is drawn anew each time.
func hideRequest(out string) string {
	for _, found := range requestNumber.FindAllStringSubmatch(out, -1) {
		digits := found[1]
		spoken := strings.Join(strings.Split(digits[:4], ""), " ") + ", " + strings.Join(strings.Split(digits[4:], ""), " ")
		out = strings.NewReplacer(digits, "########", spoken, "# # # #, # # # #").Replace(out)
	}
	return out
}

// The golden threads are whole exchanges of texts, in every language that there
// are words for; -update writes them anew.
func TestThreads(t *testing.T) {
	t.Parallel()
	words, err := wording.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range words.Languages() {
		for _, tt := range slices.Concat(threads, intakeThreads) {
			t.Run(language+"/"+tt.name, func(t *testing.T) {
				var out, errs bytes.Buffer
				args := append([]string{"text", "-language", language}, strings.Fields(tt.options)...)
				if status := run(t.Context(), append(args, tt.messages...), noEnvironment, &out, &errs); status != 0 {
					t.Fatalf("status %d: %s%s", status, errs.String(), out.String())
				}
				got := hideRequest(out.String())
				golden := filepath.Join("testdata", "threads", language, tt.name+".txt")
				if *update {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("the exchange is another (-want +got); -update keeps it:\n%s", diff)
				}
			})
		}
	}
}
