package twilio

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// readable is what an XML reader is to give back for s.
func readable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return utf8.RuneError
	}, s)
}

// read parses a document and gives the character data and the attribute values
// of the first element of that name.
func read(t *testing.T, document []byte, element string) (text string, attributes map[string]string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(document)))
	inside := false
	attributes = map[string]string{}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return text, attributes
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if inside = token.Name.Local == element; inside {
				for _, a := range token.Attr {
					attributes[a.Name.Local] = a.Value
				}
			}
		case xml.EndElement:
			inside = false
		case xml.CharData:
			if inside {
				text += string(token)
			}
		}
	}
}

func seed(f *testing.F) {
	for _, s := range []string{"", "Hello", "a & b <c> ]]> \"d\" 'e'", "\x00\x1f\ufffe\uffff\xff", "é’😀", "\r\n\t", "https://line.example.org/a?b=c&d=e", calledNumber, "&amp;", "<!--"} {
		f.Add(s)
	}
}

func FuzzSay(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, say := range []Say{{Text: s}, {Nodes: []SSML{Text(s)}}} {
			out, err := Document{say}.Encode(Voice)
			if err != nil {
				continue
			}
			if text, _ := read(t, out, "Say"); text != readable(s) {
				t.Errorf("%q is read as %q", s, text)
			}
		}
		out, err := Document{Say{Nodes: []SSML{Sub{Alias: s, Text: "x"}}}}.Encode(Voice)
		if err != nil {
			return
		}
		if _, attributes := read(t, out, "sub"); attributes["alias"] != readable(s) {
			t.Errorf("the attribute %q is read as %q", s, attributes["alias"])
		}
	})
}

func FuzzPlay(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, ctx := range []Context{Voice, Inline} {
			out, err := Document{Play{URL: s}, Gather{Action: s}, Hangup{}}.Encode(ctx)
			if err != nil {
				continue
			}
			if text, _ := read(t, out, "Play"); text != s {
				t.Errorf("%q is read as %q", s, text)
			}
			if _, attributes := read(t, out, "Gather"); attributes["action"] != s {
				t.Errorf("the action %q is read as %q", s, attributes["action"])
			}
		}
	})
}

func FuzzNumber(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		out, err := Document{Dial{Nouns: []Noun{Number{To: Redacted(s)}}}}.Encode(Voice)
		number, ok := CallerNumber(s)
		if err != nil {
			if ok {
				t.Errorf("a caller's number of %d characters cannot be dialled", len(s))
			}
			return
		}
		if text, _ := read(t, out, "Number"); text != s || ok && number != s {
			t.Errorf("a number of %d characters is read as one of %d", len(s), len(text))
		}
	})
}

func FuzzMessage(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		out, err := Document{Message{Body: Redacted(s)}}.Encode(Messaging)
		if err != nil {
			return
		}
		if text, _ := read(t, out, "Body"); text != readable(s) {
			t.Errorf("%q is read as %q", s, text)
		}
	})
}
