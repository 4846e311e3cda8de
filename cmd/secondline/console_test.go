package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"secondline/internal/audit"
)

// The link that serve prints signs one person in at the admin listener; what they
// look at is on record, and the record goes on after a kill.
func TestTheConsoleOfServe(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for range 2 {
		link := <-s.links
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
		ask := func(r *http.Response, err error) int {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			return r.StatusCode
		}
		if status := ask(browser.PostForm(s.admin+"/signin/link", url.Values{"token": {path.Base(link)}})); status != http.StatusOK {
			t.Errorf("signing in: %d", status)
		}
		for _, page := range []string{"/", "/tasks", "/calls", "/team", "/optouts", "/health"} {
			if status := ask(browser.Get(s.admin + page)); status != http.StatusOK {
				t.Errorf("%s: %d", page, status)
			}
		}
		if status, _ := get(t, s.url+"/health"); status != http.StatusNotFound {
			t.Errorf("the public listener has a console: %d", status)
		}
		if strings.Contains(s.log.String(), path.Base(link)) {
			t.Error("the log holds the link")
		}
		s.kill()
		s.start()
	}
	s.kill()
	if head, err := audit.VerifyFile(filepath.Join(s.data, "audit.log"), audit.Head{}); err != nil || head.N != 2*8 {
		t.Errorf("the record has %d lines, %v", head.N, err)
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{"+44 20 7946 0958": "+442079460958", "(617) 555-0123": "+16175550123", "six": "", "12": ""} {
		if got, ok := numberOf(text); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", text, got, ok)
		}
	}
}
