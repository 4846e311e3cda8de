package twilio

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// SSML is a piece of what a Say says: Text, Break, Emphasis, Lang, P, S, Phoneme,
// Prosody, SayAs, Sub or W
// (https://www.twilio.com/docs/voice/twiml/say/text-speech#ssml). Voices differ
// in what they make of it.
type SSML interface {
	ssmlKind() ssmlKind
	encodeSSML(*encoder)
	// plainText appends what is written between the tags.
	plainText(*strings.Builder)
}

type ssmlKind uint16

const (
	ssmlText ssmlKind = 1 << iota
	ssmlBreak
	ssmlEmphasis
	ssmlLang
	ssmlP
	ssmlS
	ssmlPhoneme
	ssmlProsody
	ssmlSayAs
	ssmlSub
	ssmlW
)

// What may stand inside what.
const (
	anySSML  = ssmlText | ssmlBreak | ssmlEmphasis | ssmlLang | ssmlP | ssmlS | ssmlPhoneme | ssmlProsody | ssmlSayAs | ssmlSub | ssmlW
	inP      = anySSML &^ ssmlP
	inS      = inP &^ ssmlS
	inW      = ssmlText | ssmlBreak | ssmlEmphasis | ssmlPhoneme | ssmlProsody | ssmlSayAs | ssmlSub
	maxBreak = 10 * time.Second
)

func (e *encoder) nodes(parent string, nodes []SSML, allowed ssmlKind) {
	for _, n := range nodes {
		if n == nil || n.ssmlKind()&allowed == 0 {
			e.fail(parent, 12200, "an SSML element is nil or not allowed here")
			return
		}
		n.encodeSSML(e)
	}
}

// element writes a lower-case element around nodes.
func (e *encoder) element(name string, nodes []SSML, allowed ssmlKind) {
	e.raw(">")
	e.nodes(name, nodes, allowed)
	e.raw("</")
	e.raw(name)
	e.raw(">")
}

// leaf writes a lower-case element around text, which must not be blank.
func (e *encoder) leaf(name, text string) {
	if blank(text) {
		e.fail(name, 12200, "no text")
	}
	e.raw(">")
	e.text(text)
	e.raw("</")
	e.raw(name)
	e.raw(">")
}

// Text is words as they are.
type Text string

func (Text) ssmlKind() ssmlKind             { return ssmlText }
func (t Text) encodeSSML(e *encoder)        { e.text(string(t)) }
func (t Text) plainText(b *strings.Builder) { b.WriteString(string(t)) }

// Break is a pause: Time, from 1 ms to 10 s in whole milliseconds, or Strength,
// none to x-strong. Without either it is a medium one.
type Break struct {
	Strength string
	Time     time.Duration
}

func (Break) ssmlKind() ssmlKind         { return ssmlBreak }
func (Break) plainText(*strings.Builder) {}

func (b Break) encodeSSML(e *encoder) {
	e.raw("<break")
	e.oneOf("break", "strength", b.Strength, 12200, "none", "x-weak", "weak", "medium", "strong", "x-strong")
	if b.Time != 0 {
		if b.Time < time.Millisecond || b.Time > maxBreak {
			e.fail("break", 12200, "time is outside 1 ms to 10 s")
		}
		e.attr("time", strconv.FormatInt(b.Time.Milliseconds(), 10)+"ms")
	}
	e.raw("/>")
}

// Emphasis says Nodes with more or less stress; Level is strong, moderate,
// reduced or empty.
type Emphasis struct {
	Level string
	Nodes []SSML
}

func (Emphasis) ssmlKind() ssmlKind             { return ssmlEmphasis }
func (x Emphasis) plainText(b *strings.Builder) { plainNodes(b, x.Nodes) }

func (x Emphasis) encodeSSML(e *encoder) {
	e.raw("<emphasis")
	e.oneOf("emphasis", "level", x.Level, 12200, "strong", "moderate", "reduced")
	e.element("emphasis", x.Nodes, inS)
}

// Lang says Nodes in another language, such as "es-US".
type Lang struct {
	Language string
	Nodes    []SSML
}

func (Lang) ssmlKind() ssmlKind             { return ssmlLang }
func (x Lang) plainText(b *strings.Builder) { plainNodes(b, x.Nodes) }

func (x Lang) encodeSSML(e *encoder) {
	e.raw("<lang")
	if !isSayLanguage(x.Language) {
		e.fail("lang", 12200, "no language, or an unknown one")
	}
	e.attr("xml:lang", x.Language)
	e.element("lang", x.Nodes, anySSML)
}

// P is a paragraph.
type P struct{ Nodes []SSML }

func (P) ssmlKind() ssmlKind             { return ssmlP }
func (x P) plainText(b *strings.Builder) { plainNodes(b, x.Nodes) }
func (x P) encodeSSML(e *encoder)        { e.raw("<p"); e.element("p", x.Nodes, inP) }

// S is a sentence.
type S struct{ Nodes []SSML }

func (S) ssmlKind() ssmlKind             { return ssmlS }
func (x S) plainText(b *strings.Builder) { plainNodes(b, x.Nodes) }
func (x S) encodeSSML(e *encoder)        { e.raw("<s"); e.element("s", x.Nodes, inS) }

// Phoneme says Text as PH, which is written in Alphabet.
type Phoneme struct{ Alphabet, PH, Text string }

