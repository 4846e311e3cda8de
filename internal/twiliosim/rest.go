package twiliosim

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// restError is an error answer of the REST API.
type restError struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

func fault(status, code int, message string) *restError {
	return &restError{code, message, fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), status}
}

var (
	errAuth     = fault(http.StatusUnauthorized, 20003, "Authenticate")
	errNotFound = fault(http.StatusNotFound, 20404, "The requested resource was not found")
	errMethod   = fault(http.StatusMethodNotAllowed, 20004, "Method not allowed")
)

// ServeHTTP is Twilio's REST API, version 2010-04-01: Calls, Messages, Recordings,
// the account and its numbers, in JSON, with HTTP basic authentication; beside it
// the toll-free verifications of messaging.twilio.com.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f, ok := s.strike(r.URL.Path, FaultREST); ok {
		writeError(w, faultOf(f.Status))
		return
	}
	if _, ok := s.strike(r.URL.Path, FaultRESTLost); ok {
		s.serveREST(deaf{http.Header{}}, r)
		panic(http.ErrAbortHandler)
	}
	s.serveREST(w, r)
}

// faultOf is the error body of an injected status.
func faultOf(status int) *restError {
	switch status {
	case http.StatusTooManyRequests:
		return fault(status, 20429, "Too Many Requests")
	case http.StatusServiceUnavailable:
		return fault(status, 20503, "Service unavailable")
	case 0:
		status = http.StatusInternalServerError
	}
	if status < http.StatusInternalServerError {
		return fault(status, 20400+status-http.StatusBadRequest, http.StatusText(status))
	}
	return fault(status, 20500, "An internal server error has occurred")
}

// deaf swallows an answer.
type deaf struct{ h http.Header }

func (d deaf) Header() http.Header         { return d.h }
func (d deaf) Write(b []byte) (int, error) { return len(b), nil }
func (deaf) WriteHeader(int)               {}

func (s *Sim) serveREST(w http.ResponseWriter, r *http.Request) {
	if !s.authentic(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
		writeError(w, errAuth)
		return
	}
	switch r.URL.Path {
	case "/2010-04-01/Accounts/" + s.cfg.AccountSID + ".json":
		s.account(w, r)
		return
	case "/v1/Tollfree/Verifications":
		s.verifications(w, r)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/2010-04-01/Accounts/"+s.cfg.AccountSID+"/")
	if !ok {
		writeError(w, errNotFound)
		return
	}
	kind, name, _ := strings.Cut(rest, "/")
	if err := s.dispatch(w, r, kind, name); err != nil {
		writeError(w, err)
	}
}

func (s *Sim) dispatch(w http.ResponseWriter, r *http.Request, kind, name string) *restError {
	sid, isJSON := strings.CutSuffix(name, ".json")
	post := r.Method == http.MethodPost
	get := r.Method == http.MethodGet
	switch {
	case kind == "Recordings" && name != "":
		s.serveRecording(w, r, name)
		return nil
	case kind == "Calls.json" && post:
		return s.createCall(w, r)
	case kind == "Calls.json" && get:
		return s.listCalls(w, r)
	case kind == "Calls" && isJSON:
		return s.oneCall(w, r, sid)
	case kind == "Messages.json" && post:
		return s.createText(w, r)
	case kind == "Messages.json" && get:
		return s.listTexts(w, r)
	case kind == "Messages" && isJSON:
		return s.oneText(w, r, sid)
	case kind == "IncomingPhoneNumbers.json" && get:
		return s.listNumbers(w, r)
	case kind == "Calls.json", kind == "Messages.json":
		return errMethod
	}
	return errNotFound
}

// authentic checks the account's credentials or one of its API keys.
func (s *Sim) authentic(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	if !ok {
		return false
	}
	want := s.cfg.AuthToken
	if user != s.cfg.AccountSID {
		if want, ok = s.cfg.APIKeys[user]; !ok {
			return false
		}
	} else if next := s.cfg.NextToken; next != "" && subtle.ConstantTimeCompare([]byte(next), []byte(password)) == 1 {
		return true
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func writeError(w http.ResponseWriter, e *restError) { writeJSON(w, e.Status, e) }
