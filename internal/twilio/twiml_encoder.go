package twilio

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// encoder appends XML to buf. The first fault is kept and wins.
type encoder struct {
	ctx Context
	buf []byte
	err error
}

func (e *encoder) fail(element string, code int, problem string) {
	if e.err == nil {
		e.err = &DocumentError{Element: element, Code: code, Problem: problem}
	}
}

func (e *encoder) raw(s string) { e.buf = append(e.buf, s...) }

// attr writes an attribute, also an empty one.
func (e *encoder) attr(name, value string) {
	e.raw(" ")
	e.raw(name)
	e.raw(`="`)
	e.escape(value, true)
	e.raw(`"`)
}

// attrUnlessEmpty writes an attribute unless it is empty.
func (e *encoder) attrUnlessEmpty(name, value string) {
	if value != "" {
		e.attr(name, value)
	}
}

// oneOf writes an attribute that is empty or one of values.
func (e *encoder) oneOf(element, name, value string, code int, values ...string) {
	if value == "" {
		return
	}
	if !slices.Contains(values, value) {
		e.fail(element, code, name+" has a value Twilio does not know")
		return
	}
	e.attr(name, value)
}

func (e *encoder) method(element, name, value string) {
	e.oneOf(element, name, value, 12200, "GET", "POST")
}

// number writes a number from least to most; 0 means absent.
func (e *encoder) number(element, name string, n, least, most, code int) {
	if n != 0 {
		e.numberIf(element, name, &n, least, most, code)
	}
}

// numberIf writes a number from least to most; nil means absent.
func (e *encoder) numberIf(element, name string, n *int, least, most, code int) {
	if n == nil {
		return
	}
	if *n < least || *n > most {
		e.fail(element, code, name+" is outside "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return
	}
	e.raw(" ")
	e.raw(name)
	e.raw(`="`)
	e.buf = strconv.AppendInt(e.buf, int64(*n), 10)
	e.raw(`"`)
}

// flag writes a true or false; nil means absent.
func (e *encoder) flag(name string, b *bool) {
	if b != nil {
		e.attr(name, strconv.FormatBool(*b))
	}
}

// set writes a flag whose default is false.
func (e *encoder) set(name string, b bool) {
	if b {
		e.attr(name, "true")
	}
}

// keys writes a string of at most most characters of alphabet; nil means absent.
func (e *encoder) keys(element, name string, value *string, alphabet string, most, code int) {
	if value == nil {
		return
	}
	if len(*value) > most || strings.Trim(*value, alphabet) != "" {
		e.fail(element, code, name+" has a key that is not allowed or too many")
		return
	}
	e.attr(name, *value)
}

// events writes a list of event names, each of which must be in known.
func (e *encoder) events(element, name string, values []string, known ...string) {
	for _, v := range values {
		if !slices.Contains(known, v) {
			e.fail(element, 12200, name+" has an event Twilio does not know")
			return
		}
	}
	if len(values) > 0 {
		e.attr(name, strings.Join(values, " "))
	}
}

// address writes a URL attribute; an empty one means absent.
func (e *encoder) address(element, name, value string) {
	if value != "" {
		e.checkAddress(element, name, value)
		e.attr(name, value)
	}
}

// checkAddress: http or https with a host without an underscore, or relative to
// the document (not Inline); printable ASCII without blanks (error 11100).
func (e *encoder) checkAddress(element, name, value string) {
	if why := addressProblem(value, e.ctx == Inline); why != "" {
		e.fail(element, 11100, name+" "+why)
	}
}

func addressProblem(value string, absolute bool) string {
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f {
			return "has a blank or a character that must be percent-encoded"
		}
	}
	if len(value) > 1 && value[0] == '/' && value[1] != '/' && !absolute && !strings.Contains(value, "%") {
		// The common case, a path of ours, needs no parser.
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return "is not a URL"
	case u.Scheme == "" && u.Host == "":
		if absolute {
			return "must be absolute"
		}
	case u.Scheme != "http" && u.Scheme != "https":
		return "is neither http nor https"
	case u.Hostname() == "":
		return "has no host"
	case strings.Contains(u.Hostname(), "_"):
		return "has an underscore in its host name"
	}
	return ""
}

// text writes character data.
func (e *encoder) text(s string) { e.escape(s, false) }

// escape writes s so that an XML reader gives it back: markup is escaped, line
// ends that a reader would change are written as references, and what XML 1.0
// has no place for (section 2.2) becomes U+FFFD.
func (e *encoder) escape(s string, attribute bool) {
	last := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '&' && c != '<' && c != '>' && c != '"' {
			i++
			continue
		}
		r, width := rune(c), 1
		if c >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(s[i:])
		}
		with := substitute(r, width, attribute)
		if with != "" {
			e.raw(s[last:i])
			e.raw(with)
			last = i + width
		}
		i += width
	}
	e.raw(s[last:])
}

// substitute gives what stands for a character, or nothing if it stands for
// itself.
func substitute(r rune, width int, attribute bool) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		if attribute {
			return "&#34;"
		}
		return ""
	case '\r':
		return "&#xD;"
	case '\n':
		if attribute {
			return "&#xA;"
		}
		return ""
	case '\t':
		if attribute {
			return "&#x9;"
		}
		return ""
	}
	if r < ' ' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError && width == 1 {
		return "\uFFFD"
	}
	return ""
}

// blank says whether s has nothing that can be seen or said.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
