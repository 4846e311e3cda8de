package wording

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	wordEs    = regexp.MustCompile(`[\p{L}0-9]+`)
	strongEs  = "aeoáéó"
	vowelsEs  = "aeiouáéíóúü"
	accentsEs = "íú"
)

// ease is the INFLESZ measure of Spanish (Szigriszt-Pazos): 206.835 - 62.3
// syllables a word - words a sentence. Above 80 is very easy, 65 to 80 quite easy,
// 55 to 65 normal, below 40 very difficult (Barrio-Cantalejo 2008).
func ease(text string) float64 {
	words := wordEs.FindAllString(strings.ToLower(text), -1)
	syllables := 0
	for _, w := range words {
		if n, err := strconv.Atoi(w); err == nil && n < 60 {
			w = strings.ReplaceAll(countEs(n), " ", "")
		}
		syllables += syllablesEs(w)
	}
	sentences := max(1, len(sentenceEnd.FindAllString(text, -1)))
	return 206.835 - 62.3*float64(syllables)/float64(len(words)) - float64(len(words))/float64(sentences)
}

// syllablesEs counts vowels, but one for a weak vowel beside another: "cuen-ta",
// "le-er", "dí-a".
func syllablesEs(w string) int {
	count, before := 0, rune(0)
	for _, r := range strings.TrimSuffix(w, "y") {
		vowel := strings.ContainsRune(vowelsEs, r)
		if vowel && (before == 0 || apart(before, r)) {
			count++
		}
		before = 0
		if vowel {
			before = r
		}
	}
	return max(1, count)
}

func apart(a, b rune) bool {
	strong := func(r rune) bool { return strings.ContainsRune(strongEs, r) }
	weak := func(r rune) bool { return strings.ContainsRune(accentsEs, r) }
	return (strong(a) && strong(b)) || (weak(a) && strong(b)) || (strong(a) && weak(b))
}

func TestSyllablesOfSpanish(t *testing.T) {
	for w, want := range map[string]int{"cuenta": 2, "leer": 2, "día": 2, "oír": 2, "hoy": 1, "y": 1, "especialista": 5, "dieciséis": 3, "guía": 2, "oprima": 3, "veintiún": 2} {
		if got := syllablesEs(w); got != want {
			t.Errorf("%s has %d syllables, want %d", w, got, want)
		}
	}
}

// Callers understand at once: half of all prompts are quite easy, well above the
// 65 where that begins, and none is very difficult. Of a prompt of one
// sentence the measure says little: "Para volver, oprima numeral." has 47.
func TestReadingEaseOfSpanish(t *testing.T) {
	b, all := inSpanish(t)
	var eases []float64
	for id, text := range all {
		if b.Language("es", id) != "" {
			continue
		}
		// The names of organisations and states are not ours to choose.
		e := ease(strings.NewReplacer(longest["ORG"], "Equipo", "Massachusetts", "Ohio").Replace(text))
		if e < 40 {
			t.Errorf("%s is of ease %.0f: %q", id, e, text)
		}
		eases = append(eases, e)
	}
	slices.Sort(eases)
	t.Logf("ease: lowest %.0f, median %.0f", eases[0], eases[len(eases)/2])
	if median := eases[len(eases)/2]; median < 75 {
		t.Errorf("the median is of ease %.0f", median)
	}
	if e := ease("La notificación correspondiente a los requisitos de documentación necesita autorización administrativa."); e > 40 {
		t.Errorf("officialese is of ease %.0f: the measure is off", e)
	}
}
