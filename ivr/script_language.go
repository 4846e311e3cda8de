package ivr

import (
	"strconv"

	"secondline/internal/flow"
)

// languageScript is key 8: another language, or an interpreter. Each
// language that there are words for offers itself, in its own voice; adding a
// file of words adds a line here.
func languageScript(languages []string) *flow.Script {
	choose := flow.Step{ID: "choose", Back: flow.Return, Fail: flow.Return, Tries: 2, Goto: flow.Goto{}}
	script := &flow.Script{Name: "language", Title: "Key 8: another language", Steps: []flow.Step{choose}}
	var menu flow.Menu
	add := func(say string, value flow.Outcome, to string) {
		key := strconv.Itoa(len(menu) + 1)
		menu = append(menu, flow.Option{Key: key, Value: value})
		script.Steps[0].Say = append(script.Steps[0].Say, say)
		script.Steps[0].Goto[value] = to
	}
	for _, language := range languages {
		id := "in_" + language
		add("L-this@"+language, flow.Outcome(id), id)
		script.Steps = append(script.Steps,
			flow.Step{ID: id, Say: []string{"L-set@" + language}, Do: []string{doSpeak + language}, Goto: flow.Goto{flow.OK: flow.Return}})
	}
	add("L-other", "interpreter", "interpreter")
	script.Steps[0].Ask = menu
	script.Steps = append(script.Steps, flow.Step{ID: "interpreter", Ask: flow.Decide{What: "an interpreter", Can: outcomes("wanted"), By: wantInterpreter},
		Goto: flow.Goto{"wanted": "person.start"}})
	return script
}

// wantInterpreter notes that the person needs one, for whoever takes the call
// and for whatever is owed.
func wantInterpreter(a flow.Answers, _ flow.Env) flow.Outcome {
	a["interpreter"] = yes
	return "wanted"
}
