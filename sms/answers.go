package sms

import (
	"context"
	"errors"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// isNetworkStop says whether the network of a toll-free number has taken a text
// for its own STOP, and answered it: only that word, alone, counts there.
func isNetworkStop(body string) bool {
	return strings.EqualFold(strings.TrimSpace(body), "stop")
}

// answered is the answer to the pending question.
func (m *message) answered() error {
	switch m.means.Detail {
	case Address:
		m.offer(m.means.Address)
	case Right:
		m.saveAddress(m.t.Answers["email"])
	case Wrong:
		m.t.Pending, m.t.PendingUntil = casestore.AskedEmail, m.now.Add(answerWithin)
		m.reply("S-email-again")
	case When1, When2, When3, When4:
		return m.chooseTime(map[Detail]string{When1: "today", When2: "morning", When3: "afternoon", When4: "evening"}[m.means.Detail])
	case Unclear:
		if m.t.Pending == casestore.AskedWhen {
			m.reply("S-later")
		} else {
			m.reply("S-email-bad")
		}
	}
	return nil
}

// offer reads an address back. A domain that looks like a slip of the finger is
// offered as it was probably meant.
func (m *message) offer(address private.Text) {
	name, domain, _ := strings.Cut(address.Reveal(), "@")
	if better, found := SuggestDomain(domain); found {
		address = private.Of(name + "@" + better)
	}
	m.t.Pending, m.t.PendingUntil = casestore.AskedEmailConfirm, m.now.Add(answerWithin)
	m.t.Answers = map[string]private.Text{"email": address}
	if call, p := m.t.Call, m.id.Partition(); call != "" {
		m.t.Call = ""
		m.after = append(m.after, func(ctx context.Context) error { return m.s.Answered(ctx, p, call) })
	}
	m.replyWith("S-email-c", map[string]private.Text{"MASK": private.Of(mask(address.Reveal()))})
}

// mask shows as much of an address as its owner needs to know it again, in at
// most 30 characters.
func mask(address string) string {
	name, domain, _ := strings.Cut(address, "@")
	if len(domain) > 26 {
		domain = domain[:23] + "..."
	}
	return name[:min(1, len(name))] + "***@" + domain
}

// saveAddress keeps the address with the request that asked for it.
func (m *message) saveAddress(address private.Text) {
	// The request may not be complete yet: then it takes the address along.
	m.t.Pending = ""
	m.t.Answers = map[string]private.Text{"email_right": address}
	m.reply("S-email-ok")
	id, p := m.t.Case, m.id.Partition()
	m.after = append(m.after, func(ctx context.Context) error {
		if id == "" {
			return nil
		}
		_, err := m.s.Store.MoveCase(ctx, p, id, func(c *casestore.Case) bool {
			if c.Answers == nil {
				c.Answers = map[string]private.Text{}
			}
			c.Answers["email"] = address
			return true
		})
		if errors.Is(err, casestore.ErrNotFound) {
			return nil
		}
		return err
	})
}

// chooseTime books a call at the time that was chosen; what cannot be had is said.
func (m *message) chooseTime(kind string) error {
	zones := m.s.Config.Zones("", "", m.number.Reveal())
	for _, slot := range m.s.Slots(m.now, zones[:1]) {
		if slot.Kind == kind {
			promised, err := m.s.Promised(m.ctx, m.t.CasePlace, m.t.Case)
			if err != nil {
				return err
			}
			if promised {
				m.change.Effects = append(m.change.Effects, casestore.ChosenTime(m.t.CasePlace, m.t.Case, slot.At, "text"))
			} else {
				task := m.task(casestore.TaskCallBack, m.s.Config.CallBack)
				task.Due, task.About, task.Note = slot.At, true, private.Text{}
				task.Ring = m.s.RingAt(task)
				m.rebook(task.ID)
			}
			m.t.Pending = ""
			m.replyAbout("S-later-c", slot.At)
			return nil
		}
	}
	m.t.PendingUntil = m.now.Add(answerWithin)
	m.reply("S-later-no")
	return nil
}

// rebook puts a call in the place of one that was booked by text before.
func (m *message) rebook(id string) {
	old, p := m.t.Booked, m.id.Partition()
	m.t.Booked = id
	if old == "" {
		return
	}
	m.after = append(m.after, func(ctx context.Context) error {
		_, err := m.s.Store.MoveTask(ctx, p, old, func(t *casestore.Task) bool {
			open := t.Outcome == ""
			t.Outcome = "rescheduled"
			return open
		})
		return err
	})
}

// AskAddress asks by text for the e-mail address of a request; what is answered
// within a day is taken for it.
//
// call is one that waits for the answer; empty for none.
func (s *Server) AskAddress(ctx context.Context, number private.Text, language string, id casestore.CaseID, call string) error {
	now := s.Now()
	_, err := s.Store.MoveThread(ctx, s.person(number), func(t *casestore.Thread, _ casestore.Known) (casestore.ThreadChange, bool, error) {
		if t.Call == call && call != "" && t.Case == id {
			return casestore.ThreadChange{}, false, nil // asked before
		}
		t.Language, t.Case, t.Call = s.language(language), id, call
		t.Pending, t.PendingUntil = casestore.AskedEmail, now.Add(answerWithin)
		return casestore.ThreadChange{Texts: []*casestore.Text{{
			ID: casestore.NewTextID(), Kind: casestore.TextReply, To: number, From: s.Config.From, Prompt: "S-email-ask", Language: t.Language,
			Case: id, Created: now, Expires: now.Add(time.Hour),
		}}}, true, nil
	})
	return err
}

// TakeAddress gives a request that is now complete the address that was told by
// text while it was being made.
func (s *Server) TakeAddress(ctx context.Context, p casestore.Partition, c *casestore.Case) error {
	t, err := s.Store.Thread(ctx, s.person(c.Caller))
	if err != nil || t.Case != c.ID {
		return err
	}
	address := t.Answers["email_right"]
	if address.Empty() {
		return nil
	}
	_, err = s.Store.MoveCase(ctx, p, c.ID, func(c *casestore.Case) bool {
		if c.Answers == nil {
			c.Answers = map[string]private.Text{}
		}
		changed := c.Answers["email"] != address
		c.Answers["email"] = address
		return changed
	})
	return err
}
