package sms

// keywords are the words that are a request when they are all a text says.
// Each has fillers of its own.
var keywords = []phrases{
	compile(map[label]list{label(Start): startWords, filler: startFillers}),
	compile(map[label]list{
		label(Help): helpWords, label(Later): laterWords, label(Call): callWords, label(Begin): beginWords + beginSpanish,
		filler: keywordFillers,
	}),
}

// keywordOf is the one keyword that a text says, or nothing.
func keywordOf(words []string) Kind {
	for _, k := range keywords {
		if l := k.only(words); l != "" {
			return Kind(l)
		}
	}
	return ""
}

var spanishBegin = compile(map[label]list{label(Begin): beginSpanish, filler: keywordFillers})

// languageOf is the language that the word which begins an intake is in; "" where
// it does not tell.
func languageOf(body string) string {
	if spanishBegin.only(wordsOf(body)) != "" {
		return "es"
	}
	return ""
}

var callAnywhere = compile(map[label]list{label(Call): callPhrases, ordinary: callOrdinary})

// wantsCall says whether who wants no more texts wants a call in their place.
func wantsCall(words []string) bool { return callAnywhere.scan(words)[label(Call)] }

// wrong is the label of the words about a wrong number.
const wrong label = "wrong number"

var (
	wrongAnywhere = compile(map[label]list{wrong: wrongNumberPhrases, doubt: wrongNumberDoubts})
	wrongWhole    = compile(map[label]list{wrong: wrongNumberAlone, filler: keywordFillers})
)

// wrongNumber is wrong, doubt or neither.
func wrongNumber(words []string) label {
	labels := wrongAnywhere.scan(words)
	switch {
	case labels[wrong], wrongWhole.only(words) == wrong:
		return wrong
	case labels[doubt]:
		return doubt
	}
	return ""
}
