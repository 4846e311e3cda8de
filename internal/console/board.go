package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
	"secondline/internal/hours"
	"secondline/internal/private"
)

// boardRows is how many promises a page of the board shows, those with the least time
// first.
const boardRows = 200

// boardGroup is promises that have about as much time left.
type boardGroup struct {
	// Kind is for the colour, Name says the same in words. Count is of all pages.
	Kind, Name string
	Count      int
	Rows       []boardRow
}

// boardRow is one open promise.
type boardRow struct {
	// Short is what is shown of the request's number, ID of its name.
	Ref, Short, ID string
	Left           string // what is left, in words
	By             time.Time
	Chosen         bool
	Over           bool
	Next           string
	Coordinator    string
	Calls          string
	Calling        bool // the call is being made now
	Task, Boss     bool // a coordinator, the supervisor has it
}

// measured is how much time an open promise has.
type measured struct {
	kind, minutes int
	by            time.Time
	open          casestore.Open
}

type boardView struct {
	Groups []boardGroup
	Open   int
	Says   string
	Pager  pager
}

// pager leads to the other pages of a list.
type pager struct {
	Page, Pages int
	First, Last int // of what is shown, from 1
	Of          int
}

// Before and After give the next pages; 0 for none.
func (p pager) Before() int { return p.Page - 1 }

// After gives the page after this one; 0 for none.
func (p pager) After() int {
	if p.Page >= p.Pages {
		return 0
	}
	return p.Page + 1
}

// paged gives the part of n things that a page shows. A page that there is none of, or
// not any more, is the last.
func paged(page, n int) (p pager, from, to int) {
	p = pager{Pages: max(1, (n+boardRows-1)/boardRows), Of: n}
	p.Page = min(max(1, page), p.Pages)
	from = (p.Page - 1) * boardRows
	to = min(n, from+boardRows)
	p.First, p.Last = min(from+1, n), to
	return p, from, to
}

var boardKinds = []struct {
	kind, name string
	below      int // legal minutes
}{
	{"over", "The time is up", 0}, {"none", "No legal minute is left", 1}, {"hour", "Less than 60 legal minutes", 60}, {"some", "Less than 3 hours of legal time", 180}, {"more", "More than 3 hours of legal time", 1 << 30},
}

func (s *Server) boardPage(v *visit) (reply, error) {
	view, err := s.boardView(v.Context(), number(v.URL.Query().Get("page")))
	return reply{page: "board", title: "Promises", data: view}, err
}

func (s *Server) boardLive(v *visit) (reply, error) {
	page := number(v.URL.Query().Get("page"))
	return s.follow(v, "board", func() (any, error) { return s.boardView(v.Context(), page) }), nil
}

func (s *Server) boardView(ctx context.Context, page int) (boardView, error) {
	all, err := s.board.Read(ctx)
	if err != nil {
		return boardView{}, err
	}
	now := s.Now()
	rows := s.measure(all, now)
	view := boardView{Open: len(rows)}
	var from, to int
	view.Pager, from, to = paged(page, len(rows))
	for k, kind := range boardKinds {
		view.Groups = append(view.Groups, boardGroup{Kind: kind.kind, Name: kind.name})
		for i, r := range rows {
			if r.kind != k {
				continue
			}
			if view.Groups[k].Count++; i >= from && i < to {
				view.Groups[k].Rows = append(view.Groups[k].Rows, s.described(r, now))
			}
		}
	}
	g := view.Groups
	view.Says = fmt.Sprintf("%d open promises: the time of %d is up, %d have no legal minute left, %d less than an hour.", view.Open, g[0].Count, g[1].Count, g[2].Count)
	return view, nil
}

// measure measures all, those with the least time first.
func (s *Server) measure(all []casestore.Open, now time.Time) []*measured {
	known := s.legal.begin(len(all))
	kept, rows := make([]measured, len(all)), make([]*measured, len(all))
	for i, o := range all {
		legal := known.of(o.Case, func() *hours.Legal { return s.legalOf(o.Case) })
		kept[i] = s.measured(o, legal, now)
		rows[i] = &kept[i]
	}
	s.legal.end(known)
	slices.SortFunc(rows, func(a, b *measured) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.minutes, b.minutes), a.by.Compare(b.by), cmp.Compare(a.open.Case.ID, b.open.Case.ID))
	})
	return rows
}

func (s *Server) legalOf(c *casestore.Case) *hours.Legal {
	legal, _ := s.Legal(c.Answers.Get("zip"), c.Answers.Get("utc_offset"), c.Phone().Reveal())
	return legal
}

