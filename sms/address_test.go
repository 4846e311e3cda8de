package sms

import (
	"testing"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// typedAddresses are texts and the address in them, or none.
var typedAddresses = []struct{ text, want string }{
	{"ana@example.org", "ana@example.org"},
	{"Ana.Ruiz@Example.ORG", "Ana.Ruiz@example.org"},
	{"  <ana@example.org>. ", "ana@example.org"},
	{"My email is ana@example.org, thanks!", "ana@example.org"},
	{"email: ana@example.org", "ana@example.org"},
	{"My email - ana@example.org", "ana@example.org"},
	{"mailto:ana@example.org", "ana@example.org"},
	{"“ana@example.org”", "ana@example.org"},
	{"ana+cancer@example.co.uk", "ana+cancer@example.co.uk"},
	{"ana＠example．org", "ana@example.org"},
	{"ana\u200b@example.org\u202c", "ana@example.org"},
	{"ana@example.org ana@example.org", "ana@example.org"},
	{"ana@example.org 🙂", "ana@example.org"},
	{"stop@example.org", "stop@example.org"},
	{"ana @ example.org", "ana@example.org"},
	{"ana@ example.org", "ana@example.org"},
	{"ana @example.org", "ana@example.org"},
	{"ana@example .org", "ana@example.org"},
	{"ana@example. org", "ana@example.org"},
	{"ana@example . org", "ana@example.org"},
	{"ana at example dot org", "ana@example.org"},
	{"Ana dot Ruiz at example dot co dot uk", "Ana.Ruiz@example.co.uk"},
	{"my email is ana underscore ruiz at gmail.com", "ana_ruiz@gmail.com"},
	{"ana (at) example (dot) org", "ana@example.org"},
	{"ana arroba example punto org", "ana@example.org"},
	{"ana guion bajo ruiz arroba example punto com", "ana_ruiz@example.com"},

	{"ana@example", ""},
	{"ana@", ""},
	{"@example.org", ""},
	{"ana@example..org", ""},
	{"ana@example.1", ""},
	{"ana@[127.0.0.1]", ""},
	{"ana gmail.com", ""},
	{"reach me at gmail.com", ""},
	{"it is on gmail", ""},
	{"ana@example.org or bo@example.org", ""},
}

func TestAddresses(t *testing.T) {
	for _, tt := range typedAddresses {
		m := Understand(tt.text, 0, AskedAddress)
		if m.Kind != Answer {
			t.Errorf("%q is %q, wanted an answer", tt.text, m.Kind)
			continue
		}
		if got := m.Address.Reveal(); got != tt.want || (got == "") != (m.Detail == Unclear) {
			t.Errorf("%q gives %q (%s), wanted %q", tt.text, got, m.Detail, tt.want)
		}
		if tt.want != "" && !flowAccepts(tt.want) {
			t.Errorf("flow.Email does not accept %q", tt.want)
		}
	}
}

func TestWhatIsNoAddressGoesOn(t *testing.T) {
	for text, want := range map[string]Kind{
		"I am at the hospital":         Other,
		"Meet me at 2.30":              Other,
		"I do not have one":            Other,
		"later":                        Later,
		"STOP ana@example.org":         OptOut,
		"I have chest pain":            Emergency,
		"please stop ana@example.org?": OptOut,
	} {
		if m := Understand(text, 0, AskedAddress); m.Kind != want {
			t.Errorf("%q is %q, wanted %q", text, m.Kind, want)
		}
	}
}

// flowAccepts says whether a conversation keeps the address as it is.
func flowAccepts(address string) bool {
	script := &flow.Script{Name: "mail", Title: "Mail", Steps: []flow.Step{
		{ID: "ask", Say: []string{"mail?"}, Ask: flow.Email{Bad: "bad"}, Save: "mail", Goto: flow.Goto{flow.OK: "done"}},
		{ID: "done", Say: []string{"thanks"}, End: flow.Hangup},
	}}
	book := flow.NewBook(flow.Ways{Starts: []string{"mail.ask"}}, script)
	env := flow.Env{Facts: map[string]string{flow.Channel: "text"}}
	state, _ := book.Start("mail.ask", env)
	state, _ = book.Answer(state, flow.Input{Kind: flow.Typed, Text: private.Of(address)}, env)
	return state.Answers.Get("mail") == address
}

func TestSuggestDomain(t *testing.T) {
	tests := []struct{ domain, want string }{
		{"gmial.com", "gmail.com"},
		{"gnail.com", "gmail.com"},
		{"Gmaill.com", "gmail.com"},
		{"gamil.com", "gmail.com"},
		{"gmail.con", "gmail.com"},
		{"gmal.con", "gmail.com"},
		{"gmail", "gmail.com"},
		{"hotmial.com", "hotmail.com"},
		{"hotmai.com", "hotmail.com"},
		{"yaho.com", "yahoo.com"},
		{"yahooo.com", "yahoo.com"},
		{"outlok.com", "outlook.com"},
		{"icoud.com", "icloud.com"},
		{"comcast.ner", "comcast.net"},
		{"verizon.com", "verizon.net"},
		{"example.con", "example.com"},
		{"example.ogr", "example.org"},

		{"gmail.com", ""},
		{"ymail.com", ""},
		{"mail.com", ""},
		{"email.com", ""},
		{"me.com", ""},
		{"example.org", ""},
		{"clinic.example", ""},
		{"ml.com", ""},
		{"", ""},
		{".", ""},
		{".con", ""},
	}
	for _, tt := range tests {
		if got, found := SuggestDomain(tt.domain); got != tt.want || found != (tt.want != "") {
			t.Errorf("%q suggests %q (%v), wanted %q", tt.domain, got, found, tt.want)
		}
	}
}

// What is suggested needs no further suggestion.
func TestASuggestionIsFinal(t *testing.T) {
	for slip := range knownSlips {
		meant, found := SuggestDomain(slip)
		if again, more := SuggestDomain(meant); !found || more {
			t.Errorf("%s suggests %q, and that %q", slip, meant, again)
		}
	}
}
