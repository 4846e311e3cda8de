package sms

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/intake"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// Config is what the programme decides about its texts.
type Config struct {
	// PublicURL is where Twilio reaches us.
	PublicURL string
	// From is the number that texts, in E.164; every patient is texted from the
	// same one. TollFree says that the network answers STOP itself.
	From     string
	TollFree bool
	// Organisation is the neutral legal name; Phone the number to call.
	Organisation, Phone string
	// Hours is what the wording makes the opening hours of.
	Hours string
	Zone  *time.Location
	// CallBack is promised in hours that the line is open.
	CallBack time.Duration
	// FirstCall is promised at the end of an intake, in hours that the line is open.
	FirstCall time.Duration
	// InPerson is the number of the line for visits, in E.164.
	InPerson string
	// PerHour is how many texts a number gets in an hour, beside answers, and
	// PerNumberADay in a day, answers included; what an intake asks is beside both.
	// PerPrefixADay is how many all numbers get in a day that share all but their
	// last four digits, PerCountryADay each country abroad, ADay everybody together.
	// PerSecond is how fast texts leave that answer nothing.
	PerHour, PerNumberADay, PerPrefixADay, PerCountryADay, ADay, PerSecond int
	// Destination says of a number in E.164 whether it may be texted, Callable
	// whether we call it, Home whether it is of the United States.
	Destination    func(e164 string) Destination
	Callable, Home func(e164 string) bool
	// Places says where who has made a request may be.
	Places intake.Places
	// Zones gives all the time zones in which somebody with these answers and this
	// number may be; never none.
	Zones func(zip, offset, e164 string) []*time.Location
}

// Calendar says when the line is open and when it is a decent hour.
type Calendar interface {
	AddOpen(t time.Time, d time.Duration) time.Time
	DueBy(now, t time.Time, zones []*time.Location) time.Time
	AddBusinessDays(t time.Time, n int) time.Time
}

// Slot is a time that may be chosen: the kinds are those of S-later.
type Slot struct {
	Kind     string
	At       time.Time
	Tomorrow bool
}

// Words gives what is written.
type Words interface {
	Text(language, id string, vars map[string]string) (string, error)
	Vars(id string) []string
	Version(language, id string) string
	Languages() []string
}

// Store is what texts need of the casestore.
type Store interface {
	MoveThread(ctx context.Context, id casestore.PersonID, move func(*casestore.Thread, casestore.Known) (casestore.ThreadChange, bool, error)) (*casestore.Thread, error)
	Thread(ctx context.Context, id casestore.PersonID) (*casestore.Thread, error)
	Contact(ctx context.Context, id casestore.PersonID) (casestore.Contact, error)
	ChangeContact(ctx context.Context, id casestore.PersonID, change casestore.ContactChange) error
	Text(ctx context.Context, p casestore.Partition, id string) (*casestore.Text, error)
	MoveText(ctx context.Context, p casestore.Partition, id string, move func(*casestore.Text) (time.Time, bool)) (*casestore.Text, error)
	Texts(ctx context.Context, id casestore.PersonID, since time.Time) ([]*casestore.Text, error)
	QueueText(ctx context.Context, t *casestore.Text, at time.Time) error
	ClaimDue(ctx context.Context, kind casestore.EffectKind, most int, lease time.Duration) (due []casestore.Due, more bool, err error)
	Return(ctx context.Context, due ...casestore.Due) error
	Schedule(ctx context.Context, d casestore.Due, at time.Time) error
	Finish(ctx context.Context, d casestore.Due) error
	Cap(ctx context.Context, what, which string, most int, window time.Duration) (bool, error)
	Case(ctx context.Context, p casestore.Partition, id casestore.CaseID) (*casestore.Case, error)
	MoveCase(ctx context.Context, p casestore.Partition, id casestore.CaseID, move func(*casestore.Case) bool) (*casestore.Case, error)
	MoveTask(ctx context.Context, p casestore.Partition, id string, move func(*casestore.Task) bool) (*casestore.Task, error)
	OpenTask(ctx context.Context, p casestore.Partition, task *casestore.Task) error
	TakeNumber(ctx context.Context) (casestore.RequestNumber, error)
	Ring() *casestore.KeyRing
	Keep() time.Duration
}

