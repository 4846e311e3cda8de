package twiliosim

import (
	"strconv"
	"strings"
)

// spoken is what is heard of a Say: SSML flattened, a sub by its alias, blanks
// collapsed.
func spoken(e *element) string {
	var b strings.Builder
	writeSpoken(&b, e)
	return strings.Join(strings.Fields(b.String()), " ")
}

func writeSpoken(b *strings.Builder, e *element) {
	if e.name == "" {
		b.WriteString(e.text)
		return
	}
	if alias, ok := e.get("alias"); ok && e.name == "sub" {
		b.WriteString(alias)
		return
	}
	gap := e.name == "break" || e.name == "p" || e.name == "s"
	if gap {
		b.WriteByte(' ')
	}
	for _, c := range e.children {
		writeSpoken(b, c)
	}
	if gap {
		b.WriteByte(' ')
	}
}

// slow reports whether a prosody slows any of it down.
func slow(e *element) bool {
	if e.name == "prosody" && slowRate(e.or("rate", "")) {
		return true
	}
	for _, c := range e.elements() {
		if slow(c) {
			return true
		}
	}
	return false
}

// slowRate understands the words and the percentages of SSML: -10% and 90% are
// slow.
func slowRate(rate string) bool {
	if rate == "slow" || rate == "x-slow" {
		return true
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(rate, "%"), 64)
	if err != nil || !strings.HasSuffix(rate, "%") {
		return false
	}
	return n < 0 || n < 100 && !strings.HasPrefix(rate, "+")
}
