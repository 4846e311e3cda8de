package wording

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func loaded(t testing.TB) *Book {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestText(t *testing.T) {
	b := loaded(t)
	for _, c := range []struct {
		id   string
		vars map[string]string
		want string
	}{
		{"A-bye", nil, "Thank you for calling. Take care. Goodbye."},
		{"D11-c", map[string]string{"DATE": "1960-03-04"}, "I have March 4th, 1960. If that is right, press 1. To change it, press 2."},
		{"D15", map[string]string{"REQS": "12345674"}, "Thank you. I have what I need. Your request number is 1 2 3 4, 5 6 7 4. Again, 1 2 3 4, 5 6 7 4. Please keep it private."},
		{"B-time-c", map[string]string{"TIME": "14:30"}, "So it is now two thirty in the afternoon where you are. If that is right, press 1. To change it, press 2."},
		{"C1-local", map[string]string{"LOCALHOURS": "14:00-02:00"}, "Where you are, that is 2 p.m. to 2 a.m."},
		{"F-est", map[string]string{"MIN": "1"}, "The wait is about 1 minute. To keep your place and have us call you, press 1. To keep waiting, stay on the line."},
		{"H4-c", map[string]string{"DAY": "2027-03-03T14:30:00-06:00 America/Chicago", "TIME": "14:30"},
			"We will call you Wednesday, March 3rd, at two thirty in the afternoon, your time. If that is right, press 1. To change it, press 2."},
		{"S-req", map[string]string{"ORG": "Care Team Services", "REQ": "12345674", "PHONE": "+18009419309"},
			"Care Team Services: Your request number is 12345674. Keep it private. Please text no medical details. Questions? Call 800-941-9309. STOP to stop."},
	} {
		got, err := b.Text("en", c.id, c.vars)
		if err != nil || got != c.want {
			t.Errorf("%s: %q %v\nwant %q", c.id, got, err, c.want)
		}
	}
}

func TestTextIsNeverHalfASentence(t *testing.T) {
	b := loaded(t)
	for _, c := range []struct {
		language, id string
		vars         map[string]string
		says         string
	}{
		{"en", "no-such", nil, "no-such"},
		{"xx", "A-bye", nil, "xx"},
		{"en", "D11-c", nil, "{DATE} is not given"},
		{"en", "D11-c", map[string]string{"date": "1960-03-04"}, "{DATE} is not given"},
		{"en", "D11-c", map[string]string{"DATE": "1960-02-30"}, "D11-c: {DATE}: not a date"},
		{"en", "D6-c", map[string]string{"SPOKENPHONE": "6175550123"}, "not a number in E.164"},
	} {
		got, err := b.Text(c.language, c.id, c.vars)
		if got != "" || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q, %v", c.id, got, err)
		}
		for _, raw := range c.vars {
			if err != nil && strings.Contains(err.Error(), raw) {
				t.Errorf("%s: the error repeats the value", c.id)
			}
		}
	}
}

// A consent is recorded with the version of the words that asked: the
// same words, the same version, and another one for every change.
func TestVersion(t *testing.T) {
	one := bookOf(t, "[x]\nchannel = \"V\"\ntext = \"May we call?\"\n")
	same := bookOf(t, "# reviewed\n[x]\ntext = \"May we call?\"\nchannel = \"V\"\n")
	other := bookOf(t, "[x]\nchannel = \"V\"\ntext = \"May we call you?\"\n")
	if v := one.Version("en", "x"); len(v) != 8 || v != same.Version("en", "x") || v == other.Version("en", "x") {
		t.Errorf("versions %q, %q, %q", v, same.Version("en", "x"), other.Version("en", "x"))
	}
	if one.Version("en", "y") != "" || one.Version("xx", "x") != "" {
		t.Error("a prompt that is not there has a version")
	}
}

func TestWhatIsKnownOfAPrompt(t *testing.T) {
	b := loaded(t)
	if got := b.Vars("H1"); !slices.Equal(got, []string{"FIRST", "ORG"}) {
		t.Errorf("H1 fills in %v", got)
	}
	b.Vars("H1")[0] = "changed"
	if b.Vars("H1")[0] != "FIRST" {
		t.Error("who asks for the variables can change them")
	}
	if b.Channel("H1") != Voice || b.Channel("S-req") != Text || b.Channel("H-vm") != Voicemail || b.Channel("F-w") != Whisper {
		t.Error("channels")
	}
	if b.Language("en", "A-spanish") != "es-US" || b.Language("en", "A1") != "" {
		t.Error("languages of single prompts")
	}
	if b.Has("no-such") || b.Vars("no-such") != nil || b.Channel("no-such") != "" || b.Language("en", "no-such") != "" {
		t.Error("something is known of a prompt that is not there")
	}
	if got := b.Template("en", "D11-c"); !strings.Contains(got, "{DATE}") {
		t.Errorf("template %q", got)
	}
	if got := b.Template("en", "no-such"); got != "no-such" {
		t.Errorf("template %q", got)
	}
	if !slices.IsSorted(b.IDs()) || !slices.Equal(b.Languages(), []string{"en", "es"}) {
		t.Errorf("%v %v", b.IDs(), b.Languages())
	}
}

