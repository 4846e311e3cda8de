package console

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
	"secondline/internal/hours"
	"secondline/internal/private"
	"secondline/internal/recordings"
	"secondline/ivr"
)

// Line is what the console asks of the telephone; *ivr.Server is one.
type Line interface {
	Owed(ctx context.Context, p casestore.Partition, id casestore.CaseID) (ivr.Owed, error)
	Reschedule(ctx context.Context, p casestore.Partition, id casestore.CaseID, seen int, at time.Time) (bool, error)
	Settle(ctx context.Context, p casestore.Partition, id string, seen int, who, outcome, ref string) error
	StopContact(ctx context.Context, number private.Text, ref string) error
}

// Record is where every access is written down before it happens; *audit.Log is one.
type Record interface {
	Append(...audit.Entry) error
	Head() audit.Head
}

// OptOuts tells of the opt-outs on disk; *casestore.Journal is one.
type OptOuts interface {
	Entries(since time.Time) ([]casestore.JournalEntry, int, error)
}

// Parts are what a console is made of.
type Parts struct {
	Store    *casestore.Store
	Line     Line
	Legal    ivr.Legal
	Vault    recordings.Vault
	OptOuts  OptOuts
	Record   Record
	Roster   []Member
	Calendar *hours.Calendar
	// Zones gives the zones in which somebody may be, as Legal has them.
	Zones func(zip, offset, e164 string) hours.ZoneSet
	// Phone reads a number as a person writes it, in E.164; false for one that is none.
	Phone func(text string) (string, bool)
	// Words gives the text of a prompt; "" where it has none.
	Words func(language, prompt string, vars map[string]private.Text) string
	// Replay takes a refused event again; why says for what it was refused again. Nil
	// where no events are taken.
	Replay func(ctx context.Context, e casestore.RefusedEvent) (why []string, err error)
	// Address is where browsers reach the console, without a slash at its end. It may
	// be set until the first request.
	Address string
	OIDC    OIDC
	// Tell prints a line for whoever runs the program: a one-time link.
	Tell func(string)
	// Every is how often an open page is looked at for news; two seconds by default.
	Every   time.Duration
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// Member is a coordinator of the roster.
type Member struct {
	ivr.Coordinator
	// Account is the name that the issuer knows the coordinator by: the subject or a
	// verified e-mail address. Hours is when the coordinator works, in words.
	Account, Hours string
}

// Server is the console.
type Server struct {
	Parts
	sessions *sessions
	issuer   *issuer
	board    *casestore.Board
	minutes  minutes
	legal    legalKnown
	routes   []route
	pages    *pages
	shut     atomic.Bool // the audit record cannot be written

	mu     sync.Mutex
	names  map[string]string // of people who are not on the roster
	told   time.Time         // when a link was last printed
	ended  chan struct{}
	ending sync.Once
}

// New puts a console together. It talks to nobody yet.
func New(p Parts) *Server {
	if p.Every == 0 {
		p.Every = 2 * time.Second
	}
	if p.Tell == nil {
		p.Tell = func(string) {}
	}
	s := &Server{Parts: p, sessions: newSessions(p.Now), issuer: newIssuer(p.OIDC, p.Address, p.Now), board: p.Store.NewBoard(),
		names: map[string]string{}, ended: make(chan struct{}), pages: newPages(p.Calendar.Zone())}
	s.routes = routes()
	return s
}

// Link makes a new one-time link, at Address: it signs one person in, within 15
// minutes, as operator and what the roster says; who is not on it as supervisor. An
// older link is void.
func (s *Server) Link() string { return s.Address + "/signin/link/" + s.sessions.newLink() }

// Warm reads what the first visitor would wait for otherwise.
func (s *Server) Warm(ctx context.Context) {
	if _, err := s.boardView(ctx, 1); err != nil && ctx.Err() == nil {
		s.Log.Warn("the board cannot be read ahead", "err", err)
	}
}

// Stop ends the pages that are being kept up to date, so that the listener can close.
func (s *Server) Stop() { s.ending.Do(func() { close(s.ended) }) }

// Handler serves the console at "/".
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes {
		mux.HandleFunc(r.method+" "+r.path, s.guard(r))
	}
	for name, kind := range map[string]string{"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "console.svg": "image/svg+xml"} {
		mux.HandleFunc("GET /static/"+name, asset(name, kind))
	}
	s.signInRoutes(mux)
	return secured(http.NewCrossOriginProtection().Handler(mux))
}

func (s *Server) secure() bool { return strings.HasPrefix(s.Address, "https://") }

// securityHeaders are on every answer: no script, style or picture but our own, and
// nobody may frame or keep a page.
var securityHeaders = [...][2]string{
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range securityHeaders {
			w.Header().Set(h[0], h[1])
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

// member gives the roster's entry of an ID.
func (s *Server) member(id string) (Member, bool) {
	for _, m := range s.Roster {
		if m.ID == id {
			return m, true
		}
	}
	return Member{}, false
}

// name says whom an ID stands for.
func (s *Server) name(id string) string {
	if m, ok := s.member(id); ok {
		return m.Name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name := s.names[id]; {
	case id == "":
		return "Nobody yet"
	case name != "":
		return name
	case id == localWho:
		return "The person at the machine"
	}
	return "Somebody who is not on the roster"
}
