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
)

// boardRows is how many promises the board shows: those with the least time. The rest
// is counted.
const boardRows = 200

// boardGroup is promises that have about as much time left.
type boardGroup struct {
	// Kind is for the colour, Name says the same in words.
	Kind, Name string
	Count      int
	Rows       []boardRow
}

// boardRow is one open promise.
type boardRow struct {
	Ref, Short  string
	Left        string // what is left, in words
	By          time.Time
	Chosen      bool
	Over        bool
	Next        string
	Coordinator string
	Calls       string
	Calling     bool // the call is being made now
	Task, Boss  bool // a coordinator, the supervisor has it
	kind        int
	minutes     int
	open        casestore.Open
}

type boardView struct {
	Groups []boardGroup
	Open   int
	Hidden int
	Says   string
}

var boardKinds = []struct {
	kind, name string
	below      int // legal minutes
}{
	{"over", "The time is up", 0}, {"none", "No legal minute is left", 1}, {"hour", "Less than 60 legal minutes", 60}, {"some", "Less than 3 hours of legal time", 180}, {"more", "More than 3 hours of legal time", 1 << 30},
}

func (s *Server) boardPage(v *visit) (reply, error) {
	view, err := s.boardView(v.Context())
	return reply{page: "board", title: "Promises", data: view}, err
}

func (s *Server) boardLive(v *visit) (reply, error) {
	return s.follow(v, "board", func() (any, error) { return s.boardView(v.Context()) }), nil
}

func (s *Server) boardView(ctx context.Context) (boardView, error) {
	all, err := s.board.Read(ctx)
	if err != nil {
		return boardView{}, err
	}
	now := s.Now()
	rows := make([]boardRow, len(all))
	for i, o := range all {
		rows[i] = s.measured(o, now)
	}
	slices.SortFunc(rows, func(a, b boardRow) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.minutes, b.minutes), a.By.Compare(b.By), cmp.Compare(a.open.Case.ID, b.open.Case.ID))
	})
	view := boardView{Open: len(rows), Hidden: max(0, len(rows)-boardRows)}
	for k, kind := range boardKinds {
		g := boardGroup{Kind: kind.kind, Name: kind.name}
		for i := range rows {
			if rows[i].kind != k {
				continue
			}
			if g.Count++; i < boardRows {
				g.Rows = append(g.Rows, s.described(rows[i], now))
			}
		}
		view.Groups = append(view.Groups, g)
	}
	g := view.Groups
	view.Says = fmt.Sprintf("%d open promises: the time of %d is up, %d have no legal minute left, %d less than an hour.", view.Open, g[0].Count, g[1].Count, g[2].Count)
	return view, nil
}

// measured says how much time a promise has.
func (s *Server) measured(o casestore.Open, now time.Time) boardRow {
	r := boardRow{open: o, By: o.Promise.Delivered.Add(hours.PromisedWithin), Chosen: !o.Promise.Chosen.IsZero()}
	if r.Chosen {
		r.By = o.Promise.Chosen
	}
	c := o.Case
	legal, _ := s.Legal(c.Answers.Get("zip"), c.Answers.Get("utc_offset"), c.Phone().Reveal())
	r.minutes = s.minutes.left(legal, now, r.By)
	r.kind = slices.IndexFunc(boardKinds, func(k struct {
		kind, name string
		below      int
	}) bool {
		return r.minutes < k.below
	})
	if !now.Before(r.By) {
		r.kind = 0
	}
	return r
}

// described puts a row into words.
func (s *Server) described(r boardRow, now time.Time) boardRow {
	p, c := r.open.Promise, r.open.Case
	r.Ref, r.Short = ref(c.Partition, string(c.ID)), short(c.ID)
	r.Next, r.Coordinator = explain.Next(p, s.Calendar.Zone()), s.name(c.Coordinator)
	r.Calling, r.Task, r.Boss = p.Flight != "", p.Task != "" && p.Supervisor.IsZero(), !p.Supervisor.IsZero()
	r.Calls = times(len(p.Attempts))
	switch {
	case r.kind == 0:
		r.Over, r.Left = true, "Over by "+span(now.Sub(r.By))
	case r.minutes == 0:
		r.Left = "No legal minute"
	default:
		r.Left = legalTime(r.minutes)
	}
	return r
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