func bookOf(t testing.TB, toml string) *Book {
	t.Helper()
	b, err := load(fstest.MapFS{"en.toml": {Data: []byte(toml)}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryFaultOfAFileIsNamed(t *testing.T) {
	for _, c := range []struct {
		what, toml string
		says       []string
	}{
		{"nothing said", "[a]\nchannel = \"V\"\ntext = \" \"\n", []string{"en.toml: a: it has no words"}},
		{"two faults", "[a]\nchannel = \"Q\"\ntext = \"x\"\n[b]\nchannel = \"V\"\ntext = \"{NAME}\"\n", []string{`channel "Q"`, "{NAME} is no variable", "LAST4"}},
		{"open brace", "[a]\nchannel = \"V\"\ntext = \"by {DUE\"\n", []string{"a brace is not closed"}},
		{"closed brace", "[a]\nchannel = \"V\"\ntext = \"by DUE}\"\n", []string{"that was not opened"}},
		{"a slip in a key", "[a]\nchanel = \"V\"\ntext = \"x\"\n", []string{"a.chanel is not known"}},
		{"twice", "[a]\nchannel = \"V\"\ntext = \"x\"\n[a]\nchannel = \"V\"\ntext = \"y\"\n", []string{"en.toml", "a"}},
		{"no TOML", "[a\n", []string{"en.toml"}},
	} {
		_, err := load(fstest.MapFS{"en.toml": {Data: []byte(c.toml)}})
		if err == nil {
			t.Errorf("%s: it is taken", c.what)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error does not say %q: %v", c.what, want, err)
			}
		}
	}
}

func TestLanguagesMustAgree(t *testing.T) {
	const english = "[a]\nchannel = \"V\"\ntext = \"Call {PHONE}.\"\n[b]\nchannel = \"S\"\ntext = \"Yes.\"\n"
	const other = "[a]\nchannel = \"V\"\ntext = \"Llame.\"\n[c]\nchannel = \"V\"\ntext = \"Hola.\"\n"
	formatters["xx"] = formatters["en"]
	defer delete(formatters, "xx")
	_, err := load(fstest.MapFS{"en.toml": {Data: []byte(english)}, "xx.toml": {Data: []byte(other)}})
	for _, want := range []string{"xx lacks b", "xx: a fills in [], English [PHONE]", "xx has c, which English lacks"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if _, err := load(fstest.MapFS{"en.toml": {Data: []byte(english)}, "fr.toml": {Data: []byte(english)}}); err == nil ||
		!strings.Contains(err.Error(), "fr.toml: there are no words for dates") {
		t.Errorf("a language without its own dates is taken: %v", err)
	}
	if _, err := load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "en.toml is missing") {
		t.Errorf("nothing at all is taken: %v", err)
	}
}

func FuzzFile(f *testing.F) {
	f.Add("[a]\nchannel = \"V\"\ntext = \"Call {PHONE}. {DUE}\"\n")
	f.Add("[a]\ntext = \"}{\"\n")
	f.Fuzz(func(t *testing.T, toml string) {
		b, err := load(fstest.MapFS{"en.toml": {Data: []byte(toml)}})
		if (b == nil) != (err != nil) {
			t.Fatal("neither a book nor an error")
		}
		if b == nil {
			return
		}
		for _, id := range b.IDs() {
			if text, err := b.Text("en", id, nil); (text == "") != (err != nil) || (len(b.Vars(id)) > 0) != (err != nil) {
				t.Errorf("%q, %v", text, err)
			}
		}
	})
}

func BenchmarkText(b *testing.B) {
	book := loaded(b)
	vars := map[string]string{"LAST4": "0123", "DUE": "2027-03-03T17:00:00-05:00 America/New_York"}
	for b.Loop() {
		if _, err := book.Text("en", "cb-number", vars); err != nil {
			b.Fatal(err)
		}
	}
}
