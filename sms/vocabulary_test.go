package sms

import (
	"os"
	"strings"
	"testing"
)

// texts reads a file of testdata, a text a line, without its remarks.
func texts(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// A text that opts out does so whatever has been asked, in any language.
func TestEveryWayToOptOutIsHeard(t *testing.T) {
	all := texts(t, "optout.txt")
	if len(all) < 800 {
		t.Errorf("only %d texts", len(all))
	}
	for _, text := range all {
		for _, pending := range everyPending {
			if m := Understand(text, 0, pending, "es"); m.Kind != OptOut || !m.OptsOut() {
				t.Errorf("%q after %q is %q, wanted to opt out", text, pending, m.Kind)
			}
		}
	}
}

var everyPending = []Pending{Nothing, AskedAddress, AskedConfirm, AskedWhen, AskedFree}

// R-20 word by word, independent of the file.
func TestEveryWordOfTheRuleWithEveryFiller(t *testing.T) {
	words := []string{"stop", "stopall", "stop all", "quit", "end", "revoke", "opt out", "optout", "opt-out", "cancel", "unsubscribe", "remove", "arret", "alto", "parar", "no mas"}
	fillers := []string{"please", "now", "all", "texts", "messages", "calls", "me", "thanks"}
	for _, word := range words {
		for _, first := range fillers {
			for _, second := range fillers {
				for _, text := range []string{word, first + " " + word, word + " " + first, word + " " + first + " " + second, first + ", " + word + " " + second + "!"} {
					if m := Understand(text, 0, Nothing); m.Kind != OptOut {
						t.Errorf("%q is %q, wanted to opt out", text, m.Kind)
					}
				}
			}
		}
	}
	for _, phrase := range []string{"stop texting", "do not text", "don't text", "take me off", "remove me", "leave me alone", "wrong number"} {
		for _, text := range []string{phrase, "Please " + phrase, "I am ill. " + phrase + "!", phrase + ", I mean it"} {
			if m := Understand(text, 0, Nothing); !m.OptsOut() {
				t.Errorf("%q is %q, wanted to opt out", text, m.Kind)
			}
		}
	}
}

func TestOrdinarySentencesDoNotOptOut(t *testing.T) {
	all := texts(t, "ordinary.txt")
	if len(all) < 220 {
		t.Errorf("only %d sentences", len(all))
	}
	for _, line := range all {
		want, text, _ := strings.Cut(line, " | ")
		m := Understand(text, 0, Nothing)
		if string(m.Kind) != want {
			t.Errorf("%q is %q, wanted %q", text, m.Kind, want)
		}
		if m.OptsOut() {
			t.Errorf("%q opts out", text)
		}
	}
}

// An emergency is heard whatever has been asked and whatever came with it.
func TestEmergencyWordsAlarm(t *testing.T) {
	for _, text := range texts(t, "emergency.txt") {
		for _, pending := range everyPending {
			if m := Understand(text, 1, pending); m.Kind != Emergency {
				t.Errorf("%q after %q is %q, wanted an emergency", text, pending, m.Kind)
			}
		}
		if m := Understand("Stop texting me. "+text, 0, Nothing); m.Kind != OptOut || !m.Has(Emergency) {
			t.Errorf("%q with an opt-out is %q and %q, wanted both", text, m.Kind, m.Also)
		}
	}
}

func TestGermanArticleIsNoEmergencyForWhoWritesGerman(t *testing.T) {
	tests := []struct {
		text      string
		languages []string
		want      Kind
	}{
		{"Ich brauche die Unterlagen", []string{"de-AT"}, Other},
		{"Waar is die map", []string{"en", "nl"}, Other},
		{"I want to die", []string{"de"}, Emergency},
		{"Die Klinik: emergency!", []string{"de"}, Emergency},
		{"let me die", nil, Emergency},
	}
	for _, tt := range tests {
		if m := Understand(tt.text, 0, Nothing, tt.languages...); m.Kind != tt.want {
			t.Errorf("%q in %v is %q, wanted %q", tt.text, tt.languages, m.Kind, tt.want)
		}
	}
}

func TestATableSaysEachPhraseOnce(t *testing.T) {
	for name, lists := range map[string]map[label]list{
		"one phrase in two lists":    {optOut: "stop (the) texts", doubt: "stop texts"},
		"a bracket that is not shut": {optOut: "stop (the texts"},
		"brackets in brackets":       {optOut: "stop [all (the)|the] texts"},
	} {
		if !panics(func() { compile(lists) }) {
			t.Errorf("%s is accepted", name)
		}
	}
}

// A word with an accent or a capital letter would never be met.
func TestTablesAreWrittenAsTextsAreRead(t *testing.T) {
	for _, l := range []list{
		stopAlone, stopFillers, weakAlone, weakFillers, doubtAlone, doubtFillers, stopPhrases, stopDoubts, stopDenied, stopOrdinary,
		emergencyPhrases, emergencyOrdinary, startWords, startFillers, helpWords, laterWords, callWords, callPhrases, callOrdinary,
		beginWords, keywordFillers, wrongNumberPhrases, wrongNumberAlone, wrongNumberDoubts, rightWords, wrongWords, confirmFillers,
		whenFillers, healthWords, healthOrdinary, reactionWords,
	} {
		for _, words := range l.phrases() {
			phrase := strings.TrimSuffix(strings.Join(words, " "), " .")
			if got := strings.Join(wordsOf(phrase), " "); got != phrase {
				t.Errorf("%q of a table is read as %q", phrase, got)
			}
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
