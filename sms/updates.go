package sms

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// StageChanged queues the text that tells of a request's stage. It may be called
// any number of times for one change: the text's ID follows from what it tells of,
// so it is sent once. A stage that no text tells of queues nothing. The words are
// neutral: "step n of 4" (call-script.md 6.9). From then on the thread is about the
// request: LATER moves its call.
func (s *Server) StageChanged(ctx context.Context, c *casestore.Case) error {
	promised, err := s.PromisedBy(ctx, c)
	if err != nil {
		return err
	}
	prompt, when := updateFor(c, promised)
	if prompt == "" || c.Phone().Empty() {
		return nil
	}
	now := s.Now()
	vars := map[string]private.Text{}
	for _, name := range s.Words.Vars(prompt) {
		if name == "WHEN" {
			if when.IsZero() {
				when = s.nextUpdate(c)
			}
			vars["WHEN"] = private.Of(s.spoken(when))
		}
	}
	t := &casestore.Text{
		ID: updateID(c, prompt), Kind: casestore.TextUpdate, To: c.Phone(), From: s.Config.From, Prompt: prompt, Vars: vars, Language: s.language(c.Language),
		Case: c.ID, Stage: c.Stage, Created: now, Expires: now.Add(3 * 24 * time.Hour),
	}
	return s.write(ctx, c, t)
}

// nextUpdate is by when there is something new to tell: at the latest when an
// opinion is usually there.
func (s *Server) nextUpdate(c *casestore.Case) time.Time {
	from := c.RecordsAt
	if from.IsZero() {
		from = s.Now()
	}
	return s.Calendar.AddBusinessDays(from, 7)
}

// language gives one that there are words for.
func (s *Server) language(tag string) string {
	for _, l := range s.Words.Languages() {
		if l == tag {
			return tag
		}
	}
	return "en"
}

// updateID names the text of one stage of one request.
func updateID(c *casestore.Case, prompt string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(c.ID) + "|" + string(c.Stage) + "|" + prompt + "|" + c.DeliveredAt.UTC().Format(time.RFC3339)))
	return "x" + strconv.FormatUint(h.Sum64(), 36) + string(c.ID)
}

// Welcome queues what is texted once an intake is complete and texts are allowed:
// what to expect, and the request number.
func (s *Server) Welcome(ctx context.Context, c *casestore.Case) error {
	now := s.Now()
	for i, prompt := range []string{"S-welcome", "S-req"} {
		t := &casestore.Text{
			ID: updateID(c, prompt), Kind: casestore.TextNotice, To: c.Phone(), From: s.Config.From, Prompt: prompt, Language: s.language(c.Language),
			Case: c.ID, Created: now, Expires: now.Add(24 * time.Hour),
		}
		if prompt == "S-req" {
			t.Vars = map[string]private.Text{"REQ": private.Of(c.Number.Reveal())}
		}
		if err := s.Store.QueueText(ctx, t, now.Add(time.Duration(i)*2*time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// Resume tells a caller who hung up in an intake how to go on with it.
func (s *Server) Resume(ctx context.Context, number private.Text, language, call string) error {
	now := s.Now()
	t := &casestore.Text{ID: "xr" + call, Kind: casestore.TextNotice, To: number, From: s.Config.From, Prompt: "S-resume", Language: s.language(language),
		Created: now, Expires: now.Add(24 * time.Hour)}
	return s.Store.QueueText(ctx, t, now)
}

// Visit texts a caller who asks for it the number of the line for visits, once a
// call. It answers the call, so it needs no consent.
func (s *Server) Visit(ctx context.Context, number private.Text, language, call string) error {
	now := s.Now()
	t := &casestore.Text{ID: "xv" + call, Kind: casestore.TextReply, To: number, From: s.Config.From, Prompt: "S-visit", Language: s.language(language),
		Vars: map[string]private.Text{"VISIT": private.Of(s.Config.InPerson)}, Created: now, Expires: now.Add(2 * time.Hour)}
	return s.Store.QueueText(ctx, t, now)
}

// AroundCall queues a text about a call after delivery: that one comes at a time
// ("S-pre"), that one reached nobody and when the next comes ("S-miss"), or that we
// could not reach the patient ("S-last"). It may be called any number of times for
// one text. From then on the thread is about the request: LATER moves its call.
func (s *Server) AroundCall(ctx context.Context, c *casestore.Case, prompt string, at time.Time) error {
	now := s.Now()
	t := &casestore.Text{
		ID: callTextID(c, prompt, at), Kind: casestore.TextNotice, To: c.Phone(), From: s.Config.From, Prompt: prompt, Language: s.language(c.Language),
		Case: c.ID, Created: now, Expires: now.Add(12 * time.Hour), Vars: map[string]private.Text{},
	}
	switch prompt {
	case "S-pre":
		t.Expires = at.Add(-10 * time.Minute) // "in about 30 minutes" must be true
	case "S-miss":
		t.Vars["WHEN"] = private.Of(s.spoken(at))
	}
	if t.To.Empty() || !now.Before(t.Expires) {
		return nil
	}
	return s.write(ctx, c, t)
}

// write queues a text about a request, unless it is queued already, and makes the
// thread one about the request.
func (s *Server) write(ctx context.Context, c *casestore.Case, t *casestore.Text) error {
	id := s.person(t.To)
	if _, err := s.Store.Text(ctx, id.Partition(), t.ID); !errors.Is(err, casestore.ErrNotFound) {
		return err
	}
	_, err := s.Store.MoveThread(ctx, id, func(th *casestore.Thread, _ casestore.Known) (casestore.ThreadChange, bool, error) {
		th.Case, th.CasePlace, th.Language = c.ID, c.Partition, t.Language
		return casestore.ThreadChange{Texts: []*casestore.Text{t}}, true, nil
	})
	return err
}

func callTextID(c *casestore.Case, prompt string, at time.Time) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(c.ID) + "|" + prompt + "|" + at.UTC().Format(time.RFC3339)))
	return "x" + strconv.FormatUint(h.Sum64(), 36) + string(c.ID)
}
