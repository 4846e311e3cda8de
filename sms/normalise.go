package sms

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// apostrophes are left out, not made blanks, so that "don’t" and "dont" are one
// word. They go first, for some become a blank and an accent when decomposed; and
// again, for "ŉ" becomes one of them.
const apostrophes = "'’‘‛ʼʻ′＇`´"

// emojiWords are the emoji that say a word. All others say nothing.
var emojiWords = map[rune]string{
	'🆘': " sos ",
	'🛑': " stop ",
}

// normalise gives the words of a text with one blank between them, in lower
// case, without accents, apostrophes, invisible characters, punctuation and
// emoji, digits of every script as 0 to 9, and letters that are repeated three
// times or more written once ("STOOOP" is "stop"). It takes linear time and
// normalising twice changes nothing.
func normalise(body string) string {
	var b strings.Builder
	blank := true
	for _, r := range norm.NFKD.String(withoutApostrophes(body)) {
		switch word, said := emojiWords[r]; {
		case said:
			b.WriteString(word)
			blank = true
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), r == unicode.ReplacementChar, strings.ContainsRune(apostrophes, r):
		case unicode.IsLetter(r):
			b.WriteRune(unicode.ToLower(r))
			blank = false
		case unicode.IsDigit(r):
			b.WriteByte('0' + digit(r))
			blank = false
		case !blank:
			b.WriteByte(' ')
			blank = true
		}
	}
	return strings.Join(strings.Fields(shorten(b.String())), " ")
}

func withoutApostrophes(body string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(apostrophes, r) {
			return -1
		}
		return r
	}, body)
}

// digit is the value of a decimal digit: Unicode lists them in tens.
func digit(r rune) byte {
	for _, tens := range unicode.Nd.R16 {
		if lo, hi := rune(tens.Lo), rune(tens.Hi); lo <= r && r <= hi {
			return byte((r - lo) % 10)
		}
	}
	for _, tens := range unicode.Nd.R32 {
		if lo, hi := rune(tens.Lo), rune(tens.Hi); lo <= r && r <= hi {
			return byte((r - lo) % 10)
		}
	}
	return 0
}

// shorten writes once a letter that comes three times or more in a row.
func shorten(s string) string {
	runes := []rune(s)
	out := runes[:0]
	for i := 0; i < len(runes); {
		next := i + 1
		for next < len(runes) && runes[next] == runes[i] {
			next++
		}
		n := next - i
		if n >= 3 && unicode.IsLetter(runes[i]) {
			n = 1
		}
		out = append(out, runes[i:i+n]...)
		i = next
	}
	return string(out)
}

// wordsOf are the words of a text that the tables are looked up with.
func wordsOf(body string) []string {
	return sameWords(strings.Fields(normalise(body)))
}
