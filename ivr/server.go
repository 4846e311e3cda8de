package ivr

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/hours"
	"secondline/internal/intake"
	"secondline/internal/private"
	"secondline/internal/twilio"
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
	// ID is the same in every replica and says nothing about the person.
	ID     string
	Name   string
	Number string
	// Languages are BCP 47 tags; English is taken for granted.
	Languages []string
	// PIN opens the coordinators' own line; empty keeps it closed.
	PIN private.Text
	// Works says whether the coordinator works at a time; nil means whenever the
	// line is open.
	Works func(time.Time) bool
	// Supervisor is one to whom promises at risk go.
	Supervisor bool
}

// Voice is Twilio's name of a voice, and the language it speaks.
type Voice struct{ Name, Language string }

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
	// Voices speak, by language; "en" is required.
	Voices       map[string]Voice
	Coordinators []Coordinator
	// Ring is how long a coordinator's telephone rings, Total how long a round of
	// ringing lasts before something else is offered, Longest how long a caller
	// is kept waiting in all.
	Ring, Total, Longest time.Duration
	// StatusDelay is how long the answer to a request number and a date of birth
	// takes, right or wrong, so that its time tells nothing.
	StatusDelay time.Duration
	// Speech hears "yes", "no", "person", "help" and "emergency" beside the keys.
	Speech bool
	// BotFirst has calls after delivery begun by an automated voice, for patients
	// who agreed to that.
	BotFirst bool
	// Record says that calls with the team are recorded, which is announced.
	Record bool
	// FirstCall and CallBack are promised in hours that the line is open.
	FirstCall, CallBack time.Duration
	// Home and Callable say of a number in E.164 whether it is of the United
	// States, and whether we call it.
	Home, Callable func(e164 string) bool
	// Country gives the ISO 3166-1 code of a number's country; empty for none.
	Country func(e164 string) string
	Bounds  Bounds
	// ZoneOf gives the one time zone that a number's country code leaves
	// possible; nil where there are several or none.
	ZoneOf func(e164 string) *time.Location
	// ZonesOf gives all the time zones that a number leaves possible, none for one
	// of the United States, where people take their numbers along.
	ZonesOf func(e164 string) []*time.Location
	// Zone loads a zone by its name.
	LoadZone func(name string) (*time.Location, error)
	Zips     intake.ZipRules
}

// Calendar says when the line is open.
type Calendar interface {
	// State is "open", "closed", "holiday" or "special".
	State(t time.Time) string
	NextOpening(t time.Time) time.Time
	NextClosing(t time.Time) time.Time
	// AddOpen gives t plus d of open time.
	AddOpen(t time.Time, d time.Duration) time.Time
	// DueBy gives the first time from t on by which a call that is owed from now on
	// can be made at a decent hour in all zones.
	DueBy(now, t time.Time, zones []*time.Location) time.Time
	// AddBusinessDays gives the day that is n days on which the line is open
	// after t.
	AddBusinessDays(t time.Time, n int) time.Time
	// Notice is what is said on a special day, by language; "" on all others.
	Notice(t time.Time, language string) string
}

// Words gives what is said.
type Words interface {
	Text(language, id string, vars map[string]string) (string, error)
	Vars(id string) []string
	// Language is that of a prompt spoken in another one than its book's; else
	// empty.
	Language(language, id string) string
	Version(language, id string) string
	// Languages lists those that there are words for.
	Languages() []string
}

