// Package private holds what a person told us, so that it cannot slip into a
// log line, an error, a URL or a metric by being printed.
package private

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
)

// redacted is what every accidental way of printing a Text gives.
const redacted = "[redacted]"

// Text is something personal: a phone number, a date of birth, a key that was
// pressed, a word that was said. Every formatting verb, JSON, text encoding and
// slog print it as "[redacted]"; only Reveal gives it, and a search for Reveal
// finds every place that uses it. The zero value holds nothing.
//
// It is a struct because a named string leaks through slog's JSON handler.
type Text struct{ s string }

var (
	_ fmt.Formatter          = Text{}
	_ json.Marshaler         = Text{}
	_ encoding.TextMarshaler = Text{}
	_ slog.LogValuer         = Text{}
)

// Of keeps s.
func Of(s string) Text { return Text{s} }

// Reveal gives what is kept. Call it only to seal it, to say it to the person
// it belongs to, or to compute with it.
func (t Text) Reveal() string { return t.s }

// Empty says whether nothing is kept. That much may be known.
func (t Text) Empty() bool { return t.s == "" }

// String gives "[redacted]", or nothing for the zero value.
func (t Text) String() string {
	if t.s == "" {
		return ""
	}
	return redacted
}

// Format gives what String gives, whatever the verb and its flags.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText gives what String gives.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON gives what String gives, as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// LogValue gives what String gives.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
