// Package sms is all that is texted. Understanding comes first: what an inbound
// text asks for, read in the order of call script 6.9.
package sms

import (
	"strings"

	"secondline/internal/private"
)

// Kind is what an inbound text asks for.
type Kind string

// The kinds, in the order in which a text is held against them.
const (
	// OptOut wants no more texts and automated calls.
	OptOut Kind = "opt-out"
	// Emergency calls for help, at any hour: answer at once, alert a person.
	Emergency Kind = "emergency"
	// Start wants texts again: START or UNSTOP, never YES.
	Start Kind = "start"
	// Help asks what this is.
	Help Kind = "help"
	// Answer answers the pending question; Detail says how.
	Answer Kind = "answer"
	// Ambiguous may be an opt-out, or tells of a death: send nothing
	// automatic before a person has read it.
	Ambiguous Kind = "ambiguous"
	// Later asks to be called another time.
	Later Kind = "later"
	// Call asks for a call.
	Call Kind = "call"
	// Begin starts a request by text.
	Begin Kind = "begin"
	// WrongNumber is not the person we look for. It opts out as well.
	WrongNumber Kind = "wrong number"
	// Media came with pictures or files.
	Media Kind = "media"
	// Health has words of an illness in it.
	Health Kind = "health"
	// Empty says nothing: blanks, emoji, a reaction to one of our texts.
	Empty Kind = "empty"
	// Other is for a person to read.
	Other Kind = "other"
)

// Pending is the question that a person has been asked and not yet answered.
type Pending string

// The questions that a text can answer.
const (
	Nothing Pending = ""
	// AskedAddress waits for an e-mail address.
	AskedAddress Pending = "address"
	// AskedConfirm waits for OK, or for the right e-mail address. YES will do,
	// but never ask for it: the networks take it for START.
	AskedConfirm Pending = "confirm"
	// AskedWhen waits for 1 to 4 (S-later).
	AskedWhen Pending = "when"
	// AskedFree waits for whatever a step of a conversation asked: each text
	// that is nothing else is its answer.
	AskedFree Pending = "free"
)

// Detail says how a question was answered.
type Detail string

// The answers.
const (
	// Address is an e-mail address, in Meaning.Address.
	Address Detail = "address"
	// Right and Wrong answer AskedConfirm.
	Right Detail = "right"
	Wrong Detail = "wrong"
	// When1 to When4 are today, tomorrow morning, afternoon and evening.
	When1 Detail = "1"
	When2 Detail = "2"
	When3 Detail = "3"
	When4 Detail = "4"
	// Unclear tried to answer, and failed: ask again.
	Unclear Detail = "unclear"
	// Free is the whole text, for the conversation to parse.
	Free Detail = "free"
)

// Meaning is what a text was understood as. It can be compared with ==.
type Meaning struct {
	Kind Kind
	// Also is a second thing in the same text that must not be lost: Emergency
	// or Call beside an opt-out, WrongNumber or Ambiguous beside something else.
	Also Kind
	// Detail is set for an Answer.
	Detail Detail
	// Address is an e-mail address as flow.Email accepts it: the domain in
	// small letters, at most 254 bytes. It may be misspelled: SuggestDomain.
	Address private.Text
}

// Has says whether the text asks for k, first or also.
func (m Meaning) Has(k Kind) bool { return m.Kind == k || m.Also == k }

// OptsOut says whether to write the opt-out in this very webhook.
func (m Meaning) OptsOut() bool { return m.Has(OptOut) || m.Has(WrongNumber) }

// Understand reads a text that came with so many pictures or files while a
// question was pending. It is pure and takes time linear in the text, whatever
// the text is. The languages, as BCP 47 tags, are those the person is known to
// write: the vocabulary is English and Spanish (and R-20's French) for
// everyone, and only loses words that are everyday ones in their languages.
func Understand(body string, media int, pending Pending, languages ...string) Meaning {
	if isReaction(body) {
		body = ""
	}
	t := read(body, media, languages)
	m := t.meaning(pending)
	switch {
	case m.Kind == OptOut && t.emergency:
		m.Also = Emergency
	case m.Kind == OptOut && wantsCall(t.words):
		m.Also = Call
	case m.Kind != OptOut && m.Kind != WrongNumber && t.wrongNumber:
		m.Also = WrongNumber
	case m.Kind != OptOut && m.Kind != WrongNumber && m.Kind != Ambiguous && t.doubt:
		m.Also = Ambiguous
	}
	return m
}

// empty says whether nothing was said. A lone question mark asks something.
func (t text) empty() bool {
	return normalise(t.body) == "" && !strings.ContainsAny(t.body, "?？¿؟")
}

// text is an inbound text with what was found in it.
type text struct {
	body        string
	words       []string
	media       int
	stop        bool
	doubt       bool
	wrongNumber bool
	emergency   bool
}

func read(body string, media int, languages []string) text {
	words := wordsOf(withoutAddresses(body))
	stop, number := optingOut(words), wrongNumber(words)
	return text{
		body: body, words: words, media: media,
		stop:        stop == optOut,
		doubt:       stop == doubt || number == doubt,
		wrongNumber: number == wrong,
		emergency:   emergency(words, languages),
	}
}

func (t text) meaning(pending Pending) Meaning {
	keyword := keywordOf(t.words)
	switch {
	case t.stop:
		return Meaning{Kind: OptOut}
	case t.emergency:
		return Meaning{Kind: Emergency}
	case keyword == Start, keyword == Help:
		return Meaning{Kind: keyword}
	}
	if m := t.answer(pending); m.Kind != "" {
		return m
	}
	switch {
	case t.doubt && !t.wrongNumber:
		return Meaning{Kind: Ambiguous}
	case keyword != "":
		return Meaning{Kind: keyword}
	case t.wrongNumber:
		return Meaning{Kind: WrongNumber}
	case t.media > 0:
		return Meaning{Kind: Media}
	case pending == AskedFree && !t.empty():
		return Meaning{Kind: Answer, Detail: Free}
	case healthAnywhere.scan(t.words)[health]:
		return Meaning{Kind: Health}
	case t.empty():
		return Meaning{Kind: Empty}
	}
	return Meaning{Kind: Other}
}
