package phone

import (
	"strings"
	"testing"
)

func TestIndented(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"verbs and nouns", `<?xml version="1.0"?><Response><Gather numDigits="1"><Say>Press 1.</Say></Gather><Hangup/></Response>`,
			"<?xml version=\"1.0\"?>\n<Response>\n  <Gather numDigits=\"1\">\n    <Say>Press 1.</Say>\n  </Gather>\n  <Hangup/>\n</Response>"},
		{"words stay as they are said", `<Response><Say>In <say-as interpret-as="digits">12</say-as> <break time="1s"/> days</Say></Response>`,
			"<Response>\n  <Say>In <say-as interpret-as=\"digits\">12</say-as> <break time=\"1s\"/> days</Say>\n</Response>"},
		{"escapes stay", `<Response><Say>A &amp; B &lt; C</Say></Response>`, "<Response>\n  <Say>A &amp; B &lt; C</Say>\n</Response>"},
		{"indented before", "<Response>\n    <Pause length='1'></Pause>\n</Response>", "<Response>\n  <Pause length='1'></Pause>\n</Response>"},
		{"empty", `<Response></Response>`, `<Response></Response>`},
		{"nothing", "", ""},
		{"no XML", "not found", "not found"},
		{"broken", "<Response><Say>", "<Response><Say>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := indented(tt.in); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// The page may move TwiML about, but loses nothing of it, and once indented it
// stays as it is.
func FuzzIndented(f *testing.F) {
	f.Add(`<Response><Gather numDigits="1"><Say>Press <break/> 1.</Say></Gather><Hangup/></Response>`)
	f.Add(`<a> x <b/><!-- c --></a>`)
	f.Add(`<a>`)
	f.Fuzz(func(t *testing.T, in string) {
		once := indented(in)
		if bare(once) != bare(in) {
			t.Errorf("%q lost something: %q", in, once)
		}
		if twice := indented(once); twice != once {
			t.Errorf("%q is indented again: %q", once, twice)
		}
	})
}

func bare(s string) string { return strings.Join(strings.Fields(s), "") }
