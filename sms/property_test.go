package sms

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// known are texts of every kind, without those that are about signs: addresses,
// dates and reactions.
func known(t testing.TB) []string {
	var all []string
	for _, name := range []string{"optout.txt", "emergency.txt", "ordinary.txt"} {
		for _, text := range texts(t, name) {
			if _, ordinary, found := strings.Cut(text, " | "); found {
				text = ordinary
			}
			if !strings.ContainsAny(text, "@/()“”\"?") && !strings.Contains(text, "www.") {
				all = append(all, text)
			}
		}
	}
	return all
}

// What a text means is a matter of its words alone.
func TestCaseBlanksAndPunctuationChangeNothing(t *testing.T) {
	all := known(t)
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.SampledFrom(all).Draw(r, "text")
		pending := rapid.SampledFrom(everyPending).Draw(r, "pending")
		other := disguise(r, text)
		if m, want := Understand(other, 0, pending), Understand(text, 0, pending); m != want {
			r.Fatalf("%q is %q, %q is %q", text, want.Kind, other, m.Kind)
		}
	})
}

// disguise writes a text as somebody else would.
func disguise(r *rapid.T, text string) string {
	blanks := rapid.SampledFrom([]string{" ", "  ", "\n", "\t ", "\u00a0", " \u200f", ", ", "... ", "!! ", " 😀 "})
	signs := rapid.SampledFrom([]string{"", "", ".", "!!!", " …", "\u200b", "😡", "\ufeff", "--", "*"})
	change := rapid.SampledFrom([]func(rune) rune{unicode.ToUpper, unicode.ToLower, func(c rune) rune { return c }})
	invisible := rapid.SampledFrom([]string{"", "", "", "\u200b", "\u200d", "\u00ad", "\u202e"})
	var b strings.Builder
	b.WriteString(signs.Draw(r, "before"))
	for _, c := range text {
		if c == ' ' {
			b.WriteString(blanks.Draw(r, "blank"))
			continue
		}
		b.WriteRune(change.Draw(r, "case")(c))
		b.WriteString(invisible.Draw(r, "invisible"))
	}
	b.WriteString(signs.Draw(r, "after"))
	return b.String()
}

func TestCurlyQuotesAccentsAndWideLettersAreTheSame(t *testing.T) {
	for other, text := range map[string]string{
		"don’t text me":          "don't text me",
		"don`t text me":          "don't text me",
		"don´t text me":          "don't text me",
		"no más":                 "no mas",
		"no ma\u0301s":           "no mas",
		"ＳＴＯＰ　ＰＬＥＡＳＥ":            "stop please",
		"𝘀𝘁𝗼𝗽":                   "stop",
		"ﬁn":                     "fin",
		"STOOOOP":                "stop",
		"s\u200ct\u200co\u00adp": "stop",
		"١٢٣ ４ ②":                "123 4 2",
	} {
		if normalise(other) != normalise(text) {
			t.Errorf("%q is read as %q, %q as %q", other, normalise(other), text, normalise(text))
		}
	}
}

// checkText holds what is true of every text there is.
func checkText(t interface {
	Helper()
	Errorf(string, ...any)
}, body string) {
	t.Helper()
	once := normalise(body)
	if twice := normalise(once); twice != once {
		t.Errorf("%q is normalised to %q, and that to %q", body, once, twice)
	}
	for _, pending := range everyPending {
		m := Understand(body, 0, pending, "es")
		if (m.Kind == Answer) != (m.Detail != "") || m.Kind == "" || m.Kind == m.Also {
			t.Errorf("%q after %q is %+v", body, pending, m)
		}
		if address := m.Address.Reveal(); (m.Detail == Address) != (address != "") || address != "" && !flowAccepts(address) {
			t.Errorf("%q after %q gives the address %q", body, pending, address)
		}
		if pending == Nothing && m.Kind == Answer {
			t.Errorf("%q answers a question that nobody asked", body)
		}
	}
}

func TestAnyTextIsUnderstood(t *testing.T) {
	vocabulary := strings.Fields(string(stopAlone+stopPhrases+stopDoubts+stopDenied+emergencyPhrases+wrongNumberPhrases) + " @ at dot gmail.com ana@example.org 1 2 ok yes 911 555")
	vocabulary = slices.DeleteFunc(vocabulary, func(w string) bool { return strings.ContainsAny(w, "|()[]") })
	rapid.Check(t, func(r *rapid.T) {
		checkText(r, rapid.String().Draw(r, "garbage"))
		checkText(r, strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, 12).Draw(r, "words"), " "))
	})
}

func FuzzUnderstand(f *testing.F) {
	for _, text := range known(f) {
		f.Add(text)
	}
	f.Add("ana @ example . org")
	f.Add("Liked “STOP”")
	f.Add("\xff\xfe\x00🆘\u0345ǅİß")
	f.Fuzz(func(t *testing.T, body string) { checkText(t, body) })
}

// long are texts of 128 KiB that would keep busy whoever takes more than
// linear time: this test would then run for minutes.
func long() map[string]string {
	all := map[string]string{}
	for _, piece := range []string{
		"a", "stop ", "please ", "dont want the texts ", "stop sending me all of the ", "@ ", "a @ ", "a@", "at ", "a dot ",
		"ana@example.org ", "911 ", "e\u0301\u0301", "\u0301", "🙂", "\xff", "(", "“", "”", "“a” ", ".", " ", "9", "if they dont call ",
	} {
		all[piece] = strings.Repeat(piece, 1<<17/len(piece))
	}
	return all
}

func TestHugeTextsAreUnderstoodInLinearTime(t *testing.T) {
	for piece, body := range long() {
		for _, pending := range everyPending {
			if m := Understand(body, 0, pending); m.Kind == "" {
				t.Errorf("128 KiB of %q mean nothing", piece)
			}
		}
	}
}

func BenchmarkUnderstand(b *testing.B) {
	body := strings.Repeat("please do not want to stop sending the ", 41)
	for b.Loop() {
		Understand(body, 0, AskedAddress)
	}
}
