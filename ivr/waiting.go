package ivr

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/twilio"
)

func (s *Server) transferRoutes(r *mux.Router) {
	r.HandleFunc(pathWait, s.onTransfer(twilio.Wait, s.waitWords)).Methods(http.MethodPost)
	r.HandleFunc(pathWaiting, s.onTransfer(twilio.Wait, s.waitKey)).Methods(http.MethodPost)
	r.HandleFunc(pathJoined, s.onTransfer(twilio.Whisper, s.joined)).Methods(http.MethodPost)
	r.HandleFunc(pathWhisper, s.onTransfer(twilio.Voice, s.whisper)).Methods(http.MethodPost)
	r.HandleFunc(pathAccept, s.onTransfer(twilio.Voice, s.accept)).Methods(http.MethodPost)
	r.HandleFunc(pathParted, s.onTransfer(twilio.Voice, s.parted)).Methods(http.MethodPost)
	r.HandleFunc(pathLeg, s.leg).Methods(http.MethodPost)
	s.outreachRoutes(r)
}

// waited is a request about a transfer.
type waited struct {
	p   casestore.Partition
	id  string
	leg int
	t   *casestore.Transfer
	r   *http.Request
}

// onTransfer answers a request about a transfer, whatever happens: who waits goes
// on waiting, and a coordinator's telephone is put down.
func (s *Server) onTransfer(kind twilio.Context, answer func(context.Context, waited) (twilio.Document, error)) http.HandlerFunc {
	return s.onTransferOr(kind, answer, func(waited) twilio.Document { return s.transferFault(kind) })
}

// onTransferOr answers by blind where the transfer cannot be read, or changed.
func (s *Server) onTransferOr(kind twilio.Context, answer func(context.Context, waited) (twilio.Document, error), blind func(waited) twilio.Document) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
		defer cancel()
		req, err := s.aboutTransfer(ctx, r)
		var doc twilio.Document
		var b []byte
		if err == nil {
			doc, err = answer(ctx, req)
		}
		if err == nil {
			b, err = doc.Encode(kind)
		}
		if err != nil {
			s.log.Error("a request about a transfer failed", "path", r.URL.Path, "transfer", r.URL.Query().Get(paramTransfer), "err", err)
			doc = s.transferFault(kind)
			if !errors.Is(err, casestore.ErrNotFound) {
				doc = blind(req)
			}
			b, err = doc.Encode(kind)
		}
		if err != nil {
			b = []byte(`<?xml version="1.0" encoding="UTF-8"?><Response><Pause length="5"/></Response>`)
		}
		s.write(w, b)
	}
}

func (s *Server) transferFault(kind twilio.Context) twilio.Document {
	if kind == twilio.Voice {
		return twilio.Document{s.say(english, "A-fault2", nil), twilio.Hangup{}}
	}
	return twilio.Document{s.say(english, "hold", nil), twilio.Pause{Seconds: 5}}
}

func (s *Server) aboutTransfer(ctx context.Context, r *http.Request) (waited, error) {
	q := r.URL.Query()
	req := waited{id: q.Get(paramTransfer), leg: legOf(q.Get(paramLeg)), r: r}
	var err error
	if req.p, err = casestore.ParsePartition(q.Get(paramPartition)); err != nil {
		return req, err
	}
	req.t, err = s.store.Transfer(ctx, req.p, req.id)
	return req, err
}

// waitWords is what a caller hears while waiting; Twilio asks for it again
// whenever it has run out, every 25 seconds or so.
func (s *Server) waitWords(ctx context.Context, req waited) (twilio.Document, error) {
	t, now := req.t, s.now()
	switch t.State {
	case casestore.TransferWaiting:
	case casestore.TransferTaken, casestore.TransferTalked:
		return twilio.Document{s.say(t.Language, "F-wait", nil), twilio.Pause{Seconds: 10}}, nil
	default:
		return twilio.Document{twilio.Leave{}}, nil
	}
	longest := s.cfg.Longest
	if t.Reach != "" {
		longest = reachWaits
	}
	if now.Sub(t.Opened) >= longest {
		return s.leave(ctx, req, flow.Nobody)
	}
	if !t.Live() && now.Sub(t.RoundAt) >= s.cfg.Total+pauseBetween {
		_, err := s.store.MoveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
			again := t.State == casestore.TransferWaiting && !t.Live()
			t.Round, t.RoundAt = t.Round+1, now
			return nil, again
		})
		if err != nil {
			return nil, err
		}
	} else if err := s.store.Wake(ctx, req.p, casestore.Effect{Kind: casestore.EffectTransfer, Data: req.id}); err != nil {
		return nil, err
	}
	prompt, err := s.waitPrompt(ctx, t, now)
	return s.waitDocument(req, prompt), err
}

// waitTurn is about how long one round of the wait document takes.
const waitTurn = 25 * time.Second

