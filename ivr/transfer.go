package ivr

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// A caller who asks for a person waits in a queue of their own. Meanwhile a
// worker rings coordinators: each change of the transfer - a leg that ended, a
// key, a hang-up - wakes it, and it does whatever the transfer, as it stands
// now, still wants. So any replica can go on where another stopped.

const (
	// atOnce is how many coordinators' telephones ring for one caller.
	atOnce = 3
	// claimed is how long a coordinator's telephone is set aside for being rung
	// and hearing the whisper.
	claimed = 90 * time.Second
	// lostAfter is how long a dial may be in Twilio's hands without an answer
	// before it is looked up, and heldAfter when a talk that seems to go on is.
	lostAfter = 12 * time.Second
	heldAfter = 10 * time.Minute
	// pauseBetween is how long nobody is rung after a round that found nobody.
	pauseBetween = 30 * time.Second
	// shortestRing is the least that is worth dialling for (twilio.md 1.5).
	shortestRing = 5 * time.Second
)

// Effects gives the workers of the telephone.
func (s *Server) Effects() map[casestore.EffectKind]casestore.Handler {
	return map[casestore.EffectKind]casestore.Handler{casestore.EffectTransfer: s.moveOn, casestore.EffectChosen: s.chosen}
}

// openTransfer begins the wait for the team in the turn that asks for it.
func (t *turn) openTransfer() {
	if t.out.Await.Kind != flow.AwaitConnect || t.out.Await.To != "team" {
		return
	}
	id := t.who.call + "." + strconv.Itoa(t.c.Version+1)
	t.c.Transfer = id
	t.change.Transfer = &casestore.Transfer{
		ID: id, State: casestore.TransferWaiting, Call: t.who.call, Line: t.who.line.Name, Caller: t.who.number,
		Language: t.c.Language, Wanted: t.wanted(), Reason: t.reason(), Case: t.c.Named, CasePlace: t.c.NamedPlace, LastFour: t.c.LastFour, Verified: t.c.Verified, Assigned: t.c.Coordinator, Reach: t.c.Reach,
		Opened: t.who.now, RoundAt: t.who.now, Round: 1,
	}
	t.s.metrics.transfers.WithLabelValues("asked").Inc()
}

// reason says in a word why a person is wanted: reasons of the wording.
func (t *turn) reason() string {
	from := flow.State{At: t.c.State.From}.Script()
	switch {
	case !t.c.State.Answers["urgent"].Empty():
		return "urgent"
	case t.c.Reach != "":
		return "reached"
	case t.c.Verified, from == "status":
		return "status"
	case from == "returned":
		return "returned"
	case from == "intake":
		return "intake"
	}
	return "caller"
}

