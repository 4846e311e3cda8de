package ivr

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
)

// english is the language that a call begins in.
const english = "en"

// yes is what is kept of something that is only noted.
var yes = private.Of("yes")

// spokenIn tells the language that a prompt names for itself ("L-this@es").
func spokenIn(id, otherwise string) (name, language string) {
	if name, language, ok := strings.Cut(id, "@"); ok {
		return name, language
	}
	return id, otherwise
}

// checkWords proves that everything the scripts say has words, and that every
// variable in them is known.
func checkWords(book *flow.Book, words Words) error {
	var faults []error
	for _, id := range append(book.Wording(), beyondScripts...) {
		if !Spoken(words, id) {
			faults = append(faults, fmt.Errorf("ivr: %s is said, but has no words", id))
			continue
		}
		id, _ := spokenIn(id, english)
		for _, name := range words.Vars(id) {
			if !known[name] {
				faults = append(faults, fmt.Errorf("ivr: %s says {%s}, which nobody fills in", id, name))
			}
		}
	}
	return errors.Join(faults...)
}

// beyondScripts lists what is said outside of the scripts.
var beyondScripts = []string{"A-fault", "A-fault2", "A-911", "A-911-intl", "hold", "A-bye", "F-hold", "F-wait", "F-none", "F-joined",
	"F-w", "F-w-again", "F-w2", "F-w3", "F-w4", "F-w-late", "F-w-pass", "F-w-gone",
	"reason-caller", "reason-interpreter", "reason-spanish", "reason-language", "reason-intake", "reason-status", "reason-returned", "reason-urgent",
	"T-kind-call_back", "T-kind-message", "T-kind-missed_call", "T-kind-abandoned", "T-kind-first_call", "T-kind-promise", "T-kind-how_it_went", "T-kind-letter", "T-kind-other",
	"H-a", "H-a2", "H-keys", "H-wait30", "H-off-stage", "H-off-opted_out", "H-off-wrong_number", "H-off-window", "H-off-caps", "H-off-bound", "H-off-moved", "H-off-trouble",
	"H-star", "H-no-message", "H-message-on", "H-no-answer", "H-busy", "H-failed", "H-other-time", "H-noted", "H-not-noted", "H-ask", "H-disp", "H-disp-time", "H-cut", "H-vm",
	"T-case", "T-language", "T-due", "T-overdue", "cb-today", "cb-tomorrow-morning", "cb-tomorrow-afternoon", "cb-tomorrow-evening",
	"cb-day-morning", "cb-day-afternoon", "cb-day-evening"}

// virtual lists the prompts of scripts that stand for several others, which only
// the call tells.
var virtual = map[string]bool{"T-task": true, "cb-times": true}

// Spoken says whether there are words for what a script says under an ID.
func Spoken(words Words, id string) bool {
	id, language := spokenIn(id, english)
	return virtual[id] || words.Version(language, id) != ""
}

// expand puts in the place of a virtual prompt what it stands for.
func (t *turn) expand() {
	if !slices.ContainsFunc(t.out.Say, func(p flow.Prompt) bool { return virtual[p.ID] }) {
		return
	}
	var out []flow.Prompt
	for _, p := range t.out.Say {
		switch p.ID {
		case "T-task":
			out = append(out, t.taskWords()...)
		case "cb-times":
			out = append(out, t.timeWords()...)
		default:
			out = append(out, p)
		}
	}
	t.out.Say = out
}

// timeWords offers the times that there are.
func (t *turn) timeWords() []flow.Prompt {
	var out []flow.Prompt
	for _, slot := range t.times() {
		switch {
		case slot.Kind == "today":
			out = append(out, flow.Prompt{ID: "cb-today"})
		case slot.Tomorrow:
			out = append(out, flow.Prompt{ID: "cb-tomorrow-" + slot.Kind})
		default:
			day := private.Of(t.s.spokenFor(t.who, slot.At))
			out = append(out, flow.Prompt{ID: "cb-day-" + slot.Kind, Vars: map[string]private.Text{"DAY": day}})
		}
	}
	return out
}

// taskWords says what is owed, to whom, by when.
func (t *turn) taskWords() []flow.Prompt {
	task := t.taskNow()
	if task == nil {
		return []flow.Prompt{{ID: "T-kind-other"}}
	}
	kind := "T-kind-" + string(task.Kind)
	if t.s.words.Version(english, kind) == "" {
		kind = "T-kind-other"
	}
	due := private.Of(t.s.spoken(task.Due))
	out := []flow.Prompt{{ID: kind}}
	if task.Language != "" {
		out = append(out, flow.Prompt{ID: "T-language"})
	}
	return append(out, flow.Prompt{ID: either(t.who.now.After(task.Due), "T-overdue", "T-due"), Vars: map[string]private.Text{"DUE": due}})
}

// taskNow gives the task that the call is about, as it was read for this turn.
func (t *turn) taskNow() *casestore.Task {
	if t.task != nil {
		return t.task
	}
	i := slices.IndexFunc(t.pre.owed, func(task *casestore.Task) bool { return task.ID == t.c.Task })
	if i < 0 {
		return nil
	}
	return t.pre.owed[i]
}

