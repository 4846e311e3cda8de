package wording

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	sentenceEnd = regexp.MustCompile(`[.?!:;]+(\s|$)`)
	word        = regexp.MustCompile(`[A-Za-z'0-9]+`)
	vowels      = regexp.MustCompile(`[aeiouy]+`)
)

// grade is the Flesch-Kincaid grade: 0.39 words a sentence + 11.8 syllables a
// word - 15.59.
func grade(text string) float64 {
	text = strings.NewReplacer("a.m.", "am", "p.m.", "pm").Replace(text)
	words := word.FindAllString(text, -1)
	syllables := 0
	for _, w := range words {
		syllables += syllablesOf(strings.ToLower(w))
	}
	sentences := max(1, len(sentenceEnd.FindAllString(text, -1)))
	return 0.39*float64(len(words))/float64(sentences) + 11.8*float64(syllables)/float64(len(words)) - 15.59
}

func syllablesOf(w string) int {
	n := len(vowels.FindAllString(w, -1))
	if strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") && n > 1 {
		n--
	}
	return max(1, n)
}

// Patients are to understand at once: eighth grade at most, and half of all
// prompts below fourth.
func TestReadingGrade(t *testing.T) {
	b, all := said(t)
	var grades []float64
	for id, text := range all {
		if b.Language("en", id) != "" || b.Channel(id) == Whisper {
			continue
		}
		// The name of the organisation is not ours to choose.
		g := grade(strings.ReplaceAll(text, longest["ORG"], "Care Team"))
		if g > 8 {
			t.Errorf("%s is of grade %.1f: %q", id, g, text)
		}
		grades = append(grades, g)
	}
	slices.Sort(grades)
	if median := grades[len(grades)/2]; median > 4 {
		t.Errorf("the median is grade %.1f", median)
	}
	if g := grade("Notification regarding documentation requirements necessitates authorization."); g < 12 {
		t.Errorf("officialese is of grade %.1f: the measure is off", g)
	}
}

// No prompt is longer than a caller listens: 24 s at 150 words a minute, and a
// voicemail, which gives a number twice, 28 s.
func TestNoPromptIsTooLong(t *testing.T) {
	b, all := said(t)
	most := map[Channel]int{Voice: 60, Whisper: 60, Voicemail: 70, Text: 60}
	for id, text := range all {
		if n := len(strings.Fields(text)); n > most[b.Channel(id)] {
			t.Errorf("%s has %d words: %q", id, n, text)
		}
	}
}