// waitPrompt says how things stand: at first what the keys do, then that somebody
// is being looked for, or honestly that nobody is free.
func (s *Server) waitPrompt(ctx context.Context, t *casestore.Transfer, now time.Time) (string, error) {
	if !t.Live() {
		team, err := s.store.Team(ctx)
		if err != nil {
			return "", err
		}
		if ids, _ := s.next(t, team, now); len(ids) == 0 {
			// The apology is not said every time.
			return either(int(now.Sub(t.Opened)/waitTurn)%2 == 1, "F-hold", "F-none"), nil
		}
	}
	if now.Sub(t.Opened) < 10*time.Second {
		return "F-hold", nil
	}
	return "F-wait", nil
}

func (s *Server) waitDocument(req waited, prompt string) twilio.Document {
	none := ""
	return twilio.Document{twilio.Gather{
		Action: s.transferURL(pathWaiting, req.p, req.id), NumDigits: 1, FinishOnKey: &none, Timeout: "1",
		Prompts: []twilio.Prompt{s.say(req.t.Language, prompt, nil), twilio.Play{URL: s.base + pathMusic}},
	}}
}

// waitKey is a key pressed while waiting: 1 for a call back, 2 for a message. Who
// presses when a coordinator has just accepted is being connected.
func (s *Server) waitKey(ctx context.Context, req waited) (twilio.Document, error) {
	switch twilio.FormOf(req.r).Get("Digits") {
	case "1":
		return s.leave(ctx, req, flow.CallMe)
	case "2":
		return s.leave(ctx, req, flow.LeaveMessage)
	}
	return s.waitDocument(req, "F-hold"), nil
}

// leave takes the caller out of the queue for something else, unless somebody has
// accepted.
func (s *Server) leave(ctx context.Context, req waited, choice flow.Outcome) (twilio.Document, error) {
	t, err := s.store.MoveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		waits := t.State == casestore.TransferWaiting
		if waits {
			t.State, t.Choice = casestore.TransferLeft, string(choice)
		}
		return nil, waits
	})
	if err != nil {
		return nil, err
	}
	if t.State == casestore.TransferTaken {
		return twilio.Document{s.say(t.Language, "F-joined", nil), twilio.Pause{Seconds: 10}}, nil
	}
	return twilio.Document{twilio.Leave{}}, nil
}

// joined is what the caller hears just before the two are connected.
func (s *Server) joined(_ context.Context, req waited) (twilio.Document, error) {
	return twilio.Document{s.say(req.t.Language, "F-joined", nil)}, nil
}

// unqueued says how a wait ended: an outcome of the step, or "" where the caller
// has hung up.
func (s *Server) unqueued(ctx context.Context, req request, c *casestore.Conversation) (flow.Outcome, error) {
	p := req.who.id.Partition()
	switch req.form.Get("QueueResult") {
	case "bridged", "bridging-in-process", "redirected-from-bridged":
		return flow.Talked, s.talked(ctx, p, c.Transfer)
	case "hangup":
		return "", s.abandoned(ctx, p, c)
	case "leave":
		t, err := s.store.Transfer(ctx, p, c.Transfer)
		if err != nil {
			return "", err
		}
		if t.Choice != "" {
			return flow.Outcome(t.Choice), nil
		}
	}
	// An error of the queue: nobody must be rung for who does not wait.
	_, err := s.store.MoveTransfer(ctx, p, c.Transfer, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		waits := t.State == casestore.TransferWaiting
		t.State, t.Choice = casestore.TransferLeft, string(flow.Nobody)
		return nil, waits
	})
	return flow.Nobody, err
}

func (s *Server) talked(ctx context.Context, p casestore.Partition, id string) error {
	t, err := s.store.MoveTransfer(ctx, p, id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		taken := t.State == casestore.TransferTaken
		t.State = casestore.TransferTalked
		return nil, taken
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.talkedTo(ctx, t)
}

// abandoned is the caller hanging up while a person is being found: whoever still
// rings is let go, and the call is owed (call-script.md 6.6).
func (s *Server) abandoned(ctx context.Context, p casestore.Partition, c *casestore.Conversation) error {
	if c.Transfer == "" {
		return nil
	}
	gone := false
	_, err := s.store.MoveTransfer(ctx, p, c.Transfer, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		gone = t.State == casestore.TransferWaiting
		t.State = casestore.TransferGone
		return s.owedFor(t), gone
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if gone && err == nil {
		s.metrics.transfers.WithLabelValues("abandoned").Inc()
	}
	return err
}

// owedFor is the call that is owed to a caller whom nobody reached; none where
// the number is not known or is not one that we call.
func (s *Server) owedFor(t *casestore.Transfer) []*casestore.Task {
	if t.Caller.Empty() || !s.cfg.Callable(t.Caller.Reveal()) {
		return nil
	}
	s.metrics.tasks.WithLabelValues(string(casestore.TaskAbandoned)).Inc()
	task := &casestore.Task{
		ID: casestore.NewTaskID(), Kind: casestore.TaskAbandoned, Due: s.due(s.now(), s.cfg.CallBack, s.zonesOf(nil, t.Caller)), Phone: t.Caller,
		Owner: t.Assigned, Case: t.Case, Call: t.Call, Opened: s.now(), Language: t.Wanted,
	}
	task.Ring = s.RingAt(task)
	return []*casestore.Task{task}
}
