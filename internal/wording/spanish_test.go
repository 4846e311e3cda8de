package wording

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"secondline/internal/segments"
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
		// A help text has to say so much that two groups of hours fill it.
		if n := len([]rune(text)); n > 150 && (id != "S-help" || n > 160) {
			t.Errorf("%s has %d characters: %q", id, n, text)
		}
		if !oneSegment(text) {
			strange, _ := segments.OutsideGSM7(text)
			t.Errorf("%s is no single segment of GSM-7 (%q): %q", id, strange, text)
		}
		if asks(id) {
			continue
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
// may have half as many more, not more words by a third, and takes 22 s at 150 words
// a minute, besides hours in several groups.
func TestSpanishIsNotMuchLonger(t *testing.T) {
	b, english := said(t)
	_, all := inSpanish(t)
	var ratios, inWords []float64
	for id, text := range all {
		if b.Channel(id) != Voice || b.Language("es", id) != "" {
			continue
		}
		theirWords, words := len(strings.Fields(english[id])), len(strings.Fields(text))
		if most := 55; words > most+hoursInIt(b, id) {
			t.Errorf("%s has %d words: %q", id, words, text)
		}
		inWords = append(inWords, float64(words)/float64(theirWords))
		ours := len(vowelGroups.FindAllString(strings.ToLower(text), -1))
		theirs := len(vowelGroups.FindAllString(strings.ToLower(english[id]), -1))
		ratios = append(ratios, float64(ours)/float64(max(theirs, 1)))
	}
	slices.Sort(inWords)
	if median := inWords[len(inWords)/2]; median > 1.35 {
		t.Errorf("half of the prompts have more than %.2f times the words of English", median)
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("syllables, Spanish to English: median %.2f, longest %.2f", median, ratios[len(ratios)-1])
	if median > 1.5 {
		t.Errorf("half of the prompts have more than %.2f times the syllables of English", median)
	}
}

// hoursInIt gives room for hours that an operator chose, where a prompt tells them.
func hoursInIt(b *Book, id string) int {
	if slices.Contains(b.Vars(id), "HOURS") {
		return 10
	}
	return 0
}

// The words that the rules want in texts are there in Spanish, too.
func TestSpanishTextsSayWhatTheyCost(t *testing.T) {
	b := loaded(t)
	for _, id := range []string{"S-welcome", "S-start", "S-help"} {
		for _, want := range []string{"{ORG}", "argos de msjs", "datos", "1-5/semana", "STOP"} {
			if text := b.Template("es", id); !strings.Contains(strings.ReplaceAll(text, "msjs/datos", "msjs y datos"), want) {
				t.Errorf("%s lacks %q: %q", id, want, text)
			}
		}
	}
	for _, want := range []string{"{PHONE}", "{HRS}"} {
		if !strings.Contains(b.Template("es", "S-help"), want) {
			t.Errorf("S-help lacks %s", want)
		}
	}
}

// The patient may be a woman, or a man: nothing that is said takes a side.
func TestSpanishSpeaksToEverybody(t *testing.T) {
	_, all := inSpanish(t)
	side := regexp.MustCompile(`(?i)\b(lo|la) llam(amos|aremos|emos)|\bbienvenid[oa]|\bseguro\?|\blist[oa], o\b`)
	for id, text := range all {
		if found := side.FindString(text); found != "" {
			t.Errorf("%s says %q", id, found)
		}
	}
}

// Coordinators work in English, whatever the caller speaks: the whisper, its voice
// and the time in it.
func TestWhispersAreEnglishInEveryLanguage(t *testing.T) {
	b := loaded(t)
	for _, id := range b.IDs() {
		if b.Channel(id) != Whisper {
			continue
		}
		english, _ := b.Text("en", id, longest)
		if got, err := b.Text("es", id, longest); err != nil || got != english {
			t.Errorf("%s: %q %v, want %q", id, got, err, english)
		}
	}
}

func TestSpanishRefusesWrongValues(t *testing.T) {
	for name, raw := range map[string]string{
		"DUE": "mañana", "WHEN": "2027-03-03", "DATE": "1960-02-30", "TIME": "24:00", "HOURS": "siempre", "HRS": "lun-vie", "LOCALHOURS": "15:00",
		"MIN": "-1", "KEY": "uno", "SPOKENPHONE": "6175550123", "FIRST": " ",
	} {
		got, err := spanish[name](raw)
		if err == nil || got != "" || strings.Contains(err.Error(), raw) && raw != " " {
			t.Errorf("%s %q becomes %q, %v", name, raw, got, err)
		}
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
		{"HOURS", "Mon-Fri 09:00-21:00 America/New_York; Sat 10:30-12:00 America/New_York",
			"de lunes a viernes, de las nueve de la mañana a las nueve de la noche; y los sábados, de las diez y media de la mañana a las doce del mediodía, hora del Este"},
		{"HOURS", "Mon-Sun 13:00-24:00 America/Chicago", "todos los días, de la una de la tarde a las doce de la noche, hora del Centro"},
		{"HOURS", "Sun 00:00-24:00 Europe/London", "los domingos, de día y de noche, hora de Londres"},
		{"HRS", "Mon-Fri 09:00-21:30 America/New_York; Sat 10:00-12:00 America/New_York", "lun-vie 9am-9:30pm, sab 10am-12pm ET"},
		{"HRS", "Mon-Sun 00:00-24:00 America/Chicago", "diario 24h CT"},
		{"WHEN", "2027-03-02T22:00:00Z America/New_York", "mar 2 mar 5 PM ET"},
		{"WHEN", "2027-03-03T22:30:00Z America/New_York", "mié 3 mar 5:30 PM ET"},
		{"WHEN", "2027-12-29T21:30:00Z Pacific/Guam", "jue 30 dic 7:30 AM hora de Guam"},
		{"WHEN", "2027-12-29T12:30:00+05:30", "mié 29 dic 12:30 PM hora local"},
		{"OPENS", "2027-07-13T18:30:00+05:30", "el martes 13 de julio, a las seis y media de la tarde, su hora local"},
		{"DATE", "1999-01-01", "el primero de enero de 1999"},
		{"TIME", "01:15", "la una y cuarto de la madrugada"}, {"TIME", "21:05", "las nueve y cinco de la noche"},
		{"TIME", "06:41", "las seis y cuarenta y uno de la mañana"}, {"TIME", "00:00", "las doce de la noche"},
		{"MIN", "1", "un minuto"}, {"MIN", "10", "10 minutos"}, {"KEY", "8", "ocho"}, {"KEY", "12", "12"},
		{"SPOKENPHONE", "+18009419309", "8 0 0, 9 4 1, 9 3 0 9"},
		{"SPOKENPHONE", "+442079460958", "más 4 4, 2 0 7, 9 4 6, 0 9 5 8"},
	} {
		got, err := spanish[tt.name](tt.raw)
		if err != nil || got != tt.want {
			t.Errorf("{%s} of %q: %q, %v, want %q", tt.name, tt.raw, got, err, tt.want)
		}
	}
}
