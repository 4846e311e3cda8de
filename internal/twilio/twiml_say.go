package twilio

import (
	"strings"
	"unicode/utf8"
)

// Say reads text aloud (https://www.twilio.com/docs/voice/twiml/say). Text comes
// before Nodes; one of the two must not be empty (13520).
type Say struct {
	// Voice is one of Twilio's voices, such as "Polly.Joanna", or empty for the
	// account's. Language is a BCP 47 tag of Twilio's list, or empty; it must be
	// the voice's own where the voice has one (13511, 13512).
	Voice, Language string
	Text            string
	Nodes           []SSML
	// Loop is how often it is said, 0 (until hangup) to 1000; nil for once.
	Loop *int
}

func (Say) kind() verbKind { return kindSay }
func (Say) prompt()        {}

func (s Say) encode(e *encoder) {
	s.check(e)
	start := len(e.buf)
	e.raw("<Say")
	e.attrUnlessEmpty("language", s.Language)
	e.numberIf("Say", "loop", s.Loop, 0, 1000, 13510)
	e.attrUnlessEmpty("voice", s.Voice)
	e.raw(">")
	e.text(s.Text)
	e.nodes("Say", s.Nodes, anySSML)
	e.raw("</Say>")
	s.checkLength(e, e.buf[start:])
}

func (s Say) check(e *encoder) {
	if blank(s.Text) && blankNodes(s.Nodes) {
		e.fail("Say", 13520, "nothing to say")
	}
	if s.Language != "" && !isSayLanguage(s.Language) {
		e.fail("Say", 13512, "unknown language")
	}
	if s.Voice == "" {
		return
	}
	kind, own := lookVoice(s.Voice)
	switch {
	case kind == unknownVoice:
		e.fail("Say", 13511, "unknown voice")
	case !kind.speaks(own, s.Language):
		e.fail("Say", 13511, "the voice does not speak the language")
	case kind == basicVoice && hasMarkup(s.Nodes):
		e.fail("Say", 13511, "a basic voice knows no SSML")
	}
}

// The lengths of a Say (error 13521): bytes of text for the basic and the Polly
// voices, of the whole element for Google's, and of the text URL-encoded for all.
const (
	maxSayBasic   = 4096
	maxSayPolly   = 3000
	maxSayGoogle  = 5000
	maxSayEncoded = 4500
)

// checkLength looks closer only at an element that could be too long: one
// character is at most 9 bytes in any of the countings.
func (s Say) checkLength(e *encoder, element []byte) {
	if len(element)*3 <= maxSayPolly {
		return
	}
	text := plain(s.Text, s.Nodes)
	most, size := maxSayBasic, len(text)
	switch {
	case strings.HasPrefix(s.Voice, "Polly."):
		most = maxSayPolly
	case strings.HasPrefix(s.Voice, "Google."):
		most, size = maxSayGoogle, asciiLength(element)
	}
	if size > most || urlLength(text) > maxSayEncoded {
		e.fail("Say", 13521, "too long for its voice")
	}
}

// asciiLength counts with every character outside ASCII as a numeric reference,
// the longest way of writing it.
func asciiLength(xml []byte) int {
	n := 0
	for len(xml) > 0 {
		r, width := utf8.DecodeRune(xml)
		xml = xml[width:]
		n += referenceLength(r)
	}
	return n
}

func referenceLength(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	n := len("&#;")
	for ; r > 0; r /= 10 {
		n++
	}
	return n
}

// urlLength counts unreserved characters (RFC 3986) once and all others three
// times a byte.
func urlLength(s string) int {
	n := 0
	for i := range len(s) {
		if c := s[i]; isAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' {
			n++
		} else {
			n += 3
		}
	}
	return n
}
