package sms

import (
	"strings"
	"unicode"

	"secondline/internal/private"
)

var (
	confirmWhole = compile(map[label]list{label(Right): rightWords, label(Wrong): wrongWords, filler: confirmFillers})
	whenWhole    = compileWhen()
)

func compileWhen() phrases {
	lists := map[label]list{filler: whenFillers}
	for detail, words := range whenWords {
		lists[label(detail)] = words
	}
	return compile(lists)
}

// answer is the answer to the pending question, or nothing.
func (t text) answer(pending Pending) Meaning {
	switch pending {
	case AskedAddress:
		return addressIn(t.body)
	case AskedConfirm:
		if m := addressIn(t.body); m.Kind != "" {
			return m
		}
		return answered(confirmed(t.body, t.words))
	case AskedWhen:
		return answered(chosen(t.words))
	}
	return Meaning{}
}

func answered(d Detail) Meaning {
	if d == "" {
		return Meaning{}
	}
	return Meaning{Kind: Answer, Detail: d}
}

// addressIn is the one address in a text; several, or a failed one, are
// unclear.
func addressIn(body string) Meaning {
	addresses, tried := findAddresses(body)
	switch {
	case len(addresses) == 1:
		return Meaning{Kind: Answer, Detail: Address, Address: private.Of(addresses[0])}
	case tried:
		return answered(Unclear)
	}
	return Meaning{}
}

// Emoji that answer a question.
const (
	thumbsUp   = "👍👌✅✔☑🆗💯"
	thumbsDown = "👎❌✖🚫"
)

// confirmed is Right, Wrong or neither.
func confirmed(body string, words []string) Detail {
	if len(words) > 0 {
		return Detail(confirmWhole.only(words))
	}
	up, down := strings.ContainsAny(body, thumbsUp), strings.ContainsAny(body, thumbsDown)
	switch {
	case up && !down:
		return Right
	case down && !up:
		return Wrong
	}
	return ""
}

// chosen is one of the four times; two of them, or another number, are unclear.
func chosen(words []string) Detail {
	known := make([]string, len(words))
	for i, word := range words {
		if known[i] = word; numeric(word) && (len(word) > 1 || word < "1" || word > "4") {
			known[i] = "either"
		}
	}
	switch labels := whenWhole.whole(known); len(labels) {
	case 0:
		return ""
	case 1:
		return Detail(labels[0])
	}
	return Unclear
}

// isReaction says whether a telephone wrote the text for a person who tapped
// on one of ours: Liked “{our text}”. What is quoted are our words, with STOP
// and 911 in them, and not the person's.
func isReaction(body string) bool {
	body = strings.TrimFunc(body, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	start := strings.IndexAny(body, "“\"«")
	if start < 0 || !strings.HasSuffix(body, "”") && !strings.HasSuffix(body, "\"") && !strings.HasSuffix(body, "»") {
		return false
	}
	first, _ := firstRune(body)
	words := wordsOf(body[:start])
	if len(words) == 1 && (words[0] == "to" || words[0] == "a") {
		return unicode.Is(unicode.So, first)
	}
	return reactions.only(words) == reaction
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

const reaction label = "reaction"

// reactionWords are what telephones write before the text that was tapped on.
const reactionWords list = `
liked
loved
disliked
laughed at
emphasized
emphasised
questioned
reacted (with) (to)
removed a like|heart|dislike|laugh|exclamation|reaction|question from
removed a question|exclamation mark|point from
le gusto
le encanto
no le gusto
se rio de|con
enfatizo
pregunto por
`

var reactions = compile(map[label]list{reaction: reactionWords})
