package twilio

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// NotGiven is the value of a number or duration that Twilio did not send, or
// that it sent in a shape that is no number.
const NotGiven = -1

// FormError says which field of a webhook is missing or malformed. It never
// holds the field's value.
type FormError struct {
	// Field is Twilio's name of the field.
	Field string
	// Problem is "missing" or "malformed".
	Problem string
}

// Error gives the field and the problem.
func (e *FormError) Error() string { return "twilio: form: " + e.Field + " " + e.Problem }

// fields reads one form; the first fault wins.
type fields struct {
	form url.Values
	err  error
}

func (f *fields) text(name string) string     { return f.form.Get(name) }
func (f *fields) private(name string) Private { return Redacted(f.form.Get(name)) }

func (f *fields) fail(name, problem string) {
	if f.err == nil {
		f.err = &FormError{Field: name, Problem: problem}
	}
}

// required gives a field that may not be empty.
func (f *fields) required(name string) string {
	value := f.form.Get(name)
	if value == "" {
		f.fail(name, "missing")
	}
	return value
}

// sid gives a field that must be a SID with one of prefixes.
func (f *fields) sid(name string, prefixes ...string) string {
	if f.required(name) == "" {
		return ""
	}
	return f.optionalSID(name, prefixes...)
}

// optionalSID gives a field that must be such a SID unless it is empty.
func (f *fields) optionalSID(name string, prefixes ...string) string {
	value := f.form.Get(name)
	if value == "" {
		return ""
	}
	for _, prefix := range prefixes {
		if isSID(value, prefix) {
			return value
		}
	}
	f.fail(name, "malformed")
	return ""
}

// number gives a whole number of 0 or more, or NotGiven.
func (f *fields) number(name string) int { return parseCount(f.form.Get(name)) }

func parseCount(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return NotGiven
	}
	return n
}

// count gives number with 0 for NotGiven.
func (f *fields) count(name string) int { return max(f.number(name), 0) }

// seconds gives a duration that is sent in whole seconds, or NotGiven.
func (f *fields) seconds(name string) time.Duration { return parseSeconds(f.form.Get(name)) }

func parseSeconds(s string) time.Duration {
	n := parseCount(s)
	if n == NotGiven || n > 1<<31 {
		return NotGiven
	}
	return time.Duration(n) * time.Second
}

// stamp gives an RFC 2822 time in UTC, or the zero time.
func (f *fields) stamp(name string) time.Time { return parseStamp(f.form.Get(name)) }

func parseStamp(s string) time.Time {
	for _, layout := range []string{time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// isSID: two letters and 32 hexadecimal digits.
func isSID(s, prefix string) bool {
	hex, ok := strings.CutPrefix(s, prefix)
	if !ok || len(hex) != 32 {
		return false
	}
	for i := range len(hex) {
		if c := hex[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// CallerNumber gives the telephone number of a From or To, and false for a
// withheld number ("anonymous", "unknown", "restricted", or the digits that
// spell such a word), a client, a SIP address, and anything else that is not
// E.164 with 8 to 15 digits.
func CallerNumber(from string) (e164 string, ok bool) {
	switch from {
	case "+266696687", "+86282452253", "+7378742833", "+2562533":
		// ANONYMOUS, UNAVAILABLE, RESTRICTED and BLOCKED on a telephone's keys.
		return "", false
	}
	if !isE164(from) {
		return "", false
	}
	return from, true
}

// isE164: a plus and 8 to 15 digits, the first not 0 (ITU-T E.164; the lower
// bound is ours).
func isE164(s string) bool {
	if len(s) < 9 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