func (Phoneme) ssmlKind() ssmlKind             { return ssmlPhoneme }
func (x Phoneme) plainText(b *strings.Builder) { b.WriteString(x.Text) }

func (x Phoneme) encodeSSML(e *encoder) {
	e.raw("<phoneme")
	e.oneOf("phoneme", "alphabet", x.Alphabet, 12200, "ipa", "x-sampa", "x-amazon-jyutping",
		"x-amazon-pinyin", "x-amazon-pron-kana", "x-amazon-yomigana")
	if x.PH == "" {
		e.fail("phoneme", 12200, "no ph")
	}
	e.attr("ph", x.PH)
	e.leaf("phoneme", x.Text)
}

// Prosody says Nodes louder, slower or higher. Volume is silent to x-loud or
// decibels ("+6dB"), Rate x-slow to x-fast or a percentage ("80%"), Pitch x-low
// to x-high or a change in percent ("-10%"); at least one must be set.
type Prosody struct {
	Volume, Rate, Pitch string
	Nodes               []SSML
}

func (Prosody) ssmlKind() ssmlKind             { return ssmlProsody }
func (x Prosody) plainText(b *strings.Builder) { plainNodes(b, x.Nodes) }

func (x Prosody) encodeSSML(e *encoder) {
	if x.Volume == "" && x.Rate == "" && x.Pitch == "" {
		e.fail("prosody", 12200, "no volume, rate or pitch")
	}
	e.raw("<prosody")
	e.measure("pitch", x.Pitch, "%", "default", "x-low", "low", "medium", "high", "x-high")
	e.measure("rate", x.Rate, "%", "default", "x-slow", "slow", "medium", "fast", "x-fast")
	e.measure("volume", x.Volume, "dB", "default", "silent", "x-soft", "soft", "medium", "loud", "x-loud")
	e.element("prosody", x.Nodes, anySSML)
}

// measure writes a prosody attribute: a known word, or a number with unit.
func (e *encoder) measure(name, value, unit string, words ...string) {
	if value == "" {
		return
	}
	if !slices.Contains(words, value) {
		number, ok := strings.CutSuffix(value, unit)
		number = strings.TrimLeft(number, "+-")
		if _, err := strconv.ParseUint(number, 10, 16); !ok || err != nil {
			e.fail("prosody", 12200, name+" is neither a known word nor a number with its unit")
		}
	}
	e.attr(name, value)
}

// SayAs says Text as a telephone number, as single digits, as a date. Format is
// for dates only: mdy, dmy, ymd, md, dm, ym, my, d, m, y or yyyymmdd.
type SayAs struct{ InterpretAs, Format, Text string }

func (SayAs) ssmlKind() ssmlKind             { return ssmlSayAs }
func (x SayAs) plainText(b *strings.Builder) { b.WriteString(x.Text) }

func (x SayAs) encodeSSML(e *encoder) {
	e.raw("<say-as")
	if x.Format != "" && x.InterpretAs != "date" {
		e.fail("say-as", 12200, "format is for dates only")
	}
	e.oneOf("say-as", "format", x.Format, 12200, "mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd")
	if x.InterpretAs == "" {
		e.fail("say-as", 12200, "no interpret-as")
	}
	e.oneOf("say-as", "interpret-as", x.InterpretAs, 12200, "characters", "spell-out", "cardinal", "number",
		"ordinal", "digits", "fraction", "unit", "date", "time", "address", "expletive", "telephone")
	e.leaf("say-as", x.Text)
}

// Sub says Alias where Text is written.
type Sub struct{ Alias, Text string }

func (Sub) ssmlKind() ssmlKind             { return ssmlSub }
func (x Sub) plainText(b *strings.Builder) { b.WriteString(x.Text) }

func (x Sub) encodeSSML(e *encoder) {
	if blank(x.Alias) {
		e.fail("sub", 12200, "no alias")
	}
	e.raw("<sub")
	e.attr("alias", x.Alias)
	e.leaf("sub", x.Text)
}

// W says a word in one of its roles, such as "amazon:VB".
type W struct {
	Role  string
	Nodes []SSML
}

func (W) ssmlKind() ssmlKind             { return ssmlW }
func (x W) plainText(b *strings.Builder) { plainNodes(b, x.Nodes) }

func (x W) encodeSSML(e *encoder) {
	e.raw("<w")
	e.attrUnlessEmpty("role", x.Role)
	e.element("w", x.Nodes, inW)
}

func plainNodes(b *strings.Builder, nodes []SSML) {
	for _, n := range nodes {
		if n != nil {
			n.plainText(b)
		}
	}
}

// plain gives the words of a Say without markup, as they are written.
func plain(text string, nodes []SSML) string {
	var b strings.Builder
	b.WriteString(text)
	plainNodes(&b, nodes)
	return strings.Map(func(r rune) rune {
		if substitute(r, 0, false) == "\uFFFD" {
			return utf8.RuneError
		}
		return r
	}, b.String())
}

func blankNodes(nodes []SSML) bool {
	var b strings.Builder
	plainNodes(&b, nodes)
	return blank(b.String())
}

func hasMarkup(nodes []SSML) bool {
	return slices.ContainsFunc(nodes, func(n SSML) bool { return n != nil && n.ssmlKind() != ssmlText })
}
