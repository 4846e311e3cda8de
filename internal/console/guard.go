package console

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
)

// route is one page or action of the console.
type route struct {
	method, path string
	// what is its name in the audit record.
	what string
	// roles may use it.
	roles []Role
	// changes says that it changes something: it is recorded before it is done too.
	changes bool
	do      func(*Server, *visit) (reply, error)
}

// visit is one request of somebody who is signed in.
type visit struct {
	*http.Request
	w http.ResponseWriter
	person
	trace string
}

// reply is what a visit ends in: a page, a file, another address, or a stream.
type reply struct {
	status int
	page   string
	title  string
	data   any
	// to is where the browser goes on.
	to string
	// file is sent as it is.
	file *file
	// stream goes on until the browser leaves.
	stream func()
	// outcome is for the record; "shown" or "done" by default.
	outcome string
	// about is the case that turned out to be meant.
	about casestore.CaseID
}

type file struct {
	kind   string
	body   []byte
	policy string
}

var (
	errNotFound = errors.New("console: there is no such thing")
	// errWrong is a form that cannot be understood.
	errWrong = errors.New("console: the form is not understood")
)

// guard lets those in who may, and records what they do. What cannot be recorded is
// not done.
func (s *Server) guard(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, ok := s.personOf(r)
		if !ok {
			s.toSignIn(w, r)
			return
		}
		v := &visit{w: w, person: p, trace: newTrace()}
		// What follows from it in the store is on record as this person's too.
		v.Request = r.WithContext(casestore.By(r.Context(), casestore.Actor{Who: p.Who, Role: joined(p.Roles), Trace: v.trace}))
		e := audit.Entry{Who: p.Who, Role: joined(p.Roles), What: rt.what, Trace: v.trace, Case: caseName(r.PathValue("case")), Thing: thing(r)}
		if !p.is(rt.roles...) {
			e.Outcome = "refused"
			if s.record(w, e) {
				s.message(w, http.StatusForbidden, "Not for your role", "Your role does not open this page. That somebody asked for it is on record.")
			}
			return
		}
		if rt.changes {
			e.Outcome = "asked"
			if !s.record(w, e) {
				return
			}
		}
		rep, err := rt.do(s, v)
		if err != nil {
			s.fail(w, rt, e, err)
			return
		}
		e.Outcome = rep.outcome
		if e.Outcome == "" {
			e.Outcome = "shown"
			if rt.changes {
				e.Outcome = "done"
			}
		}
		if rep.about != "" {
			e.Case = string(rep.about)
		}
		if s.record(w, e) {
			s.answer(v, rep)
		}
	}
}

// record keeps an entry; where it cannot be kept nothing more is said than that.
func (s *Server) record(w http.ResponseWriter, e audit.Entry) bool {
	err := s.Record.Append(e)
	if was := s.shut.Swap(err != nil); err != nil && !was {
		s.Log.Error("the audit record cannot be written: the console is shut", "err", err)
	} else if err == nil && was {
		s.Log.Info("the audit record is written again: the console is open")
	}
	if err == nil {
		return true
	}
	http.Error(w, "The audit record cannot be written, so nothing is shown. Please tell whoever runs the program.", http.StatusServiceUnavailable)
	return false
}

func (s *Server) fail(w http.ResponseWriter, rt route, e audit.Entry, err error) {
	status, title, words := http.StatusInternalServerError, "Something went wrong", "The console could not do this. Nothing is lost: please try again, and tell whoever runs the program if it stays so."
	e.Outcome = "failed"
	switch {
	case errors.Is(err, errNotFound), errors.Is(err, casestore.ErrNotFound):
		status, title, words, e.Outcome = http.StatusNotFound, "There is no such thing", "It may have ended, or the address is cut off.", "not_found"
	case errors.Is(err, errWrong):
		status, title, words, e.Outcome = http.StatusBadRequest, "Something is missing", "The form was not filled in as it should be. Please go back and look again.", "refused"
	default:
		s.Log.Error("the console failed", "what", rt.what, "err", err)
	}
	if s.record(w, e) {
		s.message(w, status, title, words)
	}
}

// answer sends what a visit ended in.
func (s *Server) answer(v *visit, rep reply) {
	switch {
	case rep.stream != nil:
		rep.stream()
	case rep.to != "":
		http.Redirect(v.w, v.Request, rep.to, http.StatusSeeOther)
	case rep.file != nil:
		if rep.file.policy != "" {
			v.w.Header().Set("Content-Security-Policy", rep.file.policy)
		}
		v.w.Header().Set("Content-Type", rep.file.kind)
		http.ServeContent(v.w, v.Request, "", time.Time{}, bytes.NewReader(rep.file.body))
	default:
		s.render(v.w, rep.status, rep.page, pageData{Title: rep.title, Person: &v.person, Nav: s.navFor(v), Data: rep.data})
	}
}

func newTrace() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// A reference names a case or a task in an address: its partition, a dot, its name.

func ref(p casestore.Partition, id string) string { return p.String() + "." + id }

func parseRef(text string) (casestore.Partition, string, error) {
	part, id, ok := strings.Cut(text, ".")
	p, err := casestore.ParsePartition(part)
	if !ok || err != nil || id == "" || len(id) > 120 {
		return 0, "", errNotFound
	}
	return p, id, nil
}

func caseName(text string) string {
	if _, id, err := parseRef(text); err == nil {
		return recordable(id)
	}
	return ""
}

// thing names what is not a case: a task, a recording, a coordinator.
func thing(r *http.Request) string {
	for _, name := range []string{"task", "recording", "member", "item"} {
		if value := r.PathValue(name); value != "" {
			return recordable(value)
		}
	}
	return ""
}

// named is what the names of cases, tasks, recordings and coordinators look like.
var named = regexp.MustCompile(`^(c[a-z2-7]{16}|[0-9a-f]{2}\.tc?[a-z2-7]{16}[a-z0-9._]{0,40}|RE[0-9a-fA-F]{32}|co[0-9a-f]{1,12}|([0-9a-f]{2}\.)?[0-9]{1,15}-[0-9]{1,6}|d[0-9a-z]{1,14}\.[a-z][a-zA-Z0-9.]{1,80})$`)

// recordable keeps a name; of whatever else somebody puts into an address a hash.
func recordable(text string) string {
	if named.MatchString(text) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "#" + hex.EncodeToString(sum[:6])
}
