package console

import (
	"context"
	"errors"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
)

// onCase reads the case of an address.
func (s *Server) onCase(v *visit) (*casestore.Case, error) {
	p, id, err := parseRef(v.PathValue("case"))
	if err != nil {
		return nil, err
	}
	return s.Store.Case(v.Context(), p, casestore.CaseID(id))
}

// back goes to the case, and writes down what was done.
func (s *Server) back(v *visit, c *casestore.Case, e casestore.CaseEntry) (reply, error) {
	err := s.Store.AddEntry(v.Context(), c.Partition, c.ID, e)
	return reply{to: "/case/" + v.PathValue("case")}, err
}

// farthest is how far ahead a call may be promised: what is farther is a slip.
const farthest = 60 * 24 * time.Hour

// reschedule moves the promise to a time that the patient chose.
func (s *Server) reschedule(v *visit) (reply, error) {
	c, err := s.onCase(v)
	if err != nil {
		return reply{}, err
	}
	at, err := s.localTime(v.PostFormValue("at"))
	seen := number(v.PostFormValue("version"))
	if err != nil || seen == 0 || !at.After(s.Now()) || at.After(s.Now().Add(farthest)) {
		return reply{}, errWrong
	}
	wanted := "You wanted the call to be " + explain.OnTime(at, s.Calendar.Zone()) + "."
	open, err := s.Line.Reschedule(v.Context(), c.Partition, c.ID, seen, at)
	if errors.Is(err, casestore.ErrConflict) || err == nil && !open {
		return s.staleCase(v, wanted)
	}
	if err != nil {
		return reply{}, err
	}
	return s.back(v, c, note(v.Who, casestore.EntryMoved, s.Now(), strconv.FormatInt(at.Unix(), 10), written("")))
}

// staleCase shows the case as it is, beside what was wanted.
func (s *Server) staleCase(v *visit, wanted string) (reply, error) {
	f, err := s.readFile(v.Context(), v.PathValue("case"))
	if err != nil {
		return reply{}, err
	}
	now := "Now it is at the stage “" + nameOf(stageNames, string(f.Case.Stage)) + "”."
	if f.Promise != nil {
		now += " " + explain.Next(f.Promise, s.Calendar.Zone())
	}
	return s.showCase(v, &alert{Wanted: wanted, Now: now})
}

// advance brings the request to a stage, with a reason.
func (s *Server) advance(v *visit) (reply, error) {
	to, why := v.PostFormValue("stage"), written(v.PostFormValue("why"))
	seen := number(v.PostFormValue("version"))
	if nameOf(stageNames[1:], to) == "" || why.Empty() || seen == 0 {
		return reply{}, errWrong
	}
	p, id, err := parseRef(v.PathValue("case"))
	if err != nil {
		return reply{}, err
	}
	c, _, err := s.Store.AdvanceFrom(v.Context(), p, casestore.CaseID(id), seen, casestore.Stage(to), func(c *casestore.Case) {
		c.Newer("stage", casestore.Stamp{At: s.Now(), ID: "console"}) // older news of the case system does not undo it
	})
	if errors.Is(err, casestore.ErrConflict) {
		return s.staleCase(v, "You wanted the stage “"+nameOf(stageNames, to)+"”.")
	}
	if err != nil {
		return reply{}, err
	}
	return s.back(v, c, note(v.Who, casestore.EntryReason, s.Now(), to, why))
}

// note keeps what somebody wrote.
func (s *Server) note(v *visit) (reply, error) {
	c, err := s.onCase(v)
	if err != nil {
		return reply{}, err
	}
	text := written(v.PostFormValue("text"))
	if text.Empty() {
		return reply{}, errWrong
	}
	e := note(v.Who, casestore.EntryNote, s.Now(), "", text)
	e.Sealed = v.PostFormValue("sealed") != ""
	return s.back(v, c, e)
}

// moveCase changes a case that is as it was seen. changed is nil when it is another.
func (s *Server) moveCase(ctx context.Context, v *visit, move func(*casestore.Case)) (changed *casestore.Case, err error) {
	p, id, err := parseRef(v.PathValue("case"))
	if err != nil {
		return nil, err
	}
	stale := false
	c, err := s.Store.MoveCase(ctx, p, casestore.CaseID(id), func(c *casestore.Case) bool {
		if stale = c.Version != number(v.PostFormValue("version")); !stale {
			move(c)
		}
		return !stale
	})
	if err == nil && stale {
		return nil, nil
	}
	return c, err
}

// authority records who may speak for the patient.
func (s *Server) authority(v *visit) (reply, error) {
	name := written(v.PostFormValue("name"))
	if name.Empty() || v.PostFormValue("checked") == "" {
		return reply{}, errWrong
	}
	c, err := s.moveCase(v.Context(), v, func(c *casestore.Case) {
		c.Authority = casestore.Authority{Name: name, By: v.Who, At: s.Now()}
	})
	if err != nil {
		return reply{}, err
	}
	if c == nil {
		return s.staleCase(v, "You wanted to record who may speak for the patient.")
	}
	return s.back(v, c, note(v.Who, casestore.EntryAuthority, s.Now(), "", name))
}

// correctNumber changes whom to call. What was agreed to for the old number does not
// hold for the new one: permissions are kept by number.
func (s *Server) correctNumber(v *visit) (reply, error) {
	e164, ok := s.Phone(v.PostFormValue("number"))
	if !ok {
		return reply{}, errWrong
	}
	phone := written(e164)
	c, err := s.moveCase(v.Context(), v, func(c *casestore.Case) { c.SetPhone(phone) })
	if err != nil {
		return reply{}, err
	}
	if c == nil {
		return s.staleCase(v, "You wanted to correct the number.")
	}
	f, err := s.Store.File(v.Context(), c.Partition, c.ID)
	if err != nil {
		return reply{}, err
	}
	for _, t := range f.Tasks {
		_, err := s.Store.MoveTask(v.Context(), c.Partition, t.ID, func(t *casestore.Task) bool {
			if t.Outcome != "" || t.Phone.Empty() {
				return false
			}
			t.Phone = phone
			return true
		})
		if err != nil {
			return reply{}, err
		}
	}
	if err := s.lookAgain(v.Context(), c); err != nil {
		return reply{}, err
	}
	return s.back(v, c, note(v.Who, casestore.EntryNumber, s.Now(), "", written("")))
}

// lookAgain has the promise planned anew.
func (s *Server) lookAgain(ctx context.Context, c *casestore.Case) error {
	_, err := s.Store.MovePromise(ctx, c.Partition, c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
		open := p.State == casestore.PromiseOpen
		if open {
			p.Next = s.Now()
		}
		return casestore.PromiseChange{}, open
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	return err
}

// stopContact ends automated calls and texts to the case's number: on disk, then in
// Redis.
func (s *Server) stopContact(v *visit) (reply, error) {
	c, err := s.onCase(v)
	if err != nil {
		return reply{}, err
	}
	if v.PostFormValue("sure") == "" || c.Phone().Empty() {
		return reply{}, errWrong
	}
	if err := s.Line.StopContact(v.Context(), c.Phone(), v.trace); err != nil {
		return reply{}, err
	}
	if err := s.lookAgain(v.Context(), c); err != nil {
		return reply{}, err
	}
	return s.back(v, c, note(v.Who, casestore.EntryStop, s.Now(), "", written("")))
}