var _ Store = (*casestore.Store)(nil)

// Carrier is what sends texts. *twilio.Client is one.
type Carrier interface {
	CreateMessage(ctx context.Context, n twilio.NewMessage) (twilio.MessageInfo, error)
	FetchMessage(ctx context.Context, sid string) (twilio.MessageInfo, error)
	FindMessages(ctx context.Context, to twilio.Private, from string, since time.Time) ([]twilio.MessageInfo, error)
}

var _ Carrier = (*twilio.Client)(nil)

// Journal keeps opt-outs outside of Redis, on disk before it returns.
type Journal interface {
	Append(e casestore.JournalEntry) error
}

// Parts are what a server is put together from; all are required but Metrics.
type Parts struct {
	Config   Config
	Calendar Calendar
	Words    Words
	Store    Store
	Carrier  Carrier
	Journal  Journal
	// Slots gives the times at which somebody in one of the zones may be called.
	Slots func(now time.Time, zones []*time.Location) []Slot
	// Answered moves a call on that waits for an answer by text.
	Answered func(ctx context.Context, p casestore.Partition, call string) error
	// PromisedBy is by when a person calls after delivery, as the patient is told.
	PromisedBy func(ctx context.Context, c *casestore.Case) (time.Time, error)
	// Promised says whether the call after delivery is still to be made.
	Promised func(ctx context.Context, p casestore.Partition, id casestore.CaseID) (bool, error)
	// RingAt is when coordinators are rung for a task; zero for never.
	RingAt func(*casestore.Task) time.Time
	// Paused says why nothing may be sent now; "" when it may. nil never pauses.
	Paused  func(context.Context) string
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *Metrics
}

// Server answers the text webhooks and sends texts. It is safe for concurrent
// use; any replica can answer any request.
type Server struct {
	Parts
	root string
	book *flow.Book
}

// New makes a server. It fails when a text has no words, cannot be sent as one
// segment, or says what must not be written.
func New(p Parts) (*Server, error) {
	book, err := newBook(p.Config.Places.Zips)
	if err != nil {
		return nil, err
	}
	if err := checkWords(p.Words, p.Config, book.Wording()); err != nil {
		return nil, err
	}
	if p.Metrics == nil {
		p.Metrics = NewMetrics()
	}
	return &Server{Parts: p, root: strings.TrimRight(p.Config.PublicURL, "/"), book: book}, nil
}

// The addresses of the text webhooks.
const (
	pathIncoming = "/sms/incoming"
	pathStatus   = "/sms/status"
)

// turnLimit is how long an answer may take.
const turnLimit = 5 * time.Second

// Routes adds the text webhooks. Whoever mounts them lets only genuine requests
// of Twilio through.
func (s *Server) Routes(r *mux.Router) {
	r.HandleFunc(pathIncoming, s.incoming).Methods(http.MethodPost)
	r.HandleFunc(pathStatus, s.status).Methods(http.MethodPost)
}

// nothing is the answer to a message that is answered by a text of its own, or by
// none: our texts all leave through one door, which counts them.
func (s *Server) nothing(w http.ResponseWriter) {
	b, err := twilio.Document{}.Encode(twilio.Messaging)
	if err != nil {
		b = []byte(`<?xml version="1.0" encoding="UTF-8"?><Response></Response>`)
	}
	w.Header().Set("Content-Type", twilio.ContentType)
	_, _ = w.Write(b)
}

// person gives the ID by which a number's state is found.
func (s *Server) person(number private.Text) casestore.PersonID { return s.Store.Ring().Person(number) }
