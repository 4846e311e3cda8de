package sms

// Labels of the opt-out vocabulary.
const (
	optOut label = "opt-out"
	doubt  label = "doubt"
	denied label = "denied"
)

var (
	stopWhole    = compile(map[label]list{optOut: stopAlone, filler: stopFillers})
	weakWhole    = compile(map[label]list{optOut: weakAlone + stopAlone, filler: weakFillers})
	doubtWhole   = compile(map[label]list{doubt: doubtAlone, filler: doubtFillers})
	stopAnywhere = compile(map[label]list{
		optOut: stopPhrases, doubt: stopDoubts, denied: stopDenied, ordinary: stopOrdinary,
	})
)

// optingOut is optOut, doubt or neither: whether a person wants no more texts
// and automated calls, or might.
func optingOut(words []string) label {
	if stopWhole.only(words) == optOut || weakWhole.only(words) == optOut {
		return optOut
	}
	labels := stopAnywhere.scan(words)
	switch {
	case labels[optOut]:
		return optOut
	case labels[doubt], doubtWhole.only(words) == doubt:
		return doubt
	}
	return ""
}