// moveOn is the worker.
func (s *Server) moveOn(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
	t, err := s.store.Transfer(ctx, p, e.Data)
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.Out != nil {
		return s.moveOut(ctx, p, t)
	}
	if err := s.findLost(ctx, p, t); err != nil {
		return err
	}
	if t.State != casestore.TransferWaiting {
		return s.letGo(ctx, p, t)
	}
	if t, err = s.chooseMore(ctx, p, t); err != nil {
		return err
	}
	for i, leg := range t.Legs {
		if leg.State == casestore.LegAsked {
			if err := s.ring(ctx, p, t.ID, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// chooseMore adds the coordinators to ring next, and sets their telephones aside.
func (s *Server) chooseMore(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (*casestore.Transfer, error) {
	now := s.now()
	team, err := s.store.Team(ctx)
	if err != nil {
		return nil, err
	}
	s.freeStuck(ctx, team, now)
	ids, most := s.next(t, team, now)
	got, err := s.store.ClaimCoordinators(ctx, t.ID, claimed, most, ids)
	if err != nil || len(got) == 0 {
		return t, err
	}
	// Another worker may have been first: what it added counts.
	var added []string
	moved, err := s.store.MoveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		added = nil
		if t.State != casestore.TransferWaiting {
			return nil, false
		}
		for _, id := range got {
			if t.Active() < atOnce {
				t.Legs = append(t.Legs, casestore.Leg{Coordinator: id, State: casestore.LegAsked, Round: t.Round, At: now})
				added = append(added, id)
			}
		}
		return nil, len(added) > 0
	})
	if err != nil {
		added = nil
	}
	for _, id := range got {
		if !slices.Contains(added, id) {
			err = errors.Join(err, s.store.ReleaseCoordinator(ctx, id, t.ID, false))
		}
	}
	if moved == nil {
		moved = t
	}
	return moved, err
}

// next says whom to ring, in order, and how many of them at most: the
// coordinator of the request alone, then the team by language and by who has
// waited longest since the last call. Nobody is rung twice in a round, nobody who
// is on a call or off duty, and nobody once the round is over.
func (s *Server) next(t *casestore.Transfer, team map[string]casestore.CoordinatorState, now time.Time) (ids []string, most int) {
	if now.Sub(t.RoundAt)+shortestRing > s.totalOf(t) {
		return nil, 0
	}
	rung := map[string]bool{}
	for _, leg := range t.Legs {
		rung[leg.Coordinator] = rung[leg.Coordinator] || leg.Round == t.Round
		if leg.State != casestore.LegOver && leg.Coordinator == t.Assigned {
			return nil, 0 // theirs alone while it rings
		}
	}
	var free []Coordinator
	for _, c := range s.cfg.Coordinators {
		state := team[c.ID]
		if !rung[c.ID] && state.Busy == "" && OnDuty(c, state, now) && c.Number != t.Caller.Reveal() {
			free = append(free, c)
		}
	}
	if i := slices.IndexFunc(free, func(c Coordinator) bool { return c.ID == t.Assigned }); i >= 0 {
		return []string{t.Assigned}, 1
	}
	slices.SortStableFunc(free, func(a, b Coordinator) int {
		if fits := boolOrder(speaks(a, t), speaks(b, t)); fits != 0 {
			return fits
		}
		return team[a.ID].LastCall.Compare(team[b.ID].LastCall)
	})
	for _, c := range free {
		ids = append(ids, c.ID)
	}
	return ids, atOnce - t.Active()
}

// totalOf is how long a round of ringing lasts.
func (s *Server) totalOf(t *casestore.Transfer) time.Duration {
	if t.Out != nil {
		return outTotal
	}
	return s.cfg.Total
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// speaks says whether a coordinator speaks the caller's language. Who needs an
// interpreter is best served by somebody who speaks another language at all.
func speaks(c Coordinator, t *casestore.Transfer) bool {
	if t.Wanted == "" {
		return true
	}
	return slices.ContainsFunc(c.Languages, func(l string) bool {
		return l == t.Wanted || (t.Wanted == "other" && l != english)
	})
}

// ring dials one coordinator. The intent is written first, so that after a crash
// the call is looked up, not made again.
func (s *Server) ring(ctx context.Context, p casestore.Partition, id string, i int) error {
	mine := false
	t, err := s.store.MoveTransfer(ctx, p, id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		mine = t.Legs[i].State == casestore.LegAsked && t.State == casestore.TransferWaiting
		t.Legs[i].State, t.Legs[i].At = casestore.LegDialling, s.now()
		return nil, mine
	})
	if err != nil || !mine {
		return err
	}
	c, ok := s.coordinatorOf(t.Legs[i].Coordinator)
	if !ok {
		return s.endLeg(ctx, p, id, i, "unknown", false)
	}
	span := max(shortestRing, min(s.cfg.Ring, s.totalOf(t)-s.now().Sub(t.RoundAt)))
	// Whatever of the coordinator's keys is lost with a replica is asked for again.
	call, err := s.dialer.CreateCall(ctx, twilio.NewCall{
		To: private.Of(c.Number), From: s.numberOf(t.Line), URL: s.absolute(s.legURL(pathWhisper, p, id, i)),
		FallbackURL: s.absolute(s.legURL(pathAccept, p, id, i)) + "&" + paramHolds + "=1", StatusCallback: s.absolute(s.legURL(pathLeg, p, id, i)), Ring: span.Truncate(time.Second),
	})
	var refused *twilio.Error
	switch {
	case err == nil:
		return s.setLeg(ctx, p, id, i, func(l *casestore.Leg) bool {
			known := l.Call == call.SID && l.State != casestore.LegDialling
			l.Call = call.SID
			if l.State == casestore.LegDialling {
				l.State, l.At = casestore.LegRinging, s.now()
			}
			return !known
		})
	case errors.As(err, &refused) && refused.Class == twilio.Unknown:
		// It may ring: findLost will see.
		s.log.Warn("it is not known whether a coordinator is being rung", "transfer", id, "coordinator", c.ID, "err", err)
		return nil
	}
	s.log.Error("a coordinator cannot be rung", "transfer", id, "coordinator", c.ID, "err", err)
	s.metrics.legs.WithLabelValues("refused").Inc()
	return s.endLeg(ctx, p, id, i, "failed", false)
}

// findLost settles dials of which nobody has heard: a replica died between the
// intent and the answer.
func (s *Server) findLost(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	for i, leg := range t.Legs {
		if leg.State != casestore.LegDialling || s.now().Sub(leg.At) < lostAfter {
			continue
		}
		c, ok := s.coordinatorOf(leg.Coordinator)
		var calls []twilio.Call
		var err error
		if ok {
			if calls, err = s.dialer.FindCalls(ctx, private.Of(c.Number), s.numberOf(t.Line), leg.At.Add(-5*time.Second)); err != nil {
				return fmt.Errorf("ivr: look a lost leg up: %w", err)
			}
		}
		calls = slices.DeleteFunc(calls, func(found twilio.Call) bool {
			return slices.ContainsFunc(t.Legs, func(l casestore.Leg) bool { return l.Call == found.SID })
		})
		if len(calls) == 0 || calls[0].Status.Final() {
			err = s.endLeg(ctx, p, t.ID, i, "lost", false)
		} else {
			err = s.setLeg(ctx, p, t.ID, i, func(l *casestore.Leg) bool {
				l.Call, l.State = calls[0].SID, casestore.LegRinging
				return true
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// letGo stops the telephones that still ring for a caller who needs nobody any
// more. Who has answered already is told when pressing 1.
func (s *Server) letGo(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	for i, leg := range t.Legs {
		switch leg.State {
		case casestore.LegAsked:
			if err := s.endLeg(ctx, p, t.ID, i, "canceled", false); err != nil {
				return err
			}
		case casestore.LegRinging:
			_, err := s.dialer.UpdateCall(ctx, leg.Call, twilio.CallUpdate{Status: twilio.CallCanceled})
			var race *twilio.Error
			if errors.As(err, &race) && race.Class == twilio.Race {
				continue // answered, or over: its own callbacks say so
			}
			if err != nil {
				return fmt.Errorf("ivr: stop a ringing telephone: %w", err)
			}
			if err := s.endLeg(ctx, p, t.ID, i, "canceled", false); err != nil {
				return err
			}
		}
	}
	return nil
}

// setLeg changes one leg.
func (s *Server) setLeg(ctx context.Context, p casestore.Partition, id string, i int, set func(*casestore.Leg) bool) error {
	_, err := s.store.MoveTransfer(ctx, p, id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		if i < 0 || i >= len(t.Legs) || t.Legs[i].State == casestore.LegOver {
			return nil, false
		}
		return nil, set(&t.Legs[i])
	})
	return err
}

// endLeg ends one leg and gives the coordinator's telephone back.
func (s *Server) endLeg(ctx context.Context, p casestore.Partition, id string, i int, result string, talked bool) error {
	coordinator := ""
	err := s.setLeg(ctx, p, id, i, func(l *casestore.Leg) bool {
		coordinator = l.Coordinator
		l.State, l.Result, l.At = casestore.LegOver, result, s.now()
		return true
	})
	if err != nil || coordinator == "" {
		return err
	}
	s.metrics.legs.WithLabelValues(result).Inc()
	return s.store.ReleaseCoordinator(ctx, coordinator, id, talked)
}

// freeStuck looks up talks that have gone on for long: should the news of their
// end be lost, the coordinator must not stay unreachable.
func (s *Server) freeStuck(ctx context.Context, team map[string]casestore.CoordinatorState, now time.Time) {
	for id, state := range team {
		if state.BusyCall == "" || state.BusyUntil.Sub(now) > 4*time.Hour-heldAfter {
			continue
		}
		call, err := s.dialer.FetchCall(ctx, state.BusyCall)
		if err != nil || !call.Status.Final() {
			continue
		}
		if err := s.store.ReleaseCoordinator(ctx, id, state.Busy, true); err == nil {
			state.Busy, state.BusyCall = "", ""
			team[id] = state
		}
	}
}

// transferURL names a transfer to ourselves: nothing in it is personal.
func (s *Server) transferURL(path string, p casestore.Partition, id string) string {
	return s.base + path + "?" + paramPartition + "=" + p.String() + "&" + paramTransfer + "=" + url.QueryEscape(id)
}

func (s *Server) legURL(path string, p casestore.Partition, id string, leg int) string {
	return s.transferURL(path, p, id) + "&" + paramLeg + "=" + strconv.Itoa(leg)
}

// absolute makes an address for Twilio's REST API.
func (s *Server) absolute(path string) string {
	if len(s.base) > 0 && len(path) >= len(s.base) && path[:len(s.base)] == s.base {
		path = path[len(s.base):]
	}
	return s.root + path
}
