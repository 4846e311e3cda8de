package intake

import (
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
)

var now = time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC)

func making() Making {
	return Making{How: "text", Ref: "SM1", Line: "tollfree", Language: "en", Caller: private.Of("+12125550142"), Now: now,
		Version: func(language, prompt string) string { return language + "/" + prompt }}
}

func answers(pairs ...string) flow.Answers {
	a := flow.Answers{}
	for i := 0; i < len(pairs); i += 2 {
		a[pairs[i]] = private.Of(pairs[i+1])
	}
	return a
}

// A consent is kept with what shows that it was given, in the case and with the
// number that gave it; a number that was typed has agreed to nothing yet.
func TestConsents(t *testing.T) {
	saved := []flow.Saved{{Name: "consent_texts", Outcome: "yes", Prompt: "Q-D7-text", Key: "1"}, {Name: "adult", Outcome: "yes"}}
	var change casestore.Change
	c := making().Consents(nil, saved, answers(), &change)
	want := casestore.Consent{Kind: "texts", Given: "yes", Prompt: "Q-D7-text", Version: "en/Q-D7-text", Key: "1", Call: "SM1", Line: "tollfree", At: now}
	if len(c.Consents) != 1 || c.Consents[0] != want || !c.MayText() {
		t.Errorf("kept %+v", c.Consents)
	}
	if p := change.Contact.Permissions[casestore.ByText]; !p.Given || p.Ref != "SM1" || p.Prompt != "Q-D7-text" || p.Version != "en/Q-D7-text" {
		t.Errorf("with the number %+v", p)
	}

	change = casestore.Change{}
	typed := making().Consents(nil, saved, answers("phone", "+13125550199"), &change)
	if !typed.Consents[0].Unproven || typed.MayText() || len(change.Contact.Permissions) != 0 {
		t.Errorf("a typed number agreed: %+v, %+v", typed.Consents, change.Contact.Permissions)
	}
	if c := making().Consents(nil, saved[1:], answers(), &change); c != nil {
		t.Errorf("what is no consent begins a request: %+v", c)
	}
}

// What was read is shared: no step changes the case that it is given.
func TestMakingChangesNoCaseItIsGiven(t *testing.T) {
	given := &casestore.Case{ID: "c1", Stage: casestore.StageStarted, At: "intake.zip", Consents: []casestore.Consent{{Kind: "texts", Given: "no"}}}
	var change casestore.Change
	m := making()
	m.Consents(given, []flow.Saved{{Name: "consent_texts", Outcome: "yes"}}, answers(), &change)
	m.Draft(given, answers("birth_date", "1960-03-04"), "intake.name", &change)
	m.Finish(given, answers(), casestore.RequestNumber{}, now, &change)
	if given.Stage != casestore.StageStarted || given.At != "intake.zip" || given.MayText() || !given.Updated.IsZero() {
		t.Errorf("changed: %+v", given)
	}
}

func TestDraftAndFinish(t *testing.T) {
	var change casestore.Change
	told := answers("birth_date", "1960-03-04", "resume_date", "1961-01-01")
	c := making().Draft(nil, told, "intake.zip", &change)
	kept := change.Drafts[0]
	if kept.At != "intake.zip" || !kept.Updated.Equal(now) || change.Guard != c.ID || len(kept.Answers) != 1 || c.Answers != nil {
		t.Errorf("an unfinished request is kept as %+v, guarded by %q", kept, change.Guard)
	}

	change = casestore.Change{}
	done := making().Finish(c, told, casestore.RequestNumber{}, now.Add(time.Hour), &change)
	switch {
	case done.ID != c.ID, done.Stage != casestore.StageRequested, done.At != "", !done.CallBy.Equal(now.Add(time.Hour)), done.Answers != nil:
		t.Errorf("the request is %+v", done)
	case change.Finished.Answers.Get("birth_date") != "1960-03-04", change.Guard != c.ID:
		t.Errorf("kept as %+v", change.Finished)
	case len(change.Effects) != 1 || change.Effects[0] != casestore.Effect{Kind: EffectFinished, Data: string(c.ID)}:
		t.Errorf("told as %+v", change.Effects)
	}
}

func TestTurnAwayKeepsACountAlone(t *testing.T) {
	for _, c := range []*casestore.Case{nil, {ID: "c1"}} {
		var change casestore.Change
		if rule := making().TurnAway(c, DoStopAge, &change); rule != "age" || change.Stop != "age" {
			t.Errorf("counted as %q, %q", rule, change.Stop)
		}
		if len(change.Drafts) != 0 || (c != nil) != (len(change.DropDrafts) == 1) {
			t.Errorf("%v is kept as %+v", c, change)
		}
	}
}

func TestFirstTask(t *testing.T) {
	for can, kind := range map[string]casestore.TaskKind{"": casestore.TaskFirstCall, "talk": casestore.TaskFirstCall, "write": casestore.TaskWrite} {
		a := answers("can_talk", can)
		if task := making().FirstCall(&casestore.Case{ID: "c1", CallBy: now}, a); task.Kind != kind || !task.Due.Equal(now) || task.Case != "c1" || task.Phone != private.Of("+12125550142") {
			t.Errorf("who can %q is owed %+v", can, task)
		}
	}
	if got := making().Phone(answers("phone", "+13125550199")); got != private.Of("+13125550199") {
		t.Error("the number that was told is not the one to call")
	}
}

// Only the date of birth opens an unfinished request, and only while it is kept.
func TestMatch(t *testing.T) {
	const keep = 7 * 24 * time.Hour
	draft := func(id, born string, age time.Duration) *casestore.Case {
		return &casestore.Case{ID: casestore.CaseID(id), Stage: casestore.StageStarted, Updated: now.Add(-age), Answers: answers("birth_date", born)}
	}
	drafts := []*casestore.Case{draft("old", "1960-03-04", 8*24*time.Hour), draft("one", "1960-03-04", time.Hour), draft("other", "1971-01-01", time.Hour)}
	for date, want := range map[string]casestore.CaseID{"1960-03-04": "one", "1971-01-01": "other", "1960-04-03": "", "": ""} {
		got := casestore.CaseID("")
		if c := Match(drafts, date, now, keep); c != nil {
			got = c.ID
		}
		if got != want {
			t.Errorf("%q opens %q, want %q", date, got, want)
		}
	}
	if Resumable(drafts[:1], now, keep) || !Resumable(drafts, now, keep) {
		t.Error("what is no longer kept can be taken up, or what is cannot")
	}
}
