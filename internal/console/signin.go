package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"secondline/internal/audit"
)

// localWho is who came in by the link that the program printed.
const localWho = "local"

// signInRoutes are the only ones open to who is not signed in.
func (s *Server) signInRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /signin", s.signInPage)
	mux.HandleFunc("POST /signin/print", s.printLink)
	mux.HandleFunc("GET /signin/link/{token}", s.linkPage)
	mux.HandleFunc("POST /signin/link", s.useLink)
	mux.HandleFunc("GET /signin/go", s.toIssuer)
	mux.HandleFunc("GET /signin/return", s.fromIssuer)
	mux.HandleFunc("POST /signout", s.signOut)
}

func (s *Server) toSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/live/") {
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return
	}
	s.message(w, http.StatusUnauthorized, "You are not signed in", "Nothing was changed. Please sign in and do it again.")
}

type signInData struct{ Issuer, Printed bool }

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, http.StatusOK, "signin", pageData{Title: "Sign in", Data: signInData{s.issuer != nil, r.URL.Query().Get("printed") != ""}})
}

// printLink has a new link printed where the program runs, once a minute at most.
func (s *Server) printLink(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	soon := s.Now().Sub(s.told) < time.Minute
	if !soon {
		s.told = s.Now()
	}
	s.mu.Unlock()
	if s.issuer == nil && !soon {
		s.Tell("console, for one person, within 15 minutes: " + s.Link())
	}
	http.Redirect(w, r, "/signin?printed=1", http.StatusSeeOther)
}

type linkData struct {
	Token  string
	Roster []Member
}

// linkPage asks who it is; looking at it does not use the link up.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request) {
	if !s.sessions.fits(r.PathValue("token"), false) {
		s.message(w, http.StatusForbidden, "This link is used up", "It works once, within 15 minutes. The program prints a new one when you ask for it on the sign-in page.")
		return
	}
	s.render(w, http.StatusOK, "link", pageData{Title: "Sign in", Data: linkData{r.PathValue("token"), s.Roster}})
}

func (s *Server) useLink(w http.ResponseWriter, r *http.Request) {
	if !s.sessions.fits(r.PostFormValue("token"), true) {
		s.signInRefused(w, localWho, nil)
		return
	}
	p := person{Who: localWho, Name: "At the machine", Roles: []Role{Supervisor, Operator}}
	if m, ok := s.member(r.PostFormValue("member")); ok {
		p.Who, p.Member, p.Name = m.ID, m.ID, m.Name
		if p.Roles = []Role{Coordinator, Operator}; m.Supervisor {
			p.Roles = []Role{Coordinator, Supervisor, Operator}
		}
	}
	s.signedIn(w, p, func() { http.Redirect(w, r, "/", http.StatusSeeOther) })
}

// signedIn records a sign-in and begins the session.
func (s *Server) signedIn(w http.ResponseWriter, p person, goOn func()) {
	if !s.record(w, audit.Entry{Who: p.Who, Role: joined(p.Roles), What: "sign_in", Outcome: "done", Trace: newTrace()}) {
		return
	}
	if p.Member == "" {
		s.mu.Lock()
		s.names[p.Who] = p.Name
		s.mu.Unlock()
	}
	s.setCookie(w, s.sessions.begin(p))
	goOn()
}

func (s *Server) signInRefused(w http.ResponseWriter, who string, roles []Role) {
	if s.record(w, audit.Entry{Who: who, Role: joined(roles), What: "sign_in", Outcome: "refused", Trace: newTrace()}) {
		s.message(w, http.StatusForbidden, "You are not signed in", "This sign-in was not in order, took too long, or your account has no role here. Please try again, or ask whoever gives out roles.")
	}
}

// flightCookie holds the state of a sign-in at the issuer. It is Lax: the browser
// comes back from another site.
const flightCookie = "secondline_signin"

func (s *Server) toIssuer(w http.ResponseWriter, r *http.Request) {
	if s.issuer == nil {
		s.message(w, http.StatusNotFound, "There is no such thing", "No issuer is set up: use the link that the program prints.")
		return
	}
	address, state, err := s.issuer.send(r.Context())
	if err != nil {
		s.Log.Error("the issuer of sign-ins does not answer", "err", err)
		s.message(w, http.StatusBadGateway, "Sign-in does not answer", "The service that signs people in cannot be reached. Please try again in a minute.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: flightCookie, Value: state, Path: "/signin", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode, MaxAge: int(flightLives.Seconds())})
	http.Redirect(w, r, address, http.StatusFound)
}

// fromIssuer ends a sign-in at the issuer. The page it gives goes on by itself: a
// redirect would still count as coming from the other site, and the browser would
// hold the session back.
func (s *Server) fromIssuer(w http.ResponseWriter, r *http.Request) {
	if s.issuer == nil {
		s.message(w, http.StatusNotFound, "There is no such thing", "No issuer is set up.")
		return
	}
	held := ""
	if c, err := r.Cookie(flightCookie); err == nil {
		held = c.Value
	}
	http.SetCookie(w, &http.Cookie{Name: flightCookie, Path: "/signin", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode, MaxAge: -1})
	c, err := s.issuer.receive(r.Context(), held, r.URL.Query().Get("state"), r.URL.Query().Get("code"))
	if err != nil {
		if !errors.Is(err, errSignIn) {
			s.Log.Error("the issuer of sign-ins does not answer", "err", err)
		}
		s.signInRefused(w, "unknown", nil)
		return
	}
	p := person{Who: c.Who, Name: c.Name, Roles: c.Roles}
	for _, m := range s.Roster {
		if m.Account != "" && slices.Contains(c.Accounts, m.Account) {
			p.Who, p.Member, p.Name = m.ID, m.ID, m.Name
		}
	}
	if len(p.Roles) == 0 {
		s.signInRefused(w, p.Who, nil)
		return
	}
	s.signedIn(w, p, func() { s.render(w, http.StatusOK, "goon", pageData{Title: "Signed in"}) })
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if p, ok := s.personOf(r); ok {
		if !s.record(w, audit.Entry{Who: p.Who, Role: joined(p.Roles), What: "sign_out", Outcome: "done", Trace: newTrace()}) {
			return
		}
		if c, err := r.Cookie(s.cookieName()); err == nil {
			s.sessions.end(c.Value)
		}
	}
	s.setCookie(w, "")
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}
