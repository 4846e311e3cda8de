package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// sessionLives is how long somebody stays signed in, linkLives how long the link
	// that is printed at the start can be used, flightLives how long a sign-in at the
	// issuer may take.
	sessionLives = 12 * time.Hour
	linkLives    = 15 * time.Minute
	flightLives  = 10 * time.Minute
	// mostSessions and mostFlights bound what strangers can make us keep.
	mostSessions = 2000
	mostFlights  = 500
)

// person is who is signed in.
type person struct {
	// Who is a name without personal data, for the audit record and for what is kept;
	// the roster ID where the person is on the roster. Name is what people call them.
	Who, Name string
	// Member is the roster ID; empty for who is not on the roster.
	Member string
	Roles  []Role
}

func (p person) is(roles ...Role) bool { return anyOf(p.Roles, roles) }

type session struct {
	person
	ends time.Time
}

// sessions are kept in memory, by the hash of what the browser holds: they end with
// the program, and belong to one replica.
type sessions struct {
	mu  sync.Mutex
	now func() time.Time
	all map[[32]byte]session
	// link is the hash of the one-time link that is left, and when it ends.
	link     [32]byte
	linkEnds time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[[32]byte]session{}}
}

// secret draws 256 random bits.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

// begin signs somebody in and gives what the browser is to hold.
func (s *sessions) begin(p person) string {
	token := secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	s.all[sha256.Sum256([]byte(token))] = session{p, s.now().Add(sessionLives)}
	return token
}

// sweep drops what has ended, and the oldest where there are too many.
func (s *sessions) sweep() {
	now := s.now()
	var oldest [32]byte
	var ends time.Time
	for at, x := range s.all {
		if !x.ends.After(now) {
			delete(s.all, at)
			continue
		}
		if ends.IsZero() || x.ends.Before(ends) {
			oldest, ends = at, x.ends
		}
	}
	if len(s.all) >= mostSessions {
		delete(s.all, oldest)
	}
}

func (s *sessions) of(token string) (person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.all[sha256.Sum256([]byte(token))]
	if !ok || !x.ends.After(s.now()) {
		return person{}, false
	}
	x.Roles = slices.Clone(x.Roles)
	return x.person, true
}

func (s *sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(token)))
}

// newLink makes the one-time link anew.
func (s *sessions) newLink() string {
	token := secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link, s.linkEnds = sha256.Sum256([]byte(token)), s.now().Add(linkLives)
	return token
}

// fits says whether a link can be used; use takes it, so that nobody else can.
func (s *sessions) fits(token string, use bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The hash is compared: how long that takes tells nothing of the link.
	ok := s.linkEnds.After(s.now()) && s.link == sha256.Sum256([]byte(token))
	if ok && use {
		s.linkEnds = time.Time{}
	}
	return ok
}

// cookieName is another where the browser can hold it to https.
func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-secondline"
	}
	return "secondline"
}

func (s *Server) setCookie(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLives.Seconds())}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (s *Server) personOf(r *http.Request) (person, bool) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return person{}, false
	}
	return s.sessions.of(c.Value)
}
