package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"secondline/casestore"
	"secondline/internal/audit"
)

var linksInPages = regexp.MustCompile(`(?:href|action|src|hx-[a-z]+|data-[a-z]+)="([^"]*)"`)

// console reads every page, and does what can be done there.
func (s *searched) console() {
	record, err := audit.Open(filepath.Join(s.dir, "audit.log"), s.clock.Now)
	s.must(err)
	defer record.Close()
	c := newConsole(s.line, s.settings, s.line.recorder.vault, record, io.Discard)
	server := httptest.NewServer(c.Handler())
	defer server.Close()
	jar, err := cookiejar.New(nil)
	s.must(err)
	browser, f := &http.Client{Jar: jar}, s.people[0]
	ask := func(method, at string, form url.Values) string {
		s.t.Helper()
		r, err := http.NewRequestWithContext(s.t.Context(), method, server.URL+at, strings.NewReader(form.Encode()))
		s.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := browser.Do(r)
		s.must(err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		s.must(err)
		s.add(inConsoleURL, "a request", []byte(res.Request.URL.String()))
		for _, m := range linksInPages.FindAllSubmatch(body, -1) {
			s.add(inConsoleURL, "a link in "+strings.SplitN(at, "/", 3)[1], m[1])
		}
		if about := strings.HasPrefix(at, "/case/"+s.placeOf(f)); res.StatusCode >= 400 && !about {
			s.add(inErrors, "a page that says no", body)
		}
		return string(body)
	}
	at := "/case/" + s.placeOf(f)
	ask(http.MethodPost, "/signin/link", url.Values{"token": {path.Base(c.Link())}})
	for _, page := range []string{"/", "/tasks", at, at + "/plan.svg", "/case/00.none", "/task/00.none"} {
		ask(http.MethodGet, page, nil)
	}
	for _, page := range []string{"/calls", "/team", "/optouts", "/health"} {
		s.add(inPages, page, []byte(ask(http.MethodGet, page, nil)))
	}
	ask(http.MethodPost, "/search", url.Values{"number": {f.request}})
	ask(http.MethodPost, "/search", url.Values{"number": {"no such " + f.request}})
	for _, do := range [][]string{{"/note", "text", f.first + " said " + f.ask}, {"/authority", "name", f.last}, {"/number", "number", f.asTyped()}, {"/number", "number", f.first},
		{"/stage", "stage", f.last}, {"/reschedule", "at", f.phone}, {"/reschedule", "at", "2027-03-03T15:00"}, {"/stop", "sure", "1"}} {
		ask(http.MethodPost, at+do[0], url.Values{do[1]: {do[2]}, "version": {"1"}})
	}
}

// commands are what an operator asks.
func (s *searched) commands() {
	f := s.people[0]
	id := string(s.caseOf(f).ID)
	env := map[string]string{"PHI_KEYS": s.env["PHI_KEYS"], "REDIS_URL": s.env["REDIS_URL"], "EVENTS_SECRET": s.env["EVENTS_SECRET"],
		"AUDIT_LOG": filepath.Join(s.dir, "audit.log")}
	for _, args := range [][]string{
		{"case", "list"}, {"case", "show", id}, {"case", "advance", id, "delivered"}, {"case", "note", id, f.ask}, {"case", "show", casestore.NewRequestNumber().Reveal()},
		{"task", "list"}, {"optout", "list"}, {"events", "refused"}, {"events", "dead"}, {"events", "replay", "all"}, {"explain", id}, {"config"}, {"nonsense"},
	} {
		var out bytes.Buffer
		run(s.t.Context(), args, lookup(env), &out, &out)
		s.lines(inErrors, strings.Join(args[:min(2, len(args))], " "), out.String())
	}
}
