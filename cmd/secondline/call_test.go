package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"secondline/casestore"
	"secondline/internal/wording"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// wholeIntake is a request from the first key to the last.
const wholeIntake = `1 1 1 2 2 1 03041960 1 1 1 1 1 10001 1 "Ana Ruiz, A N A" # "City Clinic in Albany" "Is there another way?" 3`

func noEnvironment(string) (string, bool) { return "", false }

// command runs secondline and gives what it printed.
func command(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, noEnvironment, &out, &errs)
	return status, out.String(), errs.String()
}

// play plays a call and fails the test when a webhook or an answer failed.
func play(t *testing.T, line, from, at, tokens string) *callResult {
	t.Helper()
	var out bytes.Buffer
	args := []string{"call", "-json", "-line", line, "-from", from, "-at", at, tokens}
	var errs bytes.Buffer
	if status := run(context.Background(), args, noEnvironment, &out, &errs); status != 0 {
		t.Fatalf("status %d for %q: %s%s", status, tokens, errs.String(), out.String())
	}
	var r callResult
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// text is all that was heard in the calls, a line each.
func (r *callResult) text() string {
	var b strings.Builder
	for _, c := range r.Calls {
		for _, l := range c.Heard {
			b.WriteString(l.Who + ": " + l.Text + "\n")
		}
	}
	return b.String()
}

const (
	tuesday  = "2027-03-02T10:12:00-05:00"
	evening  = "2027-03-02T22:30:00-05:00"
	holiday  = "2027-11-25T11:00:00-05:00" // Thanksgiving
	weekend  = "2027-03-06T11:00:00-05:00"
	patient  = "+16175550123"
	londoner = "+442079460958"
)

// The golden transcripts are whole calls as they are heard, in every language
// that there are words for. A change of words or steps shows in them; -update
// writes them anew.
func TestTranscripts(t *testing.T) {
	words, err := wording.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range words.Languages() {
		for _, tt := range transcripts {
			t.Run(language+"/"+tt.name, func(t *testing.T) { tt.check(t, language) })
		}
	}
}

// transcript is a call, and the options of secondline call that make it.
type transcript struct {
	name, options, tokens string
	// settings are those of the programme that are not its defaults.
	settings string
}

func (tt transcript) check(t *testing.T, language string) {
	env := noEnvironment
	if tt.settings != "" {
		path := filepath.Join(t.TempDir(), "line.toml")
		if err := os.WriteFile(path, []byte(tt.settings), 0o600); err != nil {
			t.Fatal(err)
		}
		env = func(name string) (string, bool) {
			if name == "LINE_CONFIG" {
				return path, true
			}
			return "", false
		}
	}
	args := append([]string{"call", "-language", language}, strings.Fields(tt.options)...)
	var out, errs bytes.Buffer
	if status := run(t.Context(), append(args, tt.tokens), env, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s%s", status, errs.String(), out.String())
	}
	got := hideNumber(out.String())
	golden := filepath.Join("testdata", "calls", language, tt.name+".txt")
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
		t.Errorf("the call is another (-want +got); -update keeps it:\n%s", diff)
	}
}

// hideNumber replaces the request number, which is drawn anew each time.
func hideNumber(out string) string {
	_, after, found := strings.Cut(out, "\nrequest  ")
	number, _, _ := strings.Cut(after, "\n")
	digits := strings.ReplaceAll(number, " ", "")
	if !found || len(digits) != 8 {
		return out
	}
	spoken := strings.Join(strings.Split(digits[:4], ""), " ") + ", " + strings.Join(strings.Split(digits[4:], ""), " ")
	return strings.ReplaceAll(strings.ReplaceAll(out, number, "#### ####"), spoken, "# # # #, # # # #")
}

