package console

import (
	"context"
	"fmt"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/ivr"
)

// What is about the line as a whole: calls, the team, opt-outs, health.

// callView is one wait for a person, or one call that we make.
type callView struct {
	Since      time.Time
	For        string
	Who        string
	State      string
	Kind       string // for the colour
	Language   string
	Rung       []string
	Case       string
	Short      string
	Identified bool
}

type callsView struct {
	Calls   []callView
	Waiting int
	Says    string
	MayOpen bool
}

var reasons = map[string]string{"promise": "The call after delivery", "intake": "A request", "status": "How a request is doing", "person": "Wants a person", "emergency": "May be an emergency"}

func (s *Server) callsView(ctx context.Context, who person) (callsView, error) {
	live, err := s.Store.Live(ctx)
	if err != nil {
		return callsView{}, err
	}
	view := callsView{MayOpen: who.is(readers...)}
	for _, t := range live {
		c := s.callView(t)
		if !view.MayOpen {
			c.Case, c.Short = "", ""
		}
		if c.Kind == "waits" {
			view.Waiting++
		}
		view.Calls = append(view.Calls, c)
	}
	view.Says = fmt.Sprintf("%d calls, in %d of them somebody waits.", len(view.Calls), view.Waiting)
	return view, nil
}

func (s *Server) callView(t *casestore.Transfer) callView {
	c := callView{Since: t.Opened, For: reasons[t.Reason], Kind: "waits", Who: "A caller waits", State: "A coordinator is sought.", Language: languageName(t.Language), Identified: t.Verified}
	if c.For == "" {
		c.For = plain(t.Reason)
	}
	if t.Case != "" {
		c.Case, c.Short = ref(t.CasePlace, string(t.Case)), shown(t.LastFour, t.Case)
	}
	if t.Out != nil {
		c.Who, c.Kind = "We call a patient", "out"
	}
	if t.State == casestore.TransferTaken {
		c.Kind, c.State = "talks", "With "+s.name(t.Taken)+"."
		if t.Taken == "" {
			c.State = "The automated voice speaks."
		}
	}
	for _, l := range t.Legs {
		if l.State == casestore.LegRinging || l.State == casestore.LegDialling || l.State == casestore.LegAnswered {
			c.Rung = append(c.Rung, s.name(l.Coordinator))
		}
	}
	return c
}

func (s *Server) callsPage(v *visit) (reply, error) {
	view, err := s.callsView(v.Context(), v.person)
	return reply{page: "calls", title: "Calls", data: view}, err
}

func (s *Server) callsLive(v *visit) (reply, error) {
	return s.follow(v, "calls", func() (any, error) { return s.callsView(v.Context(), v.person) }), nil
}

type memberView struct {
	ID, Name  string
	Languages string
	Hours     string
	Duty      bool
	Why       string
	Busy      bool
	LastCall  time.Time
	Boss      bool
	MaySet    bool
}

func (s *Server) teamPage(v *visit) (reply, error) {
	states, err := s.Store.Team(v.Context())
	if err != nil {
		return reply{}, err
	}
	var team []memberView
	for _, m := range s.Roster {
		state := states[m.ID]
		view := memberView{ID: m.ID, Name: m.Name, Hours: m.Hours, Boss: m.Supervisor, Duty: ivr.OnDuty(m.Coordinator, state, s.Now()), Why: "by their hours",
			Busy: state.Busy != "", LastCall: state.LastCall, MaySet: v.is(Supervisor) || v.is(Coordinator) && v.Member == m.ID}
		if state.Duty != "" {
			view.Why = "as was said, until " + state.DutyUntil.In(s.Calendar.Zone()).Format("Mon 15:04")
		}
		for i, tag := range m.Languages {
			if i > 0 {
				view.Languages += ", "
			}
			view.Languages += languageName(tag)
		}
		team = append(team, view)
	}
	return reply{page: "team", title: "Team", data: team}, nil
}

