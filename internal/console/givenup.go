package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
)

// mostGivenUp is how many of each kind the page lists.
const mostGivenUp = 100

// givenUpRow is one thing that waits for an operator. Nothing of it is personal.
type givenUpRow struct {
	// Kind and ID name it in an address.
	Kind, ID string
	What     string
	Why      string
	At       time.Time
}

type givenUpGroup struct {
	Kind, Name, About string
	Rows              []givenUpRow
	All               int
}

type givenUpView struct {
	Groups    []givenUpGroup
	MayChange bool
	Says      string
}

// The kinds of what waits for an operator.
const (
	kindRefused   = "refused"
	kindUndeliver = "undelivered"
	kindEffect    = "effect"
)

func (s *Server) givenUpPage(v *visit) (reply, error) {
	view, err := s.givenUpView(v.Context())
	view.MayChange = v.is(menders...)
	return reply{page: "givenup", title: "Given up", data: view}, err
}

func (s *Server) givenUpView(ctx context.Context) (view givenUpView, err error) {
	refused := givenUpGroup{Kind: kindRefused, Name: "Events that were refused", About: "The case system sent them and they were not understood. What they say is sealed."}
	undelivered := givenUpGroup{Kind: kindUndeliver, Name: "Events that nobody took", About: "The endpoint took none of them in three days."}
	effects := givenUpGroup{Kind: kindEffect, Name: "What the line could not do", About: "Tried eight times: a text, a dial, a recording. The log has the cause."}
	if effects.All, undelivered.All, refused.All, err = s.Store.LaidAside(ctx); err != nil {
		return view, err
	}
	in, err := s.Store.RefusedEvents(ctx, mostGivenUp)
	if err != nil {
		return view, err
	}
	for _, e := range in {
		refused.Rows = append(refused.Rows, givenUpRow{kindRefused, e.ID, "An event of " + fmt.Sprint(len(e.Body)) + " bytes", plain(e.Reason), e.At})
	}
	out, err := s.Store.DeadDeliveries(ctx)
	if err != nil {
		return view, err
	}
	slices.SortFunc(out, func(a, b casestore.Delivery) int { return a.First.Compare(b.First) })
	for _, d := range out[:min(len(out), mostGivenUp)] {
		undelivered.Rows = append(undelivered.Rows, givenUpRow{kindUndeliver, d.ID, d.Type, fmt.Sprintf("for %s, tried %d times", d.Endpoint, d.Tries), d.First})
	}
	given, err := s.Store.GivenUp(ctx, mostGivenUp)
	if err != nil {
		return view, err
	}
	for _, g := range given[:min(len(given), mostGivenUp)] {
		effects.Rows = append(effects.Rows, givenUpRow{kindEffect, ref(g.Partition, g.ID), plain(string(g.Kind)), fmt.Sprintf("tried %d times", g.Tries), g.At})
	}
	view.Groups = []givenUpGroup{refused, undelivered, effects}
	view.Says = fmt.Sprintf("%d things wait for an operator.", refused.All+undelivered.All+effects.All)
	return view, nil
}

// tryAgain takes, sends or does one thing again.
func (s *Server) tryAgain(v *visit) (reply, error) {
	kind, id := v.PathValue("kind"), v.PathValue("item")
	err := errNotFound
	switch kind {
	case kindRefused:
		err = s.takeAgain(v, id)
	case kindUndeliver:
		err = s.sendAgain(v, id)
	case kindEffect:
		var p casestore.Partition
		if p, id, err = parseRef(id); err == nil {
			err = s.Store.Redo(v.Context(), p, id)
		}
	}
	if again := (refusedAgain{}); errors.As(err, &again) {
		return reply{page: "message", status: 409, outcome: "refused_again", title: "It was refused again", data: "It is kept. The reason: " + again.why + "."}, nil
	}
	return reply{to: "/given-up"}, err
}

// refusedAgain is an event that is still not understood.
type refusedAgain struct{ why string }

func (r refusedAgain) Error() string { return "console: refused again: " + r.why }

func (s *Server) takeAgain(v *visit, id string) error {
	all, err := s.Store.RefusedEvents(v.Context(), casestore.MostRefused)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(e casestore.RefusedEvent) bool { return e.ID == id })
	if i < 0 || s.Replay == nil {
		return errNotFound
	}
	why, err := s.Replay(v.Context(), all[i])
	if err == nil && len(why) > 0 {
		return refusedAgain{strings.Join(why, "; ")}
	}
	return err
}

func (s *Server) sendAgain(v *visit, id string) error {
	all, err := s.Store.DeadDeliveries(v.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(d casestore.Delivery) bool { return d.ID == id })
	if i < 0 {
		return errNotFound
	}
	return s.Store.Revive(v.Context(), all[i])
}