// known lists the variables that the engine or fill provides.
var known = map[string]bool{
	"LAST4": true, "MASK": true, "SPOKENPHONE": true, "DATE": true, "TIME": true, "HOURS": true, "OPENS": true,
	"DUE": true, "REQS": true, "ORG": true, "PHONE": true, "LOCALHOURS": true, "VISITPHONE": true,
	"KEY": true, "N": true, "ETA": true, "ETALAST": true, "NOTICE": true, "DAY": true, "LCASE": true, "REASON": true,
}

// fill gives every prompt of a turn the values of its variables.
func (s *Server) fill(t *turn) error {
	t.expand()
	// What was typed is no recording, and must not stand in an address.
	t.out.Say = slices.DeleteFunc(t.out.Say, func(p flow.Prompt) bool { return p.ID == "" && !recordingSID.MatchString(p.Recording.Reveal()) })
	offered := 0
	for i, p := range t.out.Say {
		if p.ID == "" {
			continue
		}
		name, _ := spokenIn(p.ID, "")
		if name == "L-this" || name == "L-other" {
			offered++
			t.out.Say[i].Vars = map[string]private.Text{"KEY": private.Of(strconv.Itoa(offered))}
			continue
		}
		for _, name := range s.words.Vars(p.ID) {
			if _, have := p.Vars[name]; have {
				continue
			}
			value, err := s.value(t, p.ID, name)
			if err != nil {
				return err
			}
			if t.out.Say[i].Vars == nil {
				t.out.Say[i].Vars = map[string]private.Text{}
			}
			t.out.Say[i].Vars[name] = private.Of(value)
		}
	}
	return nil
}

func (s *Server) value(t *turn, id, name string) (string, error) {
	switch name {
	case "LAST4":
		number := t.who.number.Reveal()
		if strings.HasPrefix(id, "cb-") {
			number = t.callBackPhone().Reveal()
		}
		return number[max(0, len(number)-4):], nil
	case "SPOKENPHONE", "PHONE":
		return t.who.line.Number, nil
	case "VISITPHONE":
		return s.cfg.InPerson, nil
	case "DATE":
		if unsure := t.c.State.Answers.Get("birth_unsure"); unsure != "" {
			return unsure, nil
		}
		return t.c.State.Answers.Get("birth_date"), nil
	case "HOURS":
		return s.cfg.Hours, nil
	case "LOCALHOURS":
		return s.localHours(t.who), nil
	case "OPENS":
		return s.spoken(s.calendar.NextOpening(t.who.now)), nil
	case "DUE":
		return s.spokenFor(t.who, t.dueOf(id)), nil
	case "REQS":
		if t.c.Case != nil {
			return t.c.Case.Number.Reveal(), nil
		}
	case "ORG":
		return s.cfg.Organisation, nil
	case "NOTICE":
		return s.calendar.Notice(t.who.now, t.c.Language), nil
	case "N":
		if strings.HasPrefix(id, "T-") {
			return strconv.Itoa(t.pre.count), nil
		}
		return t.c.State.Answers.Get("status_places"), nil
	case "ETA", "ETALAST":
		at, err := time.Parse(time.RFC3339, t.c.State.Answers.Get(either(name == "ETA", "status_eta", "status_eta_last")))
		return s.spoken(at), err
	}
	return "", fmt.Errorf("ivr: nothing to say for {%s} in %s", name, id)
}

// dueOf gives the time that a prompt promises: the one that was written down.
func (t *turn) dueOf(id string) time.Time {
	if id == "D15-next" && t.c.Case != nil {
		return t.c.Case.CallBy
	}
	for prompt, name := range map[string]string{"E-": "status_due", "cb-time": "slot_at", "cb-ok-time": "slot_at"} {
		if at, err := time.Parse(time.RFC3339, t.c.State.Answers.Get(name)); err == nil && strings.HasPrefix(id, prompt) {
			return at
		}
	}
	for _, task := range t.change.Tasks {
		return task.Due
	}
	return t.s.due(t.who.now, t.s.cfg.CallBack, t.s.zonesOf(nil, t.callBackPhone()))
}

// spoken gives a time as the wording takes it.
func (s *Server) spoken(at time.Time) string {
	return at.In(s.cfg.Zone).Format(time.RFC3339) + " " + s.cfg.Zone.String()
}

// spokenFor gives a time on the caller's own clock, where the number tells which,
// and there is another time zone than the line's.
func (s *Server) spokenFor(who caller, at time.Time) string {
	zone := s.cfg.Zone
	if s.cfg.ZoneOf != nil && !who.number.Empty() {
		if own := s.cfg.ZoneOf(who.number.Reveal()); own != nil {
			zone = own
		}
	}
	return at.In(zone).Format(time.RFC3339) + " " + zone.String()
}

// localHours gives the next opening and its closing on the caller's own clock.
func (s *Server) localHours(who caller) string {
	zone := s.cfg.ZoneOf(who.number.Reveal())
	opens := s.calendar.NextOpening(who.now)
	closes := s.calendar.NextClosing(opens)
	return opens.In(zone).Format("15:04") + "-" + closes.In(zone).Format("15:04")
}
