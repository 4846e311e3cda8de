package wording

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// inSpanish gives every prompt for patients as it sounds at its longest.
func inSpanish(t *testing.T) (*Book, map[string]string) {
	t.Helper()
	b := loaded(t)
	vars := map[string]string{}
	for name, raw := range longest {
		vars[name] = raw
	}
	vars["NOTICE"] = "Hoy estamos cerrados por la tormenta."
	out := map[string]string{}
	for _, id := range b.IDs() {
		if b.Channel(id) == Whisper {
			continue
		}
		text, err := b.Text("es", id, vars)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		out[id] = text
	}
	return b, out
}

func TestSpanishPromptsAreWholeSentences(t *testing.T) {
	_, all := inSpanish(t)
	for id, text := range all {
		first := []rune(text)[0]
		switch {
		case strings.TrimSpace(text) != text, strings.Contains(text, "  "):
			t.Errorf("%s is not clean: %q", id, text)
		case !strings.ContainsRune(".?!", rune(text[len(text)-1])):
			t.Errorf("%s has no end: %q", id, text)
		case !unicode.IsUpper(first) && first != '¿':
			t.Errorf("%s begins in the middle: %q", id, text)
		case strings.Contains(text, "..") || strings.Contains(text, " ,") || strings.Contains(text, " ."):
			t.Errorf("%s stumbles: %q", id, text)
		case strings.Count(text, "¿") != strings.Count(text, "?"):
			t.Errorf("%s opens and closes other questions: %q", id, text)
		}
	}
}

var revealingEs = regexp.MustCompile(`(?i)c[aá]ncer|onc[oó]log|tumor|dana|farber|diagn[oó]s|quimio|segunda opini|opini[oó]n|especialista|expediente|hospital|m[eé]dico|doctor`)

func TestSpanishTextsCanBeSentAndTellNothing(t *testing.T) {
	b, all := inSpanish(t)
	without := []string{"S-stop", "S-notpatient", "S-emerg", "S-emerg-intl", "S-otp"}
	for id, text := range all {
		if goesOut(b, id) {
			if found := revealingEs.FindString(text); found != "" {
				t.Errorf("%s says %q", id, found)
			}
		}
		if b.Channel(id) != Text {
			continue
		}
		if n := len([]rune(text)); n > 160 {
			t.Errorf("%s has %d characters: %q", id, n, text)
		}
		for _, r := range text {
			if !strings.ContainsRune(gsm7, r) {
				t.Errorf("%s: %q is not in GSM-7: %q", id, r, text)
			}
		}
		if !strings.HasPrefix(b.Template("es", id), "{ORG}: ") {
			t.Errorf("%s does not say first who writes", id)
		}
		if !strings.Contains(text, "STOP para parar") && !slices.Contains(without, id) {
			t.Errorf("%s does not say how to stop", id)
		}
	}
}

var vowelGroups = regexp.MustCompile(`[aeiouyáéíóúü]+`)

// Spoken Spanish takes more syllables than English, and is spoken faster: a prompt
// may have twice as many, and none is longer than a caller listens.
func TestSpanishIsNotMuchLonger(t *testing.T) {
	b, english := said(t)
	_, all := inSpanish(t)
	var ratios []float64
	for id, text := range all {
		if b.Channel(id) != Voice || b.Language("es", id) != "" {
			continue
		}
		if n := len(strings.Fields(text)); n > 66 {
			t.Errorf("%s has %d words: %q", id, n, text)
		}
		ours := len(vowelGroups.FindAllString(strings.ToLower(text), -1))
		theirs := len(vowelGroups.FindAllString(strings.ToLower(english[id]), -1))
		ratios = append(ratios, float64(ours)/float64(max(theirs, 1)))
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("syllables, Spanish to English: median %.2f, longest %.2f", median, ratios[len(ratios)-1])
	if median > 1.5 {
		t.Errorf("half of the prompts have more than %.2f times the syllables of English", median)
	}
}

// The values of variables, as they are said and written in Spanish.
func TestSpanishValues(t *testing.T) {
	for _, tt := range []struct{ name, raw, want string }{
		{"DUE", "2027-03-02T17:00:00-05:00 America/New_York", "el martes 2 de marzo, a las cinco de la tarde, hora del Este"},
		{"DUE", "2027-03-01T13:30:00-05:00 America/New_York", "el lunes primero de marzo, a la una y media de la tarde, hora del Este"},
		{"DAY", "2027-03-06T13:30:00-05:00 America/New_York", "el sábado 6 de marzo"},
		{"DATE", "1960-03-04", "el 4 de marzo de 1960"},
		{"TIME", "14:30", "las dos y media de la tarde"},
		{"TIME", "00:05", "las doce y cinco de la noche"},
		{"TIME", "12:00", "las doce del mediodía"},
		{"LOCALHOURS", "14:00-02:00", "de las dos de la tarde a las dos de la madrugada"},
		{"HOURS", "Mon-Fri 09:00-21:00 America/New_York", "de lunes a viernes, de las nueve de la mañana a las nueve de la noche, hora del Este"},
		{"MIN", "1", "un minuto"}, {"KEY", "8", "ocho"},
		{"SPOKENPHONE", "+18009419309", "8 0 0, 9 4 1, 9 3 0 9"},
		{"SPOKENPHONE", "+442079460958", "más 4 4, 2 0 7, 9 4 6, 0 9 5 8"},
	} {
		got, err := spanish[tt.name](tt.raw)
		if err != nil || got != tt.want {
			t.Errorf("{%s} of %q: %q, %v, want %q", tt.name, tt.raw, got, err, tt.want)
		}
	}
}
