package sms

import (
	"slices"
	"strings"
)

// alarm is the label of the emergency vocabulary.
const alarm label = "alarm"

var emergencies = compile(map[label]list{alarm: emergencyPhrases, ordinary: emergencyOrdinary})

// emergency says whether a text calls for help at once (call script 6.9).
func emergency(words, languages []string) bool {
	return emergencies.scan(withoutForeign(withoutPhones(words), languages))[alarm]
}

// noWord stands for a word that must not be read.
const noWord = "-"

// withoutPhones takes out the 911 of a telephone number of the form 555 911
// 1234 or 911 555 1234. Beside any other number ("911 12 Main Street") it
// alarms.
func withoutPhones(words []string) []string {
	out := slices.Clone(words)
	for i := range words {
		if digits(words, i) == 3 &&
			(digits(words, i-1) == 3 && digits(words, i+1) == 4 || digits(words, i+1) == 3 && digits(words, i+2) == 4) {
			out[i] = noWord
		}
	}
	return out
}

// digits is how many digits the word at i has, or 0 when it is no number.
func digits(words []string, i int) int {
	if i < 0 || i >= len(words) || !numeric(words[i]) {
		return 0
	}
	return len(words[i])
}

func numeric(word string) bool { return strings.Trim(word, "0123456789") == "" }

// withoutForeign takes out the words of ordinaryIn, where the word before does
// not make them English ("to die").
func withoutForeign(words, languages []string) []string {
	var foreign []string
	for _, tag := range languages {
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		foreign = append(foreign, ordinaryIn[base]...)
	}
	out := slices.Clone(words)
	for i, word := range words {
		if slices.Contains(foreign, word) && (i == 0 || !slices.Contains(beforeVerbs, words[i-1])) {
			out[i] = noWord
		}
	}
	return out
}
