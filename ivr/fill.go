package ivr

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// language is the one that scripts speak.
const language = "en"

// checkWords proves that everything the scripts say has words, and that every
// variable in them is known.
func checkWords(book *flow.Book, words Words) error {
	var faults []error
	for _, id := range append(book.Wording(), "A-fault", "A-fault2", "hold", "A-bye", "reason-caller", "reason-interpreter") {
		if words.Version(language, id) == "" {
			faults = append(faults, fmt.Errorf("ivr: %s is said, but has no words", id))
			continue
		}
		for _, name := range words.Vars(id) {
			if !known[name] {
				faults = append(faults, fmt.Errorf("ivr: %s says {%s}, which nobody fills in", id, name))
			}
		}
	}
	return errors.Join(faults...)
}

// known lists the variables that the engine or fill provides.
var known = map[string]bool{
	"LAST4": true, "SPOKENPHONE": true, "DATE": true, "TIME": true, "HOURS": true, "OPENS": true,
	"DUE": true, "REQS": true, "ORG": true, "PHONE": true, "LOCALHOURS": true, "VISITPHONE": true,
}

// fill gives every prompt of a turn the values of its variables.
func (s *Server) fill(t *turn) error {
	for i, p := range t.out.Say {
		if p.ID == "" {
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
		return s.spoken(t.dueOf(id)), nil
	case "REQS":
		if t.c.Case != nil {
			return t.c.Case.Number.Reveal(), nil
		}
	case "ORG":
		return s.cfg.Organisation, nil
	}
	return "", fmt.Errorf("ivr: nothing to say for {%s} in %s", name, id)
}

// dueOf gives the time that a prompt promises: the one that was written down.
func (t *turn) dueOf(id string) time.Time {
	if id == "D15-next" && t.c.Case != nil {
		return t.c.Case.CallBy
	}
	for _, task := range t.change.Tasks {
		return task.Due
	}
	return t.s.due(t.who.now, t.s.cfg.CallBack)
}

// spoken gives a time as the wording takes it.
func (s *Server) spoken(at time.Time) string {
	return at.In(s.cfg.Zone).Format(time.RFC3339) + " " + s.cfg.Zone.String()
}

// localHours gives the next opening and its closing on the caller's own clock.
func (s *Server) localHours(who caller) string {
	zone := s.cfg.ZoneOf(who.number.Reveal())
	opens := s.calendar.NextOpening(who.now)
	closes := s.calendar.NextClosing(opens)
	return opens.In(zone).Format("15:04") + "-" + closes.In(zone).Format("15:04")
}