// A call that is cut off after any step, and taken up again, ends in the same
// request as one that was not.
func TestHangUpAfterEveryStep(t *testing.T) {
	whole := play(t, "tollfree", patient, tuesday, wholeIntake)
	if whole.Request == "" || whole.Stage != "requested" {
		t.Fatalf("a whole intake gives request %q, stage %q", whole.Request, whole.Stage)
	}
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		t.Fatal(err)
	}
	words := tokenWords(tokens)
	// The date of birth is the seventh token and confirmed by the eighth.
	const confirmed = 8
	for i := 1; i < len(words); i++ {
		t.Run(fmt.Sprintf("after %d", i), func(t *testing.T) {
			again := words
			if i >= confirmed {
				again = append([]string{"1", "03041960"}, words[i:]...)
			}
			all := strings.Join(words[:i], " ") + " hangup +1h " + strings.Join(again, " ")
			got := play(t, "tollfree", patient, tuesday, all)
			if got.Request == "" || got.Stage != "requested" {
				t.Fatalf("request %q, stage %q after:\n%s", got.Request, got.Stage, got.text())
			}
			if diff := cmp.Diff(whole.Answers, got.Answers); diff != "" {
				t.Errorf("the answers differ (-whole +cut off):\n%s", diff)
			}
			if len(got.Owed) != 1 {
				t.Errorf("owed: %v, want the one first call", got.Owed)
			}
		})
	}
}

func tokenWords(tokens []token) []string {
	var out []string
	for _, t := range tokens {
		switch {
		case t.words != "":
			out = append(out, `"`+t.words+`"`)
		case t.silence:
			out = append(out, "_")
		default:
			out = append(out, t.keys)
		}
	}
	return out
}

// After the date of birth is confirmed there is one case, whatever happens.
func TestResumedRequestIsTheSameCase(t *testing.T) {
	w := testWorld(t, tuesday)
	p := &callPlayer{world: w, from: patient, to: "+18009419309"}
	w.playTokens(t, p, `1 1 1 2 2 1 03041960 1 1 hangup`)
	before, err := p.latest(t.Context())
	if err != nil || before == nil {
		t.Fatalf("no unfinished request: %v", err)
	}
	w.playTokens(t, p, `1 03041960 1 1 1 10001 1 "Ana" # "Clinic" "Why?" 3 hangup`)
	after, err := p.latest(t.Context())
	if err != nil || after == nil {
		t.Fatalf("no request: %v", err)
	}
	if before.ID != after.ID || after.Stage != casestore.StageRequested {
		t.Errorf("case %s at %s, want %s", after.ID, after.Stage, before.ID)
	}
	if drafts, _ := w.line.store.Drafts(t.Context(), w.line.store.Ring().Person(after.Caller)); len(drafts) != 0 {
		t.Errorf("%d requests are still unfinished", len(drafts))
	}
	var kinds []string
	for _, c := range after.Consents {
		kinds = append(kinds, c.Kind+"="+c.Given+" "+c.Prompt+" "+c.Key)
		if c.Version == "" || c.Call == "" || c.At.IsZero() {
			t.Errorf("consent %s cannot be shown: %+v", c.Kind, c)
		}
	}
	if diff := cmp.Diff([]string{"calls=yes D7-call 1", "texts=yes D7-text 1", "voicemail=yes D7-vm 1"}, kinds); diff != "" {
		t.Errorf("consents (-want +got):\n%s", diff)
	}
}

func TestCallRefusesWhatItCannotPlay(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"call", "-at", "yesterday", "1"}, "is no time"},
		{[]string{"call", "-line", "red", "1"}, "is no line"},
		{[]string{"call", "-from", "617", "1"}, "international form"},
		{[]string{"call", "1 x"}, "nothing a caller can do"},
		{[]string{"call", `1 "Ana`}, "no closing quote"},
		{[]string{"call", "+soon"}, "no span of time"},
		{[]string{"call", `"Ana"`}, "token 1"},
	} {
		status, _, errs := command(t, tt.args...)
		if status != 2 || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: status %d, %q; want %q", tt.args, status, errs, tt.want)
		}
	}
}

// A call that ends before all was done in it is printed, with what was left.
func TestACallThatEndsTooEarlyIsPrinted(t *testing.T) {
	var out, errs strings.Builder
	status := run(t.Context(), []string{"call", strings.Repeat("_ ", 40)}, noEnvironment, &out, &errs)
	if status != 2 || !strings.Contains(out.String(), "Thank you for calling") || !strings.Contains(errs.String(), "the call is over, and ") || !strings.Contains(errs.String(), "of 40 tokens are left") {
		t.Errorf("status %d:\n%s\n%s", status, out.String(), errs.String())
	}
}
