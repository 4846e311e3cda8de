package sms

import (
	"fmt"
	"strings"

	"secondline/internal/flow"
	"secondline/internal/intake"
)

// doCall promises a call to who would rather talk.
const doCall = "promise_call"

// newBook puts the intake together with where it leads by text: the table is the
// telephone's, the words are those for texts. It fails when they are not sound.
func newBook(zips intake.ZipRules) (*flow.Book, error) {
	tries := []string{"no-match", "no-match-2"}
	book := flow.NewBook(flow.Ways{
		Person: intake.ToStuck, Language: intake.ToStuck, Stop: intake.ToStuck, Stuck: intake.ToStuck,
		Starts: []string{intake.ToStart}, NoInput: tries, NoMatch: tries, Reword: reword,
	}, intake.Script(zips), endScript(), personScript(), visitScript())
	if err := book.Check(); err != nil {
		return nil, fmt.Errorf("sms: the intake is not sound: %w", err)
	}
	return book, nil
}

func endScript() *flow.Script {
	return &flow.Script{Name: "main", Title: "The end", Steps: []flow.Step{{ID: "goodbye", Say: []string{"bye"}, End: flow.Hangup}}}
}

// personScript puts the exchange before a person. Who is stuck may still answer.
func personScript() *flow.Script {
	end := intake.ToGoodbye
	return &flow.Script{Name: "person", Title: "A person", Steps: []flow.Step{
		{ID: "start", Say: []string{"S-call-ok"}, Do: []string{doCall}, End: flow.Hangup},
		{ID: "stuck", Say: []string{"stuck"}, Ask: flow.Connect{To: "team", Reason: "stuck"},
			Goto: flow.Goto{flow.Talked: end, flow.Nobody: end, flow.CallMe: end, flow.LeaveMessage: end}},
	}}
}

func visitScript() *flow.Script {
	return &flow.Script{Name: "info", Title: "A visit in person", Steps: []flow.Step{
		{ID: "connect", Say: []string{"S-visit"}, End: flow.Hangup},
		{ID: "visit_text", Say: []string{"S-visit"}, End: flow.Hangup},
	}}
}

// onlySpoken lists what the table says that nobody is texted: what belongs to a
// telephone, and questions that are asked in calls alone.
var onlySpoken = map[string]bool{
	"D0": true, "D15-text": true, "D15-star": true,
	"D6": true, "D6-other": true, "D6-c": true, "D6-bad": true, "B-phone": true, "B-phone-bad": true,
	"D12": true, "D3-yes": true, "D12-got": true, "D14-re": true, "D14-play": true,
}

// reword gives the words for a text of what the telephone says.
func reword(id string) string {
	switch {
	case onlySpoken[id]:
		return ""
	case strings.HasPrefix(id, "S-"), strings.HasPrefix(id, "Q-"):
		return id
	}
	return "Q-" + id
}
