package ivr

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
)

// Line is one of the numbers that people call.
type Line struct {
	// Name is "tollfree" or "international".
	Name string
	// Number is in E.164; it is the caller ID of what the line dials.
	Number string
}

// Coordinator is one who takes calls.
type Coordinator struct {
	Name      string
	Number    string
	Languages []string
}

// Config is what the programme decides about its telephone.
type Config struct {
	// PublicURL is where Twilio reaches us; its path stands before every action.
	PublicURL string
	Lines     []Line
	// InPerson is the number of the line for visits, in E.164.
	InPerson string
	// Organisation is the neutral legal name that is spoken.
	Organisation string
	// Hours is what the wording makes the opening hours of.
	Hours string
	Zone  *time.Location
	// Voice and Language are Twilio's names of the voice that speaks.
	Voice, Language string
	// SpanishVoice says the one sentence that is in Spanish.
	SpanishVoice string
	Coordinators []Coordinator
	// RingSeconds is how long a coordinator's telephone rings.
	RingSeconds int
	// Record says that calls with the team are recorded, which is announced.
	Record bool
	// FirstCall and CallBack are promised in hours that the line is open.
	FirstCall, CallBack time.Duration
	// Home and Callable say of a number in E.164 whether it is of the United
	// States, and whether we call it.
	Home, Callable func(e164 string) bool
	// ZoneOf gives the one time zone that a number's country code leaves
	// possible; nil where there are several or none.
	ZoneOf func(e164 string) *time.Location
	Zips   ZipRules
}

// Calendar says when the line is open.
type Calendar interface {
	// State is "open", "closed" or "holiday".
	State(t time.Time) string
	NextOpening(t time.Time) time.Time
	NextClosing(t time.Time) time.Time
	// AddOpen gives t plus d of open time.
	AddOpen(t time.Time, d time.Duration) time.Time
}

// Words gives what is said.
type Words interface {
	Text(language, id string, vars map[string]string) (string, error)
	Vars(id string) []string
	// Language is that of a prompt spoken in another one than its book's; else
	// empty.
	Language(id string) string
	Version(language, id string) string
}

// Store is what the telephone needs of the casestore.
type Store interface {
	Conversation(ctx context.Context, p casestore.Partition, call string) (*casestore.Conversation, error)
	ConversationAndDrafts(ctx context.Context, id casestore.PersonID, call string) (*casestore.Conversation, []*casestore.Case, error)
	Commit(ctx context.Context, id casestore.PersonID, c *casestore.Conversation, change casestore.Change) error
	TakeNumber(ctx context.Context) (casestore.RequestNumber, error)
	SaveRecording(ctx context.Context, p casestore.Partition, r casestore.Recording) error
	Ring() *casestore.KeyRing
	Keep() time.Duration
}

var _ Store = (*casestore.Store)(nil)

// Server answers the voice webhooks. It is safe for concurrent use, and keeps
// nothing itself: any replica can answer any request of a call.
type Server struct {
	cfg      Config
	base     string
	lines    map[string]Line
	calendar Calendar
	words    Words
	store    Store
	book     *flow.Book
	fetch    Fetcher
	now      func() time.Time
	log      *slog.Logger
	metrics  *Metrics
}

// Parts are what a server is put together from; all are required but Fetch and
// Metrics.
type Parts struct {
	Config   Config
	Calendar Calendar
	Words    Words
	Store    Store
	Fetch    Fetcher
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  *Metrics
}

// New makes a server. It fails when the scripts are not sound or say something
// that has no words.
func New(p Parts) (*Server, error) {
	book, err := NewBook(p.Config.Zips)
	if err != nil {
		return nil, err
	}
	if err := checkWords(book, p.Words); err != nil {
		return nil, err
	}
	s := &Server{cfg: p.Config, calendar: p.Calendar, words: p.Words, store: p.Store, book: book, fetch: p.Fetch,
		now: p.Now, log: p.Log, metrics: p.Metrics, lines: map[string]Line{}}
	if u, err := url.Parse(p.Config.PublicURL); err == nil {
		s.base = strings.TrimRight(u.Path, "/")
	}
	for _, line := range p.Config.Lines {
		s.lines[line.Number] = line
	}
	if s.metrics == nil {
		s.metrics = NewMetrics()
	}
	return s, nil
}

// Book gives the call scripts, for drawings and checks.
func (s *Server) Book() *flow.Book { return s.book }

// caller is who calls on which line, as far as Twilio tells.
type caller struct {
	call   string
	number private.Text
	id     casestore.PersonID
	line   Line
	token  string
	now    time.Time
}

// facts are what the scripts decide by. They are worked out anew each turn: the
// line may open or close during a call.
func (s *Server) facts(c caller, home, zoneKnown bool) map[string]string {
	team := "away"
	if s.calendar.State(c.now) == "open" {
		team = either(len(s.cfg.Coordinators) > 0, "here", "busy")
	}
	return map[string]string{
		factTeam:     team,
		flow.Channel: "voice",
		factLine:     c.line.Name,
		factOpen:     s.calendar.State(c.now),
		factOrigin:   either(home, "domestic", "abroad"),
		factCaller:   either(c.number.Empty(), "hidden", "known"),
		factTexts:    either(home, "yes", "no"),
		factRecord:   either(s.cfg.Record, "yes", "no"),
		factZone:     either(zoneKnown, "known", "unknown"),
	}
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// place says whether a caller is taken to be at home, and whether the number
// tells the time zone.
func (s *Server) place(c caller) (home, zoneKnown bool) {
	if c.number.Empty() {
		return c.line.Name != "international", false
	}
	return s.cfg.Home(c.number.Reveal()), s.cfg.ZoneOf(c.number.Reveal()) != nil
}

// person gives the ID by which a caller's state is found.
func (s *Server) person(number private.Text, call string) casestore.PersonID {
	if number.Empty() {
		return s.store.Ring().Stranger(call)
	}
	return s.store.Ring().Person(number)
}