// measured says how much time a promise has.
func (s *Server) measured(o casestore.Open, legal *hours.Legal, now time.Time) measured {
	r := measured{open: o, by: o.Promise.Delivered.Add(hours.PromisedWithin)}
	if !o.Promise.Chosen.IsZero() {
		r.by = o.Promise.Chosen
	}
	r.minutes = s.minutes.left(legal, now, r.by)
	for r.minutes >= boardKinds[r.kind].below {
		r.kind++
	}
	if !now.Before(r.by) {
		r.kind = 0
	}
	return r
}

// described puts a row into words.
func (s *Server) described(m *measured, now time.Time) boardRow {
	p, c := m.open.Promise, m.open.Case
	r := boardRow{
		Ref: ref(c.Partition, string(c.ID)), Short: shown(c.Number.Ending(), c.ID), ID: short(c.ID), By: m.by, Chosen: !p.Chosen.IsZero(),
		Next: explain.Next(p, s.Calendar.Zone()), Coordinator: s.name(c.Coordinator), Calls: times(len(p.Attempts)),
		Calling: p.Flight != "", Task: p.Task != "" && p.Supervisor.IsZero(), Boss: !p.Supervisor.IsZero(),
	}
	switch {
	case m.kind == 0:
		r.Over, r.Left = true, "Over by "+span(now.Sub(m.by))
	case m.minutes == 0:
		r.Left = "No legal minute"
	default:
		r.Left = legalTime(m.minutes)
	}
	return r
}

// legalKnown remembers when somebody may be called for as long as their case stays as
// it is: cases that have not changed are the same ones on a board.
type legalKnown struct {
	mu  sync.Mutex
	all map[*casestore.Case]*hours.Legal
}

type legalRound struct {
	was, is map[*casestore.Case]*hours.Legal
}

func (k *legalKnown) begin(n int) legalRound {
	k.mu.Lock()
	defer k.mu.Unlock()
	return legalRound{k.all, make(map[*casestore.Case]*hours.Legal, n)}
}

// end forgets whoever is not on the board any more.
func (k *legalKnown) end(l legalRound) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = l.is
}

func (l legalRound) of(c *casestore.Case, find func() *hours.Legal) *hours.Legal {
	legal, ok := l.was[c]
	if !ok {
		legal = find()
	}
	l.is[c] = legal
	return legal
}

func times(n int) string {
	switch n {
	case 0:
		return "Not called yet"
	case 1:
		return "Called once"
	}
	return fmt.Sprintf("Called %d times", n)
}

func legalTime(minutes int) string {
	if minutes < 60 {
		return fmt.Sprintf("%d legal min", minutes)
	}
	return fmt.Sprintf("%d h %02d min legal", minutes/60, minutes%60)
}

func span(d time.Duration) string {
	minutes := int(d / time.Minute)
	switch {
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %02d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d days", minutes/60/24)
}

// shown is what a request is called on a page: by the end of its number, or by its
// name where it has none yet.
func shown(ending private.Text, id casestore.CaseID) string {
	if ending.Empty() {
		return short(id)
	}
	return "…" + ending.Reveal()
}

// short is the beginning of a case's name, for people to tell cases apart on a page:
// the name is random.
func short(id casestore.CaseID) string { return string(id)[:min(len(id), 7)] }

// minutes counts legal minutes. The time in which somebody may be called in one day
// is worked out once for everybody in the same place with the same end.
type minutes struct {
	mu    sync.Mutex
	known map[place][]hours.Block
}

type place struct {
	legal *hours.Legal
	by    int64
}

// mostPlaces bounds what is remembered; then it is forgotten as a whole.
const mostPlaces = 50_000

// left counts the legal minutes from now to by, at most 24 hours before it.
func (m *minutes) left(legal *hours.Legal, now, by time.Time) int {
	if !now.Before(by) {
		return 0
	}
	at := place{legal, by.Unix() / 60}
	m.mu.Lock()
	blocks, ok := m.known[at]
	m.mu.Unlock()
	from := by.Add(-hours.PromisedWithin)
	if now.Before(from) {
		return hours.Minutes(legal.Blocks(now, by)) // a chosen time that is far ahead
	}
	if !ok {
		blocks = legal.Blocks(from.Truncate(time.Minute), by)
		m.mu.Lock()
		if m.known == nil || len(m.known) > mostPlaces {
			m.known = map[place][]hours.Block{}
		}
		m.known[at] = blocks
		m.mu.Unlock()
	}
	n := 0
	for _, b := range blocks {
		if b.From.Before(now) {
			b.From = now
		}
		n += max(0, b.Minutes())
	}
	return n
}