// duty puts somebody on or off duty until the next morning. A coordinator says so of
// themselves, a supervisor of everybody.
func (s *Server) duty(v *visit) (reply, error) {
	id, duty := v.PathValue("member"), v.PostFormValue("duty")
	if _, ok := s.member(id); !ok {
		return reply{}, errNotFound
	}
	if !v.is(Supervisor) && v.Member != id || !slices.Contains([]string{"on", "off"}, duty) {
		return reply{}, errWrong
	}
	err := s.Store.SetDuty(v.Context(), id, duty, ivr.DutyEnds(s.Now().In(s.Calendar.Zone())))
	return reply{to: "/team"}, err
}

type optOutView struct {
	At   time.Time
	What string
	How  string
}

type optOutsView struct {
	Days, Stops, Starts, Unreadable int
	Rows                            []optOutView
}

// optOutsPage tells of the last 30 days, without a number: none is kept.
func (s *Server) optOutsPage(*visit) (reply, error) {
	entries, unreadable, err := s.OptOuts.Entries(s.Now().AddDate(0, 0, -30))
	if err != nil {
		return reply{}, err
	}
	view := optOutsView{Days: 30, Unreadable: unreadable}
	for _, e := range slices.Backward(entries) {
		what := "Wants no automated calls and no texts"
		if view.Stops++; e.What == "start" {
			what = "Wants texts again"
			view.Starts, view.Stops = view.Starts+1, view.Stops-1
		}
		if len(view.Rows) < 200 {
			view.Rows = append(view.Rows, optOutView{e.At, what, plain(e.How)})
		}
	}
	return reply{page: "optouts", title: "Opt-outs", data: view}, nil
}

// check is one thing that is looked at.
type check struct {
	Name, Value string
	Bad         bool
}

func (s *Server) healthPage(v *visit) (reply, error) {
	ctx := v.Context()
	began := time.Now()
	ping := s.Store.Ping(ctx)
	took := time.Since(began)
	if ping != nil {
		return reply{page: "health", title: "Health", status: 200, data: []check{{"Redis", "does not answer", true}}}, nil
	}
	open, late, oldest, err := s.Store.PromiseCounts(ctx)
	if err != nil {
		return reply{}, err
	}
	owed, overdue, err := s.Store.Owed(ctx)
	if err != nil {
		return reply{}, err
	}
	waiting, err := s.Store.Waiting(ctx)
	if err != nil {
		return reply{}, err
	}
	effects, deliveries, refused, err := s.Store.LaidAside(ctx)
	if err != nil {
		return reply{}, err
	}
	line, _ := s.Calendar.State(s.Now())
	head := s.Record.Head()
	checks := []check{
		{"The line", map[bool]string{true: "is open", false: "is closed"}[line == "open"], false},
		{"Redis answers in", fmt.Sprintf("%.1f ms", float64(took.Microseconds())/1000), took > 50*time.Millisecond},
		{"Open promises", fmt.Sprint(open), false},
		{"Open for more than 24 hours", fmt.Sprint(late), late > 0},
		{"What is due waits since", oldest.Truncate(time.Second).String(), oldest > time.Minute},
		{"Open tasks", fmt.Sprint(owed), false},
		{"Tasks overdue", fmt.Sprint(overdue), overdue > 0},
		{"Waiting to be done", fmt.Sprint(waiting), waiting > 1000},
		{"Could not be done, for an operator", fmt.Sprint(effects), effects > 0},
		{"Events that were refused", fmt.Sprint(refused), refused > 0},
		{"Events that nobody took", fmt.Sprint(deliveries), deliveries > 0},
		{"Lines of the audit record", fmt.Sprint(head.N), false},
		{"Head of the audit record", head.Hash[:16] + "…", false},
		{"Version", s.Version, false},
	}
	return reply{page: "health", title: "Health", data: checks}, nil
}