// Store is what the telephone needs of the casestore.
type Store interface {
	Conversation(ctx context.Context, p casestore.Partition, call string) (*casestore.Conversation, error)
	ConversationAndDrafts(ctx context.Context, id casestore.PersonID, call string) (*casestore.Conversation, casestore.Greeting, error)
	Incoming(ctx context.Context, id casestore.PersonID, call string) (*casestore.Conversation, casestore.Greeting, error)
	OwedCall(ctx context.Context, id casestore.PersonID) (bool, error)
	CallOver(ctx context.Context, id casestore.PersonID, call string) error
	CallsInProgress(ctx context.Context) (int, error)
	Cap(ctx context.Context, what, which string, most int, window time.Duration) (bool, error)
	Commit(ctx context.Context, id casestore.PersonID, c *casestore.Conversation, change casestore.Change) error
	TakeNumber(ctx context.Context) (casestore.RequestNumber, error)
	SaveRecording(ctx context.Context, p casestore.Partition, r casestore.Recording) error

	Lookup(ctx context.Context, digits string) (*casestore.Case, error)
	Try(ctx context.Context, subjects ...casestore.Subject) (bool, error)
	Clear(ctx context.Context, proved casestore.Subject, others ...casestore.Subject) error
	NumberSubject(digits string) casestore.Subject
	CallerSubject(id casestore.PersonID) casestore.Subject
	PINSubject(coordinator string) casestore.Subject
	EverySubject() casestore.Subject

	Transfer(ctx context.Context, p casestore.Partition, id string) (*casestore.Transfer, error)
	MoveTransfer(ctx context.Context, p casestore.Partition, id string, move func(*casestore.Transfer) ([]*casestore.Task, bool)) (*casestore.Transfer, error)
	Wake(ctx context.Context, p casestore.Partition, e casestore.Effect) error

	Team(ctx context.Context) (map[string]casestore.CoordinatorState, error)
	SetDuty(ctx context.Context, coordinator, duty string, until time.Time) error
	ClaimCoordinators(ctx context.Context, what string, span time.Duration, most int, coordinators []string) ([]string, error)
	HoldCoordinator(ctx context.Context, coordinator, what, call string) error
	ReleaseCoordinator(ctx context.Context, coordinator, what string, talked bool) error

	TasksDue(ctx context.Context, most int) ([]*casestore.Task, error)
	Owed(ctx context.Context) (all, late int, err error)
	MoveTask(ctx context.Context, p casestore.Partition, id string, move func(*casestore.Task) bool) (*casestore.Task, error)
	OptOutNumber(ctx context.Context, number private.Text, o casestore.OptOut) error

	Case(ctx context.Context, p casestore.Partition, id casestore.CaseID) (*casestore.Case, error)
	Advance(ctx context.Context, p casestore.Partition, id casestore.CaseID, to casestore.Stage, set func(*casestore.Case)) (*casestore.Case, bool, error)
	ContactOf(ctx context.Context, number private.Text) (casestore.Contact, error)
	ChangeContact(ctx context.Context, id casestore.PersonID, change casestore.ContactChange) error
	Promise(ctx context.Context, p casestore.Partition, id casestore.CaseID) (*casestore.Promise, error)
	MovePromise(ctx context.Context, p casestore.Partition, id casestore.CaseID, move func(*casestore.Promise) (casestore.PromiseChange, bool)) (*casestore.Promise, error)
	SweepPromises(ctx context.Context, p casestore.Partition) ([]casestore.Repair, error)
	OpenPromised(ctx context.Context, p casestore.Partition) ([]casestore.Promised, error)
	PromiseCounts(ctx context.Context) (open, late int, oldest time.Duration, err error)
	Task(ctx context.Context, p casestore.Partition, id string) (*casestore.Task, error)
	OpenTask(ctx context.Context, p casestore.Partition, task *casestore.Task) error
	StartTransfer(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error
	ClaimDue(ctx context.Context, kind casestore.EffectKind, most int, lease time.Duration) (due []casestore.Due, more bool, err error)
	Schedule(ctx context.Context, d casestore.Due, at time.Time) error
	Finish(ctx context.Context, d casestore.Due) error
	Return(ctx context.Context, due ...casestore.Due) error

	Record(ctx context.Context, deeds ...casestore.Deed)
	Ring() *casestore.KeyRing
	Keep() time.Duration
}

var _ Store = (*casestore.Store)(nil)

// Server answers the voice webhooks. It is safe for concurrent use, and keeps
// nothing itself: any replica can answer any request of a call.
type Server struct {
	cfg      Config
	base     string // the path of PublicURL
	root     string // PublicURL without a slash at its end
	lines    map[string]Line
	calendar Calendar
	words    Words
	store    Store
	book     *flow.Book
	fetch    Fetcher
	dialer   Dialer
	journal  Journal
	pause    func(context.Context) string
	wait     func(context.Context, time.Duration)
	slots    Slots
	legal    Legal
	staff    map[string]Coordinator
	now      func() time.Time
	log      *slog.Logger
	metrics  *Metrics
	crowd    *atomic.Int64 // calls in progress, when they were last counted
}

// Dialer is what a transfer needs of Twilio. *twilio.Client is one.
type Dialer interface {
	CreateCall(ctx context.Context, n twilio.NewCall) (twilio.Call, error)
	UpdateCall(ctx context.Context, sid string, u twilio.CallUpdate) (twilio.Call, error)
	FetchCall(ctx context.Context, sid string) (twilio.Call, error)
	FindCalls(ctx context.Context, to twilio.Private, from string, since time.Time) ([]twilio.Call, error)
}

var _ Dialer = (*twilio.Client)(nil)

// Slot is a time that a caller may choose to be called at. Kind is "today",
// "morning", "afternoon" or "evening"; Tomorrow says that the last three are on
// the day after this.
type Slot struct {
	Kind     string
	At       time.Time
	Tomorrow bool
}

// Legal says when somebody may be called, by zip code, by the distance from UTC
// that was told, and by the number in E.164, each of which may be empty; and
// whether that is the person's own time.
type Legal func(zip, offset, e164 string) (*hours.Legal, bool)

// Slots gives the times at which somebody in one of the zones may be called.
type Slots func(now time.Time, zones []*time.Location) []Slot

// Journal keeps opt-outs outside of Redis, on disk before it returns.
type Journal interface {
	Append(e casestore.JournalEntry) error
}

// Parts are what a server is put together from; all are required but Fetch,
// Metrics, Slots, Wait, and, where no promise is kept, Legal. Without Slots no other time is offered.
type Parts struct {
	Config   Config
	Calendar Calendar
	Words    Words
	Store    Store
	Fetch    Fetcher
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  *Metrics
	Dialer   Dialer
	Slots    Slots
	Legal    Legal
	Journal  Journal
	// Paused says why nothing may be sent now; "" when it may. nil never pauses.
	Paused func(context.Context) string
	// Wait lets a span of time pass; a timer by default.
	Wait func(context.Context, time.Duration)
}

// New makes a server. It fails when the scripts are not sound or say something
// that has no words.
func New(p Parts) (*Server, error) {
	book, err := NewBook(p.Config.Zips, p.Words.Languages())
	if err != nil {
		return nil, err
	}
	if err := checkWords(book, p.Words); err != nil {
		return nil, err
	}
	s := &Server{cfg: p.Config, calendar: p.Calendar, words: p.Words, store: p.Store, book: book, fetch: p.Fetch,
		journal: p.Journal, pause: p.Paused, dialer: p.Dialer, wait: p.Wait, slots: p.Slots, legal: p.Legal,
		now: p.Now, log: p.Log, metrics: p.Metrics, crowd: new(atomic.Int64), lines: map[string]Line{}, staff: map[string]Coordinator{}}
	s.root = strings.TrimRight(p.Config.PublicURL, "/")
	if u, err := url.Parse(p.Config.PublicURL); err == nil {
		s.base = strings.TrimRight(u.Path, "/")
	}
	for _, line := range p.Config.Lines {
		s.lines[line.Number] = line
	}
	for _, c := range p.Config.Coordinators {
		s.staff[c.Number] = c
	}
	if s.metrics == nil {
		s.metrics = NewMetrics()
	}
	if s.wait == nil {
		s.wait = waitFor
	}
	if s.slots == nil {
		s.slots = func(time.Time, []*time.Location) []Slot { return nil }
	}
	return s, nil
}

// waitFor lets a span of time pass, or ctx end.
func waitFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
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
	team, open := "away", s.calendar.State(c.now)
	_, member := s.member(c.number)
	if open == "open" {
		team = either(len(s.cfg.Coordinators) > 0, "here", "busy")
	}
	return map[string]string{
		factTeam:     team,
		flow.Channel: "voice",
		factLine:     c.line.Name,
		factOpen:     open,
		factOrigin:   either(home, "domestic", "abroad"),
		factCaller:   either(c.number.Empty(), "hidden", "known"),
		factTexts:    either(home, "yes", "no"),
		factRecord:   either(s.cfg.Record, "yes", "no"),
		factZone:     either(zoneKnown, "known", "unknown"),
		factWho:      either(member, "coordinator", "patient"),
		factNotice:   either(s.calendar.Notice(c.now, english) != "", "yes", "no"),
	}
}

// member gives the coordinator whose registered number calls. It opens nothing
// by itself: a number can be forged, so the PIN is asked (rules.md 3.1).
func (s *Server) member(number private.Text) (Coordinator, bool) {
	c, ok := s.staff[number.Reveal()]
	return c, ok && !c.PIN.Empty()
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
